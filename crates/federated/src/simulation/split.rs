//! Data that is spread unevenly.

use chacha20::ChaCha20Rng;
use rand_core::Rng;

/// Splits examples by their labels among workers: of each class, the workers' shares are drawn from a symmetric Dirichlet distribution
/// (Hsu, Qi, Brown 2019). The smaller `alpha`, the fewer classes a worker has. Everybody has an example, if there are enough.
pub fn split(labels: &[usize], workers: usize, alpha: f64, rng: &mut ChaCha20Rng) -> Vec<Vec<usize>> {
    let mut parts = vec![Vec::new(); workers];
    let classes = labels.iter().max().map_or(0, |label| label + 1);
    for class in 0..classes {
        let members: Vec<usize> = (0..labels.len()).filter(|index| labels[*index] == class).collect();
        let shares: Vec<f64> = (0..workers).map(|_| gamma(alpha, rng)).collect();
        let whole: f64 = shares.iter().sum();
        let (mut sum, mut from) = (0.0, 0);
        for (part, share) in parts.iter_mut().zip(&shares) {
            sum += share;
            let to = libm::round(members.len() as f64 * sum / whole) as usize;
            part.extend(&members[from..to.clamp(from, members.len())]);
            from = to.clamp(from, members.len());
        }
    }
    while let Some(poor) = parts.iter().position(Vec::is_empty) {
        let rich = (0..workers).max_by_key(|worker| parts[*worker].len()).unwrap_or(0);
        if parts[rich].len() < 2 {
            break;
        }
        let given = parts[rich].pop();
        parts[poor].extend(given);
    }
    parts
}

/// Of scale one, by Marsaglia and Tsang 2000.
fn gamma(shape: f64, rng: &mut ChaCha20Rng) -> f64 {
    if shape < 1.0 {
        return gamma(shape + 1.0, rng) * libm::pow(uniform(rng), 1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = normal(rng);
        let v = libm::pow(1.0 + c * x, 3.0);
        if v > 0.0 && libm::log(uniform(rng)) < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return d * v;
        }
    }
}

/// In (0, 1].
pub fn uniform(rng: &mut ChaCha20Rng) -> f64 {
    1.0 - (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// By Box and Muller.
pub fn normal(rng: &mut ChaCha20Rng) -> f64 {
    libm::sqrt(-2.0 * libm::log(uniform(rng))) * libm::cos(std::f64::consts::TAU * uniform(rng))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand_core::SeedableRng;

    proptest! {
        #[test]
        fn every_example_is_somebodys(
            labels in proptest::collection::vec(0usize..5, 20..200), workers in 1usize..20, alpha in 0.05f64..50.0, seed: [u8; 32],
        ) {
            let parts = split(&labels, workers, alpha, &mut ChaCha20Rng::from_seed(seed));
            prop_assert!(parts.iter().all(|part| !part.is_empty()));
            let mut all = parts.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..labels.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_small_alpha_is_uneven_and_a_large_one_is_not() {
        let labels: Vec<usize> = (0..10_000).map(|index| index % 10).collect();
        let largest = |alpha| {
            let parts = split(&labels, 10, alpha, &mut ChaCha20Rng::from_seed([3; 32]));
            let share = |part: &Vec<usize>| {
                let of = |class| part.iter().filter(|index| labels[**index] == class).count();
                (0..10).map(of).max().unwrap_or(0) as f64 / part.len() as f64
            };
            parts.iter().map(share).sum::<f64>() / 10.0
        };
        assert!(largest(0.2) > 0.4, "{}", largest(0.2));
        assert!(largest(1_000.0) < 0.15, "{}", largest(1_000.0));
    }
}
