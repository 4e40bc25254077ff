//! The `transactions` argument of `submitBatch`.

use crate::constants::MAX_PAYLOAD_BYTES;
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};

/// `uint8 daKind ‖ bytes32 accumulator ‖ body`, with the payload in the calldata (`daKind = 0`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchData {
    /// Queue accumulator after the batch: ties it to one L1 fork.
    pub accumulator: B256,
    pub payload: Bytes,
}

/// Why a `transactions` argument cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("batch data has {0} bytes, fewer than the 33 of its prefix")]
    TooShort(usize),
    #[error("data availability kind {0} is not known to this version")]
    UnknownDa(u8),
    #[error("payload has {0} bytes, more than {MAX_PAYLOAD_BYTES}")]
    TooLong(usize),
}

impl BatchData {
    const CALLDATA: u8 = 0;

    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(33 + self.payload.len());
        out.push(Self::CALLDATA);
        out.extend_from_slice(self.accumulator.as_slice());
        out.extend_from_slice(&self.payload);
        out.into()
    }

    pub fn decode(bytes: &Bytes) -> Result<Self, EnvelopeError> {
        if bytes.len() < 33 {
            return Err(EnvelopeError::TooShort(bytes.len()));
        }
        if bytes[0] != Self::CALLDATA {
            return Err(EnvelopeError::UnknownDa(bytes[0]));
        }
        let payload = bytes.slice(33..);
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(EnvelopeError::TooLong(payload.len()));
        }
        Ok(Self { accumulator: B256::from_slice(&bytes[1..33]), payload })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_refusals() {
        let data = BatchData { accumulator: B256::repeat_byte(9), payload: Bytes::from_static(b"payload") };
        assert_eq!(BatchData::decode(&data.encode()), Ok(data.clone()));
        assert_eq!(BatchData::decode(&Bytes::from_static(&[0; 32])), Err(EnvelopeError::TooShort(32)));
        let mut other = data.encode().to_vec();
        other[0] = 7;
        assert_eq!(BatchData::decode(&other.into()), Err(EnvelopeError::UnknownDa(7)));
        let long = BatchData { payload: alloc::vec![0; MAX_PAYLOAD_BYTES + 1].into(), ..data };
        assert_eq!(BatchData::decode(&long.encode()), Err(EnvelopeError::TooLong(MAX_PAYLOAD_BYTES + 1)));
    }
}
