//! Jobs: how a creator makes one, and how a worker reads it.

use crate::contract::Created;
use crate::{ChainError, Contract, Terms};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use lux_federated::{Aggregation, Exchange, Job, encode_vector};
use lux_l1::{TxManager, TxRequest};
use lux_protocol::training::ITraining::{JobConfig, createTrainingJobWithCall, depositCall};
use lux_protocol::training::{JobStatus, Rule as RuleKind, TrainingJob};
use lux_secagg::Assumptions;
use lux_training::limits::MAX_POINTS;
use lux_training::{Clip, Rule};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks at a transaction of an earlier process.
const PAUSE: Duration = Duration::from_millis(250);

/// Seconds of a run's phases; without masks there are no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseSeconds {
    pub keys: u32,
    pub collect: u32,
    pub aggregate: u32,
}

/// A job to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub terms: Terms,
    pub aggregation: Aggregation,
    pub clip: Option<Clip>,
    /// Of masked updates, which come with a proof of it.
    pub norm_bound: Option<u32>,
    pub rounds: u32,
    pub min_workers: u16,
    pub max_workers: u16,
    /// wei
    pub reward_pool: U256,
    /// Of each worker, wei.
    pub stake: U256,
    /// Zero: the creator.
    pub coordinator: Address,
    /// For people; nobody reads it.
    pub dataset: B256,
    pub periods: PhaseSeconds,
}

/// LP-500's `learningRate`: parts of 10^18.
fn scaled(rate: f32) -> U256 {
    U256::from((f64::from(rate) * 1e18) as u128)
}

/// As `JobConfig` has a privacy budget.
fn micros(epsilon: f64) -> u32 {
    (epsilon * 1e6) as u32
}

/// Makes a job, whose terms and first weights are in the store from then on. The `name` tells jobs of one creator apart: the same again is
/// the same job, whatever stopped the first attempt. Returns the job's id.
pub async fn create_job(
    contract: &Contract,
    transactions: &TxManager,
    blobs: &Exchange,
    name: &str,
    offer: &Offer,
    weights: &[i32],
) -> Result<B256, ChainError> {
    let id = keccak256((transactions.address(), name.to_owned()).abi_encode_params());
    let encoded = offer.terms.encode();
    let terms = blobs.put(encoded).await?;
    let weights_blob = blobs.put(encode_vector(weights)).await?;
    let job = TrainingJob {
        jobId: id,
        modelArchitectureHash: terms,
        datasetHash: offer.dataset,
        numEpochs: U256::from(offer.rounds),
        batchSize: U256::from(offer.terms.training.batch),
        learningRate: scaled(offer.terms.training.learning_rate),
        minWorkers: U256::from(offer.min_workers),
        rewardPool: offer.reward_pool,
    };
    let config = config_of(offer, terms, weights_blob);
    let chain_id = contract.chain.chain_id().await?;
    let created = Created { block: 0, creator: transactions.address(), job, config };
    let readable = job_of(contract, chain_id, id, &created, offer.terms.clone())?;
    if weights.len() != readable.length() {
        return Err(ChainError::Job("the first weights have another length than its network"));
    }
    if contract.job(id).await?.status != JobStatus::None {
        return Ok(id);
    }
    top_up(contract, transactions, offer.reward_pool).await?;
    let Created { job, config, .. } = created;
    let call = createTrainingJobWithCall { job, config };
    transactions.send(TxRequest::call(format!("train-job/{id}"), contract.address, call.abi_encode())).await?;
    Ok(id)
}

/// Deposits what the account's free balance lacks.
pub(crate) async fn top_up(contract: &Contract, transactions: &TxManager, needed: U256) -> Result<(), ChainError> {
    let account = transactions.address();
    let id = format!("train-deposit/{}", contract.address);
    // What an earlier process sent counts first.
    while transactions.is_under_way(&id) {
        transactions.step().await?;
        tokio::time::sleep(PAUSE).await;
    }
    let missing = needed.saturating_sub(contract.balance_of(account).await?);
    if missing.is_zero() {
        return Ok(());
    }
    let id = transactions.unused_id(id).await?;
    let request = TxRequest::call(id, contract.address, depositCall { account }.abi_encode());
    transactions.send(TxRequest { value: missing, ..request }).await?;
    Ok(())
}

fn config_of(offer: &Offer, terms: B256, weights: B256) -> JobConfig {
    let (rule, [p1, p2], word_bits) = match offer.aggregation {
        Aggregation::Plain(Rule::Mean { cap }) => (RuleKind::Mean, [cap, 0], 0),
        Aggregation::Plain(Rule::Median) => (RuleKind::Median, [0, 0], 0),
        Aggregation::Plain(Rule::TrimmedMean { trim }) => (RuleKind::TrimmedMean, [trim, 0], 0),
        Aggregation::Plain(Rule::Krum { faults, selected }) => (RuleKind::Krum, [faults, selected], 0),
        Aggregation::Plain(Rule::Bulyan { faults }) => (RuleKind::Bulyan, [faults, 0], 0),
        Aggregation::Secure(_) => (RuleKind::Mean, [1, 0], 32),
    };
    let epsilon = offer.terms.privacy.map_or(0.0, |privacy| privacy.epsilon);
    JobConfig {
        coordinator: offer.coordinator,
        stake: offer.stake.saturating_to(),
        weights,
        terms,
        rule,
        p1,
        p2,
        clip: offer.clip.map_or(0, Clip::norm),
        multiplier: 1,
        shift: 0,
        length: offer.terms.architecture.parameters() as u32,
        pointsCap: MAX_POINTS,
        epsilonMicros: micros(epsilon),
        maxWorkers: offer.max_workers,
        wordBits: word_bits,
        keyPeriod: offer.periods.keys,
        collectPeriod: offer.periods.collect,
        aggregatePeriod: offer.periods.aggregate,
        normBound: offer.norm_bound.unwrap_or(0),
    }
}

/// What workers train. Refused where contract and terms contradict each other, and where this version does not do what the contract
/// allows.
pub(crate) fn job_of(
    contract: &Contract,
    chain_id: u64,
    id: B256,
    created: &Created,
    terms: Terms,
) -> Result<Arc<Job>, ChainError> {
    let config = &created.config;
    if config.weights.is_zero() || config.terms.is_zero() || config.length == 0 {
        return Err(ChainError::Job("it names no weights, no terms or no length"));
    }
    if config.multiplier != 1 || config.shift != 0 {
        return Err(ChainError::Job("its updates are not added to the weights as they are"));
    }
    let aggregation = match (config.wordBits, &config.rule) {
        (0, RuleKind::Mean) => Aggregation::Plain(Rule::Mean { cap: config.p1 }),
        (0, RuleKind::Median) => Aggregation::Plain(Rule::Median),
        (0, RuleKind::TrimmedMean) => Aggregation::Plain(Rule::TrimmedMean { trim: config.p1 }),
        (0, RuleKind::Krum) => Aggregation::Plain(Rule::Krum { faults: config.p1, selected: config.p2 }),
        (0, RuleKind::Bulyan) => Aggregation::Plain(Rule::Bulyan { faults: config.p1 }),
        (32, _) => Aggregation::Secure(Assumptions::default()),
        _ => return Err(ChainError::Job("its rule or its words are none that this version has")),
    };
    let parameters = match config.rule {
        RuleKind::Krum => [config.p1, config.p2],
        RuleKind::Median => [0, 0],
        _ => [config.p1, 0],
    };
    if parameters != [config.p1, config.p2] {
        return Err(ChainError::Job("its rule has parameters that the program does not know"));
    }
    let epsilon = terms.privacy.map_or(0.0, |privacy| privacy.epsilon);
    let agree = terms.architecture.parameters() == config.length as usize
        && created.job.batchSize == U256::from(terms.training.batch)
        && created.job.learningRate == scaled(terms.training.learning_rate)
        && config.epsilonMicros == micros(epsilon);
    if !agree {
        return Err(ChainError::Job("its terms contradict what the contract says"));
    }
    let rounds: u64 = created.job.numEpochs.saturating_to();
    let job = Job {
        chain_id,
        id: keccak256((contract.address, id).abi_encode()),
        members: BTreeSet::new(),
        architecture: terms.architecture,
        fraction_bits: terms.fraction_bits,
        training: terms.training,
        clip: Clip::new(config.clip),
        aggregation,
        norm_bound: (config.normBound != 0).then_some(config.normBound),
        privacy: terms.privacy,
        rounds,
        attempts: 4 * rounds,
    };
    Ok(Arc::new(job.checked_for(config.maxWorkers.into())?))
}
