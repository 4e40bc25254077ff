//! Signing what was changed: with the development keys, everything but a signature can be wrong.

use crate::fixtures::pck_chain;
use base64ct::{Base64, Encoding};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest, Sha256};

/// The development key of a role.
fn key(role: &str) -> SigningKey {
    SigningKey::from_slice(&Sha256::digest([b"lux-tee development: ", role.as_bytes()].concat())).unwrap()
}

fn sign(role: &str, message: &[u8]) -> Signature {
    key(role).sign_prehash(&Sha256::digest(message)).unwrap()
}

/// R and S.
pub fn sign_raw(role: &str, message: &[u8]) -> [u8; 64] {
    sign(role, message).to_bytes().into()
}

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let head = match len {
        0..0x80 => vec![tag, len as u8],
        0x80..0x100 => vec![tag, 0x81, len as u8],
        _ => vec![tag, 0x82, (len >> 8) as u8, len as u8],
    };
    [head, content.to_vec()].concat()
}

/// Encodings of the values within the first value of `encoded`.
pub fn elements(encoded: &[u8]) -> Vec<&[u8]> {
    let (head, len) = extent(encoded);
    let mut rest = &encoded[head..head + len];
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (head, len) = extent(rest);
        found.push(&rest[..head + len]);
        rest = &rest[head + len..];
    }
    found
}

/// Bytes of tag and length, and of the content.
fn extent(encoded: &[u8]) -> (usize, usize) {
    match encoded[1] {
        0x81 => (3, usize::from(encoded[2])),
        0x82 => (4, usize::from(encoded[2]) << 8 | usize::from(encoded[3])),
        len => (2, usize::from(len)),
    }
}

/// What is signed of a certificate or a revocation list.
pub fn to_be_signed(encoded: &[u8]) -> &[u8] {
    elements(encoded)[0]
}

/// A certificate or a revocation list with this content, signed by a role.
pub fn issue(role: &str, content: &[u8]) -> Vec<u8> {
    let algorithm = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let signature = sign(role, content).to_der();
    let bits = tlv(3, &[&[0], signature.as_bytes()].concat());
    tlv(0x30, &[content, &algorithm, &bits].concat())
}

/// Certificates as quotes have them.
pub fn pem(chain: &[Vec<u8>]) -> Vec<u8> {
    let block = |bytes: &Vec<u8>| {
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", Base64::encode_string(bytes))
    };
    chain.iter().map(block).collect::<String>().into_bytes()
}

/// A quote, taken apart.
#[derive(Clone)]
pub struct Parts {
    /// Header and body.
    pub signed: Vec<u8>,
    pub qe_report: Vec<u8>,
    pub qe_auth: Vec<u8>,
    pub chain: Vec<u8>,
}

impl Parts {
    /// Of a development quote, which has no authentication data.
    pub fn of(quote: &[u8]) -> Self {
        let (body, report) = if quote[0] == 3 { (384, 128) } else { (584, 134) };
        let report = 48 + body + 4 + report;
        Self {
            signed: quote[..48 + body].to_vec(),
            qe_report: quote[report..report + 384].to_vec(),
            qe_auth: Vec::new(),
            chain: pck_chain(quote).to_vec(),
        }
    }

    /// The quote of these parts, signed by the keys of the development platform.
    pub fn quote(&self) -> Vec<u8> {
        let certification = |kind: u16, content: &[u8]| {
            [&kind.to_le_bytes()[..], &(content.len() as u32).to_le_bytes(), content].concat()
        };
        let auth_len = (self.qe_auth.len() as u16).to_le_bytes();
        let report = [
            &self.qe_report[..],
            &sign_raw("intel pck", &self.qe_report),
            &auth_len,
            &self.qe_auth,
            &certification(5, &self.chain),
        ]
        .concat();
        let report = if self.signed[0] == 3 { report } else { certification(6, &report) };
        let point = key("intel attestation").verifying_key().to_encoded_point(false);
        let data = [&sign_raw("intel attestation", &self.signed)[..], &point.as_bytes()[1..], &report].concat();
        [&self.signed[..], &(data.len() as u32).to_le_bytes(), &data].concat()
    }

    /// The quoting enclave vouches for the attestation key and its authentication data.
    pub fn bind(&mut self) {
        let point = key("intel attestation").verifying_key().to_encoded_point(false);
        let hash = Sha256::digest([&point.as_bytes()[1..], &self.qe_auth].concat());
        self.qe_report[320..352].copy_from_slice(&hash);
    }
}
