//! Crashes at every request, and long random histories.

use super::*;
use proptest::prelude::*;

/// Kills the manager at its k-th request, for every k, before or after that request took effect.
#[test]
fn a_crash_at_any_request_of_submit_sends_once() {
    for effect in [false, true] {
        for k in 1..12 {
            let mut w = World::new();
            w.fake.with(|s| {
                s.fail_from = Some(s.requests + k);
                s.fail_after_effect = effect;
            });
            let result = w.submit("a");
            w.fake.with(|s| s.fail_from = None);
            w.restart();
            let known = w.manager.status("a").is_some();
            assert!(known || result.is_err());
            // Whatever else is sent meanwhile must not disturb it, and asking again must not send again.
            w.submit("b").unwrap();
            w.submit("a").unwrap();
            w.settle();
            w.check_sent_once(&["a", "b"]);
            assert!(w.outcome("a").success && w.outcome("b").success);
        }
    }
}

/// The same for the steps that follow, with a bump among them.
#[test]
fn a_crash_at_any_request_of_step_sends_once() {
    for effect in [false, true] {
        for k in 1..20 {
            let mut w = World::new();
            w.fake.with(|s| s.include_txs = false);
            w.submit("a").unwrap();
            w.submit("b").unwrap();
            w.fake.with(|s| {
                s.fail_from = Some(s.requests + k);
                s.fail_after_effect = effect;
            });
            for _ in 0..3 {
                w.pass(41_000);
                let _ = w.step();
            }
            w.fake.with(|s| {
                s.fail_from = None;
                s.include_txs = true;
            });
            w.restart();
            w.settle();
            w.check_sent_once(&["a", "b"]);
        }
    }
}

#[derive(Debug, Clone)]
enum Op {
    Submit(usize),
    Step,
    Mine,
    Pass(u64),
    Reorg { depth: usize, keep: bool },
    Forget,
    Fail { after: u64, effect: bool },
    Crash,
    Lag(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0usize..IDS.len()).prop_map(Op::Submit),
        6 => Just(Op::Step),
        5 => Just(Op::Mine),
        4 => (1u64..60_000).prop_map(Op::Pass),
        2 => (1usize..3, any::<bool>()).prop_map(|(depth, keep)| Op::Reorg { depth, keep }),
        1 => Just(Op::Forget),
        3 => (0u64..12, any::<bool>()).prop_map(|(after, effect)| Op::Fail { after, effect }),
        2 => Just(Op::Crash),
        1 => (0usize..3).prop_map(Op::Lag),
    ]
}

const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_history_sends_each_id_once(ops in prop::collection::vec(op(), 1..60)) {
        let mut w = World::new();
        let mut submitted = Vec::new();
        for op in ops {
            match op {
                Op::Submit(i) => {
                    if w.submit(IDS[i]).is_ok() && !submitted.contains(&IDS[i]) {
                        submitted.push(IDS[i]);
                    }
                }
                Op::Step => drop(w.step()),
                Op::Mine => w.fake.mine(),
                Op::Pass(ms) => w.pass(ms),
                Op::Reorg { depth, keep } => w.fake.with(|s| {
                    // Less deep than the confirmations, and the new branch is as long.
                    let depth = depth.min(s.blocks.len() - 1);
                    s.rollback(depth, keep);
                    (0..depth).for_each(|_| s.mine());
                }),
                Op::Forget => w.fake.with(|s| s.pool.clear()),
                Op::Fail { after, effect } => w.fake.with(|s| {
                    s.fail_from = (after > 0).then_some(s.requests + after);
                    s.fail_after_effect = effect;
                }),
                Op::Crash => {
                    w.fake.with(|s| s.fail_from = None);
                    w.restart();
                }
                Op::Lag(lag) => w.fake.with(|s| s.lag = lag),
            }
        }
        w.fake.with(|s| {
            s.fail_from = None;
            s.lag = 0;
        });
        w.settle();
        // An id that lost its nonce to nobody must not exist.
        for id in &submitted {
            prop_assert!(w.outcome(id).success);
        }
        w.check_sent_once(&submitted);
    }
}
