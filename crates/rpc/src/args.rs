//! Positional parameters, as geth takes and refuses them.

use crate::error::{RpcResult, invalid_params};
use jsonrpsee::types::Params;
use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// No method takes more; the rest of a longer list is not even kept.
const MAX_ARGS: usize = 8;

/// The parameters of a call, each still JSON.
pub(crate) struct Args<'a>(Vec<&'a RawValue>);

impl<'a> Args<'a> {
    /// At most `max` parameters.
    pub fn parse(params: &'a Params<'_>, max: usize) -> RpcResult<Self> {
        let Some(json) = params.as_str() else { return Ok(Self(Vec::new())) };
        let args: Option<Self> = serde_json::from_str(json).map_err(invalid_params)?;
        let args = args.unwrap_or_else(|| Self(Vec::new()));
        if args.0.len() > max {
            return Err(invalid_params(format!("too many arguments, want at most {max}")));
        }
        Ok(args)
    }

    pub fn required<T: DeserializeOwned>(&self, index: usize) -> RpcResult<T> {
        self.optional(index)?.ok_or_else(|| invalid_params(format!("missing value for required argument {index}")))
    }

    /// `None` where the parameter is left out or null.
    pub fn optional<T: DeserializeOwned>(&self, index: usize) -> RpcResult<Option<T>> {
        let Some(raw) = self.0.get(index) else { return Ok(None) };
        serde_json::from_str(raw.get()).map_err(|error| invalid_params(format!("invalid argument {index}: {error}")))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Args<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Args<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of positional parameters")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut args = Vec::with_capacity(4);
                while let Some(raw) = seq.next_element::<&'de RawValue>()? {
                    if args.len() == MAX_ARGS {
                        return Err(de::Error::custom("too many arguments"));
                    }
                    args.push(raw);
                }
                Ok(Args(args))
            }
        }
        deserializer.deserialize_seq(List)
    }
}
