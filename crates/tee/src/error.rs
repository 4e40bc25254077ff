//! Why an attestation is not believed.

use crate::time::Instant;
use crate::{PolicyError, Window};
use alloc::string::String;
use alloy_primitives::{B256, Bytes};

/// An attestation that is refused, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TeeError {
    #[error("the bytes are no attestation of a known kind: SGX, TDX, SEV-SNP, AWS Nitro, Arm PSA or Arm CCA")]
    UnknownKind,
    #[error("{part}: {problem}")]
    Malformed { part: &'static str, problem: Problem },
    #[error("{part}: {found:#x} is not supported; supported: {supported}")]
    Unsupported { part: &'static str, found: u64, supported: &'static str },
    #[error("the signature of the {0} does not verify: its bytes were changed, or another key signed them")]
    Signature(&'static str),
    #[error("{part}: {problem}")]
    Certificate { part: &'static str, problem: CertificateProblem },
    #[error("{part}: {} is not within {window}; fetch what is valid now, or ask about a time when this was", Instant(*.now))]
    Time { part: &'static str, now: u64, window: Window },
    #[error("{part}: the chain ends in the key {key}, which is not among the accepted roots")]
    Root { part: &'static str, key: B256 },
    #[error("{part}: revoked, serial number {serial}")]
    Revoked { part: &'static str, serial: Bytes },
    #[error(
        "the vendor has revoked the TCB level of the platform, its module or its quoting enclave; nothing can be believed of it"
    )]
    RevokedTcb,
    #[error("{what}: {found} in the attestation, {expected} in what vouches for it")]
    Mismatch { what: &'static str, found: Bytes, expected: Bytes },
    #[error("collateral of another kind: {found}; needed: {needed}")]
    Collateral { found: &'static str, needed: &'static str },
    #[error("no TCB level of the {0} is as low as what the attestation reports: its platform is unknown or revoked")]
    NoTcbLevel(&'static str),
    #[error("the TCB info has no identity of the TDX module {0}; fetch a newer one")]
    NoModuleIdentity(String),
    #[error("no accepted trust anchor is for this device; name its key")]
    NoAnchor,
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// What is wrong with bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("it ends too early")]
    Truncated,
    #[error("{0} bytes follow its end")]
    TrailingBytes(usize),
    #[error("{len} long; at most {max} are allowed")]
    TooLong { len: usize, max: usize },
    #[error("invalid {0}")]
    Invalid(&'static str),
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{0} occurs twice")]
    Duplicate(&'static str),
}

/// What is wrong with a certificate or a revocation list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    #[error("its chain has {0} certificates; 2 to {max} are allowed", max = crate::x509::MAX_CHAIN)]
    ChainLength(usize),
    #[error("its issuer is not the next certificate of the chain")]
    Issuer,
    #[error("a certificate that may not issue others issued one")]
    NotCa,
    #[error("more certificates follow than its issuer allows")]
    PathLength,
    #[error("its key usage does not allow this")]
    KeyUsage,
    #[error("it has a critical extension that is not understood")]
    CriticalExtension,
    #[error(
        "it is a list of changes, of some certificates or of several issuers; the whole list of one issuer is needed"
    )]
    PartialList,
    #[error("its signature is of an unknown kind")]
    SignatureAlgorithm,
    #[error("its key is of an unknown kind")]
    Key,
    #[error("its signature does not verify")]
    Signature,
}

impl TeeError {
    pub(crate) const fn malformed(part: &'static str, problem: Problem) -> Self {
        Self::Malformed { part, problem }
    }

    pub(crate) const fn invalid(part: &'static str, what: &'static str) -> Self {
        Self::Malformed { part, problem: Problem::Invalid(what) }
    }

    pub(crate) const fn missing(part: &'static str, what: &'static str) -> Self {
        Self::Malformed { part, problem: Problem::Missing(what) }
    }

    pub(crate) const fn certificate(part: &'static str, problem: CertificateProblem) -> Self {
        Self::Certificate { part, problem }
    }
}
