//! Real attestations, where the folder with the vectors of `crates/tee` is.

// Not all of it is needed here.
#[allow(dead_code)]
#[path = "../../../tee/tests/vectors/support.rs"]
mod support;

use crate::guest::check;
use alloy_primitives::Bytes;
use lux_tee::{AmdCollateral, Collateral, Roots};
use lux_verify_quote::Question;
use support::{Case, at, folder, intel_collateral, pem, read};

fn intel(name: &'static str) -> Case {
    let folder = "sgx-tdx/phala-dcap-qvl";
    Case {
        name,
        bytes: read(&format!("{folder}/{name}")),
        collateral: intel_collateral(&format!("{folder}/{name}_collateral.json")),
        now: at("2025-07-01T00:00:00Z"),
        roots: Roots::vendors(),
    }
}

fn milan() -> Case {
    let folder = "sev-snp/virtee-sev";
    let mut chain = vec![Bytes::from(read(&format!("{folder}/vcek_milan.der")))];
    chain.extend(pem(&String::from_utf8(read(&format!("{folder}/cert_chain_milan"))).unwrap()));
    Case {
        name: "report_milan",
        bytes: read(&format!("{folder}/report_milan.hex")),
        collateral: Collateral::Amd(AmdCollateral { chain, crl: Bytes::new() }),
        now: at("2025-07-01T00:00:00Z"),
        roots: Roots::vendors(),
    }
}

fn nitro() -> Case {
    Case {
        name: "nitro",
        bytes: read("aws-nitro/evervault/valid-attestation-doc-bytes"),
        collateral: Collateral::None,
        now: at("2022-10-13T10:00:00Z"),
        roots: Roots::vendors(),
    }
}

/// Run with `--nocapture` to see the figures.
#[test]
fn real_attestations() {
    if folder().is_none() {
        return;
    }
    for case in [intel("sgx_quote"), intel("tdx_quote"), milan(), nitro()] {
        let expected = case.authenticate().unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let (roots, collateral) = (case.roots.encode(), case.collateral.encode());
        let question = Question { now: case.now, roots: &roots, attestation: &case.bytes, collateral: &collateral };
        let (found, statistics) = check(&question);
        assert_eq!(found.as_deref(), Ok(&expected.abi_encode()[..]), "{}", case.name);
        let bytes = roots.len() + case.bytes.len() + collateral.len();
        println!("{}: {bytes} bytes, {statistics:?}", case.name);
        // Half a century later nothing of it is valid any more.
        let (found, _) = check(&Question { now: case.now + 1_600_000_000, ..question });
        assert!(found.is_err(), "{}", case.name);
    }
}
