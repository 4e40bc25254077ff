// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "../../interfaces/IAttestationVerifier.sol";
import {Json} from "./Json.sol";
import {LevelText} from "./LevelText.sol";
import {Part, Tee_Invalid, Tee_TooLong, Tee_Unsupported} from "./Parts.sol";

/// @notice Intel's TCB info of one kind of processor, version 3.
library TcbInfoText {
    using Json for Json.Cursor;

    Part private constant PART = Part.TcbInfo;
    uint256 private constant COMPONENTS = 16;

    struct TcbInfo {
        IAttestationVerifier.Kind kind;
        bytes6 fmspc;
        bytes2 pceId;
        uint32 evaluation;
        uint64 validFrom;
        uint64 validUntil;
        /// @dev Levels and modules, as `Levels` reads them.
        bytes data;
    }

    /// @dev What the fields say before all are read.
    struct Draft {
        LevelText.Advisories advisories;
        bytes modules;
        uint256 moduleCount;
        bytes levels;
        uint256 levelCount;
        /// @dev Levels that have TDX components.
        uint256 tdxLevelCount;
    }

    function parse(bytes calldata _text) internal pure returns (TcbInfo memory ret_) {
        Json.Cursor memory cursor = Json.open(_text, PART);
        Draft memory draft;
        uint256 seen;
        cursor.expect("{");
        do {
            seen = _field(cursor, seen, cursor.key(), ret_, draft);
        } while (cursor.accept(","));
        cursor.expect("}");
        cursor.finish();
        cursor.requireAll(seen, 0x1ff, "field of the TCB info");
        bool isTdx = ret_.kind == IAttestationVerifier.Kind.Tdx;
        if (draft.tdxLevelCount != (isTdx ? draft.levelCount : 0)) revert Tee_Invalid(PART, "number of components");
        ret_.data = bytes.concat(
            LevelText.pack(draft.advisories),
            bytes1(uint8(draft.moduleCount)),
            draft.modules,
            bytes1(uint8(draft.levelCount)),
            draft.levels
        );
    }

    function _field(Json.Cursor memory _cursor, uint256 _seen, bytes32 _key, TcbInfo memory _info, Draft memory _draft)
        private
        pure
        returns (uint256)
    {
        if (_key == "id") {
            _info.kind = _kind(_cursor);
            return _cursor.once(_seen, 0, _key);
        }
        if (_key == "version") {
            uint256 version = _cursor.number(type(uint32).max);
            if (version != 3) revert Tee_Unsupported(PART, version);
            return _cursor.once(_seen, 1, _key);
        }
        if (_key == "issueDate") {
            _info.validFrom = _cursor.time();
            return _cursor.once(_seen, 2, _key);
        }
        if (_key == "nextUpdate") {
            _info.validUntil = _cursor.time();
            return _cursor.once(_seen, 3, _key);
        }
        if (_key == "fmspc") {
            _info.fmspc = bytes6(uint48(_cursor.hexNumber(6)));
            return _cursor.once(_seen, 4, _key);
        }
        if (_key == "pceId") {
            _info.pceId = bytes2(uint16(_cursor.hexNumber(2)));
            return _cursor.once(_seen, 5, _key);
        }
        if (_key == "tcbType") {
            uint256 tcbType = _cursor.number(type(uint32).max);
            if (tcbType != 0) revert Tee_Unsupported(PART, tcbType);
            return _cursor.once(_seen, 6, _key);
        }
        if (_key == "tcbEvaluationDataNumber") {
            _info.evaluation = uint32(_cursor.number(type(uint32).max));
            return _cursor.once(_seen, 7, _key);
        }
        if (_key == "tcbLevels") {
            _levels(_cursor, _draft);
            return _cursor.once(_seen, 8, _key);
        }
        if (_key == "tdxModule") {
            _module(_cursor, _draft, true);
            return _cursor.once(_seen, 9, _key);
        }
        if (_key == "tdxModuleIdentities") {
            _modules(_cursor, _draft);
            return _cursor.once(_seen, 10, _key);
        }
        _cursor.skip();
        return _seen;
    }

    function _kind(Json.Cursor memory _cursor) private pure returns (IAttestationVerifier.Kind) {
        bytes32 id = _cursor.word();
        if (id == "SGX") return IAttestationVerifier.Kind.Sgx;
        if (id == "TDX") return IAttestationVerifier.Kind.Tdx;
        revert Tee_Invalid(PART, "id");
    }

    function _modules(Json.Cursor memory _cursor, Draft memory _draft) private pure {
        if (!_cursor.beginArray()) return;
        do {
            _module(_cursor, _draft, false);
        } while (_cursor.accept(","));
        _cursor.expect("]");
    }

    /// @dev The module of the first generation has the number 0 here, and no levels.
    function _module(Json.Cursor memory _cursor, Draft memory _draft, bool _isFirst) private pure {
        (uint256 seen, uint256 number) = (0, 0);
        bytes memory signer;
        bytes8 attributes;
        bytes8 mask;
        bytes memory levels = hex"00";
        _cursor.expect("{");
        do {
            bytes32 key = _cursor.key();
            if (key == "mrsigner") {
                seen = _cursor.once(seen, 0, key);
                (bytes32 high, bytes16 low) = _cursor.hex48();
                signer = bytes.concat(high, low);
            } else if (key == "attributes") {
                seen = _cursor.once(seen, 1, key);
                attributes = bytes8(uint64(_cursor.hexNumber(8)));
            } else if (key == "attributesMask") {
                seen = _cursor.once(seen, 2, key);
                mask = bytes8(uint64(_cursor.hexNumber(8)));
            } else if (key == "id" && !_isFirst) {
                seen = _cursor.once(seen, 3, key);
                number = _moduleNumber(_cursor.word());
            } else if (key == "tcbLevels" && !_isFirst) {
                seen = _cursor.once(seen, 4, key);
                levels = LevelText.svnLevels(_cursor, _draft.advisories);
            } else {
                _cursor.skip();
            }
        } while (_cursor.accept(","));
        _cursor.expect("}");
        _cursor.requireAll(seen, _isFirst ? 0x07 : 0x1f, "field of a TDX module");
        // Under another name it is no module's of whom a report speaks.
        if (!_isFirst && number == 0) return;
        _draft.modules = bytes.concat(
            _draft.modules, bytes1(uint8(number)), signer, attributes, mask, bytes2(uint16(levels.length)), levels
        );
        _count(++_draft.moduleCount);
    }

    /// @dev `TDX_` and two digits in upper case; zero for anything else.
    function _moduleNumber(bytes32 _id) private pure returns (uint256 ret_) {
        if (bytes4(_id) != "TDX_" || uint208(uint256(_id)) != 0) return 0;
        for (uint256 i = 4; i < 6; ++i) {
            uint256 letter = uint8(_id[i]);
            bool isDigit = letter >= 0x30 && letter <= 0x39;
            if (!isDigit && (letter < 0x41 || letter > 0x46)) return 0;
            ret_ = ret_ << 4 | (isDigit ? letter - 0x30 : letter - 0x37);
        }
    }

    function _levels(Json.Cursor memory _cursor, Draft memory _draft) private pure {
        if (!_cursor.beginArray()) return;
        do {
            _level(_cursor, _draft);
            _count(++_draft.levelCount);
        } while (_cursor.accept(","));
        _cursor.expect("]");
    }

    function _level(Json.Cursor memory _cursor, Draft memory _draft) private pure {
        (uint256 seen, uint8 status) = (0, 0);
        bytes memory numbers;
        bytes memory places = hex"00";
        _cursor.expect("{");
        do {
            bytes32 key = _cursor.key();
            if (key == "tcb") {
                seen = _cursor.once(seen, 0, key);
                numbers = _numbers(_cursor, _draft);
            } else if (key == "tcbStatus") {
                seen = _cursor.once(seen, 1, key);
                status = LevelText.status(_cursor);
            } else if (key == "advisoryIDs") {
                seen = _cursor.once(seen, 2, key);
                places = LevelText.advisories(_cursor, _draft.advisories);
            } else {
                _cursor.skip();
            }
        } while (_cursor.accept(","));
        _cursor.expect("}");
        _cursor.requireAll(seen, 3, "field of a level");
        _draft.levels = bytes.concat(_draft.levels, numbers, bytes1(status), places);
    }

    /// @dev Components of SGX, of TDX, SVN of the PCE.
    function _numbers(Json.Cursor memory _cursor, Draft memory _draft) private pure returns (bytes memory) {
        (uint256 seen, bytes16 sgx, bytes16 tdx, uint16 pce) = (0, bytes16(0), bytes16(0), 0);
        _cursor.expect("{");
        do {
            bytes32 key = _cursor.key();
            if (key == "sgxtcbcomponents") {
                seen = _cursor.once(seen, 0, key);
                bool present;
                (sgx, present) = _components(_cursor);
                if (!present) revert Tee_Invalid(PART, "number of components");
            } else if (key == "pcesvn") {
                seen = _cursor.once(seen, 1, key);
                pce = uint16(_cursor.number(type(uint16).max));
            } else if (key == "tdxtcbcomponents") {
                seen = _cursor.once(seen, 2, key);
                bool present;
                (tdx, present) = _components(_cursor);
                if (present) ++_draft.tdxLevelCount;
            } else {
                _cursor.skip();
            }
        } while (_cursor.accept(","));
        _cursor.expect("}");
        _cursor.requireAll(seen, 3, "field of a TCB");
        return bytes.concat(sgx, tdx, bytes2(pce));
    }

    /// @dev 16 components or none.
    function _components(Json.Cursor memory _cursor) private pure returns (bytes16 ret_, bool present_) {
        if (!_cursor.beginArray()) return (0, false);
        uint256 count;
        uint128 packed;
        do {
            packed = packed << 8 | _component(_cursor);
            ++count;
        } while (count < COMPONENTS && _cursor.accept(","));
        if (count != COMPONENTS || !_cursor.accept("]")) revert Tee_Invalid(PART, "number of components");
        return (bytes16(packed), true);
    }

    function _component(Json.Cursor memory _cursor) private pure returns (uint8 ret_) {
        uint256 seen;
        _cursor.expect("{");
        do {
            bytes32 key = _cursor.key();
            if (key == "svn") {
                seen = _cursor.once(seen, 0, key);
                ret_ = uint8(_cursor.number(type(uint8).max));
            } else {
                _cursor.skip();
            }
        } while (_cursor.accept(","));
        _cursor.expect("}");
        _cursor.requireAll(seen, 1, "svn");
    }

    function _count(uint256 _items) private pure {
        if (_items > LevelText.MAX_ITEMS) revert Tee_TooLong(PART, _items, LevelText.MAX_ITEMS);
    }
}
