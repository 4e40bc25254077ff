// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier as Verifier} from "../../interfaces/IAttestationVerifier.sol";
import {Json} from "./Json.sol";
import {Tee_Invalid, Tee_TooLong} from "./Parts.sol";

/// @notice Levels as Intel's texts have them, packed as `Levels` reads them.
library LevelText {
    using Json for Json.Cursor;

    uint256 internal constant MAX_ITEMS = 255;
    /// @dev Of one level, as `crates/tee` takes them.
    uint256 private constant MAX_ADVISORIES = 64;
    uint256 private constant MAX_NAME_BYTES = 64;

    /// @dev Names of the advisories of one text, each once: levels have their places in it.
    struct Advisories {
        bytes32[MAX_ITEMS] names;
        uint256 count;
    }

    /// @notice What has one security version number each: how many levels in a byte, then the levels.
    function svnLevels(Json.Cursor memory _cursor, Advisories memory _advisories)
        internal
        pure
        returns (bytes memory ret_)
    {
        uint256 count;
        if (_cursor.beginArray()) {
            do {
                ret_ = bytes.concat(ret_, _svnLevel(_cursor, _advisories));
                _checkCount(_cursor, ++count);
            } while (_cursor.accept(","));
            _cursor.expect("]");
        }
        ret_ = bytes.concat(bytes1(uint8(count)), ret_);
    }

    /// @notice The names behind how many there are, in a byte.
    function pack(Advisories memory _advisories) internal pure returns (bytes memory ret_) {
        ret_ = abi.encodePacked(uint8(_advisories.count));
        for (uint256 i; i < _advisories.count; ++i) {
            ret_ = bytes.concat(ret_, _advisories.names[i]);
        }
    }

    function status(Json.Cursor memory _cursor) internal pure returns (uint8) {
        bytes32 name = _cursor.hash();
        if (name == keccak256("UpToDate")) return uint8(Verifier.TcbStatus.UpToDate);
        if (name == keccak256("SWHardeningNeeded")) return uint8(Verifier.TcbStatus.SwHardeningNeeded);
        if (name == keccak256("ConfigurationNeeded")) return uint8(Verifier.TcbStatus.ConfigurationNeeded);
        if (name == keccak256("ConfigurationAndSWHardeningNeeded")) {
            return uint8(Verifier.TcbStatus.ConfigurationAndSwHardeningNeeded);
        }
        if (name == keccak256("OutOfDate")) return uint8(Verifier.TcbStatus.OutOfDate);
        if (name == keccak256("OutOfDateConfigurationNeeded")) {
            return uint8(Verifier.TcbStatus.OutOfDateConfigurationNeeded);
        }
        if (name == keccak256("Revoked")) return uint8(Verifier.TcbStatus.Revoked);
        revert Tee_Invalid(_cursor.part, "status");
    }

    /// @notice Places of the names, behind how many there are, in a byte.
    function advisories(Json.Cursor memory _cursor, Advisories memory _advisories)
        internal
        pure
        returns (bytes memory ret_)
    {
        uint256 count;
        if (_cursor.beginArray()) {
            do {
                ret_ = bytes.concat(ret_, bytes1(_placeOf(_cursor, _advisories, _nextName(_cursor))));
                if (++count > MAX_ADVISORIES) revert Tee_TooLong(_cursor.part, count, MAX_ADVISORIES);
            } while (_cursor.accept(","));
            _cursor.expect("]");
        }
        ret_ = bytes.concat(bytes1(uint8(count)), ret_);
    }

    function _svnLevel(Json.Cursor memory _cursor, Advisories memory _advisories) private pure returns (bytes memory) {
        (uint256 seen, uint16 svn, uint8 status_) = (0, 0, 0);
        bytes memory places = hex"00";
        _cursor.expect("{");
        do {
            bytes32 key = _cursor.key();
            if (key == "tcb") {
                seen = _cursor.once(seen, 0, key);
                svn = _svn(_cursor);
            } else if (key == "tcbStatus") {
                seen = _cursor.once(seen, 1, key);
                status_ = status(_cursor);
            } else if (key == "advisoryIDs") {
                seen = _cursor.once(seen, 2, key);
                places = advisories(_cursor, _advisories);
            } else {
                _cursor.skip();
            }
        } while (_cursor.accept(","));
        _cursor.expect("}");
        _cursor.requireAll(seen, 3, "field of a level");
        return bytes.concat(bytes2(svn), bytes1(status_), places);
    }

    function _svn(Json.Cursor memory _cursor) private pure returns (uint16 ret_) {
        uint256 seen;
        _cursor.expect("{");
        do {
            bytes32 key = _cursor.key();
            if (key == "isvsvn") {
                seen = _cursor.once(seen, 0, key);
                ret_ = uint16(_cursor.number(type(uint16).max));
            } else {
                _cursor.skip();
            }
        } while (_cursor.accept(","));
        _cursor.expect("}");
        _cursor.requireAll(seen, 1, "isvsvn");
    }

    /// @dev Keccak-256 of the name of an advisory.
    function _nextName(Json.Cursor memory _cursor) private pure returns (bytes32 ret_) {
        uint256 start = _cursor.position;
        ret_ = _cursor.hash();
        uint256 length = _cursor.position - start - 2;
        if (length > MAX_NAME_BYTES) revert Tee_TooLong(_cursor.part, length, MAX_NAME_BYTES);
    }

    function _placeOf(Json.Cursor memory _cursor, Advisories memory _advisories, bytes32 _name)
        private
        pure
        returns (uint8)
    {
        uint256 count = _advisories.count;
        for (uint256 i; i < count; ++i) {
            if (_advisories.names[i] == _name) return uint8(i);
        }
        _checkCount(_cursor, count + 1);
        _advisories.names[count] = _name;
        _advisories.count = count + 1;
        return uint8(count);
    }

    function _checkCount(Json.Cursor memory _cursor, uint256 _count) private pure {
        if (_count > MAX_ITEMS) revert Tee_TooLong(_cursor.part, _count, MAX_ITEMS);
    }
}
