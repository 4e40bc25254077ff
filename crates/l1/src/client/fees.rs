//! What to pay for gas.

use alloy_primitives::{U64, U256};
use serde::Deserialize;

use super::{L1Client, no_params};
use crate::{L1Error, TemporaryError};

/// Blocks whose tips are looked at.
const HISTORY_BLOCKS: u64 = 10;
/// Tip where nothing can be learned, in wei.
const DEFAULT_PRIORITY_FEE: u128 = 1_000_000_000;

/// Fees of the next block, in wei per gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeEstimate {
    Eip1559 {
        base_fee: u128,
        priority_fee: u128,
    },
    /// The chain has no base fee.
    Legacy {
        gas_price: u128,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FeeHistory {
    #[serde(default)]
    base_fee_per_gas: Vec<U256>,
    #[serde(default)]
    reward: Option<Vec<Vec<U256>>>,
}

impl L1Client {
    /// Base fee of the next block and the median tip of recent ones; `eth_maxPriorityFeePerGas`, `eth_gasPrice` and a
    /// default stand in where a chain lacks `eth_feeHistory`.
    pub async fn fees(&self) -> Result<FeeEstimate, L1Error> {
        let Some(head_fee) = self.head().await?.base_fee else {
            let price: U256 = self.request("eth_gasPrice", no_params()).await?;
            return Ok(FeeEstimate::Legacy { gas_price: price.saturating_to() });
        };
        let params = (U64::from(HISTORY_BLOCKS), "latest", [50.0]);
        let history: Option<FeeHistory> = optional(self.request("eth_feeHistory", params).await)?;
        let (mut base_fee, mut priority_fee) = (head_fee, None);
        if let Some(history) = history {
            if let Some(next) = history.base_fee_per_gas.last() {
                // An endpoint behind its peers must not talk us below the head that we saw.
                base_fee = base_fee.max(next.saturating_to());
            }
            priority_fee = median_tip(history.reward.unwrap_or_default());
        }
        let priority_fee = match priority_fee {
            Some(fee) => fee,
            None => optional(self.request::<_, U256>("eth_maxPriorityFeePerGas", no_params()).await)?
                .map_or(DEFAULT_PRIORITY_FEE, |f| f.saturating_to()),
        };
        Ok(FeeEstimate::Eip1559 { base_fee, priority_fee })
    }
}

/// Median over the blocks that had a tip at all: empty blocks report zero.
fn median_tip(rewards: Vec<Vec<U256>>) -> Option<u128> {
    let mut tips: Vec<u128> =
        rewards.into_iter().filter_map(|r| r.first().map(|t| t.saturating_to())).filter(|t| *t > 0).collect();
    tips.sort_unstable();
    tips.get(tips.len() / 2).copied()
}

/// An answer that says "I do not do this" is no answer; a broken connection is an error.
fn optional<T>(answer: Result<T, L1Error>) -> Result<Option<T>, L1Error> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(L1Error::Temporary(TemporaryError::Rpc(_) | TemporaryError::Malformed { .. })) => Ok(None),
        Err(e) if e.is_unsupported() => Ok(None),
        Err(e) => Err(e),
    }
}
