//! SEV-SNP.

use crate::support::{Case, at, folder, json, pem, read};
use alloy_primitives::Bytes;
use lux_tee::{AmdCollateral, Collateral, Identity, Kind, Policy, PolicyError, Roots, TcbStatus, TeeError, Weakness};

/// Chain of a leaf and the vendor's file with ASK and ARK.
fn collateral(leaf: Vec<u8>, issuers: &str) -> Collateral {
    let mut chain = vec![Bytes::from(leaf)];
    chain.extend(pem(&String::from_utf8(read(issuers)).unwrap()));
    Collateral::Amd(AmdCollateral { chain, crl: Bytes::new() })
}

fn milan() -> Case {
    Case {
        name: "report_milan",
        bytes: read("sev-snp/virtee-sev/report_milan.hex"),
        collateral: collateral(read("sev-snp/virtee-sev/vcek_milan.der"), "sev-snp/virtee-sev/cert_chain_milan"),
        now: at("2025-07-01T00:00:00Z"),
        roots: Roots::vendors(),
    }
}

fn automata() -> Case {
    use base64ct::{Base64, Encoding};
    let output = json("sev-snp/automata-snp-sdk/output.json");
    let field = |name: &str| Base64::decode_vec(output["sev_snp"][name].as_str().unwrap()).unwrap();
    Case {
        name: "automata",
        bytes: field("attestation_report"),
        collateral: collateral(field("vek_cert"), "sev-snp/automata-snp-sdk/vcek_issuer.pem"),
        now: at("2025-07-01T00:00:00Z"),
        roots: Roots::vendors(),
    }
}

#[test]
fn reports_are_authentic_within_their_window() {
    if folder().is_none() {
        return;
    }
    for case in [milan(), automata()] {
        let found = case.authenticate().unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!((found.claims.kind, found.claims.version), (Kind::Snp, 2));
        assert_eq!(found.tcb.status, TcbStatus::Unrated);
        assert!(found.claims.weaknesses.contains(&Weakness::NoRevocationList));
        case.check_window();
    }
}

#[test]
fn no_byte_of_a_report_can_be_changed() {
    if folder().is_none() {
        return;
    }
    for case in [milan(), automata()] {
        case.check_every_byte(0..case.bytes.len());
    }
}

#[test]
fn no_byte_of_a_certificate_can_be_changed() {
    if folder().is_none() {
        return;
    }
    let case = milan();
    let Collateral::Amd(good) = &case.collateral else { panic!("not AMD's") };
    for (index, bytes) in good.chain.iter().enumerate() {
        for at in 0..bytes.len() {
            let mut changed = good.clone();
            let mut bytes = bytes.to_vec();
            bytes[at] ^= 1;
            changed.chain[index] = bytes.into();
            let found = lux_tee::authenticate(&case.bytes, &Collateral::Amd(changed), case.now, &case.roots);
            assert!(found.is_err(), "certificate {index}: byte {at} can be changed");
        }
    }
}

#[test]
fn certificates_of_another_chip_or_generation_vouch_for_nothing() {
    if folder().is_none() {
        return;
    }
    let leaf = pem(&String::from_utf8(read("sev-snp/automata-snp-sdk/vcek.pem")).unwrap()).remove(0);
    let others = [
        automata().collateral,
        collateral(leaf.to_vec(), "sev-snp/automata-snp-sdk/vcek_issuer.pem"),
        collateral(read("sev-snp/virtee-sev/vcek_turin.der"), "sev-snp/virtee-sev/cert_chain_turin"),
    ];
    for collateral in others {
        let other = Case { collateral, ..self::milan() };
        assert_eq!(other.authenticate(), Err(TeeError::Signature("SEV-SNP report")));
    }
    let milan = milan();
    let Collateral::Amd(good) = &milan.collateral else { panic!("not AMD's") };
    for (ask, ark) in [("genoa__ask.pem", "genoa__ark.pem"), ("turin__ask.pem", "turin__ark.pem")] {
        let issuers = [ask, ark]
            .map(|name| pem(&String::from_utf8(read(&format!("sev-snp/virtee-sev/{name}"))).unwrap()).remove(0));
        let chain = good.chain[..1].iter().cloned().chain(issuers).collect();
        let collateral = Collateral::Amd(AmdCollateral { chain, crl: Bytes::new() });
        let case = Case { collateral, ..self::milan() };
        assert!(matches!(case.authenticate(), Err(TeeError::Certificate { .. })), "{:?}", case.authenticate());
    }
}

#[test]
fn a_policy_states_the_minimum_of_every_component() {
    if folder().is_none() {
        return;
    }
    let found = milan().authenticate().unwrap();
    let identity = Identity::of(&found.claims);
    let mut policy = Policy { identities: vec![identity], ..Policy::default() };
    assert_eq!(policy.check(&found), Err(PolicyError::Weakness("no-revocation-list")));
    policy.tolerate = found.claims.weaknesses.clone();
    assert_eq!(policy.check(&found), Err(PolicyError::Tcb("Unrated")));
    policy.tcb.push(TcbStatus::Unrated);
    assert_eq!(policy.check(&found), Ok(()));
    policy.identities[0].min_svn.insert("microcode".into(), 255);
    assert!(matches!(policy.check(&found), Err(PolicyError::Field { name, .. }) if name == "microcode"));
}
