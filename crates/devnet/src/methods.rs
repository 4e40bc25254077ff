//! The whole JSON-RPC of the devnet.

use crate::{Devnet, DevnetError};
use jsonrpsee::Methods;
use lux_rpc::{BoxFuture, RpcContext, RpcLimits, eth_module};
use std::sync::Arc;
use tokio::task::spawn_blocking;

impl Devnet {
    /// `eth_`, `net_`, `web3_`, `txpool_` and `debug_` as on every chain of ours, with what only a development chain has.
    pub fn methods(&self, limits: RpcLimits) -> Result<Methods, DevnetError> {
        let (devnet, clock) = (self.clone(), self.clone());
        let context = RpcContext {
            chain: self.chain(),
            limits,
            client_version: concat!("lux-devnet/", env!("CARGO_PKG_VERSION")).into(),
            time: Arc::new(move || clock.next_timestamp()),
            forward: None,
            on_transaction: Some(Arc::new(move |_| -> BoxFuture<()> { Box::pin(mine(devnet.clone())) })),
            sync_status: None,
        };
        let mut module = eth_module(Arc::new(context));
        let dev = self.dev_module(module.clone().into())?;
        for name in dev.method_names() {
            // `eth_accounts` and the like: here there are keys.
            module.remove_method(name);
        }
        module.merge(dev)?;
        Ok(module.into())
    }
}

async fn mine(devnet: Devnet) {
    match spawn_blocking(move || devnet.on_transaction()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "no block was mined"),
        Err(error) => tracing::error!(%error, "mining ended early"),
    }
}
