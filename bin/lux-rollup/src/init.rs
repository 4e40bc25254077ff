//! `lux-rollup init`.

use crate::config::{DEFAULT_FILE, Preset};
use crate::output::program;
use clap::Args;
use eyre::{WrapErr, eyre};
use std::io::Write;
use std::path::PathBuf;

#[derive(Args)]
pub struct InitArgs {
    /// What the rollup is for.
    #[arg(long, value_enum, default_value_t = Preset::General)]
    preset: Preset,
    /// JSON-RPC endpoint of L1.
    #[arg(long, default_value = "http://127.0.0.1:8545")]
    l1: String,
    /// Chain id of the L2.
    #[arg(long, default_value_t = lux_protocol::constants::DEFAULT_L2_CHAIN_ID)]
    chain_id: u64,
    /// File to write.
    #[arg(long, default_value = DEFAULT_FILE)]
    out: PathBuf,
    /// Replace an existing file.
    #[arg(long)]
    force: bool,
}

pub fn run(args: InitArgs) -> eyre::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    if args.force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let path = args.out.display();
    let mut file = options.open(&args.out).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => eyre!("{path} exists; --force replaces it"),
        _ => eyre!("{path}: {error}"),
    })?;
    // A URL is written as a TOML string: escape what could end it.
    let url = toml::Value::String(args.l1).to_string();
    let text = template(args.preset, args.chain_id, &url)?;
    file.write_all(text.as_bytes()).wrap_err_with(|| path.to_string())?;
    println!("wrote {path}. Next: fund a key on L1, then");
    println!("  {} deploy --config {path} --key-file KEY", program());
    Ok(())
}

fn template(preset: Preset, chain_id: u64, url: &str) -> eyre::Result<String> {
    let only_with = |other| if preset == other { "" } else { "# " };
    Ok(TEMPLATE
        .replace("@MODE@", &mode_name(preset)?)
        .replace("@MARKET@", only_with(Preset::Hip))
        .replace("@TRAINING@", only_with(Preset::Zip))
        .replace("@CHAIN_ID@", &chain_id.to_string())
        .replace("@L1_URL@", url))
}

/// As the configuration spells it.
fn mode_name(preset: Preset) -> eyre::Result<String> {
    match toml::Value::try_from(preset.mode())? {
        toml::Value::String(name) => Ok(name),
        other => Err(eyre!("{other} is no name")),
    }
}

const TEMPLATE: &str = include_str!("template.toml");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use clap::ValueEnum;

    #[test]
    fn every_preset_is_a_valid_configuration() {
        for preset in Preset::value_variants() {
            let text = template(*preset, 7, "\"http://127.0.0.1:8545\"").expect("a configuration");
            let config: Config = toml::from_str(&text).expect("template parses");
            assert_eq!(config.l2.chain_id, 7);
            assert_eq!(config.market.program.is_some(), *preset == Preset::Hip);
            assert_eq!(config.training.program.is_some(), *preset == Preset::Zip);
        }
    }
}
