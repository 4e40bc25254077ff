//! `lux-rollup tee dev-quote`.

use crate::model::files::write;
use crate::output::printer;
use alloy_primitives::Bytes;
use clap::{Args, ValueEnum};
use eyre::eyre;
use lux_l1::Wallet;
use lux_tee::dev::{Request, attest};
use lux_tee::{Collateral, Kind, report_data_of_key};
use serde_json::json;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Args)]
pub struct DevQuoteArgs {
    kind: DevKind,
    /// File for the attestation; its collateral, where it needs some, goes beside it under the ending .collateral.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Name of the software, from which its measurement is made.
    #[arg(long, default_value = "software")]
    software: String,
    /// Key that the report data binds, in hexadecimal digits.
    #[arg(long, value_name = "HEX", group = "bound")]
    public_key: Option<Bytes>,
    /// The same from a file with the private key in hex, for `worker run --enclave-key`; a new one is made where there is none.
    /// It stands in for the key that an enclave would keep to itself: whoever reads the file can sign.
    #[arg(long, value_name = "FILE", group = "bound")]
    key: Option<PathBuf>,
    /// Time that the report data binds with the key, in seconds since 1970 or in milliseconds [default: now].
    #[arg(long, value_name = "TIME", requires = "bound")]
    timestamp: Option<u64>,
    /// Report data of at most 64 bytes, in hexadecimal digits.
    #[arg(long, value_name = "HEX", conflicts_with = "bound")]
    report_data: Option<Bytes>,
    /// Of software that its host can look into.
    #[arg(long)]
    debug: bool,
    /// Security version of the platform: 5 is up to date, 3 and 4 are out of date, 1 and 2 revoked.
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = clap::value_parser!(u8).range(..=127))]
    platform_svn: u8,
}

#[derive(Clone, Copy, ValueEnum)]
enum DevKind {
    Sgx,
    Tdx,
    Snp,
    Nitro,
    Psa,
    Cca,
}

pub fn run(args: &DevQuoteArgs, json: bool) -> eyre::Result<()> {
    let kind = match args.kind {
        DevKind::Sgx => Kind::Sgx,
        DevKind::Tdx => Kind::Tdx,
        DevKind::Snp => Kind::Snp,
        DevKind::Nitro => Kind::Nitro,
        DevKind::Psa => Kind::Psa,
        DevKind::Cca => Kind::Cca,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let public_key = public_key(args)?;
    let timestamp = public_key.is_some().then(|| args.timestamp.unwrap_or(now));
    let data = report_data(args, public_key.as_ref().zip(timestamp))?;
    let mut request = Request::new(kind, args.software.as_bytes(), data, now);
    request.debug = args.debug;
    request.platform_svn = args.platform_svn;
    let (attestation, collateral) = attest(&request);
    write(&args.out, &attestation)?;
    let beside = (collateral != Collateral::None).then(|| args.out.with_added_extension("collateral"));
    if let Some(path) = &beside {
        write(path, &collateral.encode())?;
    }
    let print = printer(json);
    print(&json!({
        "attestation": args.out,
        "collateral": beside,
        "publicKey": public_key,
        "timestamp": timestamp,
        "accepted with": "--development",
    }));
    Ok(())
}

fn public_key(args: &DevQuoteArgs) -> eyre::Result<Option<Bytes>> {
    let Some(path) = &args.key else { return Ok(args.public_key.clone()) };
    let wallet = if path.exists() { Wallet::from_file(path)? } else { Wallet::create_file(path)? };
    Ok(Some(wallet.public_key().into()))
}

fn report_data(args: &DevQuoteArgs, bound: Option<(&Bytes, u64)>) -> eyre::Result<[u8; 64]> {
    let mut data = [0; 64];
    match (bound, &args.report_data) {
        (Some((key, timestamp)), _) => data = report_data_of_key(key, timestamp),
        (None, Some(bytes)) => {
            let place = data.get_mut(..bytes.len());
            place
                .ok_or_else(|| eyre!("the report data has {} bytes; at most 64 fit", bytes.len()))?
                .copy_from_slice(bytes);
        }
        (None, None) => {}
    }
    Ok(data)
}
