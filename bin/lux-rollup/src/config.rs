//! The configuration file of a rollup.

use alloy_primitives::Address;
use eyre::WrapErr;
use lux_protocol::contracts::{ExecutionMode, RollupType};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Name of the file that `init` writes.
pub const DEFAULT_FILE: &str = "lux-rollup.toml";

/// `lux-rollup.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub l1: L1Section,
    pub rollup: RollupSection,
    pub l2: L2Section,
    #[serde(default)]
    pub market: ServiceSection,
    #[serde(default)]
    pub training: ServiceSection,
    #[serde(default)]
    pub node: NodeSection,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct L1Section {
    pub url: String,
    #[serde(default = "one")]
    pub confirmations: u64,
}

fn one() -> u64 {
    1
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollupSection {
    #[serde(rename = "type")]
    pub kind: RollupKind,
    pub mode: Mode,
    /// Zero address: the deploying key.
    pub sequencer: Option<Address>,
    pub proposer: Option<Address>,
    pub challenger: Option<Address>,
    pub admin: Option<Address>,
    pub guardian: Option<Address>,
    pub factory: Option<Address>,
    pub challenge_period: String,
    /// Time to answer a challenge that takes an answer.
    pub response_period: String,
    pub min_stake: String,
    pub timelock_delay: String,
    pub fallback_window: String,
    /// L1 blocks
    pub inclusion_window: u64,
    /// L2 gas
    pub message_gas_limit: u64,
    /// Of the deployed contract; `deploy` prints it.
    pub address: Option<Address>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct L2Section {
    pub chain_id: u64,
    pub gas_limit: u64,
    /// wei
    pub min_base_fee: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceSection {
    /// What claims are about.
    pub program: Option<PathBuf>,
    /// How long a result can be challenged.
    pub challenge_period: String,
}

impl Default for ServiceSection {
    fn default() -> Self {
        Self { program: None, challenge_period: "7d".into() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeSection {
    pub data: PathBuf,
    pub rpc_port: u16,
    pub block_time_ms: u64,
    pub max_batch_delay: String,
    pub audit_traces: bool,
    pub sequencer_url: Option<String>,
}

impl Default for NodeSection {
    fn default() -> Self {
        Self {
            data: "data/node".into(),
            rpc_port: 9545,
            block_time_ms: 1_000,
            max_batch_delay: "60s".into(),
            audit_traces: true,
            sequencer_url: None,
        }
    }
}

/// Presets are configuration, not forks of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Preset {
    /// A plain EVM rollup.
    General,
    /// AI compute (HIP).
    Hip,
    /// Distributed training (ZIP).
    Zip,
    /// Confidential execution.
    Confidential,
}

impl Preset {
    pub fn mode(self) -> Mode {
        match self {
            Self::General => Mode::General,
            Self::Hip => Mode::AiCompute,
            Self::Zip => Mode::DistributedTraining,
            Self::Confidential => Mode::Confidential,
        }
    }
}

/// LP-500 `RollupType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum RollupKind {
    Optimistic,
    Zk,
    Hybrid,
    Sovereign,
}

impl RollupKind {
    /// Whether claims can be disproved on L1.
    pub fn is_disputed(self) -> bool {
        matches!(self, Self::Optimistic | Self::Hybrid)
    }
}

/// LP-500 `ExecutionMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    General,
    AiCompute,
    DistributedTraining,
    Confidential,
}

impl From<RollupKind> for RollupType {
    fn from(kind: RollupKind) -> Self {
        match kind {
            RollupKind::Optimistic => Self::Optimistic,
            RollupKind::Zk => Self::ZKRollup,
            RollupKind::Hybrid => Self::Hybrid,
            RollupKind::Sovereign => Self::Sovereign,
        }
    }
}

impl From<Mode> for ExecutionMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::General => Self::General,
            Mode::AiCompute => Self::AICompute,
            Mode::DistributedTraining => Self::DistributedTraining,
            Mode::Confidential => Self::Confidential,
        }
    }
}

impl Config {
    pub fn load(path: &Path) -> eyre::Result<Self> {
        let text = std::fs::read_to_string(path).wrap_err_with(|| {
            format!("{}: run `lux-rollup init` to write one, or name it with --config", path.display())
        })?;
        toml::from_str(&text).wrap_err_with(|| path.display().to_string())
    }
}
