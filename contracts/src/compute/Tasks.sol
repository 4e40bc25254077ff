// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../interfaces/IAIComputeRollup.sol";
import {IAttestationEvidence} from "../interfaces/IAttestationEvidence.sol";
import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {DataReference} from "../libraries/DataReference.sol";
import {MarketFlags} from "../libraries/MarketFlags.sol";
import {Models} from "./Models.sol";

/// @notice Tasks until they have a result: offered, claimed by a worker, or given back.
/// @dev A task has one worker at most. Whoever does not deliver, or delivers something wrong, ends it; its requester gets the
/// locked amount back and may offer another one.
abstract contract Tasks is Models {
    /// @dev A claim locks this fraction of what the task pays at most.
    uint256 private constant CLAIM_BOND_DIVISOR = 10;

    /// @inheritdoc IComputeMarket
    function submitComputeTask(IAIComputeRollup.ComputeTask calldata _task) external returns (bytes32) {
        Settings memory settings_ = _settings();
        return _submitTask(_task, settings_.inferVersion, settings_.taskTimeout);
    }

    /// @inheritdoc IComputeMarket
    function submitAggregateTask(IAIComputeRollup.ComputeTask calldata _task) external returns (bytes32) {
        Settings memory settings_ = _settings();
        return _submitTask(_task, settings_.aggregateVersion, settings_.taskTimeout);
    }

    /// @inheritdoc IComputeMarket
    function submitComputeTasks(IAIComputeRollup.ComputeTask[] calldata _tasks) external {
        Settings memory settings_ = _settings();
        for (uint256 i; i < _tasks.length; ++i) {
            _submitTask(_tasks[i], settings_.inferVersion, settings_.taskTimeout);
        }
    }

    /// @inheritdoc IComputeMarket
    function claimTask(bytes32 _taskId) external {
        Settings memory settings_ = _settings();
        _requireWorker(msg.sender, settings_.minStake);
        Progress memory progress = _store().tasks[_taskId].progress;
        if (progress.status != TaskStatus.Open) revert ComputeMarket_WrongStatus(progress.status);
        if (block.timestamp >= progress.until) revert ComputeMarket_TooLate(progress.until);
        _claim(_taskId, settings_.claimWindow);
    }

    /// @inheritdoc IComputeMarket
    function claimTasks(bytes32[] calldata _taskIds) external {
        Settings memory settings_ = _settings();
        _requireWorker(msg.sender, settings_.minStake);
        for (uint256 i; i < _taskIds.length; ++i) {
            Progress memory progress = _store().tasks[_taskIds[i]].progress;
            if (progress.status != TaskStatus.Open || block.timestamp >= progress.until) continue;
            _claim(_taskIds[i], settings_.claimWindow);
        }
    }

    /// @inheritdoc IComputeMarket
    /// @dev A claim of a worker who was slashed meanwhile ends at once. Who was kept from delivering gets its bond back.
    function refundTask(bytes32 _taskId) external {
        Task storage task = _store().tasks[_taskId];
        Progress memory progress = task.progress;
        uint256 penalty;
        if (progress.status == TaskStatus.Open) {
            if (block.timestamp < progress.until && msg.sender != task.offer.requester) {
                revert ComputeMarket_TooEarly(progress.until);
            }
        } else if (progress.status == TaskStatus.Claimed) {
            bool isSlashed = _store().accounts[progress.worker].isSlashed;
            if (block.timestamp <= progress.until && !isSlashed) revert ComputeMarket_TooEarly(progress.until);
            uint256 bond = _claimBond(task.offer);
            if (!isSlashed && _wasPrevented(progress)) _credit(progress.worker, bond);
            else penalty = bond;
        } else {
            revert ComputeMarket_WrongStatus(progress.status);
        }
        _refund(_taskId, task, penalty, TaskStatus.Refunded);
    }

    /// @inheritdoc IComputeMarket
    function quote(bytes32 _modelHash, uint256 _requiredFlops, uint256 _maxGasPrice)
        external
        view
        returns (uint256 gasLimit_, uint256 gasPrice_)
    {
        return _quote(_modelOf(_modelHash), _requiredFlops, _maxGasPrice);
    }

    /// @inheritdoc IComputeMarket
    function getTask(bytes32 _taskId) external view returns (Task memory) {
        return _store().tasks[_taskId];
    }

    /// @inheritdoc IComputeMarket
    /// @dev LP-500's test reads it right after submission: `getTask` tells whether it is final. Zero while there is none, and
    /// after it was disproved.
    function getTaskResult(bytes32 _taskId) external view returns (bytes32) {
        return _store().tasks[_taskId].output;
    }

    /// @dev Gives the locked amount and `_penalty` to the requester and ends the task.
    function _refund(bytes32 _taskId, Task storage _task, uint256 _penalty, TaskStatus _status) internal {
        Offer memory offer = _task.offer;
        uint256 amount = _locked(offer);
        _task.progress.status = _status;
        delete _task.output;
        _credit(offer.requester, amount + _penalty);
        emit TaskRefunded(_taskId, offer.requester, amount, _penalty);
    }

    function _locked(Offer memory _offer) internal pure returns (uint256) {
        return uint256(_offer.gasLimit) * _offer.gasPrice;
    }

    function _claimBond(Offer memory _offer) internal pure returns (uint256) {
        return _locked(_offer) / CLAIM_BOND_DIVISOR;
    }

    /// @dev No evidence that the task takes can be given any more, or enclaves alone could have given it and some lost belief since
    /// the claim: a market cannot know whose the worker has, so that the doubt is in its favour.
    function _wasPrevented(Progress memory _progress) private view returns (bool) {
        mapping(IEvidence.Kind => IEvidence) storage modules = _store().evidence;
        bool isDisputable = address(modules[IEvidence.Kind.Fault]) != address(0);
        if (_progress.flags & MarketFlags.FAULT != 0 && isDisputable) return false;
        if (_progress.flags & MarketFlags.VALIDITY != 0 && address(modules[IEvidence.Kind.Validity]) != address(0)) {
            return false;
        }
        address module = address(modules[IEvidence.Kind.Attestation]);
        if (_progress.flags & MarketFlags.SEALED != 0) isDisputable = true;
        if (_progress.flags & MarketFlags.ATTESTATION == 0 || module == address(0) || !isDisputable) return true;
        uint256 restrictedAt = IAttestationEvidence(module).keys().restrictedAt();
        return restrictedAt + _settings().claimWindow >= _progress.until;
    }

    function _submitTask(IAIComputeRollup.ComputeTask calldata _task, uint8 _programVersion, uint256 _timeout)
        private
        returns (bytes32)
    {
        if (_programVersion == 0) revert ComputeMarket_NoProgram();
        if (_task.requester != address(0) && _task.requester != msg.sender) revert ComputeMarket_NotRequester();
        IAIComputeRollup.TEEAttestation calldata attestation = _task.attestation;
        if (attestation.mrEnclave != 0 || attestation.mrSigner != 0 || attestation.quote.length != 0) {
            revert ComputeMarket_NoAttestation();
        }
        bytes32 taskId = _task.taskId;
        Task storage task = _store().tasks[taskId];
        if (taskId == 0) revert ComputeMarket_InvalidTask();
        if (task.progress.status != TaskStatus.None) revert ComputeMarket_TaskExists();

        Model memory model = _modelOf(_task.modelHash);
        (uint256 gasLimit, uint256 gasPrice) = _quote(model, _task.requiredFlops, _task.maxGasPrice);
        _debit(msg.sender, gasLimit * gasPrice);
        (bytes32 inputCommitment, bool isInline) = DataReference.parse(_task.inputDataHash);
        uint8 flags = model.flags & (MarketFlags.EVIDENCE | MarketFlags.INLINE_OUTPUT | MarketFlags.QUORUM);
        if (isInline) flags |= MarketFlags.INLINE_OUTPUT;
        if (model.flags & MarketFlags.CONFIDENTIAL != 0) flags |= MarketFlags.SEALED;
        uint40 expiresAt = uint40(block.timestamp + _timeout);

        task.offer = Offer(msg.sender, uint32(gasLimit), uint64(gasPrice));
        task.progress = Progress(address(0), expiresAt, 0, TaskStatus.Open, _programVersion, flags);
        task.commitment = keccak256(abi.encode(_task.modelHash, inputCommitment));
        emit IAIComputeRollup.ComputeTaskSubmitted(taskId, msg.sender);
        emit TaskOffered(
            taskId, _task.modelHash, _task.inputDataHash, gasLimit, gasPrice, expiresAt, _programVersion, flags
        );
        return taskId;
    }

    function _claim(bytes32 _taskId, uint256 _window) private {
        Task storage task = _store().tasks[_taskId];
        _debit(msg.sender, _claimBond(task.offer));
        uint40 until = uint40(block.timestamp + _window);
        task.progress.worker = msg.sender;
        task.progress.until = until;
        task.progress.status = TaskStatus.Claimed;
        emit TaskClaimed(_taskId, msg.sender, until);
    }

    /// @dev Gas that the FLOPs stand for, rounded up, and its price: the model's, or what the requester offers.
    function _quote(Model memory _model, uint256 _requiredFlops, uint256 _maxGasPrice)
        private
        pure
        returns (uint256 gasLimit_, uint256 gasPrice_)
    {
        gasLimit_ = _requiredFlops / _model.flopsPerGas;
        if (_requiredFlops % _model.flopsPerGas != 0) ++gasLimit_;
        if (gasLimit_ == 0 || gasLimit_ > type(uint32).max) revert ComputeMarket_InvalidTask();
        gasPrice_ = _model.gasPrice == 0 ? _maxGasPrice : _model.gasPrice;
        if (gasPrice_ == 0 || gasPrice_ > _maxGasPrice || gasPrice_ > type(uint64).max) {
            revert ComputeMarket_InvalidPrice();
        }
    }
}
