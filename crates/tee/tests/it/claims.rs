//! What attestations say beside the measurement, and that a policy written for one of them holds all of it.

use crate::support::{authentic, request};
use lux_tee::dev::{Request, attest};
use lux_tee::{Attestation, Claims, Identity, Kind, Policy, PolicyError, TcbStatus, inspect};
use std::ops::Range;

fn changed(kind: Kind, at: usize, bytes: &[u8]) -> Attestation {
    authentic(&Request { changes: vec![(at, bytes.to_vec())], ..request(kind) })
}

/// As `policy write` does: from what the bytes alone claim.
fn written(kind: Kind) -> Policy {
    let identity = Identity::of(&inspect(&attest(&request(kind)).0).unwrap());
    Policy { tcb: vec![TcbStatus::UpToDate, TcbStatus::Unrated], identities: vec![identity], ..Policy::default() }
}

/// `written`, without what it says of this register.
fn silent(kind: Kind, register: &str) -> Policy {
    let mut policy = written(kind);
    assert!(policy.identities[0].registers.remove(register).is_some());
    policy
}

fn registers(claims: &Claims) -> Vec<&str> {
    claims.registers.iter().map(|register| register.name.as_str()).collect()
}

fn svns(claims: &Claims) -> Vec<&str> {
    claims.svns.iter().map(|svn| svn.component).collect()
}

fn refused_for(name: &str, found: Result<(), PolicyError>) {
    assert!(matches!(&found, Err(PolicyError::Field { name: field, .. }) if field == name), "{name}: {found:?}");
}

/// Contracts have no names: what comes where is fixed.
#[test]
fn registers_and_versions_have_their_order() {
    let found = authentic(&request(Kind::Sgx)).claims;
    assert_eq!(registers(&found), ["configid", "miscselect", "isvfamilyid", "isvextprodid"]);
    assert_eq!(svns(&found), ["enclave", "quoting-enclave", "pce", "config"]);
    let found = authentic(&request(Kind::Tdx)).claims;
    let expected = ["rtmr0", "rtmr1", "rtmr2", "rtmr3", "mrconfigid", "mrowner", "mrownerconfig", "mrservicetd"];
    assert_eq!(registers(&found), expected);
    assert_eq!(svns(&found), ["tdx-module", "quoting-enclave", "pce"]);
    let found = authentic(&request(Kind::Snp)).claims;
    assert_eq!(registers(&found), ["host-data", "author-key-digest", "vmpl", "platform-info"]);
    assert_eq!(svns(&found)[..5], ["guest", "bootloader", "tee", "snp", "microcode"]);
    assert_eq!(svns(&found)[5..9], ["committed-bootloader", "committed-tee", "committed-snp", "committed-microcode"]);
    assert_eq!(svns(&found)[9..13], ["launch-bootloader", "launch-tee", "launch-snp", "launch-microcode"]);
    assert_eq!(svns(&found)[13..], ["current-bootloader", "current-tee", "current-snp", "current-microcode"]);
}

#[test]
fn a_chip_is_held_to_each_of_its_tcbs() {
    let policy = written(Kind::Snp);
    assert_eq!(policy.check(&authentic(&request(Kind::Snp))), Ok(()));
    for (at, prefix) in [(0x38, "current"), (0x1e0, "committed"), (0x1f0, "launch")] {
        for (byte, component) in [(0, "bootloader"), (1, "tee"), (6, "snp"), (7, "microcode")] {
            let found = changed(Kind::Snp, at + byte, &[4]);
            refused_for(&format!("{prefix}-{component}"), policy.check(&found));
            let mut open = policy.clone();
            open.identities[0].min_svn.remove(&format!("{prefix}-{component}"));
            assert!(matches!(open.check(&found), Err(PolicyError::NoMinimum(_))));
        }
    }
}

#[test]
fn a_report_alone_tells_the_layout_of_its_tcbs() {
    let claims =
        |changes: Vec<(usize, Vec<u8>)>| inspect(&attest(&Request { changes, ..request(Kind::Snp) }).0).unwrap();
    let fmc = |claims: &Claims| claims.svns.iter().any(|svn| svn.component == "launch-fmc");
    assert!(!fmc(&claims(vec![])));
    // Since version 3 by the family of the processor, before by the length of the chip's identifier.
    assert!(!fmc(&claims(vec![(0, vec![3]), (0x188, vec![0x19])])));
    assert!(fmc(&claims(vec![(0, vec![3]), (0x188, vec![0x1a])])));
    assert!(fmc(&claims(vec![(0x1a8, vec![0; 56])])));
    assert_eq!(svns(&claims(vec![(0, vec![5]), (0x188, vec![0x1b])])), ["guest"]);
}

#[test]
fn the_setup_of_a_chip_is_pinned() {
    let found = changed(Kind::Snp, 0x40, &[1]);
    refused_for("platform-info", written(Kind::Snp).check(&found));
    let unpinned = Err(PolicyError::Unpinned("platform-info".into()));
    assert_eq!(silent(Kind::Snp, "platform-info").check(&found), unpinned);
}

/// Where the host chooses a register, and whether it does in attestations for development.
const CHOSEN: [(Kind, usize, &str); 8] = [
    (Kind::Sgx, 192, "configid"),
    (Kind::Sgx, 16, "miscselect"),
    (Kind::Sgx, 304, "isvfamilyid"),
    (Kind::Sgx, 32, "isvextprodid"),
    (Kind::Tdx, 184, "mrconfigid"),
    (Kind::Tdx, 232, "mrowner"),
    (Kind::Tdx, 280, "mrownerconfig"),
    (Kind::Snp, 0xc0, "host-data"),
];

#[test]
fn what_the_host_chooses_is_zero_unless_a_policy_names_it() {
    for (kind, at, register) in CHOSEN {
        let found = changed(kind, at, &[1]);
        refused_for(register, written(kind).check(&found));
        let mut policy = silent(kind, register);
        assert_eq!(policy.check(&authentic(&request(kind))), Ok(()));
        assert_eq!(policy.check(&found), Err(PolicyError::Unpinned(register.into())));
        policy.identities[0].unpinned.push(register.into());
        assert_eq!(policy.check(&found), Ok(()));
    }
}

#[test]
fn registers_that_are_zero_are_pinned_as_zero() {
    let zero = Request { changes: vec![(328, vec![0; 192])], ..request(Kind::Tdx) };
    let identity = Identity::of(&inspect(&attest(&zero).0).unwrap());
    let policy = Policy { identities: vec![identity], ..Policy::default() };
    assert_eq!(policy.check(&authentic(&zero)), Ok(()));
    for (index, name) in ["rtmr0", "rtmr1", "rtmr2", "rtmr3"].into_iter().enumerate() {
        let changes = vec![(328, vec![0; 192]), (328 + 48 * index, vec![1])];
        refused_for(name, policy.check(&authentic(&Request { changes, ..request(Kind::Tdx) })));
    }
}

#[test]
fn the_state_that_a_td_may_use_is_an_attribute() {
    let found = changed(Kind::Tdx, 128, &[0xe7]);
    assert_eq!(found.claims.attributes[8], 0xe7);
    refused_for("attributes", written(Kind::Tdx).check(&found));
}

#[test]
fn the_version_of_a_configuration_has_a_minimum() {
    let version = |svn: u8| Request { changes: vec![(260, vec![svn])], ..request(Kind::Sgx) };
    let identity = Identity::of(&authentic(&version(2)).claims);
    let policy = Policy { identities: vec![identity], ..Policy::default() };
    assert_eq!(policy.check(&authentic(&version(3))), Ok(()));
    refused_for("config", policy.check(&authentic(&version(1))));
}

/// Every byte that a written policy does not hold is one of these: reserved, fresh in each report, judged against what the
/// vendor publishes, or of a version that may grow.
#[test]
fn a_written_policy_holds_every_byte_but_these() {
    let sgx: &[Range<usize>] = &[
        0..16,    // CPUSVN: the PCK certificate tells it
        20..32,   // reserved
        96..128,  // reserved
        160..192, // reserved
        259..262, // ISVSVN and CONFIGSVN, higher
        262..304, // reserved
        320..384, // report data
    ];
    let tdx: &[Range<usize>] = &[
        1..16,    // TEE_TCB_SVN, by the TCB info
        64..120,  // MRSIGNERSEAM and SEAM attributes, by the TCB info
        520..584, // report data
    ];
    let snp: &[Range<usize>] = &[
        4..8,         // guest SVN, higher
        0x10..0x30,   // family and image
        0x3a..0x3e,   // reserved within the current TCB
        0x48..0x90,   // keys in use, which authentication judges, and report data
        0x140..0x180, // random identifiers
        0x182..0x186, // reserved within the reported TCB
        0x188..0x1e0, // CPUID and chip, by the certificate
        0x1e2..0x1e6, // reserved within the committed TCB
        0x1e8..0x1f0, // versions of the firmware
        0x1f2..0x1f6, // reserved within the TCB at launch
        0x1f8..0x2a0, // mitigations, reserved
    ];
    for (kind, start, len, expected) in
        [(Kind::Sgx, 48, 384, sgx), (Kind::Tdx, 48, 584, tdx), (Kind::Snp, 0, 0x2a0, snp)]
    {
        let (policy, good, bytes) = (written(kind), authentic(&request(kind)), attest(&request(kind)).0);
        let accepted = |at: &usize| {
            let mut changed = bytes.clone();
            changed[start + at] ^= 1;
            let claims = inspect(&changed);
            claims.is_ok_and(|claims| policy.check(&Attestation { claims, ..good.clone() }).is_ok())
        };
        let found: Vec<_> = (0..len).filter(accepted).collect();
        assert_eq!(found, expected.iter().cloned().flatten().collect::<Vec<_>>(), "{}", kind.name());
    }
}
