use super::paced::PacedWrites;
use super::{Shared, request};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const MAX_HEADERS: usize = 64;
/// When the system has no more file descriptors, the next attempt would fail at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Takes connections for ever, no more at a time than the configuration says.
pub(super) async fn accept(
    listener: &TcpListener,
    shared: Arc<Shared>,
    graceful: &GracefulShutdown,
    connections: &mut JoinSet<()>,
) {
    let free = Arc::new(Semaphore::new(shared.config.max_connections));
    loop {
        while connections.try_join_next().is_some() {}
        let permit = free.clone().acquire_owned().await.expect("the semaphore is never closed");
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let connection = graceful.watch(connection(stream, shared.clone()));
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
}

fn connection(
    stream: TcpStream,
    shared: Arc<Shared>,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error, Output = hyper::Result<()>> + Send {
    let _ = stream.set_nodelay(true);
    let config = &shared.config;
    let stream = PacedWrites::new(stream, config.pace_timeout);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout)
        .max_buf_size(config.max_header_bytes.max(8 << 10))
        .max_headers(MAX_HEADERS)
        .serve_connection(
            TokioIo::new(stream),
            service_fn(move |incoming| {
                let shared = shared.clone();
                async move { Ok::<_, std::convert::Infallible>(request::answer(&shared, incoming).await) }
            }),
        )
}
