//! Errors in the codes and the wording that wallets and tools match on.

use jsonrpsee::types::{ErrorObjectOwned, error::INTERNAL_ERROR_CODE, error::INVALID_PARAMS_CODE};
use lux_chain::ChainError;
use lux_stf::{ExecutionError, StateError};
use std::fmt::Display;

pub(crate) type RpcResult<T> = Result<T, ErrorObjectOwned>;

const SERVER_ERROR: i32 = -32_000;
const LIMIT_EXCEEDED: i32 = -32_005;

/// The request is fine, but cannot be done.
pub(crate) fn server(message: impl Display) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(SERVER_ERROR, message.to_string(), None::<()>)
}

pub(crate) fn invalid_params(message: impl Display) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(INVALID_PARAMS_CODE, message.to_string(), None::<()>)
}

/// More than one client may have.
pub(crate) fn limit(message: impl Display) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(LIMIT_EXCEEDED, message.to_string(), None::<()>)
}

/// Our fault: logged, and told without detail.
pub(crate) fn internal(error: impl Display) -> ErrorObjectOwned {
    tracing::error!(%error, "request failed inside the node");
    ErrorObjectOwned::owned(INTERNAL_ERROR_CODE, "internal error", None::<()>)
}

pub(crate) fn header_not_found() -> ErrorObjectOwned {
    server("header not found")
}

pub(crate) fn timeout() -> ErrorObjectOwned {
    server("execution aborted (timeout)")
}

pub(crate) fn chain(error: ChainError) -> ErrorObjectOwned {
    internal(error)
}

pub(crate) fn state(error: StateError) -> ErrorObjectOwned {
    internal(error)
}

/// Of a block that once ran: no transaction in it can be invalid.
pub(crate) fn replay(error: ExecutionError) -> ErrorObjectOwned {
    internal(error)
}
