//! The L2's beginning, as `docs/protocol.md` ("Genesis") fixes it: it follows from the parameters on L1 alone.

use crate::artifacts;
use alloy_primitives::B256;
use lux_chain::{ChainError, Genesis, GenesisAccount, stored_bytes};
use lux_protocol::constants::{
    ATTESTATION_EVIDENCE, ATTESTATION_VERIFIER, BRIDGED_ERC20, COMPUTE_MARKET, ENCLAVE_KEYS, FEE_VAULT, L1_BLOCK,
    L2_MESSAGE_BRIDGE, L2_TOKEN_BRIDGE, TRAINING, TRAINING_DISPUTES,
};
use lux_protocol::contracts::RollupParams;
use lux_stf::Rules;
use lux_tee::Roots;

const GWEI: u64 = 1_000_000_000;

/// Rules of an L2 with these parameters.
pub fn l2_rules(params: &RollupParams) -> Rules {
    Rules::rollup(params)
}

/// Whose attestations an L2 believes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustedRoots {
    Vendors,
    /// Those that everyone can sign for.
    Development,
}

/// Slot of `AttestationVerifierL2` that the encoding of its roots is stored at.
const ROOTS_SLOT: u64 = 0;

impl TrustedRoots {
    pub(crate) fn all(self) -> Roots {
        match self {
            Self::Vendors => Roots::vendors(),
            Self::Development => lux_tee::dev::roots(),
        }
    }

    /// Intel's one root.
    pub(crate) fn intel(self) -> B256 {
        self.all().intel[0]
    }
}

/// Whose attestations a deployed L2 believes, which its parameters tell if it is one of ours.
pub(crate) fn trusted_roots(params: &RollupParams) -> Result<TrustedRoots, ChainError> {
    let development = l2_genesis(params, TrustedRoots::Development).commitment()?.0;
    Ok(if development == params.genesisBlockHash { TrustedRoots::Development } else { TrustedRoots::Vendors })
}

/// Block 0 of a deployed L2: the one that its parameters name, if it is one of ours.
pub fn deployed_genesis(params: &RollupParams) -> Result<Genesis, ChainError> {
    let roots = trusted_roots(params)?;
    if roots == TrustedRoots::Development {
        tracing::warn!("the rollup believes attestations under development roots, which everyone can sign for");
    }
    Ok(l2_genesis(params, roots))
}

/// Block 0 of an L2 with these parameters (`genesisBlockHash` is not read: it follows from the rest).
pub fn l2_genesis(params: &RollupParams, roots: TrustedRoots) -> Genesis {
    let predeploys = [
        (L2_MESSAGE_BRIDGE, artifacts::l2_message_bridge()),
        (L2_TOKEN_BRIDGE, artifacts::l2_token_bridge()),
        (L1_BLOCK, artifacts::l1_block()),
        (FEE_VAULT, artifacts::fee_vault()),
        (BRIDGED_ERC20, artifacts::bridged_erc20()),
        (COMPUTE_MARKET, artifacts::compute_market_l2()),
        (ATTESTATION_VERIFIER, artifacts::attestation_verifier_l2()),
        (ENCLAVE_KEYS, artifacts::enclave_keys_l2()),
        (ATTESTATION_EVIDENCE, artifacts::attestation_evidence_l2()),
        (TRAINING, artifacts::training_l2()),
        (TRAINING_DISPUTES, artifacts::training_disputes_l2()),
    ];
    let mut accounts: Vec<_> = predeploys
        .into_iter()
        .map(|(address, artifact)| {
            // Nonce 1, as of any contract (EIP-161): CREATE must not collide with an account that looks new.
            (address, GenesisAccount { nonce: 1, code: artifact.deployed_bytecode, ..Default::default() })
        })
        .collect();
    for (_, verifier) in accounts.iter_mut().filter(|(address, _)| *address == ATTESTATION_VERIFIER) {
        verifier.storage = stored_bytes(ROOTS_SLOT, &roots.all().encode());
    }
    Genesis {
        rules: l2_rules(params),
        timestamp: params.genesisTimestamp,
        base_fee: params.minBaseFee.max(GWEI),
        accounts,
    }
}
