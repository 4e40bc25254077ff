//! Which attestations are good enough.

mod check;

use crate::{Kind, TcbStatus, Weakness};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use alloy_primitives::Bytes;
use serde::{Deserialize, Serialize};

pub use check::{PolicyError, check_report_data};

/// What to accept. The default accepts nothing; everything else is named by whoever writes the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Policy {
    /// Accepted states of a platform.
    #[serde(default = "up_to_date")]
    pub tcb: Vec<TcbStatus>,
    /// Advisories that may apply to a platform.
    #[serde(default)]
    pub advisories: Vec<String>,
    /// Weaknesses that an attestation may have.
    #[serde(default)]
    pub tolerate: Vec<Weakness>,
    /// The oldest evaluation of Intel to go by.
    #[serde(default)]
    pub min_evaluation: u32,
    /// How many seconds ago TCB info, QE identity and PCK revocation list may have been issued.
    #[serde(default = "month")]
    pub max_collateral_age: u64,
    /// How many seconds ago the root's revocation list may have been issued.
    #[serde(default = "year")]
    pub max_root_list_age: u64,
    /// Machines to refuse, by any name that an attestation has for them.
    #[serde(default)]
    pub deny_platforms: Vec<Bytes>,
    /// Accepted software: one of these.
    #[serde(default, rename = "identity")]
    pub identities: Vec<Identity>,
}

/// One piece of software, by all that tells it from others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Identity {
    pub kind: Kind,
    pub measurement: Bytes,
    pub signer: Bytes,
    /// Exactly these attributes; needed unless `unpinned` has `attributes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Bytes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<u16>,
    /// Instead of the policy's, for this software.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcb: Option<Vec<TcbStatus>>,
    /// Instead of the policy's, for this software.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advisories: Option<Vec<String>>,
    /// Instead of the policy's, for this software.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerate: Option<Vec<Weakness>>,
    /// Registers that cannot be known in advance, and `attributes` where any will do.
    #[serde(default)]
    pub unpinned: Vec<String>,
    /// Measurements beside the first, by name.
    #[serde(default)]
    pub registers: BTreeMap<String, Bytes>,
    /// Lowest security version numbers, by component.
    #[serde(default)]
    pub min_svn: BTreeMap<String, u64>,
}

/// For as long Intel says that its texts are valid.
const fn month() -> u64 {
    30 * 86_400
}

/// Lists of roots are valid for a year and a little.
const fn year() -> u64 {
    400 * 86_400
}

fn up_to_date() -> Vec<TcbStatus> {
    vec![TcbStatus::UpToDate]
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            tcb: up_to_date(),
            advisories: Vec::new(),
            tolerate: Vec::new(),
            min_evaluation: 0,
            max_collateral_age: month(),
            max_root_list_age: year(),
            deny_platforms: Vec::new(),
            identities: Vec::new(),
        }
    }
}
