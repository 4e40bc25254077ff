//! All tasks of a market that are not over, out of its events.

use crate::{ComputeError, Market};
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent;
use lux_l1::{L1Block, L1Error, L1Event, L1Stream, Log, LogFilter};
use lux_protocol::market::contract::IComputeMarket::{
    ComputationChallenged, ComputeResultSubmitted, ResultDisproved, ResultEvidence, TaskClaimed, TaskFinalized,
    TaskOffered, TaskRefunded,
};
use lux_protocol::market::{InputData, ModelTerms, ResultProof, claim_input};
use std::collections::BTreeMap;

/// What a requester offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub task: B256,
    pub model: B256,
    pub input: InputData,
    pub gas_limit: u64,
    /// wei
    pub gas_price: u64,
    /// Tells inferences from other tasks, and from those of an earlier program.
    pub program_version: u8,
    pub flags: u8,
    pub expires_at: u64,
}

impl Offer {
    /// Input of the claim that a result makes.
    pub fn claim_input(&self) -> B256 {
        claim_input(self.model, self.input.commitment)
    }

    /// Where the requester says that the input is; may be empty, and may be anything.
    pub fn location(&self) -> String {
        let text = String::from_utf8_lossy(&self.input.location);
        text.strip_prefix("inline:").unwrap_or(&text).to_owned()
    }

    /// Whether only enclaves read the input.
    pub const fn is_sealed(&self) -> bool {
        self.flags & ModelTerms::SEALED != 0
    }

    /// Whether the result has to have its output with it.
    pub const fn wants_output(&self) -> bool {
        self.flags & ModelTerms::INLINE_OUTPUT != 0
    }
}

/// What a worker delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub worker: Address,
    /// The result can be challenged until then, disputes apart.
    pub until: u64,
    pub output: B256,
    /// `None` if nobody can read it; the market could, so this does not happen with one of ours.
    pub proof: Option<ResultProof>,
}

/// How far a task is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    Open,
    Claimed {
        worker: Address,
        until: u64,
    },
    Delivered(Box<Delivery>),
    /// Paid, refunded or disproved.
    Over,
}

#[derive(Clone, Debug)]
struct Entry {
    offer: Offer,
    /// By the block that brought it, ascending; the last one counts.
    stages: Vec<(u64, Stage)>,
    challenges: Vec<u64>,
}

/// A task that is not over.
#[derive(Clone, Copy, Debug)]
pub struct TaskView<'a> {
    pub id: B256,
    pub offer: &'a Offer,
    pub stage: &'a Stage,
    /// Blocks with challenges of its result, ascending.
    pub challenges: &'a [u64],
}

/// Follows a market, through reorganisations too.
pub struct Board {
    market: Market,
    first: u64,
    stream: L1Stream,
    tasks: BTreeMap<B256, Entry>,
    head: Option<L1Block>,
}

/// Blocks after which nothing is undone.
const REORG_DEPTH: u64 = 1_024;

impl Board {
    /// Reads from block `first` on.
    pub fn new(market: &Market, first: u64) -> Self {
        let stream = Self::stream(market, first);
        Self { market: market.clone(), first, stream, tasks: BTreeMap::new(), head: None }
    }

    fn stream(market: &Market, first: u64) -> L1Stream {
        let topics = vec![
            TaskOffered::SIGNATURE_HASH,
            TaskClaimed::SIGNATURE_HASH,
            ComputeResultSubmitted::SIGNATURE_HASH,
            ResultEvidence::SIGNATURE_HASH,
            TaskFinalized::SIGNATURE_HASH,
            TaskRefunded::SIGNATURE_HASH,
            ResultDisproved::SIGNATURE_HASH,
            ComputationChallenged::SIGNATURE_HASH,
        ];
        let filter = LogFilter { addresses: vec![market.address], topics };
        L1Stream::new(market.chain.clone(), filter, first)
    }

    /// The last block read.
    pub const fn head(&self) -> Option<&L1Block> {
        self.head.as_ref()
    }

    /// Its time, in seconds.
    pub fn now(&self) -> u64 {
        self.head.as_ref().map_or(0, |head| head.timestamp)
    }

    pub fn tasks(&self) -> impl Iterator<Item = TaskView<'_>> {
        self.tasks.iter().filter_map(|(id, entry)| entry.view(*id)).filter(|task| *task.stage != Stage::Over)
    }

    /// A task that is not over.
    pub fn task(&self, id: B256) -> Option<TaskView<'_>> {
        self.tasks.get(&id)?.view(id).filter(|task| *task.stage != Stage::Over)
    }

    /// Reads what is new.
    pub async fn poll(&mut self) -> Result<(), ComputeError> {
        loop {
            let event = match self.stream.poll().await {
                Ok(Some(event)) => event,
                Ok(None) => break,
                Err(L1Error::Reset(error)) => {
                    tracing::warn!(%error, "reading the market anew");
                    self.stream = Self::stream(&self.market, self.first);
                    (self.tasks, self.head) = (BTreeMap::new(), None);
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            };
            match event {
                L1Event::Block(block) => {
                    let number = block.block.number;
                    let mut output = None;
                    block.logs.iter().for_each(|log| self.apply(number, log, &mut output));
                    self.head = Some(block.block);
                }
                L1Event::Reorg { to, .. } => {
                    for entry in self.tasks.values_mut() {
                        entry.stages.retain(|(number, _)| *number <= to.number);
                        entry.challenges.retain(|number| *number <= to.number);
                    }
                    self.head = Some(to);
                }
            }
        }
        let settled = self.head.as_ref().map_or(0, |head| head.number.saturating_sub(REORG_DEPTH));
        self.tasks.retain(|_, entry| match entry.stages.last() {
            Some((number, stage)) => *stage != Stage::Over || *number > settled,
            None => false,
        });
        Ok(())
    }

    /// `output` is what the result event before said: the market emits both, one after the other.
    fn apply(&mut self, number: u64, log: &Log, output: &mut Option<(B256, B256)>) {
        let data = log.data();
        if let Ok(event) = TaskOffered::decode_log_data(data) {
            // What the market takes can be read.
            let Ok(input) = InputData::decode(&event.inputDataHash) else { return };
            let offer = Offer {
                task: event.taskId,
                model: event.modelHash,
                input,
                gas_limit: event.gasLimit.saturating_to(),
                gas_price: event.gasPrice.saturating_to(),
                program_version: event.programVersion,
                flags: event.flags,
                expires_at: event.expiresAt.saturating_to(),
            };
            let entry = Entry { offer, stages: vec![(number, Stage::Open)], challenges: Vec::new() };
            self.tasks.insert(event.taskId, entry);
            return;
        }
        let Some(id) = log.topics().get(1) else { return };
        let Some(entry) = self.tasks.get_mut(id) else { return };
        let stage = if let Ok(event) = TaskClaimed::decode_log_data(data) {
            Stage::Claimed { worker: event.worker, until: event.until.saturating_to() }
        } else if let Ok(event) = ComputeResultSubmitted::decode_log_data(data) {
            *output = Some((event.taskId, event.outputHash));
            return;
        } else if let Ok(event) = ResultEvidence::decode_log_data(data) {
            let Some((_, output)) = output.take().filter(|(task, _)| task == id) else { return };
            Stage::Delivered(Box::new(Delivery {
                worker: event.worker,
                until: event.challengeableUntil.saturating_to(),
                output,
                proof: ResultProof::decode(&event.zkProof).ok(),
            }))
        } else if ComputationChallenged::decode_log_data(data).is_ok() {
            entry.challenges.push(number);
            return;
        } else {
            Stage::Over
        };
        entry.stages.push((number, stage));
    }
}

impl Entry {
    fn view(&self, id: B256) -> Option<TaskView<'_>> {
        let (_, stage) = self.stages.last()?;
        Some(TaskView { id, offer: &self.offer, stage, challenges: &self.challenges })
    }
}
