//! What a run is, and what it took.

use crate::meter::Meter;
use alloy_primitives::B256;

/// Whether a machine runs, and how it ended if not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It goes on.
    Running,
    /// It has halted with this output hash.
    Halted(B256),
    /// It has faulted.
    Faulted,
}

/// Totals over the chunks of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Chunks.
    pub chunks: u64,
    /// Instructions.
    pub instructions: u64,
    /// Weight, of which a chunk has about 45,000.
    pub weight: u64,
    /// Code pages, counted in each chunk that fetches from them.
    pub code_pages: u64,
    /// Data pages, counted in each chunk that touches them.
    pub data_pages: u64,
    /// `ECALL`s by number: `HALT`, `PREIMAGE`, `KECCAK256`, `PRECOMPILE`, `COPY`.
    pub ecalls: [u64; 5],
}

impl Statistics {
    pub(crate) fn add(&mut self, meter: &Meter, data_pages: usize) {
        self.chunks += 1;
        self.instructions += meter.instructions();
        self.weight += meter.weight;
        self.code_pages += meter.code_pages.len() as u64;
        self.data_pages += data_pages as u64;
        for (total, count) in self.ecalls.iter_mut().zip(meter.ecalls) {
            *total += count;
        }
    }
}
