//! Gas prices.

use super::*;

#[tokio::test]
async fn prices() {
    let f = Fixture::ethereum();
    assert_eq!(f.ok("eth_maxPriorityFeePerGas", json!([])).await, "0x0");
    assert_eq!(f.ok("eth_blobBaseFee", json!([])).await, "0x1");
    let block = f.mine();
    let next = f.chain.rules().next_block(&block.header, block.hash, 0, None).base_fee;
    assert_eq!(quantity(&f.ok("eth_gasPrice", json!([])).await), u128::from(next + next / 8));
}

#[tokio::test]
async fn history() {
    let f = Fixture::ethereum();
    for n in 0..3 {
        f.pool(f.log_tx(0, n, 1));
        f.mine();
    }
    let reply = f.ok("eth_feeHistory", json!(["0x2", "latest", [0.0, 50.0, 100.0]])).await;
    assert_eq!(reply["oldestBlock"], "0x2");
    assert_eq!(reply["baseFeePerGas"].as_array().unwrap().len(), 3);
    assert_eq!(reply["gasUsedRatio"].as_array().unwrap().len(), 2);
    let tip = json!(U256::from(GWEI));
    assert_eq!(reply["reward"], json!([[tip, tip, tip], [tip, tip, tip]]));
    let all = f.ok("eth_feeHistory", json!([5_000, "latest", []])).await;
    assert_eq!((&all["oldestBlock"], all.get("reward")), (&json!("0x0"), None));
    serde_json::from_value::<alloy_rpc_types_eth::FeeHistory>(all).unwrap();
    for (params, message) in [
        (json!(["0x1", "0x9", []]), "request beyond head block: requested 9, head 3"),
        (json!(["0x1", "latest", [101.0]]), "invalid reward percentile: 101.000000"),
        (json!(["0x1", "latest", [50.0, 20.0]]), "invalid reward percentile: #0:50.000000 >= #1:20.000000"),
    ] {
        let error = f.err("eth_feeHistory", params).await;
        assert_eq!((error.code, error.message.as_str()), (-32000, message));
    }
}
