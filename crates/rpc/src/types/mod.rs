//! Blocks, transactions and receipts as JSON.

mod block;
mod encoded;
mod receipt;
mod transaction;

pub(crate) use block::{RpcBlock, block, header, pending_block};
pub(crate) use encoded::encode_block;
pub(crate) use receipt::{RpcReceipt, receipts};
pub(crate) use transaction::{RpcTransaction, pending_transaction, transaction};
