//! The methods of a node.

use crate::call::answer;
use crate::inbox::Inbox;
use crate::methods::{CALL, ENCRYPTION_KEY, SEND};
use crate::{Announced, SealedError};
use alloy_primitives::Bytes;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::core::server::Methods;
use jsonrpsee::types::{ErrorObjectOwned, Params};
use lux_l1::{CriticalError, L1Error, Transport};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Envelopes that are opened at a time; others wait.
const MAX_OPENING: usize = 32;
const PLAIN: &str = "eth_sendRawTransaction";

struct Context {
    inbox: Arc<Inbox>,
    methods: Methods,
    turns: Arc<Semaphore>,
}

/// The methods of a node that opens envelopes. Encrypted calls are answered by `methods`.
pub fn sealed_module(inbox: Arc<Inbox>, methods: Methods) -> Result<Methods, RegisterMethodError> {
    let context = Context { inbox, methods, turns: Arc::new(Semaphore::new(MAX_OPENING)) };
    let mut module = RpcModule::new(context);
    module.register_method(ENCRYPTION_KEY, |_, context, _| Ok::<_, ErrorObjectOwned>(context.inbox.announced()))?;
    module.register_async_method(SEND, |params, context, _| async move { send(params, &context).await })?;
    module.register_async_method(CALL, |params, context, _| async move {
        let envelope: Bytes = params.one()?;
        let _turn = turn(&context).await?;
        answer(&context.inbox, &context.methods, &envelope).await.map_err(told)
    })?;
    Ok(module.into())
}

async fn send(params: Params<'static>, context: &Context) -> Result<Bytes, ErrorObjectOwned> {
    let envelope: Bytes = params.one()?;
    let turn = turn(context).await?;
    let inbox = context.inbox.clone();
    let work = move || {
        let _turn = turn;
        inbox.send(&envelope)
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| internal())?.map_err(told)
}

async fn turn(context: &Context) -> Result<tokio::sync::OwnedSemaphorePermit, ErrorObjectOwned> {
    context.turns.clone().acquire_owned().await.map_err(|_| internal())
}

fn told(error: SealedError) -> ErrorObjectOwned {
    match error {
        SealedError::Envelope(_) | SealedError::Unfit { .. } | SealedError::Closed => {
            ErrorObjectOwned::owned(-32000, error.to_string(), None::<()>)
        }
        SealedError::Store(_) | SealedError::Config(_) | SealedError::View(_) | SealedError::L1(_) => {
            tracing::error!(%error, "an encrypted request failed inside the node");
            internal()
        }
    }
}

fn internal() -> ErrorObjectOwned {
    ErrorObjectOwned::owned(-32603, "internal error", None::<()>)
}

/// The methods of a node that passes envelopes on to the sequencer, as they are.
pub fn forwarding_module(sequencer: Transport) -> Result<Methods, RegisterMethodError> {
    let mut module = RpcModule::new(sequencer);
    module.register_async_method(ENCRYPTION_KEY, |_, sequencer, _| async move {
        let empty: [(); 0] = [];
        sequencer.request::<_, Announced>(ENCRYPTION_KEY, empty).await.map_err(passed)
    })?;
    for name in [SEND, CALL] {
        module.register_async_method(name, move |params, sequencer, _| async move {
            let envelope: Bytes = params.one()?;
            sequencer.request::<_, Bytes>(name, (envelope,)).await.map_err(passed)
        })?;
    }
    Ok(module.into())
}

pub(crate) fn passed(error: L1Error) -> ErrorObjectOwned {
    match error.as_rpc() {
        Some(rpc) => {
            let data = rpc.data.as_deref().and_then(|data| serde_json::from_str::<serde_json::Value>(data).ok());
            ErrorObjectOwned::owned(rpc.code, rpc.message.clone(), data)
        }
        None if matches!(error, L1Error::Critical(CriticalError::Unsupported { .. })) => {
            ErrorObjectOwned::owned(-32601, "Method not found", None::<()>)
        }
        None => ErrorObjectOwned::owned(-32000, format!("the node cannot be reached: {error}"), None::<()>),
    }
}

/// Refuses transactions that everybody on the way has read, so that a wallet at the wrong endpoint is noticed at once. Deposits and
/// transactions forced through L1 do not come this way.
pub fn refuse_plain(module: &mut RpcModule<()>) -> Result<(), RegisterMethodError> {
    module.remove_method(PLAIN);
    module.register_method(PLAIN, |_, (), _| {
        let reason =
            "this rollup takes encrypted transactions only: point the wallet at `lux-rollup confidential proxy`";
        Err::<(), _>(ErrorObjectOwned::owned(-32000, reason, None::<()>))
    })?;
    Ok(())
}
