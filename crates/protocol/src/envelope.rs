//! The `transactions` argument of `submitBatch`.

use crate::constants::{MAX_PAYLOAD_BYTES, MAX_TRACE_BYTES};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};

/// `uint8 daKind ‖ bytes32 accumulator ‖ uint32 traceLength ‖ trace ‖ body`, with the payload in the calldata
/// (`daKind = 0`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchData {
    /// Queue accumulator after the batch: ties it to one L1 fork.
    pub accumulator: B256,
    /// Checkpoints of the run behind the header's claim.
    pub trace: Bytes,
    pub payload: Bytes,
}

/// Why a `transactions` argument cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("batch data has {0} bytes, fewer than the 37 of its prefix and the trace it announces")]
    TooShort(usize),
    #[error("data availability kind {0} is not known to this version")]
    UnknownDa(u8),
    #[error("trace has {0} bytes, more than {MAX_TRACE_BYTES}")]
    Trace(usize),
    #[error("payload has {0} bytes, more than {MAX_PAYLOAD_BYTES}")]
    TooLong(usize),
}

impl BatchData {
    const CALLDATA: u8 = 0;
    const PREFIX_BYTES: usize = 37;

    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(Self::PREFIX_BYTES + self.trace.len() + self.payload.len());
        out.push(Self::CALLDATA);
        out.extend_from_slice(self.accumulator.as_slice());
        out.extend_from_slice(&(self.trace.len() as u32).to_be_bytes());
        out.extend_from_slice(&self.trace);
        out.extend_from_slice(&self.payload);
        out.into()
    }

    pub fn decode(bytes: &Bytes) -> Result<Self, EnvelopeError> {
        if bytes.len() < Self::PREFIX_BYTES {
            return Err(EnvelopeError::TooShort(bytes.len()));
        }
        if bytes[0] != Self::CALLDATA {
            return Err(EnvelopeError::UnknownDa(bytes[0]));
        }
        let length = u32::from_be_bytes([bytes[33], bytes[34], bytes[35], bytes[36]]) as usize;
        if length > MAX_TRACE_BYTES {
            return Err(EnvelopeError::Trace(length));
        }
        let start = Self::PREFIX_BYTES + length;
        if bytes.len() < start {
            return Err(EnvelopeError::TooShort(bytes.len()));
        }
        let (trace, payload) = (bytes.slice(Self::PREFIX_BYTES..start), bytes.slice(start..));
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(EnvelopeError::TooLong(payload.len()));
        }
        Ok(Self { accumulator: B256::from_slice(&bytes[1..33]), trace, payload })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_refusals() {
        let data = BatchData {
            accumulator: B256::repeat_byte(9),
            trace: Bytes::from_static(&[5; 64]),
            payload: Bytes::from_static(b"payload"),
        };
        assert_eq!(BatchData::decode(&data.encode()), Ok(data.clone()));
        assert_eq!(BatchData::decode(&Bytes::from_static(&[0; 36])), Err(EnvelopeError::TooShort(36)));
        assert_eq!(BatchData::decode(&data.encode().slice(..100)), Err(EnvelopeError::TooShort(100)));
        let long = BatchData { trace: alloc::vec![5; MAX_TRACE_BYTES + 1].into(), ..data.clone() };
        assert_eq!(BatchData::decode(&long.encode()), Err(EnvelopeError::Trace(MAX_TRACE_BYTES + 1)));
        let mut other = data.encode().to_vec();
        other[0] = 7;
        assert_eq!(BatchData::decode(&other.into()), Err(EnvelopeError::UnknownDa(7)));
        let long = BatchData { payload: alloc::vec![0; MAX_PAYLOAD_BYTES + 1].into(), ..data };
        assert_eq!(BatchData::decode(&long.encode()), Err(EnvelopeError::TooLong(MAX_PAYLOAD_BYTES + 1)));
    }
}
