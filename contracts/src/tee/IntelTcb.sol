// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SSTORE2} from "solady/utils/SSTORE2.sol";
import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {IIntelCertificates} from "../interfaces/IIntelCertificates.sol";
import {IIntelTcb} from "../interfaces/IIntelTcb.sol";
import {P256} from "../libraries/tee/P256.sol";
import {Part, Tee_Invalid, Tee_NotNewer, Tee_Signature, Tee_TooLong} from "../libraries/tee/Parts.sol";
import {QeIdentityText} from "../libraries/tee/QeIdentityText.sol";
import {TcbInfoText} from "../libraries/tee/TcbInfoText.sol";
import {Window} from "../libraries/tee/Window.sol";

/// @notice TCB info and QE identities, which anyone may submit.
contract IntelTcb is IIntelTcb {
    /// @dev What a contract's code holds behind its first byte.
    uint256 private constant MAX_DATA_BYTES = 24_575;

    IIntelCertificates public immutable CERTIFICATES;

    mapping(IAttestationVerifier.Kind => mapping(bytes6 => mapping(bytes2 => Entry))) private _tcbInfos;
    mapping(IAttestationVerifier.Kind => Entry) private _qeIdentities;

    constructor(IIntelCertificates _certificates) {
        CERTIFICATES = _certificates;
    }

    function submitTcbInfo(
        bytes calldata _text,
        bytes calldata _signature,
        bytes calldata _signer,
        bytes calldata _root
    ) external {
        IIntelCertificates.Signer memory signer = _verify(_text, _signature, _signer, _root, Part.TcbInfo);
        TcbInfoText.TcbInfo memory info = TcbInfoText.parse(_text);
        Entry storage entry = _tcbInfos[info.kind][info.fmspc][info.pceId];
        _store(entry, signer, info.evaluation, info.validFrom, info.validUntil, info.data, Part.TcbInfo);
        emit TcbInfoStored(info.kind, info.fmspc, info.pceId, info.evaluation, entry.validUntil);
    }

    function submitQeIdentity(
        bytes calldata _text,
        bytes calldata _signature,
        bytes calldata _signer,
        bytes calldata _root
    ) external {
        IIntelCertificates.Signer memory signer = _verify(_text, _signature, _signer, _root, Part.QeIdentity);
        QeIdentityText.QeIdentity memory identity = QeIdentityText.parse(_text);
        Entry storage entry = _qeIdentities[identity.kind];
        _store(
            entry, signer, identity.evaluation, identity.validFrom, identity.validUntil, identity.data, Part.QeIdentity
        );
        emit QeIdentityStored(identity.kind, identity.evaluation, entry.validUntil);
    }

    function tcbInfo(IAttestationVerifier.Kind _kind, bytes6 _fmspc, bytes2 _pceId)
        external
        view
        returns (Entry memory)
    {
        return _tcbInfos[_kind][_fmspc][_pceId];
    }

    function qeIdentity(IAttestationVerifier.Kind _kind) external view returns (Entry memory) {
        return _qeIdentities[_kind];
    }

    function _verify(
        bytes calldata _text,
        bytes calldata _signature,
        bytes calldata _signer,
        bytes calldata _root,
        Part _part
    ) private view returns (IIntelCertificates.Signer memory signer_) {
        if (_signature.length != 64) revert Tee_Invalid(_part, "signature");
        signer_ = CERTIFICATES.verifySigner(_signer, _root);
        bool valid = P256.verify(sha256(_text), bytes32(_signature), bytes32(_signature[32:]), signer_.x, signer_.y);
        if (!valid) revert Tee_Signature(_part);
    }

    function _store(
        Entry storage _entry,
        IIntelCertificates.Signer memory _signer,
        uint32 _evaluation,
        uint64 _from,
        uint64 _until,
        bytes memory _data,
        Part _part
    ) private {
        (uint64 from, uint64 until) = Window.both(_from, _until, _signer.validFrom, _signer.validUntil);
        // What is not valid now would keep out what is.
        Window.checkNow(_part, from, until);
        bool sameIssue = _evaluation == _entry.evaluation && _from == _entry.issued;
        bool newer = _evaluation > _entry.evaluation || (_evaluation == _entry.evaluation && _from > _entry.issued);
        // The same text may come with certificates that are valid for longer.
        if (!newer && !(sameIssue && until > _entry.validUntil)) revert Tee_NotNewer(_part);
        if (_data.length > MAX_DATA_BYTES) revert Tee_TooLong(_part, _data.length, MAX_DATA_BYTES);
        _entry.data = SSTORE2.write(_data);
        (_entry.evaluation, _entry.issued) = (_evaluation, _from);
        (_entry.signerSerial, _entry.root) = (_signer.serial, _signer.root);
        (_entry.validFrom, _entry.validUntil) = (from, until);
    }
}
