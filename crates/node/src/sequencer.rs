//! Makes L2 blocks: the promise that `latest` stands for.

use crate::NodeError;
use crate::ledger::Ledger;
use lux_chain::{Block, BlockLimits, BuildRequest, Chain};
use lux_l1::Clock;
use lux_protocol::constants::MAX_PAYLOAD_BYTES;
use lux_stf::{L1Origin, MAX_BLOCK_DEPOSIT_GAS};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Encoded transactions that one block may hold, bytes: even incompressible ones fit one payload with room for the rest.
pub const MAX_BLOCK_TRANSACTION_BYTES: usize = MAX_PAYLOAD_BYTES - 4_096;

/// Settings of the sequencer.
#[derive(Clone, Debug)]
pub struct SequencerConfig {
    /// Time between blocks.
    pub block_time: Duration,
    /// How many L1 blocks the origin stays behind the head: an L1 reorganisation shallower than this never touches L2.
    pub l1_confirmations: u64,
}

/// Makes the next block when told to.
pub struct Sequencer {
    chain: Arc<Chain>,
    ledger: Ledger,
    config: SequencerConfig,
    clock: Clock,
}

impl Sequencer {
    pub fn new(chain: Arc<Chain>, config: SequencerConfig, clock: Clock) -> Self {
        let ledger = Ledger::new(chain.store().clone());
        Self { chain, ledger, config, clock }
    }

    /// Builds the block due now, and more at once while limits cut them off (the pool may hold more than one block
    /// can). `l1_position` is the last L1 block read.
    pub fn step(&self, l1_position: u64) -> Result<Arc<Block>, NodeError> {
        let started = Instant::now();
        loop {
            let (block, full) = self.build(l1_position, started + self.config.block_time)?;
            if !full || started.elapsed() >= self.config.block_time {
                return Ok(block);
            }
        }
    }

    /// Whether transactions for a whole block wait: then the next block need not wait for its time.
    pub fn pool_fills_a_block(&self) -> bool {
        let status = self.chain.pool().status_of_all();
        status.pending > 0 && status.bytes >= MAX_BLOCK_TRANSACTION_BYTES
    }

    fn build(&self, l1_position: u64, deadline: Instant) -> Result<(Arc<Block>, bool), NodeError> {
        // Under the writer's lock: the deriver must not unwind between reading the queue and building on it.
        let mut writer = self.chain.writer();
        let parent = self.chain.head();
        let before = parent.l1_origin();
        let target = l1_position.saturating_sub(self.config.l1_confirmations).max(before.block_number);
        // All that is due at the block's origin is in it: so a batch can end at any block.
        let fitting = self.ledger.origin_within(before.message_count, target, MAX_BLOCK_DEPOSIT_GAS)?;
        let block_number = fitting.max(before.block_number);
        let message_count = self.ledger.due(block_number)?.max(before.message_count);
        let entries = self.ledger.entries(before.message_count, message_count)?;
        let deposits = entries.iter().map(|entry| entry.to_deposit()).collect();
        let request = BuildRequest {
            timestamp: (self.clock)() / 1000,
            l1_origin: Some(L1Origin { block_number, message_count }),
            deposits,
            limits: BlockLimits {
                transaction_bytes: MAX_BLOCK_TRANSACTION_BYTES,
                deadline: Some(deadline),
                ..BlockLimits::NONE
            },
            use_pool: true,
        };
        let (block, full) = writer.build(request)?;
        Ok((block, full || block_number < target))
    }
}
