//! Results that are not true.

use crate::world::{LIAR, PERIOD, REQUESTER, WATCHER, World, ether, gather, gemm, input, output, step};
use alloy_primitives::{B256, Bytes, U256};
use lux_compute::Role;
use lux_inference::Bundle;
use lux_machine::trace;
use lux_models::{Witness, infer_program};
use lux_protocol::ClaimTrace;
use lux_protocol::constants::MAX_CHECKPOINTS;
use lux_protocol::market::contract::IComputeMarket::{stakeCall, submitComputeResultCall};
use lux_protocol::market::contract::{ComputeResult, TaskStatus};
use lux_protocol::market::{EvidenceKind, ModelTerms, ResultProof};

/// Each lie takes an account.
const FIRST_LIAR: usize = 3;

/// The true trace of a run.
pub fn honest_trace(bundle: &Bundle, data: &[u8]) -> ClaimTrace {
    let mut witness = Witness::new(bundle, data);
    let run = trace(infer_program(), witness.input, &mut witness.preimages, 1 << 20).unwrap();
    ClaimTrace::of_run(&run.checkpoints, MAX_CHECKPOINTS)
}

/// Delivers without any worker's scruples; `false` if the market refuses.
pub async fn deliver(world: &World, from: usize, id: B256, input: B256, output: B256, trace: &ClaimTrace) -> bool {
    let kind = EvidenceKind::Fault;
    let proof = ResultProof { kind, input, evidence: trace.encode(), output: Bytes::new() };
    let result = ComputeResult {
        taskId: id,
        outputHash: output,
        zkProof: proof.encode().unwrap(),
        gasUsed: U256::from(1),
        ..Default::default()
    };
    world.send(from, U256::ZERO, submitComputeResultCall { result }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lie_about_a_result_is_disproved_and_paid_for() {
    let world = World::new().await;
    let (bundle, other) = (gemm(2, 1), gemm(2, 2));
    let (data, elsewhere) = (input(&bundle, 1), input(&bundle, 2));
    let store = world.store("watcher");
    for model in [&bundle, &other] {
        lux_models::save(&store, model).await.unwrap();
        world.register(model, ModelTerms::default().flags).await;
    }
    store.put(data.clone().into()).await.unwrap();
    let right = output(&bundle, &data);
    let honest = honest_trace(&bundle, &data);
    assert!(honest.chunks > 2, "a trace worth lying about");
    let wrong_at = |index: usize| {
        let mut trace = honest.clone();
        trace.checkpoints[index] = B256::repeat_byte(0x66);
        trace
    };
    let short = ClaimTrace::decode(&[]).unwrap();
    let longer = ClaimTrace {
        chunks: honest.chunks + 1,
        checkpoints: [honest.checkpoints.clone(), vec![B256::repeat_byte(1)]].concat(),
        ..honest
    };
    let lies = [
        ("another output", B256::repeat_byte(0x0f), honest.clone()),
        ("the output of another model", output(&other, &data), honest_trace(&other, &data)),
        ("the output for another input", output(&bundle, &elsewhere), honest_trace(&bundle, &elsewhere)),
        ("one chunk", B256::repeat_byte(0x0f), short),
        ("a wrong first state", right, wrong_at(0)),
        ("a wrong last state", right, wrong_at(honest.checkpoints.len() - 1)),
        ("a chunk too many", right, longer),
    ];
    let mut watcher = world.watcher("watcher", true).await;
    for (index, (lie, claimed, trace)) in lies.into_iter().enumerate() {
        // Whoever was slashed never works again.
        let liar = FIRST_LIAR + index;
        world.stake(liar).await;
        let id = B256::repeat_byte(index as u8 + 1);
        let claim = world.offer(id, &bundle, &data).await;
        let before = world.balance(REQUESTER).await;
        assert!(deliver(&world, liar, id, claim, claimed, &trace).await, "{lie}");
        world.work(&mut watcher, async || world.status(id).await == TaskStatus::Disproved).await;
        let party = world.party(liar).await;
        assert!(party.isSlashed && party.stake.is_zero(), "{lie}");
        let price = U256::from(2 * bundle.model.plan().macs) * U256::from(1_000_000_000u64);
        assert_eq!(world.balance(REQUESTER).await, before + price, "{lie}");
    }
    watcher.step().await.unwrap();
    assert_eq!(watcher.false_results().count(), 0);
    assert!(!world.send(FIRST_LIAR, ether(1), stakeCall {}).await, "slashed for good");
    let rewards = ether(1) * U256::from(7) / U256::from(2);
    let bond = ether(1) / U256::from(10);
    assert_eq!(world.balance(WATCHER).await, rewards + bond, "half of each stake");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_lies_of_one_hide_no_other_liar() {
    let world = World::new().await;
    let bundle = gather();
    let data = [1, 0, 0, 0, 3, 0, 0, 0];
    let store = world.store("watcher");
    lux_models::save(&store, &bundle).await.unwrap();
    store.put(data.to_vec().into()).await.unwrap();
    world.register(&bundle, ModelTerms::default().flags).await;
    let (trace, lie) = (honest_trace(&bundle, &data), B256::repeat_byte(0x0f));
    let (first, second) = (LIAR, LIAR + 1);
    world.stake(first).await;
    world.stake(second).await;
    // More than there are disputes at a time, all of them before the other's.
    for number in 1..=12 {
        let id = B256::repeat_byte(number);
        let claim = world.offer(id, &bundle, &data).await;
        assert!(deliver(&world, first, id, claim, lie, &trace).await);
    }
    let other = B256::repeat_byte(0xff);
    let claim = world.offer(other, &bundle, &data).await;
    assert!(deliver(&world, second, other, claim, lie, &trace).await);

    let mut watcher = world.watcher("watcher", false).await;
    let both = async || world.party(first).await.isSlashed && world.party(second).await.isSlashed;
    world.work(&mut watcher, both).await;
    assert_eq!(world.status(other).await, TaskStatus::Disproved);
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_other_programs_are_told_apart() {
    let world = World::new().await;
    let shop = world.shop("any");
    assert!(shop.is_inference(1).await.unwrap());
    assert!(!shop.is_inference(2).await.unwrap(), "no such version");
    assert!(!shop.is_inference(0).await.unwrap(), "the version of no program");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_without_output_has_no_true_result() {
    let world = World::new().await;
    let bundle = gather();
    let data = [9, 0, 0, 0, 1, 0, 0, 0];
    let store = world.store("watcher");
    lux_models::save(&store, &bundle).await.unwrap();
    store.put(data.to_vec().into()).await.unwrap();
    world.register(&bundle, ModelTerms::default().flags).await;
    world.stake(LIAR).await;
    let id = B256::repeat_byte(1);
    let claim = world.offer(id, &bundle, &data).await;
    let trace = honest_trace(&bundle, &data);
    assert!(!deliver(&world, LIAR, id, claim, B256::ZERO, &trace).await, "zero is no output");
    assert!(deliver(&world, LIAR, id, claim, B256::repeat_byte(3), &trace).await);
    let mut watcher = world.watcher("watcher", false).await;
    world.work(&mut watcher, async || world.status(id).await == TaskStatus::Disproved).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_of_other_tasks_are_refused_and_true_ones_stand() {
    let world = World::new().await;
    let bundle = gemm(2, 1);
    let (data, elsewhere) = (input(&bundle, 1), input(&bundle, 2));
    let store = world.store("watcher");
    lux_models::save(&store, &bundle).await.unwrap();
    store.put(data.clone().into()).await.unwrap();
    world.register(&bundle, ModelTerms::default().flags).await;
    world.stake(LIAR).await;
    let (first, second) = (B256::repeat_byte(1), B256::repeat_byte(2));
    let claim = world.offer(first, &bundle, &data).await;
    let other = world.offer(second, &bundle, &elsewhere).await;
    let (right, trace) = (output(&bundle, &data), honest_trace(&bundle, &data));
    assert!(!deliver(&world, LIAR, second, claim, right, &trace).await, "computed for another task");
    assert_ne!(claim, other);
    assert!(deliver(&world, LIAR, first, claim, right, &trace).await);

    let mut watcher = world.watcher("watcher", true).await;
    for _ in 0..5 {
        step(&mut watcher).await;
    }
    assert_eq!(watcher.false_results().count(), 0);
    assert_eq!(world.status(first).await, TaskStatus::Submitted);
    world.advance(PERIOD);
    assert_eq!(world.balance(WATCHER).await, U256::ZERO, "a watcher without a dispute deposits nothing");
}
