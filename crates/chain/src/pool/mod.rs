//! Transactions that wait for a block.
//!
//! A [`Pool`] holds what accounts signed, per account in nonce order. The run of nonces from the account's own, as far as
//! its balance pays for, is *pending* and goes to the block builder through [`Pool::best`]; everything else is *queued*
//! until the gap closes, the balance grows or [`PoolConfig::queued_lifetime`] passes. The rules and the wording of
//! [`PoolError`] are geth's, since wallets and tools match on them.
//!
//! Memory is bounded by construction: at most [`PoolConfig::max_transactions`] transactions of together at most
//! [`PoolConfig::max_bytes`] encoded bytes. Decoded, a transaction takes at most about 2.2 times its encoding (empty
//! access list entries are the worst case) plus 1 KiB for itself and its places in the indexes.
//!
//! The pool does not read blocks. Whoever moves the head tells it: [`Pool::on_new_block`] with the accounts that a block
//! changed, for whatever reason (sending, receiving, a deposit, an EIP-7702 authorization), or [`Pool::on_reorg`].

mod account;
mod admit;
mod best;
mod config;
mod error;
mod fees;
mod shared;
mod store;
mod tx;
mod validate;
mod view;

#[cfg(test)]
mod tests;

pub use best::Best;
pub use config::PoolConfig;
pub use error::PoolError;
pub use shared::{AccountState, AccountUpdate, Added, Pool};
pub use tx::PooledTx;
pub use view::{AccountContent, PoolStatus};
