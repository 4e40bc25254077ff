//! The key that signs.

use std::{fmt, fs, io::Write, path::Path};

use alloy_consensus::{SignableTransaction, TxEnvelope};
use alloy_primitives::{Address, B256, B512, Keccak256, Signature};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use zeroize::Zeroizing;

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

    /// A new key in a new file, which only its owner can read where the system has such files.
    pub fn create_file(path: &Path) -> Result<Self, L1Error> {
        let key = PrivateKeySigner::random();
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .open(path)
            .and_then(|mut file| writeln!(file, "{}", key.to_bytes()))
            .map_err(|e| CriticalError::Signer(format!("{}: {e}", path.display())))?;
        Ok(Self(key))
    }

    pub const fn address(&self) -> Address {
        self.0.address()
    }

    /// `x ‖ y`
    pub fn public_key(&self) -> B512 {
        self.0.public_key()
    }

    /// 32 bytes that only who has the key can derive: Keccak-256(`purpose` ‖ key). They tell nothing about the key.
    pub fn derive_secret(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut hasher = Keccak256::new();
        hasher.update(purpose);
        hasher.update(Zeroizing::new(self.0.to_bytes().0).as_slice());
        Zeroizing::new(hasher.finalize().0)
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

impl From<Wallet> for PrivateKeySigner {
    fn from(wallet: Wallet) -> Self {
        wallet.0
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

    #[test]
    fn new_keys_are_kept_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let made = Wallet::create_file(&path).unwrap();
        let read = Wallet::from_file(&path).unwrap();
        assert_eq!((made.address(), made.public_key()), (read.address(), read.public_key()));
        assert_eq!(Address::from_raw_public_key(&made.public_key().0), made.address());
        assert!(Wallet::create_file(&path).is_err());
        assert_eq!(Wallet::from_file(&path).unwrap().address(), made.address());
        assert_ne!(Wallet::create_file(&folder.path().join("other")).unwrap().address(), made.address());
    }
}
