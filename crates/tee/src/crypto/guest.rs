//! Through the machine's system calls; P-384, SHA-384 and long messages, which those do not take, in software.

use super::RSA_BYTES;
use alloc::vec::Vec;
use lux_oracle::{MAX_ACCELERATED_BYTES, guest};
use p384::ecdsa::signature::hazmat::PrehashVerifier;
use sha2::{Digest, Sha256, Sha384};

/// Enough gas for each call under any schedule of L1: twice Osaka's price and 10,000.
const fn gas(price: u64) -> u64 {
    2 * price + 10_000
}

pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    if message.len() <= MAX_ACCELERATED_BYTES {
        let price = 60 + 12 * message.len().div_ceil(32) as u64;
        if let Some(hash) = guest::precompile(2, message, gas(price)).and_then(|hash| hash[..].try_into().ok()) {
            return hash;
        }
    }
    Sha256::digest(message).into()
}

pub(crate) fn verify_p256(
    key: &p256::ecdsa::VerifyingKey,
    message: &[u8],
    signature: &p256::ecdsa::Signature,
) -> Option<()> {
    let point = key.to_encoded_point(false);
    let input = [&sha256(message)[..], &signature.to_bytes(), &point.as_bytes()[1..]].concat();
    guest::precompile(256, &input, gas(6_900)).filter(|verdict| !verdict.is_empty()).map(|_| ())
}

pub(crate) fn verify_p384(
    key: &p384::ecdsa::VerifyingKey,
    message: &[u8],
    signature: &p384::ecdsa::Signature,
) -> Option<()> {
    key.verify_prehash(&Sha384::digest(message), signature).ok()
}

/// `base` to the power of 65,537, modulo an odd number of 4,096 bits.
pub(super) fn rsa_power(modulus: &[u8; RSA_BYTES], base: &[u8; RSA_BYTES]) -> Option<[u8; RSA_BYTES]> {
    /// EIP-7883: 16 squarings of 2 · 64² each.
    const PRICE: u64 = 16 * 2 * 64 * 64;
    let mut input = Vec::with_capacity(96 + 3 + 2 * RSA_BYTES);
    for length in [RSA_BYTES, 3, RSA_BYTES] {
        input.extend_from_slice(&[0; 24]);
        input.extend_from_slice(&(length as u64).to_be_bytes());
    }
    input.extend_from_slice(base);
    input.extend_from_slice(&[1, 0, 1]);
    input.extend_from_slice(modulus);
    guest::precompile(5, &input, gas(PRICE))?[..].try_into().ok()
}
