//! Attestations under the development roots.

use crate::guest::{check, run};
use alloy_primitives::{B256, U256};
use alloy_sol_types::SolValue;
use lux_oracle::Preimages;
use lux_tee::dev::{Request, attest, roots};
use lux_tee::{AbiAttestation, Kind, Roots, authenticate};
use lux_verify_quote::Question;

const NOW: u64 = 1_800_000_000;
const KINDS: [Kind; 6] = [Kind::Sgx, Kind::Tdx, Kind::Snp, Kind::Nitro, Kind::Psa, Kind::Cca];

/// Run with `--nocapture` to see the figures.
#[test]
fn attestations_of_every_kind() {
    for kind in KINDS {
        let (attestation, collateral) = attest(&Request::new(kind, b"software", [7; 64], NOW));
        let expected = authenticate(&attestation, &collateral, NOW, &roots()).unwrap();
        let (trusted, collateral) = (roots().encode(), collateral.encode());
        let question = Question { now: NOW, roots: &trusted, attestation: &attestation, collateral: &collateral };
        let (found, statistics) = check(&question);
        assert_eq!(found.as_deref(), Ok(&expected.abi_encode()[..]));
        let bytes = trusted.len() + attestation.len() + collateral.len();
        println!("{}: {bytes} bytes, {statistics:?}", kind.name());

        let vendors = Roots::vendors().encode();
        let (found, _) = check(&Question { roots: &vendors, ..question });
        assert!(found.unwrap_err().contains("accepted"), "{}", kind.name());
        let mut damaged = attestation.clone();
        // Within what is signed: a measurement, or what is around it.
        damaged[300] ^= 1;
        let (found, _) = check(&Question { attestation: &damaged, ..question });
        assert!(found.is_err(), "{}", kind.name());
    }
}

#[test]
fn the_encoding_says_what_the_attestation_does() {
    let request = Request { debug: true, platform_svn: 3, ..Request::new(Kind::Sgx, b"software", [7; 64], NOW) };
    let (attestation, collateral) = attest(&request);
    let attestation = authenticate(&attestation, &collateral, NOW, &roots()).unwrap();
    let found = AbiAttestation::abi_decode_validate(&attestation.abi_encode()).unwrap();
    assert_eq!((found.kind, found.status, found.weaknesses, found.evaluation), (1, 4, 1, 1));
    assert_eq!((found.validFrom, found.validUntil), (request.window.from, request.window.until));
    assert_eq!((found.measurement, found.signer), (attestation.claims.mr_enclave(), attestation.claims.mr_signer()));
    assert_eq!(found.attributes, alloy_primitives::keccak256(&attestation.claims.attributes));
    assert_eq!((found.root, &found.reportData[..]), (attestation.root, &[7; 64][..]));
    assert_eq!(found.svns.len(), attestation.claims.svns.len());
    assert_eq!(found.advisories, [alloy_primitives::keccak256("DEV-SA-00001")]);
}

#[test]
fn what_is_no_question_has_no_attestation() {
    let mut known = Preimages::default();
    let too_long = known.insert([U256::from(u64::MAX).to_be_bytes::<32>(), [0; 32]].concat());
    let no_time = known.insert([[0xff; 32], too_long.0, too_long.0, too_long.0].concat());
    let no_blob = known.insert([[0; 32], too_long.0, too_long.0, too_long.0].concat());
    let short = known.insert(vec![0; 127]);
    for claim in [no_time, no_blob, short, too_long] {
        assert!(run(claim, &known).0.unwrap_err().contains(&B256::to_string(&claim)));
    }
}
