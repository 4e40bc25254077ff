//! Answers questions about results of this worker: without an answer in time, a true result is lost, and the stake with it.

use crate::board::{Board, Offer, Stage};
use crate::jobs::Jobs;
use crate::run::run_own;
use crate::{ComputeError, Shop};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent};
use lux_dispute::{ClaimedRun, Dispute, Judge};
use lux_l1::{LogFilter, Sent, TxManager};
use lux_models::infer_program;
use lux_protocol::ClaimTrace;
use lux_protocol::constants::MAX_CHECKPOINTS;
use lux_protocol::contracts::Claim;
use lux_protocol::contracts::IFaultProof::SegmentRequested;
use lux_protocol::market::contract::IComputeMarket::{revealTraceCall, slashFailedChallengerCall};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A result of this worker that somebody asks about.
struct Asked {
    id: B256,
    offer: Offer,
    output: B256,
    /// Nothing was asked before this block.
    since: u64,
}

/// Finds questions in the chain's logs: it needs no memory over a restart.
pub(crate) struct Defence {
    shop: Arc<Shop>,
    transactions: Arc<TxManager>,
    first_block: u64,
    /// The last block for which everything was answered that could be.
    done: Option<B256>,
    /// Runs of the results that were asked about.
    runs: BTreeMap<B256, Run>,
    /// One at a time: each holds the weights of its model.
    work: Jobs<Dispute>,
}

enum Run {
    Going,
    Ended(Box<Dispute>),
    /// Nothing answers for this result.
    False,
}

impl Defence {
    pub fn new(shop: Arc<Shop>, transactions: Arc<TxManager>, first_block: u64) -> Self {
        Self { shop, transactions, first_block, done: None, runs: BTreeMap::new(), work: Jobs::new(1) }
    }

    pub fn is_computing(&self) -> bool {
        !self.work.is_empty()
    }

    /// Waits for the end of a run, for ever when there is none.
    pub async fn run_ends(&mut self) {
        let (id, ended) = self.work.next().await;
        self.ended(id, ended);
    }

    pub async fn step(&mut self, board: &Board) -> Result<(), ComputeError> {
        while let Some((id, ended)) = self.work.try_next() {
            self.ended(id, ended);
        }
        let Some(head) = board.head() else { return Ok(()) };
        if self.done == Some(head.hash) {
            return Ok(());
        }
        let own = self.transactions.address();
        let asked: Vec<Asked> = board
            .tasks()
            .filter_map(|task| match (task.stage, task.challenges.first()) {
                (Stage::Delivered(delivery), Some(since)) if delivery.worker == own => {
                    Some(Asked { id: task.id, offer: task.offer.clone(), output: delivery.output, since: *since })
                }
                _ => None,
            })
            .collect();
        self.runs.retain(|task, _| asked.iter().any(|asked| asked.id == *task));
        // One result whose defence fails keeps no other from its own.
        let (mut waits, mut failure) = (false, None);
        for asked in &asked {
            match self.answer(asked, head.number, board.now()).await {
                Ok(going) => waits |= going,
                Err(error) => {
                    tracing::error!(task = %asked.id, %error, "a question could not be answered; trying again");
                    failure = Some(error);
                }
            }
        }
        match failure {
            None if !waits => self.done = Some(head.hash),
            // Said already. Whatever it is, the next step tries again.
            _ => {}
        }
        Ok(())
    }

    /// Does what is due for one result; `true` if something is under way that the next block does not end.
    async fn answer(&mut self, asked: &Asked, head: u64, now: u64) -> Result<bool, ComputeError> {
        let market = &self.shop.market;
        let judge = market.judge(asked.id, self.first_block).await?;
        let claim = market.disputed_claim(asked.id).await?;
        let mut waits = false;
        for index in segments(&judge, &claim, asked.since, head).await? {
            let segment = judge.segment(&claim, index).await?;
            if segment.challenger.is_zero() || segment.settled {
                continue;
            }
            match (segment.root.is_zero(), now > segment.deadline) {
                (true, true) => tracing::error!(task = %asked.id, index, "a question was not answered in time"),
                (true, false) => match self.states(asked, &claim, index) {
                    Some(checkpoints) => {
                        let segment = U256::from(index);
                        let call = revealTraceCall { taskId: asked.id, segment, checkpoints };
                        self.send(format!("reveal/{}/{}/{index}", asked.id, claim.trace), call.abi_encode()).await?;
                    }
                    None => waits |= !matches!(self.runs.get(&asked.id), Some(Run::False)),
                },
                // Whoever asked can still disprove the answer.
                (false, false) => {}
                (false, true) => {
                    let call = slashFailedChallengerCall { taskId: asked.id, segment: U256::from(index) };
                    self.send(format!("slash/{}/{}/{index}", asked.id, claim.trace), call.abi_encode()).await?;
                }
            }
        }
        Ok(waits)
    }

    async fn send(&self, id: String, data: Vec<u8>) -> Result<(), ComputeError> {
        match self.transactions.send_due(self.shop.market.address, id.clone(), data).await? {
            Sent::Now => tracing::warn!(id, "answering a challenge of a true result"),
            Sent::UnderWay => {}
            Sent::Refused(reason) => tracing::warn!(id, %reason, "the market refuses"),
        }
        Ok(())
    }

    /// What answers a question; `None` while the run goes on, and for a result that is false.
    fn states(&mut self, asked: &Asked, claim: &Claim, segment: usize) -> Option<Bytes> {
        match self.runs.get(&asked.id) {
            Some(Run::Ended(dispute)) => Some(dispute.answer(segment)),
            None if self.work.has_room() => {
                let run = own_run(self.shop.clone(), asked.offer.clone(), asked.output, claim.clone());
                self.work.start(asked.id, run);
                self.runs.insert(asked.id, Run::Going);
                None
            }
            Some(Run::Going | Run::False) | None => None,
        }
    }

    fn ended(&mut self, id: B256, ended: Result<Dispute, ComputeError>) {
        // Nobody asks any more.
        if !self.runs.contains_key(&id) {
            return;
        }
        let run = match ended {
            Ok(dispute) => match dispute.fault() {
                None => Run::Ended(Box::new(dispute)),
                Some(fault) => {
                    tracing::error!(task = %id, ?fault, "somebody challenges a FALSE result of this worker");
                    Run::False
                }
            },
            Err(error) if error.is_temporary() => {
                tracing::error!(task = %id, %error, "a result that is asked about could not be run; trying again");
                self.runs.remove(&id);
                return;
            }
            Err(error) => {
                tracing::error!(task = %id, %error, "nothing answers for a result of this worker");
                Run::False
            }
        };
        self.runs.insert(id, run);
    }
}

/// Segments of a claim that were asked for.
async fn segments(judge: &Judge, claim: &Claim, from: u64, to: u64) -> Result<Vec<usize>, ComputeError> {
    let filter = LogFilter { addresses: vec![judge.module], topics: vec![SegmentRequested::SIGNATURE_HASH] };
    let key = judge.claim_key(claim);
    let logs = judge.chain.logs(&filter, from, to).await?;
    let asked = logs.iter().filter_map(|log| SegmentRequested::decode_log_data(log.data()).ok());
    Ok(asked.filter(|event| event.claim == key).map(|event| event.segment.saturating_to()).collect())
}

/// The run that a result of this worker came from, made again.
async fn own_run(shop: Arc<Shop>, offer: Offer, output: B256, claim: Claim) -> Result<Dispute, ComputeError> {
    shop.fetch(&offer, None).await?.map_err(|refusal| ComputeError::Config(refusal.to_string()))?;
    let (model, input) = shop.library.load(&offer).await?;
    let run = run_own(model, input, output).await?;
    let claimed = ClaimedRun::new(ClaimTrace::of_run(&run.checkpoints, MAX_CHECKPOINTS), output);
    if claimed.trace.commitment() != claim.trace {
        return Err(ComputeError::Config(format!(
            "the result about {} was delivered with another trace than this version makes: nothing answers for it",
            claim.input
        )));
    }
    // Answers take the states only.
    Ok(Dispute::new(infer_program(), claim, claimed, run.checkpoints, Arc::default()))
}
