//! Reorganisations on demand.

use crate::session::{Order, Take};
use crate::{Devnet, DevnetError};
use alloy_primitives::Bytes;
use lux_chain::Block;
use std::sync::Arc;

/// What becomes of the transactions of blocks that a reorganisation removes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReorgTransactions {
    /// They wait in the pool; the replacement blocks are empty.
    #[default]
    Return,
    /// The replacement blocks take them, and whatever else waits: as many as fit into the first, and so on.
    Reinclude,
    /// They are gone, as if they had never been sent.
    Forget,
}

impl Devnet {
    /// Replaces the last `depth` blocks by as many others with the same timestamps. Their hashes differ, since their extra
    /// data count reorganisations. What setters did in removed blocks is undone for good.
    pub fn reorg(&self, depth: u64, transactions: ReorgTransactions) -> Result<Arc<Block>, DevnetError> {
        let mut session = self.session();
        let mut head = session.head();
        let latest = head.number();
        if depth == 0 || depth > latest {
            return Err(DevnetError::Depth { depth, latest });
        }
        let mut timestamps = Vec::new();
        for number in latest - depth + 1..=latest {
            timestamps.extend(self.0.chain.block(number)?.map(|block| block.header.timestamp));
        }
        session.saved.reorgs += 1;
        session.rewind(latest - depth, transactions == ReorgTransactions::Forget)?;
        let extra_data = Bytes::copy_from_slice(&session.saved.reorgs.to_be_bytes());
        let take = if transactions == ReorgTransactions::Reinclude { Take::All } else { Take::Nothing };
        let count = timestamps.len();
        for (index, timestamp) in timestamps.into_iter().enumerate() {
            let order =
                Order { take, extra_data: extra_data.clone(), durable: index + 1 == count, ..Order::empty(timestamp) };
            if let Some(block) = session.mine(order, |_| Ok(()))? {
                head = block;
            }
        }
        self.update_tags()?;
        Ok(head)
    }
}
