// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "../../interfaces/IAttestationVerifier.sol";
import {Quote, QuoteLayout} from "./Quote.sol";

/// @notice What enclaves and TDX guests say of themselves in their reports.
library Reports {
    /// @dev Bits: the order of weaknesses in `docs/tee.md`.
    uint16 private constant DEBUG = 1;
    uint16 private constant PROVISION_KEY = 1 << 1;
    uint16 private constant EINITTOKEN_KEY = 1 << 2;
    uint16 private constant UNKNOWN_ATTRIBUTES = 1 << 3;
    uint16 private constant SEPT_VE = 1 << 4;
    uint16 private constant MIGRATABLE = 1 << 5;

    /// @dev Attributes of SGX: INIT, DEBUG, MODE64BIT, PROVISION_KEY, EINITTOKEN_KEY, CET, KSS, AEX-Notify.
    uint256 private constant SGX_KNOWN = 1 | 1 << 1 | 1 << 2 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 10;
    /// @dev Attributes of TDX: DEBUG, SEPT_VE_DISABLE, MIGRATABLE, protection keys, Key Locker, PERFMON.
    uint256 private constant TDX_KNOWN = 1 | 1 << 28 | 1 << 29 | 1 << 30 | 1 << 31 | 1 << 63;

    /// @dev Where the registers are in a TD report: RTMR0 to RTMR3; MRCONFIGID, MROWNER, MROWNERCONFIG; MRSERVICETD.
    uint256 private constant RTMRS = 328;
    uint256 private constant CHOSEN = 184;
    uint256 private constant SERVICE_TD = 600;
    uint256 private constant REGISTER_BYTES = 48;

    /// @notice Fills in what the report says. Its security version numbers are the first and, of SGX, the last; those
    /// between are not its own.
    function claims(bytes calldata _quote, QuoteLayout memory _layout, IAttestationVerifier.Attestation memory _into)
        internal
        pure
    {
        _into.kind = _layout.kind;
        bytes calldata body = _quote[_layout.body:_layout.signedEnd];
        if (_layout.kind == IAttestationVerifier.Kind.Sgx) _enclave(body, _into);
        else _guest(body, _layout.isTd15, _into);
    }

    function _enclave(bytes calldata _body, IAttestationVerifier.Attestation memory _into) private pure {
        _into.measurement = bytes32(_body[64:]);
        _into.signer = bytes32(_body[128:]);
        _into.attributes = keccak256(_body[48:64]);
        _into.reportData = _body[320:384];
        _into.registers = new bytes32[](4);
        _into.registers[0] = keccak256(_body[192:256]);
        _into.registers[1] = keccak256(abi.encodePacked(uint32(Quote.le32(_body, 16))));
        _into.registers[2] = keccak256(_body[304:320]);
        _into.registers[3] = keccak256(_body[32:48]);
        _into.svns = new uint64[](4);
        _into.svns[0] = uint64(Quote.le16(_body, 258));
        _into.svns[3] = uint64(Quote.le16(_body, 260));
        uint256 flags = _le64(_body, 48);
        _into.weaknesses = _bit(flags & 1 << 1 != 0, DEBUG) | _bit(flags & 1 << 4 != 0, PROVISION_KEY)
            | _bit(flags & 1 << 5 != 0, EINITTOKEN_KEY) | _bit(flags & ~SGX_KNOWN != 0, UNKNOWN_ATTRIBUTES);
    }

    function _guest(bytes calldata _body, bool _isTd15, IAttestationVerifier.Attestation memory _into) private pure {
        _into.measurement = sha256(_body[136:184]);
        _into.signer = sha256(_body[16:64]);
        _into.attributes = keccak256(_body[120:136]);
        _into.reportData = _body[520:584];
        _into.registers = _registers(_body, _isTd15);
        _into.svns = new uint64[](3);
        _into.svns[0] = uint8(_body[0]);
        uint256 flags = _le64(_body, 120);
        _into.weaknesses = _bit(flags & 1 != 0, DEBUG) | _bit(flags & 1 << 28 == 0, SEPT_VE)
            | _bit(flags & 1 << 29 != 0, MIGRATABLE) | _bit(flags & ~TDX_KNOWN != 0, UNKNOWN_ATTRIBUTES);
    }

    /// @dev What a form of report does not tell is empty, which is not the same as zero.
    function _registers(bytes calldata _body, bool _isTd15) private pure returns (bytes32[] memory ret_) {
        ret_ = new bytes32[](8);
        for (uint256 i; i < 7; ++i) {
            uint256 start = i < 4 ? RTMRS + REGISTER_BYTES * i : CHOSEN + REGISTER_BYTES * (i - 4);
            ret_[i] = keccak256(_body[start:start + REGISTER_BYTES]);
        }
        ret_[7] = keccak256(_isTd15 ? _body[SERVICE_TD:SERVICE_TD + REGISTER_BYTES] : _body[:0]);
    }

    function _le64(bytes calldata _body, uint256 _at) private pure returns (uint256) {
        return Quote.le32(_body, _at) | Quote.le32(_body, _at + 4) << 32;
    }

    function _bit(bool _set, uint16 _weakness) private pure returns (uint16) {
        return _set ? _weakness : 0;
    }
}
