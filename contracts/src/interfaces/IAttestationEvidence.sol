// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "./IAIComputeRollup.sol";
import {IEnclaveKeys} from "./IEnclaveKeys.sol";
import {IEvidence} from "./IEvidence.sol";

/// @notice Attestations of results. They prove nothing: they make a result acceptable to those who ask for them, and shorten
/// the time in which it can be challenged where enclaves of several vendors agree.
interface IAttestationEvidence is IEvidence {
    event Attested(address indexed market, bytes32 indexed taskId, address indexed key);

    error AttestationEvidence_AlreadyAttested();
    error AttestationEvidence_NotAttested();
    error AttestationEvidence_InvalidSignature();
    error AttestationEvidence_NotUsable(address key, IEnclaveKeys.KeyStatus status);
    error AttestationEvidence_TooManyKeys();
    error AttestationEvidence_NoDisputes();

    /// @notice Adds signatures to an attested result, by which it may come to a quorum; one of a vendor that it has is passed over.
    /// Without any it notes a quorum that lapsed, or came back.
    function attest(address _market, bytes32 _taskId, bytes[] calldata _signatures) external;

    /// @notice Earliest time at which a result may be final by its attestations; the largest number without a quorum of keys
    /// that are usable now.
    function finalFrom(address _market, bytes32 _taskId) external view returns (uint256);

    /// @notice Whether keys that signed a result are usable now: a quorum of vendors, or one key.
    function isBelieved(address _market, bytes32 _taskId, bool _needsQuorum) external view returns (bool);

    /// @notice Keys that signed a result, when a quorum of them was reached, and what they signed.
    function attestedBy(address _market, bytes32 _taskId)
        external
        view
        returns (bytes32 digest_, uint256 quorumAt_, address[] memory keys_);

    function verifyTEEAttestation(IAIComputeRollup.TEEAttestation calldata _attestation) external view returns (bool);
    function keys() external view returns (IEnclaveKeys);
}
