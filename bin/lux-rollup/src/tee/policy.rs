//! `lux-rollup tee policy`.

use super::inputs::JudgeArgs;
use super::verify::print;
use super::{MAX_FILE_BYTES, attestation};
use crate::model::files::{read_bounded, write};
use crate::output::printer;
use clap::Subcommand;
use eyre::{WrapErr, eyre};
use lux_tee::{Identity, Policy, inspect};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Explains what a person may want to change.
const HEADER: &str = "\
# What `lux-rollup tee verify --policy` accepts. Nothing that is not named here is accepted.
# tcb: states of the platform. Unrated stands for SEV-SNP, Nitro and Arm, whose vendors publish none; min-svn then has to name
# every component.
# advisories: those that may apply to the platform. tolerate: weaknesses, such as debug or no-revocation-list.
# max-collateral-age, max-root-list-age: seconds since what vouches for the platform was issued. deny-platforms: machines to refuse.
# identity: software by measurement and signer. Registers that cannot be known in advance, and attributes that may be any, belong to
# unpinned. tcb, advisories and tolerate of an identity replace those above for it.
";

#[derive(Subcommand)]
pub enum PolicyCommand {
    /// Write the narrowest policy that takes the software of these attestations on a platform that is in order.
    Write {
        /// Attestations of the software to accept. They are taken at their word: make them yourself.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// File for the policy.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Try a policy on an attestation.
    Test {
        policy: PathBuf,
        #[command(flatten)]
        judge: JudgeArgs,
    },
}

pub fn run(command: PolicyCommand, json: bool) -> eyre::Result<()> {
    match command {
        PolicyCommand::Write { files, out } => {
            let identities = files.iter().map(|file| identity(file)).collect::<eyre::Result<Vec<_>>>()?;
            let policy = Policy { identities, ..Policy::default() };
            write(&out, format!("{HEADER}\n{}", toml::to_string(&policy)?).as_bytes())?;
            let (show, count): (fn(&_), _) = (printer(json), policy.identities.len());
            show(&json!({ "policy": out, "identities": count }));
            Ok(())
        }
        PolicyCommand::Test { policy, judge } => {
            let (policy, found) = (read_policy(&policy)?, judge.authenticate()?);
            policy.check(&found).map_err(|reason| eyre!(reason)).wrap_err("refused")?;
            print(&found, true, false, json);
            Ok(())
        }
    }
}

pub fn read_policy(path: &Path) -> eyre::Result<Policy> {
    let bytes = read_bounded(path, MAX_FILE_BYTES)?;
    let text = String::from_utf8(bytes).wrap_err_with(|| path.display().to_string())?;
    toml::from_str(&text).wrap_err_with(|| path.display().to_string())
}

fn identity(file: &Path) -> eyre::Result<Identity> {
    let claims = inspect(&attestation(file)?).wrap_err_with(|| file.display().to_string())?;
    Ok(Identity::of(&claims))
}
