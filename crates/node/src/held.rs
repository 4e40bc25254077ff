//! User transactions that lost their block to an L1 reorganisation or to another batch, and that the pool does not take
//! back yet: the deposit that pays for them may still be on its way to its new block.

use lux_chain::pool::PoolError;
use lux_chain::{Chain, ChainError};
use lux_protocol::{EthTransaction, Transaction};

/// Most transactions to hold.
const MAX_HELD: usize = 10_000;

#[derive(Default)]
pub(crate) struct Held {
    transactions: Vec<(EthTransaction, alloy_primitives::Address)>,
    /// Head at which they were offered last.
    offered_at: alloy_primitives::B256,
}

impl Held {
    /// To be called before a rewind to `number`: remembers the transactions of the blocks above.
    pub fn remember(&mut self, chain: &Chain, number: u64) -> Result<(), ChainError> {
        for height in number + 1..=chain.head().number() {
            let block = chain.expect_block(height)?;
            for (tx, sender) in block.transactions.iter().zip(&block.senders) {
                if let Transaction::Ethereum(tx) = tx
                    && self.transactions.len() < MAX_HELD
                {
                    self.transactions.push((tx.clone(), *sender));
                }
            }
        }
        self.offered_at = Default::default();
        Ok(())
    }

    /// Gives the pool what it takes now; forgets what is on the chain or never can be again.
    pub fn offer(&mut self, chain: &Chain) {
        let head = chain.head().hash;
        if self.transactions.is_empty() || self.offered_at == head {
            return;
        }
        self.offered_at = head;
        self.transactions.retain(|(tx, sender)| {
            use PoolError::*;
            let refused = chain.pool().add(tx.clone(), *sender, chain).err();
            matches!(
                refused,
                Some(InsufficientFunds { .. } | InsufficientFundsQueued { .. } | AccountLimitExceeded { .. } | Full)
            )
        });
    }
}
