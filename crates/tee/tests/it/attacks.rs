//! Bytes that were made to get past, or to hurt.

use crate::support::{NOW, check, request};
use alloy_primitives::Bytes;
use lux_tee::dev::{Request, attest, roots};
use lux_tee::{
    AmdCollateral, CertificateProblem, Collateral, IntelCollateral, Kind, Problem, TeeError, authenticate, inspect,
};

fn intel(kind: Kind) -> (Vec<u8>, IntelCollateral) {
    match attest(&request(kind)) {
        (bytes, Collateral::Intel(collateral)) => (bytes, *collateral),
        _ => panic!("not Intel's"),
    }
}

fn amd(request: &Request) -> (Vec<u8>, AmdCollateral) {
    match attest(request) {
        (bytes, Collateral::Amd(collateral)) => (bytes, collateral),
        _ => panic!("not AMD's"),
    }
}

fn check_intel(change: impl FnOnce(&mut IntelCollateral)) -> TeeError {
    let (bytes, mut collateral) = intel(Kind::Sgx);
    change(&mut collateral);
    check(&(bytes, Collateral::Intel(Box::new(collateral))), NOW).unwrap_err()
}

#[test]
fn a_tcb_info_of_the_other_tee_is_refused() {
    let (_, other) = intel(Kind::Tdx);
    let found = check_intel(|collateral| {
        collateral.tcb_info = other.tcb_info;
        collateral.tcb_info_signature = other.tcb_info_signature;
    });
    assert!(matches!(found, TeeError::Collateral { .. }), "{found:?}");
    let (_, other) = intel(Kind::Tdx);
    let found = check_intel(|collateral| {
        collateral.qe_identity = other.qe_identity;
        collateral.qe_identity_signature = other.qe_identity_signature;
    });
    assert!(matches!(found, TeeError::Collateral { .. }), "{found:?}");
}

#[test]
fn revocation_lists_cannot_stand_in_for_each_other() {
    let found = check_intel(|collateral| collateral.pck_crl = collateral.root_crl.clone());
    assert_eq!(found, TeeError::Certificate { part: "PCK revocation list", problem: CertificateProblem::Issuer });
    let found = check_intel(|collateral| collateral.root_crl = Bytes::new());
    assert!(matches!(found, TeeError::Malformed { part: "root revocation list", .. }));
}

#[test]
fn a_tcb_info_of_another_pce_is_refused() {
    for kind in [Kind::Sgx, Kind::Tdx] {
        let found = check(&attest(&Request { pce_id: [1, 0], ..request(kind) }), NOW).unwrap_err();
        assert!(matches!(found, TeeError::Mismatch { what: "PCE-ID", .. }), "{found:?}");
    }
}

#[test]
fn an_authority_does_not_sign_tcb_info() {
    // The root's own certificate in the signer's place.
    let found = check_intel(|collateral| collateral.tcb_info_chain[0] = collateral.tcb_info_chain[1].clone());
    let expected = TeeError::Certificate { part: "TCB signing certificate", problem: CertificateProblem::KeyUsage };
    assert_eq!(found, expected);
}

#[test]
fn what_is_too_large_is_refused_unread() {
    let zeros = |len: usize| Bytes::from(vec![0x30; len]);
    for found in [
        check_intel(|collateral| collateral.tcb_info_chain[0] = zeros(5000)),
        check_intel(|collateral| collateral.tcb_info = zeros(1 << 20)),
        check_intel(|collateral| collateral.root_crl = zeros(2 << 20)),
        check_intel(|collateral| collateral.qe_identity_chain = vec![zeros(1); 1000]),
        inspect(&[&[3, 0, 2, 0], &vec![0; 40_000][..]].concat()).unwrap_err(),
        inspect(&[&[0xd2], &vec![0; 40_000][..]].concat()).unwrap_err(),
        inspect(&[&[0xd9, 1, 0x8f], &vec![0; 40_000][..]].concat()).unwrap_err(),
    ] {
        assert!(matches!(found, TeeError::Malformed { problem: Problem::TooLong { .. }, .. }), "{found:?}");
    }
}

#[test]
fn nested_and_endless_encodings_are_refused() {
    // Arrays in arrays, arrays and maps that name four thousand million members, strings longer than what follows.
    let payloads =
        [vec![0x81; 20_000], vec![0x9b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], vec![0xbf; 20_000], vec![0xbb; 9]];
    for payload in payloads {
        for head in [&[0xd2, 0x84, 0x43, 0xa1, 1, 0x26, 0xa1, 1][..], &[0x84], &[0xd9, 1, 0x8f]] {
            assert!(inspect(&[head, &payload].concat()).is_err());
        }
    }
    // Sequences in sequences, of definite length and not.
    for bomb in [
        [0x30, 0x80].repeat(2000),
        (0..1000)
            .flat_map(|index: u16| {
                let len = (4000 - 4 * index).to_be_bytes();
                [0x30, 0x82, len[0], len[1]]
            })
            .collect(),
    ] {
        let found = check_intel(|collateral| collateral.tcb_info_chain[0] = bomb.clone().into());
        assert!(matches!(found, TeeError::Malformed { .. } | TeeError::Certificate { .. }), "{found:?}");
        let found = check_intel(|collateral| collateral.pck_crl = bomb.into());
        assert!(matches!(found, TeeError::Malformed { .. }), "{found:?}");
    }
}

#[test]
fn a_chip_cannot_borrow_the_key_of_another_tcb() {
    let (report, _) = amd(&request(Kind::Snp));
    let (_, old) = amd(&Request { platform_svn: 3, ..request(Kind::Snp) });
    let found = check(&(report, Collateral::Amd(old)), NOW).unwrap_err();
    assert!(matches!(found, TeeError::Mismatch { what: "TCB", .. }), "{found:?}");
}

#[test]
fn certificates_out_of_order_or_missing_are_refused() {
    let (report, good) = amd(&request(Kind::Snp));
    let verdict = |chain: Vec<Bytes>| {
        let collateral = Collateral::Amd(AmdCollateral { chain, crl: good.crl.clone() });
        authenticate(&report, &collateral, NOW, &roots()).unwrap_err()
    };
    let [leaf, issuer, root] = [0, 1, 2].map(|index| good.chain[index].clone());
    for chain in [vec![], vec![leaf.clone()], vec![leaf.clone(), root.clone()]] {
        assert!(matches!(verdict(chain), TeeError::Certificate { problem: CertificateProblem::ChainLength(_), .. }));
    }
    let found = verdict(vec![leaf.clone(), root.clone(), root.clone()]);
    assert_eq!(found, TeeError::Certificate { part: "VCEK", problem: CertificateProblem::Issuer });
    // All development certificates of AMD have one key, so that only the name tells them apart.
    let found = verdict(vec![leaf, issuer.clone(), issuer]);
    assert!(matches!(found, TeeError::Certificate { problem: CertificateProblem::Issuer, .. }), "{found:?}");
}

#[test]
fn bytes_behind_a_quote_are_zero() {
    let (mut quote, collateral) = intel(Kind::Tdx);
    quote.extend([0; 70]);
    let collateral = Collateral::Intel(Box::new(collateral));
    assert!(check(&(quote.clone(), collateral.clone()), NOW).is_ok());
    quote.push(1);
    let found = check(&(quote, collateral), NOW).unwrap_err();
    assert_eq!(found, TeeError::Malformed { part: "quote", problem: Problem::TrailingBytes(71) });
}
