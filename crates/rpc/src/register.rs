//! How methods enter the module, by what they cost.
//!
//! Light ones run where the request was read. The others run on threads of their own, a bounded number at a time, and their
//! reply is serialised there too, so that the reactor stays free for everybody else.

use crate::RpcContext;
use crate::args::Args;
use crate::error::{self, RpcResult};
use crate::rpc::Rpc;
use jsonrpsee::RpcModule;
use jsonrpsee::types::Params;
use serde::Serialize;
use serde_json::value::RawValue;
use std::io;
use std::sync::{Arc, atomic::Ordering};
use tokio::sync::Semaphore;

/// Which turns a method waits for.
#[derive(Clone, Copy)]
pub(crate) enum Cost {
    /// Reads blocks.
    Read,
    /// Runs the EVM.
    Execute,
}

impl Cost {
    fn gate(self, rpc: &Rpc) -> Arc<Semaphore> {
        match self {
            Self::Read => rpc.reads.clone(),
            Self::Execute => rpc.executions.clone(),
        }
    }
}

pub(crate) struct Registrar {
    pub module: RpcModule<Rpc>,
    pub context: Arc<RpcContext>,
}

impl Registrar {
    pub fn new(context: Arc<RpcContext>) -> Self {
        Self { module: RpcModule::new(Rpc::new(context.clone())), context }
    }

    /// A method that reads memory or a few trie nodes.
    pub fn light<T>(&mut self, name: &'static str, max_args: usize, handler: fn(&Rpc, &Args<'_>) -> RpcResult<T>)
    where
        T: Serialize + Clone + 'static,
    {
        let handle = move |params: Params<'_>, rpc: &Rpc, _: &_| handler(rpc, &Args::parse(&params, max_args)?);
        self.module.register_method(name, handle).expect("method names are distinct");
    }

    pub fn heavy<T>(
        &mut self,
        cost: Cost,
        name: &'static str,
        max_args: usize,
        handler: fn(&Rpc, &Args<'_>) -> RpcResult<T>,
    ) where
        T: Serialize + 'static,
    {
        let handle = move |params: Params<'static>, rpc: Arc<Rpc>, _| run(cost, max_args, handler, params, rpc);
        self.module.register_async_method(name, handle).expect("method names are distinct");
    }

    pub fn read<T: Serialize + 'static>(
        &mut self,
        name: &'static str,
        max_args: usize,
        handler: fn(&Rpc, &Args<'_>) -> RpcResult<T>,
    ) {
        self.heavy(Cost::Read, name, max_args, handler);
    }

    pub fn execute<T: Serialize + 'static>(
        &mut self,
        name: &'static str,
        max_args: usize,
        handler: fn(&Rpc, &Args<'_>) -> RpcResult<T>,
    ) {
        self.heavy(Cost::Execute, name, max_args, handler);
    }
}

/// Counts a waiting call for as long as it waits, also when the client goes away meanwhile.
struct Waiting<'a>(&'a Rpc);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn run<T: Serialize + 'static>(
    cost: Cost,
    max_args: usize,
    handler: fn(&Rpc, &Args<'_>) -> RpcResult<T>,
    params: Params<'static>,
    rpc: Arc<Rpc>,
) -> RpcResult<Box<RawValue>> {
    let waiting = Waiting(&rpc);
    if rpc.waiting.fetch_add(1, Ordering::Relaxed) >= rpc.limits.max_waiting {
        return Err(error::limit("too many requests are waiting, try again later"));
    }
    let turn = cost.gate(&rpc).acquire_owned().await.map_err(error::internal)?;
    drop(waiting);
    let work = {
        let rpc = rpc.clone();
        move || -> RpcResult<Box<RawValue>> {
            // Kept by the work, not by the client that may be gone before it is done.
            let _turn = turn;
            let value = handler(&rpc, &Args::parse(&params, max_args)?)?;
            to_json(&value, rpc.limits.max_response_bytes as usize)
        }
    };
    tokio::task::spawn_blocking(work).await.map_err(error::internal)?
}

struct Bounded {
    bytes: Vec<u8>,
    left: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self.left.checked_sub(bytes.len()).ok_or(io::ErrorKind::FileTooLarge)?;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Serialises a reply of at most `max` bytes.
pub(crate) fn to_json<T: Serialize>(value: &T, max: usize) -> RpcResult<Box<RawValue>> {
    let mut out = Bounded { bytes: Vec::with_capacity(256), left: max };
    serde_json::to_writer(&mut out, value).map_err(|error| match error.is_io() {
        true => error::limit(format!("response is larger than {max} bytes")),
        false => error::internal(error),
    })?;
    let json = String::from_utf8(out.bytes).map_err(error::internal)?;
    RawValue::from_string(json).map_err(error::internal)
}
