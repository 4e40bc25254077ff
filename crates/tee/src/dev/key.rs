//! Private keys that everyone has.

use super::der::{bits, integer, oid, sequence};
use alloc::vec::Vec;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::rand_core::{self, CryptoRng, RngCore};
use rsa::traits::PublicKeyParts;
use rsa::{Pss, RsaPrivateKey};
use sha2::{Digest, Sha256, Sha384};

pub(super) enum DevKey {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Rsa(RsaPrivateKey),
}

impl DevKey {
    /// The key of a role, from its name.
    pub fn p256(role: &str) -> Self {
        let secret = Sha256::digest([b"lux-tee development: ", role.as_bytes()].concat());
        Self::P256(p256::ecdsa::SigningKey::from_slice(&secret).expect("a hash is below the order"))
    }

    pub fn p384(role: &str) -> Self {
        let secret = Sha384::digest([b"lux-tee development: ", role.as_bytes()].concat());
        Self::P384(p384::ecdsa::SigningKey::from_slice(&secret).expect("a hash is below the order"))
    }

    pub fn rsa() -> Self {
        let key = RsaPrivateKey::from_pkcs1_der(include_bytes!("amd.rsa.der"));
        Self::Rsa(key.expect("the file has a key"))
    }

    pub fn spki(&self) -> Vec<u8> {
        const EC: &str = "1.2.840.10045.2.1";
        let (algorithm, key) = match self {
            Self::P256(_) => (sequence([oid(EC), oid("1.2.840.10045.3.1.7")]), self.point()),
            Self::P384(_) => (sequence([oid(EC), oid("1.3.132.0.34")]), self.point()),
            Self::Rsa(key) => {
                let null = Vec::from([5, 0]);
                let numbers = [integer(&key.n().to_bytes_be()), integer(&key.e().to_bytes_be())];
                (sequence([oid("1.2.840.113549.1.1.1"), null]), sequence(numbers))
            }
        };
        sequence([algorithm, bits(&key)])
    }

    /// The uncompressed point; nothing for RSA.
    pub fn point(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => key.verifying_key().to_encoded_point(false).as_bytes().to_vec(),
            Self::P384(key) => key.verifying_key().to_encoded_point(false).as_bytes().to_vec(),
            Self::Rsa(_) => Vec::new(),
        }
    }

    /// An encoded `AlgorithmIdentifier`.
    pub fn algorithm(&self) -> Vec<u8> {
        match self {
            Self::P256(_) => sequence([oid("1.2.840.10045.4.3.2")]),
            Self::P384(_) => sequence([oid("1.2.840.10045.4.3.3")]),
            Self::Rsa(_) => {
                let hash = || sequence([oid("2.16.840.1.101.3.4.2.2"), Vec::from([5, 0])]);
                let mask = sequence([oid("1.2.840.113549.1.1.8"), hash()]);
                let tagged = |number: u8, content: Vec<u8>| super::der::tlv(0xa0 | number, &content);
                let parameters = sequence([tagged(0, hash()), tagged(1, mask), tagged(2, integer(&[48]))]);
                sequence([oid("1.2.840.113549.1.1.10"), parameters])
            }
        }
    }

    /// As X.509 encodes signatures.
    pub fn sign_der(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::P256(_) | Self::P384(_) => {
                let raw = self.sign_raw(message);
                let (r, s) = raw.split_at(raw.len() / 2);
                sequence([integer(r), integer(s)])
            }
            Self::Rsa(key) => {
                let hash = Sha384::digest(message);
                let padding = Pss::new_with_salt::<rsa::sha2::Sha384>(48);
                key.sign_with_rng(&mut Salt(0), padding, &hash).expect("4096 bits hold hash and salt")
            }
        }
    }

    /// As two numbers of the curve's width, big-endian.
    pub fn sign_raw(&self, message: &[u8]) -> Vec<u8> {
        const SIGNS: &str = "every hash can be signed";
        match self {
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign_prehash(&Sha256::digest(message)).expect(SIGNS);
                signature.to_bytes().to_vec()
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign_prehash(&Sha384::digest(message)).expect(SIGNS);
                signature.to_bytes().to_vec()
            }
            Self::Rsa(_) => Vec::new(),
        }
    }
}

/// Salt that is always the same: what is signed is to be reproducible, and the key is no secret.
struct Salt(u64);

impl CryptoRng for Salt {}

impl RngCore for Salt {
    fn next_u32(&mut self) -> u32 {
        self.next_u64() as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0 += 1;
        let hash = Sha256::digest(self.0.to_be_bytes());
        hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let bytes = self.next_u64().to_be_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(out);
        Ok(())
    }
}
