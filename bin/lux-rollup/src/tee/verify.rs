//! `lux-rollup tee verify`.

use super::inputs::JudgeArgs;
use super::policy::read_policy;
use crate::output::print_json;
use alloy_primitives::Bytes;
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_tee::{Attestation, check_report_data, report_data_of_key};
use serde_json::json;
use std::path::PathBuf;

#[derive(Args)]
#[group(id = "judgement", required = true, multiple = false, args = ["policy", "authentic_only"])]
pub struct VerifyArgs {
    #[command(flatten)]
    judge: JudgeArgs,
    /// What to accept; `tee policy write` makes one.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Check signatures and times alone. Whether the attestation is good enough is then not judged: debug mode, old firmware
    /// and any software pass.
    #[arg(long)]
    authentic_only: bool,
    /// Key that the report data must bind, in hexadecimal digits.
    #[arg(long, value_name = "HEX", conflicts_with = "report_data", requires = "timestamp")]
    public_key: Option<Bytes>,
    /// Time that it must bind with the key: that of LP-500's `TEEAttestation`.
    #[arg(long, value_name = "TIME", requires = "public_key")]
    timestamp: Option<u64>,
    /// Report data that must be within, in hexadecimal digits: 32 bytes at least, zeros may follow.
    #[arg(long, value_name = "HEX")]
    report_data: Option<Bytes>,
}

pub fn run(args: &VerifyArgs, json: bool) -> eyre::Result<()> {
    let found = args.judge.authenticate()?;
    let bound = args.public_key.as_ref().zip(args.timestamp);
    let bound = bound.map(|(key, timestamp)| report_data_of_key(key, timestamp).to_vec().into());
    let wanted = bound.or_else(|| args.report_data.clone());
    if let Some(wanted) = &wanted {
        check_report_data(&found.claims, wanted).wrap_err_with(|| refused(args))?;
    }
    if let Some(path) = &args.policy {
        read_policy(path)?.check(&found).map_err(|reason| eyre!(reason)).wrap_err_with(|| refused(args))?;
    }
    print(&found, args.policy.is_some(), wanted.is_some(), json);
    Ok(())
}

fn refused(args: &VerifyArgs) -> String {
    format!("{} is authentic, but refused", args.judge.file.display())
}

/// An attestation that passed, and which questions were asked of it.
pub fn print(found: &Attestation, policy: bool, bound: bool, json: bool) {
    if json {
        print_json(
            &json!({ "authentic": true, "policyAccepts": policy, "reportDataChecked": bound, "attestation": found }),
        );
        return;
    }
    print!("{found}");
    println!();
    println!("report data: {}", if bound { "as wanted" } else { "not compared with anything" });
    match policy {
        true => println!("accepted by the policy"),
        false => println!(
            "authentic, not judged: signatures and times are in order, and nothing says that it is good enough"
        ),
    }
}
