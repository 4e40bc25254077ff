// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Der} from "./Der.sol";
import {Extensions} from "./Extensions.sol";
import {Part, Tee_Duplicate, Tee_Invalid, Tee_Missing} from "./Parts.sol";

/// @dev Which processor it is, and its TCB.
struct Processor {
    bytes6 fmspc;
    bytes2 pceId;
    /// @dev One byte for each of the 16 components.
    bytes16 components;
    uint16 pceSvn;
}

/// @notice Intel's extension of PCK certificates.
library PckExtension {
    using Der for Der.Reader;

    Part private constant PART = Part.PckCertificate;
    bytes32 private constant SGX = bytes32(bytes9(hex"2a864886f84d010d01"));
    bytes32 private constant PPID = SGX | bytes32(uint256(1) << 176 | 10);
    bytes32 private constant TCB = SGX | bytes32(uint256(2) << 176 | 10);
    bytes32 private constant PCE_ID = SGX | bytes32(uint256(3) << 176 | 10);
    bytes32 private constant FMSPC = SGX | bytes32(uint256(4) << 176 | 10);
    uint256 private constant COMPONENTS = 16;

    function parse(Extensions.Found memory _extensions) internal pure returns (Processor memory ret_) {
        if (!_extensions.hasSgx) revert Tee_Missing(PART, "SGX extension");
        Der.Reader memory list = _extensions.sgx.enterOnly("SGX extension");
        // Bits: what was there.
        uint256 seen;
        while (!list.isFinished()) {
            Der.Reader memory entry = list.enter(Der.SEQUENCE, "SGX extension");
            bytes32 oid = entry.oid("SGX extension");
            if (oid == FMSPC) {
                seen = _once(seen, 0, "FMSPC");
                ret_.fmspc = bytes6(_octets(entry, 6));
            } else if (oid == PCE_ID) {
                seen = _once(seen, 1, "PCE-ID");
                ret_.pceId = bytes2(_octets(entry, 2));
            } else if (oid == PPID) {
                seen = _once(seen, 3, "PPID");
                _octets(entry, 16);
            } else if (oid == TCB) {
                seen = _once(seen, 2, "TCB");
                (ret_.components, ret_.pceSvn) = _tcb(entry.enter(Der.SEQUENCE, "TCB"));
            } else {
                continue;
            }
            entry.finish();
        }
        if (seen & 1 == 0) revert Tee_Missing(PART, "FMSPC");
        if (seen & 2 == 0) revert Tee_Missing(PART, "PCE-ID");
        if (seen & 4 == 0) revert Tee_Missing(PART, "TCB");
        if (seen & 8 == 0) revert Tee_Missing(PART, "PPID");
    }

    /// @dev SVNs of the components under 1 to 16, of the PCE under 17; 18 has them again.
    function _tcb(Der.Reader memory _list) private pure returns (bytes16 components_, uint16 pceSvn_) {
        uint256 seen;
        while (!_list.isFinished()) {
            Der.Reader memory entry = _list.enter(Der.SEQUENCE, "TCB");
            bytes32 oid = entry.oid("TCB");
            // Below the OID of the TCB stands one number of one byte.
            uint256 number = uint8(oid[10]);
            bytes32 parent = oid & bytes32(~(uint256(0xff) << 168));
            if (parent != (TCB ^ bytes32(uint256(10 ^ 11))) || number > COMPONENTS + 2 || number == 0) {
                revert Tee_Invalid(PART, "TCB");
            }
            if (number == COMPONENTS + 2) continue;
            seen = _once(seen, number - 1, "TCB");
            if (number == COMPONENTS + 1) {
                pceSvn_ = uint16(entry.unsigned(2, "TCB"));
            } else {
                components_ |= bytes16(uint128(entry.unsigned(1, "TCB")) << uint128(8 * (COMPONENTS - number)));
            }
            entry.finish();
        }
        if (seen != 0x1ffff) revert Tee_Missing(PART, "component of the TCB");
    }

    function _octets(Der.Reader memory _entry, uint256 _length) private pure returns (bytes32) {
        uint256 start = _entry.expect(Der.OCTET_STRING, "SGX extension");
        if (_entry.position - start != _length) revert Tee_Invalid(PART, "SGX extension");
        return Der.wordAt(start);
    }

    function _once(uint256 _seen, uint256 _bit, bytes32 _what) private pure returns (uint256) {
        if (_seen >> _bit & 1 != 0) revert Tee_Duplicate(PART, _what);
        return _seen | 1 << _bit;
    }
}
