//! Quotes of SGX and TDX, and Intel's collateral.

use super::Request;
use super::certificate::{Role, Template, certificate, extension, revocation_list};
use super::der::{OCTET_STRING, integer, oid, sequence, tlv};
use super::key::DevKey;
use crate::{Collateral, IntelCollateral};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use alloy_primitives::hex;
use base64ct::{Base64, Encoding};
use core::time::Duration;
use sha2::{Digest, Sha256};

const FMSPC: [u8; 6] = *b"luxdev";
const QE_SIGNER: [u8; 32] = [0x51; 32];
const PPID: [u8; 16] = [0xdd; 16];
const PCK_SERIAL: [u8; 2] = [1, 2];
const ROOT: &str = "Lux development SGX Root CA";
const ISSUER: &str = "Lux development SGX PCK Platform CA";
const SIGNER: &str = "Lux development SGX TCB Signing";

pub(super) fn sgx(request: &Request) -> (Vec<u8>, Collateral) {
    let mut attributes = [0; 16];
    attributes[0] = 0b101 | if request.debug { 0b10 } else { 0 };
    attributes[8] = 3;
    let software = Request::digest32(&request.software);
    let signer = Request::digest32(&request.signer);
    let body = enclave(attributes, software, signer, 1, &request.report_data);
    quote(request, 3, 0, body)
}

pub(super) fn tdx(request: &Request) -> (Vec<u8>, Collateral) {
    let mut body = vec![0; 584];
    body[..16].fill(request.platform_svn);
    body[1] = 0; // module of the first generation
    body[16..64].copy_from_slice(&Request::digest48(b"lux-tee development TDX module"));
    body[120] = u8::from(request.debug);
    body[123] = 0x10; // SEPT_VE_DISABLE
    body[136..184].copy_from_slice(&Request::digest48(&request.software));
    for index in 0..4 {
        let name = [&request.software[..], b"/rtmr", &[b'0' + index as u8]].concat();
        body[328 + 48 * index..376 + 48 * index].copy_from_slice(&Request::digest48(&name));
    }
    body[520..].copy_from_slice(&request.report_data);
    quote(request, 4, 0x81, body)
}

fn enclave(attributes: [u8; 16], software: [u8; 32], signer: [u8; 32], svn: u16, data: &[u8; 64]) -> Vec<u8> {
    let mut body = vec![0; 384];
    body[48..64].copy_from_slice(&attributes);
    body[64..96].copy_from_slice(&software);
    body[128..160].copy_from_slice(&signer);
    body[256..258].copy_from_slice(&1_u16.to_le_bytes());
    body[258..260].copy_from_slice(&svn.to_le_bytes());
    body[320..].copy_from_slice(data);
    body
}

fn quote(request: &Request, version: u16, tee: u32, mut body: Vec<u8>) -> (Vec<u8>, Collateral) {
    let keys = ["intel root", "intel issuer", "intel pck", "intel attestation", "intel signer"].map(DevKey::p256);
    let [root, issuer, pck, attestation, signer] = &keys;
    request.change(&mut body);
    let mut signed = Vec::from(version.to_le_bytes());
    signed.extend(2_u16.to_le_bytes());
    signed.extend(tee.to_le_bytes());
    signed.extend([0; 4]);
    signed.extend(hex!("939a7233f79c4ca9940a0db3957f0607"));
    signed.extend([0; 20]);
    signed.extend(body);

    let point = &attestation.point()[1..];
    let mut binding = [0; 64];
    binding[..32].copy_from_slice(&Sha256::digest(point));
    let mut attributes = [0; 16];
    attributes[0] = 0x11; // Intel's quoting enclaves have the key that provisions others
    let qe = enclave(attributes, [0x52; 32], QE_SIGNER, 4, &binding);
    let make = |template: &Template<'_>, key: &DevKey, issuer_name: &str, issuer: &DevKey| {
        certificate(template, key, issuer_name, issuer)
    };
    let template = |name, serial, role| Template { name, serial, role, window: request.window, extensions: vec![] };
    let root_bytes = make(&template(ROOT, &[1], Role::Authority), root, ROOT, root);
    let issuer_bytes = make(&template(ISSUER, &[2], Role::Authority), issuer, ROOT, root);
    let signer_bytes = make(&template(SIGNER, &[3], Role::Signer), signer, ROOT, root);
    let mut leaf = template("Lux development SGX PCK Certificate", &PCK_SERIAL, Role::Signer);
    leaf.extensions.push(extension("1.2.840.113741.1.13.1", false, &processor(request)));
    let pck_bytes = make(&leaf, pck, ISSUER, issuer);

    let chain: String = [&pck_bytes, &issuer_bytes, &root_bytes].map(|bytes| pem(bytes)).concat();
    let report = [&qe[..], &pck.sign_raw(&qe), &[0, 0], &certification(5, chain.as_bytes())].concat();
    let report = if version == 3 { report } else { certification(6, &report) };
    let data = [&attestation.sign_raw(&signed)[..], point, &report].concat();
    let quote = [&signed[..], &(data.len() as u32).to_le_bytes(), &data].concat();

    let (tcb_info, qe_identity) = (tcb_info(request, tee != 0), qe_identity(request, tee != 0));
    let revoked: &[&[u8]] = if request.revoked { &[&PCK_SERIAL] } else { &[] };
    let signature = |text: &str| signer.sign_raw(text.as_bytes()).as_slice().try_into().expect("P-256 has 64 bytes");
    let signing_chain = vec![signer_bytes.into(), root_bytes.into()];
    let collateral = IntelCollateral {
        tcb_info_signature: signature(&tcb_info),
        tcb_info: tcb_info.into_bytes().into(),
        tcb_info_chain: signing_chain.clone(),
        qe_identity_signature: signature(&qe_identity),
        qe_identity: qe_identity.into_bytes().into(),
        qe_identity_chain: signing_chain,
        pck_crl: revocation_list(ISSUER, issuer, request, revoked).into(),
        root_crl: revocation_list(ROOT, root, request, &[]).into(),
    };
    (quote, Collateral::Intel(Box::new(collateral)))
}

fn certification(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &(content.len() as u32).to_le_bytes(), content].concat()
}

fn pem(bytes: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", Base64::encode_string(bytes))
}

/// The SGX extension of a PCK certificate.
fn processor(request: &Request) -> Vec<u8> {
    const SGX: &str = "1.2.840.113741.1.13.1";
    let field = |number: u8, value: Vec<u8>| sequence([oid(&format!("{SGX}.{number}")), value]);
    let component = |number: u8| sequence([oid(&format!("{SGX}.2.{number}")), integer(&[request.platform_svn])]);
    let components: Vec<u8> = (1..=17).flat_map(component).collect();
    sequence([
        field(1, tlv(OCTET_STRING, &PPID)),
        field(2, tlv(0x30, &components)),
        field(3, tlv(OCTET_STRING, &request.pce_id)),
        field(4, tlv(OCTET_STRING, &FMSPC)),
    ])
}

fn times(request: &Request) -> [String; 2] {
    [request.window.from, request.window.until].map(|seconds| {
        let time = der::DateTime::from_unix_duration(Duration::from_secs(seconds));
        time.map(|time| format!("{time}")).expect("times here are before 9999")
    })
}

fn tcb_info(request: &Request, tdx: bool) -> String {
    let [issue, next] = times(request);
    let zeros = "0".repeat(96);
    let module = format!(
        r#""tdxModule":{{"mrsigner":"{zeros}","attributes":"{0}","attributesMask":"FFFFFFFFFFFFFFFF"}},"#,
        "0".repeat(16)
    );
    let level = |svn: u8, rest: &str| {
        let components = vec![format!(r#"{{"svn":{svn}}}"#); 16].join(",");
        // The second is the generation of the module.
        let mut numbers = [svn; 16];
        numbers[1] = 0;
        let own = numbers.map(|svn| format!(r#"{{"svn":{svn}}}"#)).join(",");
        let own = if tdx { format!(r#","tdxtcbcomponents":[{own}]"#) } else { String::new() };
        format!(r#"{{"tcb":{{"sgxtcbcomponents":[{components}],"pcesvn":{svn}{own}}},"tcbDate":"{issue}",{rest}}}"#)
    };
    let (good, old) = (
        level(5, &format!(r#""tcbStatus":"UpToDate"{}"#, advisories(request, "platform"))),
        level(3, r#""tcbStatus":"OutOfDate","advisoryIDs":["DEV-SA-00001"]"#),
    );
    let revoked = level(1, r#""tcbStatus":"Revoked""#);
    let others = format!(",{revoked}").repeat(request.others);
    let (id, module) = if tdx { ("TDX", module) } else { ("SGX", String::new()) };
    let fmspc = hex::encode_upper(FMSPC);
    format!(
        r#"{{"id":"{id}","version":3,"issueDate":"{issue}","nextUpdate":"{next}","fmspc":"{fmspc}","pceId":"0000","#
    ) + &format!(r#""tcbType":0,"tcbEvaluationDataNumber":1,{module}"tcbLevels":[{good},{old},{revoked}{others}]}}"#)
}

/// Names that differ in their last letters only.
fn advisories(request: &Request, of: &str) -> String {
    let names: Vec<_> = (0..request.advisories).map(|index| format!(r#""{:0>64}""#, format!("{index}-{of}"))).collect();
    if names.is_empty() { String::new() } else { format!(r#","advisoryIDs":[{}]"#, names.join(",")) }
}

fn qe_identity(request: &Request, tdx: bool) -> String {
    let [issue, next] = times(request);
    let (id, signer) = (if tdx { "TD_QE" } else { "QE" }, hex::encode_upper(QE_SIGNER));
    let attributes = format!("11{}", "0".repeat(30));
    let mask = format!("FB{}{}", "F".repeat(14), "0".repeat(16));
    format!(r#"{{"id":"{id}","version":2,"issueDate":"{issue}","nextUpdate":"{next}","tcbEvaluationDataNumber":1,"#)
        + &format!(r#""miscselect":"00000000","miscselectMask":"FFFFFFFF","attributes":"{attributes}","#)
        + &format!(r#""attributesMask":"{mask}","mrsigner":"{signer}","isvprodid":1,"#)
        + &format!(
            r#""tcbLevels":[{{"tcb":{{"isvsvn":4}},"tcbDate":"{issue}","tcbStatus":"UpToDate"{0}}}]}}"#,
            advisories(request, "enclave")
        )
}
