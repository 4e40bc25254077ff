use crate::common::Net;
use lux_chain::ChainEvent;
use lux_devnet::{DevnetConfig, Mining, ReorgTransactions};
use serde_json::json;

/// 70 blocks, each with one transaction.
async fn net() -> (Net, Vec<String>) {
    let net = Net::new(Mining::Automine);
    let mut hashes = Vec::new();
    for index in 0..70 {
        hashes.push(net.pay(index % 10).await);
    }
    net.call("evm_setAutomine", json!([false])).await;
    (net, hashes)
}

#[tokio::test]
async fn every_depth_keeps_the_chain_whole() {
    let (net, _) = net().await;
    let chain = net.devnet.chain();
    for depth in 1..=64 {
        let old: Vec<_> = (0..=70).map(|number| chain.block(number).unwrap().unwrap()).collect();
        let mut events = chain.subscribe();
        let mode = ["return", "reinclude"][depth % 2];
        net.call("anvil_reorg", json!([depth, mode])).await;
        assert_eq!(net.number(), 70);
        for (number, old) in old.iter().enumerate() {
            let new = chain.block(number as u64).unwrap().unwrap();
            assert_eq!(new.hash == old.hash, number <= 70 - depth, "depth {depth}, block {number}");
            assert_eq!(new.header.timestamp, old.header.timestamp);
        }
        net.check_links();
        assert!(chain.finalized_number() <= 70 - depth as u64, "never beyond the common ancestor");
        match events.try_recv().unwrap() {
            ChainEvent::Removed(blocks) => assert_eq!(blocks.len(), depth),
            other => panic!("{other:?}"),
        }
        let added = std::iter::from_fn(|| events.try_recv().ok()).count();
        assert_eq!(added, depth);
    }
}

#[tokio::test]
async fn transactions_return_to_the_pool() {
    let (net, hashes) = net().await;
    net.call("anvil_reorg", json!([64])).await;
    assert_eq!(net.devnet.chain().pool().status().pending, 64);
    assert!(hashes[6..].iter().all(|hash| net.mined_in(hash).is_none()));
    assert_eq!(net.mined_in(&hashes[5]), Some(6));
    net.mine().await;
    assert!(hashes[6..].iter().all(|hash| net.mined_in(hash) == Some(71)));
    assert_eq!(net.state(net.account(0)).nonce, 7);
}

#[tokio::test]
async fn transactions_are_included_again() {
    let (net, hashes) = net().await;
    net.call("anvil_reorg", json!([5, "reinclude"])).await;
    assert!(hashes[65..].iter().all(|hash| net.mined_in(hash) == Some(66)));
    assert_eq!(net.devnet.chain().pool().status().pending, 0);
}

#[tokio::test]
async fn transactions_are_forgotten() {
    let (net, hashes) = net().await;
    net.call("anvil_reorg", json!([3, "forget"])).await;
    assert_eq!(net.devnet.chain().pool().status().pending, 0);
    net.mine().await;
    assert!(hashes[67..].iter().all(|hash| net.mined_in(hash).is_none()));
}

#[tokio::test]
async fn no_two_replacements_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for start in 0..3 {
        let config = DevnetConfig { data: Some(folder.path().into()), mining: Mining::Manual, ..Default::default() };
        let net = Net::open(config);
        if start == 0 {
            net.mine().await;
        }
        for _ in 0..3 {
            assert!(seen.insert(net.devnet.reorg(1, ReorgTransactions::Return).unwrap().hash));
        }
    }
}

#[tokio::test]
async fn impossible_depths() {
    let net = Net::new(Mining::Manual);
    net.devnet.mine(3, None).unwrap();
    for depth in [0, 4] {
        let (code, message) = net.try_call("anvil_reorg", json!([depth])).await.unwrap_err();
        assert_eq!(code, -32602);
        assert!(message.contains("between 1 and the number of the latest block, 3"), "{message}");
    }
    net.call("anvil_reorg", json!([3])).await;
    assert_eq!(net.number(), 3);
}
