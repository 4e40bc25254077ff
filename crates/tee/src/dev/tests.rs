//! Rules of certificates and revocation lists, each with one that breaks it.

use super::Request;
use super::certificate::{Role, Template, certificate, extension, name, revocation_list, signed};
use super::der::{SEQUENCE, integer, sequence, time, tlv};
use super::key::DevKey;
use crate::x509::{Certificate, Chains, RevocationList};
use crate::{CertificateProblem, Kind, Problem, TeeError, Window};
use alloc::vec;
use alloc::vec::Vec;
use alloy_primitives::B256;
use sha2::{Digest, Sha256};

const WINDOW: Window = Window { from: 1_000, until: 2_000 };
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const KEY_USAGE: &str = "2.5.29.15";

fn template<'a>(name: &'a str, role: Role) -> Template<'a> {
    Template { name, serial: &[7], role, window: WINDOW, extensions: vec![] }
}

/// An authority below which `limit` more may follow.
fn limited(name: &str, limit: u8) -> Template<'_> {
    let constraints = sequence([vec![1, 1, 0xff], integer(&[limit])]);
    let extensions =
        vec![extension(BASIC_CONSTRAINTS, true, &constraints), extension(KEY_USAGE, true, &[3, 2, 1, 0x06])];
    Template { extensions, ..template(name, Role::Silent) }
}

/// Verdict on a leaf, issued by `issuer`, issued by `root`.
fn verdict(issuer: &Template<'_>, root: &Template<'_>) -> Result<(), TeeError> {
    let [leaf_key, issuer_key, root_key] = ["leaf", "issuer", "root"].map(DevKey::p256);
    let leaf = certificate(&template("leaf", Role::Signer), &leaf_key, issuer.name, &issuer_key);
    let issuer = certificate(issuer, &issuer_key, root.name, &root_key);
    let root = certificate(root, &root_key, root.name, &root_key);
    let chain = [("leaf", &leaf), ("issuer", &issuer), ("root", &root)]
        .map(|(part, bytes)| Certificate::parse(part, bytes).unwrap());
    let roots = [B256::from_slice(&Sha256::digest(root_key.spki()))];
    Chains::new(1_500, &roots).verify(&chain)
}

fn refusal(part: &'static str, problem: CertificateProblem) -> Result<(), TeeError> {
    Err(TeeError::Certificate { part, problem })
}

#[test]
fn only_authorities_issue_certificates() {
    let root = template("root", Role::Authority);
    assert_eq!(verdict(&template("issuer", Role::Authority), &root), Ok(()));
    assert_eq!(verdict(&template("issuer", Role::Signer), &root), refusal("leaf", CertificateProblem::NotCa));
    assert_eq!(verdict(&template("issuer", Role::Silent), &root), refusal("leaf", CertificateProblem::NotCa));
    let usage = vec![extension(BASIC_CONSTRAINTS, true, &sequence([vec![1, 1, 0xff]]))];
    let silent = Template { extensions: usage, ..template("issuer", Role::Silent) };
    assert_eq!(verdict(&silent, &root), refusal("leaf", CertificateProblem::KeyUsage));
}

#[test]
fn a_key_is_used_only_when_something_vouches_for_it() {
    let [key, stranger] = ["root", "stranger"].map(DevKey::p256);
    let root = certificate(&template("root", Role::Authority), &key, "root", &key);
    // Both signatures are wrong; that of the issuer counts.
    let issuer = certificate(&template("issuer", Role::Authority), &stranger, "root", &stranger);
    let leaf = certificate(&template("leaf", Role::Signer), &key, "issuer", &key);
    let chain = [("leaf", &leaf), ("issuer", &issuer), ("root", &root)]
        .map(|(part, bytes)| Certificate::parse(part, bytes).unwrap());
    let roots = [B256::from_slice(&Sha256::digest(key.spki()))];
    assert_eq!(Chains::new(1_500, &roots).verify(&chain), refusal("issuer", CertificateProblem::Signature));
}

#[test]
fn no_more_authorities_follow_than_one_allows() {
    let issuer = template("issuer", Role::Authority);
    assert_eq!(verdict(&issuer, &limited("root", 1)), Ok(()));
    assert_eq!(verdict(&limited("issuer", 0), &limited("root", 1)), Ok(()));
    assert_eq!(verdict(&issuer, &limited("root", 0)), refusal("issuer", CertificateProblem::PathLength));
}

#[test]
fn extensions_are_understood_and_occur_once() {
    let parse = |extensions: Vec<Vec<u8>>| {
        let key = DevKey::p256("leaf");
        let bytes = certificate(&Template { extensions, ..template("leaf", Role::Signer) }, &key, "leaf", &key);
        Certificate::parse("leaf", &bytes).map(|_| ())
    };
    let unknown = |critical| extension("1.2.3.4", critical, &[5, 0]);
    assert_eq!(parse(vec![unknown(false)]), Ok(()));
    assert_eq!(parse(vec![unknown(true)]), refusal("leaf", CertificateProblem::CriticalExtension));
    let twice = Err(TeeError::Malformed { part: "leaf", problem: Problem::Duplicate("an extension") });
    assert_eq!(parse(vec![unknown(false), unknown(false)]), twice);
    assert_eq!(parse(vec![extension(KEY_USAGE, false, &[3, 2, 1, 0x06])]), twice);
}

/// A list with one entry, and these extensions of the list and of the entry.
fn list(of_list: Vec<u8>, of_entry: Vec<u8>) -> Vec<u8> {
    let key = DevKey::p256("root");
    let extensions = if of_entry.is_empty() { of_entry } else { tlv(SEQUENCE, &of_entry) };
    let entry = sequence([integer(&[9]), time(WINDOW.from), extensions]);
    let tbs = sequence([
        integer(&[1]),
        key.algorithm(),
        name("root"),
        time(WINDOW.from),
        time(WINDOW.until),
        tlv(SEQUENCE, &entry),
        tlv(0xa0, &tlv(SEQUENCE, &of_list)),
    ]);
    signed(tbs, &key)
}

#[test]
fn a_list_is_the_whole_of_its_issuer() {
    let key = DevKey::p256("root");
    let bytes = certificate(&template("leaf", Role::Signer), &key, "root", &key);
    let leaf = Certificate::parse("leaf", &bytes).unwrap();
    let check =
        |of_list: Vec<u8>, of_entry: Vec<u8>| RevocationList::parse("list", &list(of_list, of_entry))?.check(&leaf);
    let number = || extension("2.5.29.20", false, &integer(&[1]));
    // A distribution point that makes the list indirect; the base of a list of changes; an entry of another issuer.
    let indirect = |critical| extension("2.5.29.28", critical, &sequence([vec![0x84, 1, 0xff]]));
    let delta = extension("2.5.29.27", false, &integer(&[1]));
    let other = extension("2.5.29.29", false, &name("other"));
    let reason = |critical| extension("2.5.29.21", critical, &[10, 1, 1]);
    assert_eq!(check(number(), vec![]), Ok(()));
    assert_eq!(check(number(), reason(false)), Ok(()));
    let partial = refusal("list", CertificateProblem::PartialList);
    for (of_list, of_entry) in [
        (indirect(false), vec![]),
        (indirect(true), vec![]),
        (delta, vec![]),
        ([number(), indirect(false)].concat(), vec![]),
        (number(), other),
    ] {
        assert_eq!(check(of_list, of_entry), partial);
    }
    let critical = refusal("list", CertificateProblem::CriticalExtension);
    assert_eq!(check(extension("1.2.3.4", true, &[5, 0]), vec![]), critical);
    assert_eq!(check(number(), reason(true)), critical);
}

#[test]
fn a_list_says_nothing_of_what_others_issued() {
    let key = DevKey::p256("root");
    let leaf = |issuer| certificate(&template("leaf", Role::Signer), &key, issuer, &key);
    let request = Request { window: WINDOW, ..Request::new(Kind::Sgx, b"", [0; 64], WINDOW.from) };
    for revoked in [&[][..], &[&[7_u8][..]]] {
        let bytes = revocation_list("root", &key, &request, revoked);
        let list = RevocationList::parse("list", &bytes).unwrap();
        let check = |issuer| list.check(&Certificate::parse("leaf", &leaf(issuer)).unwrap());
        assert_eq!(check("other"), refusal("list", CertificateProblem::Issuer));
        assert_eq!(check("root").is_ok(), revoked.is_empty());
    }
}
