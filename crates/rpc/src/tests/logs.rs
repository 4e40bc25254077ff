//! Log queries and filters.

use super::*;

#[tokio::test]
async fn queries() {
    let f = Fixture::ethereum();
    for n in 0..6u8 {
        f.pool(f.log_tx(0, n.into(), n));
        f.mine();
    }
    let all = f.ok("eth_getLogs", json!([{"fromBlock": "earliest", "toBlock": "latest"}])).await;
    assert_eq!(all.as_array().unwrap().len(), 6);
    assert_eq!(all[2]["blockNumber"], "0x3");
    assert_eq!((&all[2]["topics"], &all[2]["removed"]), (&json!([B256::repeat_byte(2)]), &json!(false)));
    let one =
        json!([{"fromBlock": "0x0", "topics": [[B256::repeat_byte(4), B256::repeat_byte(5)]], "address": [LOGGER]}]);
    assert_eq!(f.ok("eth_getLogs", one).await.as_array().unwrap().len(), 2);
    assert_eq!(f.ok("eth_getLogs", json!([{"fromBlock": "0x0", "address": READER}])).await, json!([]));
    assert_eq!(f.ok("eth_getLogs", json!([{}])).await.as_array().unwrap().len(), 1, "the head by default");
    let at = json!([{"blockHash": all[2]["blockHash"]}]);
    assert_eq!(f.ok("eth_getLogs", at).await, json!([all[2]]));
    let error = f.err("eth_getLogs", json!([{"blockHash": B256::repeat_byte(9)}])).await;
    assert_eq!((error.code, error.message.as_str()), (-32000, "unknown block"));
    let error = f.err("eth_getLogs", json!([{"fromBlock": "0x5", "toBlock": "0x2"}])).await;
    assert_eq!((error.code, error.message.as_str()), (-32602, "invalid block range params"));
    let many: Vec<_> = (0..1_001u64).map(|n| Address::left_padding_from(&n.to_be_bytes())).collect();
    let error = f.err("eth_getLogs", json!([{"address": many}])).await;
    assert_eq!(error.message, "exceed max addresses or topics per search position");
}

#[tokio::test]
async fn limits() {
    let f = Fixture::ethereum();
    for n in 0..21 {
        f.pool(f.log_tx(0, n, 1));
    }
    f.mine();
    let error = f.err("eth_getLogs", json!([{}])).await;
    assert_eq!((error.code, error.message.as_str()), (-32005, "query returned more than 20 results"));
    (0..50).for_each(|_| drop(f.mine()));
    let error = f.err("eth_getLogs", json!([{"fromBlock": "0x0"}])).await;
    assert_eq!((error.code, error.message.as_str()), (-32005, "query exceeds max block range 50"));
    f.ok("eth_getLogs", json!([{"fromBlock": "0x2", "toBlock": "0xffffffff"}])).await;
}

#[tokio::test]
async fn filters_tell_what_is_new() {
    let f = Fixture::ethereum();
    f.mine();
    let logs = f.ok("eth_newFilter", json!([{"address": LOGGER}])).await;
    let blocks = f.ok("eth_newBlockFilter", json!([])).await;
    let pending = f.ok("eth_newPendingTransactionFilter", json!([])).await;
    let full = f.ok("eth_newPendingTransactionFilter", json!([true])).await;
    assert_eq!(f.err("eth_newBlockFilter", json!([])).await.message, "too many filters");
    let tx = f.log_tx(0, 0, 1);
    f.pool(tx.clone());
    assert_eq!(f.ok("eth_getFilterChanges", json!([pending])).await, json!([tx.tx_hash()]));
    assert_eq!(f.ok("eth_getFilterChanges", json!([full])).await[0]["hash"], json!(tx.tx_hash()));
    let block = f.mine();
    assert_eq!(f.ok("eth_getFilterChanges", json!([blocks])).await, json!([block.hash]));
    assert_eq!(f.ok("eth_getFilterChanges", json!([blocks])).await, json!([]));
    let new = f.ok("eth_getFilterChanges", json!([logs])).await;
    assert_eq!((new.as_array().unwrap().len(), &new[0]["transactionHash"]), (1, &json!(tx.tx_hash())));

    // The block goes; the same transaction is included again in another one.
    f.chain.writer().rewind(1, |_| Ok(())).unwrap();
    f.mine_with(Vec::new());
    let new = f.ok("eth_getFilterChanges", json!([logs])).await;
    let flags: Vec<_> = new.as_array().unwrap().iter().map(|log| log["removed"].clone()).collect();
    // Rebuilt with the same contents, the block is the same one: nothing to tell.
    assert_eq!(flags, Vec::<Value>::new());
    f.chain.writer().rewind(1, |_| Ok(())).unwrap();
    let gone = f.ok("eth_getFilterChanges", json!([logs])).await;
    assert_eq!((gone.as_array().unwrap().len(), &gone[0]["removed"]), (1, &json!(true)));
    f.mine();
    let back = f.ok("eth_getFilterChanges", json!([logs])).await;
    assert_eq!((back.as_array().unwrap().len(), &back[0]["removed"]), (1, &json!(false)));

    assert_eq!(f.ok("eth_uninstallFilter", json!([logs])).await, true);
    assert_eq!(f.ok("eth_uninstallFilter", json!([logs])).await, false);
    let error = f.err("eth_getFilterChanges", json!([logs])).await;
    assert_eq!((error.code, error.message.as_str()), (-32000, "filter not found"));
}
