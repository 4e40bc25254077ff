//! Serves a store over HTTP/1.1.

mod connection;
mod paced;
mod range;
mod request;
mod upload;

use crate::{BlobStore, MAX_BLOB_BYTES};
use connection::accept;
use hyper_util::server::graceful::GracefulShutdown;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

/// Who may write, and what a server gives to one client.
#[derive(Clone)]
pub struct ServerConfig {
    /// Whether blobs are taken at all.
    pub writable: bool,
    /// What a writer has to show as `Authorization: Bearer …`. Without it, anyone writes who can connect.
    pub token: Option<String>,
    /// Largest blob that is taken.
    pub max_put_bytes: u64,
    /// Uploads at a time, each with 24 MiB of memory at most.
    pub max_uploads: usize,
    /// Connections at a time, each with 3 MiB of memory at most. More of them wait.
    pub max_connections: usize,
    pub max_header_bytes: usize,
    /// For the head of a request, and between requests.
    pub header_timeout: Duration,
    /// A client that takes or sends less than 64 KiB in this time, while the server waits for it, is disconnected.
    pub pace_timeout: Duration,
    /// How long [`ServerHandle::stop`] waits for responses that are under way.
    pub stop_timeout: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            writable: false,
            token: None,
            max_put_bytes: MAX_BLOB_BYTES,
            max_uploads: 8,
            max_connections: 128,
            max_header_bytes: 16 << 10,
            header_timeout: Duration::from_secs(15),
            pace_timeout: Duration::from_secs(30),
            stop_timeout: Duration::from_secs(10),
        }
    }
}

impl std::fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { writable, token, max_put_bytes, max_connections, .. } = self;
        let token = token.is_some();
        write!(
            f,
            "ServerConfig {{ writable: {writable}, token: {token}, {max_put_bytes} B, {max_connections} connections }}"
        )
    }
}

/// What the tasks of a server share.
struct Shared {
    store: BlobStore,
    config: ServerConfig,
    uploads: Semaphore,
}

/// A running server. It stops when this is dropped, or gracefully with [`Self::stop`].
#[derive(Debug)]
pub struct ServerHandle {
    /// With the port that the system chose, where it was asked to.
    pub local_addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl ServerHandle {
    /// Takes no more connections, and returns when the responses under way are sent or their time is over.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves `store` at `addr`, to whoever can connect.
pub async fn serve(addr: SocketAddr, store: BlobStore, config: ServerConfig) -> std::io::Result<ServerHandle> {
    let listener = TcpListener::bind(addr).await?;
    let local_addr = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let (uploads, stop_timeout) = (Semaphore::new(config.max_uploads), config.stop_timeout);
    let shared = Arc::new(Shared { store, config, uploads });
    let task = tokio::spawn(async move {
        let (graceful, mut connections) = (GracefulShutdown::new(), tokio::task::JoinSet::new());
        tokio::select! {
            () = accept(&listener, shared, &graceful, &mut connections) => {}
            _ = stopped => {}
        }
        drop(listener);
        let _ = tokio::time::timeout(stop_timeout, graceful.shutdown()).await;
    });
    Ok(ServerHandle { local_addr, stop: Some(stop), task })
}
