//! Quotes under the development root.

use crate::chain::L1;
use crate::fixtures::{NOW, fixtures, pck_chain};
use crate::same::Case;
use lux_tee::dev::{Request, attest, roots};
use lux_tee::{Kind, Window};

pub fn request(kind: Kind) -> Request {
    Request::new(kind, b"software", [7; 64], NOW)
}

pub fn case(request: &Request) -> Case {
    let (quote, collateral) = attest(request);
    Case::new(quote, collateral, roots().intel[0], NOW)
}

#[test]
fn good_quotes_are_told_the_same_cold_and_warm() {
    for kind in [Kind::Sgx, Kind::Tdx] {
        let case = case(&request(kind));
        let mut l1 = case.l1();
        case.check(&mut l1, &case.quote, NOW);
        let cold = l1.authenticate(&case.quote);
        let chain_gas = l1.submit_chain(pck_chain(&case.quote)).unwrap();
        let warm = l1.authenticate(&case.quote);
        assert_eq!(cold.result, warm.result);
        assert!(cold.result.is_ok());
        println!("{kind:?}: cold {}, warm {}, storing the chain {chain_gas}", cold.gas, warm.gas);
        assert!(cold.gas <= 4_000_000 && warm.gas <= 700_000);
    }
}

#[test]
fn every_platform_is_told_the_same() {
    for kind in [Kind::Sgx, Kind::Tdx] {
        for (platform_svn, debug, revoked) in [
            (6, false, false),
            (5, true, false),
            (4, false, false),
            (3, true, false),
            (2, false, false),
            (5, false, true),
        ] {
            let case = case(&Request { platform_svn, debug, revoked, ..request(kind) });
            let mut l1 = case.l1();
            case.check(&mut l1, &case.quote, NOW);
        }
    }
}

#[test]
fn nothing_is_valid_outside_of_its_window() {
    for kind in [Kind::Sgx, Kind::Tdx] {
        let case = case(&request(kind));
        let mut l1 = case.l1();
        l1.submit_chain(pck_chain(&case.quote)).unwrap();
        let Window { from, until } = case.authenticate().unwrap().validity;
        for now in [from - 1, from, until, until + 1] {
            case.check(&mut l1, &case.quote, now);
        }
    }
}

#[test]
fn no_byte_of_a_quote_can_be_changed() {
    for kind in [Kind::Sgx, Kind::Tdx] {
        let case = case(&request(kind));
        check_every_byte(&case);
    }
}

pub fn check_every_byte(case: &Case) {
    let mut l1 = case.l1();
    l1.submit_chain(pck_chain(&case.quote)).unwrap();
    // A changed chain is verified anew, which takes long: some of its bytes stand for all.
    let start = case.quote.len() - pck_chain(&case.quote).len();
    for at in (0..start).chain((start..case.quote.len()).step_by(11)) {
        let mut quote = case.quote.clone();
        quote[at] ^= 1;
        let (found, _) = case.check_verdict(&mut l1, &quote, case.now);
        assert!(found.is_err(), "byte {at} can be changed");
    }
    // Zeros may follow a quote, and do.
    let end = case.quote.iter().rposition(|byte| *byte != 0).unwrap();
    for len in (0..=end).step_by(97) {
        let (found, _) = case.check_verdict(&mut l1, &case.quote[..len], case.now);
        assert!(found.is_err(), "{len} bytes are enough");
    }
    for rest in [&[0; 100][..], &[0, 1]] {
        case.check(&mut l1, &[&case.quote, rest].concat(), case.now);
    }
}

#[test]
fn another_root_is_none() {
    let case = case(&request(Kind::Sgx));
    let mut l1 = L1::new([1; 32].into(), NOW);
    for (to, call) in l1.submissions(&case.collateral, pck_chain(&case.quote)) {
        assert_eq!(l1.would_take(to, call), Err("Root".into()));
    }
    assert_eq!(l1.submit_chain(pck_chain(&case.quote)), Err("Root".into()));
}

#[test]
fn the_fixtures_of_the_contracts_are_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/test/tee.json");
    let found: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let command = "cargo run -p lux-tee --features dev-pki --example contract_fixtures > contracts/test/tee.json";
    let current: serde_json::Value = serde_json::from_str(&fixtures()).unwrap();
    assert!(found == current, "contracts/test/tee.json is not current: {command}");
}
