//! Writing DER.

use alloc::vec::Vec;
use der::Encode;
use der::asn1::{GeneralizedTime, ObjectIdentifier};

pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
const INTEGER: u8 = 2;
const BIT_STRING: u8 = 3;
pub(super) const OCTET_STRING: u8 = 4;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const IA5_STRING: u8 = 0x16;

pub(super) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let mut out = Vec::from([tag]);
    match len {
        0..0x80 => out.push(len as u8),
        0x80..0x100 => out.extend([0x81, len as u8]),
        _ => {
            out.push(0x82);
            out.extend((len as u16).to_be_bytes());
        }
    }
    out.extend(content);
    out
}

pub(super) fn sequence<const N: usize>(parts: [Vec<u8>; N]) -> Vec<u8> {
    tlv(SEQUENCE, &parts.concat())
}

/// A number that is not negative.
pub(super) fn integer(number: &[u8]) -> Vec<u8> {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len().saturating_sub(1));
    let mut bytes = number[start..].to_vec();
    if bytes.first().is_none_or(|first| *first >= 0x80) {
        bytes.insert(0, 0);
    }
    tlv(INTEGER, &bytes)
}

pub(super) fn bits(content: &[u8]) -> Vec<u8> {
    tlv(BIT_STRING, &[&[0], content].concat())
}

pub(super) fn oid(name: &str) -> Vec<u8> {
    let mut out = [0; 64];
    let oid = ObjectIdentifier::new(name).expect("names here are written out");
    oid.encode_to_slice(&mut out).expect("64 bytes are enough").to_vec()
}

pub(super) fn time(seconds: u64) -> Vec<u8> {
    let time = GeneralizedTime::from_unix_duration(core::time::Duration::from_secs(seconds));
    let mut out = [0; 32];
    time.and_then(|time| time.encode_to_slice(&mut out).map(<[u8]>::to_vec)).expect("times here are before 9999")
}
