// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice ECDSA over P-256 with the precompile of EIP-7951, which checks the ranges of all numbers and that the key is a point.
library P256 {
    /// @notice Whether `_x`, `_y` signed a message with this SHA-256 hash.
    function verify(bytes32 _hash, bytes32 _r, bytes32 _s, bytes32 _x, bytes32 _y) internal view returns (bool valid_) {
        // Memory map: 160 bytes behind the free memory are the input; the scratch space takes the answer, which is empty
        // where the signature is not valid.
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, _hash)
            mstore(add(input, 0x20), _r)
            mstore(add(input, 0x40), _s)
            mstore(add(input, 0x60), _x)
            mstore(add(input, 0x80), _y)
            mstore(0, 0)
            let done := staticcall(gas(), 0x100, input, 0xa0, 0, 0x20)
            valid_ := and(and(done, eq(returndatasize(), 0x20)), eq(mload(0), 1))
        }
    }

    /// @notice SHA-256 of the memory between two addresses.
    function sha256Of(uint256 _from, uint256 _to) internal view returns (bytes32 ret_) {
        bool done;
        // Memory map: the scratch space takes the hash.
        assembly ("memory-safe") {
            done := staticcall(gas(), 2, _from, sub(_to, _from), 0, 0x20)
            ret_ := mload(0)
        }
        // Without gas the precompile leaves the memory as it was.
        require(done);
    }
}
