//! What the contracts should say, from what the crate says.

use crate::chain::{Attestation, L1};
use crate::fixtures::pck_chain;
use alloy_primitives::{B256, keccak256};
use lux_tee::{Collateral, IntelCollateral, Kind, TcbStatus, TeeError, authenticate};

/// The order of weaknesses in `docs/tee.md`.
const WEAKNESSES: [&str; 9] = [
    "debug",
    "provision-key",
    "einittoken-key",
    "unknown-attributes",
    "sept-ve",
    "migratable",
    "low-privilege",
    "unsecured",
    "no-revocation-list",
];

/// A quote with its collateral, under one root.
#[derive(Clone)]
pub struct Case {
    pub quote: Vec<u8>,
    pub collateral: IntelCollateral,
    pub root: B256,
    pub now: u64,
}

impl Case {
    pub fn new(quote: Vec<u8>, collateral: Collateral, root: B256, now: u64) -> Self {
        let Collateral::Intel(collateral) = collateral else { panic!("not Intel's") };
        Self { quote, collateral: *collateral, root, now }
    }

    pub fn authenticate(&self) -> Result<lux_tee::Attestation, TeeError> {
        self.authenticate_quote(&self.quote, self.now)
    }

    pub fn authenticate_quote(&self, quote: &[u8], now: u64) -> Result<lux_tee::Attestation, TeeError> {
        let roots = lux_tee::Roots { intel: vec![self.root], ..Default::default() };
        authenticate(quote, &Collateral::Intel(Box::new(self.collateral.clone())), now, &roots)
    }

    /// Contracts that have the collateral, at the time of this case.
    pub fn l1(&self) -> L1 {
        let mut l1 = L1::new(self.root, self.now);
        l1.submit(&self.collateral, pck_chain(&self.quote)).unwrap();
        l1
    }

    /// Both say the same of a quote at a time, whether its chain is stored or not.
    pub fn check(&self, l1: &mut L1, quote: &[u8], now: u64) {
        if let (Err(found), Err(expected)) = self.check_verdict(l1, quote, now) {
            check_reason(&found, &expected);
        }
    }

    /// Both take a quote, as the same, or both refuse it. Where several things are wrong their reasons may differ.
    pub fn check_verdict(
        &self,
        l1: &mut L1,
        quote: &[u8],
        now: u64,
    ) -> (Result<Attestation, String>, Result<lux_tee::Attestation, TeeError>) {
        l1.warp(now);
        let verdicts = (l1.authenticate(quote).result, self.authenticate_quote(quote, now));
        match &verdicts {
            (Ok(found), Ok(expected)) => assert_eq!(found, &in_words(expected)),
            (Err(_), Err(_)) => {}
            (found, expected) => panic!("contracts: {found:?}; crate: {expected:?}"),
        }
        verdicts
    }
}

fn check_reason(found: &str, expected: &TeeError) {
    let same = match expected {
        TeeError::Time { .. } => found == "Time",
        TeeError::Revoked { .. } => found == "Revoked",
        TeeError::RevokedTcb => found == "RevokedPlatform",
        TeeError::NoTcbLevel(_) => found == "NoLevel",
        TeeError::Root { .. } => found == "Root",
        TeeError::Signature(_) => found == "Signature",
        _ => true,
    };
    assert!(same, "contracts: {found}; crate: {expected}");
}

fn in_words(attestation: &lux_tee::Attestation) -> Attestation {
    let (claims, tcb) = (&attestation.claims, &attestation.tcb);
    let weaknesses = claims
        .weaknesses
        .iter()
        .map(|weakness| 1_u16 << WEAKNESSES.iter().position(|name| *name == weakness.name()).unwrap());
    Attestation {
        kind: match claims.kind {
            Kind::Sgx => 1,
            Kind::Tdx => 2,
            other => panic!("{other:?}"),
        },
        status: match tcb.status {
            TcbStatus::UpToDate => 0,
            TcbStatus::SwHardeningNeeded => 1,
            TcbStatus::ConfigurationNeeded => 2,
            TcbStatus::ConfigurationAndSwHardeningNeeded => 3,
            TcbStatus::OutOfDate => 4,
            TcbStatus::OutOfDateConfigurationNeeded => 5,
            TcbStatus::Revoked => 6,
            TcbStatus::Unrated => 7,
        },
        weaknesses: weaknesses.sum(),
        evaluation: tcb.evaluation.unwrap(),
        validFrom: attestation.validity.from,
        validUntil: attestation.validity.until,
        measurement: claims.mr_enclave(),
        signer: claims.mr_signer(),
        attributes: keccak256(&claims.attributes),
        platform: keccak256(&attestation.platform),
        root: attestation.root,
        registers: claims.registers.iter().map(|register| keccak256(&register.value)).collect(),
        svns: claims.svns.iter().map(|svn| svn.svn).collect(),
        advisories: tcb.advisories.iter().map(keccak256).collect(),
        reportData: claims.report_data.clone(),
    }
}
