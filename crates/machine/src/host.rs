//! What the machine asks the world for.

use alloy_primitives::{B256, Bytes};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Source of preimages. The machine checks what it gets.
pub trait Host {
    /// Data with this keccak-256 hash.
    fn preimage(&mut self, hash: &B256) -> Option<Bytes>;
}

/// Has nothing.
impl Host for () {
    fn preimage(&mut self, _: &B256) -> Option<Bytes> {
        None
    }
}

impl Host for BTreeMap<B256, Bytes> {
    fn preimage(&mut self, hash: &B256) -> Option<Bytes> {
        self.get(hash).cloned()
    }
}

impl Host for HashMap<B256, Bytes> {
    fn preimage(&mut self, hash: &B256) -> Option<Bytes> {
        self.get(hash).cloned()
    }
}

/// Threads that run the same program share what it reads.
impl Host for Arc<HashMap<B256, Bytes>> {
    fn preimage(&mut self, hash: &B256) -> Option<Bytes> {
        self.get(hash).cloned()
    }
}

impl<H: Host + ?Sized> Host for &mut H {
    fn preimage(&mut self, hash: &B256) -> Option<Bytes> {
        (**self).preimage(hash)
    }
}

/// Remembers what another host gave, in order of use.
pub(crate) struct Recorder<'a> {
    host: &'a mut dyn Host,
    pub(crate) used: Vec<Bytes>,
}

impl<'a> Recorder<'a> {
    pub(crate) const fn new(host: &'a mut dyn Host) -> Self {
        Self { host, used: Vec::new() }
    }
}

impl Host for Recorder<'_> {
    fn preimage(&mut self, hash: &B256) -> Option<Bytes> {
        let preimage = self.host.preimage(hash)?;
        self.used.push(preimage.clone());
        Some(preimage)
    }
}
