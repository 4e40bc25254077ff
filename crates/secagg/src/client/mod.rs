mod phases;
mod state;

pub use phases::Step;
pub(crate) use phases::commit_self_mask;

use crate::seal::Shares;
use crate::secrets::{KeyPair, derive, mask_scalar};
use crate::{AdvertiseKeys, ClientError, Context, Round, WorkerSet};
use alloy_primitives::{Address, B256};
use std::sync::Arc;
use zeroize::Zeroizing;

/// A worker in one round.
///
/// Every phase answers once: the same question again gets the same answer, another one is refused, also after a restart from the
/// state that came with the answer. So a worker never reveals both kinds of shares of anyone, and never masks two vectors with the
/// same masks.
pub struct Client {
    context: Context,
    address: Address,
    seed: Zeroizing<[u8; 32]>,
    shared: Option<Shared>,
}

/// After the worker shared its secrets.
struct Shared {
    round: Arc<Round>,
    index: u16,
    masked: Option<Masked>,
}

/// After it masked its vector.
struct Masked {
    /// What was delivered and what was masked.
    question: B256,
    peers: WorkerSet,
    /// What it holds of each peer's secrets and of its own, in ascending order.
    held: Zeroizing<Vec<Shares>>,
    /// The list that it signed.
    survivors: Option<WorkerSet>,
    /// Whether it revealed shares.
    revealed: bool,
}

impl Client {
    /// Begins a round. The seed is 32 bytes from the operating system's generator, fresh for every round.
    pub fn new(context: Context, address: Address, seed: [u8; 32]) -> Self {
        Self { context, address, seed: Zeroizing::new(seed), shared: None }
    }

    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// Whether a masked vector was made. A server that lies may have it unmasked by a quorum of others and call the round failed, so it may
    /// be masked again, in another round, only where the chain shows that nobody could reveal shares in this one.
    pub fn masked(&self) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.masked.is_some())
    }

    /// Whether this worker revealed shares. From then on the sum counts as known, whatever the server says: the vector, and what is
    /// computed from it, must never be masked again, as the difference of two sums would give others' vectors away.
    pub fn revealed(&self) -> bool {
        let masked = self.shared.as_ref().and_then(|shared| shared.masked.as_ref());
        masked.is_some_and(|masked| masked.revealed)
    }

    /// A secret of this round that is used for nothing else here, and that a restarted worker finds again.
    pub fn secret(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        derive(self.context.digest(), self.seed.as_slice(), &[b"for ", purpose.as_bytes()])
    }

    fn cipher_keys(&self) -> KeyPair {
        KeyPair::cipher(&self.context, &self.seed)
    }

    fn mask_keys(&self) -> KeyPair {
        KeyPair::mask(&self.context, &mask_scalar(&self.context, &self.seed))
    }

    fn public_keys(&self) -> AdvertiseKeys {
        AdvertiseKeys { cipher: self.cipher_keys().public, mask: self.mask_keys().public }
    }

    fn shared(&self, phase: &'static str) -> Result<&Shared, ClientError> {
        self.shared.as_ref().ok_or(ClientError::TooEarly(phase))
    }
}

impl Masked {
    fn holds(&self, index: u16, own: u16) -> bool {
        index == own || self.peers.contains(index)
    }
}
