//! What a wallet asks first.

use crate::register::Registrar;
use crate::rpc::Rpc;
use alloy_primitives::{Address, U64};
use alloy_rpc_types_eth::{SyncInfo, SyncStatus};

pub(crate) fn register(methods: &mut Registrar) {
    methods.light("eth_chainId", 0, |rpc, _| Ok(U64::from(rpc.chain().rules().chain_id)));
    methods.light("eth_blockNumber", 0, |rpc, _| Ok(U64::from(rpc.chain().head().number())));
    methods.light("eth_accounts", 0, |_, _| Ok(Vec::<Address>::new()));
    methods.light("eth_syncing", 0, |rpc, _| Ok(syncing(rpc)));
    methods.light("eth_mining", 0, |_, _| Ok(false));
}

pub(crate) fn syncing(rpc: &Rpc) -> SyncStatus {
    let progress = rpc.sync_status.as_ref().and_then(|status| status());
    progress.map_or(SyncStatus::None, |progress| {
        SyncStatus::Info(Box::new(SyncInfo {
            starting_block: progress.starting_block.try_into().unwrap_or_default(),
            current_block: progress.current_block.try_into().unwrap_or_default(),
            highest_block: progress.highest_block.try_into().unwrap_or_default(),
            ..Default::default()
        }))
    })
}
