//! Keys of enclaves to encrypt to: X25519, as RFC 9180 has them.

use crate::hybrid::{Secret, derive_private, public_of};
use alloy_primitives::B256;
use std::fmt;

/// A public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EncryptionKey(pub B256);

impl fmt::Display for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The private key of an enclave. `Debug` shows the public one; the secret is erased when it goes.
#[derive(Clone)]
pub struct DecryptionKey {
    pub(crate) private: Secret,
    public: EncryptionKey,
}

impl DecryptionKey {
    /// From 32 secret bytes with full entropy, by `DeriveKeyPair` of RFC 9180.
    pub fn derive(secret: &[u8; 32]) -> Self {
        let private = derive_private(secret);
        let public = EncryptionKey(public_of(&private).into());
        Self { private, public }
    }

    pub const fn public(&self) -> EncryptionKey {
        self.public
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DecryptionKey").field(&self.public).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_never_shown() {
        let key = DecryptionKey::derive(&[7; 32]);
        let private = alloy_primitives::hex::encode(*key.private);
        assert!(!format!("{key:?} {key:#?}").contains(&private[..8]));
    }
}
