//! Intel's identity of its quoting enclaves.

use super::sgx::SgxReport;
use super::tcb_info::{SvnLevel, check_advisories, hex};
use crate::time::parse;
use crate::{TeeError, Window};
use alloc::string::String;
use alloc::vec::Vec;
use alloy_primitives::Bytes;
use serde::Deserialize;

const PART: &str = "QE identity";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QeIdentity {
    id: String,
    version: u32,
    issue_date: String,
    next_update: String,
    pub tcb_evaluation_data_number: u32,
    miscselect: String,
    miscselect_mask: String,
    attributes: String,
    attributes_mask: String,
    mrsigner: String,
    isvprodid: u16,
    tcb_levels: Vec<SvnLevel>,
}

impl QeIdentity {
    pub fn parse(json: &[u8], id: &'static str) -> Result<Self, TeeError> {
        let identity: Self = serde_json::from_slice(json).map_err(|_| TeeError::invalid(PART, "JSON"))?;
        if identity.id != id {
            return Err(TeeError::Collateral { found: "QE identity of another enclave", needed: id });
        }
        if identity.version != 2 {
            let found = identity.version.into();
            return Err(TeeError::Unsupported { part: PART, found, supported: "version 2" });
        }
        identity.tcb_levels.iter().try_for_each(|level| check_advisories(&level.advisories))?;
        Ok(identity)
    }

    pub fn window(&self) -> Result<Window, TeeError> {
        Ok(Window { from: parse(PART, &self.issue_date)?, until: parse(PART, &self.next_update)? })
    }

    /// The enclave that made `report` is the one described; returns the level it is at.
    pub fn check(&self, report: &SgxReport<'_>) -> Result<&SvnLevel, TeeError> {
        masked(
            "MISCSELECT of the quoting enclave",
            // The JSON writes the number, the report its bytes from the lowest.
            report.misc_select.to_be_bytes(),
            hex(PART, &self.miscselect)?,
            hex(PART, &self.miscselect_mask)?,
        )?;
        masked(
            "attributes of the quoting enclave",
            *report.attributes,
            hex(PART, &self.attributes)?,
            hex(PART, &self.attributes_mask)?,
        )?;
        masked("MRSIGNER of the quoting enclave", *report.mr_signer, hex(PART, &self.mrsigner)?, [0xff; 32])?;
        masked(
            "product of the quoting enclave",
            report.product.to_be_bytes(),
            self.isvprodid.to_be_bytes(),
            [0xff; 2],
        )?;
        level(&self.tcb_levels, report.svn).ok_or(TeeError::NoTcbLevel("quoting enclave"))
    }
}

/// The first level that `svn` reaches; levels stand from the highest to the lowest.
pub(super) fn level(levels: &[SvnLevel], svn: u16) -> Option<&SvnLevel> {
    levels.iter().find(|level| svn >= level.tcb.isvsvn)
}

/// `found` and `expected` are equal in the bits of `mask`.
pub(super) fn masked<const N: usize>(
    what: &'static str,
    found: [u8; N],
    expected: [u8; N],
    mask: [u8; N],
) -> Result<(), TeeError> {
    match found.iter().zip(expected).zip(mask).all(|((found, expected), mask)| found & mask == expected & mask) {
        true => Ok(()),
        false => Err(TeeError::Mismatch {
            what,
            found: Bytes::copy_from_slice(&found),
            expected: Bytes::copy_from_slice(&expected),
        }),
    }
}
