//! State of accounts, proofs, and the small facts.

use super::*;
use alloy_primitives::keccak256;
use alloy_rpc_types_eth::EIP1186AccountProofResponse;
use lux_stf::TrieAccount;

#[tokio::test]
async fn facts() {
    let f = Fixture::ethereum();
    assert_eq!(f.ok("eth_chainId", json!([])).await, "0x539");
    assert_eq!(f.ok("net_version", json!([])).await, "1337");
    assert_eq!(f.ok("eth_blockNumber", Value::Null).await, "0x0");
    assert_eq!(f.ok("eth_accounts", json!([])).await, json!([]));
    assert_eq!(f.ok("eth_syncing", json!([])).await, false);
    assert_eq!(f.ok("net_listening", json!([])).await, true);
    assert_eq!(f.ok("net_peerCount", json!([])).await, "0x0");
    assert_eq!(f.ok("web3_clientVersion", json!([])).await, "lux/test");
    assert_eq!(
        f.ok("web3_sha3", json!(["0x68656c6c6f"])).await,
        "0x1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8"
    );
}

#[tokio::test]
async fn parameters_are_checked_in_geths_words() {
    let f = Fixture::ethereum();
    let missing = f.err("eth_getBalance", json!([])).await;
    assert_eq!((missing.code, missing.message.as_str()), (-32602, "missing value for required argument 0"));
    let bad = f.err("eth_getBalance", json!(["0x12"])).await;
    assert_eq!(bad.code, -32602);
    assert!(bad.message.starts_with("invalid argument 0: "), "{}", bad.message);
    let many = f.err("eth_chainId", json!([1])).await;
    assert_eq!((many.code, many.message.as_str()), (-32602, "too many arguments, want at most 0"));
    assert_eq!(f.err("eth_getBalance", json!({"address": "0x"})).await.code, -32602);
    assert_eq!(f.err("eth_nothing", json!([])).await.code, -32601);
}

#[tokio::test]
async fn state_at_blocks() {
    let f = Fixture::ethereum();
    let (from, to) = (f.address(0), Address::repeat_byte(0xaa));
    f.pool(f.tx(0, 0, to.into(), 7, Bytes::new()));
    assert_eq!(f.ok("eth_getTransactionCount", json!([from, "pending"])).await, "0x1");
    assert_eq!(f.ok("eth_getTransactionCount", json!([from, "latest"])).await, "0x0");
    let block = f.mine();
    f.pool(f.log_tx(0, 1, 0x42));
    f.mine();
    assert_eq!(f.ok("eth_getBalance", json!([to])).await, "0x7");
    assert_eq!(f.ok("eth_getBalance", json!([to, "earliest"])).await, "0x0");
    assert_eq!(f.ok("eth_getBalance", json!([to, {"blockHash": block.hash}])).await, "0x7");
    assert_eq!(f.ok("eth_getBalance", json!([to, {"blockHash": block.hash, "requireCanonical": true}])).await, "0x7");
    assert_eq!(f.ok("eth_getTransactionCount", json!([from, "0x1"])).await, "0x1");
    assert_eq!(f.ok("eth_getTransactionCount", json!([to, "pending"])).await, "0x0");
    assert!(f.ok("eth_getCode", json!([LOGGER, "latest"])).await.as_str().unwrap().starts_with("0x6020"));
    assert_eq!(f.ok("eth_getCode", json!([to, "latest"])).await, "0x");
    let word = json!(B256::repeat_byte(0x42));
    assert_eq!(f.ok("eth_getStorageAt", json!([LOGGER, "0x0", "latest"])).await, word);
    assert_eq!(f.ok("eth_getStorageAt", json!([LOGGER, B256::ZERO, "0x1"])).await, json!(B256::ZERO));
    for unknown in [json!("0x99"), json!({"blockHash": B256::repeat_byte(9)})] {
        let error = f.err("eth_getBalance", json!([to, unknown])).await;
        assert_eq!((error.code, error.message.as_str()), (-32000, "header not found"));
    }
}

#[tokio::test]
async fn blocks_see_the_hash_of_their_parent() {
    let f = Fixture::ethereum();
    let parent = f.mine();
    f.pool(f.tx(0, 0, HASHER.into(), 0, hex!("00").to_vec().into()));
    f.mine();
    assert_eq!(f.ok("eth_getStorageAt", json!([HASHER, "0x0", "latest"])).await, json!(parent.hash));
}

#[tokio::test]
async fn tags_follow_l1() {
    let f = Fixture::rollup();
    (0..5).for_each(|_| drop(f.mine()));
    f.chain.set_tags(3, 2).unwrap();
    for (tag, number) in [("latest", "0x5"), ("safe", "0x3"), ("finalized", "0x2"), ("earliest", "0x0")] {
        assert_eq!(f.ok("eth_getBlockByNumber", json!([tag, false])).await["number"], number);
    }
}

#[tokio::test]
async fn proofs_hold() {
    let f = Fixture::ethereum();
    f.pool(f.log_tx(0, 0, 0x42));
    let block = f.mine();
    f.pool(f.log_tx(0, 1, 0x43));
    f.mine();
    let root = block.header.state_root;
    for (address, exists) in [(LOGGER, true), (Address::repeat_byte(0xee), false)] {
        let reply = f.ok("eth_getProof", json!([address, ["0x0", "0x5"], "0x1"])).await;
        let proof: EIP1186AccountProofResponse = serde_json::from_value(reply).unwrap();
        let account = TrieAccount {
            nonce: proof.nonce,
            balance: proof.balance,
            storage_root: proof.storage_hash,
            code_hash: proof.code_hash,
        };
        let value = exists.then(|| alloy_rlp::encode(&account));
        lux_trie::verify_proof(root, keccak256(address).as_slice(), value.as_deref(), &proof.account_proof).unwrap();
        for slot in &proof.storage_proof {
            let value = (!slot.value.is_zero()).then(|| alloy_rlp::encode(slot.value));
            let key = keccak256(slot.key.as_b256());
            lux_trie::verify_proof(proof.storage_hash, key.as_slice(), value.as_deref(), &slot.proof).unwrap();
        }
        if exists {
            assert_eq!(proof.storage_proof[0].value, U256::from_be_bytes(B256::repeat_byte(0x42).0));
            assert_eq!(serde_json::to_value(proof.storage_proof[0].key).unwrap(), "0x0");
        }
    }
    let keys = vec!["0x0"; 1_025];
    assert_eq!(f.err("eth_getProof", json!([LOGGER, keys, "latest"])).await.message, "too many slots (max 1024)");
}
