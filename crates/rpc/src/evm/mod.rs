//! The EVM over the state at a block.

mod db;
mod env;
mod outcome;
mod overrides;
mod request;

pub(crate) use db::SharedDb;
pub(crate) use env::{Evm, pending_attributes};
pub(crate) use outcome::{Outcome, invalid};
pub(crate) use request::CallRequest;
