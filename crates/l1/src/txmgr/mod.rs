//! Sending transactions of one key, each exactly once.

mod config;
mod due;
mod fees;
mod gaps;
mod journal;
mod reply;
mod step;
mod submit;
mod types;
mod version;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, sync::Arc};

use alloy_primitives::{Address, Bytes};
use parking_lot::Mutex;

pub use self::{
    config::{Clock, MAX_TX_DATA, MAX_TX_GAS, TxConfig, system_clock},
    due::Sent,
    fees::Fees,
    journal::{End, Journal, JournalEntry, MemoryJournal, RedbJournal, Version},
    types::{TxError, TxFailure, TxOutcome, TxRequest, TxStatus},
};
use crate::{BlockId, L1Client, L1Error, Wallet};

/// Sends the transactions of one key.
///
/// An id is bound to one nonce in the journal before anything is broadcast, and never to a second one unless it was
/// proven at confirmation depth that a foreign transaction took the first. So whatever crashes when, an id is mined at
/// most once.
///
/// Nothing happens between calls: either something calls [`TxManager::step`] in a loop, or callers wait in
/// [`TxManager::send`]. The key should not be used elsewhere meanwhile; if it is, this shows as
/// [`TxFailure::NonceTaken`]. Only one manager per key may run.
pub struct TxManager {
    client: L1Client,
    wallet: Wallet,
    journal: Arc<dyn Journal>,
    config: TxConfig,
    clock: Clock,
    chain_id: u64,
    scope: String,
    /// Held while nonces are decided and while the chain is looked at.
    gate: tokio::sync::Mutex<Gate>,
    /// The journal in memory, plus what need not survive. Never locked across an await.
    entries: Mutex<BTreeMap<String, Tracked>>,
}

#[derive(Debug, Default)]
struct Gate {
    /// The endpoint said that it knows no EIP-1559 transactions.
    legacy: bool,
    /// Nonces that nothing fills, and since when.
    gaps: BTreeMap<u64, u64>,
    pruned_at_ms: u64,
}

#[derive(Debug)]
struct Tracked {
    entry: JournalEntry,
    /// When waiting for the newest version began.
    waiting_since_ms: u64,
    broadcast_at_ms: Option<u64>,
    /// The mempool asked for more.
    bump_now: bool,
    at_fee_cap: bool,
    mined: Option<(BlockId, u64)>,
    /// The nonce is used up, but by none of our versions, and since when.
    lost_since_ms: Option<u64>,
    last_error: Option<String>,
}

impl Tracked {
    fn new(entry: JournalEntry, now: u64) -> Self {
        Self {
            entry,
            waiting_since_ms: now,
            broadcast_at_ms: None,
            bump_now: false,
            at_fee_cap: false,
            mined: None,
            lost_since_ms: None,
            last_error: None,
        }
    }

    fn status(&self) -> TxStatus {
        let nonce = self.entry.nonce;
        match (&self.entry.end, self.mined) {
            (Some(end), _) => match &end.result {
                Ok(outcome) => TxStatus::Confirmed(outcome.clone()),
                Err(failure) => TxStatus::Failed(failure.clone()),
            },
            (None, Some((block, confirmations))) => TxStatus::Mined { nonce, block, confirmations },
            (None, None) => TxStatus::Pending {
                nonce,
                hash: self.entry.versions.last().map(|v| v.hash).unwrap_or_default(),
                versions: self.entry.versions.len(),
                last_error: self
                    .last_error
                    .clone()
                    .or_else(|| self.at_fee_cap.then(|| "the fee cap is reached".to_owned())),
            },
        }
    }
}

impl TxManager {
    /// Takes up the unfinished transactions of the journal; the first [`TxManager::step`] broadcasts them again.
    pub async fn open(
        client: L1Client,
        wallet: Wallet,
        journal: Arc<dyn Journal>,
        config: TxConfig,
        clock: Clock,
    ) -> Result<Self, L1Error> {
        let chain_id = client.chain_id().await?;
        let scope = format!("{chain_id}:{}", wallet.address());
        let now = clock();
        let entries: BTreeMap<_, _> =
            journal.load(&scope)?.into_iter().map(|e| (e.id.clone(), Tracked::new(e, now))).collect();
        let unfinished = entries.values().filter(|t| t.entry.end.is_none()).count();
        tracing::debug!(address = %wallet.address(), chain_id, unfinished, "transaction manager opened");
        Ok(Self {
            client,
            wallet,
            journal,
            config,
            clock,
            chain_id,
            scope,
            gate: tokio::sync::Mutex::default(),
            entries: Mutex::new(entries),
        })
    }

    /// The sender of everything.
    pub const fn address(&self) -> Address {
        self.wallet.address()
    }

    pub const fn client(&self) -> &L1Client {
        &self.client
    }

    /// What became of `id` as of the last step; `None` if it was never submitted or is forgotten.
    pub fn status(&self, id: &str) -> Option<TxStatus> {
        self.entries.lock().get(id).map(Tracked::status)
    }

    /// Ids that are not final, by nonce.
    pub fn unfinished(&self) -> Vec<String> {
        let entries = self.entries.lock();
        let mut ids: Vec<_> =
            entries.iter().filter(|(_, t)| t.entry.end.is_none()).map(|(id, t)| (t.entry.nonce, id.clone())).collect();
        ids.sort();
        ids.into_iter().map(|(_, id)| id).collect()
    }

    /// Ids that begin with `prefix`, of what is under way or remembered.
    pub fn known(&self, prefix: &str) -> Vec<String> {
        self.entries.lock().keys().filter(|id| id.starts_with(prefix)).cloned().collect()
    }

    /// Call data of a transaction that is under way or ended lately.
    pub fn call_data(&self, id: &str) -> Option<Bytes> {
        self.entries.lock().get(id).map(|tracked| tracked.entry.data.clone()).filter(|data| !data.is_empty())
    }

    /// Replaces an unfinished transaction by an empty one. Either may still win; the status tells.
    pub async fn cancel(&self, id: &str, reason: &str) -> Result<(), L1Error> {
        let _gate = self.gate.lock().await;
        self.update(id, |t| {
            if t.entry.end.is_none() {
                t.entry.cancelling.get_or_insert_with(|| reason.to_owned());
            }
        })
    }

    /// Submits `request` and waits until it is final. Temporary errors are retried: bound the time outside. Dropping
    /// the future does not cancel the transaction; calling again with the same id resumes waiting.
    pub async fn send(&self, request: TxRequest) -> Result<TxOutcome, TxError> {
        let id = request.id.clone();
        let mut status = loop {
            match self.submit(request.clone()).await {
                Ok(status) => break status,
                Err(e) if e.is_temporary() => {
                    tracing::warn!(id, error = %e, "L1 transaction not submitted yet");
                }
                Err(e) => return Err(e),
            }
            self.step_if_idle().await?;
            tokio::time::sleep(self.config.poll_interval).await;
        };
        loop {
            match status {
                TxStatus::Confirmed(outcome) if outcome.success => return Ok(outcome),
                TxStatus::Confirmed(outcome) => return Err(TxError::MinedReverted(outcome.into())),
                TxStatus::Failed(failure) => return Err(failure.into()),
                TxStatus::Pending { .. } | TxStatus::Mined { .. } => {}
            }
            self.step_if_idle().await?;
            status =
                self.status(&id).ok_or_else(|| L1Error::inconsistent("transaction was forgotten while waiting"))?;
            if !status.is_final() {
                tokio::time::sleep(self.config.poll_interval).await;
            }
        }
    }

    /// Of several waiting callers one does the work.
    async fn step_if_idle(&self) -> Result<(), L1Error> {
        let Ok(mut gate) = self.gate.try_lock() else {
            return Ok(());
        };
        match self.step_locked(&mut gate).await {
            Err(e) if e.is_temporary() => {
                tracing::warn!(error = %e, "L1 transactions not checked");
                Ok(())
            }
            result => result.map(|_| ()),
        }
    }

    /// Changes an entry and writes it to the journal.
    fn update(&self, id: &str, change: impl FnOnce(&mut Tracked)) -> Result<(), L1Error> {
        let mut entries = self.entries.lock();
        if let Some(tracked) = entries.get_mut(id) {
            let before = tracked.entry.clone();
            change(tracked);
            if let Err(e) = self.journal.put(&self.scope, &tracked.entry) {
                // What is not written must not be acted upon.
                tracked.entry = before;
                return Err(e.into());
            }
        }
        Ok(())
    }

    /// Changes only what need not survive.
    fn touch(&self, id: &str, change: impl FnOnce(&mut Tracked)) {
        if let Some(tracked) = self.entries.lock().get_mut(id) {
            change(tracked);
        }
    }

    fn now(&self) -> u64 {
        (self.clock)()
    }
}

impl fmt::Debug for TxManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TxManager")
            .field("address", &self.address())
            .field("chain_id", &self.chain_id)
            .finish_non_exhaustive()
    }
}
