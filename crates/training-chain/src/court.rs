//! Accusations (docs/distributed-training.md): accuses workers whose contributions a program finds bad, and has false accusations disproved.
//! What it needs after a restart is on the chain, in the store and in the journal of transactions.

use crate::board::ChainBoard;
use crate::claims::MachineRun;
use crate::defence::Answers;
use crate::event::Accusing;
use crate::offer::top_up;
use crate::question::norm_program_id;
use crate::run::Fate;
use crate::{ChainError, Record};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_dispute::{ClaimedRun, Dispute, NextMove};
use lux_federated::{BoardError, Norm, Phase, check_norms, norm_program, read_round};
use lux_machine::Status;
use lux_norm_proof::BAD;
use lux_protocol::ClaimTrace;
use lux_protocol::constants::MAX_CHECKPOINTS;
use lux_protocol::contracts::Claim;
use lux_protocol::training::ITraining::{
    Accusation, accuseCall, challengeAccusationCall, reclaimAccusationBondCall, revealAccusationTraceCall,
    slashAccusationChallengerCall, slashMaliciousWorkerCall,
};
use lux_protocol::training::{AccusationStatus, Misbehaviour};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A challenger locks this part of the bond of whoever accuses.
const BOND_DIVISOR: u64 = 10;
/// Seconds until a contribution whose proof was not there is looked at again; longer, the older its run is.
const RETRY_SECONDS: u64 = 60;

/// A worker's contribution to a run.
type Place = (u64, Address);

/// What the program says of a contribution.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Right,
    Bad,
    /// Something that it needs is not there. Seconds.
    Unknown {
        again: u64,
    },
}

pub(crate) struct Court {
    board: Arc<ChainBoard>,
    /// Accuses nobody, and looks at accusations of this worker alone.
    only: Option<Address>,
    verdicts: BTreeMap<Place, Verdict>,
    runs: BTreeMap<Place, MachineRun>,
    disputes: BTreeMap<B256, Dispute>,
    /// Of the board, when all that was concluded.
    replays: u64,
}

impl Court {
    /// For all workers.
    pub fn new(board: Arc<ChainBoard>) -> Self {
        let (verdicts, runs, disputes) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let replays = board.replays();
        Self { board, only: None, verdicts, runs, disputes, replays }
    }

    /// Defends one worker.
    pub fn defending(board: Arc<ChainBoard>, worker: Address) -> Self {
        Self { only: Some(worker), ..Self::new(board) }
    }

    /// Does all that is due now. What cannot be done for one accusation keeps no other from it.
    pub async fn step(&mut self) -> Result<Vec<Record>, ChainError> {
        let mut records = Vec::new();
        // Contributions and accusations may be others now.
        if self.board.replays() != self.replays {
            *self = Self { only: self.only, ..Self::new(self.board.clone()) };
        }
        if self.only.is_none() {
            self.look().await?;
            let bad: Vec<Place> =
                self.verdicts.iter().filter(|(_, verdict)| **verdict == Verdict::Bad).map(|(at, _)| *at).collect();
            for (attempt, worker) in bad {
                match self.accuse(attempt, worker).await {
                    Ok(true) => records.push(Record::Accused { run: attempt, worker }),
                    Ok(false) => {}
                    Err(error) => soften(error, "a worker cannot be accused now")?,
                }
            }
        }
        for accusing in self.accusations() {
            match self.pursue(&accusing).await {
                Ok(true) => {
                    records.push(Record::AccusationChallenged { run: accusing.attempt, worker: accusing.worker });
                }
                Ok(false) => {}
                Err(error) => soften(error, "an accusation waits")?,
            }
        }
        Ok(records)
    }

    /// Whether no accusation can come any more, and none is open: stakes are free a challenge period after the job's end.
    pub async fn is_over(&self) -> Result<bool, ChainError> {
        let board = &self.board;
        let Some(ended) = board.history(|history| history.ended_at) else { return Ok(false) };
        for accusing in self.accusations() {
            if board.contract.accusation(accusing.id).await?.status == AccusationStatus::Open {
                return Ok(false);
            }
        }
        let is_possible = !board.contract.accusation_program(Misbehaviour::NormBound).await?.is_zero();
        let period = u64::from(board.contract.params().await?.challengePeriod);
        Ok(!is_possible || board.now() >= ended.saturating_add(period))
    }

    fn accusations(&self) -> Vec<Accusing> {
        self.board.history(|history| {
            let ours = |accusing: &&Accusing| self.only.is_none_or(|worker| worker == accusing.worker);
            history.accusations.values().filter(ours).cloned().collect()
        })
    }

    /// Checks the norm proofs of runs whose updates are masked by now.
    async fn look(&mut self) -> Result<(), ChainError> {
        let board = self.board.clone();
        if board.job().norm_bound.is_none() {
            return Ok(());
        }
        let now = board.now();
        let is_due = |verdicts: &BTreeMap<Place, Verdict>, place: &Place| match verdicts.get(place) {
            None => true,
            Some(Verdict::Unknown { again }) => now >= *again,
            Some(Verdict::Right | Verdict::Bad) => false,
        };
        let runs = board.history(|history| {
            let is_masked = |run: &&crate::RunView| run.phase > Phase::Masked || run.fate != Fate::Open;
            let runs = history.runs.values().filter(is_masked).map(|run| {
                let updates = run.masked.iter().filter(|(worker, _)| is_due(&self.verdicts, &(run.attempt, **worker)));
                let updates: Vec<_> = updates.map(|(worker, update)| (*worker, update.message.clone())).collect();
                (run.attempt, run.times.until, updates)
            });
            runs.filter(|(.., updates)| !updates.is_empty()).collect::<Vec<_>>()
        });
        for (attempt, began, updates) in runs {
            let again = now + RETRY_SECONDS.max(now.saturating_sub(began));
            if let Err(error) = self.check_run(attempt, &updates, Verdict::Unknown { again }).await {
                soften(error, "norm proofs cannot be checked now")?;
            }
        }
        Ok(())
    }

    async fn check_run(
        &mut self,
        attempt: u64,
        updates: &[(Address, Bytes)],
        unknown: Verdict,
    ) -> Result<(), ChainError> {
        let board = self.board.clone();
        let round = read_round(&board.job(), board.as_ref(), &board.blobs, attempt).await?;
        let messages: Vec<(Address, &[u8])> = updates.iter().map(|(worker, bytes)| (*worker, &bytes[..])).collect();
        let norms = check_norms(&board.job(), &round, &messages, &board.blobs).await?;
        for ((worker, _), norm) in messages.iter().zip(norms) {
            let place = (attempt, *worker);
            let verdict = match norm {
                Norm::Proven => Verdict::Right,
                Norm::Unknown => unknown,
                Norm::Doubtful => self.ask(place).await?.unwrap_or(unknown),
            };
            if verdict == Verdict::Bad {
                tracing::error!(run = attempt, %worker, "its update has NO VALID NORM PROOF");
            }
            self.verdicts.insert(place, verdict);
        }
        Ok(())
    }

    /// What the program itself says, natively; `None` where it lacks something.
    async fn ask(&self, (attempt, worker): Place) -> Result<Option<Verdict>, ChainError> {
        let said = self.board.question(attempt, worker).await?.answer().await?;
        Ok(said.map(|output| if output == BAD { Verdict::Bad } else { Verdict::Right }))
    }

    async fn verdict(&mut self, place: Place) -> Result<Verdict, ChainError> {
        let now = self.board.now();
        match self.verdicts.get(&place) {
            Some(verdict @ (Verdict::Right | Verdict::Bad)) => return Ok(*verdict),
            // Whoever is accused has no time to lose.
            Some(verdict @ Verdict::Unknown { again }) if (now + 1..=now + RETRY_SECONDS).contains(again) => {
                return Ok(*verdict);
            }
            _ => {}
        }
        let verdict = self.ask(place).await?.unwrap_or(Verdict::Unknown { again: now + RETRY_SECONDS });
        if matches!(verdict, Verdict::Unknown { .. }) {
            let (run, worker) = place;
            tracing::error!(run, %worker, "accused, and its norm proof is not there: only who has it can defend it");
        }
        self.verdicts.insert(place, verdict);
        Ok(verdict)
    }

    /// The true run of the program about a contribution. It takes long: it is kept.
    async fn true_run(&mut self, place: Place) -> Result<&MachineRun, ChainError> {
        if !self.runs.contains_key(&place) {
            let run = self.board.question(place.0, place.1).await?.on_machine().await?;
            self.runs.insert(place, run);
        }
        Ok(&self.runs[&place])
    }

    /// Accuses a worker, unless this account has, or somebody else with the same words whom nobody doubts. Whether it did.
    async fn accuse(&mut self, attempt: u64, worker: Address) -> Result<bool, ChainError> {
        let board = self.board.clone();
        let (contract, own) = (&board.contract, board.account());
        if board.history(|history| history.slashed.contains(&worker)) {
            return Ok(false);
        }
        let known = |board: &ChainBoard| -> Vec<Accusing> {
            board.history(|history| {
                let about = history.accusations.values();
                let is_meant = |known: &&Accusing| {
                    (known.attempt, known.worker, &known.claim.kind) == (attempt, worker, &Misbehaviour::NormBound)
                };
                about.filter(is_meant).cloned().collect()
            })
        };
        if self.is_accused(&known(&board), None).await? {
            return Ok(false);
        }
        let member = contract.member(board.id, worker).await?;
        if !member.isMember || member.isSlashed {
            return Ok(false);
        }
        if contract.accusation_program(Misbehaviour::NormBound).await? != norm_program_id() {
            tracing::debug!(%worker, "the contract takes no accusations by this version's program");
            return Ok(false);
        }
        let run = self.true_run((attempt, worker)).await?;
        if run.trace.outcome != Status::Halted(BAD) {
            let outcome = format!("{:?}", run.trace.outcome);
            return Err(ChainError::Config(format!(
                "the machine ends as {outcome} about run {attempt} of worker {worker}, unlike the native program: please report this"
            )));
        }
        let trace = ClaimTrace::of_run(&run.trace.checkpoints, MAX_CHECKPOINTS);
        let words = Some(trace.commitment());
        if self.is_accused(&known(&board), words).await? {
            return Ok(false);
        }
        top_up(contract, &board.transactions, U256::from(contract.params().await?.aggregateBond)).await?;
        // An accusation of this account may have come into a block meanwhile: nothing on chain would refuse a second one.
        board.sync().await?;
        let known = known(&board);
        if self.is_accused(&known, words).await? {
            return Ok(false);
        }
        let before = known.iter().filter(|known| known.claim.accuser == own).count();
        let call = accuseCall {
            jobId: board.id,
            attempt: U256::from(attempt),
            worker,
            kind: Misbehaviour::NormBound,
            trace: trace.encode(),
        };
        match board.act(&format!("{attempt}/accuse/{worker}/{before}"), call.abi_encode(), None, u64::MAX).await {
            Ok(()) => {}
            Err(BoardError::Late { .. } | BoardError::StillOpen(_) | BoardError::NotMember(_)) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        board.sync().await?;
        Ok(true)
    }

    /// Whether an accusation of this account is open or stood, or one of somebody else is that needs no help: with this trace, and not
    /// challenged.
    async fn is_accused(&self, known: &[Accusing], trace: Option<B256>) -> Result<bool, ChainError> {
        let own = self.board.account();
        for accusing in known {
            let is_own = accusing.claim.accuser == own;
            let is_same = trace == Some(accusing.claim.trace) && !accusing.is_challenged;
            if (is_own || is_same)
                && self.board.contract.accusation(accusing.id).await?.status != AccusationStatus::Disproved
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Does what is next about one accusation; whether it is challenged from now on.
    async fn pursue(&mut self, accusing: &Accusing) -> Result<bool, ChainError> {
        let board = self.board.clone();
        let (id, own) = (accusing.id, board.account());
        let accusation = board.contract.accusation(id).await?;
        let (is_own, is_open) = (accusation.accuser == own, accusation.status == AccusationStatus::Open);
        match accusation.status {
            AccusationStatus::Disproved if !is_own && accusing.is_challenged => return self.reclaim(id).await,
            AccusationStatus::Open | AccusationStatus::Upheld => {}
            AccusationStatus::Disproved | AccusationStatus::None | AccusationStatus::__Invalid => return Ok(false),
        }
        if accusation.program != norm_program_id() {
            tracing::debug!(%id, "an accusation by a program that this version does not have");
            return Ok(false);
        }
        if is_own && accusing.is_challenged {
            self.answer(accusing, &accusation).await?;
        }
        if !is_open {
            return Ok(false);
        }
        let is_true = is_own || self.verdict((accusing.attempt, accusing.worker)).await? == Verdict::Bad;
        if is_true {
            if self.only.is_none() && board.now() >= board.contract.accusation_final_at(id).await? {
                let proof = (U256::from(accusation.kind as u8), Bytes::from(id.abi_encode()));
                let call = slashMaliciousWorkerCall {
                    worker: accusing.worker,
                    misbehaviorProof: proof.abi_encode_params().into(),
                };
                board.send_due(&format!("accusation/{id}/slash"), call.abi_encode()).await?;
            }
            return Ok(false);
        }
        match self.verdict((accusing.attempt, accusing.worker)).await? {
            Verdict::Right => self.challenge(accusing, &accusation).await,
            Verdict::Bad | Verdict::Unknown { .. } => Ok(false),
        }
    }

    async fn reclaim(&self, id: B256) -> Result<bool, ChainError> {
        let call = reclaimAccusationBondCall { accusation: id };
        self.board.send_due(&format!("accusation/{id}/reclaim"), call.abi_encode()).await?;
        Ok(false)
    }

    async fn answer(&mut self, accusing: &Accusing, accusation: &Accusation) -> Result<(), ChainError> {
        self.prepare(accusing, accusation).await?;
        let (board, id) = (self.board.clone(), accusing.id);
        let judge = board.contract.judge_of(id, accusation, board.created().block);
        let Some(dispute) = self.disputes.get(&id) else { return Ok(()) };
        if let Some(fault) = dispute.fault() {
            tracing::error!(%id, ?fault, "somebody challenges a FALSE accusation of this account");
        }
        let answers = Answers {
            about: format!("accusation/{id}"),
            reveal: &|segment, checkpoints| {
                revealAccusationTraceCall { accusation: id, segment, checkpoints }.abi_encode()
            },
            slash: &|segment| slashAccusationChallengerCall { accusation: id, segment }.abi_encode(),
        };
        answers.give(&board, &judge, dispute).await
    }

    async fn challenge(&mut self, accusing: &Accusing, accusation: &Accusation) -> Result<bool, ChainError> {
        let is_new = !self.disputes.contains_key(&accusing.id);
        self.prepare(accusing, accusation).await?;
        let (board, id) = (self.board.clone(), accusing.id);
        let judge = board.contract.judge_of(id, accusation, board.created().block);
        let Some(dispute) = self.disputes.get_mut(&id) else { return Ok(false) };
        if is_new {
            tracing::error!(%id, worker = %accusing.worker, fault = ?dispute.fault(), "FALSE ACCUSATION: it is challenged");
        }
        let (name, proof) = match dispute.next_move(&judge).await? {
            None | Some(NextMove::Wait { .. }) => return Ok(false),
            Some(NextMove::Disprove { proof, .. }) => ("disprove".to_owned(), proof),
            Some(NextMove::Request { segment, proof }) => (format!("request/{segment}"), proof),
            Some(NextMove::Timeout { segment, proof }) => (format!("timeout/{segment}"), proof),
        };
        let bond = U256::from(accusation.bond) / U256::from(BOND_DIVISOR);
        let bond = bond.max(U256::from(board.contract.params().await?.aggregateBond) / U256::from(BOND_DIVISOR));
        top_up(&board.contract, &board.transactions, bond).await?;
        let call = challengeAccusationCall { accusation: id, proof };
        let sent = board.send_due(&format!("accusation/{id}/{name}"), call.abi_encode()).await?;
        if !sent {
            dispute.forget_revealed();
        }
        Ok(sent && is_new)
    }

    /// The accusation beside the true run.
    async fn prepare(&mut self, accusing: &Accusing, accusation: &Accusation) -> Result<(), ChainError> {
        let id = accusing.id;
        // After a reorganisation another accusation may have the id.
        if self.disputes.get(&id).is_some_and(|known| known.claim.trace == accusation.trace) {
            return Ok(());
        }
        let place = (accusing.attempt, accusing.worker);
        if self.board.question(place.0, place.1).await?.input != accusation.input {
            return Err(ChainError::Config(format!(
                "accusation {id} is about another question than its contribution's"
            )));
        }
        let trace = ClaimTrace::decode(&accusing.trace)
            .map_err(|error| ChainError::Config(format!("accusation {id}: its trace cannot be read: {error}")))?;
        let claim = Claim {
            program: accusation.program,
            input: accusation.input,
            output: BAD,
            trace: accusation.trace,
            claimedAt: id.into(),
        };
        let claimed = ClaimedRun::new(trace, BAD);
        let run = self.true_run(place).await?;
        let dispute =
            Dispute::new(norm_program(), claim, claimed, run.trace.checkpoints.clone(), run.preimages.clone());
        self.disputes.insert(id, dispute);
        Ok(())
    }
}

/// What is only about this accusation, or passes, is told and left for later.
fn soften(error: ChainError, what: &'static str) -> Result<(), ChainError> {
    match error {
        error @ (ChainError::L1(_) | ChainError::Tx(_)) if !error.is_temporary() => Err(error),
        error => {
            tracing::warn!(%error, "{what}");
            Ok(())
        }
    }
}
