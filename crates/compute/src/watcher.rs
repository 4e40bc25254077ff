//! Checks results of others, and has false ones rejected.

use crate::board::{Board, Delivery, Offer, Stage};
use crate::check::{Finding, Suspect, check, prove};
use crate::deadlines::{Deadlines, rank};
use crate::jobs::{Jobs, retry_seconds};
use crate::{ComputeError, Market, Role, Shop};
use alloy_primitives::{B256, U256};
use alloy_sol_types::{SolCall, SolEvent};
use lux_dispute::{Dispute, NextMove};
use lux_l1::{LogFilter, Sent, TxManager, TxRequest};
use lux_protocol::market::contract::IComputeMarket::{
    ComputationChallenged, challengeBondCall, challengeComputationCall, depositCall, reclaimBondCall,
};
use lux_protocol::market::contract::TaskStatus;
use lux_protocol::market::{CounterProof, EvidenceKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is checked.
#[derive(Clone, Copy, Debug)]
pub struct WatcherConfig {
    /// Compare traces of results whose output is right, too: each takes a run on the machine.
    pub audit_traces: bool,
    /// Results checked at a time.
    pub parallel: usize,
    /// Only the result of this task.
    pub only: Option<B256>,
}

/// Disputes held at a time: each keeps the weights of its model. Whoever is slashed for one result loses all others.
const MAX_DISPUTES: usize = 8;
/// Runs on the machine at a time: one of them may be longer than this, so that nobody's large lie hides small ones.
const PROOFS: usize = 2;
const LARGE_FLOPS: u64 = 1 << 34;
/// Seconds until a result of a slashed worker is looked at again: only a reorganisation makes it count.
const VOID_SECONDS: u64 = 60;

/// Begins the id of every challenge; its task follows.
const CHALLENGE: &str = "challenge/";

/// What is known about a result.
enum State {
    Checking,
    Waits {
        until: u64,
    },
    True,
    Suspect(Box<Suspect>),
    Proving {
        is_large: bool,
    },
    False(Box<Dispute>),
    /// False, and nobody here challenges it.
    Reported,
    /// This version cannot judge it.
    Unknown,
}

struct Known {
    offer: Offer,
    delivery: Delivery,
    state: State,
    /// Checks in a row that came to nothing.
    failures: u32,
}

/// What it needs after a restart is on the chain; checks are made again.
pub struct Watcher {
    shop: Arc<Shop>,
    /// `None`: it only reports.
    transactions: Option<Arc<TxManager>>,
    config: WatcherConfig,
    board: Board,
    first_block: u64,
    results: BTreeMap<B256, Known>,
    deadlines: Deadlines,
    checks: Jobs<(Delivery, Finding)>,
    proofs: Jobs<(Delivery, Option<Dispute>)>,
    /// Tasks of which this account asked for a segment.
    bonds: BTreeSet<B256>,
}

impl Role for Watcher {
    async fn step(&mut self) -> Result<(), ComputeError> {
        if let Some(transactions) = &self.transactions
            && let Err(error) = transactions.step().await
        {
            tracing::warn!(%error, "transactions wait");
        }
        self.board.poll().await?;
        while let Some((id, ended)) = self.checks.try_next() {
            self.checked(id, ended);
        }
        while let Some((id, ended)) = self.proofs.try_next() {
            self.proven(id, ended);
        }
        self.read_deadlines().await;
        self.look();
        self.keep().await;
        self.prove();
        self.challenge().await?;
        self.reclaim().await
    }

    fn is_computing(&self) -> bool {
        !self.checks.is_empty() || !self.proofs.is_empty()
    }

    async fn run_ends(&mut self) -> Result<(), ComputeError> {
        tokio::select! {
            (id, ended) = self.checks.next() => self.checked(id, ended),
            (id, ended) = self.proofs.next() => self.proven(id, ended),
        }
        self.look();
        self.prove();
        Ok(())
    }
}

impl Watcher {
    pub async fn open(
        shop: Shop,
        transactions: Option<Arc<TxManager>>,
        config: WatcherConfig,
    ) -> Result<Self, ComputeError> {
        let first_block = shop.market.first_relevant_block().await?;
        let board = Board::new(&shop.market, first_block);
        let bonds = match &transactions {
            Some(transactions) => locked_bonds(&shop.market, transactions, first_block).await?,
            None => BTreeSet::new(),
        };
        Ok(Self {
            shop: Arc::new(shop),
            transactions,
            config,
            board,
            first_block,
            results: BTreeMap::new(),
            deadlines: Deadlines::default(),
            checks: Jobs::new(config.parallel),
            proofs: Jobs::new(PROOFS),
            bonds,
        })
    }

    /// Whether bonds of this account wait for the end of a dispute.
    pub fn has_bonds(&self) -> bool {
        !self.bonds.is_empty()
    }

    /// Results that were found to be false and are not rejected yet.
    pub fn false_results(&self) -> impl Iterator<Item = B256> {
        self.results.iter().filter(|(_, known)| known.state.is_true() == Some(false)).map(|(task, _)| *task)
    }

    /// What is known about the result of a task: whether it is true.
    pub fn is_true(&self, task: B256) -> Option<bool> {
        self.results.get(&task)?.state.is_true()
    }

    /// Whether this version cannot judge the result of a task.
    pub fn is_given_up(&self, task: B256) -> bool {
        self.results.get(&task).is_some_and(|known| matches!(known.state, State::Unknown))
    }

    /// Enclaves may end a period sooner than the result says; only results that wait for a check matter.
    async fn read_deadlines(&mut self) {
        let waits = |id: B256| self.results.get(&id).is_none_or(|known| matches!(known.state, State::Waits { .. }));
        let is_attested =
            |delivery: &Delivery| delivery.proof.as_ref().is_some_and(|proof| proof.kind == EvidenceKind::Attestation);
        let attested = self.board.tasks().filter_map(|task| match task.stage {
            Stage::Delivered(delivery) if !task.offer.is_sealed() && is_attested(delivery) && waits(task.id) => {
                Some(task.id)
            }
            _ => None,
        });
        let attested: Vec<_> = attested.collect();
        let head = self.board.head().map_or(0, |head| head.number);
        self.deadlines.read(&self.shop.market, attested, head).await;
    }

    /// Collects results, and starts checks: of those first that have the least time left.
    fn look(&mut self) {
        let now = self.board.now();
        let own = self.transactions.as_ref().map(|transactions| transactions.address());
        let found: BTreeMap<B256, (Offer, Delivery)> = self
            .board
            .tasks()
            .filter(|task| self.config.only.is_none_or(|only| only == task.id))
            // To run the program on a ciphertext says nothing about a result, and the market takes no proof about it.
            .filter(|task| !task.offer.is_sealed())
            .filter_map(|task| match task.stage {
                Stage::Delivered(delivery) if Some(delivery.worker) != own => {
                    let is_open = delivery.until > now || !task.challenges.is_empty();
                    is_open.then(|| (task.id, (task.offer.clone(), (**delivery).clone())))
                }
                _ => None,
            })
            .collect();
        // A reorganisation may have replaced a result.
        self.results.retain(|id, known| found.get(id).is_some_and(|(_, delivery)| *delivery == known.delivery));
        let mut due: Vec<_> = found
            .into_iter()
            .filter_map(|(id, (offer, delivery))| {
                let failures = match self.results.get(&id) {
                    None => 0,
                    Some(Known { state: State::Waits { until }, failures, .. }) if *until <= now => *failures,
                    Some(_) => return None,
                };
                let rank = rank(self.deadlines.of(id, delivery.until), failures, now);
                Some((rank, id, failures, offer, delivery))
            })
            .collect();
        due.sort_unstable_by_key(|(rank, id, ..)| (*rank, *id));
        for (_, id, failures, offer, delivery) in due {
            if !self.checks.has_room() {
                break;
            }
            let known = Known { offer: offer.clone(), delivery: delivery.clone(), state: State::Checking, failures };
            self.results.insert(id, known);
            let (shop, audit) = (self.shop.clone(), self.config.audit_traces);
            self.checks.start(id, async move {
                let finding = check(&shop, id, &offer, &delivery, audit).await?;
                Ok((delivery, finding))
            });
        }
    }

    /// What is being judged, or disputed, keeps its data. What waits does not: somebody who withholds data would fill the cache.
    async fn keep(&self) {
        let is_over =
            |state: &State| matches!(state, State::True | State::Unknown | State::Waits { .. } | State::Reported);
        let open = self.results.values().filter(|known| !is_over(&known.state));
        let open: Vec<_> = open.map(|known| (known.offer.model, known.offer.input.commitment)).collect();
        let models = open.iter().map(|(model, _)| *model).collect();
        self.shop.library.keep(&models, open.into_iter().map(|(_, input)| input)).await;
    }

    fn checked(&mut self, id: B256, ended: Result<(Delivery, Finding), ComputeError>) {
        let now = self.board.now();
        let Some(known) = self.results.get_mut(&id).filter(|known| matches!(known.state, State::Checking)) else {
            return;
        };
        known.state = match ended {
            // What a reorganisation replaced meanwhile is checked anew.
            Ok((delivery, _)) if delivery != known.delivery => State::Waits { until: now },
            Ok((_, Finding::True)) => State::True,
            Ok((_, Finding::Void)) => State::Waits { until: now + VOID_SECONDS },
            Ok((_, Finding::Suspect(suspect))) => {
                if suspect.is_wrong {
                    tracing::error!(
                        task = %id, worker = %known.delivery.worker, claimed = %known.delivery.output,
                        "FALSE RESULT: it must be challenged before its challenge period ends"
                    );
                }
                State::Suspect(suspect)
            }
            Err(error) => failed(id, &error, &mut known.failures, now),
        };
    }

    /// Runs suspects on the machine: wrong outputs first, the shortest run first, one of each worker.
    fn prove(&mut self) {
        let disputes = self.results.values().filter(|known| matches!(known.state, State::False(_))).count();
        let is_busy = |known: &&Known| matches!(known.state, State::False(_) | State::Proving { .. });
        let busy: BTreeSet<_> = self.results.values().filter(is_busy).map(|known| known.delivery.worker).collect();
        let has_large = self.results.values().any(|known| matches!(known.state, State::Proving { is_large: true }));
        if disputes >= MAX_DISPUTES || !self.proofs.has_room() {
            return;
        }
        let suspects = self.results.iter().filter_map(|(id, known)| match &known.state {
            State::Suspect(suspect) if !busy.contains(&known.delivery.worker) => {
                let is_large = suspect.flops > LARGE_FLOPS;
                (!is_large || !has_large).then_some((!suspect.is_wrong, suspect.flops, *id))
            }
            _ => None,
        });
        let Some((_, flops, id)) = suspects.min() else { return };
        let Some(known) = self.results.get_mut(&id) else { return };
        let state = std::mem::replace(&mut known.state, State::Proving { is_large: flops > LARGE_FLOPS });
        let State::Suspect(suspect) = state else { return };
        let (shop, offer, delivery) = (self.shop.clone(), known.offer.clone(), known.delivery.clone());
        self.proofs.start(id, async move { Ok((delivery, prove(&shop, &offer, *suspect).await?)) });
    }

    fn proven(&mut self, id: B256, ended: Result<(Delivery, Option<Dispute>), ComputeError>) {
        let (now, challenges) = (self.board.now(), self.transactions.is_some());
        let Some(known) = self.results.get_mut(&id).filter(|known| matches!(known.state, State::Proving { .. })) else {
            return;
        };
        known.state = match ended {
            Ok((delivery, _)) if delivery != known.delivery => State::Waits { until: now },
            Ok((_, None)) => State::True,
            Ok((_, Some(dispute))) => {
                tracing::error!(task = %id, fault = ?dispute.fault(), "a result is false");
                if challenges { State::False(Box::new(dispute)) } else { State::Reported }
            }
            Err(error) => failed(id, &error, &mut known.failures, now),
        };
    }

    /// Goes on with every dispute.
    async fn challenge(&mut self) -> Result<(), ComputeError> {
        let Some(transactions) = self.transactions.clone() else { return Ok(()) };
        let market = self.shop.market.clone();
        let now = self.board.now();
        for (id, known) in &mut self.results {
            let State::False(dispute) = &mut known.state else { continue };
            let delivery = &known.delivery;
            if market.account(delivery.worker).await?.isSlashed {
                known.state = State::Waits { until: now + VOID_SECONDS };
                continue;
            }
            if market.task(*id).await?.progress.status != TaskStatus::Submitted {
                continue;
            }
            match advance(&market, &transactions, self.first_block, *id, delivery, dispute).await {
                Ok(has_asked) => {
                    if has_asked {
                        self.bonds.insert(*id);
                    }
                }
                // One dispute that fails keeps no other from going on.
                Err(error) if error.is_temporary() => {
                    tracing::warn!(task = %id, %error, "a challenge failed; trying again");
                }
                Err(error) => {
                    tracing::error!(task = %id, %error, "a false result cannot be challenged");
                    known.state = State::Unknown;
                }
            }
        }
        Ok(())
    }

    /// Takes bonds back whose dispute was won.
    async fn reclaim(&mut self) -> Result<(), ComputeError> {
        let Some(transactions) = &self.transactions else { return Ok(()) };
        let market = &self.shop.market;
        for id in self.bonds.clone() {
            let status = market.task(id).await?.progress.status;
            if !matches!(status, TaskStatus::Disproved | TaskStatus::Refunded | TaskStatus::Final) {
                continue;
            }
            if market.bond_of(id, transactions.address()).await?.is_zero() {
                self.bonds.remove(&id);
                continue;
            }
            let call = reclaimBondCall { taskId: id }.abi_encode();
            if let Sent::Refused(reason) = transactions.send_due(market.address, format!("reclaim/{id}"), call).await? {
                tracing::warn!(task = %id, %reason, "the bond of a dispute is lost");
                self.bonds.remove(&id);
            }
        }
        Ok(())
    }
}

impl State {
    const fn is_true(&self) -> Option<bool> {
        match self {
            Self::True => Some(true),
            Self::False(_) | Self::Reported => Some(false),
            _ => None,
        }
    }
}

/// What becomes of a result that could not be judged.
fn failed(id: B256, error: &ComputeError, failures: &mut u32, now: u64) -> State {
    if error.is_temporary() {
        tracing::warn!(task = %id, %error, "a result cannot be checked now; trying again");
        let until = now + retry_seconds(*failures);
        *failures += 1;
        return State::Waits { until };
    }
    tracing::error!(task = %id, %error, "a result cannot be checked");
    State::Unknown
}

/// Does what is next in a dispute; whether it was to ask for a segment.
async fn advance(
    market: &Market,
    transactions: &TxManager,
    first_block: u64,
    id: B256,
    delivery: &Delivery,
    dispute: &mut Dispute,
) -> Result<bool, ComputeError> {
    if !has_bond(market, transactions).await? {
        return Ok(false);
    }
    let judge = market.judge(id, first_block).await?;
    let mut has_asked = false;
    let (name, proof) = match dispute.next_move(&judge).await? {
        None | Some(NextMove::Wait { .. }) => return Ok(false),
        Some(NextMove::Disprove { proof, .. }) => ("disprove".to_owned(), proof),
        Some(NextMove::Request { segment, proof }) => {
            has_asked = true;
            (format!("request/{segment}"), proof)
        }
        Some(NextMove::Timeout { segment, proof }) => (format!("timeout/{segment}"), proof),
    };
    let (input, trace) = (dispute.claim.input, dispute.claim.trace);
    let counter_proof = CounterProof { kind: EvidenceKind::Fault, input, trace, proof }.encode();
    let bytes = counter_proof.len();
    let call = challengeComputationCall { taskId: id, counterProof: counter_proof };
    let name = format!("{CHALLENGE}{id}/{}/{name}", delivery.output);
    match transactions.send_due(market.address, name.clone(), call.abi_encode()).await? {
        Sent::Now => tracing::warn!(id = name, bytes, "challenging a false result"),
        Sent::UnderWay => {}
        Sent::Refused(reason) => {
            tracing::warn!(id = name, %reason, "the market would refuse the challenge now");
            dispute.forget_revealed();
        }
    }
    Ok(has_asked)
}

/// Tasks for whose disputes the market holds bonds of the account, or will: by the chain, and of long ago by the journal of the
/// transactions, of which some may not be mined yet.
async fn locked_bonds(market: &Market, transactions: &TxManager, from: u64) -> Result<BTreeSet<B256>, ComputeError> {
    let account = transactions.address();
    let filter = LogFilter { addresses: vec![market.address], topics: vec![ComputationChallenged::SIGNATURE_HASH] };
    let head = market.chain.block_number().await?;
    let logs = market.chain.logs(&filter, from, head).await?;
    let events = logs.iter().filter_map(|log| ComputationChallenged::decode_log_data(log.data()).ok());
    let mut disputed: BTreeSet<B256> =
        events.filter(|event| event.challenger == account).map(|event| event.taskId).collect();
    let sent = transactions.known(CHALLENGE);
    let task_of = |id: &String| id.strip_prefix(CHALLENGE)?.split('/').next()?.parse::<B256>().ok();
    disputed.extend(sent.iter().filter_map(task_of));
    let mut locked: BTreeSet<B256> =
        sent.iter().filter(|id| transactions.is_under_way(id)).filter_map(task_of).collect();
    for task in disputed {
        if !market.bond_of(task, account).await?.is_zero() {
            locked.insert(task);
        }
    }
    Ok(locked)
}

/// Whether the account's balance in the market covers a challenger's bond; deposits it where not.
async fn has_bond(market: &Market, transactions: &TxManager) -> Result<bool, ComputeError> {
    let account = transactions.address();
    let bond = market.chain.view(market.address, challengeBondCall {}).await?;
    let missing = bond.saturating_sub(U256::from(market.account(account).await?.balance));
    if missing.is_zero() {
        return Ok(true);
    }
    let id = format!("challenge-bond/{}", market.address);
    if transactions.is_under_way(&id) {
        return Ok(false);
    }
    let id = transactions.unused_id(id).await?;
    let call = depositCall { account }.abi_encode();
    transactions.submit(TxRequest { value: missing, ..TxRequest::call(id, market.address, call) }).await?;
    Ok(false)
}
