//! `eth_getLogs`.

use crate::args::Args;
use crate::error::{self, RpcResult};
use crate::feed::matching_logs;
use crate::register::Registrar;
use crate::rpc::Rpc;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};
use lux_chain::Block;
use std::time::Instant;

/// Addresses, and topics per position, of one filter: geth's.
const MAX_ALTERNATIVES: usize = 1_000;

pub(crate) fn register(methods: &mut Registrar) {
    methods.read("eth_getLogs", 1, |rpc, args: &Args<'_>| query(rpc, &args.required::<Filter>(0)?));
}

/// Refuses a filter that would cost too much per log.
pub(crate) fn check_filter(filter: &Filter) -> RpcResult<()> {
    if filter.address.len() > MAX_ALTERNATIVES || filter.topics.iter().any(|topic| topic.len() > MAX_ALTERNATIVES) {
        return Err(error::invalid_params("exceed max addresses or topics per search position"));
    }
    Ok(())
}

/// The logs that a filter asks for, over its own blocks.
pub(super) fn query(rpc: &Rpc, filter: &Filter) -> RpcResult<Vec<Log>> {
    check_filter(filter)?;
    let mut found = Found::new(rpc, filter);
    let (from, to) = match filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => {
            let block = rpc.block_by_hash(hash)?.ok_or_else(|| error::server("unknown block"))?;
            found.add(&block, false)?;
            return Ok(found.logs);
        }
        FilterBlockOption::Range { from_block, to_block } => (
            rpc.number(from_block.unwrap_or(BlockNumberOrTag::Latest)),
            rpc.number(to_block.unwrap_or(BlockNumberOrTag::Latest)),
        ),
    };
    if from > to {
        return Err(error::invalid_params("invalid block range params"));
    }
    let to = to.min(rpc.chain().head().number());
    if to.saturating_sub(from) >= rpc.limits.max_log_blocks {
        return Err(error::limit(format!("query exceeds max block range {}", rpc.limits.max_log_blocks)));
    }
    for number in from..=to {
        found.add_number(number)?;
    }
    Ok(found.logs)
}

/// Logs as they are found, up to what one reply may hold.
pub(super) struct Found<'a> {
    rpc: &'a Rpc,
    filter: &'a Filter,
    pub logs: Vec<Log>,
    bytes: usize,
    deadline: Instant,
}

impl<'a> Found<'a> {
    pub fn new(rpc: &'a Rpc, filter: &'a Filter) -> Self {
        Self { rpc, filter, logs: Vec::new(), bytes: 0, deadline: Instant::now() + rpc.limits.execution_timeout }
    }

    /// Of the canonical block, which is read only where its bloom says that it may match.
    pub fn add_number(&mut self, number: u64) -> RpcResult<()> {
        let Some(located) = self.rpc.header(BlockId::number(number))? else { return Ok(()) };
        if !self.filter.matches_bloom(located.header.logs_bloom) {
            return Ok(());
        }
        match self.rpc.block_by_hash(located.hash)? {
            Some(block) => self.add(&block, false),
            None => Ok(()),
        }
    }

    pub fn add(&mut self, block: &Block, removed: bool) -> RpcResult<()> {
        if !self.filter.matches_bloom(block.header.logs_bloom) {
            return Ok(());
        }
        if Instant::now() >= self.deadline {
            return Err(error::limit("query timed out, ask for a smaller block range"));
        }
        let receipts = self.rpc.receipts(block.hash)?;
        let limits = &self.rpc.limits;
        for log in matching_logs(block, &receipts, self.filter, removed) {
            self.bytes += log.inner.data.data.len() + 32 * log.inner.topics().len();
            if self.logs.len() == limits.max_logs {
                return Err(error::limit(format!("query returned more than {} results", limits.max_logs)));
            }
            if self.bytes > limits.max_log_bytes {
                return Err(error::limit(format!("query returned more than {} bytes of logs", limits.max_log_bytes)));
            }
            self.logs.push(log);
        }
        Ok(())
    }
}
