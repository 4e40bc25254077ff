//! Quotes of Intel's hardware, with Intel's collateral.

use crate::development::check_every_byte;
use crate::fixtures::pck_chain;
use crate::same::Case;
use lux_tee::{Roots, Window, parse_time, read_attestation, read_collateral};
use std::path::PathBuf;

const CASES: [(&str, &str, &str); 4] = [
    ("sgx_quote", "sgx_quote_collateral.json", "2025-07-01T00:00:00Z"),
    ("tdx_quote", "tdx_quote_collateral.json", "2025-07-01T00:00:00Z"),
    ("quote_hex.txt", "quote_collateral.json", "2025-09-15T00:00:00Z"),
    ("tdx_quote_outdated", "tdx_quote_outdated_collateral.json", "2026-03-01T00:00:00Z"),
];

/// The vectors, if their folder is there.
fn cases() -> Vec<(&'static str, Case)> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/tee");
    let folder = PathBuf::from(std::env::var_os("LUX_TEE_VECTORS").unwrap_or_else(|| default.into()));
    if !folder.is_dir() {
        eprintln!("skipped: {} is absent; LUX_TEE_VECTORS names the folder with the vectors", folder.display());
        return Vec::new();
    }
    let read = |name: &str| std::fs::read(folder.join("sgx-tdx/phala-dcap-qvl").join(name)).unwrap();
    let case = |(quote, collateral, now): (&'static str, &str, &str)| {
        let bytes = if quote.ends_with(".txt") { read_attestation(&read(quote)) } else { read(quote) };
        let collateral = read_collateral(&read(collateral)).unwrap();
        (quote, Case::new(bytes, collateral, Roots::vendors().intel[0], parse_time(now).unwrap()))
    };
    CASES.into_iter().map(case).collect()
}

#[test]
fn quotes_are_told_the_same_at_every_time() {
    for (name, case) in cases() {
        let mut l1 = case.l1();
        let cold = l1.authenticate(&case.quote);
        case.check(&mut l1, &case.quote, case.now);
        let chain_gas = l1.submit_chain(pck_chain(&case.quote)).unwrap();
        let warm = l1.authenticate(&case.quote);
        assert_eq!(cold.result, warm.result);
        println!("{name}: cold {}, warm {}, storing the chain {chain_gas}", cold.gas, warm.gas);
        let Ok(good) = case.authenticate() else { continue };
        let Window { from, until } = good.validity;
        for now in [from - 1, from, until, until + 1, 0, u64::MAX] {
            case.check(&mut l1, &case.quote, now);
        }
    }
}

#[test]
fn no_byte_of_a_quote_can_be_changed() {
    for (_, case) in cases() {
        check_every_byte(&case);
    }
}
