//! AWS Nitro.

use crate::support::{Case, at, folder, read};
use lux_tee::{Collateral, Kind, Roots, TeeError, Weakness};

fn case(name: &'static str, bytes: Vec<u8>, now: &str) -> Case {
    Case { name, bytes, collateral: Collateral::None, now: at(now), roots: Roots::vendors() }
}

fn debug() -> Case {
    let name = "debug-mode-attestation-doc-bytes";
    case(name, read(&format!("aws-nitro/evervault/{name}")), "2022-10-12T15:00:00Z")
}

fn production() -> Case {
    let name = "valid-attestation-doc-bytes";
    case(name, read(&format!("aws-nitro/evervault/{name}")), "2022-10-13T10:00:00Z")
}

fn base64() -> Case {
    let name = "valid-attestation-doc-base64";
    case(name, read(&format!("aws-nitro/evervault/{name}")), "2023-09-18T16:00:00Z")
}

#[test]
fn documents_are_authentic_within_their_window() {
    if folder().is_none() {
        return;
    }
    for (case, weaknesses) in [(debug(), &[Weakness::Debug][..]), (production(), &[]), (base64(), &[Weakness::Debug])] {
        let found = case.authenticate().unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!(found.claims.kind, Kind::Nitro);
        assert_eq!(found.claims.weaknesses, weaknesses, "{}", case.name);
        case.check_window();
    }
}

#[test]
fn no_byte_of_a_document_can_be_changed() {
    if folder().is_none() {
        return;
    }
    let case = production();
    // The tag, the array and the empty header that nobody signs have to be what they are as well.
    case.check_every_byte(0..case.bytes.len());
}

#[test]
fn a_document_needs_its_root() {
    if folder().is_none() {
        return;
    }
    let case = Case { roots: Roots::default(), ..production() };
    assert!(matches!(case.authenticate(), Err(TeeError::Root { .. })));
}
