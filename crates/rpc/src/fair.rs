//! Batches that let others in between.

use jsonrpsee::core::middleware::{Batch, BatchEntry, Notification, Request, RpcServiceT};
use jsonrpsee::core::server::{BatchResponseBuilder, MethodResponse};
use std::time::{Duration, Instant};

/// How long a batch keeps its thread.
const SLICE: Duration = Duration::from_millis(5);

/// Runs the calls of a batch one after the other, as jsonrpsee does, but gives the thread up now and then: light calls are
/// never pending, so a large batch of them would otherwise hold up every other connection of the thread.
#[derive(Clone)]
pub(crate) struct Fair<S> {
    pub service: S,
    pub max_response_bytes: usize,
}

impl<S> RpcServiceT for Fair<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            BatchResponse = MethodResponse,
            NotificationResponse = MethodResponse,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    type MethodResponse = MethodResponse;
    type BatchResponse = MethodResponse;
    type NotificationResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.service.call(request)
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let Self { service, max_response_bytes } = self.clone();
        async move {
            let mut replies = BatchResponseBuilder::new_with_limit(max_response_bytes);
            let mut notified = false;
            let mut since = Instant::now();
            for entry in batch {
                let reply = match entry {
                    Ok(BatchEntry::Call(request)) => service.call(request).await,
                    Ok(BatchEntry::Notification(notification)) => {
                        notified = true;
                        service.notification(notification).await;
                        continue;
                    }
                    Err(invalid) => {
                        let (error, id) = invalid.into_parts();
                        MethodResponse::error(id, error)
                    }
                };
                if let Err(too_large) = replies.append(reply) {
                    return too_large;
                }
                if since.elapsed() >= SLICE {
                    tokio::task::yield_now().await;
                    since = Instant::now();
                }
            }
            match replies.is_empty() && notified {
                true => MethodResponse::notification(),
                false => MethodResponse::from_batch(replies.finish()),
            }
        }
    }

    fn notification<'a>(&self, notification: Notification<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.service.notification(notification)
    }
}
