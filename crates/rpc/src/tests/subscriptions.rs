//! `eth_subscribe`.

use super::*;
use tokio::sync::mpsc::Receiver;

async fn subscribe(f: &Fixture, params: Value) -> Receiver<Box<serde_json::value::RawValue>> {
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": params}).to_string();
    let (reply, stream) = f.methods.raw_json_request(&request, 16).await.unwrap();
    let reply: Value = serde_json::from_str(reply.get()).unwrap();
    assert!(reply.get("result").is_some(), "{reply}");
    stream
}

async fn next(stream: &mut Receiver<Box<serde_json::value::RawValue>>) -> Value {
    let message = tokio::time::timeout(std::time::Duration::from_secs(5), stream.recv()).await.unwrap().unwrap();
    let mut message: Value = serde_json::from_str(message.get()).unwrap();
    assert_eq!(message["method"], "eth_subscription");
    message["params"]["result"].take()
}

#[tokio::test]
async fn heads_and_transactions() {
    let f = Fixture::ethereum();
    let mut heads = subscribe(&f, json!(["newHeads"])).await;
    let mut hashes = subscribe(&f, json!(["newPendingTransactions"])).await;
    let mut full = subscribe(&f, json!(["newPendingTransactions", true])).await;
    let mut sync = subscribe(&f, json!(["syncing"])).await;
    assert_eq!(next(&mut sync).await, false);
    let tx = f.log_tx(0, 0, 1);
    f.pool(tx.clone());
    assert_eq!(next(&mut hashes).await, json!(tx.tx_hash()));
    assert_eq!(next(&mut full).await["hash"], json!(tx.tx_hash()));
    let block = f.mine();
    assert_eq!(next(&mut heads).await["hash"], json!(block.hash));
    let error = f.err("eth_subscribe", json!(["nonsense"])).await;
    assert_eq!((error.code, error.message.as_str()), (-32602, r#"no "nonsense" subscription in eth namespace"#));
}

#[tokio::test]
async fn logs_come_and_go_with_their_block() {
    let f = Fixture::ethereum();
    let mut logs = subscribe(&f, json!(["logs", {"address": LOGGER, "topics": [B256::repeat_byte(1)]}])).await;
    f.pool(f.log_tx(0, 0, 1));
    f.pool(f.log_tx(0, 1, 2));
    let block = f.mine();
    let log = next(&mut logs).await;
    assert_eq!((&log["blockHash"], &log["removed"]), (&json!(block.hash), &json!(false)));
    f.chain.writer().rewind(0, |_| Ok(())).unwrap();
    let removed = next(&mut logs).await;
    assert_eq!((&removed["blockHash"], &removed["removed"]), (&json!(block.hash), &json!(true)));
    f.mine();
    assert_eq!(next(&mut logs).await["removed"], false);
}

#[tokio::test]
async fn slow_clients_are_dropped() {
    let f = Fixture::ethereum();
    let mut heads = subscribe(&f, json!(["newHeads"])).await;
    for _ in 0..40 {
        f.mine();
        tokio::task::yield_now().await;
    }
    let mut messages = 0;
    while let Ok(Some(_)) = tokio::time::timeout(std::time::Duration::from_secs(1), heads.recv()).await {
        messages += 1;
    }
    assert!(messages < 40, "{messages} of 40 messages in a buffer of 16");
}
