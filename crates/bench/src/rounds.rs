//! What rounds of 100 workers cost on L2: gas, and bytes of the payload that L1 gets, for each worker.

use crate::l2::{Ask, L2, Took};
use crate::report::Report;
use alloy_primitives::aliases::U96;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_signer::SignerSync;
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use eyre::ensure;
use lux_protocol::ClaimTrace;
use lux_protocol::constants::{DEFAULT_L2_CHAIN_ID, MAX_CHECKPOINTS, TRAINING};
use lux_protocol::training::ITraining::{
    JobConfig, RewardsDistributed, advanceCall, aggregateGradientsCall, announceCall, createTrainingJobWithCall,
    depositCall, distributeRewardsCall, initSecureAggregationCall, joinTrainingJobCall, revealAggregationKeyCall,
    setEvidenceCall, setProgramCall, submitEncryptedGradientCall, submitGradientUpdateCall,
};
use lux_protocol::training::{FederatedUpdate, Rule, TrainingJob, WorkerContribution};
use lux_secagg::{Client, Context, Message};

const WORKERS: usize = 100;
/// Votes that end a masked round.
const QUORUM: usize = 2 * WORKERS / 3 + 1;
/// The account after the workers'.
const CREATOR: usize = WORKERS;
const PERIOD: u32 = 86_400;
const LENGTH: u32 = 1_000_000;
/// Of a signature, a bitmap of the workers, a digest and the commitment of a norm proof.
const MASKED_BYTES: usize = 65 + WORKERS.div_ceil(8) + 32 + 32;
/// Of a signature, and a share for every worker.
const UNMASK_BYTES: usize = 65 + 35 * WORKERS;
const REPORT_BYTES: usize = 7;
const COIN: u64 = 1_000_000_000_000_000_000;

pub fn run(report: &mut Report) -> eyre::Result<()> {
    let governed = |module: Address| {
        let program = setProgramCall { program: keccak256("aggregate") };
        vec![setEvidenceCall { kind: 0, module }.abi_encode(), program.abi_encode()]
    };
    let mut l2 = L2::open(WORKERS + 1, TRAINING, RewardsDistributed::SIGNATURE_HASH, governed)?;
    let deposits = (0..=WORKERS).map(|account| {
        let deposit = Ask::new(account, depositCall { account: l2.address(account) }, 1);
        Ask { value: U256::from(20) * U256::from(COIN), ..deposit }
    });
    let deposits = deposits.collect();
    l2.ask(deposits)?;
    println!("A masked round of {WORKERS} workers, of each:");
    let masked = masked(&mut l2)?;
    rows(report, &masked);
    println!("A round of public updates of {WORKERS} workers with {MAX_CHECKPOINTS} checkpoints, of each:");
    let plain = plain(&mut l2)?;
    rows(report, &plain);
    ensure!(l2.events == 2, "{} of 2 rounds are paid", l2.events);
    Ok(())
}

type Steps = Vec<(&'static str, Took)>;

/// Joining is once in a job, the rest is every round's.
fn rows(report: &mut Report, steps: &Steps) {
    let each = |amount: f64| amount / WORKERS as f64;
    let mut row = |name: &str, took: &Took| {
        report.size(&format!("  gas, {name}"), each(took.gas as f64), None);
        report.size("    bytes on L1", each(took.bytes as f64), None);
    };
    let mut round = Took::default();
    for (name, took) in steps {
        row(name, took);
        if *name != JOIN {
            round.gas += took.gas;
            round.bytes += took.bytes;
        }
    }
    row("all of a round", &round);
}

const JOIN: &str = "joining, once in a job";

fn open(l2: &mut L2, id: B256, word_bits: u8) -> eyre::Result<(&'static str, Took)> {
    let job = TrainingJob {
        jobId: id,
        numEpochs: U256::from(1),
        minWorkers: U256::from(WORKERS),
        rewardPool: U256::from(COIN),
        ..Default::default()
    };
    let config = JobConfig {
        coordinator: Address::ZERO,
        stake: U96::from(COIN / 10),
        weights: keccak256("first weights"),
        terms: keccak256("terms"),
        rule: if word_bits == 0 { Rule::Median } else { Rule::Mean },
        p1: u32::from(word_bits != 0),
        p2: 0,
        clip: 0,
        multiplier: 1,
        shift: 0,
        length: LENGTH,
        pointsCap: 1 << 24,
        epsilonMicros: 0,
        maxWorkers: WORKERS as u16,
        wordBits: word_bits,
        keyPeriod: PERIOD,
        collectPeriod: PERIOD,
        aggregatePeriod: PERIOD,
        normBound: if word_bits == 0 { 0 } else { 1 << 20 },
    };
    l2.ask(vec![Ask::new(CREATOR, createTrainingJobWithCall { job, config }, 2)])?;
    let join = |worker| Ask::new(worker, joinTrainingJobCall { jobId: id, workerAttestation: Bytes::new() }, 1);
    Ok((JOIN, l2.ask((0..WORKERS).map(join).collect())?))
}

/// Bytes that do not compress.
fn noise(length: usize, seed: usize) -> Vec<u8> {
    let blocks = (0u64..).flat_map(|block| keccak256((seed as u64, block).abi_encode()).0);
    blocks.take(length).collect()
}

fn of_all(l2: &mut L2, call: impl Fn(usize) -> Ask) -> eyre::Result<Took> {
    l2.ask((0..WORKERS).map(call).collect())
}

fn masked(l2: &mut L2) -> eyre::Result<Steps> {
    let id = keccak256("masked");
    let mut steps = vec![open(l2, id, 32)?];
    let announce = |from: usize, step: u8| {
        let content = noise(32, 1_000 * usize::from(step) + from).into();
        Ask::new(from, announceCall { jobId: id, step, content }, 1)
    };
    let roster = initSecureAggregationCall { jobId: id, publicKeys: keys(l2, id)?.into() };
    steps.push(("keys", of_all(l2, |worker| announce(worker, 1))?));
    steps.push(("roster, by the coordinator", l2.ask(vec![Ask::new(CREATOR, roster, 10)])?));
    steps.push(("beacon", l2.ask(vec![Ask::new(0, advanceCall { jobId: id }, 1)])?));
    steps.push(("shares", of_all(l2, |worker| announce(worker, 2))?));
    let mask = |worker: usize| {
        let message = Bytes::from(noise(MASKED_BYTES, worker));
        let encrypted = (keccak256(worker.to_be_bytes()), U256::ONE, message).abi_encode_params();
        Ask::new(worker, submitEncryptedGradientCall { jobId: id, encryptedGradient: encrypted.into() }, 1)
    };
    steps.push(("masked vectors", of_all(l2, mask)?));
    steps.push(("signatures of the survivors", of_all(l2, |worker| announce(worker, 3))?));
    let ends = (4..=6).map(|step| announce(CREATOR, step)).collect();
    steps.push(("ends of three phases, by the coordinator", l2.ask(ends)?));
    let say = |worker, message: Vec<u8>, vote: (B256, B256, U256)| {
        let share = (Bytes::from(message), vote.0, vote.1, vote.2).abi_encode_params();
        Ask::new(worker, revealAggregationKeyCall { jobId: id, keyShare: share.into() }, 2)
    };
    let reveal = |worker| say(worker, noise(UNMASK_BYTES, worker), Default::default());
    steps.push(("revealed shares", of_all(l2, reveal)?));
    let survivors = (U256::ONE << WORKERS) - U256::ONE;
    let vote = |worker| say(worker, Vec::new(), (keccak256("aggregate"), keccak256("weights"), survivors));
    steps.push(("votes", l2.ask((0..QUORUM).map(vote).collect())?));
    steps.push(("reward", pay(l2, id)?));
    Ok(steps)
}

fn pay(l2: &mut L2, id: B256) -> eyre::Result<Took> {
    l2.ask(vec![Ask::new(0, distributeRewardsCall { jobId: id, round: U256::ONE }, 10)])
}

/// Signed keys of all, by ascending addresses.
fn keys(l2: &L2, id: B256) -> eyre::Result<Vec<u8>> {
    let context = Context { chain_id: DEFAULT_L2_CHAIN_ID, job: keccak256((TRAINING, id).abi_encode()), round: 1 };
    let mut workers: Vec<_> = (0..WORKERS).map(|worker| l2.signer(worker)).collect();
    workers.sort_unstable_by_key(|signer| signer.address());
    let mut all = Vec::new();
    for signer in workers {
        let message = Client::new(context, signer.address(), keccak256(signer.address()).0).advertise_keys().message;
        let signature = signer.sign_hash_sync(&message.digest(context.digest()))?;
        all.extend(message.sign(signature).encode());
    }
    Ok(all)
}

fn plain(l2: &mut L2) -> eyre::Result<Steps> {
    let id = keccak256("plain");
    let mut steps = vec![open(l2, id, 0)?];
    let contributions: Vec<_> = (0..WORKERS)
        .map(|worker| WorkerContribution {
            worker: l2.address(worker),
            gradientHash: keccak256(worker.to_be_bytes()),
            dataPointsProcessed: U256::from(1_000),
            ..WorkerContribution::default()
        })
        .collect();
    let submit = |worker: usize| {
        let contribution = contributions[worker].clone();
        Ask::new(worker, submitGradientUpdateCall { jobId: id, contribution }, 1)
    };
    steps.push(("update", of_all(l2, submit)?));
    let states: Vec<B256> = (0..MAX_CHECKPOINTS as u64 + 1).map(|state| keccak256(state.to_be_bytes())).collect();
    let trace = ClaimTrace::of_run(&states, MAX_CHECKPOINTS).encode();
    let (report, weights) = (Bytes::from(vec![0; REPORT_BYTES * WORKERS]), keccak256("weights"));
    let proof = (U256::ZERO, U256::from(LENGTH), weights, report, trace).abi_encode_params();
    let update = FederatedUpdate {
        jobId: id,
        round: U256::ONE,
        contributions,
        aggregatedGradientHash: keccak256("aggregate"),
        convergenceProof: proof.into(),
    };
    let claim = Ask::new(CREATOR, aggregateGradientsCall { jobId: id, update }, WORKERS);
    steps.push(("aggregate, by the coordinator", l2.ask(vec![claim])?));
    l2.wait(u64::from(PERIOD));
    steps.push(("reward", pay(l2, id)?));
    Ok(steps)
}
