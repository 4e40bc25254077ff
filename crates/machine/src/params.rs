//! The numbers of `docs/machine.md`.

/// Address of the first word of the text.
pub const TEXT_BASE: u64 = 0x0800_0000;
/// Text indices are taken modulo this.
pub const TEXT_INDICES: u32 = 1 << 19;
/// Longest text, in words.
pub const MAX_TEXT_WORDS: usize = (1 << 19) - 256;
/// Words of a code page.
pub const CODE_PAGE_WORDS: usize = 256;

/// Bytes of a data page.
pub const PAGE_BYTES: usize = 512;
/// Data pages of the memory.
pub const PAGES: usize = 1 << 18;
/// Bytes of the memory.
pub const MEMORY_BYTES: u64 = (PAGES * PAGE_BYTES) as u64;
/// Levels of the memory tree above its leaves.
pub const TREE_DEPTH: usize = 18;

/// Weight from which a taken jump, or the end of a code page, ends a chunk.
pub const CHUNK_WEIGHT: u64 = 45_000;
/// Pages from which they do.
pub const CHUNK_PAGES: u64 = 106;
/// Data pages that a chunk can touch after it has so many: the next one faults.
pub const SPARE_PAGES: u64 = 18;
/// Weight of the first fetch from a code page in a chunk; every [`CODE_PAGES_PER_WEIGHT`] of them before weigh one more, as
/// memory on L1 costs the more of it there is.
pub const CODE_PAGE_WEIGHT: u64 = 32;
/// See [`CODE_PAGE_WEIGHT`].
pub const CODE_PAGES_PER_WEIGHT: u64 = 8;
/// Gas of a precompile that weighs one.
pub const PRECOMPILE_GAS_PER_WEIGHT: u64 = 128;

/// Longest source or capacity of an `ECALL`, longest copy and longest preimage, in bytes.
pub const MAX_ECALL_BYTES: u64 = 24_576;
/// Most gas that a program can give a precompile.
pub const MAX_PRECOMPILE_GAS: u64 = 4_500_000;
/// Longest output of a precompile, in bytes.
pub const MAX_PRECOMPILE_OUTPUT: usize = 1_024;
