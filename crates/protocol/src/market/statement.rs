//! What enclaves sign about results.

use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolStruct, eip712_domain, sol};

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

impl AttestedResult {
    /// What is signed, for one market on one chain.
    pub fn digest(&self, chain_id: u64, market: Address) -> B256 {
        let domain = eip712_domain! {
            name: "LuxComputeMarket",
            version: "1",
            chain_id: chain_id,
            verifying_contract: market,
        };
        self.eip712_signing_hash(&domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::b256;

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
}
