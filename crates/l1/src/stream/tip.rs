//! Near the head: one block at a time, linked by parent hashes.

use alloy_rpc_types_eth::Log;

use super::{Fetched, L1BlockLogs, L1Stream};
use crate::{BlockId, L1Block, L1Error};

impl L1Stream {
    pub(super) async fn fetch_next(&mut self, position: Option<BlockId>, next: u64) -> Result<Fetched, L1Error> {
        let Some(block) = self.client.block(next).await? else {
            // Another endpoint answered, or the chain became shorter: ask for the head again next time.
            self.head_hint = 0;
            return Ok(Fetched::Nothing);
        };
        if position.is_some_and(|id| id.hash != block.parent_hash) {
            return Ok(Fetched::Reorg);
        }
        let logs = self.logs_of(&block).await?;
        self.queue.push_back(L1BlockLogs { block, logs });
        Ok(Fetched::Blocks)
    }

    /// An endpoint may know a block before its logs are indexed and then answer with an empty list. The header's bloom
    /// filter exposes that; receipts decide.
    async fn logs_of(&self, block: &L1Block) -> Result<Vec<Log>, L1Error> {
        let logs = self.client.logs_at(&self.filter, block.id()).await?;
        let suspicious = logs.is_empty() && block.logs_bloom.as_ref().is_some_and(|b| self.filter.maybe_in(b));
        if !suspicious {
            return Ok(logs);
        }
        let receipts = self.client.logs_from_receipts(&self.filter, block.id()).await?;
        Ok(receipts.unwrap_or(logs))
    }
}
