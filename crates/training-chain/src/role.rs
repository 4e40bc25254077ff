//! What workers, coordinators and watchers of a chain have in common.

use crate::ChainError;
use crate::board::ChainBoard;
use crate::run::{Fate, step};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use lux_federated::{Dataset, Dropped, Evaluation, Phase, decode_vector};
use lux_protocol::training::ITraining::{advanceCall, distributeRewardsCall};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Duration;

/// What happened, for people and logs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Record {
    /// This account takes part from the next round on.
    Joined,
    Posted {
        run: u64,
        phase: Phase,
    },
    SitsOut {
        run: u64,
        reason: String,
    },
    /// This account took the masks off for itself, and said what it found.
    Voted {
        run: u64,
    },
    /// No round of this worker's is left in its privacy budget: it leaves.
    BudgetSpent,
    /// A round has an aggregate, which may be disproved yet.
    Claimed {
        round: u64,
        run: u64,
        contributors: Vec<Address>,
        weights: Option<B256>,
        evaluation: Option<Evaluation>,
    },
    Abandoned {
        round: u64,
        run: u64,
        members: usize,
    },
    /// Who is not in a run that this account ended, and why.
    LeftOut {
        run: u64,
        dropped: Vec<Dropped>,
    },
    /// A watcher found this claim to be wrong, and says so on chain.
    Challenged {
        round: u64,
        run: u64,
    },
    Disproved {
        round: u64,
        run: u64,
    },
    /// A watcher claims that what this worker put into the run has no valid norm proof.
    Accused {
        run: u64,
        worker: Address,
    },
    /// An accusation of this worker is false, and this account says so on chain.
    AccusationChallenged {
        run: u64,
        worker: Address,
    },
    /// The worker lost its stake.
    Slashed {
        worker: Address,
    },
    Paid {
        round: u64,
        total: U256,
        workers: Vec<(Address, U256)>,
    },
    JobOver,
}

/// Something that works for a job. Where it stands is on the chain, in notes and in the journal of its transactions: it may stop at any point.
pub trait Role {
    /// Does all that is due now, and says what became of the job.
    fn step(&mut self) -> impl Future<Output = Result<Vec<Record>, ChainError>> + Send;
}

/// Steps until the job is over, or `shutdown`. What fails for the moment is tried again.
pub async fn run(
    role: &mut impl Role,
    pause: Duration,
    shutdown: impl Future<Output = ()>,
    mut on_record: impl FnMut(Record),
) -> Result<(), ChainError> {
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        match role.step().await {
            Ok(records) => {
                let is_over = records.contains(&Record::JobOver);
                records.into_iter().for_each(&mut on_record);
                if is_over {
                    return Ok(());
                }
            }
            Err(error) if error.is_temporary() => tracing::warn!(%error, "trying again"),
            Err(error) => return Err(error),
        }
        tokio::select! {
            () = &mut shutdown => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Tells what is new in a job.
#[derive(Default)]
pub(crate) struct Observer {
    fates: BTreeMap<u64, Fate>,
    slashed: BTreeSet<Address>,
    paid: u64,
    evaluated: Option<Dataset>,
}

impl Observer {
    pub fn new(evaluated: Option<Dataset>) -> Self {
        Self { evaluated, ..Self::default() }
    }

    pub async fn look(&mut self, board: &ChainBoard) -> Vec<Record> {
        let mut records = Vec::new();
        let changed = board.history(|history| {
            let changed = history.runs.values().filter(|run| self.fates.get(&run.attempt) != Some(&run.fate));
            changed.cloned().collect::<Vec<_>>()
        });
        for run in changed {
            self.fates.insert(run.attempt, run.fate);
            let (round, attempt) = (run.round, run.attempt);
            records.extend(match run.fate {
                Fate::Open | Fate::Void => None,
                Fate::Abandoned => Some(Record::Abandoned { round, run: attempt, members: run.members.len() }),
                Fate::Disproved => Some(Record::Disproved { round, run: attempt }),
                Fate::Claimed => {
                    let weights = run.new_weights();
                    let evaluation = self.evaluate(board, weights).await;
                    let contributors = run.claim.as_ref().map(|claim| run.named(claim.contributors));
                    let contributors = contributors.unwrap_or_default();
                    Some(Record::Claimed { round, run: attempt, contributors, weights, evaluation })
                }
            });
        }
        let slashed = board.history(|history| history.slashed.clone());
        records.extend(slashed.difference(&self.slashed).map(|worker| Record::Slashed { worker: *worker }));
        self.slashed = slashed;
        let paid = board
            .history(|history| history.paid.range(self.paid + 1..).map(|(r, p)| (*r, p.clone())).collect::<Vec<_>>());
        for (round, paid) in paid {
            self.paid = round;
            records.push(Record::Paid { round, total: paid.total, workers: paid.workers });
        }
        if board.history(|history| history.is_over) {
            records.push(Record::JobOver);
        }
        records
    }

    async fn evaluate(&self, board: &ChainBoard, weights: Option<B256>) -> Option<Evaluation> {
        let (data, weights, job) = (self.evaluated.as_ref()?, weights?, board.job());
        let bytes = board.blobs().get(weights, 4 * job.length()).await.ok()?;
        let weights = decode_vector(&bytes, job.length())?;
        Some(job.architecture.evaluate(&job.fixed().decode(&weights), data))
    }
}

impl ChainBoard {
    /// Does what a passed deadline allows anyone to do, `grace` seconds after it: abandons runs, draws beacons, pays rounds.
    pub(crate) async fn tend(&self, grace: u64) -> Result<(), ChainError> {
        let now = self.now();
        let (current, next) = self.history(|history| (history.current().cloned(), history.next_to_pay()));
        if let Some(run) = current {
            let expires = self.history(|history| run.expires(&history.periods));
            let lacks_beacon = run.beacon.is_none() && run.times.keys.is_some_and(|keys| now > keys + grace);
            if now > expires + grace || lacks_beacon {
                let what = if lacks_beacon { "beacon" } else { "abandon" };
                self.send_due(&format!("{}/{what}", run.attempt), advanceCall { jobId: self.id }.abi_encode()).await?;
            }
        }
        if let Some((round, attempt)) = next {
            let claim = self.run(attempt).and_then(|run| run.claim);
            let until = claim.map_or(u64::MAX, |claim| claim.challengeable_until).saturating_add(grace);
            if now >= until && now >= self.contract.final_at(self.id, attempt).await?.saturating_add(grace) {
                let call = distributeRewardsCall { jobId: self.id, round: U256::from(round) };
                self.send_due(&format!("{round}/pay/{attempt}"), call.abi_encode()).await?;
            }
        }
        Ok(())
    }

    /// Says on chain where this account's blobs are, unless it did.
    pub(crate) async fn announce_server(&self, server: Option<&String>) -> Result<(), ChainError> {
        let known = self.history(|history| history.servers.get(&self.account()).cloned());
        if let Some(server) = server.filter(|server| known.as_ref() != Some(server)) {
            let data = self.announcement(step::SERVER, server.as_bytes());
            self.send_due(&format!("server/{server}"), data).await?;
        }
        Ok(())
    }
}
