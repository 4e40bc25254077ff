//! Revert data in words.

use std::{fmt, sync::Arc};

use alloy_primitives::{Bytes, hex};
use alloy_sol_types::{Panic, Revert as RevertString, SolError, SolInterface};

use crate::{RpcError, error::sanitize};

/// Revert data longer than this is cut.
const MAX_DATA_BYTES: usize = 16 << 10;

/// A contract refused a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("execution reverted: {reason}")]
pub struct Revert {
    /// `Error(string)` and `Panic(uint256)` in words, custom errors by the [`ErrorDecoder`], otherwise the data in hex.
    pub reason: String,
    pub data: Bytes,
}

/// Turns the data of custom errors into words.
#[derive(Clone, Default)]
pub struct ErrorDecoder(Vec<Decode>);

type Decode = Arc<dyn Fn(&[u8]) -> Option<String> + Send + Sync>;

impl ErrorDecoder {
    /// Adds the custom errors of a contract: `ErrorDecoder::default().with::<RollupCore::RollupCoreErrors>()`.
    #[must_use]
    pub fn with<E: SolInterface + fmt::Debug>(mut self) -> Self {
        self.0.push(Arc::new(|data| E::abi_decode(data).ok().map(|e| format!("{e:?}"))));
        self
    }

    /// The error that `data` encodes.
    pub fn decode(&self, data: &[u8]) -> Revert {
        let data = &data[..data.len().min(MAX_DATA_BYTES)];
        let reason = if data.is_empty() {
            "no reason given".to_owned()
        } else if let Ok(e) = RevertString::abi_decode(data) {
            e.reason
        } else if let Ok(e) = Panic::abi_decode(data) {
            e.to_string()
        } else {
            self.0.iter().find_map(|decode| decode(data)).unwrap_or_else(|| hex::encode_prefixed(data))
        };
        Revert { reason: sanitize(&reason), data: Bytes::copy_from_slice(data) }
    }

    /// The revert behind an RPC error, or `None` if it is no revert.
    pub(crate) fn revert_in(&self, error: &RpcError) -> Option<Revert> {
        let message = error.message.to_lowercase();
        let data = error.data.as_deref().and_then(find_hex);
        // Geth uses code 3 and "execution reverted", others a bare -32000 or -32015 "VM execution error".
        let reverted = error.code == 3 || message.contains("revert") || message.contains("vm execution error");
        let failed =
            ["invalid opcode", "out of gas", "stack underflow", "invalid jump"].iter().any(|m| message.contains(m));
        if !reverted && !failed {
            return None;
        }
        Some(match data {
            Some(data) if !data.is_empty() => self.decode(&data),
            _ => Revert { reason: error.message.clone(), data: Bytes::new() },
        })
    }
}

impl fmt::Debug for ErrorDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ErrorDecoder({})", self.0.len())
    }
}

/// The first hex string in the `data` member: a bare string (geth), `"Reverted 0x…"` (OpenEthereum) or inside an
/// object (hardhat).
fn find_hex(json: &str) -> Option<Vec<u8>> {
    let start = json.find("0x")? + 2;
    let digits = json.as_bytes()[start..].iter().take(2 * MAX_DATA_BYTES).take_while(|b| b.is_ascii_hexdigit()).count();
    hex::decode(&json[start..start + digits / 2 * 2]).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use alloy_sol_types::sol;

    sol! {
        #[derive(Debug)]
        contract C {
            error Rollup_BadParent(uint256 number);
        }
    }

    fn rpc(code: i32, message: &str, data: Option<String>) -> RpcError {
        RpcError { method: "eth_call".into(), code, message: message.into(), data }
    }

    #[test]
    fn decodes_strings_panics_and_custom_errors() {
        let decoder = ErrorDecoder::default().with::<C::CErrors>();
        let string = RevertString::from("too late").abi_encode();
        assert_eq!(decoder.decode(&string).reason, "too late");
        let panic = Panic { code: alloy_primitives::U256::from(0x11) }.abi_encode();
        assert!(decoder.decode(&panic).reason.contains("0x11"), "{}", decoder.decode(&panic).reason);
        let custom = C::Rollup_BadParent { number: alloy_primitives::U256::from(7) }.abi_encode();
        assert!(decoder.decode(&custom).reason.contains("Rollup_BadParent"));
        assert!(ErrorDecoder::default().decode(&custom).reason.starts_with("0x"));
        assert_eq!(decoder.decode(&[]).reason, "no reason given");
    }

    #[test]
    fn finds_data_in_every_shape() {
        let decoder = ErrorDecoder::default();
        let hex = hex::encode_prefixed(RevertString::from("nope").abi_encode());
        for data in [format!("\"{hex}\""), format!("\"Reverted {hex}\""), format!("{{\"data\":\"{hex}\",\"x\":1}}")] {
            assert_eq!(decoder.revert_in(&rpc(3, "execution reverted", Some(data))).unwrap().reason, "nope");
        }
        let bare = decoder.revert_in(&rpc(-32000, "execution reverted: nope", None)).unwrap();
        assert!(bare.reason.ends_with("nope"));
        assert!(decoder.revert_in(&rpc(-32000, "header not found", None)).is_none());
        assert!(decoder.revert_in(&rpc(3, "x", Some("\"0xabc".into()))).is_some());
    }
}
