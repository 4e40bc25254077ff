use crate::common::Net;
use lux_devnet::Mining;
use serde_json::{Value, json};

#[tokio::test]
async fn bad_parameters_are_named_and_change_nothing() {
    let net = Net::new(Mining::Manual);
    for (method, params, expected) in [
        ("evm_increaseTime", json!([]), "seconds is missing"),
        ("evm_increaseTime", json!(["soon"]), "seconds: "),
        ("evm_increaseTime", json!([-5]), "seconds: "),
        ("evm_increaseTime", json!([u64::MAX]), "too large"),
        ("evm_increaseTime", json!({ "seconds": 5 }), "an array is expected"),
        ("evm_setNextBlockTimestamp", json!([null]), "timestamp is missing"),
        ("evm_setAutomine", json!(["yes"]), "enabled: "),
        ("evm_setIntervalMining", json!([-1]), "seconds: "),
        ("evm_setIntervalMining", json!([0.0000001]), "between 1 ms and 365 days"),
        ("evm_setIntervalMining", json!([1e18]), "between 1 ms and 365 days"),
        ("evm_mine", json!([{ "timestamp": "x" }]), "options: "),
        ("evm_mine", json!([true]), "options: "),
        ("anvil_mine", json!(["0xfffffffffffffffff"]), "too large"),
        ("anvil_reorg", json!([1, [["0x02", 0]]]), "transactions: "),
        ("anvil_reorg", json!([1, "keep"]), "transactions: "),
        ("anvil_setBalance", json!(["0x1234", "0x1"]), "address: "),
        ("anvil_setBalance", json!([net.account(0)]), "balance is missing"),
        ("anvil_setCode", json!([net.account(0), "0x0"]), "code: "),
        ("anvil_setNonce", json!([net.account(0), "0x1ffffffffffffffff"]), "nonce: "),
        ("evm_revert", json!([]), "snapshot id is missing"),
        ("anvil_dropTransaction", json!(["0x12"]), "hash: "),
    ] {
        let (code, message) = net.try_call(method, params.clone()).await.unwrap_err();
        assert_eq!(code, -32602, "{method} {params}: {message}");
        assert!(message.contains(expected), "{method} {params}: {message}");
    }
    assert_eq!(net.number(), 0);
    assert_eq!(net.devnet.mining(), Mining::Manual);
}

#[tokio::test]
async fn node_info() {
    let net = Net::new(Mining::Manual);
    let info = net.call("anvil_nodeInfo", Value::Null).await;
    assert_eq!(info["currentBlockNumber"], 0);
    assert_eq!(info["environment"]["chainId"], 31_337);
    assert_eq!(info["environment"]["gasLimit"], "0x1c9c380");
}
