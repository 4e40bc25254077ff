//! Keys come from a file or an environment variable, never from the command line, and are never printed.

use clap::Args;
use eyre::{WrapErr, eyre};
use lux_l1::Wallet;
use std::path::PathBuf;

/// Default environment variable of a key.
const KEY_VARIABLE: &str = "LUX_ROLLUP_KEY";

/// Where a key is.
#[derive(Args, Clone, Debug, Default)]
pub struct KeyArgs {
    /// File that holds the private key in hex.
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Environment variable that holds the private key in hex [default: LUX_ROLLUP_KEY].
    #[arg(long, value_name = "NAME")]
    pub key_env: Option<String>,
}

impl KeyArgs {
    /// The key, if one is configured.
    pub fn load(&self) -> eyre::Result<Option<Wallet>> {
        if let Some(file) = &self.key_file {
            return Wallet::from_file(file).map(Some).wrap_err_with(|| format!("key file {}", file.display()));
        }
        let name = self.key_env.as_deref().unwrap_or(KEY_VARIABLE);
        if self.key_env.is_none() && std::env::var_os(name).is_none() {
            return Ok(None);
        }
        Wallet::from_env(name).map(Some).wrap_err("key from the environment")
    }

    /// The key, or an error that says how to give one.
    pub fn require(&self) -> eyre::Result<Wallet> {
        self.load()?.ok_or_else(|| {
            eyre!(
                "this command signs transactions and needs a key: --key-file FILE, or {KEY_VARIABLE} in the environment"
            )
        })
    }
}
