//! Attestations under roots whose private keys everyone has: for development and tests only.
//!
//! They have every part that real ones have. Only who accepts [`roots`] accepts them.

mod amd;
mod arm;
mod certificate;
mod der;
mod intel;
mod key;
mod nitro;
#[cfg(test)]
mod tests;

use crate::{Collateral, DeviceKey, Kind, PublicKey, Roots, Window};
use alloc::vec;
use alloc::vec::Vec;
use alloy_primitives::B256;
use key::DevKey;
use sha2::{Digest, Sha256, Sha384};

/// What to attest, and on which platform.
#[derive(Clone, Debug)]
pub struct Request {
    pub kind: Kind,
    /// Name of the software; its measurement is a hash of it.
    pub software: Vec<u8>,
    /// Name of who signed the software.
    pub signer: Vec<u8>,
    pub report_data: [u8; 64],
    pub debug: bool,
    /// Security version of every component of the platform: 5 is up to date, 3 and 4 are out of date, 1 and 2 revoked.
    pub platform_svn: u8,
    /// When certificates and collateral are valid.
    pub window: Window,
    /// Whether the vendor has revoked the platform.
    pub revoked: bool,
    /// Of the PCK certificate of SGX and TDX; Intel's collateral is for zero.
    pub pce_id: [u8; 2],
    /// Bytes to write into the report of SGX, TDX or SEV-SNP before it is signed, each behind where they go.
    pub changes: Vec<(usize, Vec<u8>)>,
    /// Other certificates that the vendor has revoked, and other levels of its TCB info.
    pub others: usize,
    /// Advisories of the platform's level, and as many of the quoting enclave's, with names of 64 bytes.
    pub advisories: usize,
    /// Extensions of each of the other certificates that are revoked.
    pub extensions: usize,
}

impl Request {
    /// Software on a platform that is in order, for 30 days from `now`.
    pub fn new(kind: Kind, software: &[u8], report_data: [u8; 64], now: u64) -> Self {
        Self {
            kind,
            software: software.into(),
            signer: b"lux-tee development signer".into(),
            report_data,
            debug: false,
            platform_svn: 5,
            window: Window { from: now.saturating_sub(60), until: now + 30 * 86_400 },
            revoked: false,
            pce_id: [0; 2],
            changes: Vec::new(),
            others: 0,
            advisories: 0,
            extensions: 0,
        }
    }

    fn change(&self, report: &mut [u8]) {
        for (at, bytes) in &self.changes {
            report[*at..at + bytes.len()].copy_from_slice(bytes);
        }
    }

    fn digest32(text: &[u8]) -> [u8; 32] {
        Sha256::digest(text).into()
    }

    fn digest48(text: &[u8]) -> [u8; 48] {
        Sha384::digest(text).into()
    }
}

/// An attestation of the kind asked for, and what vouches for it.
pub fn attest(request: &Request) -> (Vec<u8>, Collateral) {
    match request.kind {
        Kind::Sgx => intel::sgx(request),
        Kind::Tdx => intel::tdx(request),
        Kind::Snp => amd::report(request),
        Kind::Nitro => (nitro::document(request), Collateral::None),
        Kind::Psa => (arm::psa(request), Collateral::None),
        Kind::Cca => (arm::cca(request), Collateral::None),
    }
}

/// The development roots.
pub fn roots() -> Roots {
    let device = |key: DevKey| DeviceKey { key: key.public(), implementation_id: None, instance_id: None };
    Roots {
        intel: vec![fingerprint(&DevKey::p256("intel root"))],
        amd: vec![fingerprint(&DevKey::rsa())],
        nitro: vec![fingerprint(&DevKey::p384("nitro root"))],
        arm: vec![device(DevKey::p256("psa device")), device(DevKey::p384("cca platform"))],
    }
}

fn fingerprint(key: &DevKey) -> B256 {
    B256::from_slice(&Sha256::digest(key.spki()))
}

impl DevKey {
    fn public(&self) -> PublicKey {
        PublicKey::from_spki("development key", &self.spki()).expect("keys made here are of known kinds")
    }
}
