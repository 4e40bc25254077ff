//! Reports of SGX enclaves.

use crate::reader::Reader;
use crate::{Claims, Kind, Register, Svn, TeeError, Weakness};
use alloc::vec;
use alloc::vec::Vec;
use alloy_primitives::Bytes;

const PART: &str = "SGX report";
const INIT: u64 = 1;
const DEBUG: u64 = 1 << 1;
const MODE64BIT: u64 = 1 << 2;
const PROVISION_KEY: u64 = 1 << 4;
const EINITTOKEN_KEY: u64 = 1 << 5;
const CET: u64 = 1 << 6;
const KSS: u64 = 1 << 7;
const AEX_NOTIFY: u64 = 1 << 10;

pub(crate) struct SgxReport<'a> {
    pub bytes: &'a [u8; 384],
    pub misc_select: u32,
    extended_product: &'a [u8; 16],
    /// Flags and XFRM.
    pub attributes: &'a [u8; 16],
    mr_enclave: &'a [u8; 32],
    pub mr_signer: &'a [u8; 32],
    config_id: &'a [u8; 64],
    pub product: u16,
    pub svn: u16,
    config_svn: u16,
    family: &'a [u8; 16],
    pub report_data: &'a [u8; 64],
}

impl<'a> SgxReport<'a> {
    pub fn parse(bytes: &'a [u8; 384]) -> Result<Self, TeeError> {
        let mut reader = Reader::new(bytes, PART);
        reader.take(16)?; // CPUSVN: the PCK certificate tells the same
        let misc_select = reader.u32()?;
        reader.take(12)?; // reserved
        let extended_product = reader.array()?;
        let attributes = reader.array()?;
        let mr_enclave = reader.array()?;
        reader.take(32)?; // reserved
        let mr_signer = reader.array()?;
        reader.take(32)?; // reserved
        let config_id = reader.array()?;
        let (product, svn, config_svn) = (reader.u16()?, reader.u16()?, reader.u16()?);
        reader.take(42)?; // reserved
        let family = reader.array()?;
        let report_data = reader.array()?;
        reader.finish()?;
        Ok(Self {
            bytes,
            misc_select,
            extended_product,
            attributes,
            mr_enclave,
            mr_signer,
            config_id,
            product,
            svn,
            config_svn,
            family,
            report_data,
        })
    }

    pub fn claims(&self, version: u16) -> Claims {
        // None of them is in the measurement, and zero is what enclaves have that do not use them.
        let register = |name: &str, value: &[u8]| Register {
            name: name.into(),
            value: Bytes::copy_from_slice(value),
            must_pin: value.iter().any(|byte| *byte != 0),
        };
        Claims {
            kind: Kind::Sgx,
            version,
            measurement: Bytes::copy_from_slice(self.mr_enclave),
            signer: Bytes::copy_from_slice(self.mr_signer),
            registers: vec![
                register("configid", self.config_id),
                register("miscselect", &self.misc_select.to_be_bytes()),
                register("isvfamilyid", self.family),
                register("isvextprodid", self.extended_product),
            ],
            report_data: Bytes::copy_from_slice(self.report_data),
            product: Some(self.product),
            attributes: Bytes::copy_from_slice(self.attributes),
            svns: vec![
                Svn { component: "enclave", svn: self.svn.into() },
                Svn { component: "config", svn: self.config_svn.into() },
            ],
            weaknesses: self.weaknesses(),
            public_key: None,
        }
    }

    fn weaknesses(&self) -> Vec<Weakness> {
        let flags = self.attributes.first_chunk().map_or(0, |flags| u64::from_le_bytes(*flags));
        let known = INIT | DEBUG | MODE64BIT | PROVISION_KEY | EINITTOKEN_KEY | CET | KSS | AEX_NOTIFY;
        let found = [
            (DEBUG, Weakness::Debug),
            (PROVISION_KEY, Weakness::ProvisionKey),
            (EINITTOKEN_KEY, Weakness::EinittokenKey),
            (!known, Weakness::UnknownAttributes),
        ];
        found.into_iter().filter(|(bits, _)| flags & bits != 0).map(|(_, weakness)| weakness).collect()
    }
}
