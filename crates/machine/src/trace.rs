//! The checkpoints of a run.

use crate::{
    Host, Machine, Page, Program, RunError, Statistics, Status, leaf_hash,
    state::{final_hash, running_hash},
    tree::Tree,
};
use alloy_primitives::B256;
use std::{
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread,
};

/// Chunks that may wait to be hashed, each of at most 124 pages.
const QUEUE: usize = 4;

/// A whole run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// State hash after each chunk. The last state has halted or faulted.
    pub checkpoints: Vec<B256>,
    /// How it ended: not [`Status::Running`].
    pub outcome: Status,
    /// Instructions run.
    pub instructions: u64,
    /// What it took.
    pub statistics: Statistics,
}

/// What a chunk changed.
struct Delta {
    status: Status,
    pc: u32,
    registers: [u64; 31],
    pages: Vec<(u32, Page)>,
    /// Hashes of the pages, if they were computed already.
    leaves: Vec<B256>,
}

/// Runs a program to its end, and hashes the state after each chunk. A second thread hashes meanwhile, because hashing can
/// take longer than running; when it lags behind, this one helps.
///
/// # Errors
///
/// If the host lacks a preimage, or the run does not end within `limit` chunks. That bounds the checkpoints, of 32 bytes
/// each, and the time: a chunk is at most some 45,000 instructions and 4.5 million gas of precompiles.
pub fn trace(program: &Program, input: B256, host: &mut dyn Host, limit: u64) -> Result<Trace, RunError> {
    let mut machine = Machine::new(program, input);
    let tree = program.memory().clone();
    let (sender, deltas) = sync_channel(QUEUE);
    let (outcome, checkpoints) = thread::scope(|scope| {
        let hasher = scope.spawn(move || checkpoints(tree, deltas));
        let outcome = run(&mut machine, host, limit, &sender);
        drop(sender);
        (outcome, hasher.join().expect("hashing does not panic"))
    });
    let (outcome, statistics) = (outcome?, *machine.statistics());
    Ok(Trace { checkpoints, outcome, instructions: statistics.instructions, statistics })
}

fn run(machine: &mut Machine, host: &mut dyn Host, limit: u64, hasher: &SyncSender<Delta>) -> Result<Status, RunError> {
    for _ in 0..limit {
        let mut pages = Vec::new();
        let status = machine.run_chunk_with(host, |index, page| pages.push((index, *page)))?;
        let delta = Delta { status, pc: machine.pc(), registers: machine.registers(), pages, leaves: Vec::new() };
        if let Err(TrySendError::Full(mut delta)) = hasher.try_send(delta) {
            delta.leaves.extend(delta.pages.iter().map(|(_, page)| leaf_hash(page)));
            hasher.send(delta).expect("the hasher listens until the end");
        }
        if status != Status::Running {
            return Ok(status);
        }
    }
    Err(RunError::TooLong(limit))
}

fn checkpoints(mut tree: Tree, deltas: Receiver<Delta>) -> Vec<B256> {
    let hash = |Delta { status, pc, registers, pages, leaves }: Delta| {
        for (position, (index, page)) in pages.iter().enumerate() {
            tree.set(*index, page, leaves.get(position).copied());
        }
        final_hash(&status).unwrap_or_else(|| running_hash(pc, &registers, &tree.root()))
    };
    deltas.into_iter().map(hash).collect()
}
