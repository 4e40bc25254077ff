use crate::common::{GENESIS, Net};
use alloy_primitives::{Address, U256};
use lux_chain::ChainError;
use lux_devnet::{Devnet, DevnetConfig, DevnetError, Mining, ReorgTransactions};
use serde_json::json;
use std::time::Duration;

fn config(folder: &tempfile::TempDir) -> DevnetConfig {
    DevnetConfig { data: Some(folder.path().join("l1")), ..Default::default() }
}

#[tokio::test]
async fn head_time_and_mode_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let net = Net::open(config(&folder));
    let mut hashes = Vec::new();
    for _ in 0..5 {
        hashes.push(net.pay(0).await);
    }
    net.devnet.reorg(1, ReorgTransactions::Reinclude).unwrap();
    net.devnet.set_balance(Address::repeat_byte(1), U256::from(5)).unwrap();
    net.devnet.increase_time(5_000).unwrap();
    net.devnet.set_mining(Mining::Interval(Duration::from_millis(250))).unwrap();
    let (head, next) = (net.devnet.chain().head(), net.devnet.next_timestamp());
    drop(net);

    let net = Net::open(config(&folder));
    assert_eq!(net.devnet.chain().head(), head);
    assert_eq!(net.devnet.next_timestamp(), next);
    assert_eq!(net.devnet.mining(), Mining::Interval(Duration::from_millis(250)));
    assert_eq!(net.balance(Address::repeat_byte(1)), U256::from(5));
    assert!(hashes.iter().all(|hash| net.mined_in(hash).is_some()));
    let before = net.devnet.chain().block(5).unwrap().unwrap().hash;
    net.devnet.reorg(2, ReorgTransactions::Return).unwrap();
    assert_ne!(net.devnet.chain().block(5).unwrap().unwrap().hash, before);
    net.check_links();
}

/// The database file as it is when the process dies with a transaction just answered.
#[tokio::test]
async fn an_answered_transaction_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let net = Net::open(config(&folder));
    for round in 0..5 {
        let hash = net.pay(round).await;
        let copy = tempfile::tempdir().unwrap();
        std::fs::create_dir(copy.path().join("l1")).unwrap();
        std::fs::copy(folder.path().join("l1/l1.redb"), copy.path().join("l1/l1.redb")).unwrap();
        let after = Net::open(config(&copy));
        assert_eq!(after.mined_in(&hash), Some(round as u64 + 1));
        assert_eq!(after.devnet.chain().head(), net.devnet.chain().head());
        after.pay(round).await;
        after.check_links();
    }
}

#[tokio::test]
async fn tags_after_a_deep_revert_and_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let net = Net::open(config(&folder));
    let id = net.devnet.snapshot();
    net.devnet.mine(100, None).unwrap();
    net.devnet.revert(id).unwrap();
    drop(net);
    let net = Net::open(config(&folder));
    net.check_links();
    assert_eq!(net.call("evm_revert", json!([id])).await, json!(false), "snapshots end with the process");
}

#[test]
fn the_time_of_creation_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let at = |time: u64| DevnetConfig { wall_clock: std::sync::Arc::new(move || time), ..config(&folder) };
    let first = Devnet::open(at(GENESIS)).unwrap().chain().genesis_hash();
    let second = Devnet::open(at(GENESIS + 1_000)).unwrap().chain().genesis_hash();
    assert_eq!(first, second);
    let other = Devnet::open(DevnetConfig { balance: U256::from(1), ..at(GENESIS) });
    assert!(matches!(other, Err(DevnetError::Chain(ChainError::GenesisMismatch { .. }))));
}

#[test]
fn bad_configuration() {
    let open = |config| Devnet::open(config).err().unwrap();
    let mining = Mining::Interval(Duration::ZERO);
    assert!(matches!(open(DevnetConfig { mining, ..Default::default() }), DevnetError::Interval(_)));
    let mnemonic = "not a mnemonic".into();
    assert!(matches!(open(DevnetConfig { mnemonic, ..Default::default() }), DevnetError::Mnemonic(_)));
    let data = Some("/dev/null/x".into());
    assert!(matches!(open(DevnetConfig { data, ..Default::default() }), DevnetError::Folder(_)));
}
