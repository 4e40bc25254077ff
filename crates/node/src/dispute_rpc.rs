//! The methods of the `rollup_*` namespace that run batches in the machine.

use crate::case::Case;
use crate::ledger::{BatchRecord, Ledger};
use crate::program::stf_program;
use crate::prover::preimages;
use crate::transition::{Transition, state_transition};
use crate::{Node, NodeError, Prover};
use alloy_primitives::{B256, Bytes, U64};
use jsonrpsee::RpcModule;
use jsonrpsee::types::{ErrorObjectOwned, Params};
use lux_chain::Chain;
use lux_dispute::{NextMove, run_blocking};
use lux_executor::encode_proof;
use lux_machine::prove_chunk;
use parking_lot::Mutex;
use serde::Serialize;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// "Limit exceeded" of EIP-1474.
const BUSY: i32 = -32005;
const FAILED: i32 = -32000;

/// What the methods answer from.
pub struct DisputeContext {
    prover: Prover,
    chain: Arc<Chain>,
    ledger: Ledger,
    /// Whether claims of this rollup can be disproved.
    disputed: bool,
    /// The last dispute that somebody asked about.
    last: Mutex<Option<Case>>,
    /// A run takes a core for seconds or minutes: there is one at a time, whoever asks.
    turn: Arc<Semaphore>,
}

/// What is next in a dispute about a false claim.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FaultProofReply {
    batch_number: U64,
    #[serde(rename = "move")]
    kind: &'static str,
    /// How many the claim has.
    chunks: U64,
    /// The chunk that the claim has wrong, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    chunk: Option<U64>,
    /// The segment that the claimant has to reveal.
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<U64>,
    /// Seconds; until then it is the claimant's turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<U64>,
    /// Argument of `challengeStateRoot`; nothing while it is the claimant's turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    fraud_proof: Option<Bytes>,
    bytes: U64,
}

impl FaultProofReply {
    fn new(number: u64, chunks: u32, next: NextMove) -> Self {
        let (kind, chunk, segment, deadline, fraud_proof) = match next {
            NextMove::Disprove { chunk, proof } => ("disprove", Some(chunk), None, None, Some(proof)),
            NextMove::Request { segment, proof } => ("request", None, Some(segment), None, Some(proof)),
            NextMove::Wait { segment, deadline } => ("wait", None, Some(segment), Some(deadline), None),
            NextMove::Timeout { segment, proof } => ("timeout", None, Some(segment), None, Some(proof)),
        };
        Self {
            batch_number: U64::from(number),
            kind,
            chunks: U64::from(chunks),
            chunk: chunk.map(U64::from),
            segment: segment.map(U64::from),
            deadline: deadline.map(U64::from),
            bytes: U64::from(fraud_proof.as_ref().map_or(0, |proof| proof.len())),
            fraud_proof,
        }
    }
}

/// What L1 needs to run one chunk itself.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChunkProofReply {
    batch_number: U64,
    chunk: U64,
    /// Hash of the state before the chunk.
    pre: B256,
    /// Hash of the state after it.
    post: B256,
    pages: U64,
    preimages: U64,
    proof: Bytes,
    bytes: U64,
}

/// Arguments of `IStateTransition`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TransitionReply {
    batch_number: U64,
    /// Whether L1 holds a claim about the batch; then it is what the claim says.
    claimed: bool,
    /// Proofs in the witness, from `first_chunk` on.
    chunks: U64,
    first_chunk: U64,
    transition: Transition,
}

/// Methods that judge claims about batches of a node's rollup.
pub fn dispute_module(node: &Node) -> Result<RpcModule<DisputeContext>, NodeError> {
    let context = DisputeContext {
        prover: node.prover(),
        chain: node.chain.clone(),
        ledger: Ledger::new(node.chain.store().clone()),
        disputed: node.rollup.program.is_some(),
        last: Mutex::default(),
        turn: Arc::new(Semaphore::new(1)),
    };
    register(context).map_err(|error| NodeError::Config(error.to_string()))
}

fn register(context: DisputeContext) -> Result<RpcModule<DisputeContext>, jsonrpsee::core::RegisterMethodError> {
    let mut module = RpcModule::new(context);
    module.register_async_method("rollup_faultProof", |params: Params<'static>, context, _| async move {
        let number: U64 = params.one()?;
        in_turn(&context.turn, fault_proof(context.clone(), number.to())).await
    })?;
    module.register_async_method("rollup_chunkProof", |params: Params<'static>, context, _| async move {
        let (number, chunk): (U64, U64) = params.parse()?;
        in_turn(&context.turn, chunk_proof(context.clone(), number.to(), chunk.to())).await
    })?;
    module.register_async_method("rollup_stateTransition", |params: Params<'static>, context, _| async move {
        let mut params = params.sequence();
        let (number, chunk): (U64, Option<U64>) = (params.next()?, params.optional_next()?);
        in_turn(&context.turn, transition(context.clone(), number.to(), chunk.map(|chunk| chunk.to()))).await
    })?;
    Ok(module)
}

fn refused(code: i32, message: impl ToString) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(code, message.to_string(), None::<()>)
}

/// Does the work unless other work is under way.
async fn in_turn<T: Send + 'static>(
    turn: &Arc<Semaphore>,
    work: impl Future<Output = Result<T, NodeError>> + Send + 'static,
) -> Result<T, ErrorObjectOwned> {
    let Ok(permit) = turn.clone().try_acquire_owned() else {
        return Err(refused(BUSY, "the node is busy with another proof, and makes one at a time; try again later"));
    };
    // A task of its own: a client that hangs up does not stop the thread that runs the batch, so its turn must last too.
    let task = tokio::spawn(async move {
        let _permit = permit;
        work.await
    });
    match task.await {
        Ok(result) => result.map_err(|error| refused(FAILED, error)),
        Err(error) => Err(refused(FAILED, format!("the proof was given up: {error}"))),
    }
}

/// The batch, if this node has executed it.
fn known(context: &DisputeContext, number: u64) -> Result<BatchRecord, NodeError> {
    let batch = context.ledger.batch(number)?.filter(|_| number > 0);
    batch.ok_or_else(|| NodeError::Config(format!("this node knows no batch {number}")))
}

fn require_disputed(context: &DisputeContext) -> Result<(), NodeError> {
    let error = || NodeError::Config("this rollup has no fault proofs: its claims cannot be disproved".into());
    context.disputed.then_some(()).ok_or_else(error)
}

async fn fault_proof(context: Arc<DisputeContext>, number: u64) -> Result<Option<FaultProofReply>, NodeError> {
    require_disputed(&context)?;
    if !known(&context, number)?.has_claim() {
        return Err(NodeError::Config(format!("this node knows no claim about batch {number}")));
    }
    // A dispute takes several questions; the run is made for the first.
    let kept = context.last.lock().take().filter(|case| case.record.number == number);
    let mut case = match kept {
        Some(case) if context.prover.is_current(&case).await? => case,
        _ => context.prover.case(number).await?,
    };
    case.dispute.forget_revealed();
    let next = context.prover.next_move(&mut case).await;
    let chunks = case.dispute.claimed.trace.chunks;
    *context.last.lock() = Some(case);
    Ok(next?.map(|next| FaultProofReply::new(number, chunks, next)))
}

async fn chunk_proof(context: Arc<DisputeContext>, number: u64, chunk: u64) -> Result<ChunkProofReply, NodeError> {
    known(&context, number)?;
    let witness = context.prover.batch(number).await?.witness;
    let (input, mut host) = (witness.input, preimages(&witness));
    let proof = run_blocking(move || {
        prove_chunk(stf_program(), input, &mut host, chunk)
            .map_err(|error| NodeError::Config(format!("batch {number}, chunk {chunk}: {error}")))
    })
    .await?;
    let bytes = encode_proof(&proof);
    Ok(ChunkProofReply {
        batch_number: U64::from(number),
        chunk: U64::from(chunk),
        pre: proof.pre,
        post: proof.post,
        pages: U64::from(proof.pages.len()),
        preimages: U64::from(proof.preimages.len()),
        bytes: U64::from(bytes.len()),
        proof: bytes,
    })
}

async fn transition(
    context: Arc<DisputeContext>,
    number: u64,
    chunk: Option<u64>,
) -> Result<TransitionReply, NodeError> {
    require_disputed(&context)?;
    let claimed = known(&context, number)?.has_claim();
    let (transition, chunks) = state_transition(&context.prover, &context.chain, number, chunk).await?;
    Ok(TransitionReply {
        batch_number: U64::from(number),
        claimed,
        chunks: U64::from(chunks),
        first_chunk: U64::from(chunk.unwrap_or_default()),
        transition,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn second_caller_is_told_to_wait_even_if_the_first_hung_up() {
        let turn = Arc::new(Semaphore::new(1));
        let (finish, finished) = tokio::sync::oneshot::channel::<()>();
        let first = in_turn(&turn, async move {
            let _ = finished.await;
            Ok(1)
        });
        // Hangs up.
        assert!(tokio::time::timeout(std::time::Duration::from_millis(10), first).await.is_err());
        let busy = in_turn(&turn, async { Ok(2) }).await.expect_err("the first still runs");
        assert_eq!(busy.code(), BUSY);
        finish.send(()).expect("the work still waits");
        while turn.available_permits() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(in_turn(&turn, async { Ok(3) }).await.expect("free again"), 3);
    }
}
