//! Whether a round's result is right, from the board and the blobs alone.

use crate::secure::SecureRound;
use crate::{
    Aggregation, Board, Entry, Exchange, FederatedError, Job, Move, Phase, RoundOutcome, encode_vector, mean_of_sum,
    run_claim,
};
use alloy_primitives::{Address, B256};
use lux_inference::blob::commitment;
use lux_secagg::words_to_bytes;
use lux_training::program::{Contribution, MAX_ROUND_BYTES, Round};
use std::sync::Arc;

/// What an auditor finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The result is what the round comes to. These workers had posted updates that are there, and are not in it.
    Right { left_out: Vec<Address> },
    /// The program `aggregate` comes to another output, or to other weights: a claim of this kind can be disproved.
    WrongClaim { claimed: B256, output: B256 },
    /// What was aggregated is not what was posted, or not as the job says.
    WrongRound(&'static str),
}

/// Computes a finished round again.
pub async fn audit(job: Arc<Job>, board: &dyn Board, blobs: &Exchange, number: u64) -> Result<Finding, FederatedError> {
    let entries = board.entries(number, 0).await?;
    let old = entries.iter().find_map(|entry| match entry {
        Entry::Opened { weights, .. } => Some(*weights),
        _ => None,
    });
    let finished = entries.iter().find_map(|entry| match entry {
        Entry::Moved { step: Move::Finish { content, weights, .. }, .. } => Some((*content, *weights)),
        _ => None,
    });
    let (Some(old), Some((content, weights))) = (old, finished) else {
        return Err(FederatedError::Handout("the round has no result"));
    };
    let outcome = RoundOutcome::decode(&blobs.get(content, RoundOutcome::MAX_BYTES).await?)?;
    let Ok(round) = Round::decode(&blobs.get(outcome.round, MAX_ROUND_BYTES).await?) else {
        return Ok(Finding::WrongRound("its description is none"));
    };
    if round != job.claim(round.contributions.clone()) {
        return Ok(Finding::WrongRound("rule, clip, length or step are not those of the job"));
    }
    let left_out = match job.aggregation {
        Aggregation::Plain(_) => match left_out(&round, &entries, &job, &board.members(number).await?, blobs).await? {
            Ok(left_out) => left_out,
            Err(problem) => return Ok(Finding::WrongRound(problem)),
        },
        Aggregation::Secure(_) => {
            let (update, sum, left_out) = sum_again(job.clone(), &entries, board, blobs, number).await?;
            if outcome.sum != sum {
                return Ok(Finding::WrongRound("the sum that it names is another one"));
            }
            if round.contributions != [Contribution { update, points: 1 }] {
                return Ok(Finding::WrongRound("it is not the mean of the unmasked sum"));
            }
            left_out
        }
    };
    blobs.get(old, 4 * job.length()).await?;
    for contribution in &round.contributions {
        blobs.get(contribution.update, 4 * job.length()).await?;
    }
    let again = run_claim(blobs, old, &round).await?;
    if again.output != outcome.output || again.result.weights != weights {
        return Ok(Finding::WrongClaim { claimed: outcome.output, output: again.output });
    }
    Ok(Finding::Right { left_out })
}

/// Contributions are posts in the order of the members; whose are missing, though their blobs are there.
async fn left_out(
    round: &Round,
    entries: &[Entry],
    job: &Job,
    members: &[Address],
    blobs: &Exchange,
) -> Result<Result<Vec<Address>, &'static str>, FederatedError> {
    let mut contributions = round.contributions.iter().peekable();
    let mut left_out = Vec::new();
    let post_of = |member: &Address| {
        entries.iter().find_map(|entry| match entry {
            Entry::Posted { from, post, .. } if from == member => Some((*from, *post)),
            _ => None,
        })
    };
    for (from, post) in members.iter().filter_map(post_of) {
        let posted = Contribution { update: post.content, points: post.points };
        if contributions.next_if(|contribution| **contribution == posted).is_none()
            && blobs.get(post.content, 4 * job.length()).await.is_ok()
        {
            left_out.push(from);
        }
    }
    Ok(match contributions.next() {
        Some(_) => Err("a contribution is nobody's, or out of order"),
        None => Ok(left_out),
    })
}

/// The mean of the unmasked sum, and who is not in it though it posted a masked vector.
async fn sum_again(
    job: Arc<Job>,
    entries: &[Entry],
    board: &dyn Board,
    blobs: &Exchange,
    number: u64,
) -> Result<(B256, Option<B256>, Vec<Address>), FederatedError> {
    let mut secure = SecureRound::replay(job.clone(), number, Phase::Unmask, board, blobs).await?;
    let mut masked = Vec::new();
    for entry in entries {
        match entry {
            Entry::Posted { from, post, .. } if post.phase == Phase::Unmask => {
                // Nobody needs all of them.
                if let Err(error) = secure.accept(*from, post, blobs).await {
                    tracing::debug!(worker = %from, %error, "shares that do not count");
                }
            }
            Entry::Posted { from, post, .. } if post.phase == Phase::Masked => masked.push(*from),
            _ => {}
        }
    }
    let (sum, survivors) = secure.finish()?;
    let mean = mean_of_sum(&sum[..job.length()], survivors.len());
    masked.retain(|worker| !survivors.contains(worker));
    let opened = job.norm_bound.map(|_| commitment(&words_to_bytes(&sum)));
    Ok((commitment(&encode_vector(&mean)), opened, masked))
}
