//! Traces, encodings, witnesses.

use super::*;
use crate::debug::ExecutionWitness;
use alloy_primitives::keccak256;
use alloy_rlp::Decodable;
use lux_protocol::Transaction;
use lux_stf::{BlockExecutor, StateSource, StateTrie};
use lux_trie::NodeSource;
use std::collections::HashMap;

fn proxy_tx(f: &Fixture, nonce: u64, topic: u8) -> EthTransaction {
    let input = [B256::repeat_byte(topic).0, B256::repeat_byte(0xdd).0].concat();
    f.tx(0, nonce, PROXY.into(), 0, input.into())
}

#[tokio::test]
async fn traces_of_transactions() {
    let f = Fixture::rollup();
    f.pool(proxy_tx(&f, 0, 1));
    f.pool(proxy_tx(&f, 1, 2));
    let block = f.mine_with(vec![deposit(1, PROXY, 5, 300_000), deposit(2, Address::repeat_byte(0xab), 9, 50_000)]);
    let receipts = f.ok("eth_getBlockReceipts", json!(["latest"])).await;
    let call = json!({"tracer": "callTracer", "tracerConfig": {"withLog": true}});
    let blocks = f.ok("debug_traceBlockByNumber", json!(["latest", call])).await;
    assert_eq!(blocks, f.ok("debug_traceBlockByHash", json!([block.hash, call])).await);
    for (index, receipt) in receipts.as_array().unwrap().iter().enumerate() {
        let hash = &receipt["transactionHash"];
        let trace = f.ok("debug_traceTransaction", json!([hash, call])).await;
        assert_eq!(trace, blocks[index]["result"]);
        assert_eq!(trace["gasUsed"], receipt["gasUsed"]);
        let structs = f.ok("debug_traceTransaction", json!([hash])).await;
        assert_eq!(format!("{:#x}", structs["gas"].as_u64().unwrap()), receipt["gasUsed"].as_str().unwrap());
        assert_eq!(structs["failed"], receipt["status"] == "0x0");
        f.ok("debug_traceTransaction", json!([hash, {"tracer": "prestateTracer"}])).await;
        f.ok("debug_traceTransaction", json!([hash, {"tracer": "4byteTracer"}])).await;
        f.ok("debug_traceTransaction", json!([hash, {"tracer": "noopTracer"}])).await;
    }
    let last = &blocks[3]["result"];
    assert_eq!(last["to"], json!(PROXY));
    assert_eq!(last["calls"][0]["logs"][0]["topics"], json!([B256::repeat_byte(2)]));
    let top = json!({"tracer": "callTracer", "tracerConfig": {"onlyTopCall": true}});
    let hash = &receipts[3]["transactionHash"];
    assert_eq!(f.ok("debug_traceTransaction", json!([hash, top])).await.get("calls"), None);
    let error = f.err("debug_traceTransaction", json!([hash, {"tracer": "{}"}])).await;
    assert_eq!((error.code, error.message.as_str()), (-32000, "JS Tracer is not enabled"));
    assert_eq!(f.err("debug_traceTransaction", json!([B256::ZERO])).await.message, "transaction not found");
    assert_eq!(f.err("debug_traceBlockByNumber", json!(["0x0"])).await.message, "genesis is not traceable");
}

#[tokio::test]
async fn deposits_that_cannot_run_do_not_stop_a_block_trace() {
    let f = Fixture::rollup();
    f.mine_with(vec![deposit(1, LOGGER, 5, 1_000), deposit(2, LOGGER, 5, 100_000)]);
    let traces = f.ok("debug_traceBlockByNumber", json!(["latest", {"tracer": "callTracer"}])).await;
    assert_eq!(traces[0]["error"], "intrinsic gas too low: have 1000, want 21000");
    assert_eq!(traces[1]["result"]["gasUsed"], f.ok("eth_getBlockReceipts", json!(["latest"])).await[1]["gasUsed"]);
    let error = f.err("debug_traceTransaction", json!([traces[0]["txHash"]])).await;
    assert_eq!(error.message, "intrinsic gas too low: have 1000, want 21000");
    f.ok("debug_executionWitness", json!(["latest"])).await;
}

#[tokio::test]
async fn traces_of_calls_are_bounded() {
    let f = Fixture::new(ChainKind::Ethereum, |context| context.limits.max_trace_steps = 10_000);
    f.mine();
    let error = f.err("debug_traceCall", json!([{"to": LOOP}, "latest"])).await;
    assert_eq!((error.code, error.message.as_str()), (-32000, "trace has too many steps"));
    let limited = f.ok("debug_traceCall", json!([{"to": LOOP, "gas": "0x186a0"}, "latest", {"limit": 5}])).await;
    assert_eq!(limited["structLogs"].as_array().unwrap().len(), 5);
    let trace = f.ok("debug_traceCall", json!([{"to": REVERTER}, "latest", {"tracer": "callTracer"}])).await;
    assert_eq!((&trace["error"], &trace["revertReason"]), (&json!("execution reverted"), &json!("nope")));
    let bytes = Fixture::new(ChainKind::Ethereum, |context| context.limits.max_trace_bytes = 100_000);
    bytes.mine();
    assert_eq!(bytes.err("debug_traceCall", json!([{"to": LOOP}, "latest"])).await.message, "trace is too large");
    let time = Fixture::new(ChainKind::Ethereum, |context| context.limits.execution_timeout = Default::default());
    time.mine();
    let params = json!([{"to": LOOP}, "latest", {"tracer": "callTracer"}]);
    assert_eq!(time.err("debug_traceCall", params).await.message, "execution aborted (timeout)");
}

#[tokio::test]
async fn raw_encodings() {
    let f = Fixture::rollup();
    f.pool(proxy_tx(&f, 0, 1));
    let block = f.mine_with(vec![deposit(1, LOGGER, 5, 100_000)]);
    let bytes = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
    let header = bytes(&f.ok("debug_getRawHeader", json!(["latest"])).await);
    assert_eq!(keccak256(&header), block.hash);
    let raw = bytes(&f.ok("debug_getRawBlock", json!(["latest"])).await);
    let size = f.ok("eth_getBlockByNumber", json!(["latest", false])).await["size"].clone();
    assert_eq!(quantity(&size), raw.len() as u128);
    let mut rest = raw.as_slice();
    let body = alloy_rlp::Header::decode_bytes(&mut rest, true).unwrap();
    assert!(rest.is_empty() && body.starts_with(&header));
    let receipts = f.ok("debug_getRawReceipts", json!(["latest"])).await;
    let encoded: Vec<_> = receipts.as_array().unwrap().iter().map(bytes).collect();
    assert_eq!(
        alloy_consensus::proofs::ordered_trie_root_with_encoder(&encoded, |item, out| out.extend_from_slice(item)),
        block.header.receipts_root
    );
    let hash = block.transactions[1].hash();
    let raw = f.ok("debug_getRawTransaction", json!([hash])).await;
    assert_eq!(keccak256(bytes(&raw)), hash);
}

/// The witness and nothing else.
struct Nodes(HashMap<B256, Bytes>);

impl NodeSource for Nodes {
    type Error = String;

    fn node(&self, hash: &B256) -> Result<Bytes, String> {
        self.0.get(hash).cloned().ok_or_else(|| format!("{hash} is not in the witness"))
    }
}

impl StateSource for Nodes {
    fn code(&self, hash: &B256) -> Result<Bytes, String> {
        self.node(hash)
    }
}

#[tokio::test]
async fn witnesses_suffice() {
    let f = Fixture::rollup();
    // The second block clears the slot that the first one set: a removal reads a neighbour.
    f.pool(f.log_tx(0, 0, 1));
    f.mine();
    f.pool(f.log_tx(0, 1, 0));
    f.pool(proxy_tx(&f, 2, 0));
    f.mine_with(vec![deposit(1, LOGGER, 5, 100_000), deposit(2, Address::repeat_byte(0xab), 9, 50_000)]);
    for number in 1..=2u64 {
        let block = f.chain.block(number).unwrap().unwrap();
        let reply = f.ok("debug_executionWitness", json!([format!("{number:#x}")])).await;
        assert_eq!(reply, f.ok("debug_executionWitnessByBlockHash", json!([block.hash])).await);
        let witness: ExecutionWitness = serde_json::from_value(reply).unwrap();
        let parent = alloy_consensus::Header::decode(&mut witness.headers[0].as_ref()).unwrap();
        assert_eq!(parent.hash_slow(), block.header.parent_hash);
        let nodes = witness.state.iter().chain(&witness.codes).map(|bytes| (keccak256(bytes), bytes.clone()));
        let state = StateTrie::new(Nodes(nodes.collect()), parent.state_root);
        let rules = *f.chain.rules();
        let mut executor = BlockExecutor::new(rules, rules.attributes_of(&block.header), state).unwrap();
        for (tx, sender) in block.transactions.iter().zip(&block.senders) {
            match tx {
                Transaction::Deposit(deposit) => executor.deposit(deposit.clone()).unwrap(),
                Transaction::Ethereum(tx) => drop(executor.transact(tx.clone(), *sender).unwrap()),
            }
        }
        assert_eq!(executor.finish().unwrap().0.hash, block.hash);
        assert!(witness.keys.contains(&Bytes::copy_from_slice(LOGGER.as_slice())));
    }
}
