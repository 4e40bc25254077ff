//! Changes of the state.

use super::registry::Registry;
use crate::DevnetError;

pub(super) fn register(registry: &mut Registry) -> Result<(), DevnetError> {
    registry.add(&["anvil_setBalance", "hardhat_setBalance"], |devnet, args| {
        devnet.set_balance(args.required("address")?, args.required("balance")?)?;
        Ok(true)
    })?;
    registry.add(&["anvil_setNonce", "hardhat_setNonce", "evm_setAccountNonce"], |devnet, args| {
        devnet.set_nonce(args.required("address")?, args.required_u64("nonce")?)?;
        Ok(true)
    })?;
    registry.add(&["anvil_setCode", "hardhat_setCode"], |devnet, args| {
        devnet.set_code(args.required("address")?, args.required("code")?)?;
        Ok(true)
    })?;
    registry.add(&["anvil_setStorageAt", "hardhat_setStorageAt"], |devnet, args| {
        devnet.set_storage(args.required("address")?, args.required("slot")?, args.required("value")?)?;
        Ok(true)
    })?;
    Ok(())
}
