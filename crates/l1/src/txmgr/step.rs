//! One look at the chain.

use super::{End, Fees, Gate, TxFailure, TxManager, TxOutcome, Version};
use crate::{BlockTag, CallError, CallRequest, L1Block, L1Error, L1Receipt};

/// Versions of one transaction; from 1 gwei at 12.5 % each this reaches 1,700 gwei.
const MAX_VERSIONS: usize = 64;
/// Finished transactions keep their bytes for so long, to be sent again after a deep reorg.
const KEEP_BYTES_MS: u64 = 3_600_000;
const PRUNE_EVERY_MS: u64 = 60_000;

impl TxManager {
    /// One round over all unfinished transactions: looks for receipts, broadcasts again, pays more, fills nonce gaps.
    /// Returns how many are left. After an error the others were still looked at.
    pub async fn step(&self) -> Result<usize, L1Error> {
        let mut gate = self.gate.lock().await;
        self.step_locked(&mut gate).await
    }

    pub(super) async fn step_locked(&self, gate: &mut Gate) -> Result<usize, L1Error> {
        self.prune(gate)?;
        let ids = self.unfinished();
        if ids.is_empty() {
            return Ok(0);
        }
        let head = self.client.head().await?;
        let mined_nonce = self.client.nonce(self.address(), BlockTag::Latest).await?;
        let mut first_error = None;
        for id in ids {
            match self.advance(gate, &id, &head, mined_nonce).await {
                Err(e) if e.is_temporary() => {
                    first_error.get_or_insert(e);
                }
                result => result?,
            }
        }
        self.fill_gaps(gate, mined_nonce).await?;
        match first_error {
            Some(e) => Err(e),
            None => Ok(self.unfinished().len()),
        }
    }

    async fn advance(&self, gate: &mut Gate, id: &str, head: &L1Block, mined_nonce: u64) -> Result<(), L1Error> {
        let Some((nonce, versions)) = self.versions(id) else {
            return Ok(());
        };
        if nonce < mined_nonce {
            return match self.canonical_receipt(&versions).await? {
                Some((receipt, version)) => self.mined(id, head, receipt, version).await,
                None => self.lost(id, nonce, head).await,
            };
        }
        // Not mined, or not any more.
        self.touch(id, |t| {
            t.mined = None;
            t.lost_since_ms = None;
        });
        self.push(gate, id, nonce == mined_nonce).await
    }

    fn versions(&self, id: &str) -> Option<(u64, Vec<Version>)> {
        let entries = self.entries.lock();
        let entry = &entries.get(id)?.entry;
        Some((entry.nonce, entry.versions.clone()))
    }

    /// Any version may have been mined, not only the newest.
    async fn canonical_receipt<'a>(
        &self,
        versions: &'a [Version],
    ) -> Result<Option<(L1Receipt, &'a Version)>, L1Error> {
        for version in versions.iter().rev() {
            let Some(receipt) = self.client.receipt(version.hash).await? else {
                continue;
            };
            let block = self.client.block(receipt.block.number).await?;
            if block.is_some_and(|b| b.hash == receipt.block.hash) {
                return Ok(Some((receipt, version)));
            }
            return Err(L1Error::inconsistent("receipt of a block that is not canonical"));
        }
        Ok(None)
    }

    async fn mined(&self, id: &str, head: &L1Block, receipt: L1Receipt, version: &Version) -> Result<(), L1Error> {
        let confirmations = (head.number + 1).saturating_sub(receipt.block.number);
        if confirmations < self.config.confirmations.max(1) {
            self.touch(id, |t| {
                t.mined = Some((receipt.block, confirmations));
                t.last_error = None;
                t.lost_since_ms = None;
            });
            return Ok(());
        }
        let revert_reason = if receipt.success { None } else { self.revert_reason(id, &receipt).await };
        self.update(id, |t| {
            let result = if version.cancels {
                let reason = t.entry.cancelling.clone().unwrap_or_default();
                Err(TxFailure::Cancelled { reason })
            } else {
                Ok(TxOutcome {
                    hash: receipt.transaction_hash,
                    nonce: t.entry.nonce,
                    block: receipt.block,
                    success: receipt.success,
                    gas_used: receipt.gas_used,
                    effective_gas_price: receipt.effective_gas_price,
                    contract_address: receipt.contract_address,
                    revert_reason,
                })
            };
            t.entry.end = Some(End { at_ms: self.now(), result });
            t.mined = None;
        })?;
        tracing::debug!(id, hash = %receipt.transaction_hash, block = receipt.block.number, success = receipt.success, "L1 transaction confirmed");
        Ok(())
    }

    /// What the same call says on the state before its block; earlier transactions in the block may matter, so this
    /// is a hint.
    async fn revert_reason(&self, id: &str, receipt: &L1Receipt) -> Option<String> {
        let call = {
            let entries = self.entries.lock();
            let entry = &entries.get(id)?.entry;
            CallRequest { from: Some(self.address()), to: entry.to, value: entry.value, data: entry.data.clone() }
        };
        match self.client.call(&call, receipt.block.number.saturating_sub(1)).await {
            Err(CallError::Reverted(revert)) => Some(revert.reason),
            _ => None,
        }
    }

    /// The nonce is used up and no version has a receipt: someone else's transaction, or an endpoint whose index is
    /// behind. It counts as lost only when the nonce is used up at confirmation depth and stays so for a while.
    async fn lost(&self, id: &str, nonce: u64, head: &L1Block) -> Result<(), L1Error> {
        let depth = self.config.confirmations.max(1) - 1;
        let deep = head.number.saturating_sub(depth);
        let used_up = self.client.nonce(self.address(), deep).await? > nonce;
        let now = self.now();
        let mut taken = false;
        self.touch(id, |t| {
            t.mined = None;
            if used_up {
                let since = *t.lost_since_ms.get_or_insert(now);
                taken = now.saturating_sub(since) >= self.config.bump_after_ms;
            } else {
                t.lost_since_ms = None;
            }
        });
        if taken {
            tracing::error!(id, nonce, "nonce was used by another transaction of this key");
            self.update(id, |t| {
                let result = Err(TxFailure::NonceTaken { nonce });
                t.entry.end = Some(End { at_ms: now, result });
            })?;
        }
        Ok(())
    }

    /// Brings a transaction closer to being mined. `first`: nothing with a lower nonce is in its way.
    async fn push(&self, gate: &mut Gate, id: &str, first: bool) -> Result<(), L1Error> {
        let now = self.now();
        let Some((bump, rebroadcast)) = self.entries.lock().get(id).map(|t| {
            let cancel_due = t.entry.cancelling.is_some() && t.entry.versions.last().is_some_and(|v| !v.cancels);
            let waited = now.saturating_sub(t.waiting_since_ms) >= self.config.bump_after_ms;
            let never_sent = t.broadcast_at_ms.is_none();
            let sent_long_ago =
                t.broadcast_at_ms.is_some_and(|at| now.saturating_sub(at) >= self.config.rebroadcast_after_ms);
            let bump = t.bump_now || cancel_due || (waited && first);
            (bump, never_sent || sent_long_ago)
        }) else {
            return Ok(());
        };
        if bump && self.add_bumped(gate, id).await? {
            return self.broadcast(gate, id).await;
        }
        if rebroadcast {
            return self.broadcast(gate, id).await;
        }
        Ok(())
    }

    /// Signs a version that pays more. False if the cap forbids it.
    async fn add_bumped(&self, gate: &mut Gate, id: &str) -> Result<bool, L1Error> {
        let market = self.market_fees(gate).await?;
        let Some(mut entry) = self.entries.lock().get(id).map(|t| t.entry.clone()) else {
            return Ok(false);
        };
        let Some(last) = entry.versions.last() else {
            return Ok(false);
        };
        let bumped = last.fees.bumped(market, self.config.max_fee_per_gas);
        let now = self.now();
        let (Some(fees), true) = (bumped, entry.versions.len() < MAX_VERSIONS) else {
            tracing::warn!(id, max_fee_per_gas = self.config.max_fee_per_gas, "L1 transaction waits at the fee cap");
            self.touch(id, |t| {
                t.waiting_since_ms = now;
                t.at_fee_cap = true;
            });
            return Ok(false);
        };
        let fees = Fees { legacy: fees.legacy || gate.legacy, ..fees };
        self.add_version(&mut entry, fees)?;
        tracing::info!(
            id,
            nonce = entry.nonce,
            max_fee = fees.max_fee,
            versions = entry.versions.len(),
            "paying more for the L1 transaction"
        );
        self.update(id, |t| {
            t.entry = entry;
            t.waiting_since_ms = now;
            t.bump_now = false;
            t.at_fee_cap = false;
        })?;
        Ok(true)
    }

    /// Forgets what is long over. The highest nonce stays: it guards against endpoints that lag.
    fn prune(&self, gate: &mut Gate) -> Result<(), L1Error> {
        let now = self.now();
        if now.saturating_sub(gate.pruned_at_ms) < PRUNE_EVERY_MS {
            return Ok(());
        }
        gate.pruned_at_ms = now;
        let mut entries = self.entries.lock();
        let highest = entries.values().map(|t| t.entry.nonce).max();
        let mut forgotten = Vec::new();
        for tracked in entries.values_mut() {
            let entry = &mut tracked.entry;
            let Some(end) = &entry.end else { continue };
            let age = now.saturating_sub(end.at_ms);
            if age >= self.config.remember_ms && Some(entry.nonce) != highest {
                forgotten.push(entry.id.clone());
            } else if age >= KEEP_BYTES_MS && !entry.raw.is_empty() {
                entry.raw = Default::default();
                entry.data = Default::default();
                self.journal.put(&self.scope, entry)?;
            }
        }
        if !forgotten.is_empty() {
            self.journal.remove(&self.scope, &forgotten)?;
            forgotten.iter().for_each(|id| {
                entries.remove(id);
            });
        }
        Ok(())
    }
}
