//! Block 0 of a devnet.

use crate::{DevnetConfig, DevnetError};
use alloy_primitives::{Address, Bytes, address, hex};
use lux_chain::{Genesis, GenesisAccount, Store};
use lux_protocol::BaseFeeParams;
use lux_stf::{ChainKind, Rules};

/// The CREATE2 deployer that Foundry and others expect on every chain (Arachnid/deterministic-deployment-proxy).
const CREATE2_DEPLOYER: Address = address!("4e59b44847b379578588920ca78fbf26c0b4956c");
const CREATE2_DEPLOYER_CODE: [u8; 69] = hex!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);

/// Block 0 for `store`, with the timestamp that the chain in it began with.
pub(crate) fn genesis(
    config: &DevnetConfig,
    funded: impl Iterator<Item = Address>,
    store: &Store,
) -> Result<Genesis, DevnetError> {
    let begun = match store.canonical_hash(0)? {
        Some(hash) => store.block(&hash)?.map(|block| block.header.timestamp),
        None => None,
    };
    let timestamp = config.genesis_timestamp.or(begun).unwrap_or_else(|| (config.wall_clock)());
    let account = GenesisAccount { balance: config.balance, ..Default::default() };
    let mut accounts: Vec<(Address, GenesisAccount)> = funded.map(|address| (address, account.clone())).collect();
    let code = Bytes::from_static(&CREATE2_DEPLOYER_CODE);
    accounts.push((CREATE2_DEPLOYER, GenesisAccount { nonce: 1, code, ..Default::default() }));
    let rules = Rules {
        kind: ChainKind::Ethereum,
        chain_id: config.chain_id,
        gas_limit: config.gas_limit,
        base_fee: BaseFeeParams::ETHEREUM,
    };
    Ok(Genesis { rules, timestamp, base_fee: config.base_fee, accounts })
}
