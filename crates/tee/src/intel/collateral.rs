//! What Intel publishes, and a verifier needs beside a quote.

use crate::x509::{MAX_CERTIFICATE_BYTES, MAX_CHAIN, MAX_CRL_BYTES};
use crate::{Problem, TeeError};
use alloc::vec::Vec;
use alloy_primitives::{Bytes, FixedBytes};
use alloy_rlp::{RlpDecodable, RlpEncodable};

/// A TCB info has 3 to 14 KB.
const MAX_JSON_BYTES: usize = 128 << 10;

/// Collateral of one platform: texts exactly as Intel signed them.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct IntelCollateral {
    /// The JSON object `tcbInfo`.
    pub tcb_info: Bytes,
    pub tcb_info_signature: FixedBytes<64>,
    /// Certificates in DER, signer first, root last.
    pub tcb_info_chain: Vec<Bytes>,
    /// The JSON object `enclaveIdentity`.
    pub qe_identity: Bytes,
    pub qe_identity_signature: FixedBytes<64>,
    pub qe_identity_chain: Vec<Bytes>,
    /// Of the authority that issued the PCK certificate, in DER.
    pub pck_crl: Bytes,
    /// Of the root, in DER.
    pub root_crl: Bytes,
}

impl IntelCollateral {
    pub(crate) fn check_sizes(&self) -> Result<(), TeeError> {
        let sizes = [
            ("TCB info", self.tcb_info.len(), MAX_JSON_BYTES),
            ("QE identity", self.qe_identity.len(), MAX_JSON_BYTES),
            ("PCK revocation list", self.pck_crl.len(), MAX_CRL_BYTES),
            ("root revocation list", self.root_crl.len(), MAX_CRL_BYTES),
            ("TCB info chain", self.tcb_info_chain.len(), MAX_CHAIN),
            ("QE identity chain", self.qe_identity_chain.len(), MAX_CHAIN),
        ];
        let certificates = self.tcb_info_chain.iter().chain(&self.qe_identity_chain);
        let certificates = certificates.map(|bytes| ("TCB signing certificate", bytes.len(), MAX_CERTIFICATE_BYTES));
        match sizes.into_iter().chain(certificates).find(|(_, len, max)| len > max) {
            Some((part, len, max)) => Err(TeeError::malformed(part, Problem::TooLong { len, max })),
            None => Ok(()),
        }
    }
}
