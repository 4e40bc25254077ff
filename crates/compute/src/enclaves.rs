//! Keys of enclaves, by which a worker signs results (`docs/ai-compute.md`, "Attestations").

use crate::{ComputeError, Market, infer_program_id};
use alloy_primitives::{Address, B256, Bytes};
use lux_l1::{ViewError, Wallet};
use lux_protocol::market::contract::IComputeMarket::computeEvidenceCall;
use lux_protocol::market::enclaves::{IAttestationEvidence, IEnclaveKeys, KeyStatus, vendor};
use lux_protocol::market::{AttestedResult, EvidenceKind, ModelTerms, sealed_program};

/// What a result comes with: a trace alone wherever that is taken, because signatures cost gas.
pub(crate) const fn evidence_kind(flags: u8) -> EvidenceKind {
    if flags & ModelTerms::FAULT == 0 && flags & ModelTerms::ATTESTATION != 0 {
        EvidenceKind::Attestation
    } else {
        EvidenceKind::Fault
    }
}

/// The keys that a worker has, usable or not.
pub(crate) struct Enclaves {
    keys: Vec<Wallet>,
    /// What was said last about keys that are not usable.
    told: Vec<String>,
}

/// Keys that count at a time, one of each vendor.
pub(crate) struct Signers {
    keys: Vec<Wallet>,
    quorum: usize,
    chain_id: u64,
    market: Address,
}

impl Enclaves {
    pub const fn new(keys: Vec<Wallet>) -> Self {
        Self { keys, told: Vec::new() }
    }

    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Those of the keys that the market's registry believes now, and as far as it knows until then.
    pub async fn signers(&mut self, market: &Market, until: u64) -> Result<Signers, ComputeError> {
        let chain_id = market.chain.chain_id().await?;
        let mut signers = Signers { keys: Vec::new(), quorum: usize::MAX, chain_id, market: market.address };
        let Some(registry) = registry(market).await? else { return Ok(signers) };
        let settings = market.chain.view(registry, IEnclaveKeys::settingsCall {}).await?;
        signers.quorum = settings.quorum.into();
        let (mut vendors, mut unusable) = (Vec::new(), Vec::new());
        for wallet in &self.keys {
            let key = wallet.address();
            let found = market.chain.view(registry, IEnclaveKeys::statusOfCall { key }).await?;
            let facts = market.chain.view(registry, IEnclaveKeys::getKeyCall { key }).await?;
            let lives: u64 = facts.attestedAt.to::<u64>().saturating_add(settings.keyLifetime.into());
            let expires = lives.min(facts.validUntil.to());
            if found.status != KeyStatus::Usable {
                unusable.push(format!("{key}: {:?}", found.status));
            } else if expires < until {
                unusable.push(format!("{key}: expires at {expires}"));
            } else if !vendors.contains(&vendor(found.kind)) {
                vendors.push(vendor(found.kind));
                signers.keys.push(wallet.clone());
            }
        }
        self.tell(unusable);
        Ok(signers)
    }

    fn tell(&mut self, unusable: Vec<String>) {
        if !unusable.is_empty() && unusable != self.told {
            let keys = unusable.join(", ");
            tracing::warn!(keys, "keys of enclaves are not usable now: `tee register` registers and renews them");
            self.told = unusable;
        }
    }
}

impl Signers {
    fn needed(&self, flags: u8) -> usize {
        match evidence_kind(flags) {
            EvidenceKind::Attestation if flags & ModelTerms::QUORUM != 0 => self.quorum,
            EvidenceKind::Attestation => 1,
            EvidenceKind::Fault | EvidenceKind::Validity => 0,
        }
    }

    /// Whether there are enough of them for a model with these flags.
    pub fn suffice(&self, flags: u8) -> bool {
        self.needed(flags) <= self.keys.len()
    }

    /// As many signatures as the flags ask for.
    pub fn sign(&self, flags: u8, task: B256, input: B256, output: B256) -> Result<Vec<Bytes>, ComputeError> {
        let program = match flags & ModelTerms::SEALED {
            0 => infer_program_id(),
            _ => sealed_program(infer_program_id()),
        };
        let result = AttestedResult { taskId: task, program, input, output };
        let digest = result.digest(self.chain_id, self.market);
        let signed = self.keys.iter().take(self.needed(flags)).map(|key| key.sign_hash(&digest));
        Ok(signed.map(|signature| Ok(signature?.as_bytes().into())).collect::<Result<_, lux_l1::L1Error>>()?)
    }
}

/// The registry that the market goes by; `None` where it takes no attestations.
pub(crate) async fn registry(market: &Market) -> Result<Option<Address>, ViewError> {
    let call = computeEvidenceCall { kind: EvidenceKind::Attestation as u8 };
    let module = market.chain.view(market.address, call).await?;
    match module.is_zero() {
        true => Ok(None),
        false => market.chain.view(module, IAttestationEvidence::keysCall {}).await.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Signature;

    fn signers(count: u8) -> Signers {
        let key = |number: u8| Wallet::from_hex(&B256::repeat_byte(number).to_string()).unwrap();
        Signers { keys: (1..=count).map(key).collect(), quorum: 2, chain_id: 7, market: Address::repeat_byte(9) }
    }

    #[test]
    fn enclaves_sign_where_a_trace_alone_is_not_taken() {
        const ATTESTED: u8 = ModelTerms::ATTESTATION;
        let cases = [
            (ModelTerms::FAULT, 0),
            (ModelTerms::FAULT | ATTESTED | ModelTerms::QUORUM, 0),
            (ATTESTED, 1),
            (ATTESTED | ModelTerms::VALIDITY, 1),
            (ATTESTED | ModelTerms::QUORUM, 2),
        ];
        let [task, input, output] = [1, 2, 3].map(B256::repeat_byte);
        for (flags, needed) in cases {
            for count in 0..4 {
                assert_eq!(signers(count).suffice(flags), usize::from(count) >= needed, "{flags} with {count}");
            }
            let signers = signers(3);
            let signatures = signers.sign(flags, task, input, output).unwrap();
            let result = AttestedResult { taskId: task, program: infer_program_id(), input, output };
            let digest = result.digest(7, Address::repeat_byte(9));
            let signed = signatures.iter().map(|bytes| {
                assert!(matches!(bytes[64], 27 | 28), "as contracts take it");
                Signature::from_raw(bytes).unwrap().recover_address_from_prehash(&digest).unwrap()
            });
            let expected = signers.keys.iter().take(needed).map(Wallet::address);
            assert!(signed.eq(expected), "{flags}");
        }
    }
}
