//! Content-addressed blobs: models, weights, inputs and outputs. A blob is known by
//! `keccak256(abi.encode(length, root))`, the commitment of `docs/protocol.md`, over pieces of 4,096 bytes.

mod preimages;
mod reader;

pub use lux_protocol::payload_commitment as commitment;
pub use preimages::preimages;
pub use reader::{BlobError, BlobReader, read_pair};
