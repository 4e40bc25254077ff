//! Small contracts, by hand.

use alloy_primitives::{Bytes, hex};
use alloy_sol_types::sol;
use lux_node::artifacts::Artifact;

sol! {
    interface DevToken {
        function mint(address to, uint256 amount) external;
        function balanceOf(address account) external view returns (uint256);
    }
    interface L2TokenBridge {
        function l2TokenOf(address l1Token) external view returns (address);
    }
    interface L1Block {
        function number() external view returns (uint256);
        function messageCount() external view returns (uint256);
    }
    interface Timelock {
        function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function execute(address target, uint256 value, bytes payload, bytes32 predecessor, bytes32 salt) external payable;
    }
    interface Settings {
        function settings() external view returns (address);
        function setEvidence(uint8 kind, address module) external;
    }
}

/// Init code of a contract with this code.
fn init(runtime: &[u8]) -> Bytes {
    let mut code = vec![0x60, runtime.len() as u8, 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3];
    code.extend_from_slice(runtime);
    code.into()
}

pub fn dev_token() -> Bytes {
    let json = include_str!("../../../../../contracts/artifacts/DevToken.json");
    serde_json::from_str::<Artifact>(json).unwrap().bytecode
}

/// Calls the address in the first word of its call data with the rest and its value.
pub fn forwarder() -> Bytes {
    init(&hex!("60203603806020 5f37 5f5f825f345f355af1 601857 5f5ffd 5b00"))
}

/// Without call data it opens; once open it puts the first word of its call data into slot 1, before it reverts.
pub fn door() -> Bytes {
    init(&hex!("36600957 60015f5500 5b5f54601257 5f5ffd 5b5f3560015500"))
}

/// Puts the hash of the block whose number it is called with into slot 0.
pub fn block_hash_keeper() -> Bytes {
    init(&hex!("5f35405f5500"))
}

/// Adds one to slot 0 at every call.
pub fn counter() -> Bytes {
    init(&hex!("5f546001015f5500"))
}

/// Evidence that disproves everything.
pub fn liar() -> Bytes {
    init(&hex!("6004361160011b 5f5260205ff3"))
}
