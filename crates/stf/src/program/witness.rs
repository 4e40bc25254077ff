//! What a node gives the program to read.

use super::{ProgramError, batch_output};
use alloc::vec::Vec;
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes};
use lux_oracle::{FnOracle, MissingPreimage, Preimages, Recorder};
use lux_protocol::constants::PIECE_BYTES;
use lux_protocol::{BatchOutput, ClaimInput, QueueEntry, merkle_nodes, payload_commitment};

/// Everything a run read, and what came out.
#[derive(Clone, Debug)]
pub struct BatchWitness {
    pub input: B256,
    pub output: BatchOutput,
    pub preimages: Preimages,
}

impl BatchWitness {
    /// Runs the program on `claim` and records what it reads. `known` holds what no database has (see
    /// [`block_preimages`]), `database` looks up trie nodes and code.
    pub fn collect(
        claim: &ClaimInput,
        known: &Preimages,
        database: impl Fn(&B256) -> Option<Bytes>,
    ) -> Result<Self, ProgramError<MissingPreimage>> {
        let oracle = Recorder::new(FnOracle(|hash: &B256| {
            known.get(hash).cloned().or_else(|| database(hash)).ok_or(MissingPreimage(*hash))
        }));
        let output = batch_output(claim.hash(), &oracle)?;
        Ok(Self { input: claim.hash(), output, preimages: oracle.into_preimages() })
    }
}

/// Preimages of a batch that are not in the state: the claim, the parent, the parameters, the payload and the queue
/// entries, of which the first follows `claim.parent_accumulator`.
///
/// `parent_hashes` are the hashes of the blocks of the parent batch, `parent` is the last one's header.
pub fn block_preimages(
    claim: &ClaimInput,
    parent: &Header,
    parent_hashes: &[B256],
    init_code: &[u8],
    payload: &[u8],
    entries: &[QueueEntry],
) -> Preimages {
    let mut known = Preimages::default();
    known.insert(claim.encode());
    known.insert(init_code.to_vec());
    known.insert(alloy_rlp::encode(parent));
    // Batch 0 has one block, whose hash stands for itself.
    let last = parent_hashes.last().copied().unwrap_or_default();
    known.insert([last.0, lux_protocol::merkle_root(parent_hashes).0].concat());

    let pieces: Vec<B256> = payload.chunks(PIECE_BYTES).map(|piece| known.insert(piece.to_vec())).collect();
    merkle_nodes(&pieces, |left, right| {
        known.insert([left.0, right.0].concat());
    });
    let length = alloy_primitives::U256::from(payload.len());
    known.insert([length.to_be_bytes(), lux_protocol::merkle_root(&pieces).0].concat());
    debug_assert!(known.get(&payload_commitment(payload)).is_some());

    let mut accumulator = claim.parent_accumulator;
    for entry in entries {
        known.insert(entry.data.clone());
        let hash = known.insert(entry.encode());
        accumulator = known.insert([accumulator.0, hash.0].concat());
    }
    known
}
