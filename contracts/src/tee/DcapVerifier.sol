// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SSTORE2} from "solady/utils/SSTORE2.sol";
import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {IIntelCertificates} from "../interfaces/IIntelCertificates.sol";
import {IIntelTcb} from "../interfaces/IIntelTcb.sol";
import {Levels} from "../libraries/tee/Levels.sol";
import {P256} from "../libraries/tee/P256.sol";
import {
    Part,
    Tee_Absent,
    Tee_CollateralNotWanted,
    Tee_Mismatch,
    Tee_Revoked,
    Tee_RevokedPlatform,
    Tee_Signature
} from "../libraries/tee/Parts.sol";
import {Quote, QuoteLayout} from "../libraries/tee/Quote.sol";
import {Reports} from "../libraries/tee/Reports.sol";
import {Window} from "../libraries/tee/Window.sol";

/// @notice Checks quotes of Intel SGX and TDX against what is stored of Intel's collateral. A PCK chain that is not stored is
/// verified within the call.
contract DcapVerifier is IAttestationVerifier {
    IIntelCertificates public immutable CERTIFICATES;
    IIntelTcb public immutable TCB;

    constructor(IIntelTcb _tcb) {
        (CERTIFICATES, TCB) = (_tcb.CERTIFICATES(), _tcb);
    }

    /// @inheritdoc IAttestationVerifier
    function authenticate(bytes calldata _quote, bytes calldata _collateral)
        external
        view
        returns (Attestation memory ret_)
    {
        if (_collateral.length != 0) revert Tee_CollateralNotWanted();
        QuoteLayout memory parts = Quote.parse(_quote);
        _checkAttestationKey(_quote, parts);
        IIntelCertificates.PckChain memory pck = _pckChain(_quote[parts.chain:parts.chainEnd]);
        bytes calldata qe = _quote[parts.qeReport:parts.qeReport + 384];
        if (!_isSigned(qe, _quote[parts.qeSignature:], pck.x, pck.y)) revert Tee_Signature(Part.QuotingEnclave);

        ret_.validUntil = type(uint64).max;
        _limit(ret_, Part.PckChain, pck.validFrom, pck.validUntil);
        _checkListed(ret_, pck.root, pck.issuerSerial, Part.PckIssuer);
        _checkListed(ret_, pck.issuer, pck.serial, Part.PckCertificate);
        Reports.claims(_quote, parts, ret_);
        _judge(ret_, pck, _quote[parts.body:parts.signedEnd], qe);
        ret_.svns[2] = pck.pceSvn;
        ret_.platform = keccak256(abi.encodePacked(pck.fmspc));
        ret_.root = CERTIFICATES.ROOT();
    }

    /// @dev The attestation key signed the quote, and the quoting enclave vouches for that key.
    function _checkAttestationKey(bytes calldata _quote, QuoteLayout memory _layout) private view {
        bytes calldata key = _quote[_layout.attestationKey:_layout.attestationKey + 64];
        bool signed = _isSigned(_quote[:_layout.signedEnd], _quote[_layout.signature:], bytes32(key), bytes32(key[32:]));
        if (!signed) revert Tee_Signature(Part.Quote);
        bytes32 hash = sha256(bytes.concat(key, _quote[_layout.qeAuth:_layout.qeAuthEnd]));
        bytes calldata data = _quote[_layout.qeReport + 320:_layout.qeReport + 384];
        if (bytes32(data) != hash || bytes32(data[32:]) != 0) {
            revert Tee_Mismatch(Part.QuotingEnclave, "hash of the attestation key");
        }
    }

    function _pckChain(bytes calldata _text) private view returns (IIntelCertificates.PckChain memory ret_) {
        ret_ = CERTIFICATES.pckChain(keccak256(_text));
        if (ret_.root == 0) ret_ = CERTIFICATES.verifyPckChain(_text);
    }

    /// @dev Status and advisories of processor, TDX module and quoting enclave together.
    function _judge(
        Attestation memory _found,
        IIntelCertificates.PckChain memory _pck,
        bytes calldata _body,
        bytes calldata _qe
    ) private view {
        IIntelTcb.Entry memory info = TCB.tcbInfo(_found.kind, _pck.fmspc, _pck.pceId);
        if (info.data == address(0)) revert Tee_Absent(Part.TcbInfo, bytes32(_pck.fmspc));
        _checkEntry(_found, info, Part.TcbInfo);
        IIntelTcb.Entry memory identity = TCB.qeIdentity(_found.kind);
        if (identity.data == address(0)) revert Tee_Absent(Part.QeIdentity, 0);
        _checkEntry(_found, identity, Part.QeIdentity);
        _found.evaluation = info.evaluation < identity.evaluation ? info.evaluation : identity.evaluation;

        Levels.Enclave memory enclave = Levels.Enclave({
            misc: bytes4(uint32(Quote.le32(_qe, 16))),
            attributes: bytes16(_qe[48:]),
            signer: bytes32(_qe[128:]),
            product: uint16(Quote.le16(_qe, 256)),
            svn: uint16(Quote.le16(_qe, 258))
        });
        Levels.Verdict memory verdict = _platform(_found.kind, SSTORE2.read(info.data), _pck, _body);
        Levels.addEnclave(verdict, SSTORE2.read(identity.data), enclave);
        if (verdict.status == TcbStatus.Revoked) revert Tee_RevokedPlatform();
        (_found.status, _found.advisories) = (verdict.status, verdict.advisories);
        _found.svns[1] = enclave.svn;
    }

    /// @dev The level of the processor and, for TDX, its module.
    function _platform(Kind _kind, bytes memory _info, IIntelCertificates.PckChain memory _pck, bytes calldata _body)
        private
        pure
        returns (Levels.Verdict memory verdict_)
    {
        // No level of SGX needs anything of TDX.
        if (_kind == Kind.Sgx) return Levels.platform(_info, _pck.components, _pck.pceSvn, 0, 0);
        // Numbers of the guest's platform, of which the second is the module's generation.
        bytes16 svns = bytes16(_body);
        uint8 generation = uint8(svns[1]);
        // The first two are the module, which has levels of its own since its first generation.
        verdict_ = Levels.platform(_info, _pck.components, _pck.pceSvn, svns, generation == 0 ? 0 : 2);
        Levels.Module memory module = Levels.Module({
            number: generation,
            svn: uint8(svns[0]),
            signerHigh: bytes32(_body[64:]),
            signerLow: bytes16(_body[96:]),
            attributes: bytes8(_body[112:])
        });
        Levels.addModule(verdict_, _info, module);
    }

    function _checkEntry(Attestation memory _found, IIntelTcb.Entry memory _entry, Part _part) private view {
        _limit(_found, _part, _entry.validFrom, _entry.validUntil);
        _checkListed(_found, _entry.root, _entry.signerSerial, Part.TcbSigner);
    }

    /// @dev The authority's list is valid and does not have the serial number.
    function _checkListed(Attestation memory _found, bytes32 _authority, uint160 _serial, Part _part) private view {
        IIntelCertificates.List memory list = CERTIFICATES.revocationList(_authority);
        if (list.data == address(0)) revert Tee_Absent(Part.RevocationList, _authority);
        _limit(_found, Part.RevocationList, list.validFrom, list.validUntil);
        if (CERTIFICATES.isRevoked(_authority, _serial)) revert Tee_Revoked(_part, _serial);
    }

    /// @dev A part that vouches is valid now, and everything no longer than it.
    function _limit(Attestation memory _found, Part _part, uint64 _from, uint64 _until) private view {
        Window.checkNow(_part, _from, _until);
        (_found.validFrom, _found.validUntil) = Window.both(_found.validFrom, _found.validUntil, _from, _until);
    }

    function _isSigned(bytes calldata _message, bytes calldata _signature, bytes32 _x, bytes32 _y)
        private
        view
        returns (bool)
    {
        return P256.verify(sha256(_message), bytes32(_signature), bytes32(_signature[32:]), _x, _y);
    }
}
