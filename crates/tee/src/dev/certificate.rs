//! Writing certificates and revocation lists.

use super::Request;
use super::der::{OCTET_STRING, SEQUENCE, SET, UTF8_STRING, bits, integer, oid, sequence, time, tlv};
use super::key::DevKey;
use crate::Window;
use alloc::vec::Vec;

/// What a certificate is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Authority,
    Signer,
    /// AMD's endorsement keys say nothing of their use.
    Silent,
}

pub(super) struct Template<'a> {
    pub name: &'a str,
    pub serial: &'a [u8],
    pub role: Role,
    pub window: Window,
    /// Further extensions, encoded.
    pub extensions: Vec<Vec<u8>>,
}

/// A certificate for `key`, issued by `issuer` under its name.
pub(super) fn certificate(template: &Template<'_>, key: &DevKey, issuer_name: &str, issuer: &DevKey) -> Vec<u8> {
    let mut extensions = template.extensions.concat();
    if template.role != Role::Silent {
        let authority = template.role == Role::Authority;
        let constraints = if authority { sequence([Vec::from([1, 1, 0xff])]) } else { sequence([]) };
        extensions.extend(extension("2.5.29.19", true, &constraints));
        // keyCertSign and cRLSign, or digitalSignature.
        let usage: [u8; 4] = if authority { [3, 2, 1, 0x06] } else { [3, 2, 7, 0x80] };
        extensions.extend(extension("2.5.29.15", true, &usage));
    }
    let tbs = sequence([
        tlv(0xa0, &integer(&[2])),
        integer(template.serial),
        issuer.algorithm(),
        name(issuer_name),
        sequence([time(template.window.from), time(template.window.until)]),
        name(template.name),
        key.spki(),
        tlv(0xa3, &tlv(SEQUENCE, &extensions)),
    ]);
    signed(tbs, issuer)
}

/// A list of the serial numbers that `issuer` has revoked.
pub(super) fn revocation_list(issuer_name: &str, issuer: &DevKey, request: &Request, revoked: &[&[u8]]) -> Vec<u8> {
    let window = request.window;
    let entry = |serial: &[u8], extensions: Vec<u8>| sequence([integer(serial), time(window.from), extensions]);
    let extensions = match request.extensions {
        0 => Vec::new(),
        count => tlv(SEQUENCE, &extension("1.2.3.4", false, &[]).repeat(count)),
    };
    let other = |index: usize| entry(&(0x10_0000 + index as u32).to_be_bytes(), extensions.clone());
    let others = (0..request.others).flat_map(other);
    let entries: Vec<u8> = revoked.iter().flat_map(|serial| entry(serial, Vec::new())).chain(others).collect();
    let entries = if entries.is_empty() { entries } else { tlv(SEQUENCE, &entries) };
    let number = extension("2.5.29.20", false, &integer(&[1]));
    let tbs = sequence([
        integer(&[1]),
        issuer.algorithm(),
        name(issuer_name),
        time(window.from),
        time(window.until),
        entries,
        tlv(0xa0, &tlv(SEQUENCE, &number)),
    ]);
    signed(tbs, issuer)
}

pub(super) fn signed(tbs: Vec<u8>, issuer: &DevKey) -> Vec<u8> {
    let signature = bits(&issuer.sign_der(&tbs));
    sequence([tbs, issuer.algorithm(), signature])
}

pub(super) fn name(common: &str) -> Vec<u8> {
    let attribute = sequence([oid("2.5.4.3"), tlv(UTF8_STRING, common.as_bytes())]);
    tlv(SEQUENCE, &tlv(SET, &attribute))
}

pub(super) fn extension(id: &str, critical: bool, content: &[u8]) -> Vec<u8> {
    let critical = if critical { Vec::from([1, 1, 0xff]) } else { Vec::new() };
    sequence([oid(id), critical, tlv(OCTET_STRING, content)])
}
