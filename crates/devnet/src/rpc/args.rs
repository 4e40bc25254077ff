//! Positional parameters. More than a method takes are ignored, as elsewhere.

use crate::DevnetError;
use alloy_primitives::U256;
use jsonrpsee::types::Params;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

pub(super) struct Args(std::vec::IntoIter<Value>);

impl Args {
    pub fn new(params: &Params<'_>) -> Result<Self, DevnetError> {
        let values: Option<Vec<Value>> =
            params.parse().map_err(|_| DevnetError::Params("an array is expected".into()))?;
        Ok(Self(values.unwrap_or_default().into_iter()))
    }

    /// The next parameter; `None` where it is left out or null.
    pub fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, DevnetError> {
        match self.0.next() {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                serde_json::from_value(value).map(Some).map_err(|error| DevnetError::Params(format!("{name}: {error}")))
            }
        }
    }

    pub fn required<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, DevnetError> {
        self.optional(name)?.ok_or_else(|| DevnetError::Params(format!("{name} is missing")))
    }

    /// A number as JSON has it, or a string of decimal or `0x` digits.
    pub fn optional_u64(&mut self, name: &str) -> Result<Option<u64>, DevnetError> {
        self.optional::<U256>(name)?.map(|value| to_u64(value, name)).transpose()
    }

    pub fn required_u64(&mut self, name: &str) -> Result<u64, DevnetError> {
        to_u64(self.required(name)?, name)
    }

    /// Seconds, as [`Self::required_u64`] takes them or as a fraction.
    pub fn required_duration(&mut self, name: &str) -> Result<Duration, DevnetError> {
        let value: Value = self.required(name)?;
        match value.as_f64() {
            Some(seconds) => {
                Duration::try_from_secs_f64(seconds).map_err(|error| DevnetError::Params(format!("{name}: {error}")))
            }
            None => Self(vec![value].into_iter()).required_u64(name).map(Duration::from_secs),
        }
    }
}

pub(super) fn to_u64(value: U256, name: &str) -> Result<u64, DevnetError> {
    value.try_into().map_err(|_| DevnetError::Params(format!("{name}: {value} is too large")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(json: &str) -> Args {
        Args::new(&Params::new(Some(json))).unwrap()
    }

    #[test]
    fn numbers_in_all_spellings() {
        let mut args = args(r#"[12, "12", "0xc", null, "0x0c"]"#);
        for expected in [Some(12), Some(12), Some(12), None, Some(12), None] {
            assert_eq!(args.optional_u64("n").unwrap(), expected);
        }
    }

    #[test]
    fn durations() {
        let mut args = args(r#"[1, 0.25, "0x2", -1, 1e30]"#);
        let mut next = || args.required_duration("interval");
        assert_eq!(next().unwrap(), Duration::from_secs(1));
        assert_eq!(next().unwrap(), Duration::from_millis(250));
        assert_eq!(next().unwrap(), Duration::from_secs(2));
        assert!(next().is_err());
        assert!(next().is_err());
    }

    #[test]
    fn errors_name_the_parameter() {
        let error = |json: &str| args(json).required_u64("depth").unwrap_err().to_string();
        assert!(error("[]").contains("depth is missing"));
        assert!(error(r#"["x"]"#).contains("depth: "));
        assert!(error("[-1]").contains("depth: "));
        assert!(error(r#"["0x10000000000000000"]"#).contains("depth: 18446744073709551616 is too large"));
        assert!(Args::new(&Params::new(Some(r#"{"depth": 1}"#))).is_err());
    }
}
