use crate::Terms;
use crate::hash::{Transcript, tagged};
use alloy_primitives::B256;

/// Whose proof it is and of what. The verifier takes this from the signed message that came with the vector it is about to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Statement {
    /// Digest of the secure aggregation's round, which names chain, job, round, workers and their keys.
    pub round: B256,
    /// The worker's place in the roster.
    pub worker: u16,
    /// Digest of the masked vector.
    pub vector: B256,
}

impl Statement {
    pub(crate) fn digest(&self, terms: &Terms) -> B256 {
        let (length, bound) = (terms.length().to_be_bytes(), terms.bound().to_be_bytes());
        let worker = self.worker.to_be_bytes();
        tagged("transcript", &[self.round.as_slice(), &worker, self.vector.as_slice(), &length, &bound])
    }

    pub(crate) fn transcript(&self, terms: &Terms) -> Transcript {
        Transcript::new(self.digest(terms))
    }
}
