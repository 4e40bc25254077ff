//! The library is the judge.

use super::*;
use ::p384::ecdsa::signature::hazmat::PrehashVerifier;
use ::p384::ecdsa::{Signature, SigningKey};
use ::p384::elliptic_curve::PrimeField;
use ::p384::elliptic_curve::ops::Reduce;
use ::p384::elliptic_curve::point::AffineCoordinates;
use ::p384::{FieldBytes, ProjectivePoint, Scalar, U384};
use proptest::prelude::*;

fn reduced(bytes: &[u8; 48]) -> Scalar {
    <Scalar as Reduce<U384>>::reduce_bytes(&FieldBytes::from(*bytes))
}

/// What both say of a signature by this secret.
fn verdict(secret: Scalar, hash: [u8; 48], [r, s]: [Scalar; 2]) -> bool {
    let secret = SigningKey::from_bytes(&secret.to_repr()).unwrap();
    let key = secret.verifying_key();
    let point = key.to_encoded_point(false);
    let (coordinates, _) = point.as_bytes()[1..].as_chunks();
    let [r, s]: [[u8; 48]; 2] = [r, s].map(|number| number.to_repr().into());
    let ours = verify([&coordinates[0], &coordinates[1]], &hash, &r, &s).is_some();
    let signature = Signature::from_scalars(r, s).unwrap();
    assert_eq!(key.verify_prehash(&hash, &signature).is_ok(), ours);
    ours
}

fn signed(secret: Scalar, hash: &[u8; 48], nonce: Scalar) -> [Scalar; 2] {
    let point = (ProjectivePoint::GENERATOR * nonce).to_affine();
    let r = <Scalar as Reduce<U384>>::reduce_bytes(&point.x());
    [r, nonce.invert().unwrap() * (reduced(hash) + r * secret)]
}

/// Keys that are small multiples of the generator, and their negatives, let sums meet what they are added to.
#[test]
fn small_and_large_secrets() {
    for number in [1, 2, 3, 16, 17_u64] {
        for secret in [Scalar::from(number), -Scalar::from(number)] {
            let hash = [number as u8; 48];
            let [r, s] = signed(secret, &hash, Scalar::from(3 * number));
            assert!(verdict(secret, hash, [r, s]) && verdict(secret, hash, [r, -s]));
            assert!(!verdict(secret, hash, [r + Scalar::ONE, s]));
        }
    }
}

/// Both products are the same point, or add up to the one at infinity, which nobody signs with.
#[test]
fn products_that_meet() {
    for number in [1_u64, 1 << 40] {
        let secret = Scalar::from(number).invert().unwrap();
        let [r, s] = signed(secret, &[5; 48], Scalar::from(11_u64));
        let same = r * secret;
        for (hash, s) in [(same, same.double()), (same, s), (-same, s), (Scalar::ZERO, s)] {
            let _ = verdict(secret, hash.to_repr().into(), [r, s]);
        }
        let nonce = Scalar::from(number + 5);
        let r = signed(secret, &[0; 48], nonce)[0];
        let hash = (r * secret).to_repr().into();
        assert!(verdict(secret, hash, signed(secret, &hash, nonce)));
        assert!(!verdict(secret, (-r * secret).to_repr().into(), [r, s]));
    }
}

#[test]
fn numbers_at_the_ends() {
    let secret = Scalar::from(0xdead_beef_u64);
    for hash in [[0; 48], [0xff; 48], ORDER] {
        assert!(verdict(secret, hash, signed(secret, &hash, -Scalar::from(2_u64))));
        for number in [Scalar::ONE, -Scalar::ONE] {
            assert!(!verdict(secret, hash, [number, number]));
        }
    }
}

proptest! {
    #[test]
    fn multiplication_is_that_of_the_field(a: [u64; 6], b: [u64; 6], ends in 0..3_u8) {
        // Limbs that are all ones or zeros have the carries that others hardly have.
        let extreme = |limbs: [u64; 6]| limbs.map(|limb| match ends {
            0 => limb,
            1 => if limb & 1 == 0 { 0 } else { u64::MAX },
            _ => if limb & 1 == 0 { 0xffff_ffff } else { u64::MAX << 32 },
        });
        let [a, b] = [a, b].map(|limbs| rsa::BigUint::from_bytes_be(&bytes::<6, 48>(&extreme(limbs))));
        let prime = rsa::BigUint::from_bytes_be(&bytes::<6, 48>(&field::PRIME));
        let element = |number: &rsa::BigUint| {
            let mut out = [0; 48];
            let number = (number % &prime).to_bytes_be();
            out[48 - number.len()..].copy_from_slice(&number);
            Element::from_bytes(&out)
        };
        let [x, y] = [&a, &b].map(element);
        prop_assert_eq!(x.times(y), element(&(&a * &b)));
        prop_assert_eq!(x.plus(y), element(&(&a + &b)));
        prop_assert_eq!(x.minus(y).plus(y), x);
    }
}

proptest! {
    // Without the machine's call, powers take their time.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_library_agrees(
        secret in prop::array::uniform32(any::<u8>()),
        nonce in prop::array::uniform32(any::<u8>()),
        hash: [u64; 6],
        damage in prop::option::of((0..3_usize, 1_u64..)),
    ) {
        let [secret, nonce] = [secret, nonce].map(|half| {
            let mut whole = [0xa5; 48];
            whole[16..].copy_from_slice(&half);
            reduced(&whole)
        });
        let hash: [u8; 48] = bytes(&hash);
        let mut signature = signed(secret, &hash, nonce);
        let mut judged = reduced(&hash);
        if let Some((at, by)) = damage {
            match at {
                0 => judged += Scalar::from(by),
                at => signature[at - 1] += Scalar::from(by),
            }
        }
        prop_assert_eq!(verdict(secret, judged.to_repr().into(), signature), damage.is_none());
    }
}
