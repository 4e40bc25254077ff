//! The claim that a round has its result, computed from blobs a piece at a time.

use crate::{Exchange, FederatedError};
use alloy_primitives::{B256, Bytes, U256, keccak256};
use lux_blobs::{BlobIndex, BlobStore};
use lux_oracle::Oracle;
use lux_protocol::constants::PIECE_BYTES;
use lux_protocol::merkle_nodes;
use lux_training::program::{Output, Round, RoundResult, claim_input, claim_result};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::runtime::Handle;

/// What a claim comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Commitment of the description of the round.
    pub round: B256,
    pub input: B256,
    pub output: B256,
    pub result: RoundResult,
    pub new_weights: Vec<i32>,
}

/// Preimages below blobs in a store: pieces are read when they are asked for, hashes are in memory, some 200 bytes for each piece of
/// 4,096.
struct StoredBlobs {
    store: BlobStore,
    runtime: Handle,
    pairs: HashMap<B256, Bytes>,
    /// The blob that a piece is of, and where it begins.
    pieces: HashMap<B256, (B256, u64)>,
}

#[derive(Debug, thiserror::Error)]
enum PreimageError {
    #[error("no preimage of {0}: a blob is missing")]
    Missing(B256),
    #[error(transparent)]
    Blob(#[from] lux_blobs::BlobError),
}

impl StoredBlobs {
    fn new(store: BlobStore) -> Self {
        Self { store, runtime: Handle::current(), pairs: HashMap::new(), pieces: HashMap::new() }
    }

    fn pair(&mut self, left: &B256, right: &B256) {
        let pair = [left.0, right.0].concat();
        self.pairs.insert(keccak256(&pair), pair.into());
    }

    fn add(&mut self, index: &BlobIndex) {
        let hashes: Vec<B256> = index.encoded()[8..].chunks_exact(32).map(B256::from_slice).collect();
        for (number, hash) in (0u64..).zip(&hashes) {
            self.pieces.insert(*hash, (index.commitment(), number * PIECE_BYTES as u64));
        }
        merkle_nodes(&hashes, |left, right| self.pair(left, right));
        self.pair(&U256::from(index.length()).into(), &index.head().root);
    }
}

impl Oracle for StoredBlobs {
    type Error = PreimageError;

    fn preimage(&self, hash: &B256, usual: usize) -> Result<Bytes, PreimageError> {
        if let Some(pair) = self.pairs.get(hash) {
            return Ok(pair.clone());
        }
        let (blob, start) = *self.pieces.get(hash).ok_or(PreimageError::Missing(*hash))?;
        let read = async {
            let length = self.store.index(blob).await?.length();
            let end = (start + PIECE_BYTES as u64).min(length);
            self.store.range(blob, start..end).await
        };
        debug_assert!(usual <= PIECE_BYTES);
        Ok(self.runtime.block_on(read)?.into())
    }
}

/// Runs the program `aggregate` over a round whose blobs are in the store.
pub async fn run_claim(blobs: &Exchange, weights: B256, round: &Round) -> Result<Claimed, FederatedError> {
    let description = blobs.put(round.encode()).await?;
    let mut stored = StoredBlobs::new(blobs.store().clone());
    let updates = round.contributions.iter().map(|contribution| contribution.update);
    for commitment in updates.chain([weights, description]) {
        let index: Arc<BlobIndex> = blobs.store().index(commitment).await?;
        stored.add(&index);
    }
    stored.pair(&weights, &description);
    let input = claim_input(weights, description);
    let run = move || {
        let mut new_weights = Vec::new();
        let result = claim_result(input, &stored, |_, new| new_weights.extend_from_slice(new));
        result.map(|(output, result)| (output, result, new_weights)).map_err(|error| error.to_string())
    };
    let (output, result, new_weights) = tokio::task::spawn_blocking(run)
        .await
        .map_err(|error| FederatedError::Claim(error.to_string()))?
        .map_err(FederatedError::Claim)?;
    debug_assert_eq!(output, Output::Summary);
    Ok(Claimed { round: description, input, output: result.output(output), result, new_weights })
}
