//! What can go wrong, by who is to blame: the image, or the run.

use alloy_primitives::B256;

/// Why an image is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The text is empty or longer than [`MAX_TEXT_WORDS`](crate::MAX_TEXT_WORDS).
    #[error("text of {0} words")]
    TextLength(usize),
    /// The entry is not the index of a word.
    #[error("entry {0} is outside the text")]
    Entry(u32),
    /// A data page outside the memory.
    #[error("page {0} is outside the memory")]
    PageIndex(u32),
    /// A data page is given twice.
    #[error("page {0} is given twice")]
    DuplicatePage(u32),
    /// The file is not an executable that the machine can run.
    #[error("elf: {0}")]
    Elf(#[from] ElfError),
}

/// Why an ELF file is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    /// Not a 64-bit little-endian RISC-V executable, statically linked, without compressed instructions.
    #[error("not a static rv64 little-endian executable: {0}")]
    Kind(&'static str),
    /// A header or segment reaches beyond the end of the file.
    #[error("truncated")]
    Truncated,
    /// More program headers than any linker of ours emits.
    #[error("{0} program headers")]
    TooManySegments(u16),
    /// There is no executable segment, more than one, or it is not at [`TEXT_BASE`](crate::TEXT_BASE), not whole words,
    /// or writable.
    #[error("text segment: {0}")]
    Text(&'static str),
    /// A data segment is outside the memory, or shorter in memory than in the file.
    #[error("segment at {0:#x} does not fit the memory")]
    Segment(u64),
    /// Two data segments share bytes.
    #[error("segments overlap at {0:#x}")]
    Overlap(u64),
    /// The entry point is not the address of a word.
    #[error("misplaced entry point {0:#x}")]
    Entry(u64),
}

/// Why a run cannot go on. This is no state of the machine: with a better [`Host`](crate::Host) the same machine can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The host does not have a preimage.
    #[error("no preimage of {0}")]
    MissingPreimage(B256),
    /// The host gave something else.
    #[error("wrong preimage of {0}")]
    WrongPreimage(B256),
    /// The preimage is longer than [`MAX_ECALL_BYTES`](crate::MAX_ECALL_BYTES).
    #[error("preimage of {hash} has {length} bytes")]
    PreimageTooLong {
        /// Hash asked for.
        hash: B256,
        /// Length in bytes.
        length: usize,
    },
    /// The run has not ended after so many chunks.
    #[error("not ended after {0} chunks")]
    TooLong(u64),
    /// The run has no such chunk: it ended before.
    #[error("the run ends before chunk {0}")]
    NoSuchChunk(u64),
    /// A chunk has begun, and only whole chunks can be proven.
    #[error("in the middle of a chunk")]
    MidChunk,
}
