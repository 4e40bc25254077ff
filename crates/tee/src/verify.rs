//! The entry: bytes of any kind to an attestation, or to the reason why there is none.

use crate::amd::{self, Report};
use crate::arm::{self, CcaToken, PsaToken};
use crate::cose::{self, Sign1};
use crate::intel::{self, Quote};
use crate::nitro::{self, Document};
use crate::policy::check_report_data;
use crate::{Attestation, Claims, Collateral, Kind, Policy, Roots, TeeError};
use alloy_primitives::keccak256;

/// Keeps what binds a key from binding anything else.
const KEY_DOMAIN: &[u8] = b"LUX_TEE_KEY_V1";

/// An attestation, taken apart.
enum Parsed<'a> {
    Intel(Quote<'a>),
    Amd(Report<'a>),
    Nitro(Document<'a>),
    Psa(PsaToken<'a>),
    Cca(CcaToken<'a>),
}

impl<'a> Parsed<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, TeeError> {
        if intel::is_quote(bytes) {
            return Quote::parse(bytes).map(Self::Intel);
        }
        if amd::is_report(bytes) {
            return Report::parse(bytes).map(Self::Amd);
        }
        if cose::is_sign1(bytes) {
            let token = Sign1::parse("COSE token", bytes)?;
            return match nitro::is_document(&token) {
                true => Document::parse(token).map(Self::Nitro),
                false => PsaToken::parse(token).map(Self::Psa),
            };
        }
        if arm::is_cca(bytes) {
            return CcaToken::parse(bytes).map(Self::Cca);
        }
        Err(TeeError::UnknownKind)
    }
}

/// The kind that the bytes begin as, if any. Takes little: they may still be malformed.
pub fn kind_of(attestation: &[u8]) -> Option<Kind> {
    match attestation {
        [3, 0, ..] if intel::is_quote(attestation) => Some(Kind::Sgx),
        _ if intel::is_quote(attestation) => Some(Kind::Tdx),
        _ if amd::is_report(attestation) => Some(Kind::Snp),
        _ if arm::is_cca(attestation) => Some(Kind::Cca),
        _ if cose::is_sign1(attestation) => {
            let token = Sign1::parse("COSE token", attestation).ok()?;
            Some(if nitro::is_document(&token) { Kind::Nitro } else { Kind::Psa })
        }
        _ => None,
    }
}

/// How many certificates a Nitro document brings along: none where it is malformed, or of another kind.
pub fn certificates_within(attestation: &[u8]) -> usize {
    match Parsed::parse(attestation) {
        Ok(Parsed::Nitro(document)) => 1 + document.bundle.len(),
        _ => 0,
    }
}

/// What the bytes claim. Nothing of it is verified.
pub fn inspect(attestation: &[u8]) -> Result<Claims, TeeError> {
    Ok(match Parsed::parse(attestation)? {
        Parsed::Intel(quote) => quote.claims(),
        Parsed::Amd(report) => report.claims(),
        Parsed::Nitro(document) => document.claims(),
        Parsed::Psa(token) => token.claims(),
        Parsed::Cca(token) => token.claims(),
    })
}

/// The signatures of the attestation lead to one of `roots`, and what vouches for it is valid at `now`.
pub fn authenticate(
    attestation: &[u8],
    collateral: &Collateral,
    now: u64,
    roots: &Roots,
) -> Result<Attestation, TeeError> {
    let needs = |needed| TeeError::Collateral { found: collateral.name(), needed };
    match (Parsed::parse(attestation)?, collateral) {
        (Parsed::Intel(quote), Collateral::Intel(collateral)) => {
            intel::authenticate(&quote, collateral, now, &roots.intel)
        }
        (Parsed::Amd(report), Collateral::Amd(collateral)) => amd::authenticate(&report, collateral, now, &roots.amd),
        (Parsed::Nitro(document), Collateral::None) => nitro::authenticate(&document, now, &roots.nitro),
        (Parsed::Psa(token), Collateral::None) => arm::authenticate_psa(&token, &roots.arm),
        (Parsed::Cca(token), Collateral::None) => arm::authenticate_cca(&token, &roots.arm),
        (Parsed::Intel(_), _) => Err(needs("Intel's")),
        (Parsed::Amd(_), _) => Err(needs("AMD's")),
        (Parsed::Nitro(_) | Parsed::Psa(_) | Parsed::Cca(_), _) => Err(needs("none")),
    }
}

/// The report data that binds `public_key` and the time of LP-500's `TEEAttestation`, as it stands there: Keccak-256 of
/// `LUX_TEE_KEY_V1`, the time in 8 bytes, big-endian, and the key, then zeros.
pub fn report_data_of_key(public_key: &[u8], timestamp: u64) -> [u8; 64] {
    let mut data = [0; 64];
    data[..32].copy_from_slice(&keccak256([KEY_DOMAIN, &timestamp.to_be_bytes(), public_key].concat())[..]);
    data
}

/// The attestation is authentic, binds `report_data`, and the policy accepts it.
pub fn verify(
    attestation: &[u8],
    collateral: &Collateral,
    now: u64,
    roots: &Roots,
    policy: &Policy,
    report_data: &[u8],
) -> Result<Attestation, TeeError> {
    let attestation = authenticate(attestation, collateral, now, roots)?;
    check_report_data(&attestation.claims, report_data)?;
    policy.check(&attestation)?;
    Ok(attestation)
}
