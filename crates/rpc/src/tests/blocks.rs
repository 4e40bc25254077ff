//! Blocks, transactions, receipts.

use super::*;

#[tokio::test]
async fn blocks_and_transactions() {
    let f = Fixture::ethereum();
    let transfer = f.tx(0, 0, Address::repeat_byte(0xaa).into(), 7, Bytes::new());
    let create = f.tx(1, 0, TxKind::Create, 0, hex!("60016000f3").to_vec().into());
    f.pool(transfer.clone());
    f.pool(create.clone());
    let hash = json!(transfer.tx_hash());
    let pending = f.ok("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!((&pending["blockHash"], &pending["blockNumber"]), (&Value::Null, &Value::Null));
    assert_eq!(f.ok("eth_getTransactionReceipt", json!([hash])).await, Value::Null);

    let block = f.mine();
    let by_number = f.ok("eth_getBlockByNumber", json!(["0x1", false])).await;
    assert_eq!(by_number["hash"], json!(block.hash));
    assert_eq!(by_number, f.ok("eth_getBlockByHash", json!([block.hash, false])).await);
    assert_eq!(by_number["transactions"].as_array().unwrap().len(), 2);
    assert_eq!(by_number["withdrawals"], json!([]));
    let full = f.ok("eth_getBlockByNumber", json!(["latest", true])).await;
    // What alloy clients parse.
    serde_json::from_value::<alloy_rpc_types_eth::Block>(full.clone()).unwrap();
    let index = block.transactions.iter().position(|tx| tx.hash() == *transfer.tx_hash()).unwrap();
    let mined = f.ok("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(full["transactions"][index], mined);
    let by_index = f.ok("eth_getTransactionByBlockNumberAndIndex", json!(["latest", format!("{index:#x}")])).await;
    assert_eq!(by_index, mined);
    assert_eq!(f.ok("eth_getTransactionByBlockHashAndIndex", json!([block.hash, "0x9"])).await, Value::Null);
    let typed: alloy_rpc_types_eth::Transaction = serde_json::from_value(mined.clone()).unwrap();
    assert_eq!(typed.inner.signer(), f.address(0));
    assert_eq!(mined["gasPrice"], json!(U256::from(block.header.base_fee_per_gas.unwrap() as u128 + GWEI)));
    assert_eq!(f.ok("eth_getRawTransactionByHash", json!([hash])).await, hex::encode_prefixed(transfer.encoded_2718()));
    assert_eq!(f.ok("eth_getBlockTransactionCountByNumber", json!(["0x1"])).await, "0x2");
    assert_eq!(f.ok("eth_getBlockTransactionCountByHash", json!([B256::ZERO])).await, Value::Null);
    assert_eq!(f.ok("eth_getUncleCountByBlockNumber", json!(["0x1"])).await, "0x0");
    assert_eq!(f.ok("eth_getUncleByBlockNumberAndIndex", json!(["0x1", "0x0"])).await, Value::Null);
    assert_eq!(f.ok("eth_getBlockByNumber", json!(["0x7", true])).await, Value::Null);
    assert_eq!(f.ok("eth_getTransactionByHash", json!([B256::ZERO])).await, Value::Null);
}

#[tokio::test]
async fn receipts_of_a_block() {
    let f = Fixture::ethereum();
    let create = f.tx(1, 0, TxKind::Create, 0, hex!("60016000f3").to_vec().into());
    f.pool(f.log_tx(0, 0, 1));
    f.pool(f.log_tx(0, 1, 2));
    f.pool(create.clone());
    f.pool(f.tx(2, 0, REVERTER.into(), 0, hex!("00").to_vec().into()));
    let block = f.mine();
    let all = f.ok("eth_getBlockReceipts", json!(["latest"])).await;
    let receipts: Vec<alloy_rpc_types_eth::TransactionReceipt> = serde_json::from_value(all.clone()).unwrap();
    assert_eq!(receipts.len(), 4);
    assert_eq!(receipts.iter().map(|receipt| receipt.gas_used).sum::<u64>(), block.header.gas_used);
    let logs: Vec<_> =
        receipts.iter().flat_map(|receipt| receipt.logs().iter().filter_map(|log| log.log_index)).collect();
    assert_eq!(logs, [0, 1]);
    for (index, receipt) in all.as_array().unwrap().iter().enumerate() {
        let hash = block.transactions[index].hash();
        assert_eq!(*receipt, f.ok("eth_getTransactionReceipt", json!([hash])).await);
        assert_eq!(receipt["transactionIndex"], format!("{index:#x}"));
    }
    let created = f.ok("eth_getTransactionReceipt", json!([create.tx_hash()])).await;
    assert_eq!(created["contractAddress"], json!(f.address(1).create(0)));
    assert_eq!((&created["to"], &created["status"]), (&Value::Null, &json!("0x1")));
    let failed = receipts.iter().filter(|receipt| !receipt.status()).count();
    assert_eq!(failed, 1);
    assert_eq!(f.ok("eth_getBlockReceipts", json!(["0x5"])).await, Value::Null);
}

#[tokio::test]
async fn deposits_look_like_transactions() {
    let f = Fixture::rollup();
    f.pool(f.tx(0, 0, Address::repeat_byte(0xaa).into(), 7, Bytes::new()));
    let block = f.mine_with(vec![deposit(1, LOGGER, 5, 100_000), deposit(2, LOGGER, 5, 1_000)]);
    let full = f.ok("eth_getBlockByNumber", json!(["latest", true])).await;
    let tx = &full["transactions"][0];
    let expected = json!({
        "blockHash": block.hash, "blockNumber": "0x1", "transactionIndex": "0x0",
        "hash": block.transactions[0].hash(), "type": "0x7e", "from": Address::repeat_byte(0x0d), "to": LOGGER,
        "nonce": "0x0", "value": "0x5", "gas": "0x186a0", "gasPrice": "0x0", "input": "0x",
        "v": "0x0", "r": "0x0", "s": "0x0", "yParity": "0x0",
        "sourceHash": B256::repeat_byte(1), "mint": "0x5", "isSystemTx": false,
    });
    assert_eq!(*tx, expected);
    let receipt = f.ok("eth_getTransactionReceipt", json!([tx["hash"]])).await;
    assert_eq!((&receipt["type"], &receipt["status"]), (&json!("0x7e"), &json!("0x1")));
    assert_eq!((&receipt["effectiveGasPrice"], &receipt["contractAddress"]), (&json!("0x0"), &Value::Null));
    let failed = f.ok("eth_getTransactionReceipt", json!([full["transactions"][1]["hash"]])).await;
    assert_eq!((&failed["status"], &failed["gasUsed"]), (&json!("0x0"), &json!("0x3e8")));
    let raw = f.ok("eth_getRawTransactionByHash", json!([tx["hash"]])).await;
    assert!(raw.as_str().unwrap().starts_with("0x7e"));
}

#[tokio::test]
async fn the_pending_block_is_the_next_one() {
    let f = Fixture::ethereum();
    let head = f.mine();
    let pending = f.ok("eth_getBlockByNumber", json!(["pending", true])).await;
    assert_eq!((&pending["number"], &pending["hash"]), (&json!("0x2"), &Value::Null));
    assert_eq!((&pending["parentHash"], &pending["timestamp"]), (&json!(head.hash), &json!("0x1388")));
    assert_eq!(f.ok("eth_getBlockTransactionCountByNumber", json!(["pending"])).await, "0x0");
}

#[tokio::test]
async fn pool_content() {
    let f = Fixture::ethereum();
    let to = Address::repeat_byte(0xaa);
    f.pool(f.tx(0, 0, to.into(), 1, Bytes::new()));
    f.pool(f.tx(0, 2, to.into(), 1, Bytes::new()));
    assert_eq!(f.ok("txpool_status", json!([])).await, json!({"pending": "0x1", "queued": "0x1"}));
    let content = f.ok("txpool_content", json!([])).await;
    let from = f.address(0).to_string().to_lowercase();
    assert_eq!(content["pending"][&from]["0"]["nonce"], "0x0");
    assert_eq!(content["queued"][&from]["2"]["nonce"], "0x2");
    assert_eq!(f.ok("txpool_contentFrom", json!([from])).await["queued"]["2"]["value"], "0x1");
    let summary = f.ok("txpool_inspect", json!([])).await["pending"][&from]["0"].clone();
    assert_eq!(summary, format!("{to}: 1 wei + 21000 gas × 10000000000 wei"));
}
