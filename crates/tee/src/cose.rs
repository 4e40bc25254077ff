//! COSE_Sign1 (RFC 9052): a signature around a payload.

use crate::cbor::Cbor;
use crate::{Problem, PublicKey, TeeError};
use alloc::vec::Vec;
use minicbor::Encoder;

/// Tag of COSE_Sign1.
const SIGN1: u64 = 18;
/// A Nitro document has up to 16 KB.
pub(crate) const MAX_TOKEN_BYTES: usize = 32 << 10;
const ALGORITHM: i64 = 1;
const CONTENT_TYPE: i64 = 3;
const KEY_ID: i64 = 4;
const ES256: i64 = -7;
const ES384: i64 = -35;

pub(crate) struct Sign1<'a> {
    part: &'static str,
    protected: &'a [u8],
    algorithm: i64,
    pub payload: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Sign1<'a> {
    pub fn parse(part: &'static str, bytes: &'a [u8]) -> Result<Self, TeeError> {
        if bytes.len() > MAX_TOKEN_BYTES {
            return Err(TeeError::malformed(part, Problem::TooLong { len: bytes.len(), max: MAX_TOKEN_BYTES }));
        }
        let mut outer = Cbor::new(bytes, part);
        outer.skip_tag(SIGN1)?;
        if outer.array()? != 4 {
            return Err(TeeError::invalid(part, "COSE_Sign1"));
        }
        let protected = outer.bytes()?;
        // Nobody signs the unprotected header, so nothing in it counts.
        for _ in 0..outer.map()? {
            outer.skip()?;
            outer.skip()?;
        }
        let (payload, signature) = (outer.bytes()?, outer.bytes()?);
        outer.finish()?;
        let algorithm = algorithm(part, protected)?;
        Ok(Self { part, protected, algorithm, payload, signature })
    }

    pub fn verify(&self, key: &PublicKey) -> Result<(), TeeError> {
        let fits = matches!((key, self.algorithm), (PublicKey::P256(_), ES256) | (PublicKey::P384(_), ES384));
        let signed = || signed(self.protected, self.payload);
        let verified = fits.then(|| key.verify_raw(&signed(), self.signature)).flatten();
        verified.ok_or(TeeError::Signature(self.part))
    }
}

/// `Sig_structure` without external data.
fn signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Encoder::new(Vec::with_capacity(payload.len() + protected.len() + 32));
    out.array(4)
        .and_then(|out| out.str("Signature1"))
        .and_then(|out| out.bytes(protected))
        .and_then(|out| out.bytes(&[]))
        .and_then(|out| out.bytes(payload))
        .expect("memory takes every byte");
    out.into_writer()
}

/// A token around `payload`.
#[cfg(feature = "dev-pki")]
pub(crate) fn sign1(algorithm: i8, payload: &[u8], tag: bool, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let protected = [&[0xa1, 1][..], &minicbor::to_vec(algorithm).expect("memory takes every byte")].concat();
    let signature = sign(&signed(&protected, payload));
    let mut out = Encoder::new(if tag { Vec::from([0xd2]) } else { Vec::new() });
    out.array(4)
        .and_then(|out| out.bytes(&protected))
        .and_then(|out| out.map(0))
        .and_then(|out| out.bytes(payload))
        .and_then(|out| out.bytes(&signature))
        .expect("memory takes every byte");
    out.into_writer()
}

fn algorithm(part: &'static str, protected: &[u8]) -> Result<i64, TeeError> {
    let mut header = Cbor::new(protected, part);
    let mut found = None;
    for _ in 0..header.map()? {
        match header.integer()? {
            ALGORITHM if found.is_none() => found = Some(header.integer()?),
            CONTENT_TYPE | KEY_ID => header.skip()?,
            _ => return Err(TeeError::invalid(part, "protected header")),
        }
    }
    header.finish()?;
    match found {
        Some(algorithm @ (ES256 | ES384)) => Ok(algorithm),
        Some(_) => Err(TeeError::invalid(part, "algorithm: known are ES256 and ES384")),
        None => Err(TeeError::missing(part, "the algorithm")),
    }
}

/// These bytes begin as a COSE_Sign1 does: its tag, or an array of four.
pub(crate) fn is_sign1(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0xd2 | 0x84))
}
