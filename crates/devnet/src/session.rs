//! One change of the devnet: blocks, time and settings together.

use crate::{Devnet, DevnetError, saved::Saved};
use alloy_primitives::Bytes;
use lux_chain::{Block, BlockLimits, ChainWriter, NodeDb};
use lux_stf::{BlockAttributes, BlockExecutor};
use std::sync::Arc;

/// Which transactions of the pool a block takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    Nothing,
    /// The best one; no block where there is none.
    One,
    All,
}

/// What a block is to be.
pub(crate) struct Order {
    pub timestamp: u64,
    pub base_fee: Option<u64>,
    pub extra_data: Bytes,
    pub take: Take,
    /// Whether the block must survive a crash by itself; otherwise it does once a later one does.
    pub durable: bool,
}

impl Order {
    /// A durable block without transactions.
    pub fn empty(timestamp: u64) -> Self {
        Self { timestamp, base_fee: None, extra_data: Bytes::new(), take: Take::Nothing, durable: true }
    }
}

/// Holds the chain's writer. What it changes in `saved` is seen by others after [`Self::save`] or with a block.
pub(crate) struct Session<'a> {
    devnet: &'a Devnet,
    writer: ChainWriter<'a>,
    pub saved: Saved,
}

impl<'a> Session<'a> {
    pub fn new(devnet: &'a Devnet) -> Self {
        let writer = devnet.0.chain.writer();
        let saved = devnet.0.saved.read().clone();
        Self { devnet, writer, saved }
    }

    pub fn head(&self) -> Arc<Block> {
        self.devnet.0.chain.head()
    }

    pub fn wall(&self) -> u64 {
        (self.devnet.0.wall_clock)()
    }

    fn publish(&self) {
        *self.devnet.0.saved.write() = self.saved.clone();
    }

    /// Makes a change of the settings durable.
    pub fn save(self) -> Result<(), DevnetError> {
        self.devnet.0.chain.store().write(true, |writer| self.saved.put(writer))?;
        self.publish();
        Ok(())
    }

    /// Mines a block. `change` works on the state before the transactions.
    pub fn mine(
        &mut self,
        order: Order,
        change: impl FnOnce(&mut BlockExecutor<NodeDb>) -> Result<(), DevnetError>,
    ) -> Result<Option<Arc<Block>>, DevnetError> {
        let pool = self.devnet.0.chain.pool();
        let attributes = self.attributes(&order);
        if order.take == Take::One && pool.best(attributes.base_fee).next().is_none() {
            return Ok(None);
        }
        let mut executor = self.writer.open_block(attributes)?;
        change(&mut executor)?;
        let transactions = match order.take {
            Take::Nothing => 0,
            Take::One => 1,
            Take::All => usize::MAX,
        };
        let taken = self.writer.take_from_pool(&mut executor, &BlockLimits { transactions, ..BlockLimits::NONE })?;
        if order.take == Take::One && taken.included == 0 {
            taken.drop_invalid(pool);
            return Ok(None);
        }
        let (executed, state) = executor.finish().map_err(lux_chain::ChainError::from)?;
        let saved = &self.saved;
        let block = self.writer.append(executed, state, order.durable, |writer, _| saved.put(writer))?;
        taken.drop_invalid(pool);
        self.publish();
        Ok(Some(block))
    }

    fn attributes(&self, order: &Order) -> BlockAttributes {
        let parent = self.head();
        let rules = self.devnet.0.chain.rules();
        let mut attributes = rules.next_block(&parent.header, parent.hash, order.timestamp, None);
        attributes.base_fee = order.base_fee.unwrap_or(attributes.base_fee);
        attributes.extra_data = order.extra_data.clone();
        attributes
    }

    /// Makes block `number` the head again. Transactions of the blocks after it return to the pool, unless `forget`.
    pub fn rewind(&mut self, number: u64, forget: bool) -> Result<(), DevnetError> {
        let chain = &self.devnet.0.chain;
        let mut hashes = Vec::new();
        for height in number + 1..=if forget { self.head().number() } else { 0 } {
            let block = chain.block(height)?;
            hashes.extend(block.iter().flat_map(|block| &block.transactions).map(|tx| tx.hash()));
        }
        let saved = &self.saved;
        self.writer.rewind(number, |writer| saved.put(writer))?;
        hashes.iter().for_each(|hash| drop(chain.pool().remove(hash)));
        self.publish();
        Ok(())
    }
}
