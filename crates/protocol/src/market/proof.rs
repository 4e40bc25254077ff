//! What workers and challengers send.

use super::abi::AbiReader;
use super::{MAX_INLINE_BYTES, MarketCodecError};
use crate::constants::MAX_TRACE_BYTES;
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolValue;

/// `IEvidence.Kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceKind {
    Fault,
    Validity,
    Attestation,
}

impl EvidenceKind {
    pub(super) const fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::Fault),
            1 => Some(Self::Validity),
            2 => Some(Self::Attestation),
            _ => None,
        }
    }
}

/// `ComputeResult.zkProof`, without the signatures that follow in one with attestations: these do not matter to who checks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultProof {
    pub kind: EvidenceKind,
    /// Claim input of the task that it was computed for.
    pub input: B256,
    /// An encoded trace ([`ClaimTrace`](crate::ClaimTrace)), or with `Validity` a proof.
    pub evidence: Bytes,
    /// The output itself, or nothing.
    pub output: Bytes,
}

impl ResultProof {
    pub fn encode(&self) -> Result<Bytes, MarketCodecError> {
        self.check()?;
        let kind = U256::from(self.kind as u8);
        Ok((kind, self.input, self.evidence.clone(), self.output.clone()).abi_encode_params().into())
    }

    /// With signatures of enclaves, as a proof of the kind `Attestation` has them.
    pub fn encode_signed(&self, signatures: &[Bytes]) -> Result<Bytes, MarketCodecError> {
        self.check()?;
        let kind = U256::from(self.kind as u8);
        Ok((kind, self.input, self.evidence.clone(), self.output.clone(), signatures).abi_encode_params().into())
    }

    /// Reads what the market accepts.
    pub fn decode(bytes: &[u8]) -> Result<Self, MarketCodecError> {
        let reader = AbiReader(bytes);
        let this = Self {
            kind: reader.kind(0)?,
            input: reader.word(32)?,
            evidence: Vec::from(reader.bytes(64)?).into(),
            output: Vec::from(reader.bytes(96)?).into(),
        };
        this.check()?;
        Ok(this)
    }

    fn check(&self) -> Result<(), MarketCodecError> {
        if self.kind != EvidenceKind::Validity && self.evidence.len() > MAX_TRACE_BYTES {
            return Err(MarketCodecError::TraceTooLarge(self.evidence.len()));
        }
        if self.output.len() > MAX_INLINE_BYTES {
            return Err(MarketCodecError::OutputTooLarge(self.output.len()));
        }
        Ok(())
    }
}

/// `counterProof` of `challengeComputation`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterProof {
    pub kind: EvidenceKind,
    /// Claim input of the result.
    pub input: B256,
    /// Trace commitment of the result; zero with a validity proof.
    pub trace: B256,
    /// A move against the trace, or another output and its validity proof.
    pub proof: Bytes,
}

impl CounterProof {
    pub fn encode(&self) -> Bytes {
        (U256::from(self.kind as u8), self.input, self.trace, self.proof.clone()).abi_encode_params().into()
    }

    /// Reads what the market accepts.
    pub fn decode(bytes: &[u8]) -> Result<Self, MarketCodecError> {
        let reader = AbiReader(bytes);
        Ok(Self {
            kind: reader.kind(0)?,
            input: reader.word(32)?,
            trace: reader.word(64)?,
            proof: Vec::from(reader.bytes(96)?).into(),
        })
    }
}
