use crate::rpc::Rpc; pub(crate) fn register(_: &mut jsonrpsee::RpcModule<Rpc>) {}
