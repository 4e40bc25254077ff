//! One certificate, read but not yet believed.

use super::MAX_CERTIFICATE_BYTES;
use super::der::DerReader;
use super::extensions::Extensions;
use super::key::{KeyAlgorithm, PublicKey, SignatureAlgorithm};
use crate::crypto::sha256;
use crate::{CertificateProblem, Problem, TeeError, Window};
use alloy_primitives::B256;
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Tag, TagNumber};

/// A certificate of version 3.
#[derive(Clone)]
pub(crate) struct Certificate<'a> {
    /// What it is, for messages.
    pub part: &'static str,
    pub bytes: &'a [u8],
    signed: &'a [u8],
    signature_algorithm: SignatureAlgorithm,
    signature: &'a [u8],
    /// Big-endian, without leading zeros.
    pub serial: &'a [u8],
    /// Names are compared as encoded.
    pub issuer: &'a [u8],
    pub subject: &'a [u8],
    pub window: Window,
    /// The encoded `SubjectPublicKeyInfo`.
    pub spki: &'a [u8],
    pub key: PublicKey,
    pub extensions: Extensions<'a>,
}

impl<'a> Certificate<'a> {
    pub fn parse(part: &'static str, bytes: &'a [u8]) -> Result<Self, TeeError> {
        if bytes.len() > MAX_CERTIFICATE_BYTES {
            let problem = Problem::TooLong { len: bytes.len(), max: MAX_CERTIFICATE_BYTES };
            return Err(TeeError::malformed(part, problem));
        }
        let mut outer = DerReader::new(bytes, part)?;
        let mut certificate = outer.sequence("certificate")?;
        outer.finish()?;
        let (content, signed) = certificate.expect_encoded(Tag::Sequence, "certificate")?;
        let (_, outer_algorithm) = certificate.expect_encoded(Tag::Sequence, "signature algorithm")?;
        let signature = certificate.bits("signature")?;
        certificate.finish()?;

        let mut tbs = DerReader::new(content, part)?;
        let mut version = DerReader::new(tbs.expect(context(0), "version")?, part)?;
        if version.unsigned("version")? != [2] {
            return Err(TeeError::invalid(part, "version"));
        }
        version.finish()?;
        let serial = tbs.unsigned("serial number")?;
        let (_, algorithm) = tbs.expect_encoded(Tag::Sequence, "signature algorithm")?;
        if algorithm != outer_algorithm {
            return Err(TeeError::invalid(part, "signature algorithm: it is given twice and differs"));
        }
        let signature_algorithm = SignatureAlgorithm::parse(algorithm)
            .ok_or(TeeError::certificate(part, CertificateProblem::SignatureAlgorithm))?;
        let (_, issuer) = tbs.expect_encoded(Tag::Sequence, "issuer")?;
        let mut validity = tbs.sequence("validity")?;
        let window = Window { from: validity.time()?, until: validity.time()? };
        validity.finish()?;
        let (_, subject) = tbs.expect_encoded(Tag::Sequence, "subject")?;
        let (_, spki) = tbs.expect_encoded(Tag::Sequence, "public key")?;
        let key = PublicKey::from_spki(part, spki)?;
        let extensions = Extensions::parse(DerReader::new(tbs.expect(context(3), "extensions")?, part)?)?;
        tbs.finish()?;
        Ok(Self {
            part,
            bytes,
            signed,
            signature_algorithm,
            signature,
            serial,
            issuer,
            subject,
            window,
            spki,
            key,
            extensions,
        })
    }

    pub fn key_hash(&self) -> B256 {
        sha256(self.spki).into()
    }

    /// The vendor has keys of this algorithm only: what an attestation costs to check then follows from its kind.
    pub fn with_key(self, algorithm: KeyAlgorithm) -> Result<Self, TeeError> {
        match self.key.algorithm() == algorithm {
            true => Ok(self),
            false => Err(TeeError::certificate(self.part, CertificateProblem::Key)),
        }
    }

    /// The last common name of the subject.
    pub fn common_name(&self) -> Result<&'a [u8], TeeError> {
        const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
        let mut outer = DerReader::new(self.subject, self.part)?;
        let mut names = outer.sequence("subject")?;
        outer.finish()?;
        let mut found = None;
        while !names.is_finished() {
            let mut set = DerReader::new(names.expect(Tag::Set, "subject")?, self.part)?;
            let mut name = set.sequence("subject")?;
            if name.oid("subject")? == COMMON_NAME {
                found = Some(name.decode::<AnyRef<'a>>("subject")?.value());
            }
        }
        found.ok_or(TeeError::missing(self.part, "the common name"))
    }

    /// This certificate may have issued `subject`, below which `below` more certificates follow.
    pub fn check_may_issue(&self, subject: &Self, below: usize) -> Result<(), TeeError> {
        let refuse = |problem| TeeError::certificate(subject.part, problem);
        if subject.issuer != self.subject {
            return Err(refuse(CertificateProblem::Issuer));
        }
        let Some(limit) = self.extensions.ca_path_limit else { return Err(refuse(CertificateProblem::NotCa)) };
        if limit.is_some_and(|limit| below > usize::from(limit)) {
            return Err(refuse(CertificateProblem::PathLength));
        }
        if !self.extensions.key_usage.is_some_and(|usage| usage.cert_sign) {
            return Err(refuse(CertificateProblem::KeyUsage));
        }
        Ok(())
    }

    /// This certificate's key signed `subject`.
    pub fn check_signed(&self, subject: &Self) -> Result<(), TeeError> {
        self.key
            .verify_der(subject.signature_algorithm, subject.signed, subject.signature)
            .ok_or(TeeError::certificate(subject.part, CertificateProblem::Signature))
    }

    /// The key may sign what is no certificate.
    pub fn check_signs(&self) -> Result<(), TeeError> {
        match self.extensions.key_usage.is_some_and(|usage| usage.digital_signature) {
            true => Ok(()),
            false => Err(TeeError::certificate(self.part, CertificateProblem::KeyUsage)),
        }
    }
}

/// The tag `[number]` of a constructed value.
pub(super) const fn context(number: u8) -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber::new(number) }
}
