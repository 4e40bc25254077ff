//! Lists of revoked certificates.

use super::certificate::context;
use super::der::DerReader;
use super::extensions::extension;
use super::key::SignatureAlgorithm;
use super::{Certificate, MAX_CRL_BYTES};
use crate::{CertificateProblem, Problem, TeeError, Window};
use alloy_primitives::Bytes;
use der::Tag;
use der::asn1::ObjectIdentifier;

/// Makes a list one of changes to another.
const DELTA: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
/// Limits a list to some certificates, reasons or issuers.
const DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
/// Of an entry: another authority issued its certificate, and those of entries behind it.
const CERTIFICATE_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.29");

/// A revocation list, read but not yet believed.
pub(crate) struct RevocationList<'a> {
    pub part: &'static str,
    signed: &'a [u8],
    signature_algorithm: SignatureAlgorithm,
    signature: &'a [u8],
    issuer: &'a [u8],
    pub window: Window,
    /// The content of the list; empty where nothing is revoked.
    entries: &'a [u8],
}

impl<'a> RevocationList<'a> {
    pub fn parse(part: &'static str, bytes: &'a [u8]) -> Result<Self, TeeError> {
        if bytes.len() > MAX_CRL_BYTES {
            return Err(TeeError::malformed(part, Problem::TooLong { len: bytes.len(), max: MAX_CRL_BYTES }));
        }
        let mut outer = DerReader::new(bytes, part)?;
        let mut list = outer.sequence("revocation list")?;
        outer.finish()?;
        let (content, signed) = list.expect_encoded(Tag::Sequence, "revocation list")?;
        let (_, outer_algorithm) = list.expect_encoded(Tag::Sequence, "signature algorithm")?;
        let signature = list.bits("signature")?;
        list.finish()?;

        let mut tbs = DerReader::new(content, part)?;
        if tbs.unsigned("version")? != [1] {
            return Err(TeeError::invalid(part, "version"));
        }
        let (_, algorithm) = tbs.expect_encoded(Tag::Sequence, "signature algorithm")?;
        if algorithm != outer_algorithm {
            return Err(TeeError::invalid(part, "signature algorithm: it is given twice and differs"));
        }
        let signature_algorithm = SignatureAlgorithm::parse(algorithm)
            .ok_or(TeeError::certificate(part, CertificateProblem::SignatureAlgorithm))?;
        let (_, issuer) = tbs.expect_encoded(Tag::Sequence, "issuer")?;
        // Without a next update a list would never grow old.
        let window = Window { from: tbs.time()?, until: tbs.time()? };
        let entries = match tbs.peek() {
            Some(Tag::Sequence) => tbs.expect(Tag::Sequence, "entries")?,
            _ => &[],
        };
        let mut outer = DerReader::new(tbs.expect(context(0), "extensions")?, part)?;
        tbs.finish()?;
        let mut extensions = outer.sequence("extensions")?;
        outer.finish()?;
        while !extensions.is_finished() {
            check_extension(part, &mut extensions)?;
        }
        Ok(Self { part, signed, signature_algorithm, signature, issuer, window, entries })
    }

    pub fn check_issuer(&self, issuer: &Certificate<'_>) -> Result<(), TeeError> {
        let refuse = |problem| TeeError::certificate(self.part, problem);
        if self.issuer != issuer.subject {
            return Err(refuse(CertificateProblem::Issuer));
        }
        if !issuer.extensions.key_usage.is_some_and(|usage| usage.crl_sign) {
            return Err(refuse(CertificateProblem::KeyUsage));
        }
        issuer
            .key
            .verify_der(self.signature_algorithm, self.signed, self.signature)
            .ok_or(refuse(CertificateProblem::Signature))
    }

    /// `certificate` is of the issuer of the list, and not on it.
    pub fn check(&self, certificate: &Certificate<'_>) -> Result<(), TeeError> {
        if certificate.issuer != self.issuer {
            return Err(TeeError::certificate(self.part, CertificateProblem::Issuer));
        }
        let mut entries = DerReader::new(self.entries, self.part)?;
        while !entries.is_finished() {
            let mut entry = entries.sequence("entry")?;
            let serial = entry.unsigned("entry")?;
            entry.time()?;
            if serial == certificate.serial {
                return Err(TeeError::Revoked { part: certificate.part, serial: Bytes::copy_from_slice(serial) });
            }
            if !entry.is_finished() {
                let mut extensions = entry.sequence("entry")?;
                entry.finish()?;
                // X.509 has at least one there. Reading nothing costs as much as reading something, so that it has to be paid for.
                check_extension(self.part, &mut extensions)?;
                while !extensions.is_finished() {
                    check_extension(self.part, &mut extensions)?;
                }
            }
        }
        Ok(())
    }
}

/// The next extension neither has to be understood nor makes the list a partial one, whether it is critical or not.
fn check_extension(part: &'static str, extensions: &mut DerReader<'_>) -> Result<(), TeeError> {
    let (oid, critical, _) = extension(extensions)?;
    if [DELTA, DISTRIBUTION_POINT, CERTIFICATE_ISSUER].contains(&oid) {
        return Err(TeeError::certificate(part, CertificateProblem::PartialList));
    }
    match critical {
        true => Err(TeeError::certificate(part, CertificateProblem::CriticalExtension)),
        false => Ok(()),
    }
}
