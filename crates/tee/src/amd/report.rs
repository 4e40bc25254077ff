//! Attestation reports of SEV-SNP guests, versions 2 to 5.

use super::tcb::{COMMITTED, CURRENT, LAUNCH, Product, REPORTED, Tcb};
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
    current_tcb: [u8; 8],
    /// How the platform is set up: SMT, memory encryption, ECC, RAPL, ciphertext hiding, check for aliases.
    platform_info: u64,
    /// What the endorsement key was derived for.
    pub reported_tcb: [u8; 8],
    cpu_family: u8,
    committed_tcb: [u8; 8],
    launch_tcb: [u8; 8],
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
        let (current_tcb, platform_info) = (*reader.array()?, reader.u64()?);
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
        let [cpu_family, ..] = *reader.array::<24>()?; // with model and stepping, since version 3
        let chip_id = reader.array()?;
        let committed_tcb = *reader.array()?;
        reader.take(8)?; // versions of the firmware
        let launch_tcb = *reader.array()?;
        reader.take(SIGNED_BYTES - 0x1f8)?;
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
            current_tcb,
            platform_info,
            reported_tcb,
            cpu_family,
            committed_tcb,
            launch_tcb,
            chip_id,
            signed,
            signature,
        })
    }

    /// The generation of the chip, as far as the report itself tells it.
    fn product(&self) -> Option<Product> {
        match (self.version, self.cpu_family) {
            // Turin's identifiers have 8 bytes. Milan and Genoa lay out their TCBs in the same way.
            (2, _) if self.chip_id[..8] != [0; 8] && self.chip_id[8..] == [0; 56] => Some(Product::Turin),
            (2, _) | (_, 0x19) => Some(Product::Milan),
            (_, 0x1a) => Some(Product::Turin),
            _ => None,
        }
    }

    pub fn claims(&self) -> Claims {
        self.claims_of(self.product())
    }

    /// What the report says of a chip of this generation.
    pub(super) fn claims_of(&self, product: Option<Product>) -> Claims {
        let register = |name: &str, value: &[u8], must_pin| Register {
            name: name.into(),
            value: Bytes::copy_from_slice(value),
            must_pin,
        };
        let tcbs = [
            (REPORTED, self.reported_tcb),
            (COMMITTED, self.committed_tcb),
            (LAUNCH, self.launch_tcb),
            (CURRENT, self.current_tcb),
        ];
        let mut svns = vec![Svn { component: "guest", svn: self.guest_svn.into() }];
        if let Some(product) = product {
            svns.extend(tcbs.into_iter().flat_map(|(names, tcb)| Tcb::unpack(product, tcb).svns(names)));
        }
        Claims {
            kind: Kind::Snp,
            version: self.version as u16,
            measurement: Bytes::copy_from_slice(self.measurement),
            signer: Bytes::copy_from_slice(self.id_key_digest),
            registers: vec![
                // The host chooses it, and software may go by it.
                register("host-data", self.host_data, self.host_data != &[0; 32]),
                register("author-key-digest", self.author_key_digest, false),
                register("vmpl", &self.vmpl.to_be_bytes(), false),
                register("platform-info", &self.platform_info.to_be_bytes(), true),
            ],
            report_data: Bytes::copy_from_slice(self.report_data),
            product: None,
            attributes: Bytes::copy_from_slice(&self.policy.to_be_bytes()),
            svns,
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
