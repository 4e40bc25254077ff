// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Roots of the machine's memory, a binary keccak Merkle tree over 2^18 pages, from some of its leaves.
library Multiproof {
    error Multiproof_BadSiblings();

    uint256 private constant DEPTH = 18;

    /// @notice Roots before and after some leaves change, by the same siblings.
    /// @param _nodes Memory address of the leaves, which is overwritten: index, hash before, hash after, a word each, by
    /// ascending index. The word behind them is overwritten as well.
    /// @param _count Number of leaves. Without any, the only sibling is the root.
    /// @param _siblings Nodes that are not above a leaf, level by level from the leaves up, in order.
    function roots(uint256 _nodes, uint256 _count, bytes calldata _siblings)
        internal
        pure
        returns (bytes32 before_, bytes32 after_)
    {
        bool valid;
        assembly ("memory-safe") {
            let sibling := _siblings.offset
            let end := add(sibling, _siblings.length)
            switch _count
            case 0 {
                before_ := calldataload(sibling)
                after_ := before_
                valid := eq(_siblings.length, 0x20)
            }
            default {
                let last := add(_nodes, mul(_count, 0x60))
                for { let level := 0 } lt(level, DEPTH) { level := add(level, 1) } {
                    // No index: the last node has no neighbour.
                    mstore(last, not(0))
                    let to := _nodes
                    let from := _nodes
                    for {} lt(from, last) {} {
                        let index := mload(from)
                        // Memory map: the scratch space holds the two children of a node. Indices ascend, so that the next
                        // one is this one with its lowest bit set only if it is the right child of the same node.
                        switch eq(mload(add(from, 0x60)), or(index, 1))
                        case 1 {
                            mstore(0, mload(add(from, 0x20)))
                            mstore(0x20, mload(add(from, 0x80)))
                            before_ := keccak256(0, 0x40)
                            mstore(0, mload(add(from, 0x40)))
                            mstore(0x20, mload(add(from, 0xa0)))
                            after_ := keccak256(0, 0x40)
                            from := add(from, 0xc0)
                        }
                        default {
                            let side := shl(5, and(index, 1))
                            mstore(xor(side, 0x20), calldataload(sibling))
                            sibling := add(sibling, 0x20)
                            mstore(side, mload(add(from, 0x20)))
                            before_ := keccak256(0, 0x40)
                            mstore(side, mload(add(from, 0x40)))
                            after_ := keccak256(0, 0x40)
                            from := add(from, 0x60)
                        }
                        mstore(to, shr(1, index))
                        mstore(add(to, 0x20), before_)
                        mstore(add(to, 0x40), after_)
                        to := add(to, 0x60)
                    }
                    last := to
                }
                valid := eq(sibling, end)
            }
        }
        if (!valid) revert Multiproof_BadSiblings();
    }
}
