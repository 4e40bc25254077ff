//! What an attestation says, whoever made it.

use crate::Window;
use crate::crypto::sha256;
use alloc::string::String;
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};

/// The technology that an attestation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Intel SGX, DCAP quote of version 3.
    Sgx,
    /// Intel TDX, DCAP quote of version 4 or 5.
    Tdx,
    /// AMD SEV-SNP, signed by a VCEK or a VLEK.
    Snp,
    /// AWS Nitro Enclaves.
    Nitro,
    /// Arm PSA, which TrustZone devices speak.
    Psa,
    /// Arm Confidential Compute Architecture.
    Cca,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sgx => "sgx",
            Self::Tdx => "tdx",
            Self::Snp => "snp",
            Self::Nitro => "nitro",
            Self::Psa => "psa",
            Self::Cca => "cca",
        }
    }
}

/// What the vendor says about the platform's firmware and microcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TcbStatus {
    UpToDate,
    #[serde(rename = "SWHardeningNeeded")]
    SwHardeningNeeded,
    ConfigurationNeeded,
    #[serde(rename = "ConfigurationAndSWHardeningNeeded")]
    ConfigurationAndSwHardeningNeeded,
    OutOfDate,
    OutOfDateConfigurationNeeded,
    Revoked,
    /// The vendor publishes no status: AMD, AWS, Arm. What is good enough stands in the policy.
    Unrated,
}

impl TcbStatus {
    pub const fn name(self) -> &'static str {
        match self {
            Self::UpToDate => "UpToDate",
            Self::SwHardeningNeeded => "SWHardeningNeeded",
            Self::ConfigurationNeeded => "ConfigurationNeeded",
            Self::ConfigurationAndSwHardeningNeeded => "ConfigurationAndSWHardeningNeeded",
            Self::OutOfDate => "OutOfDate",
            Self::OutOfDateConfigurationNeeded => "OutOfDateConfigurationNeeded",
            Self::Revoked => "Revoked",
            Self::Unrated => "Unrated",
        }
    }
}

/// What makes an attestation worth less. No policy tolerates one that it does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weakness {
    /// The host can read and change the memory.
    Debug,
    /// The enclave has the key that provisions attestation keys.
    ProvisionKey,
    /// The enclave has the key that launches others.
    EinittokenKey,
    /// Attributes are set whose meaning is not known here.
    UnknownAttributes,
    /// The host can inject #VE on pages of the guest (TDX without SEPT_VE_DISABLE).
    SeptVe,
    /// The guest can be moved to another machine by an agent.
    Migratable,
    /// The report was requested by software of the guest below its highest privilege level.
    LowPrivilege,
    /// The device is not in its secured state of life.
    Unsecured,
    /// No list of revoked certificates came with it.
    NoRevocationList,
}

impl Weakness {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::ProvisionKey => "provision-key",
            Self::EinittokenKey => "einittoken-key",
            Self::UnknownAttributes => "unknown-attributes",
            Self::SeptVe => "sept-ve",
            Self::Migratable => "migratable",
            Self::LowPrivilege => "low-privilege",
            Self::Unsecured => "unsecured",
            Self::NoRevocationList => "no-revocation-list",
        }
    }
}

/// A measurement beside the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Register {
    pub name: String,
    pub value: Bytes,
    /// The first measurement does not cover what this one does, so that a policy has to name it.
    pub must_pin: bool,
}

/// A security version number of one component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Svn {
    pub component: &'static str,
    pub svn: u64,
}

/// What the attested software is, as far as its own attestation says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Claims {
    pub kind: Kind,
    /// Version of the vendor's format.
    pub version: u16,
    /// MRENCLAVE, MRTD, launch measurement, PCR0, the realm's initial measurement or PSA's software components.
    pub measurement: Bytes,
    /// MRSIGNER, MRSEAM, digest of the ID key, PCR8, signers of the components.
    pub signer: Bytes,
    pub registers: Vec<Register>,
    /// 64 bytes, or as many as the vendor allows.
    pub report_data: Bytes,
    pub product: Option<u16>,
    pub attributes: Bytes,
    pub svns: Vec<Svn>,
    pub weaknesses: Vec<Weakness>,
    /// A key that the attestation carries beside its report data.
    pub public_key: Option<Bytes>,
}

impl Claims {
    /// `mrEnclave` of LP-500's `TEEAttestation`: the measurement, or its SHA-256 where it is longer.
    pub fn mr_enclave(&self) -> B256 {
        word(&self.measurement)
    }

    /// `mrSigner` of LP-500's `TEEAttestation`: the signer, or its SHA-256 where it is longer.
    pub fn mr_signer(&self) -> B256 {
        word(&self.signer)
    }
}

fn word(bytes: &[u8]) -> B256 {
    match bytes.len() {
        32 => B256::from_slice(bytes),
        _ => sha256(bytes).into(),
    }
}

/// What the vendor says about the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tcb {
    pub status: TcbStatus,
    /// Advisories that apply to it.
    pub advisories: Vec<String>,
    /// Number of the vendor's evaluation, where it counts them: a lower one is older.
    pub evaluation: Option<u32>,
}

/// An attestation whose signatures lead to an accepted root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attestation {
    pub claims: Claims,
    pub tcb: Tcb,
    /// FMSPC, chip, module or device.
    pub platform: Bytes,
    /// When everything that vouches for it is valid.
    pub validity: Window,
    /// SHA-256 of the root's public key.
    pub root: B256,
}
