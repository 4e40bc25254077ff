//! Trouble, one kind at a time.

use super::*;

#[test]
fn bumps_up_to_the_cap_and_recognises_whichever_version_is_mined() {
    let mut w = World::new();
    w.config.max_fee_per_gas = 6_000_000_000;
    w.restart();
    w.fake.with(|s| s.include_txs = false);
    w.submit("a").unwrap();
    for _ in 0..12 {
        w.fake.mine();
        w.pass(41_000);
        w.step().unwrap();
    }
    let versions = w.accepted();
    assert!((6..12).contains(&versions.len()), "{}", versions.len());
    for pair in versions.windows(2) {
        assert!(pair[1].max_fee * 10 >= pair[0].max_fee * 11);
        assert!(pair[1].priority_fee * 10 >= pair[0].priority_fee * 11);
    }
    assert!(versions.iter().all(|v| v.max_fee <= 6_000_000_000 && v.nonce == 0));
    assert!(matches!(w.status("a"), TxStatus::Pending { last_error: Some(_), .. }));
    // A miner had the second version.
    w.restart();
    w.fake.with(|s| {
        s.include_txs = true;
        s.pool = vec![versions[1].clone()];
    });
    w.settle();
    assert_eq!(w.outcome("a").hash, versions[1].hash);
}

#[test]
fn only_the_first_in_line_is_bumped() {
    let w = World::new();
    w.fake.with(|s| s.include_txs = false);
    w.submit("a").unwrap();
    w.submit("b").unwrap();
    w.pass(41_000);
    w.step().unwrap();
    assert_eq!(w.entry("a").versions.len(), 2);
    assert_eq!(w.entry("b").versions.len(), 1);
}

#[test]
fn a_mempool_that_forgets_gets_the_same_bytes_again() {
    let w = World::new();
    w.submit("a").unwrap();
    w.submit("b").unwrap();
    w.fake.with(|s| s.pool.clear());
    w.pass(10_000);
    w.step().unwrap();
    w.settle();
    let accepted = w.accepted();
    assert_eq!(accepted[0], accepted[2]);
    w.check_sent_once(&["a", "b"]);
}

#[test]
fn already_known_is_no_error() {
    let w = World::new();
    w.submit("a").unwrap();
    w.pass(10_000);
    w.step().unwrap();
    assert!(matches!(w.status("a"), TxStatus::Pending { last_error: None, versions: 1, .. }));
}

#[test]
fn a_reorg_before_confirmation_sends_again() {
    let w = World::new();
    w.submit("a").unwrap();
    w.fake.mine_many(2);
    w.step().unwrap();
    assert!(matches!(w.status("a"), TxStatus::Mined { confirmations: 2, .. }));
    w.fake.with(|s| {
        s.rollback(2, false);
        s.include_txs = false;
        (0..3).for_each(|_| s.mine());
        s.include_txs = true;
    });
    w.pass(10_000);
    w.step().unwrap();
    assert!(matches!(w.status("a"), TxStatus::Pending { nonce: 0, versions: 1, .. }));
    w.settle();
    w.check_sent_once(&["a"]);
}

#[test]
fn a_receipt_of_a_block_that_is_gone_confirms_nothing() {
    let w = World::new();
    w.submit("a").unwrap();
    w.fake.mine_many(3);
    // The chain changes between the receipt and the look at its block.
    w.fake.with(|s| {
        let mut asked = false;
        s.hook = Some(Box::new(move |s, method| {
            if std::mem::replace(&mut asked, method == "eth_getTransactionReceipt") {
                s.rollback(3, true);
                s.include_txs = false;
                (0..4).for_each(|_| s.mine());
                s.include_txs = true;
            }
            Ok(())
        }));
    });
    assert!(w.step().unwrap_err().is_temporary());
    w.fake.with(|s| s.hook = None);
    assert!(!w.status("a").is_final());
    w.settle();
    w.check_sent_once(&["a"]);
}

#[test]
fn a_reorg_after_confirmation_is_repaired_when_it_blocks_others() {
    let mut w = World::new();
    w.submit("a").unwrap();
    w.settle();
    w.fake.with(|s| {
        let depth = s.blocks.len() - 1;
        s.rollback(depth, false);
    });
    w.restart();
    w.submit("b").unwrap();
    w.settle();
    w.check_sent_once(&["a", "b"]);
    assert_eq!((w.outcome("a").nonce, w.outcome("b").nonce), (0, 1));
}

#[test]
fn a_nonce_that_a_stranger_used_is_reported_and_the_id_can_be_sent_anew() {
    let w = World::new();
    refuse(&w.fake, "eth_sendRawTransaction", "endpoint is down", 1);
    w.submit("a").unwrap();
    let stranger = w.stranger();
    run(stranger.submit(request("theirs"))).unwrap();
    for _ in 0..10 {
        w.fake.mine();
        w.pass(12_000);
        w.step().unwrap();
    }
    assert_eq!(w.status("a"), TxStatus::Failed(TxFailure::NonceTaken { nonce: 0 }));
    assert!(matches!(w.submit("a").unwrap(), TxStatus::Pending { nonce: 1, .. }));
    w.settle();
    w.check_sent_once(&["a", "theirs"]);
}

#[test]
fn a_receipt_index_that_lags_is_not_a_lost_nonce() {
    let w = World::new();
    w.submit("a").unwrap();
    w.fake.mine_many(5);
    // No receipt for a while, although the nonce is used up.
    w.fake.with(|s| {
        s.hook = Some(Box::new(|s, method| {
            let hide = method == "eth_getTransactionReceipt";
            s.lag = if hide { 5 } else { 0 };
            Ok(())
        }));
    });
    w.step().unwrap();
    w.pass(39_000);
    w.step().unwrap();
    assert!(!w.status("a").is_final());
    w.fake.with(|s| {
        s.hook = None;
        s.lag = 0;
    });
    w.step().unwrap();
    assert!(w.outcome("a").success);
}

#[test]
fn outbids_a_stranger_with_the_same_nonce() {
    let w = World::new();
    refuse(&w.fake, "eth_sendRawTransaction", "endpoint is down", 1);
    w.submit("a").unwrap();
    w.fake.with(|s| s.tip = 20_000_000_000);
    run(w.stranger().submit(request("theirs"))).unwrap();
    w.fake.with(|s| s.tip = 1_000_000_000);
    let mut rounds = 0;
    while !w.accepted().iter().any(|t| t.data == request("a").data) {
        w.step().unwrap();
        rounds += 1;
        assert!(rounds < 60);
    }
    w.settle();
    w.check_sent_once(&["a"]);
}

#[test]
fn a_mempool_that_wants_more_gets_more() {
    let w = World::new();
    w.fake.with(|s| {
        s.tip = 1;
        s.min_tip = 100;
    });
    w.submit("a").unwrap();
    assert!(matches!(w.status("a"), TxStatus::Pending { last_error: Some(_), .. }));
    w.settle();
    w.check_sent_once(&["a"]);
}

#[test]
fn fills_the_gap_that_a_vanished_stranger_leaves() {
    let w = World::new();
    run(w.stranger().submit(request("theirs"))).unwrap();
    assert!(matches!(w.submit("a").unwrap(), TxStatus::Pending { nonce: 1, .. }));
    w.fake.with(|s| {
        s.include_txs = false;
        s.mine();
    });
    w.pass(50_000);
    w.step().unwrap();
    w.pass(50_000);
    w.step().unwrap();
    assert_eq!(w.manager.unfinished(), ["a"], "theirs is still waiting");
    w.fake.with(|s| {
        s.include_txs = true;
        s.pool.retain(|t| t.nonce != 0);
    });
    w.settle();
    w.check_sent_once(&["a"]);
    assert_eq!(w.outcome("nonce-gap:0").nonce, 0);
}

#[test]
fn what_the_endpoint_refuses_for_good_is_cancelled_and_frees_the_line() {
    let w = World::new();
    refuse(&w.fake, "eth_sendRawTransaction", "intrinsic gas too low", 1);
    w.submit("a").unwrap();
    w.submit("b").unwrap();
    w.settle();
    match w.status("a") {
        TxStatus::Failed(TxFailure::Cancelled { reason }) => assert!(reason.contains("intrinsic")),
        status => panic!("{status:?}"),
    }
    w.check_sent_once(&["b"]);
    assert_eq!(w.fake.with(|s| s.mined()).len(), 2);
}

#[test]
fn cancelling_is_a_race_with_one_winner() {
    for original_wins in [false, true] {
        let w = World::new();
        w.fake.with(|s| s.include_txs = false);
        w.submit("a").unwrap();
        let original = w.accepted()[0].clone();
        run(w.manager.cancel("a", "no longer needed")).unwrap();
        w.step().unwrap();
        w.fake.with(|s| {
            s.include_txs = true;
            if original_wins {
                s.pool = vec![original.clone()];
            }
        });
        w.settle();
        let cancelled = matches!(w.status("a"), TxStatus::Failed(TxFailure::Cancelled { .. }));
        assert_eq!(cancelled, !original_wins);
        assert_eq!(w.fake.with(|s| s.mined()).len(), 1);
    }
}

#[test]
fn an_endpoint_that_lags_does_not_cause_a_second_use_of_a_nonce() {
    let mut w = World::with(TxConfig { confirmations: 1, ..World::new().config });
    w.submit("a").unwrap();
    w.settle();
    // This one has not seen the block: its nonce is the old one.
    w.fake.with(|s| {
        s.hook = Some(Box::new(|s, _| {
            s.lag = 1;
            Ok(())
        }));
    });
    w.restart();
    assert!(matches!(w.submit("b").unwrap(), TxStatus::Pending { nonce: 1, .. }));
    w.fake.with(|s| {
        s.hook = None;
        s.lag = 0;
    });
    w.settle();
    w.check_sent_once(&["a", "b"]);
}

#[test]
fn an_endpoint_that_is_down_changes_nothing() {
    let w = World::new();
    w.submit("a").unwrap();
    w.endpoint_down(true);
    assert!(w.step().unwrap_err().is_temporary());
    assert!(w.submit("b").unwrap_err().is_temporary());
    assert!(w.manager.status("b").is_none());
    w.endpoint_down(false);
    w.settle();
    w.check_sent_once(&["a"]);
}
