//! Methods under their names.

use super::args::Args;
use crate::{Devnet, DevnetError};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use serde::Serialize;

pub(super) struct Registry(pub RpcModule<Devnet>);

impl Registry {
    /// Registers a method under each of `names`. It runs on a thread that may block: it may wait for the chain's writer
    /// and for the disk.
    pub fn add<R: Serialize + Clone + Send + 'static>(
        &mut self,
        names: &[&'static str],
        method: fn(&Devnet, &mut Args) -> Result<R, DevnetError>,
    ) -> Result<(), RegisterMethodError> {
        for name in names {
            self.0.register_blocking_method(name, move |params, devnet, _| {
                Args::new(&params).and_then(|mut args| method(&devnet, &mut args))
            })?;
        }
        Ok(())
    }
}
