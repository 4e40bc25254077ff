//! What an attestation is judged with.

use super::{MAX_FILE_BYTES, attestation};
use crate::model::files::read_bounded;
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_tee::{
    Attestation, Collateral, DeviceKey, PublicKey, Roots, authenticate, blocks, parse_time, read_collateral,
};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Args)]
pub struct JudgeArgs {
    /// SGX or TDX quote, SEV-SNP report, Nitro document, PSA or CCA token: bytes, hexadecimal digits or Base64.
    pub file: PathBuf,
    /// What the vendor publishes: Intel's collateral in JSON, AMD's certificates and revocation list in PEM (leaf first),
    /// or what dev-quote wrote. Nitro and Arm need none.
    #[arg(long, value_name = "FILE")]
    collateral: Option<PathBuf>,
    #[command(flatten)]
    roots: RootArgs,
    /// Judge as of this time, such as 2025-07-01T00:00:00Z, instead of now.
    #[arg(long, value_name = "TIME", value_parser = parse_at)]
    at: Option<u64>,
}

/// Whose signatures are believed.
#[derive(Args)]
pub struct RootArgs {
    /// Public key of an Arm device, in PEM; may be given several times.
    #[arg(long, value_name = "FILE")]
    device_key: Vec<PathBuf>,
    /// Accept the development roots, for whose keys everyone can sign, and not those of the vendors.
    #[arg(long)]
    development: bool,
}

impl JudgeArgs {
    pub fn authenticate(&self) -> eyre::Result<Attestation> {
        let bytes = attestation(&self.file)?;
        let collateral = read_collateral_of(self.collateral.as_deref())?;
        let found = authenticate(&bytes, &collateral, self.now()?, &self.roots.roots()?);
        found.wrap_err_with(|| format!("{} is refused", self.file.display()))
    }

    fn now(&self) -> eyre::Result<u64> {
        match self.at {
            Some(at) => Ok(at),
            None => Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs()),
        }
    }
}

impl RootArgs {
    pub fn roots(&self) -> eyre::Result<Roots> {
        let mut roots = if self.development { lux_tee::dev::roots() } else { Roots::vendors() };
        for path in &self.device_key {
            let key = device_key(path).wrap_err_with(|| path.display().to_string())?;
            roots.arm.push(DeviceKey { key, implementation_id: None, instance_id: None });
        }
        Ok(roots)
    }
}

/// The collateral in a file, or that there is none.
pub fn read_collateral_of(file: Option<&Path>) -> eyre::Result<Collateral> {
    let Some(path) = file else { return Ok(Collateral::None) };
    read_collateral(&read_bounded(path, MAX_FILE_BYTES)?).wrap_err_with(|| path.display().to_string())
}

fn device_key(path: &Path) -> eyre::Result<PublicKey> {
    match &blocks(&read_bounded(path, MAX_FILE_BYTES)?)?[..] {
        [block] if block.label == "PUBLIC KEY" => Ok(PublicKey::from_spki("device key", &block.bytes)?),
        _ => Err(eyre!("one block PUBLIC KEY is needed")),
    }
}

fn parse_at(text: &str) -> Result<u64, String> {
    let seconds = text.parse().ok().or_else(|| parse_time(text).ok());
    seconds.ok_or_else(|| format!("{text:?} is neither a time like 2025-07-01T00:00:00Z nor seconds since 1970"))
}
