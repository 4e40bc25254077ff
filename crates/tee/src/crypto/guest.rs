//! Through the machine's system calls; SHA-384, long messages and the points of P-384, which those do not take, in software.

use super::{ecdsa384, price};
use alloc::vec::Vec;
use lux_oracle::MAX_ACCELERATED_BYTES;
use lux_oracle::guest::{self, Words};
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
    let point = key.to_encoded_point(false);
    let (coordinates, _) = point.as_bytes().get(1..)?.as_chunks();
    let [x, y] = coordinates else { return None };
    let (r, s) = signature.split_bytes();
    ecdsa384::verify([x, y], &Sha384::digest(message).into(), &r.into(), &s.into())
}

/// `base` to the power of `exponent`, whose first byte is not zero.
pub(super) fn power<const N: usize>(base: &[u8], exponent: &[u8], modulus: &[u8; N]) -> Option<[u8; N]> {
    let mut input = Vec::with_capacity(96 + base.len() + exponent.len() + N);
    for length in [base.len(), exponent.len(), N] {
        input.extend_from_slice(&[0; 24]);
        input.extend_from_slice(&(length as u64).to_be_bytes());
    }
    input.extend_from_slice(base);
    input.extend_from_slice(exponent);
    input.extend_from_slice(modulus);
    guest::precompile(5, &input, gas(price::modexp(base.len().max(N), exponent)))?[..].try_into().ok()
}

/// The same of numbers of 48 bytes, whose least significant words come first.
pub(super) fn power_of_words(exponent: &[u64; 6], base: &[u64; 6], modulus: &[u64; 6]) -> Option<[u64; 6]> {
    let mut input = Words([0; 30]);
    for (index, number) in [base, exponent, modulus].into_iter().enumerate() {
        input.0[4 * index + 3] = 48_u64.to_be();
        for (place, word) in input.0[12 + 6 * index..].iter_mut().zip(number.iter().rev()) {
            *place = word.to_be();
        }
    }
    let words: [u64; 6] = guest::precompile_words(5, &input, gas(price::MODEXP_384))?;
    Some(core::array::from_fn(|index| u64::from_be(words[5 - index])))
}
