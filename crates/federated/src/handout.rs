//! What a coordinator hands out at the end of each phase, as a blob.

use crate::FederatedError;
use alloy_primitives::B256;
use lux_secagg::{AdvertiseKeys, Signed, Survivors, WorkerSet};

/// Signed keys: 64 bytes and a signature.
const KEYS_BYTES: usize = 64 + 65;

/// The roster: signed keys in ascending order of addresses.
pub fn encode_roster(keys: &[Signed<AdvertiseKeys>]) -> Vec<u8> {
    keys.iter().flat_map(Signed::encode).collect()
}

pub fn decode_roster(bytes: &[u8]) -> Result<Vec<Signed<AdvertiseKeys>>, FederatedError> {
    let (keys, rest) = bytes.as_chunks::<KEYS_BYTES>();
    if !rest.is_empty() {
        return Err(FederatedError::Handout("the roster is cut off"));
    }
    Ok(keys.iter().map(|keys| Signed::decode(keys, AdvertiseKeys::decode)).collect::<Result<_, _>>()?)
}

pub const fn roster_limit(members: usize) -> usize {
    members * KEYS_BYTES
}

/// Who shared secrets, and for each worker the blob of what its neighbours sealed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deliveries {
    pub shared: WorkerSet,
    pub commitments: Vec<B256>,
}

impl Deliveries {
    pub fn encode(&self) -> Vec<u8> {
        let commitments = self.commitments.iter().flat_map(|commitment| commitment.0);
        self.shared.as_bytes().iter().copied().chain(commitments).collect()
    }

    pub fn decode(bytes: &[u8], workers: u16) -> Result<Self, FederatedError> {
        let wrong = FederatedError::Handout("deliveries are of another number of workers");
        let (set, rest) = bytes.split_at_checked(usize::from(workers).div_ceil(8)).ok_or(wrong)?;
        let shared = Survivors::decode(set, workers)?.0;
        let (commitments, rest) = rest.as_chunks::<32>();
        if !rest.is_empty() || commitments.len() != usize::from(workers) {
            return Err(FederatedError::Handout("deliveries are of another number of workers"));
        }
        Ok(Self { shared, commitments: commitments.iter().copied().map(B256::new).collect() })
    }

    pub const fn bytes(workers: usize) -> usize {
        workers.div_ceil(8) + 32 * workers
    }
}

/// The end of a round: the description that the program `aggregate` ran over, and its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundOutcome {
    pub round: B256,
    pub output: B256,
    /// Of a job with norm proofs, the unmasked sum, which [`check_sum`](crate::check_sum) takes.
    pub sum: Option<B256>,
}

impl RoundOutcome {
    pub const MAX_BYTES: usize = 96;

    pub fn encode(&self) -> Vec<u8> {
        let words = [self.round, self.output].into_iter().chain(self.sum);
        words.flat_map(|word| word.0).collect()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, FederatedError> {
        let ([round, output, sum @ ..], []) = bytes.as_chunks::<32>() else {
            return Err(FederatedError::Handout("the outcome of a round has 64 or 96 bytes"));
        };
        let sum = match sum {
            [] => None,
            [sum] => Some(B256::new(*sum)),
            _ => return Err(FederatedError::Handout("the outcome of a round has 64 or 96 bytes")),
        };
        Ok(Self { round: B256::new(*round), output: B256::new(*output), sum })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn deliveries(workers in 3u16..40, hashes in proptest::collection::vec(any::<[u8; 32]>(), 40), set: u64, extra in 1usize..40) {
            let shared = WorkerSet::from_indices(workers, (0..workers).filter(|index| set >> index & 1 == 1));
            let commitments: Vec<B256> = hashes.into_iter().take(workers.into()).map(B256::new).collect();
            let deliveries = Deliveries { shared, commitments };
            let bytes = deliveries.encode();
            prop_assert_eq!(bytes.len(), Deliveries::bytes(workers.into()));
            prop_assert!(Deliveries::decode(&bytes[..bytes.len() - extra], workers).is_err());
            prop_assert!(Deliveries::decode(&[bytes.clone(), vec![0; extra]].concat(), workers).is_err());
            prop_assert_eq!(Deliveries::decode(&bytes, workers).unwrap(), deliveries);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), workers in 3u16..20) {
            let _ = (decode_roster(&bytes), Deliveries::decode(&bytes, workers), RoundOutcome::decode(&bytes));
        }
    }
}
