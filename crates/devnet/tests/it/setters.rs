use crate::common::{GENESIS, Net};
use alloy_primitives::{Address, Bytes, U256, bytes, keccak256};
use lux_devnet::Mining;
use revm::Database;
use serde_json::json;

const TARGET: Address = Address::repeat_byte(0x42);

#[tokio::test]
async fn each_takes_effect_at_once() {
    let net = Net::new(Mining::Manual);
    net.call("anvil_setBalance", json!([TARGET, "0xde0b6b3a7640000"])).await;
    assert_eq!((net.number(), net.balance(TARGET)), (1, U256::from(10).pow(U256::from(18))));
    net.call("hardhat_setNonce", json!([TARGET, "0x7"])).await;
    assert_eq!(net.state(TARGET).nonce, 7);
    let code = bytes!("60016000526001601ff3");
    net.call("anvil_setCode", json!([TARGET, code])).await;
    assert_eq!(net.state(TARGET).code_hash, keccak256(&code));
    let slot = format!("0x{:064x}", 5);
    net.call("anvil_setStorageAt", json!([TARGET, slot, format!("0x{:064x}", 99)])).await;
    let chain = net.devnet.chain();
    let mut state = chain.state(chain.head().header.state_root);
    assert_eq!(state.storage(TARGET, U256::from(5)).unwrap(), U256::from(99));
    assert_eq!(chain.store().code(&keccak256(&code)).unwrap().unwrap(), code);
    assert_eq!(net.balance(TARGET), U256::from(10).pow(U256::from(18)), "the rest stays");

    for (method, params, expected) in [
        ("eth_getBalance", json!([TARGET, "latest"]), json!("0xde0b6b3a7640000")),
        ("eth_getTransactionCount", json!([TARGET, "latest"]), json!("0x7")),
        ("eth_getCode", json!([TARGET, "latest"]), json!(code)),
        ("eth_getStorageAt", json!([TARGET, "0x5", "latest"]), json!(format!("0x{:064x}", 99))),
        ("eth_getBalance", json!([TARGET, "0x0"]), json!("0x0")),
    ] {
        assert_eq!(net.call(method, params).await, expected, "{method}");
    }

    net.call("anvil_setCode", json!([TARGET, "0x"])).await;
    net.call("anvil_setNonce", json!([TARGET, 0])).await;
    net.call("anvil_setBalance", json!([TARGET, 0])).await;
    assert_eq!(net.state(TARGET), lux_stf::TrieAccount::EMPTY);
    assert_eq!(net.number(), 7, "a block each");
    net.check_links();
}

#[tokio::test]
async fn code_that_was_set_runs_and_storage_that_was_set_is_read() {
    let net = Net::new(Mining::Automine);
    // Copies slot 1 to slot 2.
    net.devnet.set_code(TARGET, bytes!("600154600255")).unwrap();
    net.devnet.set_storage(TARGET, U256::from(1), U256::from(77)).unwrap();
    net.call("eth_sendTransaction", json!([{ "from": net.account(0), "to": TARGET }])).await;
    let chain = net.devnet.chain();
    let mut state = chain.state(chain.head().header.state_root);
    assert_eq!(state.storage(TARGET, U256::from(2)).unwrap(), U256::from(77));
}

#[tokio::test]
async fn balances_and_nonces_reach_the_pool() {
    let net = Net::new(Mining::Manual);
    let account = net.account(0);
    net.pay(0).await;
    net.devnet.set_balance(account, U256::ZERO).unwrap();
    assert_eq!(net.devnet.chain().pool().status().pending, 0);
    net.devnet.set_balance(account, U256::from(10).pow(U256::from(18))).unwrap();
    net.devnet.set_nonce(account, 40).unwrap();
    net.pay(0).await;
    net.mine().await;
    assert_eq!(net.state(account).nonce, 41);
}

#[tokio::test]
async fn they_leave_the_next_timestamp_alone() {
    let net = Net::new(Mining::Manual);
    net.devnet.set_next_timestamp(GENESIS + 100).unwrap();
    net.devnet.set_balance(TARGET, U256::from(1)).unwrap();
    assert_eq!(net.timestamp(), GENESIS + 10);
    net.mine().await;
    assert_eq!(net.timestamp(), GENESIS + 100);
}

#[tokio::test]
async fn what_cannot_be_set() {
    let net = Net::new(Mining::Manual);
    let (code, message) = net.try_call("anvil_setStorageAt", json!([TARGET, "0x0", "0x1"])).await.unwrap_err();
    assert_eq!(code, -32602);
    assert!(message.contains("does not exist"), "{message}");
    let (code, _) = net.try_call("anvil_setCode", json!([TARGET, "0xef0100"])).await.unwrap_err();
    assert_eq!(code, -32602, "half a delegation");
    assert_eq!(net.number(), 0);
    net.mine().await;
    assert_eq!(net.number(), 1);
}

#[tokio::test]
async fn a_contract_of_24_kilobytes_and_a_transaction_of_128() {
    let net = Net::new(Mining::Automine);
    // Returns `size` zero bytes as code.
    let deploy = |size: u32| Bytes::from([&[0x62][..], &size.to_be_bytes()[1..], &[0x60, 0, 0xf3]].concat());
    net.call("eth_sendTransaction", json!([{ "from": net.account(0), "data": deploy(24_576) }])).await;
    let too_large = json!([{ "from": net.account(0), "data": deploy(24_577), "gas": 16_777_216 }]);
    net.call("eth_sendTransaction", too_large).await;
    let chain = net.devnet.chain();
    let success = |number| chain.receipts(chain.block(number).unwrap().unwrap().hash).unwrap().unwrap()[0].success;
    assert!(success(1));
    assert!(!success(2));
    let data = |len: usize| json!([{ "from": net.account(0), "to": TARGET, "gas": "0x800000", "data": Bytes::from(vec![1u8; len]) }]);
    net.call("eth_sendTransaction", data(128 * 1024 - 200)).await;
    assert!(success(3));
    let (_, message) = net.try_call("eth_sendTransaction", data(128 * 1024)).await.unwrap_err();
    assert!(message.starts_with("oversized data"), "{message}");
    let gas = json!([{ "from": net.account(0), "to": TARGET, "gas": 16_777_217 }]);
    let (_, message) = net.try_call("eth_sendTransaction", gas).await.unwrap_err();
    assert!(message.starts_with("transaction gas limit too high"), "{message}");
}
