//! What vouches for an attestation besides its own bytes.

use crate::{AmdCollateral, IntelCollateral, Problem, TeeError};
use alloc::boxed::Box;
use alloc::vec::Vec;
use alloy_rlp::{BufMut, Decodable, Encodable, Header};

const PART: &str = "collateral";
const NONE: u8 = 0;
const INTEL: u8 = 1;
const AMD: u8 = 2;

/// Collateral of one vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collateral {
    /// Nitro and Arm need none: certificates are within, or the key is a root.
    None,
    Intel(Box<IntelCollateral>),
    Amd(AmdCollateral),
}

impl Collateral {
    /// RLP of `[kind]` or `[kind, content]`.
    pub fn encode(&self) -> Vec<u8> {
        let mut fields = Vec::new();
        match self {
            Self::None => NONE.encode(&mut fields),
            Self::Intel(content) => {
                INTEL.encode(&mut fields);
                content.encode(&mut fields);
            }
            Self::Amd(content) => {
                AMD.encode(&mut fields);
                content.encode(&mut fields);
            }
        }
        let mut out = Vec::new();
        Header { list: true, payload_length: fields.len() }.encode(&mut out);
        out.put_slice(&fields);
        out
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, TeeError> {
        let invalid = |_| TeeError::invalid(PART, "RLP");
        let mut outer = bytes;
        let mut fields = Header::decode_bytes(&mut outer, true).map_err(invalid)?;
        if !outer.is_empty() {
            return Err(TeeError::malformed(PART, Problem::TrailingBytes(outer.len())));
        }
        let collateral = match u8::decode(&mut fields).map_err(invalid)? {
            NONE => Self::None,
            INTEL => Self::Intel(Box::new(IntelCollateral::decode(&mut fields).map_err(invalid)?)),
            AMD => Self::Amd(AmdCollateral::decode(&mut fields).map_err(invalid)?),
            kind => {
                let supported = "0 for none, 1 for Intel, 2 for AMD";
                return Err(TeeError::Unsupported { part: PART, found: kind.into(), supported });
            }
        };
        match fields.len() {
            0 => Ok(collateral),
            more => Err(TeeError::malformed(PART, Problem::TrailingBytes(more))),
        }
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Intel(_) => "Intel's",
            Self::Amd(_) => "AMD's",
        }
    }
}
