//! Reading ABI encodings as the contract does. Stricter would be unsafe: what the market accepted, a watcher must be able to
//! read, padding and order of the parts included.

use super::{EvidenceKind, MAX_INLINE_BYTES, MAX_LOCATION_BYTES};
use crate::constants::MAX_TRACE_BYTES;
use alloy_primitives::{B256, U256};

/// Why bytes are none of the market's encodings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarketCodecError {
    #[error("the encoding ends before byte {0}; the market would not have accepted it")]
    OutOfBounds(u64),
    #[error("{value} at byte {at} is above {max}")]
    TooLarge { value: U256, at: usize, max: u64 },
    #[error("{0} is no kind of evidence; there are 0 (fault proof), 1 (validity proof) and 2 (attestation)")]
    UnknownKind(u64),
    #[error("evidence of {0} bytes; a trace has at most {MAX_TRACE_BYTES}")]
    TraceTooLarge(usize),
    #[error("inline output of {0} bytes; it has at most {MAX_INLINE_BYTES}")]
    OutputTooLarge(usize),
    #[error("location of {0} bytes; it has at most {MAX_LOCATION_BYTES}")]
    LocationTooLong(usize),
    #[error("input data of {0} bytes is neither a commitment nor 1b20, a commitment and a location")]
    InputData(usize),
    #[error(
        "flags {0:#010b}: a model accepts at least one kind of evidence, and a confidential one attestations alone"
    )]
    Flags(u8),
    #[error("a model does at least one FLOP per gas")]
    NoFlops,
}

/// The parameters of an encoding.
#[derive(Clone, Copy, Debug)]
pub(super) struct AbiReader<'a>(pub &'a [u8]);

impl<'a> AbiReader<'a> {
    pub fn word(self, at: usize) -> Result<B256, MarketCodecError> {
        let end = at.saturating_add(32);
        let bytes = self.0.get(at..end).ok_or(MarketCodecError::OutOfBounds(end as u64))?;
        Ok(B256::from_slice(bytes))
    }

    pub fn number(self, at: usize, max: u64) -> Result<u64, MarketCodecError> {
        let value = U256::from_be_bytes(self.word(at)?.0);
        u64::try_from(value).ok().filter(|number| *number <= max).ok_or(MarketCodecError::TooLarge { value, at, max })
    }

    pub fn kind(self, at: usize) -> Result<EvidenceKind, MarketCodecError> {
        let kind = self.number(at, u8::MAX.into())?;
        EvidenceKind::from_number(kind).ok_or(MarketCodecError::UnknownKind(kind))
    }

    /// A parameter of a dynamic type: everything from where the word at `head` points to.
    pub fn tail(self, head: usize) -> Result<Self, MarketCodecError> {
        let at = self.number(head, u64::MAX)?;
        let from = usize::try_from(at).ok().and_then(|at| self.0.get(at..));
        from.map(Self).ok_or(MarketCodecError::OutOfBounds(at))
    }

    /// A parameter of type `bytes` or `string`.
    pub fn bytes(self, head: usize) -> Result<&'a [u8], MarketCodecError> {
        let Self(tail) = self.tail(head)?;
        let length = Self(tail).number(0, u64::MAX)?;
        let data = tail.get(32..).unwrap_or_default();
        let data = usize::try_from(length).ok().and_then(|length| data.get(..length));
        data.ok_or(MarketCodecError::OutOfBounds(length))
    }
}
