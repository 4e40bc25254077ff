//! Attestations and collateral in files, as people and tools keep them.

use crate::{AmdCollateral, Collateral, IntelCollateral, TeeError, blocks};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use alloy_primitives::{Bytes, FixedBytes, hex};
use base64ct::{Base64, Encoding};
use serde::Deserialize;

const JSON: &str = "collateral in JSON";
const PEM: &str = "collateral in PEM";

/// Intel's collateral as Phala's `dcap-qvl` writes it: chains in PEM, texts as signed, all else in hexadecimal digits.
#[derive(Deserialize)]
struct IntelJson {
    pck_crl: String,
    root_ca_crl: String,
    tcb_info_issuer_chain: String,
    tcb_info: String,
    tcb_info_signature: String,
    qe_identity_issuer_chain: String,
    qe_identity: String,
    qe_identity_signature: String,
}

/// The attestation in a file: as it is, or in hexadecimal digits, or in Base64.
pub fn read_attestation(file: &[u8]) -> Vec<u8> {
    let text: String = file.iter().filter(|byte| !byte.is_ascii_whitespace()).map(|byte| char::from(*byte)).collect();
    let digits = text.strip_prefix("0x").unwrap_or(&text);
    let decoded = hex::decode(digits).ok().or_else(|| Base64::decode_vec(&text).ok());
    decoded.filter(|bytes| !bytes.is_empty()).unwrap_or_else(|| file.into())
}

/// The collateral in a file: as [`Collateral::encode`] writes it, Intel's in JSON, or AMD's certificates in PEM with
/// their revocation list, leaf first.
pub fn read_collateral(file: &[u8]) -> Result<Collateral, TeeError> {
    match file.trim_ascii_start() {
        [b'{', ..] => intel(file),
        [b'-', ..] => amd(file),
        _ => Collateral::decode(file),
    }
}

fn intel(file: &[u8]) -> Result<Collateral, TeeError> {
    let json: IntelJson = serde_json::from_slice(file).map_err(|_| TeeError::invalid(JSON, "JSON"))?;
    let bytes = |digits: &str| hex::decode(digits).map_err(|_| TeeError::invalid(JSON, "hexadecimal number"));
    let signature =
        |digits: &str| FixedBytes::try_from(&bytes(digits)?[..]).map_err(|_| TeeError::invalid(JSON, "signature"));
    let chain = |text: &str| {
        blocks(text.as_bytes()).map(|blocks| blocks.into_iter().map(|block| Bytes::from(block.bytes)).collect())
    };
    Ok(Collateral::Intel(Box::new(IntelCollateral {
        tcb_info_signature: signature(&json.tcb_info_signature)?,
        tcb_info_chain: chain(&json.tcb_info_issuer_chain)?,
        tcb_info: json.tcb_info.into_bytes().into(),
        qe_identity_signature: signature(&json.qe_identity_signature)?,
        qe_identity_chain: chain(&json.qe_identity_issuer_chain)?,
        qe_identity: json.qe_identity.into_bytes().into(),
        pck_crl: bytes(&json.pck_crl)?.into(),
        root_crl: bytes(&json.root_ca_crl)?.into(),
    })))
}

fn amd(file: &[u8]) -> Result<Collateral, TeeError> {
    let (mut chain, mut crl) = (Vec::new(), None);
    for block in blocks(file)? {
        match block.label.as_str() {
            "CERTIFICATE" => chain.push(block.bytes.into()),
            "X509 CRL" if crl.is_none() => crl = Some(block.bytes.into()),
            _ => return Err(TeeError::invalid(PEM, "block: certificates and one X509 CRL belong here")),
        }
    }
    Ok(Collateral::Amd(AmdCollateral { chain, crl: crl.unwrap_or_default() }))
}
