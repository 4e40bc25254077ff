use crate::common::{GENESIS, Net};
use lux_devnet::{DevnetConfig, Mining};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn automine_puts_each_transaction_into_a_block_before_it_answers() {
    let net = Net::new(Mining::Automine);
    for nonce in 0..20 {
        let hash = net.pay(0).await;
        assert_eq!(net.mined_in(&hash), Some(nonce + 1));
        assert_eq!(net.state(net.account(0)).nonce, nonce + 1);
    }
    net.check_links();
}

#[tokio::test]
async fn automine_mines_what_a_filled_gap_releases() {
    let net = Net::new(Mining::Automine);
    let tx = |nonce: u64| json!([{ "from": net.account(1), "to": net.account(2), "nonce": nonce, "gas": 21000 }]);
    net.call("eth_sendTransaction", tx(2)).await;
    net.call("eth_sendTransaction", tx(1)).await;
    assert_eq!(net.number(), 0, "both wait for nonce 0");
    net.call("eth_sendTransaction", tx(0)).await;
    assert_eq!(net.number(), 3);
    assert_eq!(net.devnet.chain().pool().status().queued, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn automine_under_concurrent_senders() {
    let net = std::sync::Arc::new(Net::new(Mining::Automine));
    let senders: Vec<_> = (0..8)
        .map(|account| {
            let net = net.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    let hash = net.pay(account).await;
                    assert!(net.mined_in(&hash).is_some());
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    assert_eq!(net.number(), 80);
    net.check_links();
}

#[tokio::test]
async fn manual_mining_takes_all_that_waits() {
    let net = Net::new(Mining::Automine);
    net.call("evm_setAutomine", json!([false])).await;
    assert_eq!(net.call("anvil_getAutomine", json!([])).await, json!(false));
    let hashes = [net.pay(0).await, net.pay(0).await, net.pay(1).await];
    assert_eq!(net.number(), 0);
    net.mine().await;
    assert!(hashes.iter().all(|hash| net.mined_in(hash) == Some(1)));

    let late = net.pay(0).await;
    let dropped = net.pay(1).await;
    assert_eq!(net.call("anvil_dropTransaction", json!([dropped])).await, json!(dropped));
    assert_eq!(net.call("anvil_dropTransaction", json!([dropped])).await, Value::Null);
    net.call("evm_setAutomine", json!([true])).await;
    assert_eq!(net.mined_in(&late), Some(2));
    assert_eq!(net.mined_in(&dropped), None);
}

#[tokio::test]
async fn many_blocks_at_an_interval() {
    let net = Net::new(Mining::Manual);
    net.call("anvil_mine", json!(["0x64", "0x3c"])).await;
    assert_eq!((net.number(), net.timestamp()), (100, GENESIS + 10 + 99 * 60));
    net.call("hardhat_mine", json!([])).await;
    assert_eq!((net.number(), net.timestamp()), (101, GENESIS + 11 + 99 * 60), "time went on from there");
    net.call("anvil_mine", json!([0])).await;
    assert_eq!(net.number(), 101);
    net.check_links();
    let (_, message) = net.try_call("anvil_mine", json!([1_000_000])).await.unwrap_err();
    assert_eq!(message, "1000000 blocks in one call: at most 100000");
    assert!(net.try_call("anvil_mine", json!([100_000, u64::MAX])).await.is_err());
    assert_eq!(net.number(), 101);
}

#[tokio::test(start_paused = true)]
async fn interval_mining_starts_changes_and_stops() {
    let net = Net::new(Mining::Interval(Duration::from_secs(12)));
    let mut added = net.devnet.chain().subscribe();
    let task = net.devnet.spawn_mining();
    let begun = tokio::time::Instant::now();
    let hash = net.pay(0).await;
    assert_eq!(net.mined_in(&hash), None);
    added.recv().await.unwrap();
    added.recv().await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 24);
    assert_eq!(net.mined_in(&hash), Some(1));

    net.call("evm_setIntervalMining", json!([0.25])).await;
    assert_eq!(net.call("anvil_getIntervalMining", json!([])).await, json!(0.25));
    let begun = tokio::time::Instant::now();
    for _ in 0..4 {
        added.recv().await.unwrap();
    }
    assert_eq!(begun.elapsed().as_millis(), 1000);

    net.call("evm_setIntervalMining", json!([0])).await;
    assert_eq!(net.devnet.mining(), Mining::Manual);
    let number = net.number();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(net.number(), number);

    drop(net);
    task.await.unwrap();
}

#[tokio::test]
async fn next_base_fee() {
    let net = Net::new(Mining::Manual);
    net.call("anvil_setNextBlockBaseFeePerGas", json!(["0x12a05f200"])).await;
    let waits = net.pay(0).await;
    net.call("anvil_setBalance", json!([net.account(3), "0x1"])).await;
    assert_eq!(net.devnet.chain().head().header.base_fee_per_gas, Some(875_000_000), "left for the block after it");
    net.mine().await;
    assert_eq!(net.devnet.chain().head().header.base_fee_per_gas, Some(5_000_000_000));
    assert_eq!(net.mined_in(&waits), None, "its fee cap is 3 gwei");
    for _ in 0..8 {
        net.mine().await;
    }
    assert!(net.mined_in(&waits).is_some());
}

#[tokio::test]
async fn tags_trail_the_head() {
    let net = Net::new(Mining::Manual);
    net.devnet.mine(100, None).unwrap();
    let chain = net.devnet.chain();
    assert_eq!((chain.safe_number(), chain.finalized_number()), (68, 36));
    let net =
        Net::open(DevnetConfig { safe_depth: 0, finalized_depth: 0, mining: Mining::Manual, ..Default::default() });
    net.devnet.mine(3, None).unwrap();
    assert_eq!(net.devnet.chain().finalized_number(), 3);
}
