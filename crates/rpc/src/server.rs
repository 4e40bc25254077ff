//! HTTP and WebSocket on one port.

use crate::RpcLimits;
use crate::fair::Fair;
use jsonrpsee::Methods;
use jsonrpsee::core::middleware::RpcServiceBuilder;
use jsonrpsee::server::{BatchRequestConfig, IdProvider, PingConfig, ServerBuilder, ServerConfig, ServerHandle};
use jsonrpsee::types::SubscriptionId;
use std::net::SocketAddr;
use tower_http::cors::CorsLayer;

/// A running server. It stops when this is dropped, or gracefully with [`Self::stop`].
#[derive(Debug)]
pub struct RpcServer {
    /// With the port that the system chose, where it was asked to.
    pub local_addr: SocketAddr,
    handle: ServerHandle,
}

impl RpcServer {
    /// Takes no more connections, finishes the calls that run, and returns when all are done.
    pub async fn stop(self) {
        // Fails only when it has already stopped.
        let _ = self.handle.stop();
        self.handle.stopped().await;
    }

    /// Returns when the server has stopped.
    pub async fn stopped(&self) {
        self.handle.clone().stopped().await;
    }
}

/// Ids that nobody can guess, as hex quantities, as geth's are.
#[derive(Debug)]
struct HexIds;

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        SubscriptionId::Str(format!("{:#x}", crate::eth::random_id()).into())
    }
}

/// Serves `methods` to any origin: the RPC holds no secrets and no keys.
pub async fn serve(addr: SocketAddr, methods: impl Into<Methods>, limits: &RpcLimits) -> std::io::Result<RpcServer> {
    let config = ServerConfig::builder()
        .max_request_body_size(limits.max_request_bytes)
        .max_response_body_size(limits.max_response_bytes)
        .max_connections(limits.max_connections)
        .max_subscriptions_per_connection(limits.max_subscriptions_per_connection)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.max_batch))
        .set_message_buffer_capacity(limits.subscription_buffer)
        .set_tcp_no_delay(true)
        .enable_ws_ping(PingConfig::new())
        .set_id_provider(HexIds)
        .build();
    let http = tower::ServiceBuilder::new().layer(CorsLayer::permissive());
    let max_response_bytes = limits.max_response_bytes as usize;
    let rpc = RpcServiceBuilder::new().layer_fn(move |service| Fair { service, max_response_bytes });
    let builder = ServerBuilder::new().set_config(config).set_http_middleware(http).set_rpc_middleware(rpc);
    let server = builder.build(addr).await?;
    let local_addr = server.local_addr()?;
    Ok(RpcServer { local_addr, handle: server.start(methods) })
}
