// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../interfaces/IEvidence.sol";
import {ITrainingDisputes} from "../interfaces/ITrainingDisputes.sol";
import {Views} from "./Views.sol";

/// @notice Disputes about aggregates of plaintext updates.
abstract contract Disputes is Views {
    /// @inheritdoc ITrainingDisputes
    /// @dev `_counterProof = abi.encode(kind, input, output, trace, proof)`. Kind `Fault`: `proof` goes to the fault proof module. Kind
    /// `Validity`: `proof = abi.encode(output, validityProof)` of another output.
    function challengeAggregate(bytes32 _jobId, uint256 _attempt, bytes calldata _counterProof) external nonReentrant {
        (uint8 kind, bytes32 input, bytes32 output, bytes32 trace, bytes memory proof) =
            abi.decode(_counterProof, (uint8, bytes32, bytes32, bytes32, bytes));
        Run storage run = _requireChallengeable(_jobId, _attempt);
        if (run.claim != keccak256(abi.encode(input, output, trace))) revert Training_WrongClaim();
        IEvidence.Claim memory claim = _claimOf(_jobId, _attempt, run.programVersion, input, output, trace);
        if (kind == uint8(IEvidence.Kind.Validity)) {
            _requireOtherOutput(claim, proof);
            return _disprove(_jobId, _attempt, run);
        }
        if (kind != uint8(IEvidence.Kind.Fault)) revert Training_EvidenceNotAccepted(kind);
        Dispute storage dispute = _store().disputes[_runKey(_jobId, _attempt)];
        // A dispute stays with the module that it began with.
        IEvidence module = run.isDisputed ? dispute.module : _store().evidence[IEvidence.Kind.Fault];
        if (address(module) == address(0)) revert Training_EvidenceNotAccepted(kind);
        IEvidence.Verdict verdict = module.challenge(claim, proof, msg.sender);
        if (verdict == IEvidence.Verdict.Stands) revert Training_InvalidProof();
        if (verdict == IEvidence.Verdict.Disproved) return _disprove(_jobId, _attempt, run);
        if (!run.isDisputed) {
            run.isDisputed = true;
            (dispute.module, dispute.input, dispute.output, dispute.trace) = (module, input, output, trace);
        }
        uint256 bond = _challengeBond();
        _debit(msg.sender, bond);
        _store().bonds[_runKey(_jobId, _attempt)][msg.sender] += uint96(bond);
        emit AggregateChallenged(_jobId, _attempt, msg.sender);
    }

    /// @inheritdoc ITrainingDisputes
    function revealTrace(bytes32 _jobId, uint256 _attempt, uint256 _segment, bytes calldata _checkpoints)
        external
        nonReentrant
    {
        Run storage run = _requireDisputed(_jobId, _attempt);
        if (run.phase != Phase.Claimed) revert Training_WrongPhase(run.phase);
        if (msg.sender != run.aggregator) revert Training_NotAggregator();
        _store().disputes[_runKey(_jobId, _attempt)].module
            .reveal(_disputedClaim(_jobId, _attempt, run), _segment, _checkpoints);
        emit TraceRevealed(_jobId, _attempt, _segment, _checkpoints);
    }

    /// @inheritdoc ITrainingDisputes
    /// @dev Half for who claimed the aggregate, the rest for the treasury.
    function slashFailedChallenger(bytes32 _jobId, uint256 _attempt, uint256 _segment) external nonReentrant {
        Run storage run = _requireDisputed(_jobId, _attempt);
        if (!_counts(_jobId, _attempt, run) || (run.phase != Phase.Claimed && run.phase != Phase.Final)) {
            revert Training_WrongPhase(run.phase);
        }
        address challenger = _store().disputes[_runKey(_jobId, _attempt)].module
            .takeFailedChallenger(_disputedClaim(_jobId, _attempt, run), _segment);
        uint256 bond = _takeBond(_jobId, _attempt, challenger);
        if (bond == 0) revert Training_NothingToDo();
        _credit(run.aggregator, bond / 2);
        _addFees(bond - bond / 2);
        emit ChallengerSlashed(_jobId, _attempt, challenger, bond);
    }

    /// @inheritdoc ITrainingDisputes
    function reclaimBond(bytes32 _jobId, uint256 _attempt) external {
        Run storage run = _run(_jobId, _attempt);
        bool isVoid = run.phase == Phase.Claimed && !_counts(_jobId, _attempt, run);
        if (!isVoid && run.phase != Phase.Disproved) revert Training_WrongPhase(run.phase);
        uint256 bond = _takeBond(_jobId, _attempt, msg.sender);
        if (isVoid && msg.sender == run.aggregator) {
            bond += run.bond;
            run.bond = 0;
        }
        if (bond == 0) revert Training_NothingToDo();
        _credit(msg.sender, bond);
        emit BondReturned(_jobId, _attempt, msg.sender, bond);
    }

    /// @dev Whoever challenges holds a bond, and loses it to an answer that it can do nothing with.
    function _requireChallengeable(bytes32 _jobId, uint256 _attempt) private view returns (Run storage run_) {
        run_ = _run(_jobId, _attempt);
        if (run_.phase != Phase.Claimed || !_counts(_jobId, _attempt, run_)) revert Training_WrongPhase(run_.phase);
        uint256 until = _challengeableUntil(_jobId, _attempt, run_);
        if (block.timestamp >= until) revert Training_TooLate(until);
        (uint256 bond, uint256 balance) = (_challengeBond(), _store().balances[msg.sender]);
        if (balance < bond) revert Training_InsufficientBalance(balance, bond);
    }

    /// @dev A program has one output, so a proof of another one disproves the claim.
    function _requireOtherOutput(IEvidence.Claim memory _claim, bytes memory _proof) private {
        IEvidence module = _store().evidence[IEvidence.Kind.Validity];
        if (address(module) == address(0)) revert Training_EvidenceNotAccepted(uint8(IEvidence.Kind.Validity));
        (bytes32 output, bytes memory validityProof) = abi.decode(_proof, (bytes32, bytes));
        if (output == _claim.output) revert Training_InvalidProof();
        _claim.output = output;
        if (!module.proves(_claim, validityProof)) revert Training_InvalidProof();
    }

    /// @dev Half of the bond for the challenger, the rest for the treasury. The round is run again, and all after it are void.
    function _disprove(bytes32 _jobId, uint256 _attempt, Run storage _run) private {
        uint256 bond = _run.bond;
        uint256 reward = bond / 2;
        _run.bond = 0;
        _run.phase = Phase.Disproved;
        delete _run.aggregate;
        _credit(msg.sender, reward);
        _addFees(bond - reward);
        emit AggregateChallenged(_jobId, _attempt, msg.sender);
        emit AggregateDisproved(_jobId, _attempt, _run.aggregator, msg.sender, bond, reward);
        _enter(_jobId, _store().jobs[_jobId], _run.round);
    }

    function _requireDisputed(bytes32 _jobId, uint256 _attempt) private view returns (Run storage run_) {
        run_ = _run(_jobId, _attempt);
        if (!run_.isDisputed) revert Training_NotDisputed();
    }

    function _takeBond(bytes32 _jobId, uint256 _attempt, address _challenger) private returns (uint256 bond_) {
        bond_ = _store().bonds[_runKey(_jobId, _attempt)][_challenger];
        delete _store().bonds[_runKey(_jobId, _attempt)][_challenger];
    }

    function _challengeBond() internal view returns (uint256) {
        return _settings().aggregateBond / BOND_DIVISOR;
    }
}
