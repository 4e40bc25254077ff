//! The sequencer's side: opens envelopes in memory, gives what is in them to the mempool, and keeps the ciphertext until a block has it
//! for good, so that nothing that was accepted is lost.

use crate::limits::InboxLimits;
use crate::reply::Reply;
use crate::store::Stored;
use crate::{Announced, Enclaves, InboxStore, SealedError};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, Bytes};
use jsonrpsee::types::ErrorObjectOwned;
use lux_chain::pool::{AccountState, PoolError};
use lux_chain::{Chain, ChainError};
use lux_confidential::{ContentKey, Context, Envelope, MAX_RECIPIENTS, RollupContext, seal_reply, sealed_bytes};
use lux_protocol::EthTransaction;
use lux_rpc::decode_transaction;
use lux_stf::recover_sender;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// What an inbox belongs to.
pub struct InboxConfig {
    pub rollup: RollupContext,
    pub limits: InboxLimits,
}

/// Takes encrypted transactions.
pub struct Inbox {
    chain: Arc<Chain>,
    enclaves: Enclaves,
    config: InboxConfig,
    store: InboxStore,
    waiting: Mutex<Waiting>,
}

/// The transactions on disk, by order of arrival.
#[derive(Default)]
struct Waiting {
    entries: BTreeMap<u64, Entry>,
    bytes: usize,
    next: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    since: u64,
    bytes: usize,
    /// Not of an envelope that does not open with the keys of now.
    transaction: Option<Known>,
    offers: u8,
}

/// What tells whether a transaction has to wait any longer.
#[derive(Clone, Copy)]
struct Known {
    hash: B256,
    sender: Address,
    nonce: u64,
}

/// What is to be done about one that waits.
enum Due {
    Wait,
    Offer,
    Forget,
}

/// How often what waits is looked at.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);

impl Inbox {
    /// Gives what was accepted before to the mempool again.
    pub fn open(
        chain: Arc<Chain>,
        enclaves: Enclaves,
        store: InboxStore,
        config: InboxConfig,
    ) -> Result<Self, SealedError> {
        let inbox = Self { chain, enclaves, config, store, waiting: Mutex::default() };
        let stored = inbox.store.all()?;
        let count = stored.len();
        let mut closed = 0;
        for Stored { number, since, envelope } in stored {
            let opened = inbox.open_transaction(&envelope);
            closed += usize::from(opened.is_err());
            let transaction = opened.ok().and_then(|plaintext| inbox.offer(&plaintext)).map(|(known, _)| known);
            let mut waiting = inbox.waiting.lock();
            waiting.next = number + 1;
            waiting.bytes += envelope.len();
            waiting.entries.insert(number, Entry { since, bytes: envelope.len(), transaction, offers: 0 });
        }
        if closed > 0 {
            tracing::warn!(count, closed, "envelopes on disk do not open: they are for another --enclave-key");
        }
        Ok(inbox)
    }

    pub fn announced(&self) -> Announced {
        self.enclaves.announced(self.config.rollup.rollup)
    }

    pub fn enclaves(&self) -> &Enclaves {
        &self.enclaves
    }

    /// Takes an encrypted transaction; what comes of it is for its sender alone to read.
    pub fn send(&self, envelope: &[u8]) -> Result<Bytes, SealedError> {
        let context = Context::transaction(&self.config.rollup);
        let (key, plaintext) = self.open_envelope(envelope, &context, self.max_transaction_bytes())?;
        let taken = self.take(&plaintext, envelope);
        Ok(seal_reply(&Reply::of(taken).encode_evenly(), &key, &context, envelope).into())
    }

    /// Opens a question; with what seals its answer.
    pub(crate) fn open_call(
        &self,
        envelope: &[u8],
        max_bytes: usize,
    ) -> Result<(ContentKey, Context, Zeroizing<Vec<u8>>), SealedError> {
        let context = Context::call(&self.config.rollup);
        let (key, plaintext) = self.open_envelope(envelope, &context, max_bytes)?;
        Ok((key, context, plaintext))
    }

    fn open_envelope(
        &self,
        envelope: &[u8],
        context: &Context,
        max_bytes: usize,
    ) -> Result<(ContentKey, Zeroizing<Vec<u8>>), SealedError> {
        let limit = sealed_bytes(max_bytes, MAX_RECIPIENTS);
        let envelope = Envelope::decode(envelope, limit).map_err(SealedError::Envelope)?;
        self.enclaves.check(&envelope.recipients().collect::<Vec<_>>())?;
        envelope.open_by(&self.enclaves.keys, context).map_err(|_| SealedError::Closed)
    }

    fn max_transaction_bytes(&self) -> usize {
        self.chain.pool().config().max_tx_bytes
    }

    fn take(&self, plaintext: &[u8], envelope: &[u8]) -> Result<B256, ErrorObjectOwned> {
        let (tx, sender) = decode(plaintext)?;
        let known = Known { hash: *tx.tx_hash(), sender, nonce: tx.nonce() };
        let (number, since) = (self.reserve(envelope.len(), known)?, self.enclaves.now());
        let added = self.chain.pool().add_private(tx, sender, &*self.chain).map_err(refused);
        let kept = added.and_then(|_| {
            self.store.put(number, since, envelope).map_err(|error| {
                tracing::error!(%error, "an encrypted transaction was not kept");
                self.chain.pool().remove(&known.hash);
                ErrorObjectOwned::owned(-32603, "internal error", None::<()>)
            })
        });
        if kept.is_err() {
            self.waiting.lock().forget(number);
        }
        kept.map(|()| known.hash)
    }

    /// A place on disk. What has one already is not stored twice: the pool knows it.
    fn reserve(&self, bytes: usize, transaction: Known) -> Result<u64, ErrorObjectOwned> {
        let mut waiting = self.waiting.lock();
        let limits = &self.config.limits;
        if waiting.entries.len() >= limits.max_waiting || waiting.bytes + bytes > limits.max_waiting_bytes {
            return Err(refused(PoolError::Full));
        }
        let number = waiting.next;
        waiting.next += 1;
        waiting.bytes += bytes;
        let entry = Entry { since: self.enclaves.now(), bytes, transaction: Some(transaction), offers: 0 };
        waiting.entries.insert(number, entry);
        Ok(number)
    }

    fn open_transaction(&self, envelope: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealedError> {
        let limit = sealed_bytes(self.max_transaction_bytes(), MAX_RECIPIENTS);
        let envelope = Envelope::decode(envelope, limit).map_err(SealedError::Envelope)?;
        let opened = envelope.open_by(&self.enclaves.keys, &Context::transaction(&self.config.rollup));
        opened.map(|(_, plaintext)| plaintext).map_err(|_| SealedError::Closed)
    }

    /// Gives a transaction that was accepted before to the pool, and says whether that takes it now.
    fn offer(&self, plaintext: &[u8]) -> Option<(Known, bool)> {
        let (tx, sender) = decode(plaintext).ok()?;
        let known = Known { hash: *tx.tx_hash(), sender, nonce: tx.nonce() };
        let is_taken = self.chain.pool().add_private(tx, sender, &*self.chain).is_ok();
        Some((known, is_taken))
    }

    /// Forgets what needs no place on disk any longer, and gives back to the pool what left it without a block.
    pub fn sweep(&self) -> Result<(), SealedError> {
        let entries: Vec<(u64, Entry)> =
            self.waiting.lock().entries.iter().map(|(number, entry)| (*number, *entry)).collect();
        let mut over = Vec::new();
        for (number, entry) in entries {
            match self.due(&entry).map_err(|error| SealedError::Config(error.to_string()))? {
                Due::Wait => {}
                Due::Forget => over.push(number),
                Due::Offer => {
                    let envelope = self.store.get(number)?;
                    let opened = envelope.and_then(|envelope| self.open_transaction(&envelope).ok());
                    let is_taken = opened.and_then(|plaintext| self.offer(&plaintext)).is_some_and(|(_, taken)| taken);
                    if let Some(entry) = self.waiting.lock().entries.get_mut(&number) {
                        entry.offers += u8::from(is_taken);
                    }
                }
            }
        }
        if !over.is_empty() {
            self.store.remove(&over)?;
            let mut waiting = self.waiting.lock();
            over.iter().for_each(|number| waiting.forget(*number));
        }
        Ok(())
    }

    fn due(&self, entry: &Entry) -> Result<Due, ChainError> {
        let is_old = entry.since + self.config.limits.lifetime < self.enclaves.now();
        let Some(known) = entry.transaction else { return Ok(if is_old { Due::Forget } else { Due::Wait }) };
        let finalized = self.chain.expect_block(self.chain.finalized_number())?;
        let at_finalized = self.chain.state(finalized.header.state_root).account(known.sender)?;
        if at_finalized.is_some_and(|account| account.nonce > known.nonce) {
            return Ok(Due::Forget);
        }
        if self.chain.nonce_and_balance(known.sender)?.0 > known.nonce || self.chain.pool().contains(&known.hash) {
            return Ok(Due::Wait);
        }
        // A transaction enters the pool a moment after it has its place here.
        let is_new = self.enclaves.now() <= entry.since + SWEEP_INTERVAL.as_secs();
        Ok(match is_old || entry.offers >= self.config.limits.max_offers {
            true => Due::Forget,
            false if is_new => Due::Wait,
            false => Due::Offer,
        })
    }

    /// Transactions on disk.
    pub fn waiting(&self) -> usize {
        self.waiting.lock().entries.len()
    }

    /// Looks at what waits, and asks the registry, now and then; never returns.
    pub async fn run(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.enclaves.refresh().await {
                tracing::warn!(%error, "the registry of enclave keys was not asked; trying again");
            }
            let inbox = self.clone();
            if let Ok(Err(error)) = tokio::task::spawn_blocking(move || inbox.sweep()).await {
                tracing::warn!(%error, "encrypted transactions were not looked at; trying again");
            }
        }
    }
}

impl Waiting {
    fn forget(&mut self, number: u64) {
        if let Some(entry) = self.entries.remove(&number) {
            self.bytes -= entry.bytes;
        }
    }
}

fn decode(plaintext: &[u8]) -> Result<(EthTransaction, Address), ErrorObjectOwned> {
    let tx = decode_transaction(plaintext)?;
    let sender = recover_sender(&tx).ok_or_else(|| ErrorObjectOwned::owned(-32000, "invalid sender", None::<()>))?;
    Ok((tx, sender))
}

fn refused(error: PoolError) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(-32000, error.to_string(), None::<()>)
}
