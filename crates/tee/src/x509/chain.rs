//! Chains from a certificate to the pinned key of a vendor.

use super::{Certificate, RevocationList};
use crate::{CertificateProblem, TeeError, Window};
use alloc::vec::Vec;
use alloy_primitives::B256;

/// The longest chain of a vendor, that of Nitro, has five.
pub(crate) const MAX_CHAIN: usize = 6;

/// Chains of one attestation, all checked at one time and against one vendor's roots.
pub(crate) struct Chains<'r> {
    pub now: u64,
    roots: &'r [B256],
    /// When everything seen so far is valid.
    pub window: Window,
    /// Pairs of subject and issuer whose signature was verified: chains of one attestation have most of them in common.
    verified: Vec<(Vec<u8>, Vec<u8>)>,
}

impl<'r> Chains<'r> {
    pub const fn new(now: u64, roots: &'r [B256]) -> Self {
        Self { now, roots, window: Window::ALWAYS, verified: Vec::new() }
    }

    /// What `part` says is valid in `window`.
    pub fn limit(&mut self, part: &'static str, window: Window) -> Result<(), TeeError> {
        window.check(part, self.now)?;
        self.window = self.window.intersect(window);
        Ok(())
    }

    /// `chain` leads, by one step each, from its first certificate to a pinned root at its end.
    pub fn verify(&mut self, chain: &[Certificate<'_>]) -> Result<(), TeeError> {
        let [first, .., root] = chain else {
            let part = chain.first().map_or("certificate chain", |first| first.part);
            return Err(TeeError::certificate(part, CertificateProblem::ChainLength(chain.len())));
        };
        if chain.len() > MAX_CHAIN {
            return Err(TeeError::certificate(first.part, CertificateProblem::ChainLength(chain.len())));
        }
        let key = root.key_hash();
        if !self.roots.contains(&key) {
            return Err(TeeError::Root { part: first.part, key });
        }
        for certificate in chain {
            self.limit(certificate.part, certificate.window)?;
        }
        self.issued(root, root, 0)?;
        // From the root on, so that no key is used before something vouches for it.
        for (below, pair) in chain.windows(2).enumerate().rev() {
            self.issued(&pair[1], &pair[0], below)?;
        }
        Ok(())
    }

    fn issued(&mut self, issuer: &Certificate<'_>, subject: &Certificate<'_>, below: usize) -> Result<(), TeeError> {
        issuer.check_may_issue(subject, below)?;
        let known = |(one, other): &(Vec<u8>, Vec<u8>)| one == subject.bytes && other == issuer.bytes;
        if !self.verified.iter().any(known) {
            issuer.check_signed(subject)?;
            self.verified.push((subject.bytes.into(), issuer.bytes.into()));
        }
        Ok(())
    }

    /// `list` is one that `issuer`, whose chain was verified, signed and that is valid now.
    pub fn verify_list(&mut self, issuer: &Certificate<'_>, list: &RevocationList<'_>) -> Result<(), TeeError> {
        list.check_issuer(issuer)?;
        self.limit(list.part, list.window)
    }
}
