//! The one screen that `dev` shows.

use crate::output::{plain, program};
use lux_node::Rollup;
use lux_protocol::contracts::ExecutionMode;
use serde_json::Value;
use std::path::Path;

/// Accounts shown; the rest is in the `--json` output.
const SHOWN_ACCOUNTS: usize = 3;

pub fn print(value: &Value, data: &Path, rollup: &Rollup) {
    let field = |name: &str| plain(&value[name]);
    println!("lux-rollup {} is running. Ctrl-C stops it; the next start continues.", env!("CARGO_PKG_VERSION"));
    println!();
    println!("  L2 JSON-RPC    {}   chain id {}   (HTTP and WebSocket)", field("l2Rpc"), field("l2ChainId"));
    println!("  L1 JSON-RPC    {}   chain id {}", field("l1Rpc"), field("l1ChainId"));
    println!("  data folder    {}", data.display());
    println!();
    println!("  rollup         {}   challenge period {} s", field("rollup"), rollup.config.challengePeriod);
    println!("  message bridge {}", field("messageBridge"));
    println!("  token bridge   {}", field("tokenBridge"));
    println!();
    println!("  Development accounts, funded on both layers (public keys: never use them for anything real):");
    let accounts = value["accounts"].as_array().map(Vec::as_slice).unwrap_or_default();
    for account in accounts.iter().take(SHOWN_ACCOUNTS) {
        println!("  {}  {}", plain(&account["address"]), plain(&account["privateKey"]));
    }
    println!();
    let program = program();
    println!("  Try, in another terminal:");
    println!("  export LUX_ROLLUP_KEY={}", plain(&accounts.first().map_or(Value::Null, |a| a["privateKey"].clone())));
    println!("  {program} status");
    println!("  {program} bridge deposit --amount 1");
    println!("  {program} bridge withdraw --amount 0.5");
    println!("  {program} batch list");
    if rollup.config.executionMode == ExecutionMode::Confidential {
        println!();
        println!(
            "  Wallets send encrypted through the endpoint that this serves; the enclave is simulated, its key is in the data folder:"
        );
        println!("  {program} confidential proxy");
    }
}
