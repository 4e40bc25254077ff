// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Calendar} from "./Calendar.sol";
import {Part, Tee_Invalid, Tee_TooLong, Tee_TrailingBytes, Tee_Truncated} from "./Parts.sol";

/// @notice DER in memory, read strictly: definite minimal lengths, nothing left over.
library Der {
    uint256 internal constant BOOLEAN = 0x01;
    uint256 internal constant INTEGER = 0x02;
    uint256 internal constant BIT_STRING = 0x03;
    uint256 internal constant OCTET_STRING = 0x04;
    uint256 internal constant OID = 0x06;
    uint256 internal constant UTC_TIME = 0x17;
    uint256 internal constant GENERALIZED_TIME = 0x18;
    uint256 internal constant SEQUENCE = 0x30;

    /// @dev What is left of the content of one value: memory addresses.
    struct Reader {
        uint256 position;
        uint256 end;
        Part part;
    }

    /// @notice A reader of all of `_data`, which has at most `_max` bytes.
    function open(bytes memory _data, Part _part, uint256 _max) internal pure returns (Reader memory) {
        if (_data.length > _max) revert Tee_TooLong(_part, _data.length, _max);
        uint256 start;
        assembly ("memory-safe") {
            start := add(_data, 0x20)
        }
        return Reader(start, start + _data.length, _part);
    }

    function isFinished(Reader memory _reader) internal pure returns (bool) {
        return _reader.position == _reader.end;
    }

    function finish(Reader memory _reader) internal pure {
        if (_reader.position != _reader.end) revert Tee_TrailingBytes(_reader.part);
    }

    /// @notice The tag of the next value; zero, which no value has, at the end.
    function peek(Reader memory _reader) internal pure returns (uint256) {
        return isFinished(_reader) ? 0 : byteAt(_reader.position);
    }

    /// @notice Start of the content of the next value, which must have this tag; it ends where the reader stands then.
    function expect(Reader memory _reader, uint256 _tag, bytes32 _what) internal pure returns (uint256 content_) {
        uint256 place = _reader.position;
        uint256 end = _reader.end;
        if (end < place + 2) revert Tee_Truncated(_reader.part);
        if (byteAt(place) != _tag) revert Tee_Invalid(_reader.part, _what);
        uint256 length = byteAt(place + 1);
        content_ = place + 2;
        if (length > 0x7f) {
            uint256 width = length & 0x7f;
            // No value read here is longer than three bytes can say.
            if (width == 0 || width > 3) revert Tee_Invalid(_reader.part, "DER");
            if (content_ + width > end) revert Tee_Truncated(_reader.part);
            length = uint256(wordAt(content_)) >> (256 - 8 * width);
            if (length < 0x80 || length >> (8 * (width - 1)) == 0) revert Tee_Invalid(_reader.part, "DER");
            content_ += width;
        }
        if (length > end - content_) revert Tee_Truncated(_reader.part);
        _reader.position = content_ + length;
    }

    /// @notice A reader of the content of the next value.
    function enter(Reader memory _reader, uint256 _tag, bytes32 _what) internal pure returns (Reader memory) {
        uint256 content = expect(_reader, _tag, _what);
        return Reader(content, _reader.position, _reader.part);
    }

    /// @notice A sequence that is all there is.
    function enterOnly(Reader memory _reader, bytes32 _what) internal pure returns (Reader memory ret_) {
        ret_ = enter(_reader, SEQUENCE, _what);
        finish(_reader);
    }

    /// @notice Keccak-256 of the encoding of the next value.
    function hashNext(Reader memory _reader, uint256 _tag, bytes32 _what) internal pure returns (bytes32 ret_) {
        uint256 start = _reader.position;
        expect(_reader, _tag, _what);
        uint256 end = _reader.position;
        assembly ("memory-safe") {
            ret_ := keccak256(start, sub(end, start))
        }
    }

    /// @notice An INTEGER that is not negative and has at most `_bytes` bytes, 32 or fewer.
    function unsigned(Reader memory _reader, uint256 _bytes, bytes32 _what) internal pure returns (uint256) {
        uint256 start = expect(_reader, INTEGER, _what);
        uint256 length = _reader.position - start;
        if (length == 0 || byteAt(start) > 0x7f) revert Tee_Invalid(_reader.part, _what);
        if (byteAt(start) == 0 && length > 1) {
            // A zero in front is only for what would be negative without.
            if (byteAt(start + 1) < 0x80) revert Tee_Invalid(_reader.part, _what);
            ++start;
            --length;
        }
        if (length > _bytes) revert Tee_TooLong(_reader.part, length, _bytes);
        return uint256(wordAt(start)) >> (256 - 8 * length);
    }

    function boolean(Reader memory _reader, bytes32 _what) internal pure returns (bool) {
        uint256 start = expect(_reader, BOOLEAN, _what);
        uint256 value = byteAt(start);
        if (_reader.position != start + 1 || (value != 0 && value != 0xff)) revert Tee_Invalid(_reader.part, _what);
        return value != 0;
    }

    /// @notice An OBJECT IDENTIFIER: its content, zeros, and in the last byte how long that is, at most 31 bytes. Of those that are
    /// so short it takes what `crates/tee` takes.
    function oid(Reader memory _reader, bytes32 _what) internal pure returns (bytes32) {
        uint256 start = expect(_reader, OID, _what);
        uint256 length = _reader.position - start;
        // The first byte is 40 times the first number, at most 2, and the second, at most 39; a third has to follow.
        bool valid = length > 2 && length < 32 && byteAt(start) < 120 && byteAt(_reader.position - 1) < 0x80;
        uint256 number;
        for (uint256 place = start; valid && place < _reader.position; ++place) {
            uint256 value = byteAt(place);
            // No number begins with a zero, and none has more than 28 bits, which are four bytes.
            valid = number >> 21 == 0 && (number != 0 || value != 0x80);
            number = value < 0x80 ? 0 : number << 7 | value & 0x7f;
        }
        if (!valid) revert Tee_Invalid(_reader.part, _what);
        return (wordAt(start) >> (256 - 8 * length) << (256 - 8 * length)) | bytes32(length);
    }

    /// @notice A time in seconds since 1970.
    function time(Reader memory _reader) internal pure returns (uint64 ret_) {
        bool short = peek(_reader) == UTC_TIME;
        uint256 start = expect(_reader, short ? UTC_TIME : GENERALIZED_TIME, "time");
        bool valid = _reader.position == start + (short ? 13 : 15) && byteAt(_reader.position - 1) == 0x5a;
        if (!valid) revert Tee_Invalid(_reader.part, "time");
        uint256[7] memory pairs;
        for (uint256 i = short ? 1 : 0; i < 7; ++i) {
            (uint256 tens, uint256 ones) = (_digit(_reader, start), _digit(_reader, start + 1));
            pairs[i] = tens * 10 + ones;
            start += 2;
        }
        if (short) pairs[0] = pairs[1] < 50 ? 20 : 19;
        (ret_, valid) =
            Calendar.seconds1970(pairs[0] * 100 + pairs[1], pairs[2], pairs[3], pairs[4], pairs[5], pairs[6]);
        if (!valid) revert Tee_Invalid(_reader.part, "time");
    }

    function _digit(Reader memory _reader, uint256 _at) private pure returns (uint256 ret_) {
        ret_ = byteAt(_at) ^ 0x30;
        if (ret_ > 9) revert Tee_Invalid(_reader.part, "time");
    }

    function byteAt(uint256 _at) internal pure returns (uint256 ret_) {
        assembly ("memory-safe") {
            ret_ := byte(0, mload(_at))
        }
    }

    function wordAt(uint256 _at) internal pure returns (bytes32 ret_) {
        assembly ("memory-safe") {
            ret_ := mload(_at)
        }
    }
}
