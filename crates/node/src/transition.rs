//! Batches as `IStateTransition` takes them (`docs/state-transition.md`).

use crate::blocks::receipts_roots;
use crate::error::run_failed;
use crate::program::stf_program;
use crate::prover::{ProvableBatch, preimages};
use crate::{NodeError, Prover, batch_messages};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolValue;
use lux_chain::Chain;
use lux_dispute::run_blocking;
use lux_executor::encode_proof;
use lux_machine::{Host, Machine, Status, prove_chunk};
use lux_protocol::constants::PIECE_BYTES;
use lux_protocol::{BatchOutput, ClaimInput};
use serde::Serialize;

/// Most chunks in one witness. They take 8,000,000 gas each at most: few endpoints let a call have more than for these.
const MAX_CHUNKS: usize = 32;

/// `IStateTransition.StateTransition`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    pub pre_state_root: B256,
    pub post_state_root: B256,
    pub transactions: Vec<Bytes>,
    pub receipts: Vec<Bytes>,
    pub witness: Bytes,
}

/// What its witness is the encoding of.
struct Witness {
    /// Of the run.
    output: BatchOutput,
    claimed_transaction_root: B256,
    trace: Bytes,
    revealed: Vec<B256>,
    first_chunk: u64,
    chunks: Vec<Bytes>,
}

impl Witness {
    fn encode(self) -> Bytes {
        let BatchOutput { state_root, transaction_root, receipt_root } = self.output;
        let values = (
            (state_root, transaction_root, receipt_root, self.claimed_transaction_root),
            U256::from(self.first_chunk),
            self.trace,
            Bytes::from(self.revealed.concat()),
            self.chunks,
        );
        values.abi_encode_params().into()
    }
}

/// The transition that L1 holds a claim about, true or not; without a claim, the one that this node made. The witness has the
/// proofs of all chunks, or of one.
pub async fn state_transition(
    prover: &Prover,
    chain: &Chain,
    number: u64,
    chunk: Option<u64>,
) -> Result<(Transition, usize), NodeError> {
    let batch = prover.batch(number).await?;
    let output = batch.record.output();
    let (mut stated, mut trace, mut revealed) = (output, Bytes::new(), Vec::new());
    if batch.record.has_claim() {
        let (claim, claimed) = prover.claimed(&batch).await?;
        stated = batch.record.claimed();
        trace = claimed.trace.encode();
        if let Some(chunk) = chunk {
            revealed = prover.revealed(number, &claim, &claimed.trace, chunk).await?;
        }
    }
    let chunks = chunk_proofs(&batch, chunk).await?;
    let count = chunks.len();
    // Of a false root nobody may know what it is of.
    let is_known = stated.receipt_root == output.receipt_root;
    let receipts = if is_known { receipts(chain, &batch)? } else { vec![stated.receipt_root.into()] };
    let witness = Witness {
        output,
        claimed_transaction_root: stated.transaction_root,
        trace,
        revealed,
        first_chunk: chunk.unwrap_or_default(),
        chunks,
    };
    let transition = Transition {
        pre_state_root: batch.claim_input.parent_state_root,
        post_state_root: stated.state_root,
        transactions: transactions(&batch.claim_input, &batch.payload),
        receipts,
        witness: witness.encode(),
    };
    Ok((transition, count))
}

/// Everything that the batch is derived from beside the state, then the pieces of its payload.
fn transactions(input: &ClaimInput, payload: &Bytes) -> Vec<Bytes> {
    let context = [
        input.parent_transaction_root,
        input.parent_accumulator,
        input.accumulator,
        U256::from(input.timestamp).into(),
        U256::from(input.l1_block_number).into(),
        input.params_hash,
    ];
    let pieces = payload.chunks(PIECE_BYTES).map(Bytes::copy_from_slice);
    [Bytes::from(context.concat())].into_iter().chain(pieces).collect()
}

/// The receipts root of each block, then the hashes of the messages that they sent.
fn receipts(chain: &Chain, batch: &ProvableBatch) -> Result<Vec<Bytes>, NodeError> {
    let (first, last) = (batch.record.first_block, batch.record.last_block);
    let roots = receipts_roots(chain, first, last)?.into_iter().map(Bytes::from);
    let messages = batch_messages(chain, first, last)?.concat().into();
    Ok(roots.chain([messages]).collect())
}

async fn chunk_proofs(batch: &ProvableBatch, chunk: Option<u64>) -> Result<Vec<Bytes>, NodeError> {
    let (number, input, mut host) = (batch.record.number, batch.witness.input, preimages(&batch.witness));
    run_blocking(move || match chunk {
        Some(chunk) => {
            let proof = prove_chunk(stf_program(), input, &mut host, chunk)
                .map_err(|error| NodeError::Config(format!("batch {number}, chunk {chunk}: {error}")))?;
            Ok(vec![encode_proof(&proof)])
        }
        None => all_proofs(number, input, &mut host),
    })
    .await
}

fn all_proofs(number: u64, input: B256, host: &mut dyn Host) -> Result<Vec<Bytes>, NodeError> {
    let mut machine = Machine::new(stf_program(), input);
    let mut proofs = Vec::new();
    while machine.status() == Status::Running {
        if proofs.len() == MAX_CHUNKS {
            return Err(NodeError::Config(format!(
                "the run of batch {number} has more than {MAX_CHUNKS} chunks, too many for one call: name a chunk as the second \
                 parameter, or run them one by one with `rollup_chunkProof` and `ChunkVerifier.run`"
            )));
        }
        proofs.push(encode_proof(&machine.prove_chunk(host).map_err(run_failed)?));
        machine.run_chunk(host).map_err(run_failed)?;
    }
    Ok(proofs)
}
