//! The L2's beginning, as `docs/protocol.md` ("Genesis") fixes it: a function of the parameters on L1 alone.

use crate::artifacts;
use lux_chain::{Genesis, GenesisAccount};
use lux_protocol::constants::{
    ATTESTATION_EVIDENCE, BRIDGED_ERC20, COMPUTE_MARKET, ENCLAVE_KEYS, FEE_VAULT, L1_BLOCK, L2_MESSAGE_BRIDGE,
    L2_TOKEN_BRIDGE,
};
use lux_protocol::contracts::RollupParams;
use lux_stf::Rules;

const GWEI: u64 = 1_000_000_000;

/// Rules of an L2 with these parameters.
pub fn l2_rules(params: &RollupParams) -> Rules {
    Rules::rollup(params)
}

/// Block 0 of an L2 with these parameters (`genesisBlockHash` is not read: it follows from the rest).
pub fn l2_genesis(params: &RollupParams) -> Genesis {
    let predeploys = [
        (L2_MESSAGE_BRIDGE, artifacts::l2_message_bridge()),
        (L2_TOKEN_BRIDGE, artifacts::l2_token_bridge()),
        (L1_BLOCK, artifacts::l1_block()),
        (FEE_VAULT, artifacts::fee_vault()),
        (BRIDGED_ERC20, artifacts::bridged_erc20()),
        (COMPUTE_MARKET, artifacts::compute_market_l2()),
        (ENCLAVE_KEYS, artifacts::enclave_keys_l2()),
        (ATTESTATION_EVIDENCE, artifacts::attestation_evidence_l2()),
    ];
    let accounts = predeploys
        .into_iter()
        .map(|(address, artifact)| {
            // Nonce 1, as of any contract (EIP-161): CREATE must not collide with an account that looks new.
            (address, GenesisAccount { nonce: 1, code: artifact.deployed_bytecode, ..Default::default() })
        })
        .collect();
    Genesis {
        rules: l2_rules(params),
        timestamp: params.genesisTimestamp,
        base_fee: params.minBaseFee.max(GWEI),
        accounts,
    }
}
