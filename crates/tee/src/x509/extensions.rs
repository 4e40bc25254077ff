//! Extensions of certificates.

use super::der::{DerReader, integer_u64};
use crate::{CertificateProblem, Problem, TeeError};
use alloc::vec::Vec;
use der::Tag;
use der::asn1::{BitStringRef, ObjectIdentifier};

const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
/// The vendors' certificates have at most 13.
const MAX_EXTENSIONS: usize = 24;

#[derive(Clone, Default)]
pub(crate) struct Extensions<'a> {
    /// Given where it is a certificate authority; inside, how many authorities may follow below it.
    pub ca_path_limit: Option<Option<u8>>,
    pub key_usage: Option<KeyUsage>,
    others: Vec<(ObjectIdentifier, &'a [u8])>,
}

#[derive(Clone, Copy)]
pub(crate) struct KeyUsage {
    pub digital_signature: bool,
    pub cert_sign: bool,
    pub crl_sign: bool,
}

impl<'a> Extensions<'a> {
    pub fn parse(mut outer: DerReader<'a>) -> Result<Self, TeeError> {
        let part = outer.part();
        let mut list = outer.sequence("extensions")?;
        outer.finish()?;
        let (mut found, mut seen) = (Self::default(), Vec::new());
        while !list.is_finished() {
            let (oid, critical, content) = extension(&mut list)?;
            if seen.contains(&oid) {
                return Err(TeeError::malformed(part, Problem::Duplicate("an extension")));
            }
            if seen.len() == MAX_EXTENSIONS {
                let problem = Problem::TooLong { len: MAX_EXTENSIONS + 1, max: MAX_EXTENSIONS };
                return Err(TeeError::malformed(part, problem));
            }
            seen.push(oid);
            match oid {
                KEY_USAGE => found.key_usage = Some(key_usage(DerReader::new(content, part)?)?),
                BASIC_CONSTRAINTS => found.ca_path_limit = basic_constraints(DerReader::new(content, part)?)?,
                _ if critical => return Err(TeeError::certificate(part, CertificateProblem::CriticalExtension)),
                other => found.others.push((other, content)),
            }
        }
        Ok(found)
    }

    /// The content of a vendor's extension.
    pub fn get(&self, oid: ObjectIdentifier) -> Option<&'a [u8]> {
        self.others.iter().find(|(name, _)| *name == oid).map(|(_, content)| *content)
    }
}

/// The next of a list of extensions: name, whether it is critical, content.
pub(super) fn extension<'a>(list: &mut DerReader<'a>) -> Result<(ObjectIdentifier, bool, &'a [u8]), TeeError> {
    let mut extension = list.sequence("extension")?;
    let oid = extension.oid("extension")?;
    let critical = extension.peek() == Some(Tag::Boolean) && extension.decode::<bool>("extension")?;
    let content = extension.expect(Tag::OctetString, "extension")?;
    extension.finish()?;
    Ok((oid, critical, content))
}

fn key_usage(mut content: DerReader<'_>) -> Result<KeyUsage, TeeError> {
    let bits = content.decode::<BitStringRef<'_>>("key usage")?;
    content.finish()?;
    let bit = |index: usize| bits.bits().nth(index).unwrap_or(false);
    Ok(KeyUsage { digital_signature: bit(0), cert_sign: bit(5), crl_sign: bit(6) })
}

fn basic_constraints(mut content: DerReader<'_>) -> Result<Option<Option<u8>>, TeeError> {
    let what = "basic constraints";
    let part = content.part();
    let mut constraints = content.sequence(what)?;
    content.finish()?;
    let ca = constraints.peek() == Some(Tag::Boolean) && constraints.decode::<bool>(what)?;
    let limit = match constraints.is_finished() {
        true => None,
        false => {
            let limit = integer_u64(constraints.unsigned(what)?).and_then(|limit| u8::try_from(limit).ok());
            Some(limit.ok_or(TeeError::invalid(part, what))?)
        }
    };
    constraints.finish()?;
    Ok(ca.then_some(limit))
}
