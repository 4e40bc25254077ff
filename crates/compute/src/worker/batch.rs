//! Transactions about many tasks, which fit into a block and are worth their gas.

use super::Worker;
use crate::ComputeError;
use crate::lane::Batch;
use alloy_primitives::{B256, U256};
use lux_l1::{Revert, TxError};

/// What becomes of some tasks.
pub(super) enum Fit {
    /// As many of them as there is room for, the first ones.
    Batch(Batch),
    /// The chain would take no call about them.
    Refused(Revert),
    /// Not even a call about the first one has room.
    TooLarge,
}

impl Worker {
    /// Fills one transaction of this account.
    pub(super) async fn fit(
        &self,
        mut tasks: Vec<B256>,
        encode: impl Fn(&[B256]) -> Result<Vec<u8>, ComputeError>,
    ) -> Result<Fit, ComputeError> {
        let Some(head) = self.board.head() else { return Ok(Fit::TooLarge) };
        let room = self.transactions.room(head);
        loop {
            let data = encode(&tasks)?;
            let gas = match self.transactions.gas_of(self.shop.market.address, data.clone()).await {
                Ok(gas) if gas <= room => return Ok(Fit::Batch(Batch { tasks, data, gas })),
                Ok(gas) => Some(gas),
                Err(TxError::Reverted(reason)) => return Ok(Fit::Refused(reason)),
                // Nodes refuse to estimate what no block of theirs would hold, each in words of its own.
                Err(TxError::L1(error)) if tasks.len() > 1 && error.as_rpc().is_some() => None,
                Err(error) => return Err(error.into()),
            };
            let most = tasks.len() - 1;
            if most == 0 {
                tracing::error!(task = %tasks[0], gas, room, "a transaction about one task has no room in a block");
                return Ok(Fit::TooLarge);
            }
            // Somewhat less than its share: tasks differ.
            let share = |gas| u128::from(room) * tasks.len() as u128 * 9 / 10 / u128::from(gas);
            tasks.truncate(gas.map_or(tasks.len() / 2, |gas| share(gas) as usize).clamp(1, most));
        }
    }

    /// Whether so many wei are worth the gas of a transaction now.
    pub(super) fn is_worth(&self, gas: u64, wei: U256) -> bool {
        self.config.allow_loss || self.costs.as_ref().is_some_and(|(_, costs)| costs.of_gas(gas) <= wei)
    }
}
