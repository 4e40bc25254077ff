//! Public keys, and the signatures that the vendors make with them.

use super::der::DerReader;
use crate::crypto::{RSA_BYTES, sha256, verify_p256, verify_p384, verify_rsa_pss};
use crate::{CertificateProblem, TeeError};
use alloc::boxed::Box;
use alloc::vec::Vec;
use alloy_primitives::B256;
use der::Tag;
use der::asn1::ObjectIdentifier;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
/// SHA-384, MGF1 with SHA-384, salt of 48 bytes.
const PSS_SHA384: [u8; 52] = *b"\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\
    \xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\
    \x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\xa2\x03\x02\x01\x30";
/// The default trailer, which AMD also writes out.
const PSS_TRAILER: [u8; 5] = *b"\xa3\x03\x02\x01\x01";
const RSA_EXPONENT: [u8; 3] = [1, 0, 1];

/// What a key is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyAlgorithm {
    P256,
    P384,
    Rsa,
}

/// How certificates and revocation lists are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureAlgorithm {
    EcdsaSha256,
    EcdsaSha384,
    RsaPssSha384,
}

impl SignatureAlgorithm {
    /// From an encoded `AlgorithmIdentifier`.
    pub fn parse(encoded: &[u8]) -> Option<Self> {
        let mut outer = DerReader::new(encoded, "signature algorithm").ok()?;
        let content = outer.expect(Tag::Sequence, "").ok()?;
        let mut identifier = DerReader::new(content, "signature algorithm").ok()?;
        let oid = identifier.oid("").ok()?;
        if oid == RSA_PSS {
            let parameters = identifier.expect(Tag::Sequence, "").ok()?;
            identifier.finish().ok()?;
            let rest = parameters.strip_prefix(&PSS_SHA384)?;
            return (rest.is_empty() || rest == PSS_TRAILER).then_some(Self::RsaPssSha384);
        }
        identifier.finish().ok()?;
        match oid {
            ECDSA_SHA256 => Some(Self::EcdsaSha256),
            ECDSA_SHA384 => Some(Self::EcdsaSha384),
            _ => None,
        }
    }
}

/// A key of a vendor or a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    /// An odd modulus of 4,096 bits, for the exponent 65,537.
    Rsa(Box<[u8; RSA_BYTES]>),
}

impl PublicKey {
    /// From an encoded `SubjectPublicKeyInfo`.
    pub fn from_spki(part: &'static str, encoded: &[u8]) -> Result<Self, TeeError> {
        let unknown = || TeeError::certificate(part, CertificateProblem::Key);
        let mut outer = DerReader::new(encoded, part)?;
        let mut info = outer.sequence("public key")?;
        outer.finish()?;
        let mut algorithm = info.sequence("public key")?;
        let kind = algorithm.oid("public key")?;
        let bits = info.bits("public key")?;
        info.finish()?;
        match kind {
            EC_PUBLIC_KEY => {
                let curve = algorithm.oid("public key")?;
                algorithm.finish()?;
                match curve {
                    P256 => Self::p256(bits),
                    P384 => Self::p384(bits),
                    _ => None,
                }
                .ok_or_else(unknown)
            }
            RSA_ENCRYPTION => {
                algorithm.expect(Tag::Null, "public key")?;
                algorithm.finish()?;
                let mut outer = DerReader::new(bits, part)?;
                let mut numbers = outer.sequence("public key")?;
                outer.finish()?;
                let (modulus, exponent) = (numbers.unsigned("public key")?, numbers.unsigned("public key")?);
                numbers.finish()?;
                Self::rsa(modulus, exponent).ok_or_else(unknown)
            }
            _ => Err(unknown()),
        }
    }

    pub(crate) const fn algorithm(&self) -> KeyAlgorithm {
        match self {
            Self::P256(_) => KeyAlgorithm::P256,
            Self::P384(_) => KeyAlgorithm::P384,
            Self::Rsa(_) => KeyAlgorithm::Rsa,
        }
    }

    /// From an uncompressed point of SEC1.
    pub fn p256(point: &[u8]) -> Option<Self> {
        let uncompressed = point.len() == 65;
        p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().filter(|_| uncompressed).map(Self::P256)
    }

    /// From an uncompressed point of SEC1.
    pub fn p384(point: &[u8]) -> Option<Self> {
        let uncompressed = point.len() == 97;
        p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().filter(|_| uncompressed).map(Self::P384)
    }

    /// The uncompressed point of SEC1; nothing for RSA.
    pub(crate) fn point(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => key.to_encoded_point(false).as_bytes().into(),
            Self::P384(key) => key.to_encoded_point(false).as_bytes().into(),
            Self::Rsa(_) => Vec::new(),
        }
    }

    /// SHA-256 of the key as a point of SEC1 or, for RSA, of the modulus.
    pub fn fingerprint(&self) -> B256 {
        match self {
            Self::P256(key) => sha256(key.to_encoded_point(false).as_bytes()),
            Self::P384(key) => sha256(key.to_encoded_point(false).as_bytes()),
            Self::Rsa(modulus) => sha256(&modulus[..]),
        }
        .into()
    }

    fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let modulus: &[u8; RSA_BYTES] = modulus.try_into().ok()?;
        let fits = modulus[0] & 0x80 != 0 && modulus[RSA_BYTES - 1] & 1 != 0 && exponent == RSA_EXPONENT;
        fits.then(|| Self::Rsa(Box::new(*modulus)))
    }

    /// A signature as X.509 encodes it.
    pub(crate) fn verify_der(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> Option<()> {
        match (self, algorithm) {
            (Self::P256(key), SignatureAlgorithm::EcdsaSha256) => {
                verify_p256(key, message, &p256::ecdsa::Signature::from_der(signature).ok()?)
            }
            (Self::P384(key), SignatureAlgorithm::EcdsaSha384) => {
                verify_p384(key, message, &p384::ecdsa::Signature::from_der(signature).ok()?)
            }
            (Self::Rsa(modulus), SignatureAlgorithm::RsaPssSha384) => verify_rsa_pss(modulus, message, signature),
            _ => None,
        }
    }

    /// A signature as two numbers of the curve's width, big-endian: P-256 with SHA-256, P-384 with SHA-384.
    pub(crate) fn verify_raw(&self, message: &[u8], signature: &[u8]) -> Option<()> {
        match self {
            Self::P256(key) => verify_p256(key, message, &p256::ecdsa::Signature::from_slice(signature).ok()?),
            Self::P384(key) => verify_p384(key, message, &p384::ecdsa::Signature::from_slice(signature).ok()?),
            Self::Rsa(_) => None,
        }
    }
}
