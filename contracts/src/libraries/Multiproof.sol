// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Roots of the machine's memory, a binary keccak Merkle tree over 2^18 pages, from some of its leaves.
library Multiproof {
    error Multiproof_BadSiblings();

    uint256 private constant DEPTH = 18;

    /// @notice Roots before and after some leaves change, by the same siblings.
    /// @param _nodes Memory address of the leaves, which is overwritten: index, hash before, hash after, a word each, by
    /// ascending index.
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
                    let to := _nodes
                    for { let from := _nodes } lt(from, last) { from := add(from, 0x60) } {
                        let index := mload(from)
                        let left := mload(add(from, 0x20))
                        let leftAfter := mload(add(from, 0x40))
                        // Memory map: the scratch space holds the two children of a node.
                        switch and(index, 1)
                        case 1 {
                            mstore(0x20, left)
                            left := calldataload(sibling)
                            mstore(0, left)
                            sibling := add(sibling, 0x20)
                            before_ := keccak256(0, 0x40)
                            mstore(0x20, leftAfter)
                            after_ := keccak256(0, 0x40)
                        }
                        default {
                            let next := add(from, 0x60)
                            let right := 0
                            let rightAfter := 0
                            switch and(lt(next, last), eq(mload(next), add(index, 1)))
                            case 1 {
                                right := mload(add(next, 0x20))
                                rightAfter := mload(add(next, 0x40))
                                from := next
                            }
                            default {
                                right := calldataload(sibling)
                                rightAfter := right
                                sibling := add(sibling, 0x20)
                            }
                            mstore(0, left)
                            mstore(0x20, right)
                            before_ := keccak256(0, 0x40)
                            mstore(0, leftAfter)
                            mstore(0x20, rightAfter)
                            after_ := keccak256(0, 0x40)
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
