//! Nonces below ours that nothing will use: everything above them would wait forever.

use std::collections::BTreeSet;

use alloy_primitives::{Bytes, U256};

use super::{Gate, JournalEntry, TxManager, TxRequest};
use crate::{BlockTag, L1Error};

/// Gaps looked at in one step; more wait for the next.
const MAX_GAPS: usize = 16;
const FILLER_GAS: u64 = 21_000;

impl TxManager {
    /// Fills gaps that last: with our own transaction if a deep reorg dropped it after its end, otherwise (a foreign
    /// transaction that vanished from the mempool) with an empty one.
    pub(super) async fn fill_gaps(&self, gate: &mut Gate, mined_nonce: u64) -> Result<(), L1Error> {
        let pending: BTreeSet<u64> = {
            let entries = self.entries.lock();
            entries.values().filter(|t| t.entry.end.is_none()).map(|t| t.entry.nonce).collect()
        };
        let last = pending.last().copied().unwrap_or(mined_nonce);
        let missing: Vec<u64> = (mined_nonce..last).filter(|n| !pending.contains(n)).take(MAX_GAPS).collect();
        gate.gaps.retain(|n, _| missing.contains(n));
        let now = self.now();
        let mut lasting = Vec::new();
        for nonce in missing {
            let since = *gate.gaps.entry(nonce).or_insert(now);
            if now.saturating_sub(since) >= self.config.bump_after_ms {
                lasting.push(nonce);
            }
        }
        if lasting.is_empty() {
            return Ok(());
        }
        let in_mempool = self.client.nonce(self.address(), BlockTag::Pending).await?;
        for nonce in lasting {
            // Below that, the mempool holds transactions of someone else that may still be mined.
            if nonce >= in_mempool && !self.reopen(nonce)? {
                self.fill(gate, nonce).await?;
            }
        }
        Ok(())
    }

    /// Takes up a finished transaction again. Its id keeps its nonce and its bytes.
    fn reopen(&self, nonce: u64) -> Result<bool, L1Error> {
        let id = {
            let entries = self.entries.lock();
            entries
                .values()
                .find(|t| {
                    t.entry.nonce == nonce
                        && t.entry.end.as_ref().is_some_and(|e| e.result.is_ok())
                        && !t.entry.raw.is_empty()
                })
                .map(|t| t.entry.id.clone())
        };
        let Some(id) = id else {
            return Ok(false);
        };
        tracing::warn!(id, nonce, "a deep L1 reorg dropped the transaction, sending it again");
        let now = self.now();
        self.update(&id, |t| {
            t.entry.end = None;
            t.broadcast_at_ms = None;
            t.waiting_since_ms = now;
        })?;
        Ok(true)
    }

    async fn fill(&self, gate: &mut Gate, nonce: u64) -> Result<(), L1Error> {
        let id = format!("nonce-gap:{nonce}");
        tracing::warn!(id, nonce, "filling a nonce gap");
        let to = Some(self.address());
        let request = TxRequest { id: id.clone(), to, ..Default::default() };
        let fees = self.market_fees(gate).await?;
        let mut entry = JournalEntry {
            id,
            nonce,
            to,
            value: U256::ZERO,
            data: Bytes::new(),
            digest: request.digest(),
            gas_limit: FILLER_GAS,
            versions: Vec::new(),
            raw: Bytes::new(),
            created_at_ms: self.now(),
            cancelling: None,
            end: None,
        };
        self.add_version(&mut entry, fees)?;
        self.begin(gate, entry).await
    }
}
