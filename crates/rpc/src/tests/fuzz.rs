//! Whatever a client sends, it gets a JSON-RPC reply.

use super::*;
use proptest::prelude::*;
use std::sync::LazyLock;
use tokio::runtime::Runtime;

static FIXTURE: LazyLock<(Fixture, Runtime, Vec<&'static str>)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let fixture = Fixture::rollup();
    fixture.pool(fixture.log_tx(0, 0, 1));
    fixture.mine_with(vec![deposit(1, LOGGER, 5, 100_000)]);
    let mut names: Vec<_> = fixture.methods.method_names().collect();
    names.sort_unstable();
    (fixture, runtime, names)
});

fn word() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(LOGGER)),
        Just(json!(LOOP)),
        Just(json!(B256::ZERO)),
        any::<u64>().prop_map(|n| json!(format!("{n:#x}"))),
        prop::sample::select(vec!["latest", "pending", "safe", "earliest", "newHeads", "logs", "0x", "0x0", "0x1"])
            .prop_map(|tag| json!(tag)),
        prop::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| json!(hex::encode_prefixed(bytes))),
        (0u8..3).prop_map(|n| {
            let block = FIXTURE.0.chain.head();
            json!(if n == 0 { block.hash } else { block.transactions[n as usize - 1].hash() })
        }),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let keys = vec![
        "from",
        "to",
        "gas",
        "gasPrice",
        "maxFeePerGas",
        "value",
        "data",
        "input",
        "nonce",
        "accessList",
        "type",
        "fromBlock",
        "toBlock",
        "address",
        "topics",
        "blockHash",
        "tracer",
        "tracerConfig",
        "limit",
        "balance",
        "state",
        "stateDiff",
        "code",
        "number",
        "time",
        "baseFee",
        "requireCanonical",
        "authorizationList",
        "stateOverrides",
        "0x00000000000000000000000000000000000010a1",
    ];
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => "\\PC{0,20}".prop_map(Value::from),
        1 => prop::sample::select(vec!["callTracer", "prestateTracer", "muxTracer", "4byteTracer", "flatCallTracer"])
            .prop_map(Value::from),
        4 => word(),
    ];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(keys.clone()), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(key, v)| (key.into(), v)).collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn every_call_gets_a_reply(
        method in any::<prop::sample::Index>(),
        params in prop_oneof![4 => prop::collection::vec(prop_oneof![word(), value()], 0..5).prop_map(Value::from), 1 => value()],
    ) {
        let (fixture, runtime, names) = &*FIXTURE;
        let method = names[method.index(names.len())];
        let params = if params.is_array() || params.is_object() { params } else { Value::Null };
        let request = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string();
        let (reply, _stream) = runtime.block_on(fixture.methods.raw_json_request(&request, 4)).unwrap();
        let reply: Value = serde_json::from_str(reply.get()).unwrap();
        prop_assert_eq!(&reply["id"], 7);
        prop_assert!(reply.get("result").is_some() != reply.get("error").is_some(), "{}", reply);
        if let Some(error) = reply.get("error") {
            prop_assert_ne!(error["code"].as_i64(), Some(-32603), "{}({}): {}", method, params, error);
        }
    }
}
