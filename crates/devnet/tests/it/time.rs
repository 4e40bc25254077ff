use crate::common::{GENESIS, Net};
use lux_devnet::Mining;
use serde_json::json;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn blocks_follow_the_clock_and_are_strictly_ordered() {
    let net = Net::new(Mining::Manual);
    net.mine().await;
    assert_eq!(net.timestamp(), GENESIS + 10);
    net.mine().await;
    assert_eq!(net.timestamp(), GENESIS + 11);
    net.wall.fetch_add(100, Ordering::SeqCst);
    assert_eq!(net.devnet.next_timestamp(), GENESIS + 110);
    net.mine().await;
    assert_eq!(net.timestamp(), GENESIS + 110);
    net.check_links();
}

#[tokio::test]
async fn increase_time() {
    let net = Net::new(Mining::Manual);
    net.mine().await;
    assert_eq!(net.call("evm_increaseTime", json!([3600])).await, json!(3600));
    assert_eq!(net.call("evm_increaseTime", json!(["0x10"])).await, json!(3616));
    assert_eq!(net.timestamp(), GENESIS + 10, "no block by itself");
    net.mine().await;
    assert_eq!(net.timestamp(), GENESIS + 10 + 3616);
}

#[tokio::test]
async fn a_wait_is_over_even_when_the_head_is_ahead_of_the_clock() {
    let net = Net::new(Mining::Manual);
    net.devnet.mine(1000, None).unwrap();
    let before = net.timestamp();
    net.call("evm_increaseTime", json!([60])).await;
    net.mine().await;
    assert!(net.timestamp() >= before + 60);
}

#[tokio::test]
async fn next_block_timestamp_holds_once_and_moves_time() {
    let net = Net::new(Mining::Manual);
    net.call("evm_setNextBlockTimestamp", json!([GENESIS + 5000])).await;
    net.mine().await;
    assert_eq!(net.timestamp(), GENESIS + 5000);
    net.wall.fetch_add(7, Ordering::SeqCst);
    net.mine().await;
    assert_eq!(net.timestamp(), GENESIS + 5007);
    let (code, message) = net.try_call("evm_setNextBlockTimestamp", json!([GENESIS + 5007])).await.unwrap_err();
    assert_eq!(code, -32602);
    assert!(message.contains("is not after the latest block's"), "{message}");
}

#[tokio::test]
async fn set_time_and_mine_at() {
    let net = Net::new(Mining::Manual);
    net.call("evm_setTime", json!([GENESIS + 9000])).await;
    net.mine().await;
    assert_eq!(net.timestamp(), GENESIS + 9000);
    net.call("evm_mine", json!([GENESIS + 9500])).await;
    assert_eq!(net.timestamp(), GENESIS + 9500);
    net.call("evm_mine", json!([{ "timestamp": GENESIS + 9600, "blocks": 3 }])).await;
    assert_eq!((net.number(), net.timestamp()), (5, GENESIS + 9602));
    assert!(net.try_call("evm_setTime", json!([GENESIS])).await.is_err());
    assert!(net.try_call("evm_mine", json!([GENESIS])).await.is_err());
    assert_eq!(net.number(), 5);
}
