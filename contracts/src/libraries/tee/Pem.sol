// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Part, Tee_Invalid, Tee_TrailingBytes} from "./Parts.sol";

/// @notice Certificates as text. Between and after them nothing but white space and zero bytes is allowed.
library Pem {
    Part private constant PART = Part.PckChain;
    bytes32 private constant BEGIN = keccak256("-----BEGIN CERTIFICATE-----");
    bytes32 private constant END = keccak256("-----END CERTIFICATE-----");
    uint256 private constant BEGIN_BYTES = 27;
    uint256 private constant END_BYTES = 25;
    /// @dev Space, tab, CR, LF and zero, by their numbers.
    uint256 private constant BLANK = 1 << 0x20 | 1 << 0x09 | 1 << 0x0d | 1 << 0x0a | 1;

    /// @notice The three certificates that are all of `_text`.
    function certificates(bytes calldata _text) internal pure returns (bytes[3] memory ret_) {
        uint256 place = _skipBlank(_text, 0);
        for (uint256 i; i < 3; ++i) {
            if (_text.length < place + BEGIN_BYTES || keccak256(_text[place:place + BEGIN_BYTES]) != BEGIN) {
                revert Tee_Invalid(PART, "PEM");
            }
            uint256 end;
            (ret_[i], end) = _decode(_text, place + BEGIN_BYTES);
            if (_text.length < end + END_BYTES || keccak256(_text[end:end + END_BYTES]) != END) {
                revert Tee_Invalid(PART, "PEM");
            }
            place = _skipBlank(_text, end + END_BYTES);
        }
        if (place != _text.length) revert Tee_TrailingBytes(PART);
    }

    function _skipBlank(bytes calldata _text, uint256 _at) private pure returns (uint256) {
        while (_at < _text.length && BLANK >> uint8(_text[_at]) & 1 != 0) ++_at;
        return _at;
    }

    /// @dev Base64 up to a dash, with line ends anywhere: every four letters, padded, are three bytes, and bits that are not
    /// used are zero.
    function _decode(bytes calldata _text, uint256 _start) private pure returns (bytes memory ret_, uint256 end_) {
        ret_ = new bytes((_text.length - _start) / 4 * 3 + 3);
        bool valid;
        // Memory map: the 256 bytes behind the free memory have the value of each letter, 0xff for what is none. The bytes go
        // behind the length of `ret_`, which has room for all of the text.
        assembly ("memory-safe") {
            let table := mload(0x40)
            for { let i := 0 } lt(i, 0x100) { i := add(i, 0x20) } { mstore(add(table, i), not(0)) }
            for { let i := 0 } lt(i, 26) { i := add(i, 1) } {
                mstore8(add(table, add(0x41, i)), i)
                mstore8(add(table, add(0x61, i)), add(26, i))
            }
            for { let i := 0 } lt(i, 10) { i := add(i, 1) } { mstore8(add(table, add(0x30, i)), add(52, i)) }
            mstore8(add(table, 0x2b), 62)
            mstore8(add(table, 0x2f), 63)

            let to := add(ret_, 0x20)
            let from := add(_text.offset, _start)
            let end := add(_text.offset, _text.length)
            let bits := 0
            let count := 0
            let padding := 0
            valid := 1
            for {} lt(from, end) { from := add(from, 1) } {
                let letter := byte(0, calldataload(from))
                if eq(letter, 0x2d) { break }
                if or(eq(letter, 0x0a), eq(letter, 0x0d)) { continue }
                let value := byte(0, mload(add(table, letter)))
                if eq(letter, 0x3d) {
                    padding := add(padding, 1)
                    value := 0
                }
                // Nothing follows padding but padding.
                if or(eq(value, 0xff), and(gt(padding, 0), iszero(eq(letter, 0x3d)))) {
                    valid := 0
                    break
                }
                bits := or(shl(6, bits), value)
                count := add(count, 1)
                if iszero(and(count, 3)) {
                    mstore8(to, shr(16, bits))
                    mstore8(add(to, 1), shr(8, bits))
                    mstore8(add(to, 2), bits)
                    to := add(to, 3)
                    // What padding stands for is zero, and whole bytes of it are not kept.
                    if and(bits, sub(shl(shl(3, padding), 1), 1)) { valid := 0 }
                    bits := 0
                }
            }
            if or(and(count, 3), gt(padding, 2)) { valid := 0 }
            end_ := sub(from, _text.offset)
            mstore(ret_, sub(sub(to, padding), add(ret_, 0x20)))
        }
        if (!valid) revert Tee_Invalid(PART, "Base64");
    }
}
