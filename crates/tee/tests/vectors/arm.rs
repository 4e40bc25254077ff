//! Arm PSA and CCA, signed with published test keys.

use crate::support::{Case, folder, json, pem, read};
use base64ct::{Base64UrlUnpadded, Encoding};
use lux_tee::{Collateral, DeviceKey, Kind, PublicKey, Roots, TeeError, inspect};
use serde_json::Value;

const CCA: &str = "arm-cca-psa/veraison-rust-ccatoken";
const PSA: &str = "arm-cca-psa/veraison-psatoken";

/// A key as JWK, if it is on its curve.
fn jwk(key: &Value) -> Option<PublicKey> {
    let half = |name: &str| Base64UrlUnpadded::decode_vec(key[name].as_str().unwrap()).unwrap();
    let point = [vec![4], half("x"), half("y")].concat();
    match key["crv"].as_str().unwrap() {
        "P-256" => PublicKey::p256(&point),
        _ => PublicKey::p384(&point),
    }
}

fn roots(key: PublicKey) -> Roots {
    Roots { arm: vec![DeviceKey { key, implementation_id: None, instance_id: None }], ..Roots::default() }
}

fn case(name: &'static str, folder: &str, key: PublicKey) -> Case {
    let bytes = read(&format!("{folder}/{name}"));
    Case { name, bytes, collateral: Collateral::None, now: 0, roots: roots(key) }
}

fn cca(name: &'static str, key: &str) -> Case {
    let key = json(&format!("{CCA}/{key}"));
    let key = key.get(0).map_or(key.clone(), |anchor| anchor["pkey"].clone());
    case(name, CCA, jwk(&key).unwrap())
}

fn psa(name: &'static str) -> Case {
    let text = String::from_utf8(read(&format!("{PSA}/public.pem"))).unwrap();
    case(name, PSA, PublicKey::from_spki("key", &pem(&text)[0]).unwrap())
}

#[test]
fn tokens_are_authentic_under_their_keys() {
    if folder().is_none() {
        return;
    }
    let cases = [
        (cca("cca-token-01.cbor", "cpak.json"), Kind::Cca),
        (cca("cca-token-02.cbor", "ta-02-ok.json"), Kind::Cca),
        (cca("cca-token-draft-ffm-00.cbor", "cpak.json"), Kind::Cca),
        (psa("psa-2_0_0_sign1.bin"), Kind::Psa),
        (psa("psa-iot-1_sign1.bin"), Kind::Psa),
    ];
    for (case, kind) in cases {
        let found = case.authenticate().unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!(found.claims.kind, kind, "{}", case.name);
        assert!(!found.claims.report_data.is_empty());
        case.check_every_byte(0..case.bytes.len());
        let stranger = Case { roots: Roots::vendors(), ..case };
        assert_eq!(stranger.authenticate(), Err(TeeError::NoAnchor), "{}", stranger.name);
    }
}

#[test]
fn what_the_host_chooses_for_a_realm_is_pinned() {
    if folder().is_none() {
        return;
    }
    let found = inspect(&read(&format!("{CCA}/cca-token-01.cbor"))).unwrap();
    let chosen = found.registers.iter().find(|register| register.name == "personalization").unwrap();
    assert!(chosen.must_pin && chosen.value.iter().any(|byte| *byte != 0), "{chosen:?}");
}

#[test]
fn a_realm_whose_key_the_platform_does_not_name_is_refused() {
    if folder().is_none() {
        return;
    }
    let found = cca("bug-33-repro.cbor", "cpak.json").authenticate();
    assert!(matches!(found, Err(TeeError::Mismatch { what: "hash of the realm's key", .. })), "{found:?}");
}

#[test]
fn a_key_that_is_not_on_its_curve_is_none() {
    if folder().is_none() {
        return;
    }
    assert_eq!(jwk(&json(&format!("{CCA}/ta-02-bad.json"))[0]["pkey"]), None);
}

#[test]
fn tokens_with_a_shared_secret_are_refused() {
    if folder().is_none() {
        return;
    }
    for name in ["psa-2_0_0_mac0.bin", "psa-iot-1_mac0.bin"] {
        assert_eq!(inspect(&read(&format!("{PSA}/{name}"))), Err(TeeError::UnknownKind));
    }
}

#[test]
fn a_key_is_only_for_its_device() {
    if folder().is_none() {
        return;
    }
    let mut case = cca("cca-token-01.cbor", "cpak.json");
    case.roots.arm[0].implementation_id = Some([1; 32]);
    assert_eq!(case.authenticate(), Err(TeeError::NoAnchor));
}
