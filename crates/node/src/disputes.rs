//! Everything that a watcher does about false claims.

use crate::NodeError;
use crate::audits::Audits;
use crate::case::Case;
use crate::challenger::{Challenger, Standing};
use crate::ledger::{BatchRecord, Ledger};
use crate::watcher::Watcher;
use std::collections::{BTreeMap, BTreeSet};
use tokio::task::JoinHandle;

/// Disputes that are held at once, those of the oldest batches: each keeps what its batch read, and a rejection takes every
/// later batch with it.
const MAX_DISPUTES: usize = 8;

/// Finds false claims and disputes them. Batches are run in the background, one at a time.
pub struct Disputes {
    ledger: Ledger,
    watcher: Watcher,
    audits: Option<Audits>,
    /// `None` without a key, and where nothing disproves claims.
    challenger: Option<Challenger>,
    /// Batches with a false claim.
    open: BTreeMap<u64, BatchRecord>,
    /// Of them, those whose run fails whenever it is tried.
    unprovable: BTreeSet<u64>,
    run: Option<Run>,
}

/// A batch that is being run.
struct Run {
    batch: BatchRecord,
    task: JoinHandle<Result<Option<Case>, NodeError>>,
    ended: Option<Result<Option<Case>, NodeError>>,
}

impl Run {
    fn start(batch: BatchRecord, work: impl Future<Output = Result<Option<Case>, NodeError>> + Send + 'static) -> Self {
        Self { batch, task: tokio::spawn(work), ended: None }
    }

    async fn end(&mut self) {
        if self.ended.is_none() {
            let ended = (&mut self.task).await;
            self.ended = Some(ended.unwrap_or_else(|error| Err(NodeError::Config(format!("a run stopped: {error}")))));
        }
    }
}

impl Disputes {
    /// With `audits`, traces are compared too, not outputs only.
    pub const fn new(ledger: Ledger, watcher: Watcher, audits: Option<Audits>, challenger: Option<Challenger>) -> Self {
        Self { ledger, watcher, audits, challenger, open: BTreeMap::new(), unprovable: BTreeSet::new(), run: None }
    }

    /// Looks at new claims, and does what is next in every dispute. What may pass by itself is logged.
    pub async fn step(&mut self) -> Result<(), NodeError> {
        self.look()?;
        let mut may_run = true;
        if let Some(run) = self.run.take_if(|run| run.ended.is_some() || run.task.is_finished()) {
            may_run = self.finish(run).await?;
        }
        let unknown = self.challenge().await?;
        // What failed is not tried again before the next step.
        if self.run.is_none() && may_run {
            self.start(unknown)?;
        }
        Ok(())
    }

    /// Whether a batch is being run.
    pub const fn is_running(&self) -> bool {
        self.run.is_some()
    }

    /// Waits for the end of the run under way, for ever when there is none.
    pub async fn run_ends(&mut self) {
        match &mut self.run {
            Some(run) => run.end().await,
            None => std::future::pending().await,
        }
    }

    /// Batches in dispute.
    pub fn open(&self) -> impl Iterator<Item = &BatchRecord> {
        self.open.values()
    }

    /// Collects wrong outputs, and forgets what L1 replaced or finalised.
    fn look(&mut self) -> Result<(), NodeError> {
        let finalized = self.ledger.finalized_batch()?;
        let mut kept = BTreeMap::new();
        for (number, batch) in std::mem::take(&mut self.open) {
            if number > finalized && self.ledger.batch(number)?.as_ref() == Some(&batch) {
                kept.insert(number, batch);
            }
        }
        self.open = kept;
        self.unprovable.retain(|number| self.open.contains_key(number));
        while let Some(batch) = self.watcher.step()? {
            if batch.number > finalized {
                self.report(batch, "output");
            }
        }
        if let Some(challenger) = &mut self.challenger {
            challenger.keep(|number| self.open.contains_key(&number));
        }
        Ok(())
    }

    fn report(&mut self, batch: BatchRecord, wrong: &'static str) {
        if self.challenger.is_some() {
            self.open.insert(batch.number, batch);
            return;
        }
        tracing::error!(
            batch = batch.number,
            wrong,
            claimed = %batch.claimed_state_root,
            computed = %batch.state_root,
            "FALSE CLAIM on L1: it must be challenged before its challenge period ends"
        );
    }

    /// What the run showed about its batch; `false` when it failed.
    async fn finish(&mut self, mut run: Run) -> Result<bool, NodeError> {
        run.end().await;
        let number = run.batch.number;
        match run.ended {
            Some(Ok(Some(case))) if case.dispute.fault().is_some() => {
                if !self.open.contains_key(&number) {
                    self.report(case.record.clone(), "trace");
                }
                if let Some(challenger) = self.challenger.as_mut().filter(|_| self.open.contains_key(&number)) {
                    challenger.take(case);
                }
            }
            Some(Err(error @ NodeError::Chain(_))) => return Err(error),
            Some(Err(error)) if error.is_temporary() && !matches!(error, NodeError::Unprovable(_)) => {
                tracing::warn!(batch = number, %error, "a claim could not be looked at; trying again");
                if let Some(audits) = &mut self.audits {
                    audits.again(run.batch);
                }
                return Ok(false);
            }
            // Nothing changes by another try.
            Some(Err(error)) => {
                tracing::error!(batch = number, %error, "a claim cannot be looked at");
                self.unprovable.insert(number);
                return Ok(false);
            }
            Some(Ok(_)) | None => {}
        }
        Ok(true)
    }

    /// Goes on with every dispute; returns the first batch that has to be run for that.
    async fn challenge(&mut self) -> Result<Option<BatchRecord>, NodeError> {
        let Some(challenger) = &mut self.challenger else { return Ok(None) };
        let mut unknown = None;
        for batch in self.open.values().take(MAX_DISPUTES) {
            if self.ledger.has_false_parent(batch.number)? {
                continue;
            }
            match challenger.advance(batch).await {
                Ok(Standing::NoCase) if !self.unprovable.contains(&batch.number) => {
                    unknown = unknown.or_else(|| Some(batch.clone()));
                }
                Ok(Standing::NoCase) => {}
                Ok(Standing::Open | Standing::Settled) => {}
                Err(error) if error.is_temporary() => {
                    tracing::warn!(batch = batch.number, %error, "a challenge failed; trying again");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(unknown)
    }

    /// Starts a run: for a dispute if one needs it, else of the next claim that nobody looked at.
    fn start(&mut self, disputed: Option<BatchRecord>) -> Result<(), NodeError> {
        if let (Some(batch), Some(challenger)) = (disputed, &self.challenger) {
            let prover = challenger.prover().clone();
            let number = batch.number;
            self.run = Some(Run::start(batch, async move { prover.case(number).await.map(Some) }));
            return Ok(());
        }
        let Some(audits) = &mut self.audits else { return Ok(()) };
        if let Some(batch) = audits.step()? {
            let work = audits.look(batch.number);
            self.run = Some(Run::start(batch, work));
        }
        Ok(())
    }
}
