//! A round of public updates.

use crate::{Exchange, FederatedError, Job, Post};
use alloy_primitives::Address;
use lux_blobs::BlobError;
use lux_training::limits::MAX_POINTS;
use lux_training::program::Contribution;

/// Updates whose blobs are there, in the order of the board.
pub struct PlainRound {
    number: u64,
    contributions: Vec<Contribution>,
    accepted: Vec<Address>,
}

impl PlainRound {
    pub const fn new(number: u64) -> Self {
        Self { number, contributions: Vec::new(), accepted: Vec::new() }
    }

    pub const fn number(&self) -> u64 {
        self.number
    }

    pub fn accepted(&self) -> &[Address] {
        &self.accepted
    }

    /// In the order of the members, with whose they are.
    pub fn contributions(&self, members: &[Address]) -> (Vec<Contribution>, Vec<Address>) {
        let of = |member: &Address| {
            let place = self.accepted.iter().position(|from| from == member)?;
            Some((self.contributions[place], *member))
        };
        members.iter().filter_map(of).unzip()
    }

    /// Makes sure that the blob is here, in memory for it alone. What it holds, the program looks at.
    pub async fn accept(
        &mut self,
        job: &Job,
        from: Address,
        post: &Post,
        blobs: &Exchange,
    ) -> Result<(), FederatedError> {
        if post.points > MAX_POINTS {
            return Err(FederatedError::Data("its number of examples is above 2^24"));
        }
        match blobs.get(post.content, 4 * job.length()).await {
            Ok(_) => {}
            Err(BlobError::TooLarge { .. }) => return Err(FederatedError::Data("its update is too long")),
            Err(error) => return Err(error.into()),
        }
        self.contributions.push(Contribution { update: post.content, points: post.points });
        self.accepted.push(from);
        Ok(())
    }
}
