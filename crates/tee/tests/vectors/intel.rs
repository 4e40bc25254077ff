//! SGX and TDX.

use crate::support::{Case, at, folder, intel_collateral, json, pem, read};
use alloy_primitives::{Bytes, hex};
use lux_tee::{
    CertificateProblem, Collateral, Identity, IntelCollateral, Kind, Policy, PolicyError, Roots, TcbStatus, TeeError,
    Weakness, authenticate, inspect,
};

const QVL: &str = "sgx-tdx/phala-dcap-qvl";
const SYNTHETIC: &str = "sgx-tdx/intel-qvl-synthetic";

fn case(quote: &'static str, collateral: &str, now: &str) -> Case {
    Case {
        name: quote,
        bytes: read(&format!("{QVL}/{quote}")),
        collateral: intel_collateral(&format!("{QVL}/{collateral}")),
        now: at(now),
        roots: Roots::vendors(),
    }
}

fn sgx() -> Case {
    case("sgx_quote", "sgx_quote_collateral.json", "2025-07-01T00:00:00Z")
}

fn tdx() -> Case {
    case("tdx_quote", "tdx_quote_collateral.json", "2025-07-01T00:00:00Z")
}

fn tdx_v5() -> Case {
    case("tdx_quote_outdated", "tdx_quote_outdated_collateral.json", "2026-03-01T00:00:00Z")
}

fn tdx_near() -> Case {
    case("quote_hex.txt", "quote_collateral.json", "2025-09-15T00:00:00Z")
}

#[test]
fn quotes_with_collateral_have_the_stated_verdict() {
    if folder().is_none() {
        return;
    }
    let hardening = &["INTEL-SA-00289", "INTEL-SA-00615"][..];
    let expected = [
        (sgx(), Kind::Sgx, 3, TcbStatus::ConfigurationAndSwHardeningNeeded, hardening),
        (tdx(), Kind::Tdx, 4, TcbStatus::UpToDate, &[]),
        (tdx_near(), Kind::Tdx, 4, TcbStatus::UpToDate, &[]),
    ];
    for (case, kind, version, status, advisories) in expected {
        let found = case.authenticate().unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!((found.claims.kind, found.claims.version), (kind, version), "{}", case.name);
        assert_eq!(found.tcb.status, status, "{}", case.name);
        assert_eq!(found.tcb.advisories, advisories, "{}", case.name);
        case.check_window();
    }
    // Its SEAM loader is older than that of any level.
    assert_eq!(tdx_v5().authenticate(), Err(TeeError::NoTcbLevel("platform")));
}

#[test]
fn a_policy_takes_only_what_it_names() {
    if folder().is_none() {
        return;
    }
    let found = sgx().authenticate().unwrap();
    let mut policy = Policy { identities: vec![Identity::of(&found.claims)], ..Policy::default() };
    assert_eq!(policy.check(&found), Err(PolicyError::Tcb("ConfigurationAndSWHardeningNeeded")));
    policy.tcb.push(TcbStatus::ConfigurationAndSwHardeningNeeded);
    assert_eq!(policy.check(&found), Err(PolicyError::Advisory("INTEL-SA-00289".into())));
    policy.advisories = vec!["INTEL-SA-00289".into(), "INTEL-SA-00615".into()];
    assert_eq!(policy.check(&found), Ok(()));
}

#[test]
fn collateral_of_another_platform_vouches_for_nothing() {
    if folder().is_none() {
        return;
    }
    // Both valid at the time, both for TDX.
    let case = Case { collateral: tdx_near().collateral, now: at("2025-09-15T00:00:00Z"), ..tdx() };
    assert!(matches!(case.authenticate(), Err(TeeError::Mismatch { what: "FMSPC", .. })), "{:?}", case.authenticate());
    let case = Case { collateral: sgx().collateral, ..tdx() };
    assert!(case.authenticate().is_err());
}

#[test]
fn a_test_root_is_none() {
    if folder().is_none() {
        return;
    }
    let text = |name: &str| String::from_utf8(read(&format!("{SYNTHETIC}/tdx__{name}"))).unwrap();
    // The JSON object whose text is signed, and the signature behind it.
    let signed = |name: &str, key: &str| {
        let text = text(name);
        let (body, signature) = text.trim().rsplit_once(",\"signature\":\"").unwrap();
        let body = body.strip_prefix(&format!("{{\"{key}\":")).unwrap().to_owned();
        let signature: [u8; 64] = hex::decode(signature.trim_end_matches("\"}")).unwrap().try_into().unwrap();
        (Bytes::from(body.into_bytes()), signature.into())
    };
    let (tcb_info, tcb_info_signature) = signed("tcbInfo.json", "tcbInfo");
    let (qe_identity, qe_identity_signature) = signed("qeIdentity.json", "enclaveIdentity");
    let mut chain = pem(&text("tcbSignChain.pem"));
    chain.reverse();
    let case = Case {
        name: "tdx__quote.dat",
        bytes: with_pem_chain(&read(&format!("{SYNTHETIC}/tdx__quote.dat")), &text),
        collateral: Collateral::Intel(Box::new(IntelCollateral {
            tcb_info,
            tcb_info_signature,
            tcb_info_chain: chain.clone(),
            qe_identity,
            qe_identity_signature,
            qe_identity_chain: chain.clone(),
            pck_crl: read(&format!("{SYNTHETIC}/tdx__intermediateCaCrl.der")).into(),
            root_crl: read(&format!("{SYNTHETIC}/tdx__rootCaCrl.der")).into(),
        })),
        now: at("2025-07-01T00:00:00Z"),
        roots: Roots::vendors(),
    };
    let Err(TeeError::Root { key, .. }) = case.authenticate() else { panic!("{:?}", case.authenticate()) };
    // Where it is a root, signatures and chains are in order up to the TCB info, whose numbers are random.
    let found = Case { roots: Roots { intel: vec![key], ..Roots::default() }, ..case }.authenticate();
    assert!(matches!(found, Err(TeeError::Malformed { part: "TCB info", .. })), "{found:?}");
}

/// The quote, whose certificates are in DER, with its chain as processors have it.
fn with_pem_chain(quote: &[u8], text: &impl Fn(&str) -> String) -> Vec<u8> {
    let (authorities, leaf) = (text("pckSignChain.pem"), text("pckCert.pem"));
    let (root, issuer) = authorities.split_at(authorities.rfind("-----BEGIN").unwrap());
    let chain = format!("{leaf}{issuer}{root}");
    // Up to the certification data within the report of the quoting enclave, which has no authentication data.
    let (signatures, report) = (&quote[636..764], &quote[770..1220]);
    let inner = [&5_u16.to_le_bytes()[..], &(chain.len() as u32).to_le_bytes(), chain.as_bytes()].concat();
    let outer = [report, &inner].concat();
    let data = [signatures, &6_u16.to_le_bytes(), &(outer.len() as u32).to_le_bytes(), &outer].concat();
    [&quote[..632], &(data.len() as u32).to_le_bytes(), &data].concat()
}

#[test]
fn quotes_say_what_is_expected_of_them() {
    if folder().is_none() {
        return;
    }
    let expected = json("EXPECTED-quotes.json");
    let quotes = expected.as_object().unwrap();
    assert!(quotes.len() >= 10);
    for (name, expected) in quotes {
        // Its certification data names no certificates.
        if expected["cert_data_type"] != 5 {
            assert!(matches!(inspect(&read(name)), Err(TeeError::Unsupported { .. })), "{name}");
            continue;
        }
        let found = inspect(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let bytes = |field: &str| expected[field].as_str().map(|text| Bytes::from(hex::decode(text).unwrap()));
        assert_eq!(u64::from(found.version), expected["version"].as_u64().unwrap(), "{name}");
        assert_eq!(Some(&found.report_data), bytes("report_data").as_ref(), "{name}");
        let (measurement, signer) = match found.kind {
            Kind::Sgx => ("mrenclave", Some("mrsigner")),
            _ => ("mrtd", None),
        };
        assert_eq!(Some(&found.measurement), bytes(measurement).as_ref(), "{name}");
        if let Some(signer) = signer {
            assert_eq!(Some(&found.signer), bytes(signer).as_ref(), "{name}");
            assert_eq!(found.weaknesses.contains(&Weakness::Debug), expected["debug"].as_bool().unwrap(), "{name}");
        } else {
            assert_eq!(found.attributes[..8], bytes("td_attr").unwrap(), "{name}");
        }
    }
}

#[test]
fn no_byte_of_a_quote_can_be_changed() {
    if folder().is_none() {
        return;
    }
    for case in [sgx(), tdx(), tdx_v5()] {
        case.check_every_byte(0..case.bytes.len());
    }
}

#[test]
fn no_byte_of_signed_collateral_can_be_changed() {
    if folder().is_none() {
        return;
    }
    let case = sgx();
    let Collateral::Intel(good) = &case.collateral else { panic!("not Intel's") };
    let field = |of: fn(&mut IntelCollateral) -> &mut Bytes| {
        let len = of(&mut IntelCollateral::clone(good)).len();
        for at in 0..len {
            let mut collateral = IntelCollateral::clone(good);
            let mut bytes = of(&mut collateral).to_vec();
            bytes[at] ^= 1;
            *of(&mut collateral) = bytes.into();
            let found = authenticate(&case.bytes, &Collateral::Intel(Box::new(collateral)), case.now, &case.roots);
            assert!(found.is_err(), "byte {at} can be changed");
        }
    };
    field(|collateral| &mut collateral.tcb_info);
    field(|collateral| &mut collateral.qe_identity);
    field(|collateral| &mut collateral.root_crl);
    field(|collateral| &mut collateral.pck_crl);
    field(|collateral| &mut collateral.tcb_info_chain[0]);
    field(|collateral| &mut collateral.qe_identity_chain[1]);
}

#[test]
fn a_report_with_a_broken_chain_is_refused() {
    if folder().is_none() {
        return;
    }
    // Open Enclave puts 16 bytes before the quote.
    let bytes = read("sgx-tdx/openenclave/sgx_report_bad.bin").split_off(16);
    let found = Case { bytes, ..sgx() }.authenticate();
    let expected = TeeError::Certificate { part: "PCK issuer", problem: CertificateProblem::Signature };
    assert_eq!(found, Err(expected));
}
