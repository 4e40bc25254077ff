//! `eth_*`.

mod access_list;
mod account;
mod block;
mod call;
mod estimate;
mod fee;
mod filter;
mod info;
mod logs;
mod proof;
mod send;
mod transaction;

use crate::register::Registrar;

pub(crate) use filter::{Filters, random_id};
pub(crate) use info::syncing;
pub(crate) use logs::check_filter;
pub use send::decode_transaction;
pub(crate) use transaction::raw_by_hash;

pub(crate) fn register(methods: &mut Registrar) {
    info::register(methods);
    account::register(methods);
    block::register(methods);
    transaction::register(methods);
    send::register(methods);
    call::register(methods);
    estimate::register(methods);
    access_list::register(methods);
    fee::register(methods);
    logs::register(methods);
    filter::register(methods);
    proof::register(methods);
}
