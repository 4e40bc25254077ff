//! Round trips, means over many seeds, hostile bytes, and what a few bits cost.

use chacha20::ChaCha20Rng;
use lux_training::compression::{LowRank, RandomMask, RotatedQuantization, Seed, TopK, measure};
use proptest::prelude::*;
use rand_core::SeedableRng;

fn seed(number: u64) -> Seed {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    seed
}

fn vectors() -> impl Strategy<Value = Vec<f32>> {
    proptest::collection::vec(-100.0f32..100.0, 1..300)
}

fn distance(x: &[f32], y: &[f32]) -> f64 {
    x.iter().zip(y).map(|(x, y)| f64::from(x - y).powi(2)).sum::<f64>().sqrt()
}

fn norm(x: &[f32]) -> f64 {
    x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt()
}

/// The mean over seeds comes as near to the vector as the errors of single ones allow.
fn unbiased(vector: &[f32], decoded: impl Fn(u64) -> Vec<f32>) {
    let count = 2_000;
    let (mut mean, mut squared) = (vec![0.0; vector.len()], 0.0);
    for number in 0..count {
        let decoded = decoded(number);
        squared += distance(vector, &decoded).powi(2);
        mean.iter_mut().zip(decoded).for_each(|(mean, x)| *mean += x / count as f32);
    }
    let expected = (squared / (count as f64).powi(2)).sqrt();
    assert!(distance(vector, &mean) < 1.3 * expected, "{} {expected}", distance(vector, &mean));
    let biased: Vec<f32> = mean.iter().map(|x| x * 0.9).collect();
    assert!(distance(vector, &biased) > 1.3 * expected, "the test would see a bias of a tenth");
}

#[test]
fn means_are_right() {
    let vector: Vec<f32> = (0..60).map(|at| ((at * at) as f32).sin() * 3.0 + 2.0).collect();
    let mask = RandomMask::new(20).unwrap();
    unbiased(&vector, |number| mask.decode(&mask.encode(&vector, seed(number)), 60).unwrap());
    let low_rank = LowRank::new(10, 6, 4).unwrap();
    unbiased(&vector, |number| low_rank.decode(&low_rank.encode(&vector, seed(number))).unwrap());
    let rotation = RotatedQuantization::new(1).unwrap();
    unbiased(&vector, |number| {
        let bytes = rotation.encode(&vector, seed(number), &mut ChaCha20Rng::seed_from_u64(number));
        rotation.decode(&bytes, 60).unwrap()
    });
    // With a rotation that does not change, the rounding alone is unbiased too.
    unbiased(&vector, |number| {
        let bytes = rotation.encode(&vector, seed(1), &mut ChaCha20Rng::seed_from_u64(number));
        rotation.decode(&bytes, 60).unwrap()
    });
}

proptest! {
    #[test]
    fn what_is_kept_is_exact(vector in vectors(), kept in 1u32..300, number: u64) {
        let mask = RandomMask::new(kept).unwrap();
        let bytes = mask.encode(&vector, seed(number));
        let decoded = mask.decode(&bytes, vector.len()).unwrap();
        let kept = vector.len().min(kept as usize);
        prop_assert_eq!(bytes.len(), 36 + 4 * kept);
        let factor = vector.len() as f32 / kept as f32;
        let same = |(x, y): (&f32, &f32)| *y == x * factor;
        prop_assert!(vector.iter().zip(&decoded).filter(|pair| same(*pair)).count() >= kept);
        prop_assert!(decoded.iter().filter(|x| **x != 0.0).count() <= kept);
    }

    #[test]
    fn all_directions_are_the_matrix(rows in 1u32..12, columns in 1u32..12, number: u64) {
        let low_rank = LowRank::new(rows, columns, rows).unwrap();
        let matrix: Vec<f32> = (0..rows * columns).map(|at| (at as f32 + number as f32 % 7.0).cos()).collect();
        let decoded = low_rank.decode(&low_rank.encode(&matrix, seed(number))).unwrap();
        prop_assert!(distance(&matrix, &decoded) <= 1e-4 * norm(&matrix));
    }

    #[test]
    fn each_rounding_is_less_than_a_step(vector in vectors(), bits in 1u8..=16, number: u64) {
        let rotation = RotatedQuantization::new(bits).unwrap();
        let bytes = rotation.encode(&vector, seed(number), &mut ChaCha20Rng::seed_from_u64(number));
        let decoded = rotation.decode(&bytes, vector.len()).unwrap();
        let step = f64::from(f32::from_le_bytes(bytes[41..45].try_into().unwrap()));
        let padded = vector.len().next_power_of_two();
        prop_assert_eq!(bytes.len(), 45 + (padded * bits as usize).div_ceil(8));
        prop_assert!(distance(&vector, &decoded) <= step * (padded as f64).sqrt() + 1e-4 * norm(&vector) + 1e-6);
    }

    #[test]
    fn what_was_not_sent_comes_later(vector in vectors(), kept in 1u32..40) {
        let mut top = TopK::new(kept, vector.len());
        let mut received = vec![0.0; vector.len()];
        let zeros = vec![0.0; vector.len()];
        for round in 0..vector.len().div_ceil(kept as usize) {
            let bytes = top.encode(if round == 0 { &vector } else { &zeros });
            let decoded = TopK::decode(&bytes, kept, vector.len()).unwrap();
            let smallest = decoded.iter().filter(|x| **x != 0.0).fold(f32::MAX, |least, x| least.min(x.abs()));
            prop_assert!(top.residual().iter().all(|rest| rest.abs() <= smallest));
            received.iter_mut().zip(decoded).for_each(|(sum, x)| *sum += x);
        }
        prop_assert_eq!(received, vector);
        prop_assert!(top.residual().iter().all(|rest| *rest == 0.0));
    }

    /// No bytes make a decoder fail otherwise than by an error, or give another length or numbers that are none.
    #[test]
    fn any_bytes(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), length in 0usize..40, honest: bool) {
        if honest && bytes.len() > 4 {
            bytes[..4].copy_from_slice(&(length as u32).to_le_bytes());
        }
        let low_rank = LowRank::new(5, length.max(1) as u32, 2).unwrap();
        let decoded = [
            RandomMask::new(3).unwrap().decode(&bytes, length),
            low_rank.decode(&bytes),
            RotatedQuantization::new(4).unwrap().decode(&bytes, length),
            TopK::decode(&bytes, 3, length),
        ];
        for (kind, decoded) in decoded.into_iter().enumerate() {
            if let Ok(vector) = decoded {
                prop_assert!(vector.iter().all(|x| x.is_finite()));
                prop_assert_eq!(vector.len(), if kind == 1 { 5 * length.max(1) } else { length });
            }
        }
    }

    #[test]
    fn changed_bytes(vector in vectors(), at: prop::sample::Index, value: u8) {
        let (mask, rotation) = (RandomMask::new(9).unwrap(), RotatedQuantization::new(3).unwrap());
        let mut encoded = [
            mask.encode(&vector, seed(1)),
            rotation.encode(&vector, seed(1), &mut ChaCha20Rng::seed_from_u64(1)),
            TopK::new(9, vector.len()).encode(&vector),
        ];
        for bytes in &mut encoded {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let length = vector.len();
        let decoded = [
            mask.decode(&encoded[0], length),
            rotation.decode(&encoded[1], length),
            TopK::decode(&encoded[2], 9, length),
        ];
        for decoded in decoded.into_iter().flatten() {
            prop_assert!(decoded.len() == length && decoded.iter().all(|x| x.is_finite()));
        }
    }
}

#[test]
fn rotation_is_what_makes_few_bits_enough() {
    // One large coordinate: without rotation, four bits would leave nothing of the rest.
    let vector: Vec<f32> = (0..4_096).map(|at| if at == 7 { 100.0 } else { (at as f32).sin() }).collect();
    let rotation = RotatedQuantization::new(4).unwrap();
    let bytes = rotation.encode(&vector, seed(3), &mut ChaCha20Rng::seed_from_u64(3));
    let report = measure(&vector, &bytes, &rotation.decode(&bytes, 4_096).unwrap());
    assert!(report.ratio() > 7.8 && report.relative_error < 0.25 && report.cosine > 0.97, "{report:?}");
    let mask = RandomMask::new(512).unwrap();
    let bytes = mask.encode(&vector, seed(3));
    let masked = measure(&vector, &bytes, &mask.decode(&bytes, 4_096).unwrap());
    assert!(masked.ratio() > 7.8 && masked.relative_error > 3.0 * report.relative_error, "{masked:?}");
    assert!(RotatedQuantization::new(0).is_none() && RotatedQuantization::new(17).is_none());
    assert!(RandomMask::new(0).is_none());
    assert!(
        LowRank::new(3, 3, 4).is_none()
            && LowRank::new(2, 3, 4).is_none()
            && LowRank::new(2, 9, 3).is_none()
            && LowRank::new(3, 3, 0).is_none()
            && LowRank::new(1 << 16, 1 << 16, 1).is_none()
    );
}
