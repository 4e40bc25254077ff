//! Through revm's libraries.

use alloy_primitives::{Address, B256};
use revm::precompile::{PrecompileOutput, Precompiles, u64_to_address};

/// Signer of `hash`; `v` is 0 or 1.
pub(crate) fn ecrecover(signature: &[u8; 64], v: u8, hash: &B256) -> Option<Address> {
    let word = revm::precompile::crypto().secp256k1_ecrecover(signature, v, &hash.0).ok()?;
    Some(Address::from_slice(&word[12..]))
}

/// Runs a precompile that exists under Osaka's rules.
pub(crate) fn precompile(
    number: u64,
    input: &[u8],
    gas_limit: u64,
    _price: Option<u64>,
) -> Result<PrecompileOutput, alloc::string::String> {
    let precompile = Precompiles::osaka().get(&u64_to_address(number)).ok_or("no such precompile")?;
    precompile.execute(input, gas_limit, 0).map_err(|error| alloc::string::ToString::to_string(&error))
}
