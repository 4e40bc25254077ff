// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "./IAttestationVerifier.sol";
import {IIntelCertificates} from "./IIntelCertificates.sol";

/// @notice Intel's words on its platforms: TCB info of processors, and identities of quoting enclaves. Each text is verified and
/// read once. Times are for whoever uses it to compare with the time of the block.
interface IIntelTcb {
    /// @dev A text, read.
    struct Entry {
        /// @dev The code behind the first byte of this is what the text says.
        address data;
        uint32 evaluation;
        /// @dev When Intel issued the text.
        uint64 issued;
        /// @dev Serial number of the certificate that signed it, and whose list might revoke that.
        uint160 signerSerial;
        bytes32 root;
        /// @dev When text and certificates are valid.
        uint64 validFrom;
        uint64 validUntil;
    }

    event TcbInfoStored(
        IAttestationVerifier.Kind indexed kind,
        bytes6 indexed fmspc,
        bytes2 indexed pceId,
        uint32 evaluation,
        uint64 until
    );
    event QeIdentityStored(IAttestationVerifier.Kind indexed kind, uint32 evaluation, uint64 until);

    /// @notice Where the certificates of signers are verified, and revoked.
    function CERTIFICATES() external view returns (IIntelCertificates);

    /// @notice Verifies a TCB info and keeps it if it is newer than the one of the same kind and processor: by the number of the
    /// evaluation, then by the date of issue. `text` is as signed, `signature` R and S, the certificates are in DER.
    function submitTcbInfo(bytes calldata text, bytes calldata signature, bytes calldata signer, bytes calldata root)
        external;

    /// @notice The same for the identity of a quoting enclave.
    function submitQeIdentity(bytes calldata text, bytes calldata signature, bytes calldata signer, bytes calldata root)
        external;

    /// @notice Zeros where there is none.
    function tcbInfo(IAttestationVerifier.Kind kind, bytes6 fmspc, bytes2 pceId) external view returns (Entry memory);

    /// @notice Zeros where there is none.
    function qeIdentity(IAttestationVerifier.Kind kind) external view returns (Entry memory);
}
