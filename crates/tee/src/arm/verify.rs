//! From a token and the keys of known devices to an attestation.

use super::cca::CcaToken;
use super::psa::PsaToken;
use crate::cose::Sign1;
use crate::roots::is_development;
use crate::{Attestation, Claims, DeviceKey, Tcb, TcbStatus, TeeError, Window};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};

pub(crate) fn authenticate_psa(token: &PsaToken<'_>, keys: &[DeviceKey]) -> Result<Attestation, TeeError> {
    let root = verify_device(&token.token, token.implementation, token.instance, keys)?;
    Ok(attestation(token.claims(), token.instance, root))
}

pub(crate) fn authenticate_cca(token: &CcaToken<'_>, keys: &[DeviceKey]) -> Result<Attestation, TeeError> {
    let root = verify_device(&token.platform, token.implementation, token.instance, keys)?;
    let expected = token.expected_nonce()?;
    if token.nonce != expected {
        return Err(TeeError::Mismatch {
            what: "hash of the realm's key",
            found: Bytes::copy_from_slice(token.nonce),
            expected: expected.into(),
        });
    }
    token.realm.verify(&token.realm_key()?)?;
    Ok(attestation(token.claims(), token.instance, root))
}

/// One of the keys that are for this device signed the token. Returns which.
fn verify_device(
    token: &Sign1<'_>,
    implementation: &[u8; 32],
    instance: &[u8; 33],
    keys: &[DeviceKey],
) -> Result<B256, TeeError> {
    let fits = |key: &&DeviceKey| {
        key.implementation_id.is_none_or(|id| id == *implementation) && key.instance_id.is_none_or(|id| id == *instance)
    };
    let mut refusal = TeeError::NoAnchor;
    for key in keys.iter().filter(fits) {
        match token.verify(&key.key) {
            Ok(()) => return Ok(key.key.fingerprint()),
            Err(reason) => refusal = reason,
        }
    }
    Err(refusal)
}

/// Nothing in a token grows old: how long it counts is for its nonce to say.
fn attestation(claims: Claims, instance: &[u8; 33], root: B256) -> Attestation {
    Attestation {
        claims,
        tcb: Tcb { status: TcbStatus::Unrated, advisories: Vec::new(), evaluation: None },
        platform: Bytes::copy_from_slice(instance),
        platform_ids: Vec::new(),
        collateral_age: None,
        root_list_age: None,
        validity: Window::ALWAYS,
        root,
        development: is_development(&root),
    }
}
