// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "../../interfaces/IAttestationVerifier.sol";
import {Json} from "./Json.sol";
import {LevelText} from "./LevelText.sol";
import {Part, Tee_Invalid, Tee_Unsupported} from "./Parts.sol";

/// @notice Intel's identity of a quoting enclave, version 2.
library QeIdentityText {
    using Json for Json.Cursor;

    Part private constant PART = Part.QeIdentity;

    struct QeIdentity {
        /// @dev What this enclave quotes.
        IAttestationVerifier.Kind kind;
        uint32 evaluation;
        uint64 validFrom;
        uint64 validUntil;
        /// @dev As `Levels` reads it.
        bytes data;
    }

    struct Draft {
        LevelText.Advisories advisories;
        bytes4 misc;
        bytes4 miscMask;
        bytes16 attributes;
        bytes16 attributesMask;
        bytes32 signer;
        uint16 product;
        bytes levels;
    }

    function parse(bytes calldata _text) internal pure returns (QeIdentity memory ret_) {
        Json.Cursor memory cursor = Json.open(_text, PART);
        Draft memory draft;
        uint256 seen;
        cursor.expect("{");
        do {
            seen = _field(cursor, seen, cursor.key(), ret_, draft);
        } while (cursor.accept(","));
        cursor.expect("}");
        cursor.finish();
        cursor.requireAll(seen, 0xfff, "field of the identity");
        ret_.data = bytes.concat(
            LevelText.pack(draft.advisories),
            bytes.concat(draft.misc, draft.miscMask, draft.attributes, draft.attributesMask),
            draft.signer,
            bytes2(draft.product),
            draft.levels
        );
    }

    function _field(
        Json.Cursor memory _cursor,
        uint256 _seen,
        bytes32 _key,
        QeIdentity memory _identity,
        Draft memory _draft
    ) private pure returns (uint256) {
        if (_key == "id") {
            _identity.kind = _kind(_cursor);
            return _cursor.once(_seen, 0, _key);
        }
        if (_key == "version") {
            uint256 version = _cursor.number(type(uint32).max);
            if (version != 2) revert Tee_Unsupported(PART, version);
            return _cursor.once(_seen, 1, _key);
        }
        if (_key == "issueDate") {
            _identity.validFrom = _cursor.time();
            return _cursor.once(_seen, 2, _key);
        }
        if (_key == "nextUpdate") {
            _identity.validUntil = _cursor.time();
            return _cursor.once(_seen, 3, _key);
        }
        if (_key == "tcbEvaluationDataNumber") {
            _identity.evaluation = uint32(_cursor.number(type(uint32).max));
            return _cursor.once(_seen, 4, _key);
        }
        if (_key == "miscselect") {
            _draft.misc = bytes4(uint32(_cursor.hexNumber(4)));
            return _cursor.once(_seen, 5, _key);
        }
        if (_key == "miscselectMask") {
            _draft.miscMask = bytes4(uint32(_cursor.hexNumber(4)));
            return _cursor.once(_seen, 6, _key);
        }
        if (_key == "attributes") {
            _draft.attributes = bytes16(uint128(_cursor.hexNumber(16)));
            return _cursor.once(_seen, 7, _key);
        }
        if (_key == "attributesMask") {
            _draft.attributesMask = bytes16(uint128(_cursor.hexNumber(16)));
            return _cursor.once(_seen, 8, _key);
        }
        if (_key == "mrsigner") {
            _draft.signer = bytes32(_cursor.hexNumber(32));
            return _cursor.once(_seen, 9, _key);
        }
        if (_key == "isvprodid") {
            _draft.product = uint16(_cursor.number(type(uint16).max));
            return _cursor.once(_seen, 10, _key);
        }
        if (_key == "tcbLevels") {
            _draft.levels = LevelText.svnLevels(_cursor, _draft.advisories);
            return _cursor.once(_seen, 11, _key);
        }
        _cursor.skip();
        return _seen;
    }

    function _kind(Json.Cursor memory _cursor) private pure returns (IAttestationVerifier.Kind) {
        bytes32 id = _cursor.word();
        if (id == "QE") return IAttestationVerifier.Kind.Sgx;
        if (id == "TD_QE") return IAttestationVerifier.Kind.Tdx;
        revert Tee_Invalid(PART, "id");
    }
}
