//! Building a block from the mempool.

use crate::pool::Pool;
use crate::{Block, ChainError, ChainWriter, NodeDb};
use alloy_primitives::B256;
use lux_protocol::Deposit;
use lux_stf::{BlockExecutor, ExecutionError, L1Origin};
use std::sync::Arc;
use std::time::Instant;

/// What a block may hold at most, besides its gas limit.
#[derive(Clone, Copy, Debug)]
pub struct BlockLimits {
    /// Encoded size of the user transactions, bytes: they must fit one batch payload.
    pub transaction_bytes: usize,
    /// User transactions that get into the block.
    pub transactions: usize,
    /// When to stop adding transactions.
    pub deadline: Option<Instant>,
}

impl BlockLimits {
    pub const NONE: Self = Self { transaction_bytes: usize::MAX, transactions: usize::MAX, deadline: None };
}

/// A block to build.
#[derive(Clone, Debug)]
pub struct BuildRequest {
    /// Seconds; at least the parent's.
    pub timestamp: u64,
    /// Present on a rollup.
    pub l1_origin: Option<L1Origin>,
    pub deposits: Vec<Deposit>,
    pub limits: BlockLimits,
    /// Whether transactions are taken from the pool.
    pub use_pool: bool,
}

/// What [`ChainWriter::take_from_pool`] did.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// Transactions that are now in the block.
    pub included: usize,
    /// A limit, not the pool, ended it.
    pub full: bool,
    /// Transactions that cannot be executed.
    pub invalid: Vec<B256>,
}

impl Taken {
    /// Takes what cannot be executed out of the pool. To be called once the pool knows the block.
    pub fn drop_invalid(&self, pool: &Pool) {
        self.invalid.iter().for_each(|hash| drop(pool.remove(hash)));
    }
}

/// Gas below which no transaction fits.
const MIN_TRANSACTION_GAS: u64 = 21_000;

impl ChainWriter<'_> {
    /// Builds, executes and appends the next block. The flag says that a limit, not the pool, ended it.
    pub fn build(&mut self, request: BuildRequest) -> Result<(Arc<Block>, bool), ChainError> {
        let chain = self.chain();
        let parent = chain.head();
        let timestamp = request.timestamp.max(parent.header.timestamp);
        let attributes = chain.rules().next_block(&parent.header, parent.hash, timestamp, request.l1_origin);
        let mut executor = self.open_block(attributes)?;
        for deposit in request.deposits {
            executor.deposit(deposit)?;
        }
        let taken = match request.use_pool {
            true => self.take_from_pool(&mut executor, &request.limits)?,
            false => Taken::default(),
        };
        let (executed, state) = executor.finish()?;
        let block = self.append(executed, state, true, |_, _| Ok(()))?;
        taken.drop_invalid(chain.pool());
        Ok((block, taken.full))
    }

    /// Executes transactions of the pool in `executor`, best first.
    pub fn take_from_pool(
        &self,
        executor: &mut BlockExecutor<NodeDb>,
        limits: &BlockLimits,
    ) -> Result<Taken, ChainError> {
        let mut taken = Taken::default();
        let mut bytes_left = limits.transaction_bytes;
        let mut best = self.chain().pool().best(executor.attributes().base_fee);
        while let Some(tx) = best.next() {
            if taken.included == limits.transactions
                || executor.gas_left() < MIN_TRANSACTION_GAS
                || limits.deadline.is_some_and(|at| Instant::now() >= at)
            {
                taken.full = true;
                break;
            }
            if tx.encoded_len > bytes_left || tx.gas_limit > executor.gas_left() {
                taken.full = true;
                best.mark_invalid(tx.sender);
                continue;
            }
            match executor.transact(tx.tx.clone(), tx.sender) {
                Ok(_) => {
                    bytes_left -= tx.encoded_len;
                    taken.included += 1;
                }
                Err(ExecutionError::BlockFull(_)) => {
                    taken.full = true;
                    best.mark_invalid(tx.sender);
                }
                Err(ExecutionError::Invalid(reason)) => {
                    if !tx.is_private {
                        tracing::debug!(hash = %tx.hash, reason, "transaction left the pool: it cannot be executed");
                    }
                    best.mark_invalid(tx.sender);
                    taken.invalid.push(tx.hash);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(taken)
    }
}
