//! Intel's certificates, revocation lists and texts out of files, one by one as the contracts on L1 take them.

use super::{Quote, is_quote};
use crate::x509::{Certificate, RevocationList};
use crate::{Collateral, Problem, TeeError, blocks, read_attestation, read_collateral};
use alloc::vec::Vec;
use alloy_primitives::{Bytes, FixedBytes, hex};
use serde::Deserialize;
use serde::de::IgnoredAny;

const FILE: &str = "collateral of Intel";
const CERTIFICATE: &str = "certificate";
const LIST: &str = "revocation list";
/// Collateral of many platforms has some dozens.
const MAX_PARTS: usize = 1_024;

/// What the contracts keep, with what they need to verify it. Nothing here is judged: they do that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntelSubmission {
    /// The PEM text in a quote.
    PckChain(Bytes),
    /// In DER. The issuer, and the root where that is another.
    RevocationList {
        list: Bytes,
        issuers: Vec<Bytes>,
    },
    TcbInfo(SignedText),
    QeIdentity(SignedText),
}

/// A text exactly as Intel signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedText {
    pub text: Bytes,
    pub signature: FixedBytes<64>,
    /// Certificates in DER.
    pub signer: Bytes,
    pub root: Bytes,
}

/// Parts of collateral, in any order, from any number of files.
#[derive(Clone, Debug, Default)]
pub struct IntelFiles {
    certificates: Vec<Bytes>,
    chains: Vec<Bytes>,
    lists: Vec<Bytes>,
    tcb_infos: Vec<(Bytes, FixedBytes<64>)>,
    qe_identities: Vec<(Bytes, FixedBytes<64>)>,
}

impl IntelFiles {
    /// Reads a quote, collateral as `tee verify` takes it, or what Intel's service answers: a text with its signature in JSON,
    /// certificates in PEM or DER, a revocation list in PEM, DER or hexadecimal digits.
    pub fn add(&mut self, file: &[u8]) -> Result<(), TeeError> {
        match file.trim_ascii_start() {
            [b'{', ..] if answer(file, "tcbInfo").is_some() => put(&mut self.tcb_infos, signed(file, "tcbInfo")?),
            [b'{', ..] if answer(file, "enclaveIdentity").is_some() => {
                put(&mut self.qe_identities, signed(file, "enclaveIdentity")?)
            }
            [b'{', ..] => self.add_collateral(&read_collateral(file)?),
            [b'-', ..] => self.add_pem(file),
            _ => self.add_bytes(&read_attestation(file)),
        }
    }

    fn add_bytes(&mut self, bytes: &[u8]) -> Result<(), TeeError> {
        if is_quote(bytes) {
            let chain = Quote::parse(bytes)?.pck_chain;
            put(&mut self.chains, Bytes::copy_from_slice(chain))?;
            return self.add_pem(chain);
        }
        if RevocationList::parse(LIST, bytes).is_ok() {
            return put(&mut self.lists, Bytes::copy_from_slice(bytes));
        }
        if Certificate::parse(CERTIFICATE, bytes).is_ok() {
            return put(&mut self.certificates, Bytes::copy_from_slice(bytes));
        }
        match Collateral::decode(bytes) {
            Ok(collateral) => self.add_collateral(&collateral),
            Err(_) => {
                let what = "file: quotes, certificates, revocation lists, TCB infos and QE identities belong here";
                Err(TeeError::invalid(FILE, what))
            }
        }
    }

    fn add_pem(&mut self, text: &[u8]) -> Result<(), TeeError> {
        for block in blocks(text)? {
            match block.label.as_str() {
                "CERTIFICATE" => put(&mut self.certificates, block.bytes.into())?,
                "X509 CRL" => put(&mut self.lists, block.bytes.into())?,
                _ => return Err(TeeError::invalid(FILE, "PEM: certificates and X509 CRL belong here")),
            }
        }
        Ok(())
    }

    fn add_collateral(&mut self, collateral: &Collateral) -> Result<(), TeeError> {
        let Collateral::Intel(parts) = collateral else {
            return Err(TeeError::Collateral { found: collateral.name(), needed: "Intel's" });
        };
        for certificate in parts.tcb_info_chain.iter().chain(&parts.qe_identity_chain) {
            put(&mut self.certificates, certificate.clone())?;
        }
        for list in [&parts.root_crl, &parts.pck_crl] {
            put(&mut self.lists, list.clone())?;
        }
        put(&mut self.tcb_infos, (parts.tcb_info.clone(), parts.tcb_info_signature))?;
        put(&mut self.qe_identities, (parts.qe_identity.clone(), parts.qe_identity_signature))
    }

    /// Everything that was read, with the certificates that vouch for it. What is needed first comes first.
    pub fn submissions(&self) -> Result<Vec<IntelSubmission>, TeeError> {
        let parse = |bytes| Certificate::parse(CERTIFICATE, bytes);
        let known = self.certificates.iter().map(|bytes| parse(bytes)).collect::<Result<Vec<_>, _>>()?;
        let mut all = Vec::new();
        for list in &self.lists {
            let parsed = RevocationList::parse(LIST, list)?;
            let issuer = known.iter().find(|issuer| parsed.check_issuer(issuer).is_ok());
            let missing = TeeError::missing(LIST, "the certificate of its issuer, which quotes have in them,");
            let issuer = issuer.ok_or(missing)?;
            let mut issuers = Vec::from([Bytes::copy_from_slice(issuer.bytes)]);
            if issuer.subject != issuer.issuer {
                issuers.push(root_of(issuer, &known)?);
            }
            all.push(IntelSubmission::RevocationList { list: list.clone(), issuers });
        }
        all.extend(self.chains.iter().cloned().map(IntelSubmission::PckChain));
        for part in &self.tcb_infos {
            all.push(IntelSubmission::TcbInfo(with_signer("TCB info", part, &known)?));
        }
        for part in &self.qe_identities {
            all.push(IntelSubmission::QeIdentity(with_signer("QE identity", part, &known)?));
        }
        Ok(all)
    }
}

fn put<T: PartialEq>(parts: &mut Vec<T>, part: T) -> Result<(), TeeError> {
    if parts.len() == MAX_PARTS {
        return Err(TeeError::malformed(FILE, Problem::TooLong { len: MAX_PARTS + 1, max: MAX_PARTS }));
    }
    if !parts.contains(&part) {
        parts.push(part);
    }
    Ok(())
}

fn with_signer(
    part: &'static str,
    (text, signature): &(Bytes, FixedBytes<64>),
    known: &[Certificate<'_>],
) -> Result<SignedText, TeeError> {
    let signer = known.iter().find(|signer| signer.key.verify_raw(text, &signature.0).is_some());
    let signer = signer.ok_or(TeeError::missing(part, "the certificate of its signer, with its chain in PEM,"))?;
    let root = root_of(signer, known)?;
    Ok(SignedText { text: text.clone(), signature: *signature, signer: Bytes::copy_from_slice(signer.bytes), root })
}

fn root_of(certificate: &Certificate<'_>, known: &[Certificate<'_>]) -> Result<Bytes, TeeError> {
    let issued = |root: &&Certificate<'_>| {
        root.check_may_issue(certificate, 0).is_ok() && root.check_signed(certificate).is_ok()
    };
    let root = known.iter().find(issued).ok_or(TeeError::missing(CERTIFICATE, "the root that issued it"))?;
    Ok(Bytes::copy_from_slice(root.bytes))
}

/// The bytes of the first member of an object, if it has this name: signatures are over bytes.
fn answer<'a>(file: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let inner = file.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"")?;
    let value = inner.strip_prefix(name.as_bytes())?.strip_prefix(b"\"")?.trim_ascii_start().strip_prefix(b":")?;
    let value = value.trim_ascii_start();
    let mut values = serde_json::Deserializer::from_slice(value).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    value.get(..values.byte_offset())
}

#[derive(Deserialize)]
struct Signature {
    signature: alloc::string::String,
}

/// A text and its signature in an answer of Intel's service.
fn signed(file: &[u8], name: &str) -> Result<(Bytes, FixedBytes<64>), TeeError> {
    let invalid = || TeeError::invalid(FILE, "JSON: a text and its signature of 64 bytes belong here");
    let text = answer(file, name).ok_or_else(invalid)?;
    let Signature { signature } = serde_json::from_slice(file).map_err(|_| invalid())?;
    let signature = hex::decode(signature).ok().and_then(|bytes| FixedBytes::try_from(&bytes[..]).ok());
    Ok((Bytes::copy_from_slice(text), signature.ok_or_else(invalid)?))
}

#[cfg(all(test, feature = "dev-pki"))]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::dev::{Request, attest};
    use alloc::format;

    const NOW: u64 = 1_750_000_000;

    fn made() -> (Vec<u8>, crate::IntelCollateral) {
        let (quote, collateral) = attest(&Request::new(Kind::Sgx, b"software", [7; 64], NOW));
        let Collateral::Intel(parts) = collateral else { panic!("Intel's") };
        (quote, *parts)
    }

    fn pem(label: &str, bytes: &[u8]) -> alloc::string::String {
        use base64ct::{Base64, Encoding};
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", Base64::encode_string(bytes))
    }

    /// As Intel's service gives them, each on its own.
    fn single_files(quote: &[u8], parts: &crate::IntelCollateral) -> Vec<Vec<u8>> {
        let text = |name: &str, text: &[u8], signature: &FixedBytes<64>| {
            let text = core::str::from_utf8(text).unwrap();
            format!("{{\"{name}\":{text},\"signature\":\"{}\"}}", hex::encode(signature)).into_bytes()
        };
        let chain = parts.tcb_info_chain.iter().map(|bytes| pem("CERTIFICATE", bytes));
        Vec::from([
            text("tcbInfo", &parts.tcb_info, &parts.tcb_info_signature),
            text("enclaveIdentity", &parts.qe_identity, &parts.qe_identity_signature),
            parts.root_crl.to_vec(),
            hex::encode(&parts.pck_crl).into_bytes(),
            chain.collect::<alloc::string::String>().into_bytes(),
            quote.to_vec(),
        ])
    }

    fn read(files: &[Vec<u8>]) -> Result<Vec<IntelSubmission>, TeeError> {
        let mut all = IntelFiles::default();
        files.iter().try_for_each(|file| all.add(file))?;
        all.submissions()
    }

    #[test]
    fn files_in_any_form_and_order_are_the_same_collateral() {
        let (quote, parts) = made();
        let bundle = Collateral::Intel(alloc::boxed::Box::new(parts.clone())).encode();
        let as_set = |mut all: Vec<IntelSubmission>| {
            all.sort_by_key(|part| format!("{part:?}"));
            all
        };
        let expected = as_set(read(&[quote.clone(), bundle.clone()]).unwrap());
        assert_eq!(expected.len(), 5);
        let mut files = single_files(&quote, &parts);
        assert_eq!(as_set(read(&files).unwrap()), expected);
        files.reverse();
        files.push(bundle);
        assert_eq!(as_set(read(&files).unwrap()), expected);
        let lists = [("X509 CRL", &parts.pck_crl), ("X509 CRL", &parts.root_crl)].map(|(label, list)| pem(label, list));
        files[2] = lists.concat().into_bytes();
        assert_eq!(as_set(read(&files).unwrap()), expected);
    }

    #[test]
    fn what_vouches_is_found_or_named() {
        let (quote, parts) = made();
        let [info, identity, root_list, pck_list, chain, quote] =
            <[_; 6]>::try_from(single_files(&quote, &parts)).unwrap();
        let fails = |files: &[&Vec<u8>], reason: &str| {
            let files: Vec<_> = files.iter().map(|file| (*file).clone()).collect();
            let error = format!("{}", read(&files).unwrap_err());
            assert!(error.contains(reason), "{error}");
        };
        fails(&[&info], "TCB info: the certificate of its signer");
        fails(&[&identity, &quote], "QE identity: the certificate of its signer");
        fails(&[&pck_list, &chain], "the certificate of its issuer");
        assert_eq!(read(&[root_list, chain]).unwrap().len(), 1);
        fails(&[&b"text".to_vec()], "belong here");
        fails(&[&b"{\"tcbInfo\":{},\"signature\":\"00\"}".to_vec()], "64 bytes");
        fails(&[&b"{\"tcbInfo\":{}}".to_vec()], "64 bytes");
        let none = Collateral::None.encode();
        fails(&[&none], "needed: Intel's");
    }
}
