//! Enclaves that an input may be sealed to, as the market's registry has them now.

use crate::enclaves::registry;
use crate::{ComputeError, Market};
use alloy_primitives::{Address, B256};
use lux_confidential::{Recipient, Unfit, judge_recipient, named_enclaves};

/// Looks at every enclave that named a key, or at those that are given; and says of each whether an input can be sealed to it until
/// then. With `measurements`, only software that has one of them is fit.
pub async fn find_recipients(
    market: &Market,
    first_block: u64,
    enclaves: &[Address],
    measurements: &[B256],
    until: u64,
) -> Result<Vec<(Address, Result<Recipient, Unfit>)>, ComputeError> {
    let none = || ComputeError::Config(format!("the market {} takes no attestations", market.address));
    let registry = registry(market).await?.ok_or_else(none)?;
    let candidates = match enclaves {
        [] => named_enclaves(&market.chain, registry, first_block).await?,
        named => named.iter().copied().collect(),
    };
    let mut found = Vec::new();
    for enclave in candidates {
        let judged = judge_recipient(&market.chain, registry, enclave, measurements, until).await?;
        found.push((enclave, judged));
    }
    Ok(found)
}
