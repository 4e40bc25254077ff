//! One behaviour each, without trouble.

use super::*;
use alloy_primitives::U256;
use alloy_sol_types::{Revert as RevertString, SolError};

#[test]
fn confirms_after_enough_blocks_and_answers_again_from_the_journal() {
    let mut w = World::new();
    assert!(matches!(w.submit("a").unwrap(), TxStatus::Pending { nonce: 0, versions: 1, last_error: None, .. }));
    assert_eq!(w.step(), Ok(1));
    for confirmations in 1..3 {
        w.fake.mine();
        assert_eq!(w.step(), Ok(1));
        assert!(matches!(w.status("a"), TxStatus::Mined { confirmations: c, .. } if c == confirmations));
    }
    w.fake.mine();
    assert_eq!(w.step(), Ok(0));
    let outcome = w.outcome("a");
    assert!(outcome.success && outcome.block.number == 1);
    let tx = &w.accepted()[0];
    assert_eq!((tx.gas_limit, tx.max_fee, tx.priority_fee, tx.tx_type), (60_000, 3_000_000_000, 1_000_000_000, 2));
    w.restart();
    assert_eq!(w.submit("a").unwrap(), TxStatus::Confirmed(outcome.clone()));
    assert_eq!(run(w.manager.send(request("a"))), Ok(outcome));
    assert_eq!(w.accepted().len(), 1);
}

#[test]
fn an_id_means_one_transaction() {
    let w = World::new();
    w.submit("a").unwrap();
    w.submit("a").unwrap();
    let other = TxRequest { value: U256::from(1), ..request("a") };
    assert_eq!(run(w.manager.submit(other)), Err(TxError::IdConflict("a".into())));
    assert_eq!(w.accepted().len(), 1);
}

#[test]
fn a_revert_in_simulation_uses_no_nonce() {
    let w = World::new();
    let data = RevertString::from("not yours").abi_encode();
    w.fake.with(|s| s.reverting = Some((TARGET, data.into())));
    match w.submit("a") {
        Err(TxError::Reverted(revert)) => assert_eq!(revert.reason, "not yours"),
        result => panic!("{result:?}"),
    }
    assert!(w.manager.status("a").is_none());
    w.fake.with(|s| s.reverting = None);
    assert!(matches!(w.submit("b").unwrap(), TxStatus::Pending { nonce: 0, .. }));
}

#[test]
fn a_revert_in_a_block_is_an_outcome_with_its_reason() {
    let w = World::new();
    w.submit("a").unwrap();
    let data = RevertString::from("too late").abi_encode();
    w.fake.with(|s| s.reverting = Some((TARGET, data.into())));
    w.settle();
    assert_eq!(w.outcome("a").revert_reason.as_deref(), Some("too late"));
    match run(w.manager.send(request("a"))) {
        Err(e @ TxError::MinedReverted(_)) => assert!(e.to_string().contains("too late")),
        result => panic!("{result:?}"),
    }
}

#[test]
fn limits_are_checked_before_anything_happens() {
    let w = World::with(TxConfig { max_pending: 2, ..TxConfig::default() });
    w.fake.with(|s| s.estimate_gas = 16_000_000);
    w.submit("near the limit").unwrap();
    assert_eq!(w.accepted()[0].gas_limit, MAX_TX_GAS);
    w.fake.with(|s| s.estimate_gas = MAX_TX_GAS + 1);
    assert!(matches!(w.submit("a"), Err(TxError::TooMuchGas { .. })));
    let explicit = TxRequest { gas_limit: Some(u64::MAX), ..request("a") };
    assert!(matches!(run(w.manager.submit(explicit)), Err(TxError::TooMuchGas { .. })));
    let large = TxRequest { data: vec![0; MAX_TX_DATA + 1].into(), ..request("a") };
    assert!(matches!(run(w.manager.submit(large)), Err(TxError::TooMuchData { .. })));
    refuse(&w.fake, "eth_estimateGas", "insufficient funds for transfer", 2);
    assert!(matches!(w.submit("a"), Err(TxError::InsufficientFunds(_))));
    w.fake.with(|s| s.estimate_gas = 21_000);
    w.submit("b").unwrap();
    assert_eq!(w.submit("c"), Err(TxError::TooManyPending(2)));
}

#[test]
fn pays_on_chains_that_lack_fee_methods() {
    for (disabled, base_fee, expected) in [
        (&["eth_feeHistory"][..], Some(10), (2, 1_000_000_020)),
        (&["eth_feeHistory", "eth_maxPriorityFeePerGas"], Some(10), (2, 1_000_000_020)),
        (&["eth_feeHistory", "eth_maxPriorityFeePerGas"], None, (0, 1_000_000_000)),
    ] {
        let w = World::new();
        w.fake.with(|s| {
            s.disabled.extend(disabled);
            s.base_fee = base_fee;
            s.mine();
        });
        w.submit("a").unwrap();
        assert_eq!((w.accepted()[0].tx_type, w.accepted()[0].max_fee), expected);
        w.settle();
    }
}

#[test]
fn falls_back_to_legacy_transactions_with_the_same_nonce() {
    let w = World::new();
    refuse(&w.fake, "eth_sendRawTransaction", "transaction type not supported", 1);
    w.submit("a").unwrap();
    w.settle();
    assert_eq!(w.accepted()[0].tx_type, 0);
    w.submit("b").unwrap();
    assert_eq!(w.accepted()[1].tx_type, 0);
}

#[test]
fn outcomes_shrink_and_are_forgotten_but_the_last_nonce_is_not() {
    let mut w = World::new();
    for id in ["a", "b"] {
        w.submit(id).unwrap();
    }
    w.settle();
    assert!(!w.entry("a").raw.is_empty());
    w.pass(3_700_000);
    w.step().unwrap();
    assert!(w.entry("a").raw.is_empty() && w.entry("a").data.is_empty());
    // The comparison with the request still works.
    assert!(w.submit("a").unwrap().is_final());
    w.pass(w.config.remember_ms);
    w.step().unwrap();
    w.restart();
    assert!(w.manager.status("a").is_none());
    assert!(w.manager.status("b").is_some());
}

#[test]
fn send_waits_and_several_senders_share_the_work() {
    let w = World::with(TxConfig { confirmations: 1, poll_interval: Duration::from_millis(1), ..TxConfig::default() });
    w.fake.with(|s| s.automine = true);
    // The endpoint is unreachable at first.
    refuse(&w.fake, "eth_estimateGas", "endpoint is starting", 3);
    let (a, b) = run(async { tokio::join!(w.manager.send(request("a")), w.manager.send(request("b"))) });
    assert_ne!(a.unwrap().nonce, b.unwrap().nonce);
    w.check_sent_once(&["a", "b"]);
}

#[test]
fn deployments_resume_where_they_stopped() {
    use crate::{DeployError, Deployer};
    let mut w =
        World::with(TxConfig { confirmations: 1, poll_interval: Duration::from_millis(1), ..TxConfig::default() });
    w.fake.with(|s| s.automine = true);
    async fn deploy(manager: &TxManager) -> Result<(Address, Address), DeployError> {
        let mut deployer = Deployer::new(manager, "rollup");
        let core = deployer.create("core", vec![1]).await?;
        deployer.call("init", core, U256::ZERO, vec![2]).await?;
        let bridge = deployer.create("bridge", [vec![3], core.to_vec()].concat()).await?;
        assert_eq!(deployer.steps().len(), 3);
        Ok((core, bridge))
    }
    let core = w.manager.address().create(0);
    w.fake.with(|s| s.reverting = Some((core, Bytes::new())));
    assert!(matches!(run(deploy(&w.manager)), Err(DeployError::Step { step, .. }) if step == "init"));
    w.fake.with(|s| s.reverting = None);
    w.restart();
    let first = run(deploy(&w.manager)).unwrap();
    assert_eq!(first, (core, w.manager.address().create(2)));
    w.restart();
    assert_eq!(run(deploy(&w.manager)).unwrap(), first);
    assert_eq!(w.accepted().len(), 3);
}
