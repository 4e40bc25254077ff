//! `eth_call`, `eth_estimateGas`, `eth_createAccessList`.

use super::*;

fn words(reply: &Value) -> Vec<U256> {
    let bytes = hex::decode(reply.as_str().unwrap()).unwrap();
    bytes.chunks(32).map(U256::from_be_slice).collect()
}

fn two_words() -> String {
    hex::encode_prefixed([0x11u8; 64])
}

#[tokio::test]
async fn calls_see_the_block_they_ask_for() {
    let f = Fixture::ethereum();
    let first = f.mine();
    let second = f.mine();
    let read = json!({"to": READER});
    let latest = words(&f.ok("eth_call", json!([read])).await);
    assert_eq!(latest[0], U256::from(2));
    assert_eq!(latest[1], U256::from(second.header.timestamp));
    assert_eq!(latest[2], U256::ZERO, "no price, no base fee");
    assert_eq!(latest[3], U256::from_be_bytes(first.hash.0));
    let pending = words(&f.ok("eth_call", json!([read, "pending"])).await);
    assert_eq!((pending[0], pending[1]), (U256::from(3), U256::from(5_000)));
    assert_eq!(pending[3], U256::from_be_bytes(second.hash.0));
    let priced = json!({"to": READER, "from": f.address(0), "maxFeePerGas": "0x174876e800"});
    let priced = words(&f.ok("eth_call", json!([priced, "0x1"])).await);
    assert_eq!(priced[2], U256::from(first.header.base_fee_per_gas.unwrap()));
    let unknown = f.err("eth_call", json!([read, "0x9"])).await;
    assert_eq!((unknown.code, unknown.message.as_str()), (-32000, "header not found"));
}

#[tokio::test]
async fn reverts_and_halts_read_as_geths() {
    let f = Fixture::ethereum();
    let error = f.err("eth_call", json!([{"to": REVERTER}, "latest"])).await;
    assert_eq!((error.code, error.message.as_str()), (3, "execution reverted: nope"));
    assert!(error.data.as_str().unwrap().starts_with("0x08c379a0"));
    let error = f.err("eth_call", json!([{"to": LOOP}, "latest"])).await;
    assert_eq!((error.code, error.message.as_str()), (-32000, "out of gas"));
    let poor = Address::repeat_byte(0x77);
    let error = f.err("eth_call", json!([{"from": poor, "to": poor, "value": "0x1"}, "latest"])).await;
    assert_eq!(error.message, format!("insufficient funds for gas * price + value: address {poor} have 0 want 1"));
    let error = f.err("eth_call", json!([{"to": poor, "gas": "0x5"}, "latest"])).await;
    assert_eq!(error.message, "intrinsic gas too low: have 5, want 21000");
    let error = f.err("eth_call", json!([{"from": f.address(0), "to": poor, "gasPrice": "0x1"}, "latest"])).await;
    assert!(error.message.starts_with("max fee per gas less than block base fee: address 0x"), "{}", error.message);
    let error = f.err("eth_call", json!([{"to": poor, "chainId": "0x1"}, "latest"])).await;
    assert_eq!(error.message, "chainId does not match node's (have=1, want=1337)");
    let error = f.err("eth_call", json!([{"to": poor, "gasPrice": "0x1", "maxFeePerGas": "0x1"}, "latest"])).await;
    assert_eq!(error.message, "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified");
}

#[tokio::test]
async fn overrides() {
    let f = Fixture::ethereum();
    f.mine();
    let code = contracts().into_iter().find(|(address, _)| *address == READER).unwrap().1;
    let target = Address::repeat_byte(0x55);
    let slot = |value: u8| json!({B256::ZERO.to_string(): B256::with_last_byte(value)});
    let state = json!({target.to_string(): {"code": code, "stateDiff": slot(9)}});
    let block = json!({"number": "0x64", "time": "0x65"});
    let out = words(&f.ok("eth_call", json!([{"to": target}, "latest", state, block])).await);
    assert_eq!((out[0], out[1], out[4]), (U256::from(100), U256::from(101), U256::from(9)));
    let state = json!({READER.to_string(): {"state": slot(0)}});
    assert_eq!(words(&f.ok("eth_call", json!([{"to": READER}, "latest", state])).await)[4], U256::ZERO);
    let rich = json!({target.to_string(): {"balance": "0x5"}});
    f.ok("eth_call", json!([{"from": target, "to": to_nobody(), "value": "0x5"}, "latest", rich])).await;
    let both = json!({target.to_string(): {"state": slot(1), "stateDiff": slot(1)}});
    let error = f.err("eth_call", json!([{"to": target}, "latest", both])).await;
    assert_eq!(error.message, format!("account {target} has both 'state' and 'stateDiff'"));
}

#[tokio::test]
async fn estimates_suffice_and_are_tight() {
    let f = Fixture::ethereum();
    f.mine();
    let from = f.address(0);
    let to = Address::repeat_byte(0xaa);
    assert_eq!(f.ok("eth_estimateGas", json!([{"from": from, "to": to, "value": "0x1"}])).await, "0x5208");
    for contract in [LOGGER, PROXY] {
        let gas = f.ok("eth_estimateGas", json!([{"from": from, "to": contract, "data": two_words()}])).await;
        let call = |gas: u128| json!([{"from": from, "to": contract, "data": two_words(), "gas": format!("{gas:#x}")}]);
        f.ok("eth_call", call(quantity(&gas))).await;
        f.err("eth_call", call(quantity(&gas) * 97 / 100)).await;
    }
    let error = f.err("eth_estimateGas", json!([{"to": REVERTER}])).await;
    assert_eq!((error.code, error.message.as_str()), (3, "execution reverted: nope"));
    let error = f.err("eth_estimateGas", json!([{"to": LOOP}])).await;
    assert_eq!((error.code, error.message.as_str()), (-32000, "gas required exceeds allowance (16777216)"));
    let poor = Address::repeat_byte(0x77);
    let error = f.err("eth_estimateGas", json!([{"from": poor, "to": to, "value": "0x1"}])).await;
    assert!(error.message.starts_with("insufficient funds for gas * price + value"), "{}", error.message);
    let priced = json!([{"from": poor, "to": to, "value": "0x1", "maxFeePerGas": "0x3b9aca00"}]);
    assert_eq!(f.err("eth_estimateGas", priced).await.message, "insufficient funds for transfer");
    let create = json!([{"from": from, "data": "0x60016000f3"}]);
    assert!(quantity(&f.ok("eth_estimateGas", create).await) > 53_000);
}

#[tokio::test]
async fn access_lists_name_what_is_touched() {
    let f = Fixture::ethereum();
    f.mine();
    let reply = f.ok("eth_createAccessList", json!([{"from": f.address(0), "to": PROXY, "data": two_words()}])).await;
    assert_eq!(reply["accessList"], json!([{"address": LOGGER, "storageKeys": [B256::ZERO]}]));
    assert!(quantity(&reply["gasUsed"]) > 21_000);
    let failed = f.ok("eth_createAccessList", json!([{"to": REVERTER}])).await;
    assert_eq!(failed["error"], "execution reverted: nope");
}

fn to_nobody() -> Address {
    Address::repeat_byte(0x66)
}
