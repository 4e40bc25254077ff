//! What L1 needs to run a chunk itself.

use crate::{Host, Machine, Page, Program, RunError, Status, host::Recorder, state::running_hash, tree::Tree};
use alloy_primitives::{B256, Bytes};

/// Everything that running a chunk takes besides the text: with it, L1 gets from the state `pre` to the state `post`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkProof {
    /// Index of the next word, in the state before.
    pub pc: u32,
    /// `x1 … x31`, in the state before.
    pub registers: [u64; 31],
    /// Root of the memory, in the state before.
    pub memory_root: B256,
    /// The touched pages by ascending index, with their contents before.
    pub pages: Vec<(u32, Box<Page>)>,
    /// Indices of the touched pages in order of first touch.
    pub touch_order: Vec<u32>,
    /// Indices of the code pages in order of first fetch. The last one may lie beyond the text: a fetch that faults.
    pub code_pages: Vec<u32>,
    /// Length of the longest preimage, or source of another `ECALL`.
    pub longest_call: u64,
    /// Preimages in order of use, as often as they are used.
    pub preimages: Vec<Bytes>,
    /// Multiproof of [`pages`](Self::pages), as [`merkle_root`](crate::merkle_root) reads it. Empty without pages.
    pub siblings: Vec<B256>,
    /// Hash of the state before.
    pub pre: B256,
    /// Hash of the state after.
    pub post: B256,
}

impl Machine {
    /// Proves the chunk that comes next. The machine stays where it is.
    ///
    /// # Errors
    ///
    /// If there is no next chunk, the machine is in the middle of one, or the host lacks a preimage.
    pub fn prove_chunk(&self, host: &mut dyn Host) -> Result<ChunkProof, RunError> {
        if self.status() != Status::Running {
            return Err(RunError::NoSuchChunk(self.statistics().chunks));
        }
        if !self.meter.is_fresh() {
            return Err(RunError::MidChunk);
        }
        let mut machine = self.clone();
        let memory_root = machine.memory_root();
        let before = machine.memory.tree().clone();
        let mut recorder = Recorder::new(host);
        let stop = machine.run_until_stop(&mut recorder)?;
        let touch_order = machine.memory.touched().to_vec();
        let (code_pages, longest_call) = (machine.meter.code_pages.clone(), machine.meter.longest_call);
        machine.settle(&stop, |_, _| ());

        let mut indices = touch_order.clone();
        indices.sort_unstable();
        Ok(ChunkProof {
            pc: self.pc(),
            registers: self.registers(),
            memory_root,
            pages: indices.iter().map(|&index| (index, Box::new(*before.page(index)))).collect(),
            touch_order,
            code_pages,
            longest_call,
            preimages: recorder.used,
            siblings: siblings(&before, indices),
            pre: running_hash(self.pc(), &self.registers(), &memory_root),
            post: machine.state_hash(),
        })
    }
}

/// Proves chunk `k` of a run, counted from 0: the one from the initial state if 0, else from checkpoint `k - 1` of the
/// [`Trace`](crate::Trace), and to its checkpoint `k`.
///
/// # Errors
///
/// If the run ends before the chunk, or the host lacks a preimage.
pub fn prove_chunk(program: &Program, input: B256, host: &mut dyn Host, k: u64) -> Result<ChunkProof, RunError> {
    let mut machine = Machine::new(program, input);
    for _ in 0..k {
        if machine.run_chunk(host)? != Status::Running {
            return Err(RunError::NoSuchChunk(k));
        }
    }
    machine.prove_chunk(host)
}

/// The nodes that the root takes besides the leaves at these indices, which ascend, level by level from the leaves up.
fn siblings(tree: &Tree, mut indices: Vec<u32>) -> Vec<B256> {
    let mut siblings = Vec::new();
    for level in 0..crate::TREE_DEPTH {
        for (position, &index) in indices.iter().enumerate() {
            let sibling = index ^ 1;
            let neighbour = if index < sibling { indices.get(position + 1) } else { indices[..position].last() };
            if neighbour != Some(&sibling) {
                siblings.push(tree.node(level, sibling));
            }
        }
        indices.iter_mut().for_each(|index| *index >>= 1);
        indices.dedup();
    }
    siblings
}
