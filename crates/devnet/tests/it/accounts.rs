use crate::common::Net;
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, Signature, U256, address, bytes};
use lux_devnet::Mining;
use lux_protocol::EthTransaction;
use lux_stf::recover_sender;
use serde_json::json;

#[tokio::test]
async fn funded_accounts() {
    let net = Net::new(Mining::Automine);
    let accounts: Vec<Address> = serde_json::from_value(net.call("eth_accounts", json!([])).await).unwrap();
    assert_eq!(accounts.len(), 10);
    assert_eq!(accounts[0], address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
    assert!(accounts.iter().all(|account| net.balance(*account) == U256::from(10).pow(U256::from(22))));
}

#[tokio::test]
async fn signing() {
    let net = Net::new(Mining::Manual);
    let account = net.account(4);
    let message = bytes!("68656c6c6f");
    for (method, params) in [("eth_sign", json!([account, message])), ("personal_sign", json!([message, account]))] {
        let signature: Bytes = serde_json::from_value(net.call(method, params).await).unwrap();
        let signature = Signature::from_raw(&signature).unwrap();
        assert_eq!(signature.recover_address_from_msg(&message).unwrap(), account);
    }
    let request = json!([{ "from": account, "to": account, "gasPrice": "0x77359400", "nonce": "0x3" }]);
    let raw: Bytes = serde_json::from_value(net.call("eth_signTransaction", request).await).unwrap();
    let tx = EthTransaction::decode_2718(&mut raw.as_ref()).unwrap();
    assert!(matches!(tx, EthTransaction::Legacy(_)));
    assert_eq!(recover_sender(&tx), Some(account));
    assert_eq!(net.devnet.chain().pool().status().queued, 0, "signing does not send");
}

#[tokio::test]
async fn raw_transactions_are_mined_before_the_answer() {
    let net = Net::new(Mining::Automine);
    for nonce in 0..5u64 {
        let request = json!([{ "from": net.account(0), "to": net.account(1), "nonce": nonce, "gas": 21_000 }]);
        let raw = net.call("eth_signTransaction", request).await;
        let hash = net.call("eth_sendRawTransaction", json!([raw])).await;
        assert_eq!(net.mined_in(hash.as_str().unwrap()), Some(nonce + 1));
        let receipt = net.call("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(receipt["status"], "0x1");
    }
}

#[tokio::test]
async fn gas_is_estimated_where_it_is_not_named() {
    let net = Net::new(Mining::Automine);
    let transfer = json!([{ "from": net.account(0), "to": net.account(1), "value": "0x1" }]);
    let hash = net.call("eth_sendTransaction", transfer).await;
    let tx = net.call("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(tx["gas"], "0x5208");
    net.devnet.set_code(Address::repeat_byte(5), bytes!("60006000fd")).unwrap();
    let reverts = json!([{ "from": net.account(0), "to": Address::repeat_byte(5) }]);
    let (code, message) = net.try_call("eth_sendTransaction", reverts).await.unwrap_err();
    assert_eq!((code, message.as_str()), (3, "execution reverted"));
}

#[tokio::test]
async fn what_cannot_be_signed() {
    let net = Net::new(Mining::Automine);
    let stranger = Address::repeat_byte(9);
    for (request, expected) in [
        (json!({ "to": stranger }), "from is missing"),
        (json!({ "from": stranger }), "unknown account"),
        (
            json!({ "from": net.account(0), "gas": 21_000, "chainId": "0x1" }),
            "invalid chain id for signer: have 1 want 31337",
        ),
        (json!({ "from": net.account(0), "nonce": "zz" }), "transaction: "),
        (
            json!({ "from": net.account(0), "to": stranger, "value": U256::MAX, "gas": 21_000 }),
            "insufficient funds for gas * price + value: tx cost exceeds 2^256-1",
        ),
    ] {
        let (_, message) = net.try_call("eth_sendTransaction", json!([request])).await.unwrap_err();
        assert!(message.contains(expected), "{message}");
    }
    assert_eq!(net.number(), 0);
}

#[tokio::test]
async fn the_create2_deployer_is_there() {
    let net = Net::new(Mining::Automine);
    let deployer = address!("4e59b44847b379578588920ca78fbf26c0b4956c");
    let init_code = bytes!("600a600c600039600a6000f3602a60005260206000f3");
    let data = Bytes::from([B256::ZERO.as_slice(), &init_code].concat());
    net.call("eth_sendTransaction", json!([{ "from": net.account(0), "to": deployer, "data": data }])).await;
    let created = deployer.create2_from_code(B256::ZERO, &init_code);
    assert_eq!(net.state(created).nonce, 1);
}
