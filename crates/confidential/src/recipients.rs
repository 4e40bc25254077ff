//! Enclaves that something may be sealed to, as a registry of enclave keys has them now.

use crate::{DecryptionKey, EncryptionKey};
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent;
use lux_l1::{L1Client, L1Error, LogFilter, ViewError, Wallet};
use lux_protocol::contracts::{IRollupSettings, IRollupViews};
use lux_protocol::market::EvidenceKind;
use lux_protocol::market::enclaves::IAttestationEvidence::keysCall;
use lux_protocol::market::enclaves::{IEnclaveKeys, KeyStatus};
use std::collections::BTreeSet;

/// What the key to decrypt with is derived for, from the key that signs.
const ENCRYPTION_PURPOSE: &[u8] = b"LUX_ENCLAVE_ENCRYPTION_V1";

/// The key that goes with an enclave's signing key: both live and end together.
pub fn encryption_key_of(enclave: &Wallet) -> DecryptionKey {
    DecryptionKey::derive(&enclave.derive_secret(ENCRYPTION_PURPOSE))
}

/// An enclave with a key to encrypt to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// By which it signs.
    pub enclave: Address,
    pub key: EncryptionKey,
    /// Until when others may encrypt to it, in seconds since 1970.
    pub not_after: u64,
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

/// Says of an enclave whether something can be sealed to it until then, by what the chain says now; what it said when the key was named
/// does not matter. With `measurements`, only software that has one of them is fit.
pub async fn judge_recipient(
    chain: &L1Client,
    registry: Address,
    enclave: Address,
    measurements: &[B256],
    until: u64,
) -> Result<Result<Recipient, Unfit>, ViewError> {
    let status = chain.view(registry, IEnclaveKeys::statusOfCall { key: enclave }).await?.status;
    if status != KeyStatus::Usable {
        return Ok(Err(Unfit::Status(status)));
    }
    let named = chain.view(registry, IEnclaveKeys::encryptionKeyOfCall { key: enclave }).await?;
    if named.publicKey.is_zero() {
        return Ok(Err(Unfit::NoKey));
    }
    let not_after = named.notAfter.to::<u64>();
    if not_after < until {
        return Ok(Err(Unfit::Ended(not_after)));
    }
    let policy = chain.view(registry, IEnclaveKeys::getKeyCall { key: enclave }).await?.policy;
    let measurement = chain.view(registry, IEnclaveKeys::getPolicyCall { policy }).await?.software.measurement;
    if !measurements.is_empty() && !measurements.contains(&measurement) {
        return Ok(Err(Unfit::OtherSoftware(measurement)));
    }
    Ok(Ok(Recipient { enclave, key: EncryptionKey(named.publicKey), not_after, measurement }))
}

/// Every enclave that named a key to encrypt to since a block.
pub async fn named_enclaves(
    chain: &L1Client,
    registry: Address,
    first_block: u64,
) -> Result<BTreeSet<Address>, L1Error> {
    let topics = vec![IEnclaveKeys::EncryptionKeySet::SIGNATURE_HASH];
    let filter = LogFilter { addresses: vec![registry], topics };
    let logs = chain.logs(&filter, first_block, chain.head().await?.number).await?;
    let events = logs.iter().filter_map(|log| IEnclaveKeys::EncryptionKeySet::decode_log_data(log.data()).ok());
    Ok(events.map(|event| event.key).collect())
}

/// The registry on L1 that attestations of a rollup's own enclaves go by, if its owner has set one (`tee quorum`).
pub async fn state_root_registry(l1: &L1Client, rollup: Address) -> Result<Option<Address>, ViewError> {
    let settings = l1.view(rollup, IRollupViews::settingsCall {}).await?;
    let kind = EvidenceKind::Attestation as u8;
    let module = l1.view(settings, IRollupSettings::evidenceCall { kind }).await?;
    if module.is_zero() {
        return Ok(None);
    }
    l1.view(module, keysCall {}).await.map(Some)
}
