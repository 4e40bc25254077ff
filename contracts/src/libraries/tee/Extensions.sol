// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Der} from "./Der.sol";
import {Tee_CriticalExtension, Tee_Duplicate, Tee_Invalid, Tee_TooLong} from "./Parts.sol";

struct Extension {
    bytes32 oid;
    bool critical;
    Der.Reader content;
}

/// @notice Extensions of certificates.
library Extensions {
    using Der for Der.Reader;

    /// @dev As `Der.oid` gives them: 2.5.29.15, 2.5.29.19, 1.2.840.113741.1.13.1.
    bytes32 private constant KEY_USAGE = bytes32(bytes3(hex"551d0f")) | bytes32(uint256(3));
    bytes32 private constant BASIC_CONSTRAINTS = bytes32(bytes3(hex"551d13")) | bytes32(uint256(3));
    bytes32 private constant SGX = bytes32(bytes9(hex"2a864886f84d010d01")) | bytes32(uint256(9));
    /// @dev Intel's certificates have at most 7.
    uint256 private constant MAX_EXTENSIONS = 24;

    struct Found {
        bool isAuthority;
        bool hasPathLimit;
        uint8 pathLimit;
        bool signs;
        bool signsCertificates;
        bool signsLists;
        bool hasSgx;
        /// @dev Content of Intel's SGX extension.
        Der.Reader sgx;
    }

    function parse(Der.Reader memory _outer) internal pure returns (Found memory ret_) {
        Der.Reader memory list = _outer.enterOnly("extensions");
        bytes32[MAX_EXTENSIONS] memory seen;
        for (uint256 count; !list.isFinished(); ++count) {
            if (count == MAX_EXTENSIONS) revert Tee_TooLong(list.part, count + 1, MAX_EXTENSIONS);
            Extension memory found = next(list);
            for (uint256 i; i < count; ++i) {
                if (seen[i] == found.oid) revert Tee_Duplicate(list.part, "extension");
            }
            seen[count] = found.oid;
            if (found.oid == KEY_USAGE) {
                _keyUsage(ret_, found.content);
            } else if (found.oid == BASIC_CONSTRAINTS) {
                _basicConstraints(ret_, found.content);
            } else if (found.critical) {
                revert Tee_CriticalExtension(list.part);
            } else if (found.oid == SGX) {
                (ret_.hasSgx, ret_.sgx) = (true, found.content);
            }
        }
    }

    /// @notice The next of a list of extensions.
    function next(Der.Reader memory _list) internal pure returns (Extension memory ret_) {
        Der.Reader memory extension = _list.enter(Der.SEQUENCE, "extension");
        ret_.oid = extension.oid("extension");
        ret_.critical = extension.peek() == Der.BOOLEAN && extension.boolean("extension");
        ret_.content = extension.enter(Der.OCTET_STRING, "extension");
        extension.finish();
    }

    function _keyUsage(Found memory _found, Der.Reader memory _content) private pure {
        uint256 start = _content.expect(Der.BIT_STRING, "key usage");
        _content.finish();
        uint256 length = _content.end - start;
        if (length == 0) revert Tee_Invalid(_content.part, "key usage");
        uint256 unused = Der.byteAt(start);
        if (unused > 7 || (unused != 0 && length == 1)) revert Tee_Invalid(_content.part, "key usage");
        if (length == 1) return;
        // Bit 0 is the highest. Bits at the end that are not used are none.
        uint256 bits = Der.byteAt(start + 1);
        if (length == 2) bits = bits >> unused << unused;
        _found.signs = bits & 0x80 != 0;
        _found.signsCertificates = bits & 0x04 != 0;
        _found.signsLists = bits & 0x02 != 0;
    }

    function _basicConstraints(Found memory _found, Der.Reader memory _content) private pure {
        Der.Reader memory constraints = _content.enterOnly("basic constraints");
        _found.isAuthority = constraints.peek() == Der.BOOLEAN && constraints.boolean("basic constraints");
        if (constraints.isFinished()) return;
        _found.hasPathLimit = true;
        _found.pathLimit = uint8(constraints.unsigned(1, "basic constraints"));
        constraints.finish();
    }
}
