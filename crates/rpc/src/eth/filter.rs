//! Filters that are polled: `eth_newFilter` and its kin.
//!
//! A filter remembers the last block that it told of, not the blocks themselves. What happened since is read from the chain
//! when the client asks, so a filter nobody polls costs nothing but its place in the table.

use super::logs::{Found, check_filter, query};
use crate::args::Args;
use crate::error::{self, RpcResult};
use crate::register::Registrar;
use crate::rpc::Rpc;
use crate::types::{RpcTransaction, pending_transaction};
use alloy_primitives::{B256, U128};
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log, PendingTransactionFilterKind};
use jsonrpsee::types::ErrorObjectOwned;
use lux_chain::Block;
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

#[derive(Default)]
pub(crate) struct Filters(Mutex<HashMap<u128, Entry>>);

struct Entry {
    kind: Arc<Mutex<Kind>>,
    polled: Instant,
}

/// Last block told of.
type Cursor = (u64, B256);

enum Kind {
    Logs { filter: Box<Filter>, cursor: Cursor },
    Blocks(Cursor),
    Pending { hashes: Receiver<B256>, full: bool },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Changes {
    Logs(Vec<Log>),
    Hashes(Vec<B256>),
    Transactions(Vec<RpcTransaction>),
}

/// Hashes that one poll returns at most.
const MAX_HASHES: usize = 10_000;

/// An id that nobody can guess: keyed hashes with keys of the operating system.
pub(crate) fn random_id() -> u128 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    u128::from(RandomState::new().hash_one(n)) << 64 | u128::from(RandomState::new().hash_one(n))
}

pub(crate) fn register(methods: &mut Registrar) {
    methods.light("eth_newFilter", 1, |rpc, args| {
        let filter = args.required::<Filter>(0)?;
        check_filter(&filter)?;
        if let FilterBlockOption::Range { from_block: Some(from), to_block: Some(to) } = filter.block_option
            && rpc.number(from) > rpc.number(to)
        {
            return Err(error::invalid_params("invalid block range params"));
        }
        install(rpc, Kind::Logs { filter: Box::new(filter), cursor: head(rpc) })
    });
    methods.light("eth_newBlockFilter", 0, |rpc, _| install(rpc, Kind::Blocks(head(rpc))));
    methods.light("eth_newPendingTransactionFilter", 1, |rpc, args| {
        let full = args.optional::<PendingTransactionFilterKind>(0)? == Some(PendingTransactionFilterKind::Full);
        install(rpc, Kind::Pending { hashes: rpc.chain().pool().subscribe(), full })
    });
    methods.light("eth_uninstallFilter", 1, |rpc, args| {
        let id = args.required::<U128>(0)?;
        Ok(rpc.filters.0.lock().remove(&id.to()).is_some())
    });
    methods.read("eth_getFilterChanges", 1, changes);
    methods.read("eth_getFilterLogs", 1, |rpc, args| {
        let kind = find(rpc, args.required::<U128>(0)?)?;
        let Kind::Logs { filter, .. } = &*kind.lock() else { return Err(not_found()) };
        query(rpc, filter)
    });
}

fn head(rpc: &Rpc) -> Cursor {
    let head = rpc.chain().head();
    (head.number(), head.hash)
}

fn not_found() -> ErrorObjectOwned {
    error::server("filter not found")
}

fn install(rpc: &Rpc, kind: Kind) -> RpcResult<U128> {
    let mut filters = rpc.filters.0.lock();
    let (now, lifetime) = (Instant::now(), rpc.limits.filter_lifetime);
    if filters.len() >= rpc.limits.max_filters {
        filters.retain(|_, entry| alive(entry, now, lifetime));
    }
    if filters.len() >= rpc.limits.max_filters {
        return Err(error::limit("too many filters"));
    }
    let id = random_id();
    filters.insert(id, Entry { kind: Arc::new(Mutex::new(kind)), polled: now });
    Ok(U128::from(id))
}

fn alive(entry: &Entry, now: Instant, lifetime: Duration) -> bool {
    now.saturating_duration_since(entry.polled) < lifetime
}

fn find(rpc: &Rpc, id: U128) -> RpcResult<Arc<Mutex<Kind>>> {
    let mut filters = rpc.filters.0.lock();
    let now = Instant::now();
    let entry = filters.get_mut(&id.to()).ok_or_else(not_found)?;
    if !alive(entry, now, rpc.limits.filter_lifetime) {
        filters.remove(&id.to());
        return Err(not_found());
    }
    entry.polled = now;
    Ok(entry.kind.clone())
}

fn changes(rpc: &Rpc, args: &Args<'_>) -> RpcResult<Changes> {
    let kind = find(rpc, args.required::<U128>(0)?)?;
    match &mut *kind.lock() {
        Kind::Blocks(cursor) => {
            let added = step(rpc, cursor, |_| Ok(()))?;
            let blocks = added.map(|number| rpc.chain().canonical_hash(number).map_err(error::chain));
            Ok(Changes::Hashes(blocks.filter_map(Result::transpose).collect::<RpcResult<_>>()?))
        }
        Kind::Logs { filter, cursor } => {
            let mut next = *cursor;
            let mut found = Found::new(rpc, filter);
            let added = step(rpc, &mut next, |block| found.add(block, true))?;
            let (from, to) = filter.block_option.as_range();
            let from = from.and_then(|tag| tag.as_number()).unwrap_or(0).max(*added.start());
            let to = to.and_then(|tag| tag.as_number()).unwrap_or(u64::MAX).min(*added.end());
            for number in from..=to {
                found.add_number(number)?;
            }
            *cursor = next;
            Ok(Changes::Logs(found.logs))
        }
        Kind::Pending { hashes, full } => {
            let hashes = drain(hashes);
            if !*full {
                return Ok(Changes::Hashes(hashes));
            }
            let txs = hashes.iter().filter_map(|hash| rpc.chain().pool().get(hash));
            Ok(Changes::Transactions(txs.map(|tx| pending_transaction(&tx)).collect()))
        }
    }
}

/// Moves `cursor` towards the head: tells of the blocks that left the chain, newest first, and returns the numbers of those
/// that came.
///
/// A client that was away longer than a log query may span gets the rest with its next polls.
fn step(
    rpc: &Rpc,
    cursor: &mut Cursor,
    mut removed: impl FnMut(&Block) -> RpcResult<()>,
) -> RpcResult<RangeInclusive<u64>> {
    let canonical = |number| rpc.chain().canonical_hash(number).map_err(error::chain);
    let (mut number, mut hash) = *cursor;
    while canonical(number)? != Some(hash) {
        let block = rpc.block_by_hash(hash)?.ok_or_else(|| error::internal("a block of a filter is gone"))?;
        (number, hash) = (block.number().saturating_sub(1), block.header.parent_hash);
        removed(&block)?;
    }
    // Never backwards, though the head may move that way meanwhile: the next poll sees it.
    let to = rpc.chain().head().number().min(number.saturating_add(rpc.limits.max_log_blocks)).max(number);
    match canonical(to)? {
        Some(hash) => *cursor = (to, hash),
        None => return Err(error::server("the chain is being reorganised, try again")),
    }
    Ok(number + 1..=to)
}

fn drain(hashes: &mut Receiver<B256>) -> Vec<B256> {
    let mut out = Vec::new();
    while out.len() < MAX_HASHES {
        match hashes.try_recv() {
            Ok(hash) => out.push(hash),
            // The oldest were lost, the rest is still there.
            Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        }
    }
    out
}
