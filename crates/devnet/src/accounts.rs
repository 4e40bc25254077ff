//! Accounts that have funds from block 0.

use crate::{DevnetConfig, DevnetError};
use alloy_primitives::Address;
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner, coins_bip39::English};

/// Keys of the first `count` accounts of a BIP-39 phrase at Ethereum's path.
pub(crate) fn derive(phrase: &str, count: u32) -> Result<Vec<(Address, PrivateKeySigner)>, DevnetError> {
    let signer = |index| MnemonicBuilder::<English>::default().phrase(phrase).index(index)?.build();
    (0..count)
        .map(|index| signer(index).map(|signer| (signer.address(), signer)))
        .collect::<Result<_, _>>()
        .map_err(|error| DevnetError::Mnemonic(error.to_string()))
}

impl DevnetConfig {
    /// The funded accounts and their keys.
    pub fn keys(&self) -> Result<Vec<(Address, PrivateKeySigner)>, DevnetError> {
        derive(&self.mnemonic, self.accounts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{address, b256};

    #[test]
    fn as_anvil_and_hardhat_derive_them() {
        let accounts = derive(&DevnetConfig::default().mnemonic, 10).unwrap();
        assert_eq!(accounts[0].0, address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
        assert_eq!(accounts[9].0, address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"));
        let key = b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
        assert_eq!(accounts[0].1.to_bytes(), key);
    }

    #[test]
    fn bad_phrases_are_refused() {
        assert!(matches!(derive("test test junk", 1), Err(DevnetError::Mnemonic(_))));
        assert!(matches!(derive(&"test ".repeat(12), 1), Err(DevnetError::Mnemonic(_))), "checksum");
    }
}
