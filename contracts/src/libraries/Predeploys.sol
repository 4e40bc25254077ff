// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Fixed addresses of docs/protocol.md, "Predeploys and system senders".
library Predeploys {
    address internal constant L2_MESSAGE_BRIDGE = 0x0500000000000000000000000000000000000001;
    address internal constant L2_TOKEN_BRIDGE = 0x0500000000000000000000000000000000000002;
    address internal constant L1_BLOCK = 0x0500000000000000000000000000000000000003;
    address internal constant FEE_VAULT = 0x0500000000000000000000000000000000000004;
    address internal constant BRIDGED_ERC20 = 0x0500000000000000000000000000000000000005;
    address internal constant COMPUTE_MARKET = 0x0500000000000000000000000000000000000006;
    address internal constant ATTESTATION_VERIFIER = 0x0500000000000000000000000000000000000007;
    address internal constant ENCLAVE_KEYS = 0x0500000000000000000000000000000000000008;
    address internal constant ATTESTATION_EVIDENCE = 0x0500000000000000000000000000000000000009;
    address internal constant TRAINING = 0x050000000000000000000000000000000000000A;
    address internal constant TRAINING_DISPUTES = 0x050000000000000000000000000000000000000B;
    address internal constant L1_MESSAGE_BRIDGE = 0x0500000000000000000000000000000000000011;
    address internal constant L1_ROLLUP = 0x0500000000000000000000000000000000000012;
    /// @dev Precompiled contract behind `ATTESTATION_VERIFIER`.
    address internal constant ATTESTATION_PRECOMPILE = 0x0500000000000000000000000000000000000100;
    address internal constant SYSTEM = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;

    uint160 private constant ALIAS_OFFSET = uint160(0x1111000000000000000000000000000000001111);

    /// @notice The L2 address that stands for an L1 contract.
    function aliasOf(address _l1Contract) internal pure returns (address ret_) {
        unchecked {
            ret_ = address(uint160(_l1Contract) + ALIAS_OFFSET);
        }
    }
}
