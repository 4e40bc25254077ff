//! Reports of TDX guests.

use crate::reader::Reader;
use crate::{Claims, Kind, Register, Svn, TeeError, Weakness};
use alloc::vec;
use alloc::vec::Vec;
use alloy_primitives::Bytes;

const PART: &str = "TD report";
const DEBUG: u64 = 1;
const SEPT_VE_DISABLE: u64 = 1 << 28;
const MIGRATABLE: u64 = 1 << 29;
const PROTECTION_KEYS: u64 = 1 << 30;
const KEY_LOCKER: u64 = 1 << 31;
const PERFMON: u64 = 1 << 63;
const NAMES: [&str; 4] = ["rtmr0", "rtmr1", "rtmr2", "rtmr3"];

pub(crate) struct TdReport<'a> {
    pub tcb_svn: &'a [u8; 16],
    mr_seam: &'a [u8; 48],
    pub mr_signer_seam: &'a [u8; 48],
    pub seam_attributes: &'a [u8; 8],
    /// TD attributes and XFAM, the state of the processor that the TD may use.
    attributes: &'a [u8; 16],
    mr_td: &'a [u8; 48],
    mr_config_id: &'a [u8; 48],
    mr_owner: &'a [u8; 48],
    mr_owner_config: &'a [u8; 48],
    rtmrs: [&'a [u8; 48]; 4],
    report_data: &'a [u8; 64],
    /// Measurement of service TDs that are bound to this one, such as one that migrates it.
    mr_service_td: Option<&'a [u8; 48]>,
}

impl<'a> TdReport<'a> {
    pub const BYTES_10: usize = 584;
    pub const BYTES_15: usize = 648;

    pub fn parse(bytes: &'a [u8]) -> Result<Self, TeeError> {
        let mut reader = Reader::new(bytes, PART);
        let tcb_svn = reader.array()?;
        let (mr_seam, mr_signer_seam) = (reader.array()?, reader.array()?);
        let (seam_attributes, attributes) = (reader.array()?, reader.array()?);
        let mr_td = reader.array()?;
        let (mr_config_id, mr_owner, mr_owner_config) = (reader.array()?, reader.array()?, reader.array()?);
        let rtmrs = [reader.array()?, reader.array()?, reader.array()?, reader.array()?];
        let report_data = reader.array()?;
        let mr_service_td = match bytes.len() {
            Self::BYTES_10 => None,
            _ => {
                reader.take(16)?; // what the TCB would be after a restart
                Some(reader.array()?)
            }
        };
        reader.finish()?;
        Ok(Self {
            tcb_svn,
            mr_seam,
            mr_signer_seam,
            seam_attributes,
            attributes,
            mr_td,
            mr_config_id,
            mr_owner,
            mr_owner_config,
            rtmrs,
            report_data,
            mr_service_td,
        })
    }

    pub fn claims(&self, version: u16) -> Claims {
        let register =
            |name: &str, value: &[u8], must_pin| Register { name: name.into(), value: value.to_vec().into(), must_pin };
        let mut registers: Vec<_> =
            NAMES.iter().zip(self.rtmrs).map(|(name, value)| register(name, value, true)).collect();
        let extra = [
            ("mrconfigid", &self.mr_config_id[..]),
            ("mrowner", self.mr_owner),
            ("mrownerconfig", self.mr_owner_config),
            // Reports of the first form do not tell it: it is empty, which is not the same as zero.
            ("mrservicetd", self.mr_service_td.map_or(&[], |value| value)),
        ];
        // The host chooses them. All zero means that there is none, and a policy that is silent wants none.
        let chosen = |value: &[u8]| value.iter().any(|byte| *byte != 0);
        registers.extend(extra.map(|(name, value)| register(name, value, chosen(value))));
        Claims {
            kind: Kind::Tdx,
            version,
            measurement: Bytes::copy_from_slice(self.mr_td),
            signer: Bytes::copy_from_slice(self.mr_seam),
            registers,
            report_data: Bytes::copy_from_slice(self.report_data),
            product: None,
            attributes: Bytes::copy_from_slice(self.attributes),
            svns: vec![Svn { component: "tdx-module", svn: self.tcb_svn[0].into() }],
            weaknesses: self.weaknesses(),
            public_key: None,
        }
    }

    fn weaknesses(&self) -> Vec<Weakness> {
        let flags = self.attributes.first_chunk().map_or(0, |flags| u64::from_le_bytes(*flags));
        let known = DEBUG | SEPT_VE_DISABLE | MIGRATABLE | PROTECTION_KEYS | KEY_LOCKER | PERFMON;
        let found = [
            (flags & DEBUG != 0, Weakness::Debug),
            (flags & SEPT_VE_DISABLE == 0, Weakness::SeptVe),
            (flags & MIGRATABLE != 0, Weakness::Migratable),
            (flags & !known != 0, Weakness::UnknownAttributes),
        ];
        found.into_iter().filter(|(present, _)| *present).map(|(_, weakness)| weakness).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::TdReport;

    #[test]
    fn service_tds_are_told_by_the_second_form_alone() {
        let register = |bytes: &[u8]| TdReport::parse(bytes).unwrap().claims(5).registers.pop().unwrap();
        let mut bytes = [0; TdReport::BYTES_15];
        let none = register(&bytes);
        assert_eq!((none.name.as_str(), &none.value[..], none.must_pin), ("mrservicetd", &[0; 48][..], false));
        bytes[600] = 1;
        assert!(register(&bytes).must_pin);
        let untold = register(&bytes[..TdReport::BYTES_10]);
        assert_eq!((untold.name.as_str(), untold.value.len(), untold.must_pin), ("mrservicetd", 0, false));
    }
}
