//! The program that says whether a worker's contribution to a round has no valid norm proof. docs/norm-proofs.md, "On chain".

use crate::{Proof, Setup, Statement, Terms};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256, keccak256};
use core::num::NonZero;
use lux_inference::blob::{self, BlobError, BlobReader};
use lux_oracle::Oracle;

/// Output about a contribution that must not be added; zero for any other.
pub const BAD: B256 = B256::with_last_byte(1);

/// Words of the contract's `JobConfig`, and those that count here.
const CONFIG_WORDS: usize = 19;
const LENGTH_WORD: usize = 10;
const BOUND_WORD: usize = 18;
const ADDRESS: usize = 20;
/// Address and two public keys.
const MEMBER: usize = ADDRESS + 64;
const SIGNATURE: usize = 65;
/// Of the longest message that the contract takes.
const MAX_MESSAGE: usize = 8_192;

/// What a run on a contribution may ask for.
#[derive(Clone, Copy, Debug)]
pub struct NormQuestion<'a> {
    /// `abi.encode` of the job's `JobConfig`.
    pub config: &'a [u8],
    /// What the digests of the round of secure aggregation and of its roster are of.
    pub round: &'a [u8],
    pub roster: &'a [u8],
    pub worker: Address,
    /// Commitment of the masked vector.
    pub vector: B256,
    pub points: u64,
    /// The signed `MaskedInput`, and the commitment of the proof.
    pub message: &'a [u8],
    pub proof: &'a [u8],
}

impl NormQuestion<'_> {
    /// Gives all of it to `sink`, and returns the claim's input.
    pub fn preimages(&self, mut sink: impl FnMut(&[u8])) -> B256 {
        blob::preimages(self.proof, &mut sink);
        let mut put = |bytes: &[u8]| {
            sink(bytes);
            keccak256(bytes)
        };
        put(self.roster);
        let worker = self.worker.into_word();
        let contribution = [worker, self.vector, U256::from(self.points).into(), put(self.message)];
        let contribution = put(contribution.map(|word| word.0).as_flattened());
        let question = [put(self.config), put(self.round), worker, contribution];
        put(question.map(|word| word.0).as_flattened())
    }
}

/// [`BAD`] where the worker's contribution has no proof of the job's bound, zero where it has one, and where the input is no question about
/// a contribution to a job with a bound. The only failure is a missing preimage.
pub fn run_norm<O: Oracle>(input: B256, oracle: &O) -> Result<B256, O::Error> {
    let Some(contribution) = Contribution::read(input, oracle)? else { return Ok(B256::ZERO) };
    let terms = contribution.terms;
    let holds = contribution.proof(oracle)?.is_some_and(|(statement, bytes)| {
        Proof::decode(&bytes, &terms)
            .is_ok_and(|proof| Setup::new(terms, NonZero::<usize>::MIN).verify(&statement, &proof).is_ok())
    });
    Ok(if holds { B256::ZERO } else { BAD })
}

/// What the contract vouches for.
struct Contribution {
    terms: Terms,
    round: B256,
    worker: u16,
    workers: u16,
    message: Vec<u8>,
}

impl Contribution {
    fn read<O: Oracle>(input: B256, oracle: &O) -> Result<Option<Self>, O::Error> {
        let Some([config, round, worker, contribution]) = words(&oracle.preimage(&input, 128)?) else {
            return Ok(None);
        };
        let Some(terms) = terms(&oracle.preimage(&config, 32 * CONFIG_WORDS)?) else { return Ok(None) };
        let Some([author, _, _, message]) = words(&oracle.preimage(&contribution, 128)?) else { return Ok(None) };
        // Places in sets are given to others, after a worker has left.
        if author != worker {
            return Ok(None);
        }
        let Some(roster) = roster_digest(&oracle.preimage(&round, ROUND_BYTES)?) else { return Ok(None) };
        let Some((worker, workers)) = place(&oracle.preimage(&roster, ROSTER_HEAD + MEMBER)?, worker) else {
            return Ok(None);
        };
        let message = oracle.preimage(&message, MAX_MESSAGE)?.to_vec();
        Ok(Some(Self { terms, round, worker, workers, message }))
    }

    /// What the worker says is the proof; none where it is not as long as one.
    fn proof<O: Oracle>(&self, oracle: &O) -> Result<Option<(Statement, Vec<u8>)>, O::Error> {
        let peers = usize::from(self.workers).div_ceil(8);
        if self.message.len() != peers + 32 + SIGNATURE + 32 {
            return Ok(None);
        }
        let vector = B256::from_slice(&self.message[peers..peers + 32]);
        let commitment = B256::from_slice(&self.message[peers + 32 + SIGNATURE..]);
        let reader = BlobReader::open(oracle, commitment, Proof::size(&self.terms));
        match reader.and_then(|mut reader| reader.read_all()) {
            Ok(bytes) => {
                let statement = Statement { round: self.round, worker: self.worker, vector };
                Ok(Some((statement, bytes)))
            }
            Err(BlobError::Malformed(_)) => Ok(None),
            Err(BlobError::Oracle(error)) => Err(error),
        }
    }
}

/// Tag, context, roster, beacon, degree, threshold, entries and bits of words.
const ROUND_BYTES: usize = 4 * 32 + 2 + 2 + 4 + 1;
/// Tag, context, and how many might have taken part.
const ROSTER_HEAD: usize = 2 * 32 + 2;

fn words(bytes: &[u8]) -> Option<[B256; 4]> {
    let (words, []) = bytes.as_chunks::<32>() else { return None };
    Some(<[[u8; 32]; 4]>::try_from(words).ok()?.map(B256::new))
}

fn terms(config: &[u8]) -> Option<Terms> {
    let (words, []) = config.as_chunks::<32>() else { return None };
    let words: &[[u8; 32]; CONFIG_WORDS] = words.try_into().ok()?;
    let [length, bound] = [LENGTH_WORD, BOUND_WORD].map(|word| u32::try_from(U256::from_be_bytes(words[word])));
    // That sums fit is the contract's to check.
    Terms::new::<u64>(length.ok()?, bound.ok()?, 1).ok()
}

fn roster_digest(round: &[u8]) -> Option<B256> {
    (round.len() == ROUND_BYTES && is_tagged(round, "round")).then(|| B256::from_slice(&round[64..96]))
}

/// The worker's place, and how many there are.
fn place(roster: &[u8], worker: B256) -> Option<(u16, u16)> {
    let (head, members) = roster.split_at_checked(ROSTER_HEAD)?;
    let (members, []) = members.as_chunks::<MEMBER>() else { return None };
    let place = members.iter().position(|member| B256::left_padding_from(&member[..ADDRESS]) == worker)?;
    is_tagged(head, "roster").then_some((u16::try_from(place).ok()?, u16::try_from(members.len()).ok()?))
}

fn is_tagged(bytes: &[u8], tag: &str) -> bool {
    bytes[..32] == keccak256([b"lux-secagg/1 ", tag.as_bytes()].concat())[..]
}
