//! The EVM's precompiles.

use crate::params::MAX_PRECOMPILE_GAS;
use alloy_primitives::{Address, Bytes, U160};
use revm::precompile::{PrecompileSpecId, Precompiles};

/// Whether the machine can call this address.
pub(crate) const fn is_known(address: u64) -> bool {
    matches!(address, 1..=3 | 5..=17 | 256)
}

/// Output of a precompile, `None` if it fails. Only the input decides: the gas is always the most that a program can
/// give, which also bounds the time that this takes.
pub(crate) fn call(address: u64, input: &[u8]) -> Option<Bytes> {
    let address = Address::from(U160::from(address));
    let precompile = Precompiles::new(PrecompileSpecId::OSAKA).get(&address)?;
    let output = precompile.execute(input, MAX_PRECOMPILE_GAS, 0).ok()?;
    output.is_success().then_some(output.bytes)
}
