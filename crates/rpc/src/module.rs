//! The methods together.

use crate::RpcContext;
use crate::register::Registrar;
use crate::{debug, eth, net, subscribe, txpool};
use jsonrpsee::RpcModule;
use std::sync::Arc;

/// The methods `eth_`, `net_`, `web3_`, `txpool_` and `debug_` of a chain.
pub fn eth_module(context: Arc<RpcContext>) -> RpcModule<()> {
    let mut registrar = Registrar::new(context);
    eth::register(&mut registrar);
    net::register(&mut registrar);
    txpool::register(&mut registrar);
    debug::register(&mut registrar);
    subscribe::register(&mut registrar.module);
    registrar.module.remove_context()
}
