//! The part of X.509 that the vendors' certificates use.

mod certificate;
mod chain;
mod crl;
mod der;
mod extensions;
mod key;
mod pem;

pub(crate) use certificate::Certificate;
pub(crate) use chain::{Chains, MAX_CHAIN};
pub(crate) use crl::RevocationList;
pub(crate) use der::{DerReader, integer_u64};
pub(crate) use key::KeyAlgorithm;
pub use key::PublicKey;
pub(crate) use pem::certificates;
pub use pem::{Block, blocks};

/// The largest certificate of a vendor has 1.7 KB.
pub(crate) const MAX_CERTIFICATE_BYTES: usize = 4096;
/// Room for some 30,000 revoked processors.
pub(crate) const MAX_CRL_BYTES: usize = 1 << 20;
