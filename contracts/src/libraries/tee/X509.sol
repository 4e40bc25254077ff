// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Der} from "./Der.sol";
import {Extension, Extensions} from "./Extensions.sol";
import {P256} from "./P256.sol";
import {
    Part,
    Tee_CriticalExtension,
    Tee_Invalid,
    Tee_Issuer,
    Tee_KeyUsage,
    Tee_NotAuthority,
    Tee_PartialList,
    Tee_PathLength,
    Tee_Root,
    Tee_Signature
} from "./Parts.sol";

/// @dev A certificate, read but not yet believed.
struct Certificate {
    Part part;
    /// @dev SHA-256 of what is signed.
    bytes32 digest;
    bytes32 r;
    bytes32 s;
    uint160 serial;
    /// @dev Keccak-256 of names as encoded.
    bytes32 issuer;
    bytes32 subject;
    uint64 validFrom;
    uint64 validUntil;
    bytes32 x;
    bytes32 y;
    Extensions.Found extensions;
}

/// @dev A revocation list, read but not yet believed.
struct RevocationList {
    bytes32 digest;
    bytes32 r;
    bytes32 s;
    bytes32 issuer;
    uint64 validFrom;
    uint64 validUntil;
    /// @dev Serial numbers, 20 bytes each.
    bytes serials;
}

/// @notice The part of X.509 that Intel's certificates and revocation lists use: P-256 keys, ECDSA with SHA-256.
library X509 {
    using Der for Der.Reader;

    uint256 internal constant MAX_CERTIFICATE_BYTES = 4096;
    /// @dev What RFC 5280 allows.
    uint256 private constant MAX_SERIAL_BYTES = 20;
    /// @dev As `Der.oid` gives them. 2.5.29.27 makes a list one of changes to another, 28 limits it to some certificates, reasons or
    /// issuers, and 29 says of an entry that another authority issued its certificate.
    bytes32 private constant DELTA = bytes32(bytes3(hex"551d1b")) | bytes32(uint256(3));
    bytes32 private constant DISTRIBUTION_POINT = bytes32(bytes3(hex"551d1c")) | bytes32(uint256(3));
    bytes32 private constant CERTIFICATE_ISSUER = bytes32(bytes3(hex"551d1d")) | bytes32(uint256(3));
    /// @dev SEQUENCE { OID ecdsa-with-SHA256 }
    bytes32 private constant ECDSA_SHA256 = keccak256(hex"300a06082a8648ce3d040302");
    /// @dev All of a SubjectPublicKeyInfo of P-256 in front of the coordinates of its uncompressed point.
    bytes private constant P256_INFO = hex"3059301306072a8648ce3d020106082a8648ce3d03010703420004";
    uint256 private constant P256_INFO_BYTES = 27;

    function parseCertificate(bytes memory _encoded, Part _part) internal view returns (Certificate memory ret_) {
        ret_.part = _part;
        Der.Reader memory outer = Der.open(_encoded, _part, MAX_CERTIFICATE_BYTES).enterOnly("certificate");
        uint256 start = outer.position;
        Der.Reader memory content = outer.enter(Der.SEQUENCE, "certificate");
        ret_.digest = P256.sha256Of(start, outer.position);
        (ret_.r, ret_.s) = _signature(outer);

        Der.Reader memory version = content.enter(0xa0, "version");
        if (version.unsigned(1, "version") != 2) revert Tee_Invalid(_part, "version");
        version.finish();
        ret_.serial = uint160(content.unsigned(MAX_SERIAL_BYTES, "serial number"));
        _checkAlgorithm(content);
        ret_.issuer = content.hashNext(Der.SEQUENCE, "issuer");
        Der.Reader memory validity = content.enter(Der.SEQUENCE, "validity");
        (ret_.validFrom, ret_.validUntil) = (validity.time(), validity.time());
        validity.finish();
        ret_.subject = content.hashNext(Der.SEQUENCE, "subject");
        (ret_.x, ret_.y) = _key(content);
        ret_.extensions = Extensions.parse(content.enter(0xa3, "extensions"));
        content.finish();
    }

    function parseList(bytes memory _encoded, uint256 _maxBytes) internal view returns (RevocationList memory ret_) {
        Part part = Part.RevocationList;
        Der.Reader memory outer = Der.open(_encoded, part, _maxBytes).enterOnly("list");
        uint256 start = outer.position;
        Der.Reader memory content = outer.enter(Der.SEQUENCE, "list");
        ret_.digest = P256.sha256Of(start, outer.position);
        (ret_.r, ret_.s) = _signature(outer);

        if (content.unsigned(1, "version") != 1) revert Tee_Invalid(part, "version");
        _checkAlgorithm(content);
        ret_.issuer = content.hashNext(Der.SEQUENCE, "issuer");
        // Without a next update a list would never grow old.
        (ret_.validFrom, ret_.validUntil) = (content.time(), content.time());
        if (content.peek() == Der.SEQUENCE) ret_.serials = _serials(content.enter(Der.SEQUENCE, "entries"));
        Der.Reader memory extensions = content.enter(0xa0, "extensions").enterOnly("extensions");
        content.finish();
        _checkOfList(extensions);
    }

    /// @notice `_issuer` issued `_subject`, below which `_below` more certificates follow.
    function checkIssued(Certificate memory _issuer, Certificate memory _subject, uint256 _below) internal view {
        Part part = _subject.part;
        if (_subject.issuer != _issuer.subject) revert Tee_Issuer(part);
        if (!_issuer.extensions.isAuthority) revert Tee_NotAuthority(part);
        if (_issuer.extensions.hasPathLimit && _below > _issuer.extensions.pathLimit) revert Tee_PathLength(part);
        if (!_issuer.extensions.signsCertificates) revert Tee_KeyUsage(part);
        _checkSigned(_issuer, _subject.digest, _subject.r, _subject.s, part);
    }

    /// @notice `_root` signed itself and has the pinned key.
    function checkRoot(Certificate memory _root, bytes32 _pinned) internal view {
        bytes32 found = sha256(bytes.concat(P256_INFO, _root.x, _root.y));
        if (found != _pinned) revert Tee_Root(_root.part, found);
        checkIssued(_root, _root, 0);
    }

    /// @notice `_issuer`, whose chain is checked elsewhere, issued the list.
    function checkListIssued(Certificate memory _issuer, RevocationList memory _list) internal view {
        Part part = Part.RevocationList;
        if (_list.issuer != _issuer.subject) revert Tee_Issuer(part);
        if (!_issuer.extensions.signsLists) revert Tee_KeyUsage(part);
        _checkSigned(_issuer, _list.digest, _list.r, _list.s, part);
    }

    /// @notice Name and key of who issues: revocation lists belong to these, whatever certificate carries them.
    function authorityOf(Certificate memory _certificate) internal pure returns (bytes32) {
        return keccak256(abi.encode(_certificate.subject, _certificate.x, _certificate.y));
    }

    function _checkSigned(Certificate memory _issuer, bytes32 _digest, bytes32 _r, bytes32 _s, Part _part)
        private
        view
    {
        if (!P256.verify(_digest, _r, _s, _issuer.x, _issuer.y)) revert Tee_Signature(_part);
    }

    /// @dev The algorithm has no parameters, so that one encoding is right; this also makes both places of it equal.
    function _checkAlgorithm(Der.Reader memory _content) private pure {
        if (_content.hashNext(Der.SEQUENCE, "signature algorithm") != ECDSA_SHA256) {
            revert Tee_Invalid(_content.part, "signature algorithm");
        }
    }

    /// @dev Algorithm and signature, the last of certificates and lists.
    function _signature(Der.Reader memory _outer) private pure returns (bytes32 r_, bytes32 s_) {
        _checkAlgorithm(_outer);
        Der.Reader memory bits = _outer.enter(Der.BIT_STRING, "signature");
        _outer.finish();
        // The bits are whole bytes.
        if (bits.isFinished() || Der.byteAt(bits.position++) != 0) revert Tee_Invalid(_outer.part, "signature");
        Der.Reader memory numbers = bits.enterOnly("signature");
        (r_, s_) = (bytes32(numbers.unsigned(32, "signature")), bytes32(numbers.unsigned(32, "signature")));
        numbers.finish();
    }

    function _key(Der.Reader memory _content) private pure returns (bytes32 x_, bytes32 y_) {
        uint256 start = _content.position;
        _content.expect(Der.SEQUENCE, "public key");
        bytes32 found;
        assembly ("memory-safe") {
            found := keccak256(start, P256_INFO_BYTES)
        }
        if (_content.position - start != P256_INFO_BYTES + 64 || found != keccak256(P256_INFO)) {
            revert Tee_Invalid(_content.part, "public key");
        }
        return (Der.wordAt(start + P256_INFO_BYTES), Der.wordAt(start + P256_INFO_BYTES + 32));
    }

    function _serials(Der.Reader memory _entries) private pure returns (bytes memory ret_) {
        // No entry is shorter than a serial number of one byte and a time.
        ret_ = new bytes((_entries.end - _entries.position) / 20 * MAX_SERIAL_BYTES);
        uint256 count;
        while (!_entries.isFinished()) {
            Der.Reader memory entry = _entries.enter(Der.SEQUENCE, "entry");
            uint256 serial = entry.unsigned(MAX_SERIAL_BYTES, "serial number");
            entry.time();
            if (!entry.isFinished()) {
                Der.Reader memory extensions = entry.enter(Der.SEQUENCE, "entry");
                entry.finish();
                if (extensions.isFinished()) revert Tee_Invalid(entry.part, "entry");
                _checkOfList(extensions);
            }
            // Memory map: place `count` of 20 bytes; what is behind it is written by the next, or is the padding.
            assembly ("memory-safe") {
                let place := add(add(ret_, 0x20), mul(count, MAX_SERIAL_BYTES))
                mstore(place, or(shl(96, serial), shr(160, shl(160, mload(place)))))
            }
            ++count;
        }
        assembly ("memory-safe") {
            mstore(ret_, mul(count, MAX_SERIAL_BYTES))
        }
    }

    /// @dev No extension has to be understood, or makes the list a partial one, critical or not.
    function _checkOfList(Der.Reader memory _extensions) private pure {
        while (!_extensions.isFinished()) {
            Extension memory found = Extensions.next(_extensions);
            if (found.oid == DELTA || found.oid == DISTRIBUTION_POINT || found.oid == CERTIFICATE_ISSUER) {
                revert Tee_PartialList();
            }
            if (found.critical) revert Tee_CriticalExtension(_extensions.part);
        }
    }
}
