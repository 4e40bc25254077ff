//! Through libraries. ECDSA: one verdict from two implementations, the portable one and, with the feature `ring`, one for
//! this processor.

use rsa::BigUint;
use sha2::{Digest, Sha256};

#[cfg(feature = "ring")]
pub(crate) use fast::{verify_p256, verify_p384};
#[cfg(not(feature = "ring"))]
pub(crate) use portable::{verify_p256, verify_p384};

pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
}

/// `base` to the power of `exponent`.
pub(super) fn power<const N: usize>(base: &[u8], exponent: &[u8], modulus: &[u8; N]) -> Option<[u8; N]> {
    let [base, exponent, modulus] = [base, exponent, modulus].map(BigUint::from_bytes_be);
    let power = base.modpow(&exponent, &modulus).to_bytes_be();
    let mut out = [0; N];
    out[N.checked_sub(power.len())?..].copy_from_slice(&power);
    Some(out)
}

/// The same of numbers whose least significant words come first.
#[cfg(test)]
pub(super) fn power_of_words(exponent: &[u64; 6], base: &[u64; 6], modulus: &[u64; 6]) -> Option<[u64; 6]> {
    let bytes = |words: &[u64; 6]| words.iter().rev().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    let modulus = bytes(modulus).try_into().ok()?;
    let power: [u8; 48] = power(&bytes(base), &bytes(exponent), &modulus)?;
    let (words, _) = power.as_chunks();
    Some(std::array::from_fn(|index| u64::from_be_bytes(words[5 - index])))
}

#[cfg(any(test, not(feature = "ring")))]
mod portable {
    use p256::ecdsa::signature::hazmat::PrehashVerifier;
    use sha2::{Digest, Sha256, Sha384};

    pub fn verify_p256(
        key: &p256::ecdsa::VerifyingKey,
        message: &[u8],
        signature: &p256::ecdsa::Signature,
    ) -> Option<()> {
        key.verify_prehash(&Sha256::digest(message), signature).ok()
    }

    pub fn verify_p384(
        key: &p384::ecdsa::VerifyingKey,
        message: &[u8],
        signature: &p384::ecdsa::Signature,
    ) -> Option<()> {
        key.verify_prehash(&Sha384::digest(message), signature).ok()
    }
}

#[cfg(feature = "ring")]
mod fast {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};

    pub fn verify_p256(
        key: &p256::ecdsa::VerifyingKey,
        message: &[u8],
        signature: &p256::ecdsa::Signature,
    ) -> Option<()> {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.to_encoded_point(false));
        key.verify(message, &signature.to_bytes()).ok()
    }

    pub fn verify_p384(
        key: &p384::ecdsa::VerifyingKey,
        message: &[u8],
        signature: &p384::ecdsa::Signature,
    ) -> Option<()> {
        let key = UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, key.to_encoded_point(false));
        key.verify(message, &signature.to_bytes()).ok()
    }
}

#[cfg(all(test, feature = "ring"))]
mod tests {
    use super::{fast, portable};
    use p256::ecdsa::signature::hazmat::PrehashSigner;
    use proptest::prelude::*;
    use sha2::{Digest, Sha256, Sha384};

    proptest! {
        #[test]
        fn both_implementations_agree(
            secret in prop::array::uniform32(1_u8..0xff),
            message in prop::collection::vec(any::<u8>(), 0..100),
            damage in prop::option::of((0..96_usize, 1_u8..)),
        ) {
            let damaged = |signature: &[u8]| {
                let mut bytes = signature.to_vec();
                if let Some((at, bits)) = damage {
                    let at = at % bytes.len();
                    bytes[at] ^= bits;
                }
                bytes
            };
            let key = p256::ecdsa::SigningKey::from_slice(&secret).unwrap();
            let signature: p256::ecdsa::Signature = key.sign_prehash(&Sha256::digest(&message)).unwrap();
            if let Ok(signature) = p256::ecdsa::Signature::from_slice(&damaged(&signature.to_bytes())) {
                let verdict = portable::verify_p256(key.verifying_key(), &message, &signature);
                prop_assert_eq!(verdict.is_some(), damage.is_none());
                prop_assert_eq!(fast::verify_p256(key.verifying_key(), &message, &signature), verdict);
            }
            let secret = [[0; 16].as_slice(), &secret].concat();
            let key = p384::ecdsa::SigningKey::from_slice(&secret).unwrap();
            let signature: p384::ecdsa::Signature = key.sign_prehash(&Sha384::digest(&message)).unwrap();
            if let Ok(signature) = p384::ecdsa::Signature::from_slice(&damaged(&signature.to_bytes())) {
                let verdict = portable::verify_p384(key.verifying_key(), &message, &signature);
                prop_assert_eq!(verdict.is_some(), damage.is_none());
                prop_assert_eq!(fast::verify_p384(key.verifying_key(), &message, &signature), verdict);
            }
        }
    }
}
