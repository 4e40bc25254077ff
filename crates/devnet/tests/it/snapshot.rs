use crate::common::{GENESIS, Net};
use alloy_primitives::{Address, U256};
use lux_devnet::{Mining, ReorgTransactions};
use serde_json::json;

#[tokio::test]
async fn nested() {
    let net = Net::new(Mining::Automine);
    let target = Address::repeat_byte(0x77);
    net.pay(0).await;
    assert_eq!(net.call("evm_snapshot", json!([])).await, json!("0x1"));
    net.pay(0).await;
    assert_eq!(net.call("evm_snapshot", json!([])).await, json!("0x2"));
    net.pay(0).await;
    assert_eq!(net.call("evm_snapshot", json!([])).await, json!("0x3"));
    net.call("anvil_setBalance", json!([target, "0x999"])).await;

    assert_eq!(net.call("evm_revert", json!(["0x2"])).await, json!(true));
    assert_eq!((net.number(), net.balance(target)), (2, U256::from(2)));
    assert_eq!(net.call("evm_revert", json!(["0x3"])).await, json!(false), "later ones are gone");
    assert_eq!(net.call("evm_revert", json!(["0x2"])).await, json!(false), "it is used up");
    net.pay(0).await;
    net.pay(0).await;
    assert_eq!(net.call("evm_revert", json!([1])).await, json!(true));
    assert_eq!((net.number(), net.balance(target)), (1, U256::from(1)));
    assert_eq!(net.call("evm_revert", json!([7])).await, json!(false));
    assert_eq!(net.call("evm_snapshot", json!([])).await, json!("0x4"), "ids are not used again");
    net.pay(0).await;
    assert_eq!(net.state(net.account(0)).nonce, 2);
    net.check_links();
}

#[tokio::test]
async fn transactions_since_are_forgotten_and_the_pool_keeps_the_rest() {
    let net = Net::new(Mining::Manual);
    let id = net.devnet.snapshot();
    net.pay(0).await;
    net.mine().await;
    let waiting = net.pay(1).await;
    assert!(net.devnet.revert(id).unwrap());
    assert_eq!(net.devnet.chain().pool().status().pending, 1);
    net.mine().await;
    assert_eq!(net.mined_in(&waiting), Some(1));
    assert_eq!(net.state(net.account(0)).nonce, 0);
}

#[tokio::test]
async fn time_goes_back_too() {
    let net = Net::new(Mining::Manual);
    net.devnet.set_next_timestamp(GENESIS + 500).unwrap();
    let id = net.devnet.snapshot();
    net.mine().await;
    net.devnet.increase_time(1_000_000).unwrap();
    net.mine().await;
    assert!(net.devnet.revert(id).unwrap());
    assert_eq!(net.devnet.next_timestamp(), GENESIS + 500);
    net.mine().await;
    assert_eq!(net.timestamp(), GENESIS + 500);
}

#[tokio::test]
async fn a_reorganisation_takes_snapshots_with_it() {
    let net = Net::new(Mining::Manual);
    net.devnet.mine(3, None).unwrap();
    let kept = net.devnet.snapshot();
    net.devnet.mine(2, None).unwrap();
    let lost = net.devnet.snapshot();
    net.devnet.reorg(2, ReorgTransactions::Return).unwrap();
    assert!(!net.devnet.revert(lost).unwrap());
    assert!(net.devnet.revert(kept).unwrap());
    assert_eq!(net.number(), 3);
}

#[tokio::test]
async fn deeper_than_finality() {
    let net = Net::new(Mining::Manual);
    let id = net.devnet.snapshot();
    net.devnet.mine(200, None).unwrap();
    assert!(net.devnet.revert(id).unwrap());
    assert_eq!((net.number(), net.devnet.chain().finalized_number()), (0, 0));
    net.devnet.mine(70, None).unwrap();
    assert_eq!(net.devnet.chain().finalized_number(), 6);
}
