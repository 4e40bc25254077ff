// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../interfaces/IAIComputeRollup.sol";
import {IAttestationEvidence} from "../interfaces/IAttestationEvidence.sol";
import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {BatchLib} from "../libraries/BatchLib.sol";
import {DataReference} from "../libraries/DataReference.sol";
import {MarketFlags} from "../libraries/MarketFlags.sol";
import {Tasks} from "./Tasks.sol";

/// @notice Results with their evidence, and payment for those that stood.
abstract contract Results is Tasks {
    bytes32 private constant SEALED_PROGRAM = keccak256("LUX_SEALED_PROGRAM_V1");

    /// @dev As large as the trace of a batch.
    uint256 private constant MAX_TRACE_BYTES = 65_544;

    /// @inheritdoc IComputeMarket
    /// @dev `zkProof = abi.encode(kind, input, evidence, output)`: the claim input that the worker computed for, the trace or a
    /// validity proof, and the output itself where the task asks for it. With attestations the trace, and `bytes[] signatures`
    /// of enclaves after the output.
    function submitComputeResult(IAIComputeRollup.ComputeResult calldata _result) external nonReentrant {
        _submitResult(_result, _settings());
    }

    /// @inheritdoc IComputeMarket
    function submitComputeResults(IAIComputeRollup.ComputeResult[] calldata _results) external nonReentrant {
        Settings memory settings_ = _settings();
        for (uint256 i; i < _results.length; ++i) {
            _submitResult(_results[i], settings_);
        }
    }

    /// @inheritdoc IComputeMarket
    /// @dev A result of a worker who was slashed for another one is void: nothing stands behind it any more.
    function finalizeTasks(bytes32[] calldata _taskIds) external nonReentrant {
        uint256 feeBps = _settings().feeBps;
        uint256 fees;
        for (uint256 i; i < _taskIds.length; ++i) {
            bytes32 taskId = _taskIds[i];
            Task storage task = _store().tasks[taskId];
            Progress memory progress = task.progress;
            if (progress.status != TaskStatus.Submitted) continue;
            Account storage worker = _store().accounts[progress.worker];
            if (worker.isSlashed) {
                _refund(taskId, task, 0, TaskStatus.Refunded);
                continue;
            }
            if (block.timestamp < _challengeableUntil(taskId, progress)) continue;
            if (progress.flags & MarketFlags.SEALED != 0 && !_isBelieved(taskId, progress.flags)) {
                _refund(taskId, task, 0, TaskStatus.Refunded);
                continue;
            }
            if (progress.flags & MarketFlags.DISPUTED != 0) --worker.disputes;
            fees += _pay(taskId, task, progress, feeBps);
        }
        if (fees != 0) _addFees(fees);
    }

    /// @inheritdoc IComputeMarket
    function verifyTEEAttestation(IAIComputeRollup.TEEAttestation calldata _attestation) external view returns (bool) {
        IAttestationEvidence module = _attestations();
        return address(module) != address(0) && module.verifyTEEAttestation(_attestation);
    }

    /// @inheritdoc IComputeMarket
    function taskClaim(bytes32 _taskId, bytes32 _input, bytes32 _trace) external view returns (IEvidence.Claim memory) {
        Task memory task = _store().tasks[_taskId];
        if (task.commitment != keccak256(abi.encode(_input, _trace))) revert ComputeMarket_WrongClaim();
        return _claimOf(_taskId, task.progress, _input, task.output, _trace);
    }

    /// @inheritdoc IComputeMarket
    function finalAt(bytes32 _taskId) external view returns (uint256) {
        Progress memory progress = _store().tasks[_taskId].progress;
        if (progress.status != TaskStatus.Submitted) revert ComputeMarket_WrongStatus(progress.status);
        return _challengeableUntil(_taskId, progress);
    }

    /// @dev A task has one result at most, so its id tells apart two claims that say the same.
    function _claimOf(bytes32 _taskId, Progress memory _progress, bytes32 _input, bytes32 _output, bytes32 _trace)
        internal
        view
        returns (IEvidence.Claim memory)
    {
        bytes32 program = _store().programs[_progress.programVersion];
        // Opens the input, runs the program, seals the output. Nobody can show a run of it, and what enclaves sign about it never
        // contradicts what they sign about the program itself.
        if (_progress.flags & MarketFlags.SEALED != 0) program = keccak256(abi.encode(SEALED_PROGRAM, program));
        return IEvidence.Claim(program, _input, _output, _trace, uint256(_taskId));
    }

    /// @dev The claim of a result that is or was disputed.
    function _disputedClaim(bytes32 _taskId, Progress memory _progress) internal view returns (IEvidence.Claim memory) {
        Dispute storage dispute = _store().disputes[_taskId];
        return _claimOf(_taskId, _progress, dispute.input, _store().tasks[_taskId].output, dispute.trace);
    }

    /// @dev Enclaves of several vendors shorten the period of a result that nobody disputes, for as long as they are believed.
    function _challengeableUntil(bytes32 _taskId, Progress memory _progress) internal view returns (uint256) {
        if (_progress.flags & MarketFlags.DISPUTED == 0) {
            uint256 attested = type(uint256).max;
            if (_progress.flags & MarketFlags.ATTESTED != 0 && address(_attestations()) != address(0)) {
                attested = _attestations().finalFrom(address(this), _taskId);
            }
            return attested < _progress.until ? attested : _progress.until;
        }
        IEvidence.Claim memory claim = _disputedClaim(_taskId, _progress);
        uint256 open = _store().disputes[_taskId].module.openUntil(claim);
        return open > _progress.until ? open : _progress.until;
    }

    function _submitResult(IAIComputeRollup.ComputeResult calldata _result, Settings memory _settings_) private {
        bytes32 taskId = _result.taskId;
        Task storage task = _store().tasks[taskId];
        Progress memory progress = task.progress;
        _takeOver(task, progress, _settings_.minStake);
        if (_result.outputHash == 0 || _result.gasUsed > task.offer.gasLimit) revert ComputeMarket_InvalidResult();

        (uint8 kind, bytes32 input, bytes memory evidence, bytes memory output) =
            abi.decode(_result.zkProof, (uint8, bytes32, bytes, bytes));
        // After a reorganisation the same id may stand for another task: the worker answers for this one only.
        if (task.commitment != input) revert ComputeMarket_WrongInput();
        _requireOutput(progress.flags, _result.outputHash, output);

        progress.worker = msg.sender;
        progress.gasUsed = uint32(_result.gasUsed);
        progress.until = uint40(block.timestamp + _settings_.challengePeriod);
        progress.status = TaskStatus.Submitted;
        task.output = _result.outputHash;
        IEvidence module = _moduleFor(kind, progress.flags);
        bytes32 trace;
        bool isProved = kind == uint8(IEvidence.Kind.Validity);
        if (isProved) {
            progress.until = uint40(block.timestamp);
        } else {
            if (evidence.length > MAX_TRACE_BYTES) revert ComputeMarket_TraceTooLarge();
            trace = BatchLib.traceCommitment(evidence);
        }
        if (kind != uint8(IEvidence.Kind.Fault)) {
            IEvidence.Claim memory claim = _claimOf(taskId, progress, input, _result.outputHash, trace);
            bytes memory proof = isProved ? evidence : _signaturesIn(_result.zkProof);
            if (!module.proves(claim, proof)) revert ComputeMarket_InvalidProof();
            if (!isProved) _requireAttested(taskId, progress);
        }
        task.commitment = keccak256(abi.encode(input, trace));
        emit IAIComputeRollup.ComputeResultSubmitted(taskId, _result.outputHash);
        emit ResultEvidence(taskId, msg.sender, _result.gasUsed, progress.until, _result.zkProof);
        if (isProved) {
            _addFees(_pay(taskId, task, progress, _settings_.feeBps));
        } else {
            task.progress = progress;
        }
    }

    function _signaturesIn(bytes calldata _zkProof) private pure returns (bytes memory) {
        (,,,, bytes[] memory signatures) = abi.decode(_zkProof, (uint8, bytes32, bytes, bytes, bytes[]));
        return abi.encode(signatures);
    }

    /// @dev What enclaves say must stay open to fault proofs, unless the input is sealed.
    function _requireAttested(bytes32 _taskId, Progress memory _progress) private view {
        bool isSealed = _progress.flags & MarketFlags.SEALED != 0;
        if (!isSealed && address(_store().evidence[IEvidence.Kind.Fault]) == address(0)) {
            revert ComputeMarket_EvidenceNotAccepted(uint8(IEvidence.Kind.Attestation));
        }
        bool needsQuorum = _progress.flags & MarketFlags.QUORUM != 0;
        if (needsQuorum && _attestations().finalFrom(address(this), _taskId) == type(uint256).max) {
            revert ComputeMarket_InvalidProof();
        }
        _progress.flags |= MarketFlags.ATTESTED;
    }

    /// @dev Nothing else stands behind a sealed result: keys that are not usable any more when it is to be paid are no evidence.
    function _isBelieved(bytes32 _taskId, uint8 _flags) private view returns (bool) {
        IAttestationEvidence module = _attestations();
        bool needsQuorum = _flags & MarketFlags.QUORUM != 0;
        return address(module) != address(0) && module.isBelieved(address(this), _taskId, needsQuorum);
    }

    function _attestations() private view returns (IAttestationEvidence) {
        return IAttestationEvidence(address(_store().evidence[IEvidence.Kind.Attestation]));
    }

    /// @dev The task is the caller's: claimed, with the bond given back here, or open to any worker.
    function _takeOver(Task storage _task, Progress memory _progress, uint256 _minStake) private {
        if (_progress.status == TaskStatus.Claimed) {
            if (_progress.worker != msg.sender) revert ComputeMarket_NotWorker();
            if (block.timestamp > _progress.until) revert ComputeMarket_TooLate(_progress.until);
            // Staked when it claimed: a minimum that was raised since does not cost the bond.
            _requireWorker(msg.sender, 1);
            _credit(msg.sender, _claimBond(_task.offer));
        } else {
            if (_progress.status != TaskStatus.Open) revert ComputeMarket_WrongStatus(_progress.status);
            if (block.timestamp >= _progress.until) revert ComputeMarket_TooLate(_progress.until);
            _requireWorker(msg.sender, _minStake);
        }
    }

    function _moduleFor(uint8 _kind, uint8 _flags) private view returns (IEvidence module_) {
        if (_kind <= uint8(IEvidence.Kind.Attestation) && _flags & (1 << _kind) != 0) {
            module_ = _store().evidence[IEvidence.Kind(_kind)];
        }
        if (address(module_) == address(0)) revert ComputeMarket_EvidenceNotAccepted(_kind);
    }

    function _requireOutput(uint8 _flags, bytes32 _outputHash, bytes memory _output) private pure {
        if (_output.length == 0) {
            if (_flags & MarketFlags.INLINE_OUTPUT != 0) revert ComputeMarket_WrongOutput();
        } else if (
            _output.length > DataReference.MAX_INLINE_BYTES || DataReference.inlineCommitment(_output) != _outputHash
        ) {
            revert ComputeMarket_WrongOutput();
        }
    }

    /// @dev Pays the worker, returns what was not used, and ends the task; the caller books the fee.
    function _pay(bytes32 _taskId, Task storage _task, Progress memory _progress, uint256 _feeBps)
        private
        returns (uint256 fee_)
    {
        Offer memory offer = _task.offer;
        uint256 payment = uint256(_progress.gasUsed) * offer.gasPrice;
        fee_ = payment * _feeBps / BPS;
        _progress.status = TaskStatus.Final;
        _task.progress = _progress;
        _credit(_progress.worker, payment - fee_);
        uint256 rest = _locked(offer) - payment;
        if (rest != 0) _credit(offer.requester, rest);
        emit TaskFinalized(_taskId, _progress.worker, payment, fee_);
    }
}
