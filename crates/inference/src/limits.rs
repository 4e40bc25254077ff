//! What a model may ask for at most.

/// Bytes of an encoded model.
pub const MAX_MODEL_BYTES: usize = 1 << 20;
/// Inputs, constants and nodes together.
pub const MAX_VALUES: usize = 4_096;
/// Inputs of a model, and outputs.
pub const MAX_PORTS: usize = 16;
/// Dimensions of a tensor.
pub const MAX_RANK: usize = 6;
/// Elements of a tensor.
pub const MAX_ELEMENTS: u64 = 1 << 28;
/// Multiply-accumulates of a run.
pub const MAX_MACS: u64 = 1 << 40;
/// Activations and buffers of a run, bytes. The machine has 64 MiB, and the program, its stack, the encoded and the
/// decoded model take their part.
pub const MAX_PEAK_BYTES: u64 = 40 << 20;
/// Most an operation may shift right.
pub const MAX_SHIFT: u8 = 61;
/// Largest sum before it is multiplied: with a multiplier of 16 bits and the rounding it stays within 64 bits.
pub const MAX_ACCUMULATOR: i64 = 1 << 46;
