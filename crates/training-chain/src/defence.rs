//! Answers questions about claims of this account: without an answer in time, a true claim is lost, and the bond with it.

use crate::ChainError;
use crate::board::ChainBoard;
use crate::check::Suspect;
use crate::run::{Fate, RunView};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent};
use lux_dispute::{Dispute, Judge};
use lux_l1::LogFilter;
use lux_protocol::contracts::Claim;
use lux_protocol::contracts::IFaultProof::SegmentRequested;
use lux_protocol::training::ITraining::{revealTraceCall, slashFailedChallengerCall};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// Finds questions in the chain's logs: it needs no memory over a restart.
pub(crate) struct Defence {
    board: Arc<ChainBoard>,
    runs: BTreeMap<u64, Dispute>,
}

impl Defence {
    pub const fn new(board: Arc<ChainBoard>) -> Self {
        Self { board, runs: BTreeMap::new() }
    }

    pub async fn step(&mut self) -> Result<(), ChainError> {
        let own = self.board.account();
        let claimed: Vec<RunView> = self.board.history(|history| {
            let is_own = |run: &&RunView| run.claim.as_ref().is_some_and(|claim| claim.aggregator == own);
            let open = history.runs.values().filter(|run| run.fate == Fate::Claimed && is_own(run));
            open.filter(|run| !history.paid.contains_key(&run.round)).cloned().collect()
        });
        for run in claimed {
            if self.board.contract().run(self.board.id, run.attempt).await?.isDisputed {
                self.answer(&run).await?;
            }
        }
        Ok(())
    }

    async fn answer(&mut self, run: &RunView) -> Result<(), ChainError> {
        let board = self.board.clone();
        let judge = board.contract().judge(board.id, run.attempt, board.created().block).await?;
        if let Entry::Vacant(unknown) = self.runs.entry(run.attempt) {
            let Some(suspect) = Suspect::read(run) else { return Ok(()) };
            let dispute = board.dispute_of(run, &suspect).await?;
            if let Some(fault) = dispute.fault() {
                tracing::error!(run = run.attempt, ?fault, "somebody challenges a FALSE claim of this account");
            }
            unknown.insert(dispute);
        }
        let Some(dispute) = self.runs.get(&run.attempt) else { return Ok(()) };
        let (id, attempt) = (board.id, U256::from(run.attempt));
        let answers = Answers {
            about: run.attempt.to_string(),
            reveal: &|segment, checkpoints| revealTraceCall { jobId: id, attempt, segment, checkpoints }.abi_encode(),
            slash: &|segment| slashFailedChallengerCall { jobId: id, attempt, segment }.abi_encode(),
        };
        answers.give(&board, &judge, dispute).await
    }
}

/// The calls by which a claimant answers.
pub(crate) struct Answers<'a> {
    /// Begins the ids of the transactions.
    pub about: String,
    pub reveal: &'a (dyn Fn(U256, Bytes) -> Vec<u8> + Sync),
    pub slash: &'a (dyn Fn(U256) -> Vec<u8> + Sync),
}

impl Answers<'_> {
    /// Answers what was asked about a claim, and takes the bond of who asked and could do nothing with it.
    pub async fn give(&self, board: &ChainBoard, judge: &Judge, dispute: &Dispute) -> Result<(), ChainError> {
        let Self { about, reveal, slash } = self;
        for index in segments(judge, &dispute.claim, board.created().block, board.head()).await? {
            let segment = judge.segment(&dispute.claim, index).await?;
            if segment.challenger.is_zero() || segment.settled {
                continue;
            }
            let number = U256::from(index);
            match (segment.root.is_zero(), board.now() > segment.deadline) {
                (true, true) => tracing::error!(about, index, "a question was not answered in time"),
                (true, false) => {
                    board.send_due(&format!("{about}/reveal/{index}"), reveal(number, dispute.answer(index))).await?;
                }
                // Whoever asked can still disprove the answer.
                (false, false) => {}
                (false, true) => {
                    board.send_due(&format!("{about}/slash/{index}"), slash(number)).await?;
                }
            }
        }
        Ok(())
    }
}

/// Segments of a claim that were asked for.
async fn segments(judge: &Judge, claim: &Claim, from: u64, to: u64) -> Result<Vec<usize>, ChainError> {
    let filter = LogFilter { addresses: vec![judge.module], topics: vec![SegmentRequested::SIGNATURE_HASH] };
    let key = judge.claim_key(claim);
    let logs = judge.chain.logs(&filter, from, to).await?;
    let asked = logs.iter().filter_map(|log| SegmentRequested::decode_log_data(log.data()).ok());
    Ok(asked.filter(|event| event.claim == key).map(|event| event.segment.saturating_to()).collect())
}
