//! Encrypted transactions, and attacks on them.

use crate::common::enclave::{KEY_SECONDS, SealedWorld, raw, seal};
use crate::common::world::{ADMIN, ALICE, BOB};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use lux_confidential::{ConfidentialError, Context, RollupContext, Unfit, encryption_key_of, sealed_bytes};
use lux_l1::{Transport, Wallet};
use lux_node::MAX_BLOCK_TRANSACTION_BYTES;
use lux_protocol::EthTransaction;
use lux_protocol::market::enclaves::IEnclaveKeys::revokeCall;
use lux_protocol::market::enclaves::KeyStatus;
use lux_rpc::{RpcContext, RpcLimits, eth_module};
use lux_sealed::{InboxLimits, Proxy, SealedError, SendError, Sender, refuse_plain, sealed_module};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use std::sync::Arc;

fn hash(tx: &EthTransaction) -> String {
    format!("\"{}\"", tx.tx_hash())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_one_before_its_block_and_a_new_node_derives_it() {
    let mut scene = SealedWorld::new().await;
    let inbox = scene.inbox().await;
    let tx = scene.transfer(7);
    let sealed = scene.seal(&tx);
    assert_eq!(sealed.send(&inbox), Ok(hash(&tx)));
    let pool = scene.world.op.node.chain.pool().clone();
    assert!(pool.contains(tx.tx_hash()) && pool.get(tx.tx_hash()).is_none());
    assert_eq!((pool.status().pending, pool.status_of_all().pending), (0, 1));
    // Who saw it pass sends it again: nothing happens, and only the sender can tell.
    assert_eq!(sealed.send(&inbox), Err("already known".into()));
    scene.world.build(1);
    assert!(scene.world.op.receipt(*tx.tx_hash()).unwrap().success);
    let late = sealed.send(&inbox).unwrap_err();
    assert!(late.starts_with("nonce too low"), "{late}");
    assert_eq!(inbox.waiting(), 1, "until its block is final");
    scene.world.batch_all().await;
    scene.world.check_full_node().await;
    scene.world.mine_l1(4);
    scene.world.op.sync().await;
    inbox.sweep().unwrap();
    assert_eq!(inbox.waiting(), 0);
}

// One world each for what leaves it as it was: it takes seconds to make.

#[tokio::test(flavor = "multi_thread")]
async fn envelopes() {
    let scene = SealedWorld::new().await;
    an_envelope_opens_for_its_rollup_and_purpose_alone(&scene).await;
    whatever_was_done_to_an_envelope_it_is_refused_in_the_same_words(&scene).await;
    what_the_pool_refuses_only_the_sender_is_told(&scene).await;
    what_leaves_the_pool_without_a_block_comes_back(&scene).await;
    the_place_on_disk_has_an_end(&scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys() {
    let scene = SealedWorld::new().await;
    a_wallet_works_through_the_proxy(&scene).await;
    a_sender_believes_l1_and_not_the_node(&scene).await;
    a_key_that_ended_is_used_by_nobody(&scene).await;
    a_key_that_was_revoked_is_used_by_nobody(&scene).await;
}

async fn an_envelope_opens_for_its_rollup_and_purpose_alone(scene: &SealedWorld) {
    let inbox = scene.empty_inbox().await;
    let plaintext = raw(&scene.transfer(7));
    let right = scene.rollup();
    let wrong = [
        Context::transaction(&RollupContext { rollup: Address::repeat_byte(1), ..right }),
        Context::transaction(&RollupContext { l1_chain_id: right.l1_chain_id + 1, ..right }),
        Context::transaction(&RollupContext { l2_chain_id: right.l2_chain_id + 1, ..right }),
        Context::call(&right),
        Context::at_rest(B256::ZERO),
    ];
    for context in wrong {
        let refused = seal(&plaintext, scene.public(), context).refused(&inbox);
        assert!(matches!(refused, SealedError::Closed), "{refused}");
    }
    let other = Wallet::from_hex(&B256::repeat_byte(3).to_string()).unwrap();
    let refused = seal(&plaintext, encryption_key_of(&other).public(), Context::transaction(&right)).refused(&inbox);
    assert!(matches!(refused, SealedError::Closed), "{refused}");
    assert_eq!(scene.world.op.node.chain.pool().status_of_all().pending, 0);
}

async fn whatever_was_done_to_an_envelope_it_is_refused_in_the_same_words(scene: &SealedWorld) {
    let inbox = scene.empty_inbox().await;
    let sealed = scene.seal(&scene.transfer(7));
    let header = 8 + 1 + 32 + 112;
    for at in (8..sealed.envelope.len()).step_by(13) {
        let cut = inbox.send(&sealed.envelope[..at]).unwrap_err();
        assert!(matches!(cut, SealedError::Envelope(ConfidentialError::Length) | SealedError::Closed), "{at}: {cut}");
    }
    for at in (header - 80..sealed.envelope.len()).step_by(7) {
        let mut changed = sealed.envelope.clone();
        changed[at] ^= 1;
        assert!(matches!(inbox.send(&changed).unwrap_err(), SealedError::Closed), "{at}");
    }
    let limit = sealed_bytes(MAX_BLOCK_TRANSACTION_BYTES, 16);
    let large = inbox.send(&vec![0; limit + 1]).unwrap_err();
    assert!(matches!(large, SealedError::Envelope(ConfidentialError::TooLarge { .. })), "{large}");
    // The pool has its own limit for what is inside.
    let data = vec![1; MAX_BLOCK_TRANSACTION_BYTES + 1];
    let long = seal(&data, scene.public(), Context::transaction(&scene.rollup()));
    assert!(long.send(&inbox).is_err());
    assert!(inbox.send(&[]).is_err());
    assert_eq!(inbox.waiting(), 0);
}

async fn what_the_pool_refuses_only_the_sender_is_told(scene: &SealedWorld) {
    let inbox = scene.empty_inbox().await;
    let poor = scene.world.op.sign(&scene.world.key(7), Some(Address::ZERO), U256::ONE, Vec::new());
    let refused = scene.seal(&poor);
    let answer = inbox.send(&refused.envelope).unwrap();
    assert!(refused.open(&answer).unwrap_err().starts_with("insufficient funds"));
    let nonsense = seal(b"nonsense", scene.public(), Context::transaction(&scene.rollup()));
    let taken = scene.seal(&scene.transfer(1));
    let lengths = [&refused, &nonsense, &taken].map(|sealed| inbox.send(&sealed.envelope).unwrap().len());
    assert_eq!(lengths, [answer.len(); 3], "nor how it was answered");
    assert_ne!(inbox.send(&refused.envelope).unwrap(), answer);
    assert_eq!(inbox.waiting(), 1);
}

async fn a_key_that_was_revoked_is_used_by_nobody(scene: &SealedWorld) {
    let inbox = scene.empty_inbox().await;
    let sealed = scene.seal(&scene.transfer(7));
    let revoke = revokeCall { key: scene.enclave.address() }.abi_encode();
    scene.world.send_l1(ADMIN, scene.registry, U256::ZERO, revoke);
    scene.world.mine_l1(1);
    inbox.enclaves().refresh().await.unwrap();
    let refused = sealed.refused(&inbox);
    let reason = Unfit::Status(KeyStatus::Revoked);
    assert!(matches!(&refused, SealedError::Unfit { reason: found, .. } if *found == reason), "{refused}");
    assert!(inbox.announced().enclaves.is_empty());
    let refused = sender(scene, inbox, Vec::new()).await.send(&[]).await.unwrap_err();
    assert!(matches!(refused, SendError::NoEnclave(_)), "{refused}");
}

async fn a_key_that_ended_is_used_by_nobody(scene: &SealedWorld) {
    let inbox = scene.empty_inbox().await;
    let sender = sender(scene, scene.empty_inbox().await, Vec::new()).await;
    let sealed = scene.seal(&scene.transfer(7));
    scene.world.advance_time(KEY_SECONDS);
    let refused = sealed.refused(&inbox);
    assert!(matches!(&refused, SealedError::Unfit { reason: Unfit::Ended(_), .. }), "{refused}");
    let refused = sender.send(&raw(&scene.transfer(7))).await.unwrap_err();
    assert!(matches!(&refused, SendError::Unfit(reason) if reason.contains("ended")), "{refused}");
}

async fn a_sender_believes_l1_and_not_the_node(scene: &SealedWorld) {
    let tx = scene.transfer(7);
    let other = sender(scene, scene.empty_inbox().await, vec![B256::repeat_byte(1)]).await;
    let refused = other.send(&raw(&tx)).await.unwrap_err();
    assert!(matches!(&refused, SendError::Unfit(reason) if reason.contains("not asked for")), "{refused}");
    let stranger = Wallet::from_hex(&B256::repeat_byte(3).to_string()).unwrap();
    let announced = json!({
        "rollup": scene.rollup().rollup,
        "registry": scene.registry,
        "enclaves": [{ "enclave": stranger.address(), "encryptionKey": encryption_key_of(&stranger).public().0, "notAfter": u64::MAX }],
    });
    let mut liar = jsonrpsee::RpcModule::new(announced);
    liar.register_method("rollup_encryptionKey", |_, announced, _| {
        Ok::<_, jsonrpsee::types::ErrorObjectOwned>(announced.clone())
    })
    .unwrap();
    let node = Transport::InProcess(liar.into());
    let (l1, clock) = (scene.world.client.clone(), scene.world.clock());
    let sender = Sender::open(l1, node, scene.rollup().rollup, Vec::new(), clock).await.unwrap();
    let refused = sender.send(&raw(&tx)).await.unwrap_err();
    assert!(matches!(&refused, SendError::Unfit(reason) if reason.contains("Unknown")), "{refused}");

    let honest = self::sender(scene, scene.empty_inbox().await, vec![scene.measurement]).await;
    let reply = honest.send(&raw(&tx)).await.unwrap().into_result().unwrap();
    assert_eq!(reply.get(), hash(&tx));
}

/// `kill -9` after the answer: what was accepted is still there.
#[tokio::test(flavor = "multi_thread")]
async fn accepted_transactions_outlive_a_crash() {
    let mut scene = SealedWorld::new().await;
    let inbox = scene.inbox().await;
    let tx = scene.transfer(7);
    assert_eq!(scene.seal(&tx).send(&inbox), Ok(hash(&tx)));
    let on_disk = std::fs::read(scene.path()).unwrap();
    let plaintext = raw(&tx);
    assert!(!on_disk.windows(32).any(|window| window == &plaintext[plaintext.len() - 32..]), "ciphertext alone");
    drop(inbox);
    scene.world.op.crash().await;
    assert_eq!(scene.world.op.node.chain.pool().status_of_all().pending, 0);
    // With another key nothing opens, and nothing is lost.
    let other = Wallet::from_hex(&B256::repeat_byte(3).to_string()).unwrap();
    let wrong = scene.inbox_of(&other, InboxLimits::default()).await;
    wrong.sweep().unwrap();
    assert_eq!(wrong.waiting(), 1);
    drop(wrong);
    let inbox = scene.inbox().await;
    let pool = scene.world.op.node.chain.pool().clone();
    assert!(pool.contains(tx.tx_hash()) && pool.get(tx.tx_hash()).is_none());
    scene.world.build(1);
    assert!(scene.world.op.receipt(*tx.tx_hash()).unwrap().success);
    drop(inbox);
    scene.world.op.crash().await;
    let inbox = scene.inbox().await;
    assert_eq!((inbox.waiting(), scene.world.op.node.chain.pool().status_of_all().pending), (1, 0));
}

async fn what_leaves_the_pool_without_a_block_comes_back(scene: &SealedWorld) {
    let inbox = scene.empty_inbox().await;
    let tx = scene.transfer(7);
    assert!(scene.seal(&tx).send(&inbox).is_ok());
    let pool = scene.world.op.node.chain.pool().clone();
    pool.remove(tx.tx_hash());
    scene.world.advance_time(10);
    inbox.sweep().unwrap();
    assert!(pool.contains(tx.tx_hash()) && pool.get(tx.tx_hash()).is_none());
    pool.remove(tx.tx_hash());
    scene.world.advance_time(2 * 86_400);
    inbox.sweep().unwrap();
    assert_eq!((inbox.waiting(), pool.contains(tx.tx_hash())), (0, false), "but not for ever");
}

async fn the_place_on_disk_has_an_end(scene: &SealedWorld) {
    scene.world.op.node.chain.pool().clear();
    let limits = InboxLimits { max_waiting: 1, ..InboxLimits::default() };
    let inbox = scene.inbox_of(&scene.enclave, limits).await;
    assert!(scene.seal(&scene.transfer(7)).send(&inbox).is_ok());
    let second = scene.world.op.sign(&scene.world.key(BOB), Some(Address::ZERO), U256::ONE, Vec::new());
    assert_eq!(scene.seal(&second).send(&inbox), Err("txpool is full".into()));
    assert!(!scene.world.op.node.chain.pool().contains(second.tx_hash()));
}

/// What a wallet does, against a sequencer that takes nothing in plain.
async fn a_wallet_works_through_the_proxy(scene: &SealedWorld) {
    let node = node(scene, scene.empty_inbox().await);
    let (l1, clock) = (scene.world.client.clone(), scene.world.clock());
    let sender = Sender::open(l1, node.clone(), scene.rollup().rollup, Vec::new(), clock).await.unwrap();
    let proxy = Proxy::new(sender);
    let ask = async |method: &str, params: Value| {
        let params = to_raw_value(&params).unwrap();
        let answer = proxy.answer(method, Some(&params)).await;
        answer
            .map(|value| serde_json::from_str::<Value>(value.get()).unwrap())
            .map_err(|error| error.message().to_owned())
    };
    let (alice, bob) = (scene.world.account(ALICE), scene.world.account(BOB));
    assert_eq!(ask("eth_chainId", json!([])).await, Ok(json!("0x4c5832")));
    let call = json!([{ "from": alice, "to": bob, "value": "0x7" }]);
    assert_eq!(ask("eth_estimateGas", call.clone()).await, Ok(json!("0x5208")));
    let nonce = scene.world.op.nonce(alice);
    let [before, after] = [nonce, nonce + 1].map(|nonce| Ok(json!(format!("{nonce:#x}"))));
    assert_eq!(ask("eth_getTransactionCount", json!([alice, "pending"])).await, before);
    let tx = scene.transfer(7);
    let raw_tx = json!([alloy_primitives::hex::encode_prefixed(raw(&tx))]);
    let refused = node.request::<_, B256>("eth_sendRawTransaction", raw_tx.clone()).await.unwrap_err().to_string();
    assert!(refused.contains("encrypted transactions only"), "{refused}");
    assert_eq!(ask("eth_sendRawTransaction", raw_tx.clone()).await, Ok(json!(tx.tx_hash())));
    assert_eq!(ask("eth_sendRawTransaction", raw_tx).await, Err("already known".into()));
    assert_eq!(ask("eth_getTransactionCount", json!([alice, "pending"])).await, after);
    assert_eq!(ask("eth_getTransactionCount", json!([alice, "latest"])).await, before);
    assert_eq!(ask("eth_getTransactionReceipt", json!([tx.tx_hash()])).await, Ok(Value::Null));
    for telling in ["eth_sendTransaction", "eth_simulateV1", "eth_callBundle", "eth_signTransaction"] {
        assert!(ask(telling, call.clone()).await.unwrap_err().contains("not answered in secret"));
    }
    assert!(ask("eth_nothing", json!([])).await.unwrap_err().contains("not found"));
    scene.world.build(1);
    let receipt = ask("eth_getTransactionReceipt", json!([tx.tx_hash()])).await.unwrap();
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(ask("eth_getTransactionCount", json!([alice, "pending"])).await, after);
}

/// The JSON-RPC of a confidential rollup's sequencer.
fn node(scene: &SealedWorld, inbox: lux_sealed::Inbox) -> Transport {
    let context = RpcContext {
        chain: scene.world.op.node.chain.clone(),
        limits: RpcLimits::default(),
        client_version: "test".into(),
        time: Arc::new(|| 1_900_000_000),
        forward: None,
        on_transaction: None,
        sync_status: None,
    };
    let eth = eth_module(Arc::new(context));
    let mut methods = eth.clone();
    refuse_plain(&mut methods).unwrap();
    methods.merge(sealed_module(Arc::new(inbox), eth.into()).unwrap()).unwrap();
    Transport::InProcess(methods.into())
}

async fn sender(scene: &SealedWorld, inbox: lux_sealed::Inbox, measurements: Vec<B256>) -> Sender {
    let (l1, clock) = (scene.world.client.clone(), scene.world.clock());
    Sender::open(l1, node(scene, inbox), scene.rollup().rollup, measurements, clock).await.unwrap()
}
