//! Software components of a platform, and its state of life: the same in PSA and CCA.

use crate::cbor::Cbor;
use crate::crypto::sha256;
use crate::{Problem, Register, TeeError};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use alloy_primitives::Bytes;
use minicbor::data::Type;

const TYPE: i64 = 1;
const MEASUREMENT: i64 = 2;
const SIGNER: i64 = 5;
/// States 0x3000 to 0x30ff are the secured ones.
const SECURED: u64 = 0x30;

/// One component that was loaded.
pub(super) struct Component<'a> {
    name: &'a str,
    measurement: &'a [u8],
    signer: &'a [u8],
}

pub(super) const fn is_secured(lifecycle: u64) -> bool {
    lifecycle >> 8 == SECURED
}

pub(super) fn components<'a>(part: &'static str, list: &mut Cbor<'a>) -> Result<Vec<Component<'a>>, TeeError> {
    let len = list.array()?;
    if len == 0 {
        return Err(TeeError::missing(part, "a software component"));
    }
    (0..len).map(|_| component(part, list)).collect()
}

fn component<'a>(part: &'static str, list: &mut Cbor<'a>) -> Result<Component<'a>, TeeError> {
    let (mut name, mut measurement, mut signer) = (None, None, None);
    for _ in 0..list.map()? {
        match list.integer()? {
            TYPE => set(part, &mut name, list.text()?)?,
            MEASUREMENT => set(part, &mut measurement, hash(part, list.bytes()?)?)?,
            SIGNER => set(part, &mut signer, hash(part, list.bytes()?)?)?,
            _ => list.skip()?,
        }
    }
    Ok(Component {
        name: name.unwrap_or("component"),
        measurement: measurement.ok_or(TeeError::missing(part, "the measurement of a component"))?,
        signer: signer.ok_or(TeeError::missing(part, "the signer of a component"))?,
    })
}

/// A hash, whose length tells its algorithm.
pub(super) fn hash<'a>(part: &'static str, bytes: &'a [u8]) -> Result<&'a [u8], TeeError> {
    match bytes.len() {
        32 | 48 | 64 => Ok(bytes),
        _ => Err(TeeError::invalid(part, "hash: 32, 48 or 64 bytes are one")),
    }
}

pub(super) fn set<T>(part: &'static str, place: &mut Option<T>, value: T) -> Result<(), TeeError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(TeeError::malformed(part, Problem::Duplicate("a claim"))),
    }
}

/// The name of a claim: integers count, text is for people.
pub(super) fn claim(payload: &mut Cbor<'_>) -> Result<Option<i64>, TeeError> {
    match payload.kind()? {
        Type::String => payload.text().map(|_| None),
        _ => payload.integer().map(Some),
    }
}

/// SHA-256 of all measurements in their order, each behind its length.
pub(super) fn measurement(components: &[Component<'_>]) -> Bytes {
    digest(components.iter().map(|component| component.measurement))
}

/// SHA-256 of all signers in their order, each behind its length.
pub(super) fn signer(components: &[Component<'_>]) -> Bytes {
    digest(components.iter().map(|component| component.signer))
}

fn digest<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Bytes {
    let mut hashed = Vec::new();
    for part in parts {
        hashed.push(part.len() as u8);
        hashed.extend_from_slice(part);
    }
    sha256(&hashed).into()
}

/// Each component's measurement and signer, for a report; together they are pinned by their digests.
pub(super) fn registers(components: &[Component<'_>]) -> impl Iterator<Item = Register> {
    components.iter().enumerate().flat_map(|(index, component)| {
        let name = |what: &str| -> String { format!("{index}-{}-{what}", component.name) };
        [("measurement", component.measurement), ("signer", component.signer)].map(|(what, value)| Register {
            name: name(what),
            value: Bytes::copy_from_slice(value),
            must_pin: false,
        })
    })
}
