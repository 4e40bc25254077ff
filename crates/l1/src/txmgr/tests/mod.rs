#![allow(clippy::unwrap_used)]

mod crash;
mod scenarios;
mod units;

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use alloy_primitives::{Address, Bytes};
use jsonrpsee::types::ErrorObjectOwned;

use super::*;
use crate::fake::{FakeL1, PoolTx};

const TARGET: Address = Address::repeat_byte(0xcc);
const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/// A fake L1, a clock, a journal, and a manager that can be killed.
struct World {
    fake: FakeL1,
    time: Arc<AtomicU64>,
    journal: MemoryJournal,
    config: TxConfig,
    manager: TxManager,
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

fn open(fake: &FakeL1, journal: &MemoryJournal, config: &TxConfig, time: &Arc<AtomicU64>) -> TxManager {
    let time = time.clone();
    run(TxManager::open(
        fake.client(),
        Wallet::from_hex(KEY).unwrap(),
        Arc::new(journal.clone()),
        config.clone(),
        Arc::new(move || time.load(Ordering::Relaxed)),
    ))
    .unwrap()
}

impl World {
    fn new() -> Self {
        Self::with(TxConfig {
            confirmations: 3,
            bump_after_ms: 40_000,
            rebroadcast_after_ms: 10_000,
            poll_interval: Duration::from_millis(1),
            ..TxConfig::default()
        })
    }

    fn with(config: TxConfig) -> Self {
        let fake = FakeL1::new();
        let time = Arc::new(AtomicU64::new(1_000_000));
        let journal = MemoryJournal::default();
        let manager = open(&fake, &journal, &config, &time);
        Self { fake, time, journal, config, manager }
    }

    /// Someone else with the same key.
    fn stranger(&self) -> TxManager {
        open(&self.fake, &MemoryJournal::default(), &self.config, &self.time)
    }

    fn restart(&mut self) {
        self.manager = open(&self.fake, &self.journal, &self.config, &self.time);
    }

    fn pass(&self, ms: u64) {
        self.time.fetch_add(ms, Ordering::Relaxed);
    }

    fn submit(&self, id: &str) -> Result<TxStatus, TxError> {
        run(self.manager.submit(request(id)))
    }

    fn step(&self) -> Result<usize, L1Error> {
        run(self.manager.step())
    }

    fn status(&self, id: &str) -> TxStatus {
        self.manager.status(id).unwrap()
    }

    fn outcome(&self, id: &str) -> TxOutcome {
        match self.status(id) {
            TxStatus::Confirmed(outcome) => outcome,
            status => panic!("{id} is {status:?}"),
        }
    }

    /// Mines and steps until nothing is left.
    fn settle(&self) {
        for _ in 0..200 {
            self.fake.mine();
            self.pass(12_000);
            if self.step() == Ok(0) {
                return;
            }
        }
        panic!("never settles: {:?}", self.manager.unfinished().iter().map(|i| self.status(i)).collect::<Vec<_>>());
    }

    fn endpoint_down(&self, down: bool) {
        self.fake.with(|s| s.fail_from = down.then_some(0));
    }

    fn entry(&self, id: &str) -> JournalEntry {
        self.manager.entries.lock()[id].entry.clone()
    }

    fn accepted(&self) -> Vec<PoolTx> {
        self.fake.with(|s| s.accepted.clone())
    }

    /// Each id is in the canonical chain once, and all that was ever broadcast for it had one nonce.
    fn check_sent_once(&self, ids: &[&str]) {
        let mut nonces: BTreeMap<Bytes, u64> = BTreeMap::new();
        for tx in self.accepted().into_iter().filter(|t| !t.data.is_empty()) {
            let nonce = *nonces.entry(tx.data.clone()).or_insert(tx.nonce);
            assert_eq!(nonce, tx.nonce, "{} has two nonces", tx.data);
        }
        let mined = self.fake.with(|s| s.mined());
        for id in ids {
            let data = request(id).data;
            assert_eq!(mined.iter().filter(|t| t.data == data).count(), 1, "{id}");
        }
    }
}

fn request(id: &str) -> TxRequest {
    TxRequest::call(id, TARGET, id.as_bytes().to_vec())
}

/// Fails one method with a text, `times` times.
fn refuse(fake: &FakeL1, method: &'static str, message: &'static str, mut times: u32) {
    fake.with(|s| {
        s.hook = Some(Box::new(move |_, m| {
            if m == method && times > 0 {
                times -= 1;
                return Err(ErrorObjectOwned::owned::<()>(-32000, message, None));
            }
            Ok(())
        }));
    });
}
