//! Results that enclaves sign.

use super::Worker;
use crate::ComputeError;
use crate::enclaves::{Signers, evidence_kind};
use crate::records::Record;
use alloy_primitives::{B256, Bytes};
use lux_protocol::market::{EvidenceKind, ModelTerms, ResultProof};

impl Worker {
    fn flags(&self, id: &B256) -> u8 {
        self.board.task(*id).map_or(0, |task| task.offer.flags)
    }

    pub(super) fn is_sealed(&self, id: &B256) -> bool {
        self.flags(id) & ModelTerms::SEALED != 0
    }

    pub(super) fn needs_signature(&self, id: &B256) -> bool {
        evidence_kind(self.flags(id)) == EvidenceKind::Attestation
    }

    pub(super) fn can_be_signed(&self, id: &B256, signers: &Signers) -> bool {
        signers.suffice(self.flags(id))
    }

    /// The evidence that a task asks for. What enclaves sign has its trace too, because it stays open to fault proofs.
    pub(super) fn proof(&self, id: &B256, record: &Record, signers: Option<&Signers>) -> Result<Bytes, ComputeError> {
        let flags = self.flags(id);
        let proof = ResultProof {
            kind: evidence_kind(flags),
            input: record.input,
            evidence: record.trace.clone(),
            output: record.inline.clone(),
        };
        let encoded = match signers.filter(|_| proof.kind == EvidenceKind::Attestation) {
            Some(signers) => proof.encode_signed(&signers.sign(flags, *id, record.input, record.output)?),
            None => proof.encode(),
        };
        encoded.map_err(|error| ComputeError::Records(error.to_string()))
    }
}
