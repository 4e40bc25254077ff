//! What a model costs, and what is accepted as evidence about it.

use super::abi::AbiReader;
use super::{MAX_LOCATION_BYTES, MarketCodecError};
use alloc::vec::Vec;
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::SolValue;

/// Terms of a model: `modelMetadata`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelTerms {
    pub flags: u8,
    /// FLOPs that one gas pays for, at most 2^40 - 1.
    pub flops_per_gas: u64,
    /// wei, at most 2^48 - 1; zero: the requester's offer is the price.
    pub gas_price: u64,
    /// Where the model may be had. The market does not ask for UTF-8.
    pub location: Bytes,
}

impl ModelTerms {
    pub const FAULT: u8 = 1 << 0;
    pub const VALIDITY: u8 = 1 << 1;
    pub const ATTESTATION: u8 = 1 << 2;
    /// The output must come with the result.
    pub const INLINE_OUTPUT: u8 = 1 << 3;
    /// A signature of the owner registers a successor.
    pub const OWNER_UPDATES: u8 = 1 << 4;
    /// A final task of the program `aggregate` registers a successor.
    pub const AGGREGATE_UPDATES: u8 = 1 << 5;
    /// Results with attestations come with a quorum of vendors.
    pub const QUORUM: u8 = 1 << 6;

    /// Inputs and outputs are sealed, and results rest on attestations alone.
    pub const CONFIDENTIAL: u8 = 1 << 7;
    /// Of tasks: the model is confidential.
    pub const SEALED: u8 = 1 << 5;

    const EVIDENCE: u8 = Self::FAULT | Self::VALIDITY | Self::ATTESTATION;
    /// A confidential model has none of these.
    const OPEN: u8 = Self::FAULT | Self::VALIDITY | Self::AGGREGATE_UPDATES;
    const MAX_FLOPS_PER_GAS: u64 = (1 << 40) - 1;
    const MAX_GAS_PRICE: u64 = (1 << 48) - 1;

    /// Encodes terms that the market accepts.
    pub fn encode(&self) -> Result<Bytes, MarketCodecError> {
        self.check()?;
        // A `string` is encoded as `bytes` are, and this one need not be UTF-8.
        let words = (U256::from(self.flags), U256::from(self.flops_per_gas), U256::from(self.gas_price));
        Ok((words.0, words.1, words.2, self.location.clone()).abi_encode().into())
    }

    /// Reads what the market accepts.
    pub fn decode(metadata: &[u8]) -> Result<Self, MarketCodecError> {
        if metadata.is_empty() {
            return Ok(Self::default());
        }
        let terms = AbiReader(metadata).tail(0)?;
        let this = Self {
            flags: terms.number(0, u8::MAX.into())? as u8,
            flops_per_gas: terms.number(32, Self::MAX_FLOPS_PER_GAS)?,
            gas_price: terms.number(64, Self::MAX_GAS_PRICE)?,
            location: Vec::from(terms.bytes(96)?).into(),
        };
        this.check()?;
        Ok(this)
    }

    fn check(&self) -> Result<(), MarketCodecError> {
        let limits = [(self.flops_per_gas, Self::MAX_FLOPS_PER_GAS, 32), (self.gas_price, Self::MAX_GAS_PRICE, 64)];
        if let Some((value, max, at)) = limits.into_iter().find(|(value, max, _)| value > max) {
            return Err(MarketCodecError::TooLarge { value: U256::from(value), at, max });
        }
        let is_confidential = self.flags & Self::CONFIDENTIAL != 0;
        if self.flags & Self::EVIDENCE == 0 || (is_confidential && self.flags & Self::OPEN != 0) {
            return Err(MarketCodecError::Flags(self.flags));
        }
        if self.flops_per_gas == 0 {
            return Err(MarketCodecError::NoFlops);
        }
        if self.location.len() > MAX_LOCATION_BYTES {
            return Err(MarketCodecError::LocationTooLong(self.location.len()));
        }
        Ok(())
    }
}

/// What empty metadata stands for.
impl Default for ModelTerms {
    fn default() -> Self {
        let flags = Self::FAULT | Self::OWNER_UPDATES;
        Self { flags, flops_per_gas: 100_000_000, gas_price: 0, location: Bytes::new() }
    }
}
