//! Blocks, transactions and receipts as JSON.

mod block;
mod receipt;
mod transaction;

pub(crate) use block::{RpcBlock, block, header, pending_block};
pub(crate) use receipt::{RpcReceipt, receipts};
pub(crate) use transaction::{Place, RpcTransaction, pending_transaction, transaction};
