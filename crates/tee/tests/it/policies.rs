//! What policies accept.

use crate::support::{KINDS, NOW, authentic, request};
use alloy_primitives::{B256, keccak256};
use lux_tee::dev::{Request, attest, roots};
use lux_tee::{
    Attestation, Identity, Kind, Policy, PolicyError, TcbStatus, TeeError, Weakness, Window, report_data_of_key, verify,
};

/// Exactly what made `found`, on any platform of its kind that the vendor does not rate.
fn policy(found: &Attestation) -> Policy {
    let tcb = vec![TcbStatus::UpToDate, TcbStatus::Unrated];
    Policy { tcb, identities: vec![Identity::of(&found.claims)], ..Policy::default() }
}

#[test]
fn the_default_accepts_nothing() {
    for kind in KINDS {
        assert!(Policy::default().check(&authentic(&request(kind))).is_err());
    }
}

#[test]
fn a_policy_accepts_only_its_software_and_signer() {
    for kind in KINDS {
        let found = authentic(&request(kind));
        let policy = policy(&found);
        assert_eq!(policy.check(&found), Ok(()), "{}", kind.name());
        let other = authentic(&Request { software: b"other".to_vec(), ..request(kind) });
        assert!(matches!(policy.check(&other), Err(PolicyError::Identity { .. })));
        // A realm has no signer but its firmware, TDX none but its module.
        if !matches!(kind, Kind::Tdx | Kind::Cca) {
            let other = authentic(&Request { signer: b"other".to_vec(), ..request(kind) });
            assert!(matches!(policy.check(&other), Err(PolicyError::Identity { .. })), "{}", kind.name());
        }
    }
}

#[test]
fn debug_is_refused_unless_named() {
    for kind in KINDS {
        let found = authentic(&Request { debug: true, ..request(kind) });
        let mut policy = policy(&found);
        assert!(matches!(policy.check(&found), Err(PolicyError::Weakness(_))), "{}", kind.name());
        policy.tolerate = vec![Weakness::Debug, Weakness::Unsecured];
        assert_eq!(policy.check(&found), Ok(()));
    }
}

#[test]
fn an_old_platform_is_refused_unless_its_advisories_are_named() {
    let found = authentic(&Request { platform_svn: 3, ..request(Kind::Sgx) });
    let mut policy = policy(&found);
    assert_eq!(policy.check(&found), Err(PolicyError::Tcb("OutOfDate")));
    policy.tcb.push(TcbStatus::OutOfDate);
    assert_eq!(policy.check(&found), Err(PolicyError::Advisory("DEV-SA-00001".into())));
    policy.advisories.push("DEV-SA-00001".into());
    assert_eq!(policy.check(&found), Ok(()));
    policy.min_evaluation = 2;
    assert_eq!(policy.check(&found), Err(PolicyError::Evaluation { found: 1, min: 2 }));
}

#[test]
fn an_unrated_platform_is_held_to_the_minimum() {
    let mut policy = policy(&authentic(&request(Kind::Snp)));
    let old = authentic(&Request { platform_svn: 4, ..request(Kind::Snp) });
    assert!(matches!(policy.check(&old), Err(PolicyError::Field { .. })));
    let new = authentic(&Request { platform_svn: 6, ..request(Kind::Snp) });
    assert_eq!(policy.check(&new), Ok(()));
    policy.identities[0].min_svn.remove("microcode");
    assert_eq!(policy.check(&new), Err(PolicyError::NoMinimum("microcode")));
}

#[test]
fn registers_that_the_measurement_does_not_cover_are_pinned_or_named() {
    for (kind, register) in [(Kind::Tdx, "rtmr2"), (Kind::Cca, "rem3")] {
        let found = authentic(&request(kind));
        let mut policy = policy(&found);
        policy.identities[0].registers.remove(register);
        assert_eq!(policy.check(&found), Err(PolicyError::Unpinned(register.into())));
        policy.identities[0].unpinned.push(register.into());
        assert_eq!(policy.check(&found), Ok(()));
        policy.identities[0].registers.insert(register.into(), vec![1; 48].into());
        assert!(matches!(policy.check(&found), Err(PolicyError::Field { .. })));
        policy.identities[0].registers.insert("no-such".into(), vec![1; 48].into());
        assert!(matches!(policy.check(&found), Err(PolicyError::Absent(_) | PolicyError::Field { .. })));
    }
}

#[test]
fn attributes_are_pinned_or_named() {
    for kind in KINDS {
        let found = authentic(&request(kind));
        let mut policy = policy(&found);
        policy.identities[0].attributes = None;
        // Nitro and CCA have none.
        if !found.claims.attributes.is_empty() {
            assert_eq!(policy.check(&found), Err(PolicyError::Unpinned("attributes".into())), "{}", kind.name());
            policy.identities[0].unpinned.push("attributes".into());
        }
        assert_eq!(policy.check(&found), Ok(()));
    }
}

#[test]
fn software_can_have_limits_of_its_own() {
    let old = authentic(&Request { platform_svn: 3, ..request(Kind::Sgx) });
    let mut policy = policy(&authentic(&request(Kind::Sgx)));
    policy.identities[0].min_svn.clear();
    policy.identities[0].tcb = Some(vec![TcbStatus::OutOfDate]);
    assert_eq!(policy.check(&old), Err(PolicyError::Advisory("DEV-SA-00001".into())));
    policy.identities[0].advisories = Some(vec!["DEV-SA-00001".into()]);
    assert_eq!(policy.check(&old), Ok(()));
    // It is for this software alone, and in place of what the policy says.
    let other = authentic(&Request { platform_svn: 3, software: b"other".to_vec(), ..request(Kind::Sgx) });
    policy.identities.push(Identity { min_svn: Default::default(), ..Identity::of(&other.claims) });
    assert_eq!(policy.check(&other), Err(PolicyError::Tcb("OutOfDate")));
    assert_eq!(policy.check(&authentic(&request(Kind::Sgx))), Err(PolicyError::Tcb("UpToDate")));

    let debug = authentic(&Request { debug: true, ..request(Kind::Tdx) });
    let mut policy = self::policy(&debug);
    policy.identities[0].tolerate = Some(vec![Weakness::Debug]);
    assert_eq!(policy.check(&debug), Ok(()));
    policy.tolerate = vec![Weakness::Debug];
    policy.identities[0].tolerate = Some(vec![]);
    assert_eq!(policy.check(&debug), Err(PolicyError::Weakness("debug")));
}

#[test]
fn collateral_that_is_old_is_refused_while_it_is_valid() {
    const DAY: u64 = 86_400;
    let issued = |kind, days: u64| {
        let window = Window { from: NOW - days * DAY, until: NOW + DAY };
        authentic(&Request { window, ..request(kind) })
    };
    for kind in [Kind::Sgx, Kind::Tdx] {
        let mut policy = policy(&issued(kind, 0));
        assert_eq!(policy.check(&issued(kind, 30)), Ok(()));
        let found = policy.check(&issued(kind, 31));
        assert_eq!(found, Err(PolicyError::Age { what: "collateral", found: 31 * DAY, max: 30 * DAY }));
        policy.max_collateral_age = 500 * DAY;
        assert_eq!(policy.check(&issued(kind, 400)), Ok(()));
        assert!(matches!(policy.check(&issued(kind, 401)), Err(PolicyError::Age { .. })));
    }
    let policy = policy(&issued(Kind::Snp, 0));
    assert_eq!(policy.check(&issued(Kind::Snp, 400)), Ok(()));
    let found = policy.check(&issued(Kind::Snp, 401));
    let what = "revocation list of the root";
    assert_eq!(found, Err(PolicyError::Age { what, found: 401 * DAY, max: 400 * DAY }));
}

#[test]
fn machines_can_be_denied_by_each_of_their_names() {
    // PPID and serial number of the PCK certificate; chip; instance.
    let names = [
        (Kind::Sgx, vec![vec![0xdd; 16], vec![1, 2], b"luxdev".to_vec()]),
        (Kind::Tdx, vec![vec![0xdd; 16], vec![1, 2], b"luxdev".to_vec()]),
        (Kind::Snp, vec![vec![0xdc; 64]]),
        (Kind::Nitro, vec![b"i-0dev".to_vec(), b"i-0dev-enc0".to_vec()]),
        (Kind::Psa, vec![vec![1; 33]]),
        (Kind::Cca, vec![vec![1; 33]]),
    ];
    for (kind, names) in names {
        let found = authentic(&request(kind));
        let mut policy = policy(&found);
        policy.deny_platforms = vec![b"another".into()];
        assert_eq!(policy.check(&found), Ok(()));
        for name in names {
            policy.deny_platforms[0] = name.into();
            let denied = policy.deny_platforms[0].clone();
            assert_eq!(policy.check(&found), Err(PolicyError::Denied(denied)), "{}", kind.name());
        }
    }
}

#[test]
fn report_data_binds_a_key() {
    let key = b"a public key";
    let data = report_data_of_key(key, NOW);
    assert_eq!(data[32..], [0; 32]);
    assert_eq!(B256::from_slice(&data[..32]), keccak256([&b"LUX_TEE_KEY_V1"[..], &NOW.to_be_bytes(), key].concat()));
    for kind in KINDS {
        let (bytes, collateral) = attest(&Request::new(kind, b"software", data, NOW));
        let policy = policy(&authentic(&request(kind)));
        let verdict = |expected: &[u8]| verify(&bytes, &collateral, NOW, &roots(), &policy, expected);
        assert!(verdict(&data[..32]).is_ok() && verdict(&data).is_ok());
        for other in [report_data_of_key(b"another public key", NOW), report_data_of_key(key, NOW + 1)] {
            let other = verdict(&other);
            assert!(matches!(other, Err(TeeError::Policy(PolicyError::ReportData { .. }))), "{}", kind.name());
        }
        assert!(verdict(&[]).is_err() && verdict(&data[..8]).is_err());
    }
}

#[test]
fn a_policy_survives_being_written() {
    for kind in KINDS {
        let policy = policy(&authentic(&request(kind)));
        let text = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), policy);
    }
    assert!(serde_json::from_str::<Policy>(r#"{"tolerat":[]}"#).is_err());
}
