//! From a false result to the transaction that ends it.

use super::scene::{FIRST_WORKER, Scene, WATCHER, ether};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolEvent;
use eyre::{ensure, eyre};
use lux_compute::{Role, claimed_output};
use lux_inference::Bundle;
use lux_inference::fast::Engine;
use lux_l1::{BlockTag, LogFilter};
use lux_machine::{Status, trace};
use lux_models::{Witness, infer_program};
use lux_protocol::ClaimTrace;
use lux_protocol::constants::MAX_CHECKPOINTS;
use lux_protocol::market::contract::ComputeResult;
use lux_protocol::market::contract::IComputeMarket::{ResultDisproved, stakeCall, submitComputeResultCall};
use lux_protocol::market::{EvidenceKind, ResultProof, claim_input};
use lux_protocol::payload_commitment;
use std::time::Instant;

const MAX_CHUNKS: u64 = 1 << 22;
/// What liars say.
const LIE: B256 = B256::repeat_byte(0x66);
/// Steps of a watcher, each of which does all that is due.
const MAX_STEPS: usize = 100;

/// A network, an input of it, and their true run.
pub struct Inference {
    pub bundle: Bundle,
    pub data: Vec<u8>,
    pub witness: Witness,
    pub output: Vec<u8>,
    pub states: Vec<B256>,
}

impl Inference {
    pub fn run(bundle: Bundle, data: Vec<u8>) -> eyre::Result<Self> {
        let output = Engine::new(&bundle, 1).run(&data)?;
        let mut witness = Witness::new(&bundle, &data);
        let run = trace(infer_program(), witness.input, &mut witness.preimages, MAX_CHUNKS)?;
        ensure!(run.outcome == Status::Halted(claimed_output(Some(&output))), "the machine gives another output");
        Ok(Self { bundle, data, witness, output, states: run.checkpoints })
    }

    pub const fn chunks(&self) -> usize {
        self.states.len()
    }

    /// What a worker says about the run who leaves it at this chunk.
    fn false_trace(&self, chunk: usize) -> ClaimTrace {
        let mut states = self.states.clone();
        states[chunk..].fill(LIE);
        ClaimTrace::of_run(&states, MAX_CHECKPOINTS)
    }
}

/// What it took to disprove a result.
#[derive(Clone, Copy, Debug)]
pub struct Disproof {
    /// Of the watcher.
    pub transactions: u64,
    pub gas: u64,
    /// Of the calldata.
    pub bytes: usize,
    /// From the false result on the chain to the transaction there.
    pub seconds: f64,
}

/// A worker delivers a result that is false from this chunk on, and the watcher has it rejected.
pub async fn disprove(scene: &mut Scene, inference: &Inference, liar: usize, chunk: usize) -> eyre::Result<Disproof> {
    let liar = FIRST_WORKER + liar;
    let id = B256::from(U256::from(liar));
    scene.send(liar, ether(1), stakeCall {}).await?;
    scene.offer(id, &inference.bundle, &inference.data).await?;
    let mut watcher = scene.watcher(id).await?;
    watcher.step().await?;
    let watcher_account = scene.account(WATCHER);
    let sent_before = scene.market.chain.nonce(watcher_account, BlockTag::Latest).await?;

    let proof = ResultProof {
        kind: EvidenceKind::Fault,
        input: claim_input(inference.bundle.model.hash(), payload_commitment(&inference.data)),
        evidence: inference.false_trace(chunk).encode(),
        output: Bytes::new(),
    };
    let result = ComputeResult {
        taskId: id,
        outputHash: LIE,
        zkProof: proof.encode()?,
        gasUsed: U256::from(1),
        ..Default::default()
    };
    scene.send(liar, U256::ZERO, submitComputeResultCall { result }).await?;
    let started = Instant::now();
    let rejected = LogFilter { addresses: vec![scene.market.address], topics: vec![ResultDisproved::SIGNATURE_HASH] };
    for _ in 0..MAX_STEPS {
        watcher.step().await?;
        let log = scene.market.chain.find_last_log(&rejected, 0, |log| {
            (log.topics().get(1) == Some(&id)).then_some(log.transaction_hash).flatten()
        });
        if let Some(hash) = log.await? {
            let seconds = started.elapsed().as_secs_f64();
            let chain = &scene.market.chain;
            let receipt = chain.receipt(hash).await?.ok_or_else(|| eyre!("no receipt of {hash}"))?;
            let transaction = chain.transaction(hash).await?.ok_or_else(|| eyre!("no transaction {hash}"))?;
            let transactions = chain.nonce(watcher_account, BlockTag::Latest).await? - sent_before;
            return Ok(Disproof { transactions, gas: receipt.gas_used, bytes: transaction.input.len(), seconds });
        }
        if watcher.is_computing() {
            watcher.run_ends().await?;
        }
    }
    Err(eyre!("the watcher does not disprove chunk {chunk}"))
}
