//! Serves a proxy to wallets on this machine.

use crate::Proxy;
use jsonrpsee::RpcModule;
use jsonrpsee::core::middleware::{Batch, BatchEntry, Notification, Request, RpcServiceBuilder, RpcServiceT};
use jsonrpsee::core::server::{BatchResponseBuilder, MethodResponse, ResponsePayload};
use jsonrpsee::server::{BatchRequestConfig, ServerBuilder, ServerConfig, ServerHandle};
use lux_rpc::RpcLimits;
use std::net::SocketAddr;
use std::sync::Arc;
use tower_http::cors::CorsLayer;

/// A running server. It stops when this is dropped.
pub struct ProxyServer {
    /// With the port that the system chose, where it was asked to.
    pub local_addr: SocketAddr,
    _handle: ServerHandle,
}

/// Serves a proxy over HTTP.
pub async fn serve_proxy(addr: SocketAddr, proxy: Arc<Proxy>) -> std::io::Result<ProxyServer> {
    let limits = RpcLimits::default();
    let max_response_bytes = limits.max_response_bytes;
    let config = ServerConfig::builder()
        .http_only()
        .max_request_body_size(limits.max_request_bytes)
        .max_response_body_size(max_response_bytes)
        .max_connections(limits.max_connections)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.max_batch))
        .set_tcp_no_delay(true)
        .build();
    let max_response_bytes = max_response_bytes as usize;
    let rpc = RpcServiceBuilder::new().layer_fn(move |_| Answers { proxy: proxy.clone(), max_response_bytes });
    let http = tower::ServiceBuilder::new().layer(CorsLayer::permissive());
    let builder = ServerBuilder::new().set_config(config).set_http_middleware(http).set_rpc_middleware(rpc);
    let server = builder.build(addr).await?;
    let local_addr = server.local_addr()?;
    Ok(ProxyServer { local_addr, _handle: server.start(RpcModule::new(())) })
}

/// Takes the place of a server's methods.
#[derive(Clone)]
struct Answers {
    proxy: Arc<Proxy>,
    max_response_bytes: usize,
}

impl Answers {
    async fn answer(self, request: Request<'_>) -> MethodResponse {
        match self.proxy.answer(&request.method, request.params.as_deref()).await {
            Ok(result) => {
                MethodResponse::response(request.id, ResponsePayload::success(result), self.max_response_bytes)
            }
            Err(error) => MethodResponse::error(request.id, error),
        }
    }
}

impl RpcServiceT for Answers {
    type MethodResponse = MethodResponse;
    type BatchResponse = MethodResponse;
    type NotificationResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.clone().answer(request)
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let answers = self.clone();
        async move {
            let mut replies = BatchResponseBuilder::new_with_limit(answers.max_response_bytes);
            for entry in batch {
                let reply = match entry {
                    Ok(BatchEntry::Call(request)) => answers.clone().answer(request).await,
                    Ok(BatchEntry::Notification(_)) => continue,
                    Err(invalid) => {
                        let (error, id) = invalid.into_parts();
                        MethodResponse::error(id, error)
                    }
                };
                if let Err(too_large) = replies.append(reply) {
                    return too_large;
                }
            }
            match replies.is_empty() {
                true => MethodResponse::notification(),
                false => MethodResponse::from_batch(replies.finish()),
            }
        }
    }

    fn notification<'a>(&self, _: Notification<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        std::future::ready(MethodResponse::notification())
    }
}
