//! Attestation reports of SEV-SNP guests, versions 2 to 5.

use crate::reader::Reader;
use crate::{Claims, Kind, Register, Svn, TeeError, Weakness};
use alloc::vec;
use alloc::vec::Vec;
use alloy_primitives::Bytes;

const PART: &str = "SEV-SNP report";
const REPORT_BYTES: usize = 1184;
const SIGNED_BYTES: usize = 0x2a0;
const ECDSA_P384: u32 = 1;
const POLICY_RESERVED_ONE: u64 = 1 << 17;
const POLICY_MIGRATION_AGENT: u64 = 1 << 18;
const POLICY_DEBUG: u64 = 1 << 19;
/// Bits of the policy with a meaning: versions, SMT, the three above, single socket, CXL, AES-XTS, RAPL, ciphertext
/// hiding, page swapping.
const POLICY_KNOWN: u64 = (1 << 26) - 1;

/// The key that signed a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SigningKey {
    /// Of the chip and its TCB.
    Vcek,
    /// Of a cloud provider and the TCB.
    Vlek,
}

pub(crate) struct Report<'a> {
    pub version: u32,
    guest_svn: u32,
    policy: u64,
    vmpl: u32,
    pub signing_key: SigningKey,
    pub masked_key: bool,
    report_data: &'a [u8; 64],
    measurement: &'a [u8; 48],
    host_data: &'a [u8; 32],
    id_key_digest: &'a [u8; 48],
    author_key_digest: &'a [u8; 48],
    /// What the endorsement key was derived for.
    pub reported_tcb: [u8; 8],
    pub chip_id: &'a [u8; 64],
    pub signed: &'a [u8],
    /// R and S, big-endian.
    pub signature: [u8; 96],
}

/// These bytes begin and end as a report does.
pub(crate) fn is_report(bytes: &[u8]) -> bool {
    bytes.len() == REPORT_BYTES && matches!(bytes.first_chunk(), Some([2..=5, 0, 0, 0]))
}

impl<'a> Report<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self, TeeError> {
        let mut reader = Reader::new(bytes, PART);
        let signed = bytes.get(..SIGNED_BYTES).ok_or(TeeError::invalid(PART, "length"))?;
        let version = reader.u32()?;
        let guest_svn = reader.u32()?;
        let policy = reader.u64()?;
        if policy & POLICY_RESERVED_ONE == 0 {
            return Err(TeeError::invalid(PART, "guest policy"));
        }
        reader.take(32)?; // family and image
        let vmpl = reader.u32()?;
        let algorithm = reader.u32()?;
        if algorithm != ECDSA_P384 {
            let supported = "1, ECDSA with P-384 and SHA-384";
            return Err(TeeError::Unsupported { part: "signature of the report", found: algorithm.into(), supported });
        }
        reader.take(16)?; // current TCB, platform
        let flags = reader.u32()?;
        let signing_key = match flags >> 2 & 7 {
            0 => SigningKey::Vcek,
            1 => SigningKey::Vlek,
            other => {
                let supported = "0, VCEK, and 1, VLEK";
                return Err(TeeError::Unsupported {
                    part: "signing key of the report",
                    found: other.into(),
                    supported,
                });
            }
        };
        reader.take(4)?;
        let (report_data, measurement, host_data) = (reader.array()?, reader.array()?, reader.array()?);
        let (id_key_digest, author_key_digest) = (reader.array()?, reader.array()?);
        reader.take(64)?; // random identifiers
        let reported_tcb = *reader.array()?;
        reader.take(24)?; // CPUID of the chip
        let chip_id = reader.array()?;
        reader.take(SIGNED_BYTES - 0x1e0)?;
        let signature = raw_signature(reader.array()?, reader.array()?)?;
        if reader.take(512 - 144)?.iter().any(|byte| *byte != 0) {
            return Err(TeeError::invalid(PART, "bytes behind the signature"));
        }
        reader.finish()?;
        Ok(Self {
            version,
            guest_svn,
            policy,
            vmpl,
            signing_key,
            masked_key: flags & 2 != 0,
            report_data,
            measurement,
            host_data,
            id_key_digest,
            author_key_digest,
            reported_tcb,
            chip_id,
            signed,
            signature,
        })
    }

    pub fn claims(&self) -> Claims {
        let register = |name: &str, value: &[u8]| Register {
            name: name.into(),
            value: Bytes::copy_from_slice(value),
            must_pin: false,
        };
        Claims {
            kind: Kind::Snp,
            version: self.version as u16,
            measurement: Bytes::copy_from_slice(self.measurement),
            signer: Bytes::copy_from_slice(self.id_key_digest),
            registers: vec![
                register("host-data", self.host_data),
                register("author-key-digest", self.author_key_digest),
                register("vmpl", &self.vmpl.to_be_bytes()),
            ],
            report_data: Bytes::copy_from_slice(self.report_data),
            product: None,
            attributes: Bytes::copy_from_slice(&self.policy.to_be_bytes()),
            svns: vec![Svn { component: "guest", svn: self.guest_svn.into() }],
            weaknesses: self.weaknesses(),
            public_key: None,
        }
    }

    fn weaknesses(&self) -> Vec<Weakness> {
        let found = [
            (self.policy & POLICY_DEBUG != 0, Weakness::Debug),
            (self.policy & POLICY_MIGRATION_AGENT != 0, Weakness::Migratable),
            (self.policy & !POLICY_KNOWN != 0, Weakness::UnknownAttributes),
            (self.vmpl != 0, Weakness::LowPrivilege),
        ];
        found.into_iter().filter(|(present, _)| *present).map(|(_, weakness)| weakness).collect()
    }
}

/// Two numbers of 72 bytes, little-endian, as two of 48, big-endian.
fn raw_signature(r: &[u8; 72], s: &[u8; 72]) -> Result<[u8; 96], TeeError> {
    let mut raw = [0; 96];
    for (number, half) in [r, s].into_iter().zip(raw.chunks_exact_mut(48)) {
        let (low, high) = number.split_at(48);
        if high.iter().any(|byte| *byte != 0) {
            return Err(TeeError::invalid(PART, "signature"));
        }
        half.iter_mut().zip(low.iter().rev()).for_each(|(place, byte)| *place = *byte);
    }
    Ok(raw)
}
