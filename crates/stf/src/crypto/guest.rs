//! Through the machine's system calls; long hashes, which those do not take, in software.

use alloy_primitives::{Address, B256, Bytes};
use lux_oracle::{MAX_ACCELERATED_BYTES, MAX_PRECOMPILE_GAS, guest};
use revm::precompile::{PrecompileHalt, PrecompileOutput};

/// Signer of `hash`; `v` is 0 or 1.
pub(crate) fn ecrecover(signature: &[u8; 64], v: u8, hash: &B256) -> Option<Address> {
    guest::ecrecover(signature, v, hash).map(Address::new)
}

/// Runs a precompile that exists under Osaka's rules.
pub(crate) fn precompile(
    number: u64,
    input: &[u8],
    gas_limit: u64,
    price: Option<u64>,
) -> Result<PrecompileOutput, alloc::string::String> {
    let Some(price) = price else {
        return Ok(PrecompileOutput::halt(PrecompileHalt::other_static("invalid input"), 0));
    };
    if price > gas_limit {
        return Ok(PrecompileOutput::halt(PrecompileHalt::OutOfGas, 0));
    }
    let output = match number {
        2 | 3 if input.len() > MAX_ACCELERATED_BYTES => Some(hash(number, input)),
        4 => Some(Bytes::copy_from_slice(input)),
        // Enough under any schedule of L1, as far as the machine lets a program ask for it.
        _ => guest::precompile(number, input, (2 * price + 10_000).min(MAX_PRECOMPILE_GAS)),
    };
    Ok(match output {
        Some(output) => PrecompileOutput::new(price, output, 0),
        None => PrecompileOutput::halt(PrecompileHalt::other_static("invalid input"), 0),
    })
}

fn hash(number: u64, input: &[u8]) -> Bytes {
    use sha2::Digest as _;
    let mut word = B256::ZERO;
    if number == 2 {
        word.0.copy_from_slice(&sha2::Sha256::digest(input));
    } else {
        word.0[12..].copy_from_slice(&ripemd::Ripemd160::digest(input));
    }
    word.into()
}
