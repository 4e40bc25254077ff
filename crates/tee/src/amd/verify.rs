//! From a report and its certificates to an attestation.

use super::collateral::AmdCollateral;
use super::endorsement::Endorsement;
use super::report::{Report, SigningKey};
use super::tcb::Tcb;
use crate::x509::{Certificate, Chains, KeyAlgorithm, RevocationList};
use crate::{Attestation, TcbStatus, TeeError, Weakness};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};

pub(crate) fn authenticate(
    report: &Report<'_>,
    collateral: &AmdCollateral,
    now: u64,
    roots: &[B256],
) -> Result<Attestation, TeeError> {
    let [leaf, issuer, root] = collateral.certificates()?;
    if report.masked_key {
        return Err(TeeError::invalid("SEV-SNP report", "signature: the platform masks its keys and signs nothing"));
    }
    let leaf = Certificate::parse("VCEK", leaf)?.with_key(KeyAlgorithm::P384)?;
    leaf.key.verify_raw(report.signed, &report.signature).ok_or(TeeError::Signature("SEV-SNP report"))?;
    let authority = |part, bytes| Certificate::parse(part, bytes)?.with_key(KeyAlgorithm::Rsa);
    let chain = [leaf, authority("ASK", issuer)?, authority("ARK", root)?];
    let [leaf, issuer, root] = &chain;
    let mut chains = Chains::new(now, roots);
    chains.verify(&chain)?;

    let mut claims = report.claims();
    match collateral.crl.is_empty() {
        true => claims.weaknesses.push(Weakness::NoRevocationList),
        false => {
            let crl = RevocationList::parse("AMD revocation list", &collateral.crl)?;
            chains.verify_list(root, &crl)?;
            crl.check(issuer)?;
        }
    }

    let endorsement = Endorsement::parse(leaf)?;
    endorsement.check_issuer(report.signing_key, issuer)?;
    endorsement.check_chip(report.signing_key, report.chip_id)?;
    let reported = Tcb::unpack(endorsement.product, report.reported_tcb);
    if reported != endorsement.tcb {
        return Err(TeeError::Mismatch {
            what: "TCB",
            found: reported.bytes().into(),
            expected: endorsement.tcb.bytes().into(),
        });
    }
    claims.svns.extend(reported.svns());
    let platform = match report.signing_key {
        SigningKey::Vcek => Bytes::copy_from_slice(report.chip_id),
        SigningKey::Vlek => Bytes::copy_from_slice(endorsement.product.name().as_bytes()),
    };
    Ok(Attestation {
        claims,
        tcb: crate::Tcb { status: TcbStatus::Unrated, advisories: Vec::new(), evaluation: None },
        platform,
        validity: chains.window,
        root: root.key_hash(),
    })
}
