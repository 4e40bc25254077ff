//! From a quote and its collateral to an attestation. What is cheap comes first.

use super::collateral::IntelCollateral;
use super::identity::QeIdentity;
use super::levels::judge;
use super::pck::Pck;
use super::quote::{Body, Quote};
use super::tcb_info::TcbInfo;
use crate::crypto::sha256;
use crate::x509::{Certificate, Chains, KeyAlgorithm, PublicKey, RevocationList, certificates};
use crate::{Attestation, CertificateProblem, Svn, Tcb, TeeError};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};

pub(crate) fn authenticate(
    quote: &Quote<'_>,
    collateral: &IntelCollateral,
    now: u64,
    roots: &[B256],
) -> Result<Attestation, TeeError> {
    collateral.check_sizes()?;
    verify_attestation_key(quote)?;

    let chain = certificates("PCK certificate chain", quote.pck_chain)?;
    let chain = parse_chain(["PCK certificate", "PCK issuer", "PCK root"], chain.iter().map(Vec::as_slice))?;
    let [pck, pck_issuer, root] = &chain[..] else {
        let problem = CertificateProblem::ChainLength(chain.len());
        return Err(TeeError::certificate("PCK certificate", problem));
    };
    pck.check_signs()?;
    if pck.key.verify_raw(quote.qe_report.bytes, quote.qe_signature).is_none() {
        return Err(TeeError::Signature("report of the quoting enclave"));
    }
    let mut chains = Chains::new(now, roots);
    chains.verify(&chain)?;

    let root_crl = RevocationList::parse("root revocation list", &collateral.root_crl)?;
    chains.verify_list(root, &root_crl)?;
    let pck_crl = RevocationList::parse("PCK revocation list", &collateral.pck_crl)?;
    chains.verify_list(pck_issuer, &pck_crl)?;
    root_crl.check(pck_issuer)?;
    pck_crl.check(pck)?;

    let (tcb_id, qe_id) = match quote.body {
        Body::Sgx(_) => ("SGX", "QE"),
        Body::Tdx(_) => ("TDX", "TD_QE"),
    };
    let mut signed = |part, text: &[u8], signature: &[u8], chain: &[Bytes]| {
        let parts = ["TCB signing certificate", "TCB signing root"];
        let chain = parse_chain(parts, chain.iter().map(|bytes| &bytes[..]))?;
        // Whom the root itself lets sign is the TCB signer; its other certificates are of authorities.
        let [signer, tcb_root] = &chain[..] else {
            return Err(TeeError::certificate(parts[0], CertificateProblem::ChainLength(chain.len())));
        };
        chains.verify(&chain)?;
        same("root of the TCB signer", tcb_root.spki, root.spki)?;
        signer.check_signs()?;
        root_crl.check(signer)?;
        signer.key.verify_raw(text, signature).ok_or(TeeError::Signature(part))
    };
    let IntelCollateral { tcb_info, qe_identity, .. } = collateral;
    signed("TCB info", tcb_info, &collateral.tcb_info_signature[..], &collateral.tcb_info_chain)?;
    signed("QE identity", qe_identity, &collateral.qe_identity_signature[..], &collateral.qe_identity_chain)?;
    let info = TcbInfo::parse(tcb_info, tcb_id)?;
    chains.limit("TCB info", info.window()?)?;
    let identity = QeIdentity::parse(qe_identity, qe_id)?;
    chains.limit("QE identity", identity.window()?)?;

    let processor = Pck::parse(pck)?;
    same("FMSPC", &processor.fmspc, &info.fmspc()?)?;
    same("PCE-ID", &processor.pce_id, &info.pce_id()?)?;
    let qe_level = identity.check(&quote.qe_report)?;
    let verdict = judge(&info, &processor, &quote.body, qe_level)?;

    let mut claims = quote.claims();
    claims.svns.push(Svn { component: "quoting-enclave", svn: quote.qe_report.svn.into() });
    claims.svns.push(Svn { component: "pce", svn: processor.pce_svn.into() });
    let evaluation = info.tcb_evaluation_data_number.min(identity.tcb_evaluation_data_number);
    Ok(Attestation {
        claims,
        tcb: Tcb { status: verdict.status, advisories: verdict.advisories, evaluation: Some(evaluation) },
        platform: Bytes::copy_from_slice(&processor.fmspc),
        validity: chains.window,
        root: root.key_hash(),
    })
}

/// The attestation key signed the quote, and the quoting enclave vouches for that key.
fn verify_attestation_key(quote: &Quote<'_>) -> Result<(), TeeError> {
    let mut point = [4; 65];
    point[1..].copy_from_slice(quote.attestation_key);
    let key = PublicKey::p256(&point).ok_or(TeeError::invalid("quote", "attestation key"))?;
    key.verify_raw(quote.signed, quote.signature).ok_or(TeeError::Signature("quote"))?;
    let mut expected = [0; 64];
    expected[..32].copy_from_slice(&sha256(&[quote.attestation_key, quote.qe_auth].concat()));
    same("hash of the attestation key", quote.qe_report.report_data, &expected)
}

/// Reads a chain; the last of `parts` names every further certificate.
fn parse_chain<'a, const N: usize>(
    parts: [&'static str; N],
    chain: impl Iterator<Item = &'a [u8]>,
) -> Result<Vec<Certificate<'a>>, TeeError> {
    let parse =
        |(index, bytes): (usize, _)| Certificate::parse(parts[index.min(N - 1)], bytes)?.with_key(KeyAlgorithm::P256);
    chain.enumerate().map(parse).collect()
}

fn same(what: &'static str, found: &[u8], expected: &[u8]) -> Result<(), TeeError> {
    match found == expected {
        true => Ok(()),
        false => Err(TeeError::Mismatch {
            what,
            found: Bytes::copy_from_slice(found),
            expected: Bytes::copy_from_slice(expected),
        }),
    }
}
