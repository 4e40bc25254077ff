//! What an endpoint means when it refuses a transaction. There is no standard; the texts are those of geth,
//! nethermind, besu, erigon, reth, anvil, coreth and common gateways.

use crate::L1Error;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// It is in the mempool already.
    Known,
    /// A transaction with this nonce was mined, or the endpoint is ahead of the one that told us the nonce.
    NonceTooLow,
    /// Another version pays nearly as much, or the mempool asks for more.
    Underpriced,
    /// The account lacks funds right now.
    NoFunds,
    /// The chain has no EIP-1559 transactions.
    NeedsLegacy,
    /// No retry will help.
    Never,
    /// Anything else: try again.
    Unclear,
}

pub(super) fn classify(error: &L1Error) -> Reply {
    let Some(rpc) = error.as_rpc() else {
        return Reply::Unclear;
    };
    let message = rpc.message.to_lowercase();
    let any = |words: &[&str]| words.iter().any(|w| message.contains(w));
    if any(&["already known", "known transaction", "already imported", "already exists", "already in", "already_known"])
    {
        Reply::Known
    } else if any(&[
        "underpriced",
        "too low to replace",
        "replacement",
        "less than block base fee",
        "lower than block base fee",
        "fee too low",
        "feetoolow",
        "price below",
        "tip below",
        "gas price too low",
        "below the minimum",
        "minimum needed",
    ]) {
        Reply::Underpriced
    } else if any(&[
        "nonce too low",
        "nonce is too low",
        "old nonce",
        "nonce_too_low",
        "nonce has already been used",
        "oldnonce",
    ]) {
        Reply::NonceTooLow
    } else if any(&["insufficient funds", "insufficient balance", "insufficientfunds", "upfront cost exceeds"]) {
        Reply::NoFunds
    } else if any(&["type not supported", "unsupported transaction type", "type not allowed", "transaction type not"]) {
        Reply::NeedsLegacy
    } else if any(&[
        "intrinsic gas",
        "exceeds block gas limit",
        "exceeds transaction gas",
        "gas limit too high",
        "gas limit reached",
        "oversized data",
        "max initcode",
        "initcode size",
        "transaction too large",
        "invalid chain id",
        "invalid sender",
        "wrong chain",
        "execution reverted",
        "gas cap",
    ]) {
        Reply::Never
    } else {
        Reply::Unclear
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RpcError, TemporaryError};

    #[test]
    fn understands_the_usual_texts() {
        for (text, reply) in [
            ("already known", Reply::Known),
            ("ALREADY_EXISTS: already known", Reply::Known),
            ("nonce too low: next nonce 5, tx nonce 4", Reply::NonceTooLow),
            ("OldNonce", Reply::NonceTooLow),
            ("replacement transaction underpriced", Reply::Underpriced),
            ("max fee per gas less than block base fee: address 0x00, maxFeePerGas: 1", Reply::Underpriced),
            ("transaction underpriced: tip needed 1, tip permitted 0", Reply::Underpriced),
            ("insufficient funds for gas * price + value: balance 0", Reply::NoFunds),
            ("transaction type not supported", Reply::NeedsLegacy),
            ("intrinsic gas too low", Reply::Never),
            ("exceeds block gas limit", Reply::Never),
            ("request timed out", Reply::Unclear),
        ] {
            let rpc = RpcError { method: String::new(), code: -32000, message: text.into(), data: None };
            assert_eq!(classify(&TemporaryError::Rpc(rpc).into()), reply, "{text}");
        }
    }
}
