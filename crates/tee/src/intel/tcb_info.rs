//! Intel's TCB info of one kind of processor.

use crate::time::parse;
use crate::{Problem, TcbStatus, TeeError, Window};
use alloc::string::String;
use alloc::vec::Vec;
use alloy_primitives::hex::FromHex;
use serde::Deserialize;

const PART: &str = "TCB info";
/// Of one level; Intel's have at most 30. Every one is compared with every other.
const MAX_ADVISORIES: usize = 64;
/// Intel's have 14.
const MAX_NAME_BYTES: usize = 64;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TcbInfo {
    pub id: String,
    version: u32,
    issue_date: String,
    next_update: String,
    fmspc: String,
    pce_id: String,
    tcb_type: u32,
    pub tcb_evaluation_data_number: u32,
    pub tdx_module: Option<Module>,
    #[serde(default)]
    pub tdx_module_identities: Vec<ModuleIdentity>,
    pub tcb_levels: Vec<TcbLevel>,
}

/// The module of the first generation, or what is common to all.
#[derive(Deserialize)]
pub(super) struct Module {
    pub mrsigner: String,
    pub attributes: String,
    #[serde(rename = "attributesMask")]
    pub attributes_mask: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ModuleIdentity {
    pub id: String,
    #[serde(flatten)]
    pub module: Module,
    pub tcb_levels: Vec<SvnLevel>,
}

/// A level of what has one security version number.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SvnLevel {
    pub tcb: Svn,
    pub tcb_status: TcbStatus,
    #[serde(rename = "advisoryIDs", default)]
    pub advisories: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Svn {
    pub isvsvn: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TcbLevel {
    pub tcb: Components,
    pub tcb_status: TcbStatus,
    #[serde(rename = "advisoryIDs", default)]
    pub advisories: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Components {
    #[serde(rename = "sgxtcbcomponents")]
    pub sgx: Vec<Component>,
    #[serde(rename = "tdxtcbcomponents", default)]
    pub tdx: Vec<Component>,
    pub pcesvn: u16,
}

#[derive(Deserialize)]
pub(super) struct Component {
    pub svn: u8,
}

impl TcbInfo {
    pub fn parse(json: &[u8], id: &'static str) -> Result<Self, TeeError> {
        let info: Self = serde_json::from_slice(json).map_err(|_| TeeError::invalid(PART, "JSON"))?;
        if info.id != id {
            let needed = if id == "TDX" { "TDX" } else { "SGX" };
            return Err(TeeError::Collateral { found: "TCB info of another TEE", needed });
        }
        if info.version != 3 || info.tcb_type != 0 {
            let found = u64::from(info.version);
            return Err(TeeError::Unsupported { part: PART, found, supported: "version 3 with TCB type 0" });
        }
        for level in &info.tcb_levels {
            let tdx = if id == "TDX" { 16 } else { 0 };
            if level.tcb.sgx.len() != 16 || level.tcb.tdx.len() != tdx {
                return Err(TeeError::malformed(PART, Problem::Invalid("number of components")));
            }
            check_advisories(&level.advisories)?;
        }
        for level in info.tdx_module_identities.iter().flat_map(|identity| &identity.tcb_levels) {
            check_advisories(&level.advisories)?;
        }
        Ok(info)
    }

    pub fn window(&self) -> Result<Window, TeeError> {
        Ok(Window { from: parse(PART, &self.issue_date)?, until: parse(PART, &self.next_update)? })
    }

    pub fn fmspc(&self) -> Result<[u8; 6], TeeError> {
        hex(PART, &self.fmspc)
    }

    pub fn pce_id(&self) -> Result<[u8; 2], TeeError> {
        hex(PART, &self.pce_id)
    }
}

/// What a platform can be at has lists that cost little to compare.
pub(super) fn check_advisories(names: &[String]) -> Result<(), TeeError> {
    let limits = [("list of advisories", names.len(), MAX_ADVISORIES)];
    let lengths = names.iter().map(|name| ("name of an advisory", name.len(), MAX_NAME_BYTES));
    match limits.into_iter().chain(lengths).find(|(_, len, max)| len > max) {
        Some((part, len, max)) => Err(TeeError::malformed(part, Problem::TooLong { len, max })),
        None => Ok(()),
    }
}

/// Bytes of a fixed number, in hexadecimal digits.
pub(super) fn hex<const N: usize>(part: &'static str, digits: &str) -> Result<[u8; N], TeeError> {
    let plain = digits.len() == 2 * N;
    <[u8; N]>::from_hex(digits).ok().filter(|_| plain).ok_or(TeeError::invalid(part, "hexadecimal number"))
}
