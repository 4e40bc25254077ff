//! The canonical L1 chain, block by block, as far as it concerns the watched contracts.

mod bulk;
mod reorg;
mod ring;
mod tip;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use alloy_rpc_types_eth::Log;

use self::ring::Ring;
use crate::{BlockId, CriticalError, L1Block, L1Client, L1Error, LogFilter};

/// Sizes of an [`L1Stream`].
#[derive(Debug, Clone, Copy)]
pub struct StreamConfig {
    /// Blocks per request while far behind the head.
    pub bulk_blocks: u64,
    /// The newest blocks are fetched one by one with their headers: reorgs happen here, and endpoints behind a load
    /// balancer lag here.
    pub tip_blocks: u64,
    /// Block ids remembered for finding the last common block after a reorg.
    pub remembered_blocks: usize,
}

impl Default for StreamConfig {
    fn default() -> Self {
        Self { bulk_blocks: 500, tip_blocks: 64, remembered_blocks: 1024 }
    }
}

/// A block and the watched logs in it, by index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct L1BlockLogs {
    pub block: L1Block,
    pub logs: Vec<Log>,
}

/// What happened on L1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum L1Event {
    /// The chain grew. Near the head every block is reported; far behind it, blocks without watched logs are left out
    /// except for one at the end of each range, so that progress shows.
    Block(L1BlockLogs),
    /// Blocks above `to` are no longer canonical: forget what came from them. `depth` counts them. When blocks were
    /// left out after `to`, `to` may be below the true last common block; what is in between is reported again.
    Reorg { to: L1Block, depth: u64 },
}

/// Follows the canonical chain, through reorgs and restarts.
///
/// After a restart the stream continues exactly if the consumer stores [`L1Stream::recent`] together with what it made
/// of the events, in one database transaction. Storing the id of each `Block` event, dropping those above `to` at a
/// `Reorg`, gives the same list.
#[derive(Debug)]
pub struct L1Stream {
    client: L1Client,
    filter: LogFilter,
    config: StreamConfig,
    /// First block to report while `ring` is empty.
    start: u64,
    ring: Ring,
    /// Fetched and not yet reported.
    queue: VecDeque<L1BlockLogs>,
    /// The head is at least here, until an answer says otherwise; saves asking.
    head_hint: u64,
}

impl L1Stream {
    /// Reports from block `start` on, usually the one that deployed the watched contracts.
    pub fn new(client: L1Client, filter: LogFilter, start: u64) -> Self {
        let config = StreamConfig::default();
        Self {
            client,
            filter,
            config,
            start,
            ring: Ring::new(config.remembered_blocks),
            queue: VecDeque::new(),
            head_hint: 0,
        }
    }

    /// Continues behind the last of `recent`, ascending and not empty.
    pub fn resume(client: L1Client, filter: LogFilter, recent: Vec<BlockId>) -> Result<Self, L1Error> {
        let start = recent.first().ok_or(CriticalError::InvalidArgument("no block to resume from"))?.number;
        let mut stream = Self::new(client, filter, start);
        stream.ring = Ring::restore(stream.config.remembered_blocks, recent)?;
        Ok(stream)
    }

    #[must_use]
    pub fn with_config(mut self, config: StreamConfig) -> Self {
        let ids = self.ring.to_vec();
        self.config = StreamConfig { bulk_blocks: config.bulk_blocks.max(1), ..config };
        self.ring = Ring::new(config.remembered_blocks);
        ids.into_iter().for_each(|id| self.ring.push(id));
        self
    }

    /// Reported blocks that are remembered, ascending; the last one is the position of the stream.
    pub fn recent(&self) -> Vec<BlockId> {
        self.ring.to_vec()
    }

    /// The last reported block.
    pub fn position(&self) -> Option<BlockId> {
        self.ring.last()
    }

    /// The next event, or `None` when there is nothing new. Dropping the future loses nothing.
    pub async fn poll(&mut self) -> Result<Option<L1Event>, L1Error> {
        loop {
            if let Some(next) = self.queue.pop_front() {
                self.ring.push(next.block.id());
                return Ok(Some(L1Event::Block(next)));
            }
            match self.fetch().await? {
                Fetched::Blocks => {}
                Fetched::Nothing => return Ok(None),
                Fetched::Reorg => return self.rewind().await.map(Some),
            }
        }
    }

    /// Fills the queue with what follows the position.
    async fn fetch(&mut self) -> Result<Fetched, L1Error> {
        let position = match self.ring.last() {
            Some(id) => Some(id),
            None => match self.anchor().await? {
                Anchor::Block(id) => Some(id),
                Anchor::Genesis => None,
                Anchor::NotYet => return Ok(Fetched::Nothing),
            },
        };
        let next = position.map_or(self.start, |id| id.number + 1);
        if self.head_hint < next {
            let head = self.client.head().await?;
            if let Some(id) = position
                && head.number < next
            {
                return self.compare_head(id, head.id()).await;
            }
            self.head_hint = head.number;
        }
        if self.head_hint < next {
            return Ok(Fetched::Nothing);
        }
        match position {
            Some(id) if self.head_hint - next >= self.config.tip_blocks => {
                let room = self.head_hint - self.config.tip_blocks - id.number;
                self.fetch_bulk(id, id.number + room.min(self.config.bulk_blocks)).await
            }
            _ => self.fetch_next(position, next).await,
        }
    }

    /// The block before `start`: knowing it, the first block can be checked and even that one may reorg.
    async fn anchor(&mut self) -> Result<Anchor, L1Error> {
        let Some(number) = self.start.checked_sub(1) else {
            return Ok(Anchor::Genesis);
        };
        Ok(match self.client.block(number).await? {
            Some(block) => {
                self.ring.push(block.id());
                Anchor::Block(block.id())
            }
            None => Anchor::NotYet,
        })
    }

    /// The head is not above our position: a reorg if and only if a block that we reported is not on its chain. A lower
    /// head alone only says that another endpoint of a load balancer answered.
    async fn compare_head(&mut self, position: BlockId, head: BlockId) -> Result<Fetched, L1Error> {
        if head.number == position.number {
            return Ok(if head.hash == position.hash { Fetched::Nothing } else { Fetched::Reorg });
        }
        let Some(index) = self.ring.count_up_to(head.number).checked_sub(1) else {
            return Ok(Fetched::Nothing);
        };
        let known = self.ring.get(index);
        let canonical = if known.number == head.number {
            head
        } else {
            match self.client.block(known.number).await? {
                Some(block) => block.id(),
                None => return Err(L1Error::inconsistent("block below the head is missing")),
            }
        };
        if canonical == known {
            tracing::debug!(head = head.number, position = position.number, "L1 endpoint is behind");
            Ok(Fetched::Nothing)
        } else {
            Ok(Fetched::Reorg)
        }
    }
}

enum Fetched {
    /// The queue holds something.
    Blocks,
    /// We are at the head.
    Nothing,
    /// The position is not canonical.
    Reorg,
}

enum Anchor {
    Block(BlockId),
    /// The stream starts at block 0.
    Genesis,
    /// The chain has not reached `start`.
    NotYet,
}
