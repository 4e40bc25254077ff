//! What a worker finds when it takes the masks off for itself, and votes for.

use crate::ChainError;
use crate::board::ChainBoard;
use crate::run::RunView;
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_federated::{BoardError, FederatedError, Phase, SecureRound, encode_vector, mean_of_sum, run_claim};
use lux_protocol::training::ITraining::revealAggregationKeyCall;
use lux_training::program::Contribution;

/// Enough for the vote that ends a round: an estimate made before others voted would be for one that does not.
const VOTE_GAS: u64 = 1_500_000;

/// The result of a masked run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    pub aggregate: B256,
    pub weights: B256,
    /// A bitmap of workers.
    pub survivors: U256,
}

impl ChainBoard {
    /// The result of a masked run from the board and the blobs alone; `None` while shares are missing. Afterwards the new weights are in
    /// the store.
    pub async fn count(&self, attempt: u64) -> Result<Option<Vote>, ChainError> {
        let Some(run) = self.run(attempt) else { return Ok(None) };
        let mut secure = SecureRound::replay(self.job(), attempt, Phase::Unmask, self, &self.blobs).await?;
        for (from, post) in run.posts(Phase::Unmask) {
            match secure.accept(from, &post, &self.blobs).await {
                Err(error) if error.is_temporary() => return Err(error.into()),
                Err(error) => tracing::debug!(worker = %from, %error, "shares that do not count"),
                Ok(()) => {}
            }
        }
        if !secure.is_complete() {
            return Ok(None);
        }
        let (sum, survivors) = secure.finish()?;
        let mean = mean_of_sum(&sum[..self.job().length()], survivors.len());
        let update = self.blobs.put(encode_vector(&mean)).await?;
        self.blobs.get(run.weights, 4 * self.job().length()).await?;
        let round = self.job().claim(vec![Contribution { update, points: 1 }]);
        let claimed = run_claim(&self.blobs, run.weights, &round).await?;
        let weights = self.blobs.put(encode_vector(&claimed.new_weights)).await?;
        Ok(Some(Vote { aggregate: claimed.result.aggregate, weights, survivors: run.bitmap(&survivors) }))
    }

    /// Votes for what this account found itself; `None` as long as there is nothing to say, `false` where the chain did not take it.
    pub(crate) async fn vote(&self, run: &RunView) -> Result<Option<bool>, ChainError> {
        let vote = match self.count(run.attempt).await {
            Ok(Some(vote)) => vote,
            Ok(None) => return Ok(None),
            // Masks that do not come off come to nothing: the run is abandoned.
            Err(ChainError::Federated(error @ (FederatedError::Server(_) | FederatedError::Handout(_)))) => {
                tracing::warn!(run = run.attempt, %error, "nothing to vote for");
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let Vote { aggregate, weights, survivors } = vote;
        let key_share = (Bytes::new(), aggregate, weights, survivors).abi_encode_params().into();
        let data = revealAggregationKeyCall { jobId: self.id, keyShare: key_share }.abi_encode();
        let until = self.history(|history| run.expires(&history.periods));
        let sent = match self.probe(&data).await {
            Ok(()) => self.act(&format!("{}/vote", run.attempt), data, Some(VOTE_GAS), until).await,
            refused => refused,
        };
        match sent {
            Ok(()) => Ok(Some(true)),
            // The others were enough, or it is not the time.
            Err(BoardError::Late { .. } | BoardError::PostedBefore(_) | BoardError::StillOpen(_)) => Ok(Some(false)),
            Err(error) => Err(error.into()),
        }
    }
}
