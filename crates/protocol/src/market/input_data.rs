//! What a task computes on.

use super::{MAX_LOCATION_BYTES, MarketCodecError};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};

/// Multihash head: keccak-256, 32 bytes.
const MULTIHASH_KECCAK: [u8; 2] = [0x1b, 0x20];
const INLINE: &[u8] = b"inline:";

/// `ComputeTask.inputDataHash`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputData {
    /// Blob commitment of the input.
    pub commitment: B256,
    /// Where the input may be had, as the requester wrote it: the market does not ask for UTF-8. May be empty.
    pub location: Bytes,
}

impl InputData {
    pub fn encode(&self) -> Result<Bytes, MarketCodecError> {
        if self.location.is_empty() {
            return Ok(self.commitment.into());
        }
        if self.location.len() > MAX_LOCATION_BYTES {
            return Err(MarketCodecError::LocationTooLong(self.location.len()));
        }
        let parts: [&[u8]; 3] = [&MULTIHASH_KECCAK, self.commitment.as_slice(), &self.location];
        Ok(parts.concat().into())
    }

    /// Reads what the market accepts.
    pub fn decode(bytes: &[u8]) -> Result<Self, MarketCodecError> {
        if let Ok(commitment) = B256::try_from(bytes) {
            return Ok(Self { commitment, location: Bytes::new() });
        }
        let malformed = MarketCodecError::InputData(bytes.len());
        let Some((commitment, location)) =
            bytes.strip_prefix(&MULTIHASH_KECCAK).and_then(|rest| rest.split_first_chunk::<32>())
        else {
            return Err(malformed);
        };
        if location.len() > MAX_LOCATION_BYTES {
            return Err(MarketCodecError::LocationTooLong(location.len()));
        }
        Ok(Self { commitment: B256::from(commitment), location: Vec::from(location).into() })
    }

    /// Whether the requester asks for the output inside the result.
    pub fn wants_inline_output(&self) -> bool {
        self.location.starts_with(INLINE)
    }
}
