//! The keys of this node's enclaves, and what the registry on L1 says of them.

use crate::SealedError;
use alloy_primitives::{Address, B256};
use lux_confidential::{DecryptionKey, EncryptionKey, Recipient, Unfit, encryption_key_of, judge_recipient};
use lux_l1::{Clock, L1Client, Wallet};
use lux_protocol::market::enclaves::KeyStatus;
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};

/// Keys that envelopes can be sealed to, while the registry believes them.
pub struct Enclaves {
    l1: L1Client,
    registry: Address,
    names: Vec<Address>,
    pub(crate) keys: Vec<DecryptionKey>,
    standing: RwLock<Vec<Result<Recipient, Unfit>>>,
    clock: Clock,
}

/// What a node says of its keys; nobody has to believe it, as the registry on L1 has all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Announced {
    pub rollup: Address,
    pub registry: Address,
    pub enclaves: Vec<AnnouncedKey>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnnouncedKey {
    /// Address of the key that the registry has.
    pub enclave: Address,
    pub encryption_key: B256,
    /// Seconds since 1970.
    pub not_after: u64,
}

impl Enclaves {
    /// Asks the registry about every key.
    pub async fn open(l1: L1Client, registry: Address, wallets: &[Wallet], clock: Clock) -> Result<Self, SealedError> {
        let names: Vec<Address> = wallets.iter().map(Wallet::address).collect();
        let keys = wallets.iter().map(encryption_key_of).collect();
        let standing = RwLock::new(vec![Err(Unfit::Status(KeyStatus::Unknown)); names.len()]);
        let enclaves = Self { l1, registry, names, keys, standing, clock };
        enclaves.refresh().await?;
        Ok(enclaves)
    }

    /// Asks the registry again.
    pub async fn refresh(&self) -> Result<(), SealedError> {
        let mut found = Vec::new();
        for (name, key) in self.names.iter().zip(&self.keys) {
            let judged = judge_recipient(&self.l1, self.registry, *name, &[], self.now()).await?;
            // A key of another version of this software would open nothing.
            found.push(judged.and_then(|recipient| match recipient.key == key.public() {
                true => Ok(recipient),
                false => Err(Unfit::NoKey),
            }));
        }
        *self.standing.write() = found;
        Ok(())
    }

    pub(crate) fn announced(&self, rollup: Address) -> Announced {
        let standing = self.standing.read();
        let usable = standing.iter().filter_map(|standing| standing.as_ref().ok());
        let enclaves = usable.map(|recipient| AnnouncedKey {
            enclave: recipient.enclave,
            encryption_key: recipient.key.0,
            not_after: recipient.not_after,
        });
        Announced { rollup, registry: self.registry, enclaves: enclaves.collect() }
    }

    /// Whether the key that an envelope is sealed to may be used now. Who seals to others finds out when it does not open.
    pub(crate) fn check(&self, recipients: &[EncryptionKey]) -> Result<(), SealedError> {
        let own = self.keys.iter().position(|key| recipients.contains(&key.public()));
        let Some(index) = own else { return Ok(()) };
        let unfit = |reason| Err(SealedError::Unfit { enclave: self.names[index], reason });
        match &self.standing.read()[index] {
            Ok(recipient) if recipient.not_after < self.now() => unfit(Unfit::Ended(recipient.not_after)),
            Ok(_) => Ok(()),
            Err(reason) => unfit(reason.clone()),
        }
    }

    pub(crate) fn now(&self) -> u64 {
        (self.clock)() / 1000
    }
}
