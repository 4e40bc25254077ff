//! Funded accounts: sending and signing without a wallet.

use super::args::Args;
use super::registry::Registry;
use crate::{Devnet, DevnetError};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Bytes, U64};
use alloy_rpc_types_eth::TransactionRequest;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::{Methods, MethodsError};
use serde::Serialize;
use std::sync::Arc;
use tokio::task::spawn_blocking;

const ESTIMATE: &str = "eth_estimateGas";

/// Transactions that name no gas limit are estimated by `eth`, if it can.
pub(super) fn register(registry: &mut Registry, eth: Methods) -> Result<(), DevnetError> {
    registry.add(&["eth_accounts"], |devnet, _| {
        Ok(devnet.accounts().into_iter().map(|(address, _)| address).collect::<Vec<Address>>())
    })?;
    registry.add(&["eth_sign"], |devnet, args| {
        let (address, message): (Address, Bytes) = (args.required("address")?, args.required("message")?);
        Ok(Bytes::from(devnet.sign_message(address, &message)?.as_bytes()))
    })?;
    registry.add(&["personal_sign"], |devnet, args| {
        let (message, address): (Bytes, Address) = (args.required("message")?, args.required("address")?);
        Ok(Bytes::from(devnet.sign_message(address, &message)?.as_bytes()))
    })?;
    add_estimated(registry, "eth_sendTransaction", &eth, Devnet::send_transaction)?;
    add_estimated(registry, "eth_signTransaction", &eth, |devnet, request| {
        Ok(Bytes::from(devnet.sign_transaction(request)?.encoded_2718()))
    })?;
    Ok(())
}

fn add_estimated<R: Serialize + Clone + Send + 'static>(
    registry: &mut Registry,
    name: &'static str,
    eth: &Methods,
    method: fn(&Devnet, TransactionRequest) -> Result<R, DevnetError>,
) -> Result<(), RegisterMethodError> {
    let eth = eth.clone();
    registry.0.register_async_method(name, move |params, devnet, _| {
        let eth = eth.clone();
        async move {
            let mut request: TransactionRequest = Args::new(&params)?.required("transaction")?;
            devnet.sender(&request)?;
            if request.gas.is_none() && eth.method(ESTIMATE).is_some() {
                request.gas = Some(estimate(&eth, &request).await?);
            }
            let devnet: Devnet = Arc::unwrap_or_clone(devnet);
            spawn_blocking(move || method(&devnet, request)).await.map_err(|_| DevnetError::Stopped)?
        }
    })?;
    Ok(())
}

async fn estimate(eth: &Methods, request: &TransactionRequest) -> Result<u64, DevnetError> {
    match eth.call::<_, U64>(ESTIMATE, [request]).await {
        Ok(gas) => Ok(gas.to()),
        Err(MethodsError::JsonRpc(error)) => Err(DevnetError::Method(error)),
        Err(error) => Err(DevnetError::Params(format!("transaction: {error}"))),
    }
}
