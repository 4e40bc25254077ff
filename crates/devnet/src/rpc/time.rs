//! Control of time.

use super::registry::Registry;
use crate::DevnetError;

pub(super) fn register(registry: &mut Registry) -> Result<(), DevnetError> {
    registry.add(&["evm_increaseTime", "anvil_increaseTime"], |devnet, args| {
        devnet.increase_time(args.required_u64("seconds")?)
    })?;
    registry.add(&["evm_setTime", "anvil_setTime"], |devnet, args| devnet.set_time(args.required_u64("timestamp")?))?;
    registry.add(&["evm_setNextBlockTimestamp", "anvil_setNextBlockTimestamp"], |devnet, args| {
        devnet.set_next_timestamp(args.required_u64("timestamp")?)
    })?;
    Ok(())
}
