//! Attestations to test with.

use lux_tee::dev::{Request, attest, roots};
use lux_tee::{Attestation, Collateral, Kind, TeeError, authenticate};

pub const NOW: u64 = 1_800_000_000;
pub const KINDS: [Kind; 6] = [Kind::Sgx, Kind::Tdx, Kind::Snp, Kind::Nitro, Kind::Psa, Kind::Cca];
/// Kinds whose certificates have a time.
pub const WITH_CERTIFICATES: [Kind; 4] = [Kind::Sgx, Kind::Tdx, Kind::Snp, Kind::Nitro];

pub fn request(kind: Kind) -> Request {
    Request::new(kind, b"software", [7; 64], NOW)
}

pub fn check((bytes, collateral): &(Vec<u8>, Collateral), now: u64) -> Result<Attestation, TeeError> {
    authenticate(bytes, collateral, now, &roots())
}

pub fn authentic(request: &Request) -> Attestation {
    check(&attest(request), NOW).unwrap_or_else(|error| panic!("{}: {error}", request.kind.name()))
}
