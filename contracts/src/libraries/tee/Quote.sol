// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "../../interfaces/IAttestationVerifier.sol";
import {Part, Tee_Invalid, Tee_TooLong, Tee_TrailingBytes, Tee_Truncated, Tee_Unsupported} from "./Parts.sol";

/// @dev Where the parts of a quote are in it.
struct QuoteLayout {
    IAttestationVerifier.Kind kind;
    uint256 body;
    /// @dev Whether the body is a TD report 1.5.
    bool isTd15;
    /// @dev Header and body end here, and are signed.
    uint256 signedEnd;
    uint256 signature;
    uint256 attestationKey;
    uint256 qeReport;
    uint256 qeSignature;
    uint256 qeAuth;
    uint256 qeAuthEnd;
    uint256 chain;
    uint256 chainEnd;
}

/// @notice DCAP quotes: version 3 for SGX, 4 and 5 for TDX.
library Quote {
    Part private constant PART = Part.Quote;
    uint256 private constant MAX_BYTES = 32 << 10;
    uint256 private constant HEADER_BYTES = 48;
    /// @dev Intel's own quoting enclave.
    bytes16 private constant INTEL_VENDOR = 0x939a7233f79c4ca9940a0db3957f0607;
    uint256 private constant ECDSA_P256 = 2;
    uint256 private constant TDX = 0x81;
    uint256 private constant PCK_CHAIN = 5;
    uint256 private constant QE_REPORT = 6;
    uint256 private constant SGX_REPORT_BYTES = 384;
    uint256 private constant TD_REPORT_10_BYTES = 584;
    uint256 private constant TD_REPORT_15_BYTES = 648;

    function parse(bytes calldata _quote) internal pure returns (QuoteLayout memory ret_) {
        if (_quote.length > MAX_BYTES) revert Tee_TooLong(PART, _quote.length, MAX_BYTES);
        if (_quote.length < HEADER_BYTES) revert Tee_Truncated(PART);
        uint256 version = le16(_quote, 0);
        if (le16(_quote, 2) != ECDSA_P256) revert Tee_Unsupported(PART, le16(_quote, 2));
        uint256 tee = le32(_quote, 4);
        if (bytes16(_quote[12:]) != INTEL_VENDOR) revert Tee_Invalid(PART, "vendor");
        uint256 end = _body(_quote, version, tee, ret_);
        ret_.signedEnd = end;

        if (_quote.length < end + 4) revert Tee_Truncated(PART);
        uint256 start = end + 4;
        end = start + le32(_quote, end);
        if (_quote.length < end) revert Tee_Truncated(PART);
        _checkZeros(_quote[end:]);
        _signatures(_quote[:end], start, version, ret_);
    }

    /// @notice A number of two bytes, the lowest first, that is within the quote.
    function le16(bytes calldata _quote, uint256 _at) internal pure returns (uint256) {
        return uint8(_quote[_at]) | uint256(uint8(_quote[_at + 1])) << 8;
    }

    /// @notice A number of four bytes, the lowest first, that is within the quote.
    function le32(bytes calldata _quote, uint256 _at) internal pure returns (uint256) {
        return le16(_quote, _at) | le16(_quote, _at + 2) << 16;
    }

    /// @dev Where the body ends.
    function _body(bytes calldata _quote, uint256 _version, uint256 _tee, QuoteLayout memory _layout)
        private
        pure
        returns (uint256 end_)
    {
        if (_version < 3 || _version > 5) revert Tee_Unsupported(PART, _version);
        if (_tee != (_version == 3 ? 0 : TDX)) revert Tee_Unsupported(PART, _tee);
        _layout.kind = _version == 3 ? IAttestationVerifier.Kind.Sgx : IAttestationVerifier.Kind.Tdx;
        _layout.body = HEADER_BYTES;
        uint256 length = _version == 3 ? SGX_REPORT_BYTES : TD_REPORT_10_BYTES;
        if (_version == 5) {
            if (_quote.length < HEADER_BYTES + 6) revert Tee_Truncated(PART);
            uint256 kind = le16(_quote, HEADER_BYTES);
            length = le32(_quote, HEADER_BYTES + 2);
            _layout.isTd15 = kind == 3 && length == TD_REPORT_15_BYTES;
            if (!_layout.isTd15 && (kind != 2 || length != TD_REPORT_10_BYTES)) revert Tee_Unsupported(PART, kind);
            _layout.body += 6;
        }
        end_ = _layout.body + length;
        if (_quote.length < end_) revert Tee_Truncated(PART);
    }

    /// @dev What is behind the body, from `_at` to the end.
    function _signatures(bytes calldata _quote, uint256 _at, uint256 _version, QuoteLayout memory _layout)
        private
        pure
    {
        (_layout.signature, _layout.attestationKey) = (_at, _at + 64);
        _at += 128;
        if (_version > 3) _at = _certification(_quote, _at, QE_REPORT);
        (_layout.qeReport, _layout.qeSignature) = (_at, _at + SGX_REPORT_BYTES);
        _at += SGX_REPORT_BYTES + 64;
        if (_quote.length < _at + 2) revert Tee_Truncated(PART);
        _layout.qeAuth = _at + 2;
        _layout.qeAuthEnd = _layout.qeAuth + le16(_quote, _at);
        (_layout.chain, _layout.chainEnd) = (_certification(_quote, _layout.qeAuthEnd, PCK_CHAIN), _quote.length);
    }

    /// @dev Start of certification data, which are the last of the quote.
    function _certification(bytes calldata _quote, uint256 _at, uint256 _kind) private pure returns (uint256 start_) {
        start_ = _at + 6;
        if (_quote.length < start_) revert Tee_Truncated(PART);
        if (le16(_quote, _at) != _kind) revert Tee_Unsupported(PART, le16(_quote, _at));
        uint256 end = start_ + le32(_quote, _at + 2);
        if (_quote.length < end) revert Tee_Truncated(PART);
        if (_quote.length > end) revert Tee_TrailingBytes(PART);
    }

    /// @dev Quoting libraries hand out buffers that are longer than the quote.
    function _checkZeros(bytes calldata _rest) private pure {
        uint256 any;
        // Memory map: none. Words that reach behind the bytes are cut off.
        assembly ("memory-safe") {
            for { let i := 0 } lt(i, _rest.length) { i := add(i, 0x20) } {
                let word := calldataload(add(_rest.offset, i))
                let left := sub(_rest.length, i)
                if lt(left, 0x20) { word := shr(shl(3, sub(0x20, left)), word) }
                any := or(any, word)
            }
        }
        if (any != 0) revert Tee_TrailingBytes(PART);
    }
}
