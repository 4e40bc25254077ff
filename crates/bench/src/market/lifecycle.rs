//! Tasks from submission to payment, through the execution engine.

use super::disproof::Inference;
use super::scene::ether;
use crate::l2::{Ask, L2, Took};
use crate::report::Report;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent};
use eyre::ensure;
use lux_compute::{MAX_BATCH_BYTES, MAX_CLAIMED, MAX_FINALIZED, MAX_RESULTS, flops_of, infer_program_id};
use lux_protocol::ClaimTrace;
use lux_protocol::constants::{COMPUTE_MARKET, MAX_CHECKPOINTS};
use lux_protocol::market::contract::IComputeMarket::{
    TaskFinalized, claimTaskCall, claimTasksCall, depositCall, finalizeTasksCall, registerModelCall, setEvidenceCall,
    setProgramCall, stakeCall, submitComputeResultCall, submitComputeResultsCall, submitComputeTaskCall,
};
use lux_protocol::market::contract::{ComputeResult, ComputeTask, Purpose};
use lux_protocol::market::{EvidenceKind, InputData, ModelTerms, ResultProof, claim_input};
use lux_protocol::payload_commitment;

const TASKS: usize = 4_000;
const REQUESTERS: usize = 40;
const WORKERS: usize = 20;
/// The market's default.
const CHALLENGE_PERIOD: u64 = 86_400;
/// Asked of the engine, lifecycles per second.
const TARGET: f64 = 500.0;
const LOCATION: &[u8] = b"https://blobs.example";

/// What workers send.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    /// Many tasks in a transaction, as `lux-compute` does.
    is_batched: bool,
    /// With the checkpoints of a real run; else as a run of one chunk.
    has_trace: bool,
}

const WAYS: [Way; 3] = [
    Way { name: "results of LeNet-5, workers batch", is_batched: true, has_trace: true },
    Way { name: "results of one chunk, workers batch", is_batched: true, has_trace: false },
    Way { name: "results of one chunk, a transaction for every step", is_batched: false, has_trace: false },
];

pub fn run(report: &mut Report, inference: &Inference) -> eyre::Result<()> {
    let governed = |module: Address| {
        let evidence = setEvidenceCall { kind: EvidenceKind::Fault as u8, module };
        let program = setProgramCall { purpose: Purpose::Infer, program: infer_program_id() };
        vec![evidence.abi_encode(), program.abi_encode()]
    };
    let mut l2 = L2::open(REQUESTERS + WORKERS, COMPUTE_MARKET, TaskFinalized::SIGNATURE_HASH, governed)?;
    let model = inference.bundle.model.hash();
    let metadata = ModelTerms { flops_per_gas: 1, ..ModelTerms::default() }.encode()?;
    let mut setup = vec![Ask::new(0, registerModelCall { modelHash: model, modelMetadata: metadata }, 1)];
    for account in 0..REQUESTERS + WORKERS {
        let deposit = depositCall { account: l2.address(account) };
        setup.push(Ask { value: ether(10), ..Ask::new(account, deposit, 1) });
    }
    setup.extend(
        (REQUESTERS..REQUESTERS + WORKERS).map(|worker| Ask { value: ether(1), ..Ask::new(worker, stakeCall {}, 1) }),
    );
    l2.ask(setup)?;
    for (number, way) in WAYS.into_iter().enumerate() {
        measure(report, &mut l2, inference, way, number)?;
    }
    Ok(())
}

fn measure(report: &mut Report, l2: &mut L2, inference: &Inference, way: Way, number: usize) -> eyre::Result<()> {
    let ids: Vec<B256> =
        (0..TASKS).map(|task| keccak256([number.to_be_bytes(), task.to_be_bytes()].concat())).collect();
    // A worker's tasks; their places in the list tell the worker.
    let by_worker = |most: usize| {
        let most = if way.is_batched { most } else { 1 };
        let share = TASKS / WORKERS;
        ids.chunks(share)
            .zip(REQUESTERS..)
            .flat_map(move |(own, worker)| own.chunks(most).map(move |ids| (worker, ids)))
    };
    let submit = ids.iter().enumerate().map(|(index, id)| {
        let task = task(inference, *id)?;
        Ok(Ask::new(index % REQUESTERS, submitComputeTaskCall { task }, 1))
    });
    let claim = by_worker(MAX_CLAIMED).map(|(worker, ids)| match way.is_batched {
        true => Ask::new(worker, claimTasksCall { taskIds: ids.to_vec() }, ids.len()),
        false => Ask::new(worker, claimTaskCall { taskId: ids[0] }, 1),
    });
    let size = result(inference, way, ids[0])?.zkProof.len() + 640;
    let deliver = by_worker(MAX_RESULTS.min(MAX_BATCH_BYTES / size)).map(|(worker, ids)| {
        let results = ids.iter().map(|id| result(inference, way, *id)).collect::<eyre::Result<Vec<_>>>()?;
        Ok(match way.is_batched {
            true => Ask::new(worker, submitComputeResultsCall { results }, ids.len()),
            false => Ask::new(worker, submitComputeResultCall { result: results[0].clone() }, 1),
        })
    });
    let collect = by_worker(MAX_FINALIZED)
        .map(|(worker, ids)| Ask::new(worker, finalizeTasksCall { taskIds: ids.to_vec() }, ids.len()));

    let submit = l2.ask(submit.collect::<eyre::Result<_>>()?)?;
    let claim = l2.ask(claim.collect())?;
    let deliver = l2.ask(deliver.collect::<eyre::Result<_>>()?)?;
    l2.wait(CHALLENGE_PERIOD);
    let collect = l2.ask(collect.collect())?;
    ensure!(l2.events == TASKS * (number + 1), "not every task is paid");

    let steps = [("submitComputeTask", submit), ("claim", claim), ("result", deliver), ("payment", collect)];
    let total = |part: fn(&Took) -> f64| steps.iter().map(|(_, took)| part(took)).sum::<f64>();
    println!("{TASKS} tasks, {}: {} transactions", way.name, total(|took| took.transactions as f64));
    report.rate(
        "  lifecycles, from the mempool to durable blocks",
        TASKS as f64 / total(|took| took.built.as_secs_f64()),
        Some(TARGET),
    );
    let processor = total(|took| took.processor);
    report.rate("    by the processor time that it took", TASKS as f64 / processor, Some(TARGET));
    let admitted = total(|took| took.admitted.as_secs_f64());
    report.rate("    admission to the mempool, one thread", TASKS as f64 / admitted, None);
    report.size("  gas of a lifecycle", total(|took| took.gas as f64) / TASKS as f64, None);
    for (name, took) in &steps {
        report.size(&format!("    {name}"), took.gas as f64 / TASKS as f64, None);
    }
    Ok(())
}

fn task(inference: &Inference, id: B256) -> eyre::Result<ComputeTask> {
    let model = &inference.bundle.model;
    let input = InputData { commitment: payload_commitment(&inference.data), location: Bytes::from_static(LOCATION) };
    Ok(ComputeTask {
        taskId: id,
        modelHash: model.hash(),
        inputDataHash: input.encode()?,
        requiredFlops: U256::from(flops_of(model)),
        maxGasPrice: U256::from(1_000_000_000),
        ..Default::default()
    })
}

fn result(inference: &Inference, way: Way, id: B256) -> eyre::Result<ComputeResult> {
    let evidence = match way.has_trace {
        true => ClaimTrace::of_run(&inference.states, MAX_CHECKPOINTS).encode(),
        false => Bytes::new(),
    };
    let model = &inference.bundle.model;
    let proof = ResultProof {
        kind: EvidenceKind::Fault,
        input: claim_input(model.hash(), payload_commitment(&inference.data)),
        evidence,
        output: inference.output.clone().into(),
    };
    Ok(ComputeResult {
        taskId: id,
        outputHash: payload_commitment(&inference.output),
        zkProof: proof.encode()?,
        gasUsed: U256::from(flops_of(model)),
        ..Default::default()
    })
}
