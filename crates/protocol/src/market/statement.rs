//! What enclaves sign about results.

use alloy_primitives::{Address, B256};
use alloy_sol_types::{Eip712Domain, SolStruct, eip712_domain, sol};

sol! {
    /// `program(input) = output`, as the result of one task.
    #[derive(Debug, PartialEq, Eq)]
    struct AttestedResult {
        bytes32 taskId;
        bytes32 program;
        bytes32 input;
        bytes32 output;
    }
}

sol! {
    /// The X25519 key that goes with an enclave's registered key, until a time in seconds.
    #[derive(Debug, PartialEq, Eq)]
    struct EncryptionKey {
        address key;
        bytes32 publicKey;
        uint256 notAfter;
    }
}

impl EncryptionKey {
    /// What the registered key signs, for one registry on one chain.
    pub fn digest(&self, chain_id: u64, registry: Address) -> B256 {
        self.eip712_signing_hash(&domain(chain_id, registry))
    }
}

fn domain(chain_id: u64, contract: Address) -> Eip712Domain {
    eip712_domain! {
        name: "LuxComputeMarket",
        version: "1",
        chain_id: chain_id,
        verifying_contract: contract,
    }
}

impl AttestedResult {
    /// What is signed, for one market on one chain.
    pub fn digest(&self, chain_id: u64, market: Address) -> B256 {
        self.eip712_signing_hash(&domain(chain_id, market))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{U256, b256};

    /// The expected value is of ethers v6, `TypedDataEncoder.hash`.
    #[test]
    fn digests_are_those_of_other_implementations() {
        let word = B256::repeat_byte;
        let result = AttestedResult { taskId: word(1), program: word(2), input: word(3), output: word(4) };
        let expected = b256!("805159f78e8ff3680ba5a2384ff740343331b394cb1fc23dda37daadc8fcaa87");
        assert_eq!(result.digest(31_337, Address::repeat_byte(5)), expected);
        assert_ne!(result.digest(31_338, Address::repeat_byte(5)), expected);
        assert_ne!(result.digest(31_337, Address::repeat_byte(6)), expected);
    }
    #[test]
    fn keys_to_encrypt_to_are_named_as_other_implementations_do_it() {
        let key = EncryptionKey {
            key: Address::repeat_byte(1),
            publicKey: B256::repeat_byte(2),
            notAfter: U256::from(1_800_000_000),
        };
        let expected = b256!("265928b73a828dacfc4abf723663f70414e2fd908a2905e8623174f7880d4621");
        assert_eq!(key.digest(31_337, Address::repeat_byte(5)), expected);
        assert_ne!(key.digest(31_337, Address::repeat_byte(6)), expected);
    }
}
