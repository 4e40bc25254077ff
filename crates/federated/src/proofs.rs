//! Norm proofs of masked updates: what is posted with a vector, and what anybody learns from it without the vectors.

use crate::secure::{own, read_quorum, read_round, read_survivors};
use crate::{Board, Entry, Exchange, FederatedError, Job, Phase};
use alloy_primitives::{Address, B256};
use lux_blobs::BlobError;
use lux_norm_proof::{Proof, Setup, Statement, Terms};
use lux_secagg::{DecodeError, MaskedInput, Message, Round, Signed, Survivors};
use parking_lot::Mutex;
use std::num::NonZero;
use std::sync::{Arc, Weak};
use std::thread::available_parallelism;

const SIGNATURE_BYTES: usize = 65;

/// What a worker posts of its masked update. On chain all but the last 32 bytes are the message, and those the commitment.
pub struct MaskedPost<'a> {
    /// Signed `MaskedInput`.
    pub signed: &'a [u8],
    /// Commitment of the norm proof, in jobs that demand one.
    pub proof: Option<B256>,
    /// Commitment of the masked vector.
    pub vector: B256,
}

impl<'a> MaskedPost<'a> {
    pub fn bytes(job: &Job, workers: u16) -> usize {
        let proof = if job.norm_bound.is_some() { 32 } else { 0 };
        usize::from(workers).div_ceil(8) + 32 + SIGNATURE_BYTES + proof + 32
    }

    pub fn encode(self) -> Vec<u8> {
        let proof = self.proof.iter().flat_map(|commitment| commitment.0);
        self.signed.iter().copied().chain(proof).chain(self.vector.0).collect()
    }

    pub fn decode(bytes: &'a [u8], job: &Job) -> Result<Self, DecodeError> {
        let cut = DecodeError::Truncated(MaskedInput::KIND);
        let (rest, vector) = bytes.split_last_chunk::<32>().ok_or(cut.clone())?;
        if job.norm_bound.is_none() {
            return Ok(Self { signed: rest, proof: None, vector: vector.into() });
        }
        let (signed, proof) = rest.split_last_chunk::<32>().ok_or(cut)?;
        Ok(Self { signed, proof: Some(proof.into()), vector: vector.into() })
    }
}

/// A masked update whose proof nobody has looked at yet.
pub(crate) struct Unproven {
    pub signed: Signed<MaskedInput>,
    pub vector: B256,
    pub statement: Statement,
    pub proof: Proof,
}

/// What is computed once for all who need it at the same time: 160 bytes for each coordinate.
pub(crate) fn setup(terms: Terms) -> Arc<Setup> {
    static SETUPS: Mutex<Vec<(Terms, Weak<Setup>)>> = Mutex::new(Vec::new());
    let mut setups = SETUPS.lock();
    setups.retain(|(_, setup)| setup.strong_count() > 0);
    if let Some(setup) = setups.iter().find(|(of, _)| *of == terms).and_then(|(_, setup)| setup.upgrade()) {
        return setup;
    }
    let setup = Arc::new(Setup::new(terms, available_parallelism().unwrap_or(NonZero::<usize>::MIN)));
    setups.push((terms, Arc::downgrade(&setup)));
    setup
}

/// What a norm proof shows of a masked update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    Proven,
    /// No proof that holds is named: the program `norm` has the last word.
    Doubtful,
    /// The proof cannot be fetched.
    Unknown,
}

/// Looks at the proofs that these messages, as they are on chain, name. All proofs are verified at once.
pub async fn check_norms(
    job: &Job,
    round: &Round,
    messages: &[(Address, &[u8])],
    blobs: &Exchange,
) -> Result<Vec<Norm>, FederatedError> {
    let terms = job.norm_terms()?.ok_or(FederatedError::Job("nobody proves norms"))?;
    let mut norms = vec![Norm::Doubtful; messages.len()];
    let mut named = Vec::new();
    for (place, (worker, message)) in messages.iter().enumerate() {
        let Some((statement, commitment)) = statement_of(round, *worker, message) else { continue };
        match blobs.get(commitment, Proof::size(&terms)).await {
            Ok(bytes) => named.extend(Proof::decode(&bytes, &terms).ok().map(|proof| (place, statement, proof))),
            Err(BlobError::TooLarge { .. }) => {}
            Err(error) => {
                tracing::debug!(%worker, %error, "its norm proof is not there");
                norms[place] = Norm::Unknown;
            }
        }
    }
    let claims: Vec<(Statement, &Proof)> = named.iter().map(|(_, statement, proof)| (*statement, proof)).collect();
    let refused = match claims.is_empty() {
        true => Vec::new(),
        false => setup(terms).verify_batch(&claims).map_or_else(|refused| refused.0, |()| Vec::new()),
    };
    for (number, (place, ..)) in named.iter().enumerate() {
        if !refused.iter().any(|(wrong, _)| *wrong == number) {
            norms[*place] = Norm::Proven;
        }
    }
    Ok(norms)
}

/// What a worker's message says is proven, and the commitment of the proof.
fn statement_of(round: &Round, worker: Address, message: &[u8]) -> Option<(Statement, B256)> {
    let index = round.roster().index_of(worker)?;
    let peers = usize::from(round.roster().len()).div_ceil(8);
    let vector = B256::from_slice(message.get(peers..peers + 32)?);
    let (_, commitment) =
        message.split_last_chunk::<32>().filter(|(rest, _)| rest.len() == peers + 32 + SIGNATURE_BYTES)?;
    Some((Statement { round: round.digest(), worker: index, vector }, commitment.into()))
}

/// Whether `sum`, limbs of blindings included, is the sum of what a quorum's survivors proved to be within the bound. It takes no masked
/// vector, and no mask is taken off: what opens the commitments is the sum of the updates in them.
pub async fn check_sum(
    job: &Job,
    board: &dyn Board,
    blobs: &Exchange,
    number: u64,
    sum: &[u32],
) -> Result<(), FederatedError> {
    let terms = job.norm_terms()?.ok_or(FederatedError::Job("nobody proves norms"))?;
    let round = read_round(job, board, blobs, number).await?;
    let survivors = read_survivors(&round, board, blobs, number).await?;
    let mut signers = lux_secagg::WorkerSet::empty(round.roster().len());
    for (worker, signature) in read_quorum(&round, board, blobs, number).await?.0 {
        let signed = Survivors(survivors.clone()).sign(signature);
        if worker >= round.roster().len() || signed.signer(round.digest()).ok() != Some(round.roster().address(worker))
        {
            return Err(FederatedError::Handout("who survived is not what a quorum signed"));
        }
        signers.insert(worker);
    }
    if signers.len() < usize::from(round.parameters().quorum) {
        return Err(FederatedError::Handout("who survived is not what a quorum signed"));
    }
    let mut proven = Vec::new();
    for entry in board.entries(number, 0).await? {
        let Entry::Posted { from, post, .. } = entry else { continue };
        let Some(worker) = round.roster().index_of(from).filter(|worker| survivors.contains(*worker)) else { continue };
        if post.phase != Phase::Masked {
            continue;
        }
        let workers = round.roster().len();
        let bytes = blobs.get(post.content, MaskedPost::bytes(job, workers)).await?;
        let masked = MaskedPost::decode(&bytes, job)?;
        let signed = own(masked.signed, from, round.digest(), |bytes| MaskedInput::decode(bytes, workers))?;
        let proof = blobs.get(masked.proof.unwrap_or_default(), Proof::size(&terms)).await?;
        let statement = Statement { round: round.digest(), worker, vector: signed.message.vector_digest };
        proven.push((statement, Proof::decode(&proof, &terms)?));
    }
    if proven.len() != survivors.len() {
        return Err(FederatedError::Handout("a survivor's masked update is not on the board"));
    }
    let setup = setup(terms);
    let claims: Vec<(Statement, &Proof)> = proven.iter().map(|(statement, proof)| (*statement, proof)).collect();
    setup.verify_batch(&claims).map_err(|_| FederatedError::Handout("a survivor's norm proof is wrong"))?;
    setup.open(proven.iter().map(|(_, proof)| proof.commitment()), sum)?;
    Ok(())
}
