// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Calendar} from "./Calendar.sol";
import {Part, Tee_Duplicate, Tee_Invalid, Tee_Missing, Tee_TooLong, Tee_TrailingBytes} from "./Parts.sol";

/// @notice The JSON that Intel signs: no white space, no escapes, ASCII, numbers that are whole and not negative.
/// @dev Stricter than JSON: what Intel signs otherwise is refused, not read in a second way.
library Json {
    uint256 internal constant MAX_BYTES = 128 << 10;
    uint256 private constant MAX_DEPTH = 8;

    /// @dev What is left of the text: positions in the calldata.
    struct Cursor {
        uint256 position;
        uint256 end;
        Part part;
    }

    function open(bytes calldata _text, Part _part) internal pure returns (Cursor memory) {
        if (_text.length > MAX_BYTES) revert Tee_TooLong(_part, _text.length, MAX_BYTES);
        uint256 start;
        assembly ("memory-safe") {
            start := _text.offset
        }
        return Cursor(start, start + _text.length, _part);
    }

    function finish(Cursor memory _cursor) internal pure {
        if (_cursor.position != _cursor.end) revert Tee_TrailingBytes(_cursor.part);
    }

    /// @notice Whether `_letter` is next; if so, it is read.
    function accept(Cursor memory _cursor, bytes1 _letter) internal pure returns (bool) {
        if (_cursor.position >= _cursor.end || _byteAt(_cursor.position) != uint8(_letter)) return false;
        ++_cursor.position;
        return true;
    }

    function expect(Cursor memory _cursor, bytes1 _letter) internal pure {
        if (!accept(_cursor, _letter)) revert Tee_Invalid(_cursor.part, "JSON");
    }

    /// @notice Begins an array; whether it has elements. After each, `accept` a comma; then `expect` the end.
    function beginArray(Cursor memory _cursor) internal pure returns (bool) {
        expect(_cursor, "[");
        return !accept(_cursor, "]");
    }

    /// @notice Start and length of a string.
    function span(Cursor memory _cursor) internal pure returns (uint256 start_, uint256 length_) {
        expect(_cursor, '"');
        start_ = _cursor.position;
        uint256 place = start_;
        bool valid;
        // Behind the calldata are zeros, which end every string.
        assembly ("memory-safe") {
            for {} 1 { place := add(place, 1) } {
                let letter := byte(0, calldataload(place))
                if eq(letter, 0x22) {
                    valid := 1
                    break
                }
                if or(or(lt(letter, 0x20), gt(letter, 0x7e)), eq(letter, 0x5c)) { break }
            }
        }
        if (!valid || place >= _cursor.end) revert Tee_Invalid(_cursor.part, "JSON string");
        length_ = place - start_;
        _cursor.position = place + 1;
    }

    /// @notice A string of at most 32 letters, zeros behind it; zero for a longer one.
    function word(Cursor memory _cursor) internal pure returns (bytes32 ret_) {
        (uint256 start, uint256 length) = span(_cursor);
        if (length == 0 || length > 32) return 0;
        ret_ = _wordAt(start) >> (256 - 8 * length) << (256 - 8 * length);
    }

    /// @notice The name of a field, as `word`.
    function key(Cursor memory _cursor) internal pure returns (bytes32 ret_) {
        ret_ = word(_cursor);
        expect(_cursor, ":");
    }

    /// @notice Keccak-256 of a string.
    function hash(Cursor memory _cursor) internal pure returns (bytes32 ret_) {
        (uint256 start, uint256 length) = span(_cursor);
        // Memory map: the string, in free memory.
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, start, length)
            ret_ := keccak256(free, length)
        }
    }

    function number(Cursor memory _cursor, uint256 _max) internal pure returns (uint256 ret_) {
        uint256 start = _cursor.position;
        uint256 place = start;
        for (; place < _cursor.end; ++place) {
            uint256 digit = _byteAt(place) ^ 0x30;
            if (digit > 9) break;
            ret_ = ret_ * 10 + digit;
            if (ret_ > _max) revert Tee_TooLong(_cursor.part, ret_, _max);
        }
        bool leading = place > start + 1 && _byteAt(start) == 0x30;
        if (place == start || leading) revert Tee_Invalid(_cursor.part, "JSON number");
        _cursor.position = place;
    }

    /// @notice `_bytes` bytes in hexadecimal digits, at most 32: the lowest bytes of the result.
    function hexNumber(Cursor memory _cursor, uint256 _bytes) internal pure returns (uint256 ret_) {
        (uint256 start, uint256 length) = span(_cursor);
        if (length != 2 * _bytes) revert Tee_Invalid(_cursor.part, "hexadecimal number");
        return _hex(_cursor, start, length);
    }

    /// @notice 48 bytes in hexadecimal digits.
    function hex48(Cursor memory _cursor) internal pure returns (bytes32 high_, bytes16 low_) {
        (uint256 start, uint256 length) = span(_cursor);
        if (length != 96) revert Tee_Invalid(_cursor.part, "hexadecimal number");
        return (bytes32(_hex(_cursor, start, 64)), bytes16(uint128(_hex(_cursor, start + 64, 32))));
    }

    /// @notice A time such as `2025-06-19T10:12:17Z`, in seconds since 1970.
    function time(Cursor memory _cursor) internal pure returns (uint64 ret_) {
        (uint256 start, uint256 length) = span(_cursor);
        bool valid = length == 20 && _byteAt(start + 4) == 0x2d && _byteAt(start + 7) == 0x2d
            && _byteAt(start + 10) == 0x54 && _byteAt(start + 13) == 0x3a && _byteAt(start + 16) == 0x3a
            && _byteAt(start + 19) == 0x5a;
        if (valid) {
            (ret_, valid) = Calendar.seconds1970(
                _pair(_cursor, start) * 100 + _pair(_cursor, start + 2),
                _pair(_cursor, start + 5),
                _pair(_cursor, start + 8),
                _pair(_cursor, start + 11),
                _pair(_cursor, start + 14),
                _pair(_cursor, start + 17)
            );
        }
        if (!valid) revert Tee_Invalid(_cursor.part, "time");
    }

    /// @notice Reads a value of any kind.
    function skip(Cursor memory _cursor) internal pure {
        _skip(_cursor, 0);
    }

    /// @notice `_seen` with the bit of a field, which must not be there yet.
    function once(Cursor memory _cursor, uint256 _seen, uint256 _bit, bytes32 _field) internal pure returns (uint256) {
        if (_seen >> _bit & 1 != 0) revert Tee_Duplicate(_cursor.part, _field);
        return _seen | 1 << _bit;
    }

    /// @notice All of the fields in `_needed` are there.
    function requireAll(Cursor memory _cursor, uint256 _seen, uint256 _needed, bytes32 _what) internal pure {
        if (_seen & _needed != _needed) revert Tee_Missing(_cursor.part, _what);
    }

    function _skip(Cursor memory _cursor, uint256 _depth) private pure {
        if (_depth > MAX_DEPTH) revert Tee_TooLong(_cursor.part, _depth, MAX_DEPTH);
        uint256 first = _byteAt(_cursor.position);
        if (first == 0x22) {
            span(_cursor);
        } else if (accept(_cursor, "{")) {
            if (accept(_cursor, "}")) return;
            do {
                key(_cursor);
                _skip(_cursor, _depth + 1);
            } while (accept(_cursor, ","));
            expect(_cursor, "}");
        } else if (first == 0x5b) {
            if (!beginArray(_cursor)) return;
            do {
                _skip(_cursor, _depth + 1);
            } while (accept(_cursor, ","));
            expect(_cursor, "]");
        } else if (first == 0x74) {
            _literal(_cursor, "true", 4);
        } else if (first == 0x66) {
            _literal(_cursor, "false", 5);
        } else if (first == 0x6e) {
            _literal(_cursor, "null", 4);
        } else {
            number(_cursor, type(uint128).max);
        }
    }

    function _literal(Cursor memory _cursor, bytes32 _letters, uint256 _length) private pure {
        for (uint256 i; i < _length; ++i) {
            expect(_cursor, _letters[i]);
        }
    }

    function _hex(Cursor memory _cursor, uint256 _start, uint256 _digits) private pure returns (uint256 ret_) {
        for (uint256 place = _start; place < _start + _digits; ++place) {
            uint256 letter = _byteAt(place);
            uint256 digit = letter ^ 0x30;
            if (digit > 9) {
                // Letters of both cases.
                digit = (letter | 0x20) - 0x20;
                if (digit < 0x41 || digit > 0x46) revert Tee_Invalid(_cursor.part, "hexadecimal number");
                digit -= 0x37;
            }
            ret_ = ret_ << 4 | digit;
        }
    }

    function _pair(Cursor memory _cursor, uint256 _at) private pure returns (uint256) {
        (uint256 tens, uint256 ones) = (_byteAt(_at) ^ 0x30, _byteAt(_at + 1) ^ 0x30);
        if (tens > 9 || ones > 9) revert Tee_Invalid(_cursor.part, "time");
        return tens * 10 + ones;
    }

    function _byteAt(uint256 _at) private pure returns (uint256 ret_) {
        assembly ("memory-safe") {
            ret_ := byte(0, calldataload(_at))
        }
    }

    function _wordAt(uint256 _at) private pure returns (bytes32 ret_) {
        assembly ("memory-safe") {
            ret_ := calldataload(_at)
        }
    }
}
