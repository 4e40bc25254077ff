//! Encrypted transactions of a node.

use clap::Args;
use eyre::{WrapErr, eyre};
use lux_confidential::{RollupContext, state_root_registry};
use lux_l1::{Clock, Wallet};
use lux_node::{Node, Rollup};
use lux_protocol::contracts::ExecutionMode;
use lux_sealed::{Enclaves, Inbox, InboxConfig, InboxLimits, InboxStore};
use std::path::Path;
use std::sync::Arc;

/// Name of the database in a data folder.
pub const INBOX_FILE: &str = "sealed.redb";

#[derive(Args, Clone, Copy)]
pub struct PlainArgs {
    /// Take transactions in plain too, where the rollup is confidential.
    #[arg(long)]
    plain_transactions: bool,
}

impl PlainArgs {
    /// Whether `eth_sendRawTransaction` works.
    pub fn are_taken(self, rollup: &Rollup) -> bool {
        self.plain_transactions || rollup.config.executionMode != ExecutionMode::Confidential
    }
}

/// Opens what takes encrypted transactions, with the keys of enclaves that the registry on L1 has.
pub async fn open_inbox(node: &Node, enclaves: &[Wallet], data: &Path, clock: Clock) -> eyre::Result<Arc<Inbox>> {
    let rollup = &node.rollup;
    let registry = state_root_registry(&node.l1, rollup.address).await?;
    let registry = registry.ok_or_else(|| {
        eyre!("the rollup has no registry of enclave keys on L1: its owner gives `lux-rollup tee quorum` first")
    })?;
    let enclaves = Enclaves::open(node.l1.clone(), registry, enclaves, clock).await?;
    let file = data.join(INBOX_FILE);
    let store = InboxStore::open(&file)
        .wrap_err_with(|| format!("{}: is another lux-rollup using this folder?", file.display()))?;
    let context =
        RollupContext { l1_chain_id: rollup.l1_chain_id, rollup: rollup.address, l2_chain_id: rollup.params.l2ChainId };
    let config = InboxConfig { rollup: context, limits: InboxLimits::default() };
    let inbox = Arc::new(Inbox::open(node.chain.clone(), enclaves, store, config)?);
    if inbox.announced().enclaves.is_empty() {
        tracing::warn!(
            "no key of --enclave-key is usable in the registry: encrypted transactions are refused until one is"
        );
    }
    Ok(inbox)
}

/// Does what an inbox needs done, for ever.
pub async fn look_after(inbox: Option<Arc<Inbox>>) {
    match inbox {
        Some(inbox) => inbox.run().await,
        None => std::future::pending().await,
    }
}
