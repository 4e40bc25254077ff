//! `eth_sendRawTransaction`.

use super::*;
use crate::{BoxFuture, TxForward};
use jsonrpsee::types::ErrorObjectOwned;
use parking_lot::Mutex;

#[tokio::test]
async fn takes_and_refuses_as_geth() {
    let f = Fixture::ethereum();
    let to = Address::repeat_byte(0xaa);
    let raw = f.raw(0, 0, to, 1);
    let hash = f.ok("eth_sendRawTransaction", json!([raw])).await;
    assert_eq!(hash, json!(f.tx(0, 0, to.into(), 1, Bytes::new()).tx_hash()));
    let cases = [
        (raw, "already known"),
        (f.raw(0, 0, to, 2), "replacement transaction underpriced"),
        (f.raw(1, 0, to, 2_000 * ETHER), "insufficient funds for gas * price + value"),
        ("0x".into(), "typed transaction too short"),
        ("0x02c0".into(), "rlp: "),
        ("0x00".into(), "rlp: "),
        (format!("{}00", f.raw(1, 0, to, 1)), "1 bytes left over"),
    ];
    for (raw, message) in cases {
        let error = f.err("eth_sendRawTransaction", json!([raw])).await;
        assert_eq!(error.code, -32000, "{message}");
        assert!(error.message.starts_with(message), "{} does not start with {message}", error.message);
    }
    f.mine();
    let error = f.err("eth_sendRawTransaction", json!([f.raw(0, 0, to, 3)])).await;
    assert_eq!(error.message, "nonce too low: next nonce 1, tx nonce 0");
}

#[tokio::test]
async fn automining_chains_mine_before_the_reply() {
    let chain_slot = Arc::new(Mutex::new(None::<Arc<Chain>>));
    let slot = chain_slot.clone();
    let f = Fixture::new(ChainKind::Ethereum, |context| {
        *chain_slot.lock() = Some(context.chain.clone());
        context.on_transaction = Some(Arc::new(move |_| -> BoxFuture<()> {
            let chain = slot.lock().clone().unwrap();
            Box::pin(async move {
                let request = BuildRequest {
                    timestamp: 2_000,
                    l1_origin: None,
                    deposits: Vec::new(),
                    limits: BlockLimits::NONE,
                    use_pool: true,
                };
                chain.writer().build(request).unwrap();
            })
        }));
    });
    let hash = f.ok("eth_sendRawTransaction", json!([f.raw(0, 0, Address::ZERO, 1)])).await;
    assert_eq!(f.ok("eth_getTransactionReceipt", json!([hash])).await["status"], "0x1");
}

struct Sequencer(Mutex<Vec<Bytes>>);

impl TxForward for Sequencer {
    fn send_raw(&self, raw: Bytes) -> BoxFuture<Result<B256, ErrorObjectOwned>> {
        self.0.lock().push(raw);
        Box::pin(async { Ok(B256::repeat_byte(1)) })
    }
}

#[tokio::test]
async fn full_nodes_pass_transactions_on() {
    let sequencer = Arc::new(Sequencer(Mutex::new(Vec::new())));
    let f = Fixture::new(ChainKind::Rollup, |context| context.forward = Some(sequencer.clone()));
    let raw = f.raw(0, 0, Address::ZERO, 1);
    assert_eq!(f.ok("eth_sendRawTransaction", json!([raw])).await, json!(B256::repeat_byte(1)));
    assert_eq!(f.err("eth_sendRawTransaction", json!(["0x02"])).await.code, -32000);
    assert_eq!(hex::encode_prefixed(&sequencer.0.lock()[0]), raw);
    assert_eq!(sequencer.0.lock().len(), 1);
}
