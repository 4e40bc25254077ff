//! An attestation as contracts have it: `IAttestationVerifier.Attestation`.

use crate::{Attestation, Weakness};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_sol_types::{SolValue, sol};

sol! {
    /// Of `contracts/src/interfaces/IAttestationVerifier.sol`, with its enumerations as numbers.
    #[derive(Debug, PartialEq, Eq)]
    struct AbiAttestation {
        uint8 kind;
        uint8 status;
        uint16 weaknesses;
        uint32 evaluation;
        uint64 validFrom;
        uint64 validUntil;
        bytes32 measurement;
        bytes32 signer;
        bytes32 attributes;
        bytes32 platform;
        bytes32 root;
        bytes32[] registers;
        uint64[] svns;
        bytes32[] advisories;
        bytes reportData;
    }
}

impl Attestation {
    /// What `IAttestationVerifier.authenticate` returns.
    pub fn abi_encode(&self) -> Vec<u8> {
        let (claims, tcb) = (&self.claims, &self.tcb);
        let weaknesses = claims.weaknesses.iter().fold(0, |bits, weakness| bits | bit(*weakness));
        AbiAttestation {
            // Zero stands for no attestation.
            kind: claims.kind as u8 + 1,
            status: tcb.status as u8,
            weaknesses,
            evaluation: tcb.evaluation.unwrap_or_default(),
            validFrom: self.validity.from,
            validUntil: self.validity.until,
            measurement: claims.mr_enclave(),
            signer: claims.mr_signer(),
            attributes: word(&claims.attributes),
            platform: word(&self.platform),
            root: self.root,
            registers: claims.registers.iter().map(|register| word(&register.value)).collect(),
            svns: claims.svns.iter().map(|component| component.svn).collect(),
            advisories: tcb.advisories.iter().map(keccak256).collect(),
            reportData: claims.report_data.clone(),
        }
        .abi_encode()
    }
}

const fn bit(weakness: Weakness) -> u16 {
    1 << weakness as u16
}

/// 32 bytes as they are, anything else by its hash.
fn word(bytes: &Bytes) -> B256 {
    match bytes.len() {
        32 => B256::from_slice(bytes),
        _ => keccak256(bytes),
    }
}
