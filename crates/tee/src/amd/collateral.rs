//! What AMD publishes, and a verifier needs beside a report.

use crate::x509::{MAX_CERTIFICATE_BYTES, MAX_CRL_BYTES};
use crate::{CertificateProblem, Problem, TeeError};
use alloc::vec::Vec;
use alloy_primitives::Bytes;
use alloy_rlp::{RlpDecodable, RlpEncodable};

/// The certificates of one chip, and what was revoked.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct AmdCollateral {
    /// VCEK or VLEK, ASK or ASVK, ARK, in DER.
    pub chain: Vec<Bytes>,
    /// Of the ARK, in DER; empty where it was not fetched.
    pub crl: Bytes,
}

impl AmdCollateral {
    /// Endorsement key, its issuer, root.
    pub(super) fn certificates(&self) -> Result<[&[u8]; 3], TeeError> {
        let [leaf, issuer, root] = &self.chain[..] else {
            let problem = CertificateProblem::ChainLength(self.chain.len());
            return Err(TeeError::certificate("VCEK", problem));
        };
        let sizes = [leaf, issuer, root].map(|bytes| (bytes.len(), MAX_CERTIFICATE_BYTES));
        match sizes.into_iter().chain([(self.crl.len(), MAX_CRL_BYTES)]).find(|(len, max)| len > max) {
            Some((len, max)) => Err(TeeError::malformed("AMD collateral", Problem::TooLong { len, max })),
            None => Ok([leaf, issuer, root]),
        }
    }
}
