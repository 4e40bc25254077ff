//! Questions that come encrypted, and are answered so.

use crate::inbox::Inbox;
use crate::limits::{MAX_CALL_BYTES, MAX_REPLY_BYTES};
use crate::reply::Reply;
use crate::{ENCRYPTED_CALLS, SealedError};
use alloy_primitives::Bytes;
use jsonrpsee::core::server::{ConnectionId, Extensions, MethodCallback, MethodResponse, Methods};
use jsonrpsee::types::{ErrorObjectOwned, Id, Params};
use lux_confidential::seal_reply;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What is in the envelope.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Question<'a> {
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    #[serde(borrow)]
    pub params: Option<&'a RawValue>,
}

/// A reply of JSON-RPC without what stands around it.
#[derive(Deserialize)]
struct Answer {
    result: Option<Box<RawValue>>,
    error: Option<ErrorObjectOwned>,
}

/// Opens a question, has one of `methods` answer it, and seals what it says.
pub(crate) async fn answer(inbox: &Inbox, methods: &Methods, envelope: &[u8]) -> Result<Bytes, SealedError> {
    let (key, context, plaintext) = inbox.open_call(envelope, MAX_CALL_BYTES)?;
    let reply = match serde_json::from_slice::<Question<'_>>(&plaintext) {
        Ok(question) => ask(methods, &question).await,
        Err(_) => Reply::of::<()>(Err(error(-32600, "not a method with its parameters"))),
    };
    Ok(seal_reply(&reply.encode(), &key, &context, envelope).into())
}

/// Past the server and its logs, which at their most talkative tell parameters.
async fn ask(methods: &Methods, question: &Question<'_>) -> Reply {
    let method = question.method.as_ref();
    let callback = ENCRYPTED_CALLS.contains(&method).then(|| methods.method(method)).flatten();
    let (id, params) = (Id::Number(0), Params::new(question.params.map(RawValue::get)));
    let response = match callback {
        Some(MethodCallback::Sync(run)) => run(id, params, MAX_REPLY_BYTES, Extensions::new()),
        Some(MethodCallback::Async(run)) => {
            run(id, params.into_owned(), ConnectionId::default(), MAX_REPLY_BYTES, Extensions::new()).await
        }
        _ => return Reply::of::<()>(Err(error(-32601, "not a method that is answered in secret"))),
    };
    read(&response)
}

fn read(response: &MethodResponse) -> Reply {
    let answer = serde_json::from_str::<Answer>(response.as_ref());
    match answer {
        Ok(Answer { error: Some(error), .. }) => Reply::Error(error),
        Ok(Answer { result, .. }) => Reply::Result(result.unwrap_or_else(|| RawValue::NULL.to_owned())),
        Err(_) => Reply::of::<()>(Err(error(-32603, "internal error"))),
    }
}

fn error(code: i32, message: &str) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(code, message, None::<()>)
}
