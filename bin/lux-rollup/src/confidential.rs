//! `lux-rollup confidential`.

use crate::keys::KeyArgs;
use crate::l2::{self, Endpoints, one_off};
use crate::output::{Progress, plain, printer};
use alloy_primitives::{Address, B256, Bytes, U256};
use clap::{Args, Subcommand};
use eyre::{WrapErr, eyre};
use lux_l1::{Transport, TxRequest, system_clock};
use lux_sealed::{Proxy, ProxyServer, Sender, serve_proxy};
use serde_json::{Map, Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

#[derive(Subcommand)]
pub enum ConfidentialCommand {
    /// Serve wallets on this machine: their transactions go to the sequencer's enclave encrypted, everything else to the node as it is.
    Proxy(ProxyArgs),
    /// Sign a transaction and send it encrypted.
    Send(SendArgs),
    /// Show the key that transactions are encrypted to, as L1 has it.
    Key(EnclaveArgs),
}

/// Whom to encrypt to.
#[derive(Args, Clone)]
pub struct EnclaveArgs {
    #[command(flatten)]
    endpoints: Endpoints,
    /// Address of the rollup on L1 [default: what the node says: then the node is believed about which rollup it is].
    #[arg(long, value_name = "ADDRESS")]
    rollup: Option<Address>,
    /// Encrypt only to software with this measurement; may be given several times [default: what the rollup's owner accepts].
    #[arg(long, value_name = "HEX")]
    measurement: Vec<B256>,
}

#[derive(Args)]
pub struct ProxyArgs {
    #[command(flatten)]
    enclave: EnclaveArgs,
    /// Port to listen on; 0 for any.
    #[arg(long, default_value_t = 9546)]
    port: u16,
    /// Address to listen on. Who can connect reads what is sent here.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
}

#[derive(Args)]
pub struct SendArgs {
    #[command(flatten)]
    enclave: EnclaveArgs,
    /// Whom to call [default: a contract is created].
    #[arg(long, value_name = "ADDRESS")]
    to: Option<Address>,
    /// Amount, in wei.
    #[arg(long, default_value_t = U256::ZERO)]
    value: U256,
    /// Input, in hexadecimal digits.
    #[arg(long, value_name = "HEX", default_value = "0x")]
    data: Bytes,
    /// Key of the sender.
    #[command(flatten)]
    key: KeyArgs,
}

pub async fn run(command: ConfidentialCommand, json: bool) -> eyre::Result<()> {
    let print = printer(json);
    match command {
        ConfidentialCommand::Proxy(args) => {
            let (server, sender) = serve(&args.enclave, SocketAddr::new(args.address, args.port)).await?;
            let mut value = describe(sender.sender()).await?;
            value["rpc"] = format!("http://{}", server.local_addr).into();
            print(&value);
            l2::stop_requested().await;
        }
        ConfidentialCommand::Key(args) => print(&describe(&sender(&args).await?).await?),
        ConfidentialCommand::Send(args) => print(&send(args, json).await?),
    }
    Ok(())
}

async fn sender(args: &EnclaveArgs) -> eyre::Result<Sender> {
    let l1 = l2::connect(&args.endpoints.l1).await?;
    let node = Transport::http(&args.endpoints.l2)?;
    let rollup = match args.rollup {
        Some(rollup) => rollup,
        None => {
            let none: [(); 0] = [];
            let config = node.request::<_, Map<String, Value>>("rollup_config", none).await;
            let config = config.wrap_err("the L2 endpoint is not a lux-rollup node")?;
            plain(config.get("rollup").unwrap_or(&Value::Null)).parse()?
        }
    };
    Ok(Sender::open(l1, node, rollup, args.measurement.clone(), system_clock()).await?)
}

/// Fails where there is no key that L1 vouches for.
async fn describe(sender: &Sender) -> eyre::Result<Value> {
    let recipient = sender.recipient().await?;
    Ok(json!({
        "rollup": sender.rollup().rollup,
        "l2ChainId": sender.rollup().l2_chain_id,
        "enclave": recipient.enclave,
        "encryptionKey": recipient.key.0,
        "notAfter": recipient.not_after,
        "measurement": recipient.measurement,
    }))
}

async fn serve(args: &EnclaveArgs, address: SocketAddr) -> eyre::Result<(ProxyServer, Arc<Proxy>)> {
    let proxy = Arc::new(Proxy::new(sender(args).await?));
    let server = serve_proxy(address, proxy.clone())
        .await
        .map_err(|error| eyre!("cannot listen on {address}: {error}; choose another with --port"))?;
    Ok((server, proxy))
}

async fn send(args: SendArgs, json: bool) -> eyre::Result<Value> {
    let wallet = args.key.require()?;
    let (server, _) = serve(&args.enclave, SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0)).await?;
    let chain = l2::connect(&format!("http://{}", server.local_addr)).await?;
    let transactions = one_off(&chain, wallet).await?;
    let request = match args.to {
        Some(to) => TxRequest::call("cli/encrypted", to, args.data),
        None => TxRequest::create("cli/encrypted", args.data),
    };
    let request = TxRequest { value: args.value, ..request };
    let sent = Progress::new(json).while_waiting("sending", transactions.send(request)).await?;
    Ok(json!({ "transaction": sent.hash, "block": sent.block.number, "contract": sent.contract_address }))
}
