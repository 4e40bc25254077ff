//! From a document to an attestation: its certificates are within.

use super::document::Document;
use crate::roots::is_development;
use crate::x509::{Certificate, Chains, KeyAlgorithm};
use crate::{Attestation, Tcb, TcbStatus, TeeError, Window};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};

pub(crate) fn authenticate(document: &Document<'_>, now: u64, roots: &[B256]) -> Result<Attestation, TeeError> {
    let parse = |part, bytes| Certificate::parse(part, bytes)?.with_key(KeyAlgorithm::P384);
    let leaf = parse("Nitro certificate", document.certificate)?;
    leaf.check_signs()?;
    document.token.verify(&leaf.key)?;
    let issuers = document.bundle.iter().rev().map(|bytes| parse("Nitro issuer", bytes));
    let chain = [Ok(leaf)].into_iter().chain(issuers).collect::<Result<Vec<_>, _>>()?;
    let mut chains = Chains::new(now, roots);
    chains.verify(&chain)?;
    chains.limit("Nitro document", Window { from: document.timestamp / 1000, until: u64::MAX })?;
    let root = chain.last().map(Certificate::key_hash).unwrap_or_default();
    // A module is named after its instance, and after which of its enclaves it is.
    let instance = document.module.rsplit_once("-enc").map(|(instance, _)| Bytes::copy_from_slice(instance.as_bytes()));
    Ok(Attestation {
        claims: document.claims(),
        tcb: Tcb { status: TcbStatus::Unrated, advisories: Vec::new(), evaluation: None },
        platform: Bytes::copy_from_slice(document.module.as_bytes()),
        platform_ids: instance.into_iter().collect(),
        collateral_age: None,
        root_list_age: None,
        validity: chains.window,
        root,
        development: is_development(&root),
    })
}
