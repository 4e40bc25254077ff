//! Keys of enclaves to encrypt to: X25519, as RFC 9180 has them.

use crate::ConfidentialError;
use crate::hybrid::{Kem, Private, Public};
use alloy_primitives::B256;
use hpke::{Deserializable, Kem as _, Serializable};
use std::fmt;

/// A public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EncryptionKey(pub B256);

impl EncryptionKey {
    pub(crate) fn public(&self) -> Result<Public, ConfidentialError> {
        Public::from_bytes(self.0.as_slice()).map_err(|_| ConfidentialError::InvalidKey(*self))
    }
}

impl fmt::Display for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The private key of an enclave. `Debug` shows the public one; the secret is erased when it goes.
#[derive(Clone)]
pub struct DecryptionKey {
    pub(crate) private: Private,
    public: EncryptionKey,
}

impl DecryptionKey {
    /// From 32 secret bytes with full entropy, by `DeriveKeyPair` of RFC 9180.
    pub fn derive(secret: &[u8; 32]) -> Self {
        let (private, public) = Kem::derive_keypair(secret);
        Self { private, public: EncryptionKey(B256::from_slice(&public.to_bytes())) }
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
    use alloy_primitives::b256;

    /// RFC 9180, A.2: `ikmR`, `pkRm`.
    #[test]
    fn keys_are_derived_as_the_rfc_says() {
        let secret = b256!("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df");
        let key = DecryptionKey::derive(&secret.0);
        let public = b256!("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");
        assert_eq!(key.public(), EncryptionKey(public));
        assert!(!format!("{key:?}").contains("1ac01f18"));
    }
}
