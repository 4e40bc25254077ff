//! The machine.

use crate::{
    Host, Op, Page, Program, RunError, Statistics, Status, Step,
    ecall::Registers,
    interpreter::{Interpreter, Stop},
    memory::Memory,
    meter::Meter,
    state::{final_hash, hash_to_registers, running_hash},
    step::instruction_at,
};
use alloy_primitives::B256;

/// A machine with a program in it.
///
/// Clones share their memory until they change it. Taken between chunks they are snapshots of a few hundred kilobytes
/// at most, mostly of untouched zeros.
#[derive(Debug, Clone)]
pub struct Machine {
    pub(crate) program: Program,
    pub(crate) pc: u32,
    pub(crate) x: Registers,
    pub(crate) memory: Memory,
    pub(crate) meter: Meter,
    status: Status,
    statistics: Statistics,
}

impl Machine {
    /// The initial state of a program with this input hash.
    pub fn new(program: &Program, input: B256) -> Self {
        let mut x = [0; 64];
        hash_to_registers(&input, &mut x);
        Self {
            program: program.clone(),
            pc: program.entry(),
            x,
            memory: Memory::new(program.memory().clone()),
            meter: Meter::new(),
            status: Status::Running,
            statistics: Statistics::default(),
        }
    }

    /// Runs to the end of the chunk. Does nothing once the machine has halted or faulted.
    ///
    /// # Errors
    ///
    /// If the host lacks a preimage. Calling it again with a better host goes on where it stopped.
    pub fn run_chunk(&mut self, host: &mut dyn Host) -> Result<Status, RunError> {
        self.run_chunk_with(host, |_, _| ())
    }

    /// The same, and hands over the pages that it changes.
    pub(crate) fn run_chunk_with(
        &mut self,
        host: &mut dyn Host,
        changed: impl FnMut(u32, &Page),
    ) -> Result<Status, RunError> {
        if self.status == Status::Running {
            let stop = self.run_until_stop(host)?;
            self.settle(&stop, changed);
        }
        Ok(self.status)
    }

    /// Runs to the end, without looking at states on the way.
    ///
    /// # Errors
    ///
    /// If the host lacks a preimage, or the run does not end within `limit` chunks.
    pub fn run(&mut self, host: &mut dyn Host, limit: u64) -> Result<Status, RunError> {
        for _ in 0..limit {
            if self.run_chunk(host)? != Status::Running {
                return Ok(self.status);
            }
        }
        if self.status == Status::Running { Err(RunError::TooLong(limit)) } else { Ok(self.status) }
    }

    /// Runs one instruction, and ends the chunks that end before or after it. `None` once the machine has halted or
    /// faulted. Much slower than [`run_chunk`](Self::run_chunk).
    ///
    /// # Errors
    ///
    /// If the host lacks a preimage.
    pub fn step(&mut self, host: &mut dyn Host) -> Result<Option<Step>, RunError> {
        if self.status != Status::Running {
            return Ok(None);
        }
        let (pc, before) = (self.pc, self.x);
        let instruction = instruction_at(&self.program, pc);
        let mut stop = self.interpreter().run::<true>(host)?;
        if instruction.op == Op::Ecall && matches!(stop, Stop::Chunk) && self.pc == pc {
            // It was left to the next chunk, where it always fits.
            self.settle(&stop, |_, _| ());
            stop = self.interpreter().run::<true>(host)?;
        }
        let chunk = self.statistics.chunks;
        self.settle(&stop, |_, _| ());
        let changes = (1..32).filter(|&r| before[r] != self.x[r]).map(|r| (r as u8, self.x[r])).collect();
        Ok(Some(Step { chunk, pc, instruction, changes, status: self.status }))
    }

    /// Hash of the state. Only hashes what changed since the last call.
    pub fn state_hash(&mut self) -> B256 {
        match final_hash(&self.status) {
            Some(hash) => hash,
            None => running_hash(self.pc, &self.registers(), &self.memory.root()),
        }
    }

    /// Whether the machine runs, and how it ended if not.
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Index of the next word.
    pub const fn pc(&self) -> u32 {
        self.pc
    }

    /// `x1 … x31`.
    pub fn registers(&self) -> [u64; 31] {
        std::array::from_fn(|index| self.x[index + 1])
    }

    /// Contents of a page; the index is taken modulo their number.
    pub fn page(&self, index: u32) -> &Page {
        self.memory.page(index)
    }

    /// Root of the memory. Only hashes what changed since the last call.
    pub fn memory_root(&mut self) -> B256 {
        self.memory.root()
    }

    /// Totals over the chunks that have ended.
    pub const fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// The program in it.
    pub const fn program(&self) -> &Program {
        &self.program
    }

    fn interpreter(&mut self) -> Interpreter<'_> {
        let Self { program, pc, x, memory, meter, .. } = self;
        Interpreter { code: program.code(), pc, x, memory, meter }
    }

    /// Runs the chunk, but leaves its page lists as they are for a proof.
    pub(crate) fn run_until_stop(&mut self, host: &mut dyn Host) -> Result<Stop, RunError> {
        self.interpreter().run::<false>(host)
    }

    /// Takes note of why the interpreter stopped, and ends the chunk if that is why.
    pub(crate) fn settle(&mut self, stop: &Stop, changed: impl FnMut(u32, &Page)) {
        self.status = match stop {
            Stop::Step => return,
            Stop::Chunk => Status::Running,
            Stop::Halted(output) => Status::Halted(*output),
            Stop::Faulted => Status::Faulted,
        };
        self.statistics.add(&self.meter, self.memory.touched().len());
        self.memory.end_chunk(changed);
        self.meter.reset();
    }
}
