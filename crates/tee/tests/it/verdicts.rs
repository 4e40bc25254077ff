//! What authentication says.

use crate::support::{KINDS, NOW, WITH_CERTIFICATES, authentic, check, request};
use lux_tee::dev::{Request, attest};
use lux_tee::{Collateral, Kind, Roots, TcbStatus, TeeError, Weakness, authenticate, inspect};

#[test]
fn every_kind_is_authentic_and_says_what_was_attested() {
    for kind in KINDS {
        let found = authentic(&request(kind));
        assert_eq!(found.claims.kind, kind);
        assert_eq!(found.claims.weaknesses, [], "{}", kind.name());
        assert_eq!(found.claims.report_data[..], [7; 64]);
        assert!(found.validity.from <= NOW && NOW <= found.validity.until);
        let other = authentic(&Request { software: b"other".to_vec(), ..request(kind) });
        assert_ne!(found.claims.mr_enclave(), other.claims.mr_enclave());
        let (bytes, _) = attest(&request(kind));
        assert_eq!(inspect(&bytes).unwrap().measurement, found.claims.measurement);
    }
}

#[test]
fn the_vendors_roots_do_not_accept_development() {
    for kind in KINDS {
        let (bytes, collateral) = attest(&request(kind));
        let found = authenticate(&bytes, &collateral, NOW, &Roots::vendors());
        assert!(matches!(found, Err(TeeError::Root { .. } | TeeError::NoAnchor)), "{}: {found:?}", kind.name());
    }
}

#[test]
fn what_is_stale_or_not_yet_valid_is_refused() {
    for kind in WITH_CERTIFICATES {
        let case = attest(&request(kind));
        let window = check(&case, NOW).unwrap().validity;
        assert!(check(&case, window.from).is_ok() && check(&case, window.until).is_ok());
        for now in [0, window.from - 1, window.until + 1, u64::MAX] {
            assert!(matches!(check(&case, now), Err(TeeError::Time { .. })), "{} at {now}", kind.name());
        }
    }
}

#[test]
fn a_revoked_platform_is_refused() {
    for kind in [Kind::Sgx, Kind::Tdx, Kind::Snp] {
        let found = check(&attest(&Request { revoked: true, ..request(kind) }), NOW);
        assert!(matches!(found, Err(TeeError::Revoked { .. })), "{}: {found:?}", kind.name());
    }
}

#[test]
fn an_old_platform_has_the_status_of_its_level() {
    for kind in [Kind::Sgx, Kind::Tdx] {
        let at = |platform_svn| check(&attest(&Request { platform_svn, ..request(kind) }), NOW);
        for (svn, status) in [(9, TcbStatus::UpToDate), (4, TcbStatus::OutOfDate), (3, TcbStatus::OutOfDate)] {
            let found = at(svn).unwrap();
            assert_eq!(found.tcb.status, status);
            assert_eq!(found.tcb.advisories.len(), usize::from(svn < 5));
        }
        assert_eq!(at(2), Err(TeeError::RevokedTcb));
        assert_eq!(at(0), Err(TeeError::NoTcbLevel("platform")));
    }
}

#[test]
fn development_is_named() {
    for kind in KINDS {
        let found = authentic(&request(kind));
        assert!(found.development);
        assert!(found.to_string().contains("DEVELOPMENT"));
        assert_eq!(serde_json::to_value(&found).unwrap()["development"], true);
    }
}

#[test]
fn debug_mode_is_a_weakness() {
    for kind in [Kind::Sgx, Kind::Tdx, Kind::Snp, Kind::Nitro] {
        assert_eq!(authentic(&Request { debug: true, ..request(kind) }).claims.weaknesses, [Weakness::Debug]);
    }
    for kind in [Kind::Psa, Kind::Cca] {
        assert_eq!(authentic(&Request { debug: true, ..request(kind) }).claims.weaknesses, [Weakness::Unsecured]);
    }
}

#[test]
fn changed_bytes_are_refused() {
    for kind in KINDS {
        let (bytes, collateral) = attest(&request(kind));
        for at in (0..bytes.len()).step_by(5) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x80;
            assert!(check(&(changed, collateral.clone()), NOW).is_err(), "{}: byte {at}", kind.name());
        }
    }
}

#[test]
fn collateral_of_another_kind_vouches_for_nothing() {
    let all: Vec<_> = KINDS.into_iter().map(|kind| (kind, attest(&request(kind)))).collect();
    for (kind, (bytes, collateral)) in &all {
        for (_, (_, other)) in &all {
            let found = check(&(bytes.clone(), other.clone()), NOW);
            assert_eq!(found.is_ok(), other == collateral, "{}: {found:?}", kind.name());
        }
    }
}

#[test]
fn collateral_has_one_encoding() {
    for kind in KINDS {
        let (_, collateral) = attest(&request(kind));
        let bytes = collateral.encode();
        assert_eq!(Collateral::decode(&bytes).as_ref(), Ok(&collateral));
        for len in 0..bytes.len() {
            assert!(Collateral::decode(&bytes[..len]).is_err());
        }
        assert!(Collateral::decode(&[&bytes[..], &[0]].concat()).is_err());
    }
}
