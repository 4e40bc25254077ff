//! Against anvil, a foreign L1: `npm install` at the repository root, or `ANVIL=/path/to/anvil`.
#![allow(clippy::unwrap_used)]

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use alloy_primitives::{Address, U256, bytes};
use lux_l1::{
    Deployer, L1Client, L1Event, L1Stream, LogFilter, MemoryJournal, Transport, TxConfig, TxManager, TxRequest,
    TxStatus, Wallet,
};
use serde_json::{Value, json};

/// Anvil's first account.
const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

struct Anvil {
    child: Child,
    client: L1Client,
}

impl Anvil {
    /// `None` if there is no anvil here.
    fn start(args: &[&str]) -> Option<Self> {
        let Some(path) = binary() else {
            println!("skipped: anvil not found (npm install)");
            return None;
        };
        let mut child = Command::new(path)
            .args(["--port", "0"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|l| l.strip_prefix("Listening on ").map(|a| a.trim().to_owned()))
            .expect("anvil says where it listens");
        // It stops when nobody reads its log.
        std::thread::spawn(move || lines.for_each(drop));
        let client = L1Client::new(Transport::http(&format!("http://{address}")).unwrap());
        Some(Self { child, client })
    }

    async fn rpc(&self, method: &str, params: Value) -> Value {
        self.client.request(method, params).await.unwrap()
    }

    async fn mine(&self, blocks: u64) {
        for _ in 0..blocks {
            self.rpc("evm_mine", json!([])).await;
        }
    }

    async fn manager(&self, confirmations: u64, time: &Arc<AtomicU64>) -> TxManager {
        let time = time.clone();
        let config = TxConfig { confirmations, poll_interval: Duration::from_millis(5), ..TxConfig::default() };
        TxManager::open(
            self.client.clone(),
            Wallet::from_hex(KEY).unwrap(),
            Arc::new(MemoryJournal::default()),
            config,
            Arc::new(move || time.load(Ordering::Relaxed)),
        )
        .await
        .unwrap()
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program itself, not npm's wrapper, which would leave it running when killed.
fn binary() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("ANVIL") {
        return Some(path.into());
    }
    let packages = concat!(env!("CARGO_MANIFEST_DIR"), "/../../node_modules/@foundry-rs");
    std::fs::read_dir(packages)
        .ok()?
        .flatten()
        .filter(|e| e.file_name().to_string_lossy().starts_with("anvil-"))
        .map(|e| e.path().join("bin/anvil"))
        .find(|p| p.exists())
}

fn transfer(id: &str) -> TxRequest {
    TxRequest { value: U256::from(1), ..TxRequest::call(id, Address::repeat_byte(0xcc), vec![]) }
}

#[tokio::test]
async fn sends_bumps_and_recovers_from_a_reorg() {
    let Some(anvil) = Anvil::start(&["--no-mining"]) else {
        return;
    };
    let time = Arc::new(AtomicU64::new(1));
    let manager = anvil.manager(3, &time).await;

    manager.submit(transfer("bumped")).await.unwrap();
    manager.submit(transfer("behind it")).await.unwrap();
    for round in 2..4 {
        time.fetch_add(60_000, Ordering::Relaxed);
        manager.step().await.unwrap();
        match manager.status("bumped").unwrap() {
            TxStatus::Pending { versions, last_error, .. } => assert_eq!((versions, last_error), (round, None)),
            status => panic!("{status:?}"),
        }
    }
    anvil.mine(1).await;
    assert_eq!(manager.step().await.unwrap(), 2);
    assert!(matches!(manager.status("bumped"), Some(TxStatus::Mined { confirmations: 1, .. })));

    // The block goes away, and with it the transactions.
    anvil.rpc("anvil_reorg", json!([1, []])).await;
    anvil.rpc("anvil_dropAllTransactions", json!([])).await;
    time.fetch_add(20_000, Ordering::Relaxed);
    manager.step().await.unwrap();
    assert!(matches!(manager.status("bumped"), Some(TxStatus::Pending { nonce: 0, .. })));
    anvil.mine(3).await;
    manager.step().await.unwrap();
    assert_eq!(manager.step().await.unwrap(), 0);
    assert_eq!(anvil.client.nonce(manager.address(), lux_l1::BlockTag::Pending).await.unwrap(), 2);
    let target = anvil.client.balance(Address::repeat_byte(0xcc)).await.unwrap();
    assert_eq!(target, U256::from(2));
}

/// Block numbers with their numbers of logs.
#[derive(Default)]
struct Seen {
    blocks: Vec<(u64, usize)>,
    reorgs: Vec<u64>,
}

impl Seen {
    async fn drain(&mut self, stream: &mut L1Stream) {
        while let Some(event) = stream.poll().await.unwrap() {
            match event {
                L1Event::Block(b) => self.blocks.push((b.block.number, b.logs.len())),
                L1Event::Reorg { to, depth } => {
                    self.blocks.retain(|(number, _)| *number <= to.number);
                    self.reorgs.push(depth);
                }
            }
        }
    }
}

#[tokio::test]
async fn deploys_and_follows_logs_through_reorgs() {
    let Some(anvil) = Anvil::start(&[]) else {
        return;
    };
    let manager = anvil.manager(1, &Arc::new(AtomicU64::new(1))).await;
    let mut deployer = Deployer::new(&manager, "test");
    // Its code emits an empty log: PUSH1 0 PUSH1 0 LOG0.
    let emitter = deployer.create("emitter", bytes!("6460006000a06000526005601bf3")).await.unwrap();
    let call = async |id: &str| manager.send(TxRequest::call(id, emitter, vec![])).await.unwrap();
    call("one").await;
    call("two").await;

    let mut stream = L1Stream::new(anvil.client.clone(), LogFilter::addresses([emitter]), 1);
    let mut seen = Seen::default();
    seen.drain(&mut stream).await;
    assert_eq!(seen.blocks, [(1, 0), (2, 1), (3, 1)]);

    // Back to block 3 after two more, then a longer branch.
    let snapshot = anvil.rpc("evm_snapshot", json!([])).await;
    anvil.mine(2).await;
    seen.drain(&mut stream).await;
    anvil.rpc("evm_revert", json!([snapshot])).await;
    anvil.rpc("evm_increaseTime", json!([100])).await;
    anvil.mine(2).await;
    call("three").await;
    seen.drain(&mut stream).await;
    assert_eq!(seen.blocks, [(1, 0), (2, 1), (3, 1), (4, 0), (5, 0), (6, 1)]);

    anvil.rpc("anvil_reorg", json!([2, []])).await;
    seen.drain(&mut stream).await;
    assert_eq!(seen.blocks.last(), Some(&(6, 0)));
    assert_eq!(seen.reorgs, [2, 2]);

    // Far behind: in bulk.
    anvil.rpc("anvil_mine", json!(["0x3e8"])).await;
    let mut fresh = L1Stream::new(anvil.client.clone(), LogFilter::addresses([emitter]), 1);
    let mut seen = Seen::default();
    seen.drain(&mut fresh).await;
    assert_eq!(seen.blocks.iter().map(|(_, logs)| logs).sum::<usize>(), 2);
    assert!(seen.blocks.len() < 100);
}
