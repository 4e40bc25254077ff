//! From a document to an attestation: its certificates are within.

use super::document::Document;
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
    Ok(Attestation {
        claims: document.claims(),
        tcb: Tcb { status: TcbStatus::Unrated, advisories: Vec::new(), evaluation: None },
        platform: Bytes::copy_from_slice(document.module.as_bytes()),
        validity: chains.window,
        root: chain.last().map(Certificate::key_hash).unwrap_or_default(),
    })
}
