//! The accountant against reference values of 50 digits and of another accountant, and the statistics of noise.

use chacha20::ChaCha20Rng;
use lux_training::limits::MAX_COORDINATE;
use lux_training::privacy::{Budget, DiscreteGaussian, DpSgd, Gaussian, Mechanism, NoHeadroom};
use lux_training::{Clip, FixedPoint};
use rand_core::SeedableRng;
use serde_json::Value;

/// Rows of reference values, in the file that `LUX_DP_VECTORS` names or where it lies beside the working tree.
fn rows<const N: usize>(table: &str, columns: [&str; N]) -> Vec<[f64; N]> {
    let path = std::env::var("LUX_DP_VECTORS").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/dp/dp_reference.json").into()
    });
    let Ok(file) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no reference values at {path}");
        return Vec::new();
    };
    let file: Value = serde_json::from_str(&file).unwrap();
    let rows = file[table].as_array().unwrap().iter();
    rows.map(|row| columns.map(|column| row[column].as_f64().unwrap())).collect()
}

fn close(actual: f64, expected: f64) -> bool {
    (actual / expected - 1.0).abs() < 1e-6
}

fn gaussian(sampling_rate: f64, noise_multiplier: f64) -> Mechanism {
    Mechanism::Gaussian { noise_multiplier, sampling_rate }
}

/// A column of 50 digits: the closed sum where the order is whole, quadrature elsewhere.
#[test]
fn divergences_are_those_of_50_digits() {
    for [rate, sigma, order, expected] in rows("rdp_single_step", ["q", "sigma", "alpha", "mpmath_exact"]) {
        let actual = gaussian(rate, sigma).divergence(order).unwrap();
        assert!(close(actual, expected), "{rate} {sigma} {order}: {actual} {expected}");
    }
}

#[test]
fn epsilons_are_those_of_another_accountant() {
    let columns = ["q", "sigma", "steps", "delta", "opacus_rdp_eps"];
    for [rate, sigma, steps, delta, expected] in rows("dpsgd", columns) {
        let actual = Budget::below(1e6, delta).unwrap().spend(&gaussian(rate, sigma), steps as u32).unwrap();
        assert!(close(actual, expected), "{rate} {sigma} {steps}: {actual} {expected}");
    }
}

/// Mironov, Talwar and Zhang (2019), 3.3: a sum where the order is whole; and `order / (2 sigma²)` where everybody takes part.
#[test]
fn divergences_are_those_of_the_closed_sum() {
    for (rate, sigma) in [(0.001, 0.8), (0.01, 1.0), (0.05, 2.0), (0.3, 4.0), (1.0, 1.5)] {
        for order in 2_u32..=16 {
            let mut binomial = 1.0;
            let mut sum = 0.0;
            for k in 0..=order {
                let others = (1.0_f64 - rate).powi((order - k) as i32);
                let moment = f64::from(k * k.saturating_sub(1)) / (2.0 * sigma * sigma);
                sum += binomial * others * rate.powi(k as i32) * moment.exp();
                binomial *= f64::from(order - k) / f64::from(k + 1);
            }
            let order = f64::from(order);
            let expected = if rate == 1.0 { order / (2.0 * sigma * sigma) } else { sum.ln() / (order - 1.0) };
            let actual = gaussian(rate, sigma).divergence(order).unwrap();
            assert!(close(actual, expected), "{rate} {sigma} {order}: {actual} {expected}");
        }
    }
}

/// Chi-square over the values near zero and both tails; `expected` are probabilities of `-limit..=limit`.
fn chi_square(samples: &[i64], limit: i64, expected: impl Fn(i64) -> f64) -> f64 {
    let count = samples.len() as f64;
    let mut statistic = 0.0;
    let mut inside = 0.0;
    for value in -limit..=limit {
        let seen = samples.iter().filter(|sample| **sample == value).count() as f64;
        let mean = count * expected(value);
        inside += mean;
        statistic += (seen - mean).powi(2) / mean;
    }
    let seen = samples.iter().filter(|sample| sample.abs() > limit).count() as f64;
    statistic + (seen - (count - inside)).powi(2) / (count - inside)
}

/// 99.99th percentile, by Wilson and Hilferty.
fn critical(freedom: f64) -> f64 {
    freedom * (1.0 - 2.0 / (9.0 * freedom) + 3.719 * (2.0 / (9.0 * freedom)).sqrt()).powi(3)
}

#[test]
fn discrete_gaussian_has_its_probabilities() {
    for (numerator, denominator, limit) in [(1, 2, 2), (1, 1, 3), (25, 4, 7), (400, 1, 55)] {
        let variance = numerator as f64 / denominator as f64;
        let weight = |x: i64| (-(x as f64).powi(2) / (2.0 * variance)).exp();
        let total: f64 = (-2_000..=2_000).map(weight).sum();
        let mut rng = ChaCha20Rng::seed_from_u64(numerator);
        let noise = DiscreteGaussian::new(numerator, denominator).unwrap();
        let samples: Vec<i64> = (0..100_000).map(|_| noise.sample(&mut rng)).collect();
        let right = chi_square(&samples, limit, |x| weight(x) / total);
        assert!(right < critical(2.0 * limit as f64 + 1.0), "{numerator}/{denominator}: {right}");
        // The test would see a variance that is 5 % off.
        let off = |x: i64| (-(x as f64).powi(2) / (2.1 * variance)).exp();
        let total: f64 = (-2_000..=2_000).map(off).sum();
        assert!(chi_square(&samples, limit, |x| off(x) / total) > critical(2.0 * limit as f64 + 1.0));
    }
}

#[test]
fn rounded_gaussian_has_its_probabilities() {
    let deviation = 3.0;
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let noise = Gaussian::new(deviation).unwrap();
    let samples: Vec<i64> = (0..100_000).map(|_| noise.sample(&mut rng)).collect();
    let below = |x: f64, deviation: f64| (1.0 + libm::erf(x / (deviation * 2f64.sqrt()))) / 2.0;
    let mass = |x: i64, deviation: f64| below(x as f64 + 0.5, deviation) - below(x as f64 - 0.5, deviation);
    assert!(chi_square(&samples, 9, |x| mass(x, deviation)) < critical(19.0));
    assert!(chi_square(&samples, 9, |x| mass(x, 1.025 * deviation)) > critical(19.0));
}

#[test]
fn the_largest_variances_do_not_overflow() {
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    for (numerator, denominator) in [(1 << 40, 1), (1 << 40, 1 << 20), (1, 1 << 20), ((1 << 40) - 1, (1 << 20) - 1)] {
        let noise = DiscreteGaussian::new(numerator, denominator).unwrap();
        let deviation = (numerator as f64 / denominator as f64).sqrt();
        let largest = (0..2_000).map(|_| noise.sample(&mut rng).unsigned_abs()).max().unwrap() as f64;
        assert!(largest <= 6.0 * deviation + 1.0 && (deviation < 1.0 || largest > 2.0 * deviation), "{largest}");
    }
    assert!(DiscreteGaussian::new(0, 1).is_none() && DiscreteGaussian::new(1, 0).is_none());
    assert!(DiscreteGaussian::new((1 << 40) + 1, 1).is_none() && DiscreteGaussian::new(1, (1 << 20) + 1).is_none());
    assert!(Gaussian::new(0.0).is_none() && Gaussian::new(f64::NAN).is_none() && Gaussian::new(1e13).is_none());
}

/// One example of any size moves the sum by the clip at most, and the noise has its deviation.
#[test]
fn a_step_of_dp_sgd_is_clipped_and_noisy() {
    let (fixed, length) = (FixedPoint::new(20).unwrap(), 4_000);
    let clip = Clip::new(1 << 20).unwrap();
    let small = vec![0.25 / (length as f32).sqrt(); length];
    let huge: Vec<f32> = (0..length).map(|at| if at % 2 == 0 { 9.0 } else { -9.0 }).collect();
    let step = |examples: &[&[f32]], noise_multiplier: f64| {
        let sgd = DpSgd::new(fixed, clip, noise_multiplier, 2.0).unwrap();
        let gradient = sgd.gradient(examples, length, &mut ChaCha20Rng::seed_from_u64(3));
        assert_eq!(gradient.dropped, 0);
        gradient.values
    };
    let norm = |x: &[f32]| x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    let with: Vec<f32> = step(&[&small, &huge], 1e-9);
    let without = step(&[&small], 1e-9);
    let difference: Vec<f32> = with.iter().zip(&without).map(|(x, y)| x - y).collect();
    assert!((norm(&difference) - 0.5).abs() < 1e-3, "a norm of one over two examples: {}", norm(&difference));
    assert!((norm(&without) - 0.125).abs() < 1e-3);
    // Deviation 0.1 over two examples.
    let noisy = step(&[], 0.1);
    let deviation = norm(&noisy) / (length as f64).sqrt();
    assert!((deviation / 0.05 - 1.0).abs() < 0.06, "{deviation}");
    assert!(DpSgd::new(fixed, clip, 0.0, 1.0).is_none() && DpSgd::new(fixed, clip, 1.0, 0.0).is_none());
}

/// One example must not be able to end the training of all, nor to be seen in what is published.
#[test]
fn examples_that_are_not_finite_count_as_zero() {
    let sgd = DpSgd::new(FixedPoint::new(20).unwrap(), Clip::new(1 << 20).unwrap(), 1.0, 4.0).unwrap();
    let step = |examples: &[&[f32]]| sgd.gradient(examples, 2, &mut ChaCha20Rng::seed_from_u64(3));
    let (good, other) = ([0.5, -0.25], [0.125, 0.5]);
    let with = step(&[&good, &[f32::NAN, 1.0], &other, &[0.0, f32::NEG_INFINITY]]);
    let without = step(&[&good, &other]);
    assert_eq!((with.dropped, without.dropped), (2, 0));
    assert_eq!(with.values, without.values);
}

/// Noise is never cut off at the ends of the range, and where it might be none is added.
#[test]
fn discrete_noise_needs_headroom() {
    let noise = DiscreteGaussian::new(1 << 40, 1).unwrap();
    let most = MAX_COORDINATE - 13 * (1 << 20);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut update = vec![most, -most, 0, most];
    noise.add(&mut update, &mut rng).unwrap();
    assert!(update.iter().zip([most, -most, 0, most]).all(|(x, y)| *x != y && x.abs() < MAX_COORDINATE));
    for beyond in [most + 1, -most - 1, MAX_COORDINATE] {
        let mut update = vec![5, beyond];
        assert_eq!(noise.add(&mut update, &mut rng), Err(NoHeadroom { place: 1, value: beyond, most }));
        assert_eq!(update, [5, beyond], "nothing was added");
    }
}
