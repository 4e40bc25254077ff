//! `lux-rollup tee keys serve`.

use super::{NONCE, RELEASE, name_of};
use crate::l2::{listen, stop_requested};
use crate::model::files::{read_bounded, write_secret};
use crate::output::printer;
use crate::tee::inputs::RootArgs;
use crate::tee::policy::read_policy;
use alloy_primitives::{B256, Bytes, hex};
use clap::Args;
use eyre::eyre;
use jsonrpsee::RpcModule;
use jsonrpsee::types::{ErrorObjectOwned, Params};
use lux_confidential::{ContentKey, Holder, HolderConfig, HolderError};
use lux_l1::{Clock, system_clock};
use lux_rpc::RpcLimits;
use lux_tee::{Collateral, read_collateral};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

#[derive(Args)]
pub struct ServeArgs {
    /// What to accept; `tee policy write` makes one.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// A name, and the file with its secret: 32 bytes in hexadecimal digits. A new one is made where there is no file. May be
    /// given several times.
    #[arg(long, value_name = "NAME=FILE", value_parser = parse_secret, required = true)]
    secret: Vec<(String, PathBuf)>,
    #[command(flatten)]
    roots: RootArgs,
    /// Attestations that were made longer ago are refused, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
    max_age: u64,
    /// Requests that are looked at in a minute.
    #[arg(long, value_name = "NUMBER", default_value_t = 120)]
    max_requests: u32,
    /// Address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9580")]
    listen: SocketAddr,
}

fn parse_secret(text: &str) -> Result<(String, PathBuf), String> {
    let parts = text.split_once('=').filter(|(name, file)| !name.is_empty() && !file.is_empty());
    parts.map(|(name, file)| (name.into(), file.into())).ok_or_else(|| format!("{text:?} is not NAME=FILE"))
}

struct Service {
    holder: Mutex<Holder>,
    clock: Clock,
}

/// Collateral has up to 2 MB, in hexadecimal digits.
const MAX_BODY_BYTES: u32 = 5 << 20;
const MAX_SECRET_BYTES: u64 = 100;

pub async fn run(args: ServeArgs, json: bool) -> eyre::Result<()> {
    let mut keys = BTreeMap::new();
    for (name, file) in &args.secret {
        if keys.insert(name_of(name), secret(file)?).is_some() {
            return Err(eyre!("the name {name} is given twice"));
        }
    }
    let config = HolderConfig::new(args.roots.roots()?, read_policy(&args.policy)?);
    let config = HolderConfig { max_age: args.max_age, max_requests: args.max_requests, ..config };
    let names: Vec<B256> = keys.keys().copied().collect();
    let service = Service { holder: Mutex::new(Holder::new(keys, config)), clock: system_clock() };
    let limits =
        RpcLimits { max_request_bytes: MAX_BODY_BYTES, max_connections: 100, max_batch: 1, ..RpcLimits::default() };
    let server = listen(args.listen, module(service)?, &limits).await?;
    let print = printer(json);
    print(&json!({ "location": format!("http://{}", server.local_addr), "names": names }));
    stop_requested().await;
    server.stop().await;
    Ok(())
}

fn secret(file: &Path) -> eyre::Result<ContentKey> {
    if !file.exists() {
        let key = ContentKey::random();
        write_secret(file, &Zeroizing::new(hex::encode(key.as_slice())))?;
        return Ok(key);
    }
    let text = Zeroizing::new(read_bounded(file, MAX_SECRET_BYTES)?);
    let bytes = Zeroizing::new(hex::decode(text.trim_ascii()).unwrap_or_default());
    ContentKey::from_slice(&bytes).ok_or_else(|| eyre!("{} holds no 32 bytes in hexadecimal digits", file.display()))
}

fn module(service: Service) -> eyre::Result<RpcModule<Service>> {
    let mut module = RpcModule::new(service);
    module.register_method(NONCE, |_, service, _| {
        let nonce = service.holder().nonce((service.clock)() / 1000);
        nonce.map_err(|error| told(&error))
    })?;
    module.register_async_method(RELEASE, |params, service, _| async move {
        let work = move || release(&params, &service);
        tokio::task::spawn_blocking(work).await.map_err(|_| refused("internal error"))?
    })?;
    Ok(module)
}

fn release(params: &Params<'_>, service: &Arc<Service>) -> Result<Bytes, ErrorObjectOwned> {
    let (request, collateral): (Bytes, Bytes) = params.parse()?;
    let collateral = match collateral.is_empty() {
        true => Collateral::None,
        false => read_collateral(&collateral).map_err(|error| {
            tracing::warn!(%error, "refused a key: the collateral cannot be read");
            refused("malformed collateral")
        })?,
    };
    let outcome = service.holder().release(&request, &collateral, (service.clock)() / 1000);
    let (name, released, attestation) = outcome.map_err(|error| told(&error))?;
    let (kind, measurement) = (attestation.claims.kind, hex::encode(attestation.claims.mr_enclave()));
    tracing::warn!(%name, ?kind, measurement, development = attestation.development, "gave a key");
    Ok(Bytes::copy_from_slice(&released))
}

impl Service {
    fn holder(&self) -> std::sync::MutexGuard<'_, Holder> {
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told(error: &HolderError) -> ErrorObjectOwned {
    tracing::warn!(%error, "refused a key");
    refused(error.brief())
}

fn refused(reason: &str) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(-32000, format!("refused: {reason}"), None::<()>)
}
