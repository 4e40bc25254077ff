//! `eth_getLogs` within the limits of whatever endpoint answers.

use std::sync::atomic::{AtomicU64, Ordering};

use alloy_primitives::{Address, B256, Bloom, BloomInput, U64};
use alloy_rpc_types_eth::Log;
use serde_json::{Value, json};

use super::L1Client;
use crate::{BlockId, L1Error, L1Receipt, TemporaryError};

/// Range that is asked for before the endpoint's limit is known.
const INITIAL_RANGE: u64 = 2_000;
/// Blocks per step of a search backwards.
const BACKWARD_BLOCKS: u64 = 10_000;
/// Successes after which a larger range is tried again.
const GROW_AFTER: u64 = 64;

/// Which logs to fetch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Any of these; must not be empty.
    pub addresses: Vec<Address>,
    /// Any of these as first topic; empty: every log.
    pub topics: Vec<B256>,
}

impl LogFilter {
    pub fn addresses(addresses: impl Into<Vec<Address>>) -> Self {
        Self { addresses: addresses.into(), topics: Vec::new() }
    }

    /// Whether `log` was asked for.
    pub fn matches(&self, log: &Log) -> bool {
        self.addresses.contains(&log.address())
            && (self.topics.is_empty() || log.topic0().is_some_and(|t| self.topics.contains(t)))
    }

    /// Whether a block with this bloom may hold such a log.
    pub(crate) fn maybe_in(&self, bloom: &Bloom) -> bool {
        let has = |bytes: &[u8]| bloom.contains_input(BloomInput::Raw(bytes));
        self.addresses.iter().any(|a| has(a.as_slice()))
            && (self.topics.is_empty() || self.topics.iter().any(|t| has(t.as_slice())))
    }

    fn json(&self) -> Value {
        let mut filter = json!({ "address": self.addresses });
        if !self.topics.is_empty() {
            filter["topics"] = json!([self.topics]);
        }
        filter
    }
}

/// What the endpoint was seen to allow.
#[derive(Debug)]
pub(super) struct RangeLimit {
    blocks: AtomicU64,
    successes: AtomicU64,
}

impl Default for RangeLimit {
    fn default() -> Self {
        Self { blocks: AtomicU64::new(INITIAL_RANGE), successes: AtomicU64::new(0) }
    }
}

impl RangeLimit {
    fn get(&self) -> u64 {
        self.blocks.load(Ordering::Relaxed).max(1)
    }

    fn shrink(&self, failed: u64) {
        self.successes.store(0, Ordering::Relaxed);
        self.blocks.store((failed / 2).max(1), Ordering::Relaxed);
    }

    fn succeeded(&self) {
        if self.successes.fetch_add(1, Ordering::Relaxed) + 1 >= GROW_AFTER {
            self.successes.store(0, Ordering::Relaxed);
            let grown = (self.get() * 2).min(INITIAL_RANGE);
            self.blocks.store(grown, Ordering::Relaxed);
        }
    }
}

impl L1Client {
    /// Logs of the canonical blocks `from..=to` in (block, index) order. Ranges that the endpoint refuses are halved,
    /// and the size that worked is remembered.
    pub async fn logs(&self, filter: &LogFilter, from: u64, to: u64) -> Result<Vec<Log>, L1Error> {
        let mut logs = Vec::new();
        let mut next = from;
        while next <= to {
            let span = self.log_range.get().min(to - next + 1);
            let end = next + (span - 1);
            let mut query = filter.json();
            query["fromBlock"] = json!(U64::from(next));
            query["toBlock"] = json!(U64::from(end));
            match self.request::<_, Vec<Log>>("eth_getLogs", [query]).await {
                Ok(page) => {
                    let page = checked(filter, page)?;
                    if page.iter().any(|l| !(next..=end).contains(&l.block_number.unwrap_or_default())) {
                        return Err(L1Error::inconsistent("log outside the requested range"));
                    }
                    logs.extend(page);
                    self.log_range.succeeded();
                    if end == u64::MAX {
                        break;
                    }
                    next = end + 1;
                }
                Err(e) => match refusal(&e) {
                    Refusal::SmallerNow if span > 1 => {
                        tracing::debug!(span, error = %e, "log range refused, halving");
                        self.log_range.shrink(span);
                    }
                    Refusal::SmallerLater if span > 1 => {
                        self.log_range.shrink(span);
                        return Err(e);
                    }
                    _ => return Err(e),
                },
            }
        }
        Ok(logs)
    }

    /// What `find` makes of the newest log from block `first` on of which it makes anything. Reads backwards, and no further than it
    /// has to: what is looked for is mostly recent.
    pub async fn find_last_log<T>(
        &self,
        filter: &LogFilter,
        first: u64,
        find: impl Fn(&Log) -> Option<T>,
    ) -> Result<Option<T>, L1Error> {
        let mut end = self.block_number().await?;
        loop {
            let start = end.saturating_sub(BACKWARD_BLOCKS - 1).max(first);
            let logs = self.logs(filter, start, end).await?;
            if let Some(found) = logs.iter().rev().find_map(&find) {
                return Ok(Some(found));
            }
            if start <= first {
                return Ok(None);
            }
            end = start - 1;
        }
    }

    /// Logs of one block by its hash: unlike a range, this fails instead of coming back empty when the endpoint does
    /// not have the block.
    pub async fn logs_at(&self, filter: &LogFilter, block: BlockId) -> Result<Vec<Log>, L1Error> {
        let mut query = filter.json();
        query["blockHash"] = json!(block.hash);
        let logs = checked(filter, self.request("eth_getLogs", [query]).await?)?;
        check_block(&logs, block)?;
        Ok(logs)
    }

    /// [`L1Client::logs_at`] out of the receipts, which do not depend on the endpoint's log index. `None` if the
    /// endpoint has no `eth_getBlockReceipts`.
    pub(crate) async fn logs_from_receipts(
        &self,
        filter: &LogFilter,
        block: BlockId,
    ) -> Result<Option<Vec<Log>>, L1Error> {
        let receipts: Option<Vec<L1Receipt>> = match self.request("eth_getBlockReceipts", (block.hash,)).await {
            Err(e) if e.is_unsupported() => return Ok(None),
            // Endpoints without it that do not say so with the proper code.
            Err(L1Error::Temporary(TemporaryError::Rpc(_))) => return Ok(None),
            answer => answer?,
        };
        let receipts = receipts.ok_or_else(|| L1Error::inconsistent("receipts of the block missing"))?;
        let logs = receipts.into_iter().flat_map(|r| r.logs).filter(|l| filter.matches(l)).collect();
        let logs = checked(filter, logs)?;
        check_block(&logs, block)?;
        Ok(Some(logs))
    }
}

fn check_block(logs: &[Log], block: BlockId) -> Result<(), L1Error> {
    let same = |l: &Log| l.block_hash == Some(block.hash) && l.block_number == Some(block.number);
    if logs.iter().all(same) { Ok(()) } else { Err(L1Error::inconsistent("log of another block")) }
}

/// Sorted logs, each with its position, asked for, and there once.
fn checked(filter: &LogFilter, mut logs: Vec<Log>) -> Result<Vec<Log>, L1Error> {
    for log in &logs {
        if log.block_number.is_none()
            || log.block_hash.is_none()
            || log.log_index.is_none()
            || log.transaction_hash.is_none()
        {
            return Err(L1Error::inconsistent("log without a position"));
        }
        if log.removed || !filter.matches(log) {
            return Err(L1Error::inconsistent("log that was not asked for"));
        }
    }
    logs.sort_by_key(|l| (l.block_number, l.log_index));
    let twice = |w: &[Log]| (w[0].block_number, w[0].log_index) == (w[1].block_number, w[1].log_index);
    if logs.windows(2).any(twice) {
        return Err(L1Error::inconsistent("two logs at one position"));
    }
    Ok(logs)
}

enum Refusal {
    /// The range or its result is too large: ask for less.
    SmallerNow,
    /// Probably too large, but the endpoint may simply be down: ask for less next time.
    SmallerLater,
    Other,
}

fn refusal(error: &L1Error) -> Refusal {
    match error {
        L1Error::Temporary(TemporaryError::TooLarge { .. } | TemporaryError::Http { status: 400 | 413, .. }) => {
            Refusal::SmallerNow
        }
        L1Error::Temporary(TemporaryError::Timeout { .. } | TemporaryError::Http { status: 502..=504, .. }) => {
            Refusal::SmallerLater
        }
        L1Error::Temporary(TemporaryError::Rpc(e)) => {
            let message = e.message.to_lowercase();
            let any = |words: &[&str]| words.iter().any(|w| message.contains(w));
            // Neither rate limits nor blocks that the endpoint does not have yet depend on the size of the range.
            if any(&[
                "rate limit",
                "rate-limit",
                "ratelimit",
                "rate exceeded",
                "too many requests",
                "throughput",
                "capacity",
                "credits",
                "quota",
            ]) || any(&["beyond", "future", "ahead of", "not found", "unknown block"])
            {
                Refusal::Other
            } else if any(&[
                "range",
                "too many",
                "too large",
                "too big",
                "limit",
                "exceed",
                "more than",
                "response size",
                "query returned",
                "distance",
                "max is",
                "maximum",
            ]) || e.code == -32005
            {
                Refusal::SmallerNow
            } else if any(&["timeout", "timed out", "too long"]) {
                Refusal::SmallerLater
            } else {
                Refusal::Other
            }
        }
        _ => Refusal::Other,
    }
}
