//! What a worker computes, in the background.

use super::{Done, Job, SECONDS_PER_RUN, TELLING_FLOPS, Worker, price};
use crate::board::{Offer, Stage};
use crate::jobs::retry_seconds;
use crate::shop::{Bounds, Recorded, Refusal};
use crate::{ComputeError, DataError};
use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolValue;
use lux_blobs::BlobError;
use std::cmp::Reverse;

impl Worker {
    /// Starts fetches and runs: what is claimed first, then what pays best.
    pub(super) fn compute(&mut self) {
        let now = self.board.now();
        let knows_costs = self.config.allow_loss || self.costs.is_some();
        for (until, id) in self.claimed() {
            if until >= now && !self.has_record(id) {
                self.start(id, true);
            }
        }
        // An earlier process is claiming these, and may have taken on more than this one would.
        let soon = self.board.tasks().filter(|task| *task.stage == Stage::Open && self.claiming.contains(&task.id));
        let soon: Vec<_> = soon.map(|task| task.id).filter(|id| !self.is_ready(id)).collect();
        for id in soon {
            self.start(id, false);
        }
        let open =
            self.board.tasks().filter(|task| *task.stage == Stage::Open && task.offer.expires_at > now && knows_costs);
        let mut open: Vec<_> = open
            .filter(|task| self.takes(task.offer) && !self.is_settled(task.id, task.offer, now))
            .map(|task| (Reverse(price(task.offer)), self.place(task.id), task.id))
            .collect();
        open.sort_unstable();
        // Not more than can be claimed soon: the rest is for others, or later.
        let room = (2 * self.config.max_claims).saturating_sub(self.jobs.values().filter(|job| job.is_ready()).count());
        for (_, _, id) in open.into_iter().take(room) {
            self.start(id, false);
        }
    }

    /// Order among tasks of one price: another one for every worker, so that they do not claim the same.
    pub(super) fn place(&self, id: B256) -> B256 {
        keccak256((self.account(), id).abi_encode())
    }

    /// Whether there is nothing to start for an open task now.
    fn is_settled(&self, id: B256, offer: &Offer, now: u64) -> bool {
        let job = self.jobs.get(&id).filter(|job| job.offer == *offer);
        job.is_some_and(|job| job.busy || job.is_ready() || job.refused_until > now)
    }

    fn is_ready(&self, id: &B256) -> bool {
        self.jobs.get(id).is_some_and(Job::is_ready)
    }

    pub(super) fn has_record(&self, id: B256) -> bool {
        let Some(task) = self.board.task(id) else { return false };
        self.records.get(&id).is_some_and(|record| record.input == task.offer.claim_input())
    }

    fn start(&mut self, id: B256, is_claimed: bool) {
        let Some(offer) = self.board.task(id).map(|task| task.offer.clone()) else { return };
        let mut bounds = self.bounds();
        if is_claimed || self.claiming.contains(&id) {
            // Not to deliver costs more, also when an earlier process took on more than this one would.
            bounds = Bounds { max_flops: u64::MAX, costs: None };
        }
        let job = self.jobs.entry(id).or_insert_with(|| Job::new(offer.clone()));
        if job.offer != offer && !job.busy {
            *job = Job::new(offer.clone());
        }
        if job.busy || job.refused_until > self.board.now() {
            return;
        }
        let shop = self.shop.clone();
        if !job.fetched {
            if self.fetches.has_room() {
                job.busy = true;
                self.fetches.start(id, async move { shop.fetch(&offer, Some(bounds)).await });
            }
            return;
        }
        if !self.runs.has_room() {
            return;
        }
        job.busy = true;
        let prepared = job.prepared.clone().filter(|_| is_claimed);
        self.runs.start(id, async move {
            match prepared {
                Some(prepared) => Ok(Done::Recorded(shop.record(&offer, &prepared).await?)),
                // After a restart, claimed tasks come here too.
                None => Ok(Done::Prepared(shop.prepare(&offer, bounds).await?)),
            }
        });
    }

    pub(super) fn fetched(&mut self, id: B256, fetched: Result<Result<(), Refusal>, ComputeError>) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        job.busy = false;
        match fetched {
            Ok(Ok(())) => job.fetched = true,
            Ok(Err(refusal)) => self.refuse(id, refusal),
            Err(error) => self.failed(id, &error),
        }
    }

    fn refuse(&mut self, id: B256, refusal: Refusal) {
        let now = self.board.now();
        let Some(job) = self.jobs.get_mut(&id) else { return };
        if refusal.may_pass() {
            job.refused_until = now + retry_seconds(job.failures);
            job.failures += 1;
            // What was fetched may be gone.
            job.fetched = false;
            match (&refusal, job.failures) {
                (Refusal::AtALoss(loss), 1) => self.tell_of_loss(id, &loss.to_string()),
                (Refusal::Data(DataError::Blob(BlobError::Full { .. })), _) => {
                    tracing::warn!(task = %id, reason = %refusal, "no room for the data of a task");
                }
                _ => tracing::debug!(task = %id, reason = %refusal, "a task waits"),
            }
        } else {
            job.refused_until = u64::MAX;
            tracing::info!(task = %id, reason = %refusal, "a task is left to others");
        }
    }

    fn failed(&mut self, id: B256, error: &ComputeError) {
        let now = self.board.now();
        let Some(job) = self.jobs.get_mut(&id) else { return };
        if error.is_temporary() {
            job.refused_until = now + retry_seconds(job.failures);
            job.failures += 1;
            job.fetched = false;
            tracing::warn!(task = %id, %error, "a task could not be computed; trying again");
        } else {
            job.refused_until = u64::MAX;
            tracing::error!(task = %id, %error, "a task cannot be computed");
        }
    }

    pub(super) fn finish(&mut self, id: B256, done: Result<Done, ComputeError>) -> Result<(), ComputeError> {
        let Some(job) = self.jobs.get_mut(&id) else { return Ok(()) };
        job.busy = false;
        match done {
            Ok(Done::Prepared(Ok(prepared))) => {
                job.prepared = Some(prepared);
                // Once it is claimed, there is no time for long pauses.
                job.failures = 0;
            }
            Ok(Done::Prepared(Err(refusal))) => self.refuse(id, refusal),
            Ok(Done::Recorded(Recorded { record, seconds })) => {
                let flops = job.prepared.as_ref().map_or(0, |prepared| prepared.work.flops);
                tracing::info!(task = %id, output = %record.output, seconds, "computed");
                self.measure(flops, seconds);
                return self.records.put(id, record);
            }
            Err(error) => self.failed(id, &error),
        }
        Ok(())
    }

    /// Learns from runs in which everything else than the FLOPs takes no time to speak of.
    fn measure(&mut self, flops: u64, seconds: f64) {
        if seconds > 2.0 * SECONDS_PER_RUN && flops > TELLING_FLOPS {
            self.seconds_per_flop = (self.seconds_per_flop + seconds / flops as f64) / 2.0;
        }
    }

    /// How long the trace of a task takes.
    pub(super) fn seconds(&self, id: &B256) -> f64 {
        let prepared = self.jobs.get(id).and_then(|job| job.prepared.as_ref());
        prepared.map_or(0.0, |prepared| SECONDS_PER_RUN + prepared.work.flops as f64 * self.seconds_per_flop)
    }
}
