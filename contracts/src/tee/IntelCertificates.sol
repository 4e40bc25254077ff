// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SSTORE2} from "solady/utils/SSTORE2.sol";
import {IIntelCertificates} from "../interfaces/IIntelCertificates.sol";
import {Part, Tee_Absent, Tee_KeyUsage, Tee_NotNewer, Tee_TooLong} from "../libraries/tee/Parts.sol";
import {PckExtension, Processor} from "../libraries/tee/PckExtension.sol";
import {Pem} from "../libraries/tee/Pem.sol";
import {Window} from "../libraries/tee/Window.sol";
import {Certificate, RevocationList, X509} from "../libraries/tee/X509.sol";

/// @notice Intel's certificates and revocation lists, which anyone may submit.
contract IntelCertificates is IIntelCertificates {
    /// @notice What a quote with its chain may have.
    uint256 public constant MAX_TEXT_BYTES = 32 << 10;
    /// @notice More than the entries of a full list have.
    uint256 public constant MAX_LIST_BYTES = 128 << 10;
    uint256 private constant SERIAL_BYTES = 20;
    /// @dev What a contract's code holds behind its first byte.
    uint256 private constant MAX_SERIALS_BYTES = 24_560;

    bytes32 public immutable ROOT;

    mapping(bytes32 => PckChain) private _chains;
    mapping(bytes32 => List) private _lists;

    constructor(bytes32 _root) {
        ROOT = _root;
    }

    function submitPckChain(bytes calldata _text) external {
        bytes32 hash = keccak256(_text);
        PckChain memory chain = verifyPckChain(_text);
        _chains[hash] = chain;
        emit PckChainStored(hash, chain.fmspc);
    }

    function submitRevocationList(bytes calldata _list, bytes[] calldata _issuers) external {
        RevocationList memory list = X509.parseList(_list, MAX_LIST_BYTES);
        uint256 length = list.serials.length;
        if (length > MAX_SERIALS_BYTES) revert Tee_TooLong(Part.RevocationList, length, MAX_SERIALS_BYTES);
        if (_issuers.length == 0 || _issuers.length > 2) revert Tee_TooLong(Part.ListIssuer, _issuers.length, 2);
        Certificate memory issuer = X509.parseCertificate(_issuers[0], Part.ListIssuer);
        if (_issuers.length == 1) {
            X509.checkRoot(issuer, ROOT);
        } else {
            Certificate memory root = X509.parseCertificate(_issuers[1], Part.ListRoot);
            X509.checkRoot(root, ROOT);
            X509.checkIssued(root, issuer, 0);
        }
        X509.checkListIssued(issuer, list);

        bytes32 authority = X509.authorityOf(issuer);
        List storage stored = _lists[authority];
        // What is not valid now would keep out what is.
        Window.checkNow(Part.RevocationList, list.validFrom, list.validUntil);
        if (stored.data != address(0) && list.validFrom <= stored.validFrom) revert Tee_NotNewer(Part.RevocationList);
        (stored.data, stored.validFrom, stored.validUntil) =
        (SSTORE2.write(list.serials), list.validFrom, list.validUntil);
        emit RevocationListStored(authority, list.validFrom, list.validUntil, length / SERIAL_BYTES);
    }

    function pckChain(bytes32 _chain) external view returns (PckChain memory) {
        return _chains[_chain];
    }

    function revocationList(bytes32 _authority) external view returns (List memory) {
        return _lists[_authority];
    }

    function verifyPckChain(bytes calldata _text) public view returns (PckChain memory ret_) {
        if (_text.length > MAX_TEXT_BYTES) revert Tee_TooLong(Part.PckChain, _text.length, MAX_TEXT_BYTES);
        bytes[3] memory encoded = Pem.certificates(_text);
        Certificate memory leaf = X509.parseCertificate(encoded[0], Part.PckCertificate);
        Certificate memory issuer = X509.parseCertificate(encoded[1], Part.PckIssuer);
        Certificate memory root = X509.parseCertificate(encoded[2], Part.PckRoot);
        X509.checkRoot(root, ROOT);
        X509.checkIssued(issuer, leaf, 0);
        X509.checkIssued(root, issuer, 1);
        if (!leaf.extensions.signs) revert Tee_KeyUsage(Part.PckCertificate);
        // Their lists are needed whenever the chain is used.
        if (!issuer.extensions.signsLists) revert Tee_KeyUsage(Part.PckIssuer);
        if (!root.extensions.signsLists) revert Tee_KeyUsage(Part.PckRoot);

        Processor memory processor = PckExtension.parse(leaf.extensions);
        (ret_.x, ret_.y) = (leaf.x, leaf.y);
        (ret_.issuer, ret_.root) = (X509.authorityOf(issuer), X509.authorityOf(root));
        (ret_.serial, ret_.issuerSerial) = (leaf.serial, issuer.serial);
        (ret_.fmspc, ret_.pceId) = (processor.fmspc, processor.pceId);
        (ret_.components, ret_.pceSvn) = (processor.components, processor.pceSvn);
        (ret_.validFrom, ret_.validUntil) =
            Window.both(issuer.validFrom, issuer.validUntil, root.validFrom, root.validUntil);
        (ret_.validFrom, ret_.validUntil) =
            Window.both(ret_.validFrom, ret_.validUntil, leaf.validFrom, leaf.validUntil);
    }

    function verifySigner(bytes calldata _signer, bytes calldata _root) external view returns (Signer memory ret_) {
        Certificate memory signer = X509.parseCertificate(_signer, Part.TcbSigner);
        Certificate memory root = X509.parseCertificate(_root, Part.TcbSignerRoot);
        X509.checkRoot(root, ROOT);
        X509.checkIssued(root, signer, 0);
        if (!signer.extensions.signs) revert Tee_KeyUsage(Part.TcbSigner);
        (ret_.x, ret_.y, ret_.root, ret_.serial) = (signer.x, signer.y, X509.authorityOf(root), signer.serial);
        (ret_.validFrom, ret_.validUntil) =
            Window.both(signer.validFrom, signer.validUntil, root.validFrom, root.validUntil);
    }

    function isRevoked(bytes32 _authority, uint160 _serial) external view returns (bool) {
        address data = _lists[_authority].data;
        if (data == address(0)) revert Tee_Absent(Part.RevocationList, _authority);
        bytes memory serials = SSTORE2.read(data);
        for (uint256 place = SERIAL_BYTES; place <= serials.length; place += SERIAL_BYTES) {
            uint160 serial;
            // Memory map: the last 20 bytes of the word that ends behind the serial number.
            assembly ("memory-safe") {
                serial := and(mload(add(serials, place)), 0xffffffffffffffffffffffffffffffffffffffff)
            }
            if (serial == _serial) return true;
        }
        return false;
    }
}
