//! Shamir's secret sharing over the scalars of Curve25519. A worker's share is the polynomial at its index plus one.

use curve25519_dalek::Scalar;
use zeroize::Zeroizing;

/// A polynomial whose value at zero is the secret.
pub(crate) struct Polynomial(Zeroizing<Vec<Scalar>>);

impl Polynomial {
    /// `coefficients` are the random ones above the secret: one less than the threshold.
    pub fn new(secret: Scalar, coefficients: impl Iterator<Item = Scalar>) -> Self {
        Self(Zeroizing::new(std::iter::once(secret).chain(coefficients).collect()))
    }

    pub fn share(&self, worker: u16) -> Scalar {
        let x = point(worker);
        self.0.iter().rev().fold(Scalar::ZERO, |sum, coefficient| sum * x + coefficient)
    }
}

/// What to multiply the shares of these workers with, so that their sum is the secret. The workers are distinct.
pub(crate) fn lagrange(workers: &[u16]) -> Vec<Scalar> {
    let all = product(workers.iter().map(|worker| i64::from(*worker) + 1));
    let mut factors: Vec<_> = workers
        .iter()
        .map(|worker| {
            let others = workers.iter().filter(|other| *other != worker);
            point(*worker) * product(others.map(|other| i64::from(*other) - i64::from(*worker)))
        })
        .collect();
    Scalar::batch_invert(&mut factors);
    factors.iter_mut().for_each(|factor| *factor *= all);
    factors
}

fn point(worker: u16) -> Scalar {
    Scalar::from(u32::from(worker) + 1)
}

/// Product of factors below 2^16 in size. Seven fit in a machine's widest word, which saves most of the field's multiplications.
fn product(factors: impl Iterator<Item = i64>) -> Scalar {
    let (mut product, mut batch, mut batched, mut negative) = (Scalar::ONE, 1u128, 0, false);
    for factor in factors {
        negative ^= factor < 0;
        batch *= u128::from(factor.unsigned_abs());
        batched += 1;
        if batched == 7 {
            product *= Scalar::from(batch);
            (batch, batched) = (1, 0);
        }
    }
    product *= Scalar::from(batch);
    if negative { -product } else { product }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::subsequence;

    fn scalar() -> impl Strategy<Value = Scalar> {
        any::<[u8; 32]>().prop_map(Scalar::from_bytes_mod_order)
    }

    proptest! {
        #[test]
        fn any_threshold_of_shares_is_the_secret(
            secret in scalar(),
            coefficients in proptest::collection::vec(scalar(), 0..20),
            holders in subsequence((0u16..4_096).step_by(131).collect::<Vec<_>>(), 20).prop_shuffle(),
        ) {
            let threshold = coefficients.len() + 1;
            let polynomial = Polynomial::new(secret, coefficients.into_iter());
            let recover = |holders: &[u16]| -> Scalar {
                lagrange(holders).iter().zip(holders).map(|(factor, holder)| factor * polynomial.share(*holder)).sum()
            };
            prop_assert_eq!(recover(&holders[..threshold]), secret);
            if threshold > 1 {
                prop_assert_ne!(recover(&holders[..threshold - 1]), secret);
            }
        }
    }
}
