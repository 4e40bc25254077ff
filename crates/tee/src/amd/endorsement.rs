//! What a VCEK or a VLEK says about its chip.

use super::report::SigningKey;
use super::tcb::{Product, Tcb};
use crate::TeeError;
use crate::x509::{Certificate, DerReader, integer_u64};
use alloy_primitives::Bytes;
use der::asn1::{AnyRef, Ia5StringRef, ObjectIdentifier};

const PART: &str = "VCEK";
const PRODUCT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.2");
const BOOTLOADER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.1");
const TEE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.2");
const SNP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.3");
const MICROCODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.8");
const FMC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.9");
const PROVIDER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.5");
const HARDWARE_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.4");

pub(super) struct Endorsement<'a> {
    pub product: Product,
    pub tcb: Tcb,
    /// Of a VCEK: the first bytes of the chip's identifier.
    pub hardware_id: Option<&'a [u8]>,
    /// Of a VLEK: the cloud provider that it was made for.
    pub provider: Option<&'a [u8]>,
}

impl<'a> Endorsement<'a> {
    pub fn parse(certificate: &Certificate<'a>) -> Result<Self, TeeError> {
        let get = |oid, what| certificate.extensions.get(oid).ok_or(TeeError::missing(PART, what));
        let mut name = DerReader::new(get(PRODUCT, "the product")?, PART)?;
        let text = name.decode::<Ia5StringRef<'_>>("product")?;
        name.finish()?;
        let unknown = TeeError::invalid(PART, "product: known are Milan, Genoa and Turin");
        let product = Product::named(text.as_str()).ok_or(unknown)?;
        let provider = match certificate.extensions.get(PROVIDER) {
            // Which kind of text it is, is not documented.
            Some(bytes) => Some(DerReader::new(bytes, PART)?.decode::<AnyRef<'a>>("provider")?.value()),
            None => None,
        };
        let svn = |oid| {
            let mut content = DerReader::new(get(oid, "a version of the TCB")?, PART)?;
            let svn = integer_u64(content.unsigned("TCB")?).and_then(|svn| u8::try_from(svn).ok());
            content.finish()?;
            svn.ok_or(TeeError::invalid(PART, "TCB"))
        };
        let fmc = match product {
            Product::Turin => Some(svn(FMC)?),
            Product::Milan | Product::Genoa => None,
        };
        let tcb = Tcb { fmc, bootloader: svn(BOOTLOADER)?, tee: svn(TEE)?, snp: svn(SNP)?, microcode: svn(MICROCODE)? };
        Ok(Self { product, tcb, hardware_id: certificate.extensions.get(HARDWARE_ID), provider })
    }

    /// The key is for the chip of a report.
    pub fn check_chip(&self, key: SigningKey, chip_id: &[u8; 64]) -> Result<(), TeeError> {
        let expected = match (key, self.hardware_id) {
            (SigningKey::Vlek, None) => return Ok(()),
            (SigningKey::Vcek, Some(id)) => id,
            (SigningKey::Vlek, Some(_)) => {
                return Err(TeeError::Collateral { found: "a VCEK", needed: "the VLEK that signed the report" });
            }
            (SigningKey::Vcek, None) => {
                return Err(TeeError::Collateral { found: "a VLEK", needed: "the VCEK that signed the report" });
            }
        };
        let len = if self.product == Product::Turin { 8 } else { 64 };
        let (id, rest) = chip_id.split_at(len);
        match id == expected && rest.iter().all(|byte| *byte == 0) {
            true => Ok(()),
            false => Err(TeeError::Mismatch {
                what: "chip",
                found: Bytes::copy_from_slice(chip_id),
                expected: Bytes::copy_from_slice(expected),
            }),
        }
    }

    /// The name of the issuer's certificate ends in the product.
    pub fn check_issuer(&self, key: SigningKey, issuer: &Certificate<'_>) -> Result<(), TeeError> {
        let expected = match key {
            SigningKey::Vcek => alloc::format!("SEV-{}", self.product.name()),
            SigningKey::Vlek => alloc::format!("SEV-VLEK-{}", self.product.name()),
        };
        let found = issuer.common_name()?;
        match found == expected.as_bytes() {
            true => Ok(()),
            false => Err(TeeError::Mismatch {
                what: "name of the issuer",
                found: Bytes::copy_from_slice(found),
                expected: expected.into_bytes().into(),
            }),
        }
    }
}
