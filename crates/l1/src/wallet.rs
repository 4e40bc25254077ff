//! The key that signs.

use std::{fmt, path::Path};

use alloy_consensus::{SignableTransaction, TxEnvelope};
use alloy_primitives::{Address, B256, Signature};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;

use crate::{CriticalError, L1Error};

/// A secp256k1 key. Neither `Debug` nor any error shows it.
#[derive(Clone)]
pub struct Wallet(PrivateKeySigner);

impl Wallet {
    /// From 32 bytes in hex, with or without `0x`; surrounding whitespace is ignored.
    pub fn from_hex(key: &str) -> Result<Self, L1Error> {
        key.trim()
            .parse()
            .map(Self)
            // The parser's message may quote the input.
            .map_err(|_| CriticalError::InvalidArgument("not a private key in hex").into())
    }

    /// From a file that holds the key in hex.
    pub fn from_file(path: &Path) -> Result<Self, L1Error> {
        let key =
            std::fs::read_to_string(path).map_err(|e| CriticalError::Signer(format!("{}: {e}", path.display())))?;
        Self::from_hex(&key)
    }

    /// From the environment variable `name`.
    pub fn from_env(name: &str) -> Result<Self, L1Error> {
        let key = std::env::var(name)
            .map_err(|_| CriticalError::Signer(format!("environment variable {name} is not set")))?;
        Self::from_hex(&key)
    }

    pub const fn address(&self) -> Address {
        self.0.address()
    }

    /// Signs a 32-byte digest, for instance of EIP-712 data.
    pub fn sign_hash(&self, hash: &B256) -> Result<Signature, L1Error> {
        self.0.sign_hash_sync(hash).map_err(|e| CriticalError::Signer(e.to_string()).into())
    }

    pub(crate) fn sign_transaction<T>(&self, tx: T) -> Result<TxEnvelope, L1Error>
    where
        T: SignableTransaction<Signature>,
        TxEnvelope: From<alloy_consensus::Signed<T>>,
    {
        let signature = self.sign_hash(&tx.signature_hash())?;
        Ok(tx.into_signed(signature).into())
    }
}

impl From<PrivateKeySigner> for Wallet {
    fn from(signer: PrivateKeySigner) -> Self {
        Self(signer)
    }
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wallet").field(&self.address()).finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use alloy_primitives::address;

    const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    #[test]
    fn reads_keys_and_never_shows_them() {
        for text in [KEY.to_owned(), format!(" 0x{KEY}\n")] {
            let wallet = Wallet::from_hex(&text).unwrap();
            assert_eq!(wallet.address(), address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
            assert!(!format!("{wallet:?} {wallet:#?}").contains("ac09"));
        }
        for bad in [&KEY[..62], "0x", "", &KEY.replace('a', "z")] {
            let error = Wallet::from_hex(bad).unwrap_err().to_string();
            assert!(bad.len() < 8 || !error.contains(&bad[4..]), "{error}");
        }
        assert!(Wallet::from_hex(&"0".repeat(64)).is_err());
    }
}
