// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../interfaces/IAIComputeRollup.sol";
import {IAttestationEvidence} from "../interfaces/IAttestationEvidence.sol";
import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {EnclaveSignature} from "../libraries/EnclaveSignature.sol";

/// @notice Signatures of enclaves under results of a market. A key that stops being usable stops counting, so that a quorum
/// holds only while all of it does.
abstract contract AttestationEvidence is IAttestationEvidence {
    /// @dev `quorumAt`: when the keys that are usable came to a quorum; zero where they were seen without one since.
    struct Record {
        bytes32 digest;
        uint40 quorumAt;
        address[] keys;
    }

    /// @dev One of each vendor, and those that replace keys which stopped being usable.
    uint256 private constant MAX_KEYS = 8;

    mapping(address => mapping(bytes32 => Record)) private _records;

    /// @inheritdoc IEvidence
    function kind() external pure returns (Kind) {
        return Kind.Attestation;
    }

    /// @inheritdoc IEvidence
    /// @dev Called by the market that holds the claim, whose `claimedAt` is the task. `_proof = abi.encode(signatures)`. True
    /// means attested, not true: what the market makes of it is up to its rules.
    function proves(Claim calldata _claim, bytes calldata _proof) external returns (bool) {
        bytes32 taskId = bytes32(_claim.claimedAt);
        Record storage record = _records[msg.sender][taskId];
        if (record.digest != 0) revert AttestationEvidence_AlreadyAttested();
        record.digest = EnclaveSignature.statementDigest(
            IEnclaveKeys.Statement(msg.sender, taskId, _claim.program, _claim.input, _claim.output)
        );
        _add(record, msg.sender, taskId, abi.decode(_proof, (bytes[])));
        return record.keys.length != 0;
    }

    /// @inheritdoc IAttestationEvidence
    function attest(address _market, bytes32 _taskId, bytes[] calldata _signatures) external {
        Record storage record = _records[_market][_taskId];
        if (record.digest == 0) revert AttestationEvidence_NotAttested();
        _add(record, _market, _taskId, _signatures);
    }

    /// @inheritdoc IEvidence
    /// @dev Enclaves that say otherwise end policies (`IEnclaveKeys.contradict`), but they disprove nothing.
    function challenge(Claim calldata, bytes calldata, address) external pure returns (Verdict) {
        return Verdict.Stands;
    }

    /// @inheritdoc IEvidence
    function reveal(Claim calldata, uint256, bytes calldata) external pure {
        revert AttestationEvidence_NoDisputes();
    }

    /// @inheritdoc IEvidence
    function openUntil(Claim calldata) external pure returns (uint256) {
        return 0;
    }

    /// @inheritdoc IEvidence
    function takeFailedChallenger(Claim calldata, uint256) external pure returns (address) {
        revert AttestationEvidence_NoDisputes();
    }

    /// @inheritdoc IAttestationEvidence
    function finalFrom(address _market, bytes32 _taskId) external view returns (uint256) {
        Record storage record = _records[_market][_taskId];
        if (!_holds(record)) return type(uint256).max;
        return uint256(record.quorumAt) + keys().settings().attestedPeriod;
    }

    /// @inheritdoc IAttestationEvidence
    function isBelieved(address _market, bytes32 _taskId, bool _needsQuorum) external view returns (bool) {
        uint256 vendors = _vendorsOf(_records[_market][_taskId], block.timestamp);
        return _needsQuorum ? _hasQuorum(vendors) : vendors != 0;
    }

    /// @inheritdoc IAttestationEvidence
    function attestedBy(address _market, bytes32 _taskId)
        external
        view
        returns (bytes32 digest_, uint256 quorumAt_, address[] memory keys_)
    {
        Record storage record = _records[_market][_taskId];
        return (record.digest, record.quorumAt, record.keys);
    }

    /// @inheritdoc IAttestationEvidence
    function verifyTEEAttestation(IAIComputeRollup.TEEAttestation calldata _attestation) external view returns (bool) {
        return keys().verifyTEEAttestation(_attestation);
    }

    /// @inheritdoc IAttestationEvidence
    function keys() public view virtual returns (IEnclaveKeys);

    function _add(Record storage _record, address _market, bytes32 _taskId, bytes[] memory _signatures) private {
        bool held = _holds(_record);
        uint256 vendors = _vendorsOf(_record, block.timestamp);
        for (uint256 i; i < _signatures.length; ++i) {
            address key = EnclaveSignature.recover(_record.digest, _signatures[i]);
            if (key == address(0)) revert AttestationEvidence_InvalidSignature();
            (IEnclaveKeys.KeyStatus status, IAttestationVerifier.Kind kind_) = keys().statusOf(key);
            if (status != IEnclaveKeys.KeyStatus.Usable) revert AttestationEvidence_NotUsable(key, status);
            uint256 vendor = _vendorOf(kind_);
            // A second one adds nothing. It is no error: somebody else may have been first with one of these signatures.
            if (vendors & vendor != 0) continue;
            if (_record.keys.length == MAX_KEYS) revert AttestationEvidence_TooManyKeys();
            vendors |= vendor;
            _record.keys.push(key);
            emit Attested(_market, _taskId, key);
        }
        if (!held) _record.quorumAt = _hasQuorum(vendors) ? uint40(block.timestamp) : 0;
    }

    /// @dev The quorum was there all the time: keys that lapsed and came back make a new one.
    function _holds(Record storage _record) private view returns (bool) {
        return _record.quorumAt != 0 && _hasQuorum(_vendorsOf(_record, _record.quorumAt));
    }

    /// @dev Set of the vendors whose keys are usable now, and have been since `_time`.
    function _vendorsOf(Record storage _record, uint256 _time) private view returns (uint256 vendors_) {
        uint256 count = _record.keys.length;
        for (uint256 i; i < count; ++i) {
            (IAttestationVerifier.Kind kind_, uint256 since) = keys().usableSince(_record.keys[i]);
            if (since <= _time) vendors_ |= _vendorOf(kind_);
        }
    }

    function _hasQuorum(uint256 _vendors) private view returns (bool) {
        uint256 count;
        for (; _vendors != 0; _vendors &= _vendors - 1) {
            ++count;
        }
        return count >= keys().settings().quorum;
    }

    /// @dev Whoever breaks SGX breaks TDX: they share what signs for both. The same holds for Arm's two.
    function _vendorOf(IAttestationVerifier.Kind _kind) private pure returns (uint256) {
        if (_kind == IAttestationVerifier.Kind.Tdx) _kind = IAttestationVerifier.Kind.Sgx;
        if (_kind == IAttestationVerifier.Kind.Cca) _kind = IAttestationVerifier.Kind.Psa;
        return 1 << uint8(_kind);
    }
}
