//! Building a block from the mempool.

use crate::{Block, ChainError, ChainWriter};
use lux_protocol::Deposit;
use lux_stf::{ExecutionError, L1Origin};
use std::sync::Arc;
use std::time::Instant;

/// What a block may hold at most, besides its gas limit.
#[derive(Clone, Copy, Debug)]
pub struct BlockLimits {
    /// Encoded size of the user transactions, bytes: they must fit one batch payload.
    pub transaction_bytes: usize,
    /// When to stop adding transactions.
    pub deadline: Option<Instant>,
}

impl BlockLimits {
    pub const NONE: Self = Self { transaction_bytes: usize::MAX, deadline: None };
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

/// Gas below which no transaction fits.
const MIN_TRANSACTION_GAS: u64 = 21_000;

impl ChainWriter<'_> {
    /// Builds, executes and appends the next block. The flag says that a limit, not the pool, ended it.
    pub fn build(&mut self, request: BuildRequest) -> Result<(Arc<Block>, bool), ChainError> {
        let chain = self.chain();
        let parent = chain.head();
        let timestamp = request.timestamp.max(parent.header.timestamp);
        let attributes = chain.rules().next_block(&parent.header, parent.hash, timestamp, request.l1_origin);
        let base_fee = attributes.base_fee;
        let mut executor = self.open_block(attributes)?;
        for deposit in request.deposits {
            executor.deposit(deposit)?;
        }
        let (mut bytes_left, mut full) = (request.limits.transaction_bytes, false);
        let mut invalid = Vec::new();
        let mut best = request.use_pool.then(|| chain.pool().best(base_fee));
        while let Some(best) = best.as_mut() {
            let Some(tx) = best.next() else { break };
            if executor.gas_left() < MIN_TRANSACTION_GAS
                || request.limits.deadline.is_some_and(|at| Instant::now() >= at)
            {
                full = true;
                break;
            }
            if tx.encoded_len > bytes_left || tx.gas_limit > executor.gas_left() {
                full = true;
                best.mark_invalid(tx.sender);
                continue;
            }
            match executor.transact(tx.tx.clone(), tx.sender) {
                Ok(_) => bytes_left -= tx.encoded_len,
                Err(ExecutionError::Invalid(reason)) => {
                    tracing::debug!(hash = %tx.hash, reason, "transaction left the pool: it cannot be executed");
                    best.mark_invalid(tx.sender);
                    invalid.push(tx.hash);
                }
                Err(error) => return Err(error.into()),
            }
        }
        let (executed, state) = executor.finish()?;
        let block = self.append(executed, state, true, |_, _| Ok(()))?;
        for hash in invalid {
            chain.pool().remove(&hash);
        }
        Ok((block, full))
    }
}
