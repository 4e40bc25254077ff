// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Certificates and revocation lists under one root key of Intel, each verified once. What is stored says nothing
/// about the time: whoever uses it compares its window with the time of the block.
interface IIntelCertificates {
    /// @dev A PCK certificate, whose chain leads to the root.
    struct PckChain {
        bytes32 x;
        bytes32 y;
        /// @dev Name and key of who issued it, and of the root.
        bytes32 issuer;
        bytes32 root;
        uint160 serial;
        bytes6 fmspc;
        bytes2 pceId;
        uint16 pceSvn;
        uint160 issuerSerial;
        bytes16 components;
        /// @dev When all certificates of the chain are valid.
        uint64 validFrom;
        uint64 validUntil;
    }

    /// @dev A certificate that the root itself issued, and that signs TCB info and QE identities.
    struct Signer {
        bytes32 x;
        bytes32 y;
        bytes32 root;
        uint160 serial;
        uint64 validFrom;
        uint64 validUntil;
    }

    /// @dev Content is the code of `data` behind its first byte: serial numbers of 20 bytes.
    struct List {
        address data;
        uint64 validFrom;
        uint64 validUntil;
    }

    /// @param chain Keccak-256 of its text.
    event PckChainStored(bytes32 indexed chain, bytes6 indexed fmspc);
    event RevocationListStored(bytes32 indexed authority, uint64 validFrom, uint64 validUntil, uint256 count);

    /// @notice SHA-256 of the `SubjectPublicKeyInfo` of the root.
    function ROOT() external view returns (bytes32);

    /// @notice Verifies and keeps the PCK chain in `text`: three certificates in PEM, leaf first, as quotes have them.
    function submitPckChain(bytes calldata text) external;

    /// @notice Verifies a revocation list in DER and keeps it if it is newer than the one of the same authority. `issuers` are
    /// certificates in DER: who issued it, and the root where that is another.
    function submitRevocationList(bytes calldata list, bytes[] calldata issuers) external;

    /// @notice The chain whose text has this hash; zeros where it was not submitted.
    function pckChain(bytes32 chain) external view returns (PckChain memory);

    /// @notice The newest list of an authority; zeros where there is none.
    function revocationList(bytes32 authority) external view returns (List memory);

    /// @notice What `submitPckChain` would keep.
    function verifyPckChain(bytes calldata text) external view returns (PckChain memory);

    /// @notice The signer in the first certificate, if the second is the root and issued it.
    function verifySigner(bytes calldata signer, bytes calldata root) external view returns (Signer memory);

    /// @notice Whether an authority's list has a serial number. Reverts where there is no list.
    function isRevoked(bytes32 authority, uint160 serial) external view returns (bool);
}
