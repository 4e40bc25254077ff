// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier as Verifier} from "../../interfaces/IAttestationVerifier.sol";
import {Part, Tee_Mismatch, Tee_NoLevel} from "./Parts.sol";

/// @notice What `TcbInfoText` and `QeIdentityText` pack, read.
/// @dev Both: number of advisories, their names (Keccak-256). A level of one security version number: that in two bytes, status,
/// number of advisories, their places in the list.
/// TCB info: number of modules; each: its own number, signer (48 bytes), attributes, mask, bytes of its levels in two, number of
/// levels, levels; number of levels; each: 16 components of SGX, 16 of TDX, SVN of the PCE in two bytes, status, number of
/// advisories, places.
/// QE identity: MISCSELECT, mask, attributes, mask, MRSIGNER, product in two bytes, number of levels, levels.
library Levels {
    /// @dev Bytes of a platform's level before its status, of an SVN's level, of a module before its levels, and of a QE identity
    /// before its levels.
    uint256 private constant LEVEL_BYTES = 34;
    uint256 private constant SVN_BYTES = 2;
    uint256 private constant MODULE_BYTES = 67;
    uint256 private constant IDENTITY_BYTES = 74;

    /// @dev Status, and advisories by name.
    struct Verdict {
        Verifier.TcbStatus status;
        bytes32[] advisories;
    }

    /// @dev A TDX module, as a report has it.
    struct Module {
        uint8 number;
        uint8 svn;
        bytes32 signerHigh;
        bytes16 signerLow;
        bytes8 attributes;
    }

    /// @dev The quoting enclave, as its report has it. MISCSELECT is a number: its highest byte first.
    struct Enclave {
        bytes4 misc;
        bytes16 attributes;
        bytes32 signer;
        uint16 product;
        uint16 svn;
    }

    /// @notice The first platform level none of whose numbers is above these. `_skipped` components of TDX are not compared.
    function platform(bytes memory _info, bytes16 _sgx, uint16 _pceSvn, bytes16 _tdx, uint256 _skipped)
        internal
        pure
        returns (Verdict memory ret_)
    {
        uint256 place = _afterModules(_info);
        uint256 count = _byteAt(_info, place++);
        for (uint256 i; i < count; ++i) {
            bytes32 both = _wordAt(_info, place);
            if (
                _pceSvn >= uint16(bytes2(_wordAt(_info, place + 32)))
                    && _reaches(bytes32(_sgx), bytes32(bytes16(both)), 0)
                    && _reaches(bytes32(_tdx), both << 128, _skipped)
            ) {
                _add(ret_, _info, place + LEVEL_BYTES, false);
                return ret_;
            }
            place = _afterLevel(_info, place + LEVEL_BYTES);
        }
        revert Tee_NoLevel(Part.Platform);
    }

    /// @notice Adds the level of the module to a verdict.
    function addModule(Verdict memory _verdict, bytes memory _info, Module memory _module) internal pure {
        uint256 place = _afterNames(_info);
        uint256 count = _byteAt(_info, place++);
        for (uint256 i; i < count; ++i) {
            if (_byteAt(_info, place) == _module.number) {
                _checkModule(_info, place, _module);
                // That of the first generation is judged with the platform.
                if (_module.number != 0) {
                    _addSvn(_verdict, _info, place + MODULE_BYTES, _module.svn, Part.TdxModule);
                }
                return;
            }
            place += MODULE_BYTES + uint16(bytes2(_wordAt(_info, place + MODULE_BYTES - 2)));
        }
        revert Tee_Mismatch(Part.TdxModule, "number");
    }

    /// @notice The enclave is the one described; adds its level to a verdict.
    function addEnclave(Verdict memory _verdict, bytes memory _identity, Enclave memory _enclave) internal pure {
        uint256 place = _afterNames(_identity);
        bytes32 first = _wordAt(_identity, place);
        if ((_enclave.misc ^ bytes4(first)) & bytes4(first << 32) != 0) {
            revert Tee_Mismatch(Part.QuotingEnclave, "MISCSELECT");
        }
        bytes16 expected = bytes16(first << 64);
        bytes16 mask = bytes16(_wordAt(_identity, place + 24));
        if ((_enclave.attributes ^ expected) & mask != 0) revert Tee_Mismatch(Part.QuotingEnclave, "attributes");
        if (_enclave.signer != _wordAt(_identity, place + 40)) revert Tee_Mismatch(Part.QuotingEnclave, "MRSIGNER");
        if (_enclave.product != uint16(bytes2(_wordAt(_identity, place + 72)))) {
            revert Tee_Mismatch(Part.QuotingEnclave, "product");
        }
        _addSvn(_verdict, _identity, place + IDENTITY_BYTES, _enclave.svn, Part.QuotingEnclave);
    }

    /// @notice The worse of a platform's status and that of a part which can only be up to date, out of date or revoked.
    function combine(Verifier.TcbStatus _platform, Verifier.TcbStatus _part)
        internal
        pure
        returns (Verifier.TcbStatus)
    {
        if (_part == Verifier.TcbStatus.UpToDate) return _platform;
        // No other status is given to a part; if it ever is, the worst is assumed.
        if (_platform == Verifier.TcbStatus.Revoked || _part != Verifier.TcbStatus.OutOfDate) {
            return Verifier.TcbStatus.Revoked;
        }
        bool isConfiguration = _platform == Verifier.TcbStatus.ConfigurationNeeded
            || _platform == Verifier.TcbStatus.ConfigurationAndSwHardeningNeeded
            || _platform == Verifier.TcbStatus.OutOfDateConfigurationNeeded;
        return isConfiguration ? Verifier.TcbStatus.OutOfDateConfigurationNeeded : Verifier.TcbStatus.OutOfDate;
    }

    /// @dev The first of the levels at `_place` that `_svn` reaches; levels stand from the highest to the lowest.
    function _addSvn(Verdict memory _verdict, bytes memory _data, uint256 _place, uint16 _svn, Part _part)
        private
        pure
    {
        uint256 count = _byteAt(_data, _place++);
        for (uint256 i; i < count; ++i) {
            if (_svn >= uint16(bytes2(_wordAt(_data, _place)))) {
                _add(_verdict, _data, _place + SVN_BYTES, true);
                return;
            }
            _place = _afterLevel(_data, _place + SVN_BYTES);
        }
        revert Tee_NoLevel(_part);
    }

    function _checkModule(bytes memory _info, uint256 _place, Module memory _module) private pure {
        bool isSigner = _module.signerHigh == _wordAt(_info, _place + 1)
            && _module.signerLow == bytes16(_wordAt(_info, _place + 33));
        if (!isSigner) revert Tee_Mismatch(Part.TdxModule, "signer");
        bytes32 flags = _wordAt(_info, _place + 49);
        if ((_module.attributes ^ bytes8(flags)) & bytes8(flags << 64) != 0) {
            revert Tee_Mismatch(Part.TdxModule, "attributes");
        }
    }

    /// @dev Adds the status at `_place` and the advisories behind it; those of a part only where they are not there yet.
    function _add(Verdict memory _verdict, bytes memory _data, uint256 _place, bool _isPart) private pure {
        Verifier.TcbStatus status = Verifier.TcbStatus(_byteAt(_data, _place));
        _verdict.status = _isPart ? combine(_verdict.status, status) : status;
        uint256 count = _byteAt(_data, _place + 1);
        bytes32[] memory before_ = _verdict.advisories;
        bytes32[] memory all = new bytes32[](before_.length + count);
        uint256 found;
        for (; found < before_.length; ++found) {
            all[found] = before_[found];
        }
        for (uint256 i; i < count; ++i) {
            bytes32 name = _wordAt(_data, 1 + 32 * _byteAt(_data, _place + 2 + i));
            if (!_isPart || !_contains(all, found, name)) all[found++] = name;
        }
        // Memory map: shortens the array to what was found.
        assembly ("memory-safe") {
            mstore(all, found)
        }
        _verdict.advisories = all;
    }

    function _contains(bytes32[] memory _all, uint256 _count, bytes32 _name) private pure returns (bool) {
        for (uint256 i; i < _count; ++i) {
            if (_all[i] == _name) return true;
        }
        return false;
    }

    /// @dev None of the first 16 bytes, from `_skipped` on, is lower.
    function _reaches(bytes32 _has, bytes32 _needs, uint256 _skipped) private pure returns (bool) {
        for (uint256 i = _skipped; i < 16; ++i) {
            if (_has[i] < _needs[i]) return false;
        }
        return true;
    }

    function _afterNames(bytes memory _data) private pure returns (uint256) {
        return 1 + 32 * _byteAt(_data, 0);
    }

    function _afterModules(bytes memory _info) private pure returns (uint256 ret_) {
        ret_ = _afterNames(_info);
        uint256 count = _byteAt(_info, ret_++);
        for (uint256 i; i < count; ++i) {
            ret_ += MODULE_BYTES + uint16(bytes2(_wordAt(_info, ret_ + MODULE_BYTES - 2)));
        }
    }

    /// @dev Behind the level whose status is at `_place`.
    function _afterLevel(bytes memory _data, uint256 _place) private pure returns (uint256) {
        return _place + 2 + _byteAt(_data, _place + 1);
    }

    function _byteAt(bytes memory _data, uint256 _at) private pure returns (uint256) {
        return uint8(_data[_at]);
    }

    /// @dev Places come from what was packed; behind it are zeros or what memory has.
    function _wordAt(bytes memory _data, uint256 _at) private pure returns (bytes32 ret_) {
        assembly ("memory-safe") {
            ret_ := mload(add(add(_data, 0x20), _at))
        }
    }
}
