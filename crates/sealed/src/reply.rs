//! What stands in a sealed answer: a result or an error of JSON-RPC.

use jsonrpsee::types::ErrorObjectOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// Answers to transactions are this long, so that nobody else sees which were taken.
const TRANSACTION_REPLY_BYTES: usize = 1_000;
const MAX_MESSAGE_CHARS: usize = 200;

/// An answer that only the sender of a request can open.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reply {
    Result(Box<RawValue>),
    Error(ErrorObjectOwned),
}

impl Reply {
    pub(crate) fn of<T: Serialize>(outcome: Result<T, ErrorObjectOwned>) -> Self {
        match outcome.map(|value| serde_json::value::to_raw_value(&value)) {
            Ok(Ok(value)) => Self::Result(value),
            Ok(Err(_)) => Self::Error(ErrorObjectOwned::owned(-32603, "internal error", None::<()>)),
            Err(error) => Self::Error(error),
        }
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Of one length, whatever it says.
    pub(crate) fn encode_evenly(self) -> Zeroizing<Vec<u8>> {
        let short = match self {
            Self::Error(error) => {
                let message: String = error.message().chars().take(MAX_MESSAGE_CHARS).collect();
                Self::Error(ErrorObjectOwned::owned(error.code(), message, None::<()>))
            }
            result => result,
        };
        let mut bytes = short.encode();
        // White space means nothing in JSON.
        let even = bytes.len().max(TRANSACTION_REPLY_BYTES);
        bytes.resize(even, b' ');
        bytes
    }

    /// The result, or the error of who answered.
    pub fn into_result(self) -> Result<Box<RawValue>, ErrorObjectOwned> {
        match self {
            Self::Result(value) => Ok(value),
            Self::Error(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::B256;

    #[test]
    fn answers_to_transactions_are_equally_long() {
        let error = |message: &str| Reply::of::<B256>(Err(ErrorObjectOwned::owned(-32000, message, None::<()>)));
        let replies = [Reply::of(Ok(B256::ZERO)), error("no"), error(&"\u{1f512}\"".repeat(500))];
        let encoded = replies.map(Reply::encode_evenly);
        for bytes in &encoded {
            assert_eq!(bytes.len(), TRANSACTION_REPLY_BYTES);
            serde_json::from_slice::<Reply>(bytes).unwrap();
        }
    }

    #[test]
    fn null_is_a_result() {
        let reply: Reply = serde_json::from_slice(&Reply::of(Ok(())).encode()).unwrap();
        assert_eq!(reply.into_result().unwrap().get(), "null");
    }
}
