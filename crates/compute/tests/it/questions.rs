//! Runs with more chunks than checkpoints: somebody asks, and the worker answers or loses.

use crate::dishonest::{deliver, honest_trace};
use crate::world::{LIAR, PERIOD, REQUESTER, RESPONSE_PERIOD, WATCHER, WORKER, World, ether, gemm, input, output};
use alloy_primitives::{B256, U256};
use lux_dispute::segment_move;
use lux_inference::Bundle;
use lux_protocol::ClaimTrace;
use lux_protocol::contracts::Move;
use lux_protocol::market::contract::IComputeMarket::{challengeComputationCall, depositCall};
use lux_protocol::market::contract::TaskStatus;
use lux_protocol::market::{CounterProof, EvidenceKind, ModelTerms};

/// A model whose run has more chunks than a trace has room for.
const ROWS: usize = 8_192;

async fn scene() -> (World, Bundle, Vec<u8>) {
    let world = World::new().await;
    let bundle = gemm(ROWS, 1);
    let data = input(&bundle, 1);
    for name in ["worker", "watcher"] {
        let store = world.store(name);
        lux_models::save(&store, &bundle).await.unwrap();
        store.put(data.clone().into()).await.unwrap();
    }
    world.register(&bundle, ModelTerms::default().flags).await;
    (world, bundle, data)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_answers_who_asks_and_takes_the_bond() {
    let (world, bundle, data) = scene().await;
    let id = B256::repeat_byte(1);
    let claim = world.offer(id, &bundle, &data).await;
    let mut worker = world.new_worker(WORKER, "worker").await;
    world.work(&mut worker, async || world.status(id).await == TaskStatus::Submitted).await;
    assert_eq!(world.task(id).await.output, output(&bundle, &data));

    let trace = honest_trace(&bundle, &data);
    assert!(trace.stride > 1, "all states of {} chunks are on the chain: nothing to ask", trace.chunks);
    assert!(world.send(WATCHER, ether(1), depositCall { account: world.account(WATCHER) }).await);
    let proof = segment_move(Move::RequestSegment, &trace, 1);
    let counter = CounterProof { kind: EvidenceKind::Fault, input: claim, trace: trace.commitment(), proof };
    let call = challengeComputationCall { taskId: id, counterProof: counter.encode() };
    assert!(world.send(WATCHER, U256::ZERO, call).await);
    let before = world.balance(WORKER).await;

    // A worker that starts now knows the question from the chain.
    drop(worker);
    let mut worker = world.worker(WORKER, "worker").await;
    let judge = world.market.judge(id, 0).await.unwrap();
    let disputed = world.market.disputed_claim(id).await.unwrap();
    let answered = async || !judge.segment(&disputed, 1).await.unwrap().root.is_zero();
    world.work(&mut worker, answered).await;
    world.advance(PERIOD + RESPONSE_PERIOD + 1);
    world.work(&mut worker, async || world.status(id).await == TaskStatus::Final).await;
    world.work(&mut worker, async || world.balance(WORKER).await > before).await;
    let bond = ether(1) / U256::from(10);
    assert_eq!(world.balance(WATCHER).await, ether(1) - bond, "asked for nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_false_result_with_hidden_states_falls_by_answer_or_by_silence() {
    let (world, bundle, data) = scene().await;
    world.stake(LIAR).await;
    let id = B256::repeat_byte(1);
    let claim = world.offer(id, &bundle, &data).await;
    let honest = honest_trace(&bundle, &data);
    // True up to some segment, then made up.
    let mut checkpoints = honest.checkpoints.clone();
    let from = checkpoints.len() / 2;
    checkpoints[from..].fill(B256::repeat_byte(0x66));
    let trace = ClaimTrace { checkpoints, ..honest };
    assert!(deliver(&world, LIAR, id, claim, B256::repeat_byte(0x0f), &trace).await);

    let mut watcher = world.watcher("watcher", false).await;
    let judge = world.market.judge(id, 0).await.unwrap();
    let disputed = world.market.claim(id, claim, trace.commitment()).await.unwrap();
    let asked = async || !judge.segment(&disputed, from).await.unwrap().challenger.is_zero();
    world.work(&mut watcher, asked).await;
    assert_eq!(world.status(id).await, TaskStatus::Submitted);
    // The bond is locked meanwhile.
    assert_eq!(world.balance(WATCHER).await, U256::ZERO);
    world.advance(RESPONSE_PERIOD + 1);
    world.work(&mut watcher, async || world.status(id).await == TaskStatus::Disproved).await;
    // The bond of the question comes back; for the next move there had to be another one.
    let bond = ether(1) / U256::from(10);
    let due = ether(1) / U256::from(2) + U256::from(2) * bond;
    world.work(&mut watcher, async || world.balance(WATCHER).await == due).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_that_was_away_for_very_long_gets_its_bond_back() {
    let (world, bundle, data) = scene().await;
    world.stake(LIAR).await;
    let id = B256::repeat_byte(1);
    let claim = world.offer(id, &bundle, &data).await;
    let honest = honest_trace(&bundle, &data);
    let checkpoints = vec![B256::repeat_byte(0x66); honest.checkpoints.len()];
    let trace = ClaimTrace { checkpoints, ..honest };
    assert!(deliver(&world, LIAR, id, claim, B256::repeat_byte(0x0f), &trace).await);
    let mut watcher = world.watcher("watcher", false).await;
    let judge = world.market.judge(id, 0).await.unwrap();
    let disputed = world.market.claim(id, claim, trace.commitment()).await.unwrap();
    let asked = async || !judge.segment(&disputed, 0).await.unwrap().challenger.is_zero();
    world.work(&mut watcher, asked).await;
    drop(watcher);

    // Somebody else ends it.
    world.advance(RESPONSE_PERIOD + 1);
    let proof = segment_move(Move::Timeout, &trace, 0);
    let counter = CounterProof { kind: EvidenceKind::Fault, input: claim, trace: trace.commitment(), proof };
    let call = challengeComputationCall { taskId: id, counterProof: counter.encode() };
    assert!(world.send(REQUESTER, U256::ZERO, call).await);
    assert_eq!(world.status(id).await, TaskStatus::Disproved);
    let over = world.market.chain.block_number().await.unwrap();
    for _ in 0..20 {
        world.advance(24 * 3_600);
    }
    assert!(world.market.first_relevant_block().await.unwrap() > over);
    assert_eq!(world.balance(WATCHER).await, U256::ZERO);
    let mut watcher = world.watcher("watcher", false).await;
    assert!(watcher.has_bonds());
    world.work(&mut watcher, async || world.balance(WATCHER).await == ether(1) / U256::from(10)).await;
}
