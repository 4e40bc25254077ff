// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {MarketFlags} from "../libraries/MarketFlags.sol";
import {Results} from "./Results.sol";

/// @notice The compute market of docs/ai-compute.md. This last part decides disputes about results.
abstract contract ComputeMarket is Results {
    /// @inheritdoc IComputeMarket
    /// @dev `_counterProof = abi.encode(kind, input, trace, proof)`. Kind `Fault`: `proof` goes to the fault proof module. Kind
    /// `Validity`: `proof = abi.encode(output, validityProof)` of another output.
    function challengeComputation(bytes32 _taskId, bytes calldata _counterProof) external nonReentrant {
        (IEvidence.Kind kind, bytes32 input, bytes32 trace, bytes memory proof) =
            abi.decode(_counterProof, (IEvidence.Kind, bytes32, bytes32, bytes));
        Task storage task = _store().tasks[_taskId];
        Progress memory progress = task.progress;
        // Attestations of a sealed result are all the evidence that there can be, for it and against it.
        if (progress.flags & MarketFlags.SEALED != 0) revert ComputeMarket_EvidenceNotAccepted(uint8(kind));
        _requireChallengeable(_taskId, progress);
        if (task.commitment != keccak256(abi.encode(input, trace))) revert ComputeMarket_WrongClaim();
        IEvidence.Claim memory claim = _claimOf(_taskId, progress, input, task.output, trace);
        if (kind != IEvidence.Kind.Fault) {
            _requireOtherOutput(kind, claim, proof);
            return _disprove(_taskId, task, progress.worker);
        }
        IEvidence module = _faultModule(_taskId, progress.flags);
        IEvidence.Verdict verdict = module.challenge(claim, proof, msg.sender);
        if (verdict == IEvidence.Verdict.Stands) revert ComputeMarket_InvalidProof();
        if (verdict == IEvidence.Verdict.Disproved) return _disprove(_taskId, task, progress.worker);
        _open(_taskId, progress, module, input, trace);
    }

    /// @inheritdoc IComputeMarket
    function revealTrace(bytes32 _taskId, uint256 _segment, bytes calldata _checkpoints) external nonReentrant {
        Progress memory progress = _requireDisputed(_taskId);
        if (progress.status != TaskStatus.Submitted) revert ComputeMarket_WrongStatus(progress.status);
        if (msg.sender != progress.worker) revert ComputeMarket_NotWorker();
        _store().disputes[_taskId].module.reveal(_disputedClaim(_taskId, progress), _segment, _checkpoints);
        emit TraceRevealed(_taskId, _segment, _checkpoints);
    }

    /// @inheritdoc IComputeMarket
    /// @dev Half for the worker, the rest for the treasury.
    function slashFailedChallenger(bytes32 _taskId, uint256 _segment) external nonReentrant {
        Progress memory progress = _requireDisputed(_taskId);
        if (progress.status != TaskStatus.Submitted && progress.status != TaskStatus.Final) {
            revert ComputeMarket_WrongStatus(progress.status);
        }
        address challenger =
            _store().disputes[_taskId].module.takeFailedChallenger(_disputedClaim(_taskId, progress), _segment);
        uint256 bond = _takeBond(_taskId, challenger);
        _credit(progress.worker, bond / 2);
        _addFees(bond - bond / 2);
        emit ChallengerSlashed(_taskId, challenger, bond);
    }

    /// @inheritdoc IComputeMarket
    function reclaimBond(bytes32 _taskId) external {
        TaskStatus status = _store().tasks[_taskId].progress.status;
        if (status != TaskStatus.Disproved && status != TaskStatus.Refunded) revert ComputeMarket_WrongStatus(status);
        uint256 bond = _takeBond(_taskId, msg.sender);
        _credit(msg.sender, bond);
        emit BondReturned(_taskId, msg.sender, bond);
    }

    /// @inheritdoc IComputeMarket
    function getDispute(bytes32 _taskId) external view returns (Dispute memory) {
        return _store().disputes[_taskId];
    }

    /// @inheritdoc IComputeMarket
    function bondOf(bytes32 _taskId, address _challenger) external view returns (uint256) {
        return _store().bonds[_taskId][_challenger];
    }

    /// @dev Whoever challenges holds a bond, and loses it to an answer that it can do nothing with.
    function _requireChallengeable(bytes32 _taskId, Progress memory _progress) private view {
        if (_progress.status != TaskStatus.Submitted) revert ComputeMarket_WrongStatus(_progress.status);
        if (_store().accounts[_progress.worker].isSlashed) revert ComputeMarket_WorkerSlashed();
        uint256 until = _challengeableUntil(_taskId, _progress);
        if (block.timestamp >= until) revert ComputeMarket_TooLate(until);
        (uint256 bond, uint256 balance) = (challengeBond(), _store().accounts[msg.sender].balance);
        if (balance < bond) revert ComputeMarket_InsufficientBalance(balance, bond);
    }

    /// @dev The claim is kept from the first request on; until then its opening is in the result's event.
    function _open(bytes32 _taskId, Progress memory _progress, IEvidence _module, bytes32 _input, bytes32 _trace)
        private
    {
        Store storage store = _store();
        if (_progress.flags & MarketFlags.DISPUTED == 0) {
            store.tasks[_taskId].progress.flags = _progress.flags | MarketFlags.DISPUTED;
            store.disputes[_taskId] = Dispute(_module, _input, _trace);
            ++store.accounts[_progress.worker].disputes;
        }
        uint256 bond = challengeBond();
        _debit(msg.sender, bond);
        store.bonds[_taskId][msg.sender] += uint96(bond);
        emit ComputationChallenged(_taskId, msg.sender);
    }

    /// @dev A dispute stays with the module that it began with.
    function _faultModule(bytes32 _taskId, uint8 _flags) private view returns (IEvidence module_) {
        module_ = _flags & MarketFlags.DISPUTED == 0
            ? _store().evidence[IEvidence.Kind.Fault]
            : _store().disputes[_taskId].module;
        if (address(module_) == address(0)) revert ComputeMarket_EvidenceNotAccepted(uint8(IEvidence.Kind.Fault));
    }

    /// @dev A program has one output, so a proof of another one disproves the claim.
    function _requireOtherOutput(IEvidence.Kind _kind, IEvidence.Claim memory _claim, bytes memory _proof) private {
        IEvidence module = _store().evidence[_kind];
        if (_kind != IEvidence.Kind.Validity || address(module) == address(0)) {
            revert ComputeMarket_EvidenceNotAccepted(uint8(_kind));
        }
        (bytes32 output, bytes memory validityProof) = abi.decode(_proof, (bytes32, bytes));
        if (output == _claim.output) revert ComputeMarket_InvalidProof();
        _claim.output = output;
        if (!module.proves(_claim, validityProof)) revert ComputeMarket_InvalidProof();
    }

    /// @dev LP-500: all of the stake is lost; half for the challenger, the rest for the treasury.
    function _disprove(bytes32 _taskId, Task storage _task, address _worker) private {
        Account storage account = _store().accounts[_worker];
        uint256 stake_ = account.stake;
        uint256 reward = stake_ / 2;
        account.stake = 0;
        account.isSlashed = true;
        _credit(msg.sender, reward);
        _addFees(stake_ - reward);
        emit ComputationChallenged(_taskId, msg.sender);
        emit ResultDisproved(_taskId, _worker, msg.sender, stake_, reward);
        _refund(_taskId, _task, 0, TaskStatus.Disproved);
    }

    function _requireDisputed(bytes32 _taskId) private view returns (Progress memory progress_) {
        progress_ = _store().tasks[_taskId].progress;
        if (progress_.flags & MarketFlags.DISPUTED == 0) revert ComputeMarket_NotDisputed();
    }

    function _takeBond(bytes32 _taskId, address _challenger) private returns (uint256 bond_) {
        bond_ = _store().bonds[_taskId][_challenger];
        if (bond_ == 0) revert ComputeMarket_NothingToDo();
        delete _store().bonds[_taskId][_challenger];
    }
}
