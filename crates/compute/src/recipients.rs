//! Enclaves that an input may be sealed to, as the market's registry has them now.

use crate::enclaves::registry;
use crate::{ComputeError, Market};
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent;
use lux_confidential::EncryptionKey;
use lux_l1::LogFilter;
use lux_protocol::market::enclaves::{IEnclaveKeys, KeyStatus};
use std::collections::BTreeSet;

/// An enclave with a key to encrypt to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// By which it signs results.
    pub enclave: Address,
    pub key: EncryptionKey,
    /// Of its software, as its policy has it.
    pub measurement: B256,
}

/// Why nothing is sealed to an enclave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("the registry does not believe it: {0:?}")]
    Status(KeyStatus),
    #[error("it has named no key to encrypt to: `tee encryption-key` does")]
    NoKey,
    #[error("its key to encrypt to ended at {0} (seconds since 1970)")]
    Ended(u64),
    #[error("its software is {0}, which was not asked for")]
    OtherSoftware(B256),
}

/// Looks at every enclave that named a key, or at those that are given; and says of each whether an input can be sealed to it until
/// then. With `measurements`, only software that has one of them is fit.
pub async fn find_recipients(
    market: &Market,
    first_block: u64,
    enclaves: &[Address],
    measurements: &[B256],
    until: u64,
) -> Result<Vec<(Address, Result<Recipient, Unfit>)>, ComputeError> {
    let none = || ComputeError::Config(format!("the market {} takes no attestations", market.address));
    let registry = registry(market).await?.ok_or_else(none)?;
    let mut candidates: BTreeSet<Address> = enclaves.iter().copied().collect();
    if enclaves.is_empty() {
        let topics = vec![IEnclaveKeys::EncryptionKeySet::SIGNATURE_HASH];
        let filter = LogFilter { addresses: vec![registry], topics };
        let logs = market.chain.logs(&filter, first_block, market.chain.head().await?.number).await?;
        let events = logs.iter().filter_map(|log| IEnclaveKeys::EncryptionKeySet::decode_log_data(log.data()).ok());
        candidates.extend(events.map(|event| event.key));
    }
    let mut found = Vec::new();
    for enclave in candidates {
        found.push((enclave, judge(market, registry, enclave, measurements, until).await?));
    }
    Ok(found)
}

/// By what the chain says now; what it said when a key was named does not matter.
async fn judge(
    market: &Market,
    registry: Address,
    enclave: Address,
    measurements: &[B256],
    until: u64,
) -> Result<Result<Recipient, Unfit>, ComputeError> {
    let chain = &market.chain;
    let status = chain.view(registry, IEnclaveKeys::statusOfCall { key: enclave }).await?.status;
    if status != KeyStatus::Usable {
        return Ok(Err(Unfit::Status(status)));
    }
    let named = chain.view(registry, IEnclaveKeys::encryptionKeyOfCall { key: enclave }).await?;
    if named.publicKey.is_zero() {
        return Ok(Err(Unfit::NoKey));
    }
    let ends = named.notAfter.to::<u64>();
    if ends < until {
        return Ok(Err(Unfit::Ended(ends)));
    }
    let policy = chain.view(registry, IEnclaveKeys::getKeyCall { key: enclave }).await?.policy;
    let measurement = chain.view(registry, IEnclaveKeys::getPolicyCall { policy }).await?.software.measurement;
    if !measurements.is_empty() && !measurements.contains(&measurement) {
        return Ok(Err(Unfit::OtherSoftware(measurement)));
    }
    Ok(Ok(Recipient { enclave, key: EncryptionKey(named.publicKey), measurement }))
}
