// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../interfaces/IEvidence.sol";
import {ITrainingAccusations} from "../interfaces/ITrainingAccusations.sol";
import {BatchLib} from "../libraries/BatchLib.sol";
import {Disputes} from "./Disputes.sol";

/// @notice Claims that a program finds a worker's contribution bad. What programs look at is theirs: nothing here is about one of them.
abstract contract Accusations is Disputes, ITrainingAccusations {
    /// @dev What a program says of a bad contribution.
    bytes32 private constant BAD = bytes32(uint256(1));
    uint256 private constant MAX_TRACE_BYTES = 65_544;

    /// @inheritdoc ITrainingAccusations
    function setAccusationProgram(Misbehaviour _kind, bytes32 _program) external onlyGovernor {
        if (!_isByProgram(_kind)) revert Training_NotProvable(_kind);
        _store().accusationPrograms[_kind] = _program;
        emit AccusationProgramSet(_kind, _program);
    }

    /// @inheritdoc ITrainingAccusations
    function accuse(bytes32 _jobId, uint256 _attempt, address _worker, Misbehaviour _kind, bytes calldata _trace)
        external
        returns (bytes32 accusation_)
    {
        Store storage store = _store();
        Member storage member = store.members[_jobId][_worker];
        if (!member.isMember || member.isSlashed) revert Training_NotMember(_worker);
        if (_trace.length > MAX_TRACE_BYTES) revert Training_TooLong(MAX_TRACE_BYTES);
        Settings memory settings_ = _settings();
        Accusation memory claim = Accusation({
            jobId: _jobId,
            worker: _worker,
            until: uint40(block.timestamp + settings_.challengePeriod),
            kind: _kind,
            status: AccusationStatus.Open,
            accuser: msg.sender,
            bond: settings_.aggregateBond,
            module: store.evidence[IEvidence.Kind.Fault],
            program: store.accusationPrograms[_kind],
            input: accusationInput(_jobId, _attempt, _worker),
            trace: BatchLib.traceCommitment(_trace)
        });
        if (claim.program == 0) revert Training_NoProgram();
        if (address(claim.module) == address(0)) revert Training_EvidenceNotAccepted(uint8(IEvidence.Kind.Fault));
        _debit(msg.sender, claim.bond);
        accusation_ = keccak256(abi.encode(_jobId, _attempt, _worker, _kind, ++store.accusationCount));
        store.accusations[accusation_] = claim;
        ++store.accused[_jobId][_worker];
        emit Accused(accusation_, _jobId, _worker, _attempt, claim, _trace);
    }

    /// @inheritdoc ITrainingAccusations
    /// @dev Whoever challenges holds a bond, and loses it to an answer that it can do nothing with.
    function challengeAccusation(bytes32 _accusation, bytes calldata _proof) external nonReentrant {
        Accusation storage accusation = _requireOpen(_accusation);
        uint256 until = accusationFinalAt(_accusation);
        if (block.timestamp >= until) revert Training_TooLate(until);
        uint256 bond = _challengeBond();
        _debit(msg.sender, bond);
        IEvidence.Verdict verdict = accusation.module.challenge(_claimIn(_accusation), _proof, msg.sender);
        if (verdict == IEvidence.Verdict.Stands) revert Training_InvalidProof();
        emit AccusationChallenged(_accusation, msg.sender);
        if (verdict == IEvidence.Verdict.Open) {
            _store().bonds[_accusation][msg.sender] += uint96(bond);
            return;
        }
        _credit(msg.sender, bond);
        uint256 lost = _close(accusation, AccusationStatus.Disproved);
        // Not all of it: whoever accuses must not be able to disprove itself at no cost.
        _credit(msg.sender, lost / 2);
        _addFees(lost - lost / 2);
        emit AccusationDisproved(_accusation, accusation.accuser, msg.sender, lost, lost / 2);
    }

    /// @inheritdoc ITrainingAccusations
    function revealAccusationTrace(bytes32 _accusation, uint256 _segment, bytes calldata _checkpoints)
        external
        nonReentrant
    {
        Accusation storage accusation = _requireOpen(_accusation);
        if (msg.sender != accusation.accuser) revert Training_NotAccuser();
        accusation.module.reveal(_claimIn(_accusation), _segment, _checkpoints);
        emit AccusationTraceRevealed(_accusation, _segment, _checkpoints);
    }

    /// @inheritdoc ITrainingAccusations
    /// @dev Half for the accuser, the rest for the treasury.
    function slashAccusationChallenger(bytes32 _accusation, uint256 _segment) external nonReentrant {
        Accusation storage accusation = _store().accusations[_accusation];
        AccusationStatus status = accusation.status;
        if (status != AccusationStatus.Open && status != AccusationStatus.Upheld) revert Training_NoAccusation(status);
        address challenger = accusation.module.takeFailedChallenger(_claimIn(_accusation), _segment);
        uint256 bond = _takeBondAt(_accusation, challenger);
        _credit(accusation.accuser, bond / 2);
        _addFees(bond - bond / 2);
        emit AccusationChallengerSlashed(_accusation, challenger, bond);
    }

    /// @inheritdoc ITrainingAccusations
    function reclaimAccusationBond(bytes32 _accusation) external {
        AccusationStatus status = _store().accusations[_accusation].status;
        if (status != AccusationStatus.Disproved) revert Training_NoAccusation(status);
        uint256 bond = _takeBondAt(_accusation, msg.sender);
        _credit(msg.sender, bond);
        emit AccusationBondReturned(_accusation, msg.sender, bond);
    }

    /// @inheritdoc ITrainingAccusations
    function accusationProgram(Misbehaviour _kind) external view returns (bytes32) {
        return _store().accusationPrograms[_kind];
    }

    /// @inheritdoc ITrainingAccusations
    function getAccusation(bytes32 _accusation) external view returns (Accusation memory) {
        return _store().accusations[_accusation];
    }

    /// @inheritdoc ITrainingAccusations
    function accusationsOf(bytes32 _jobId, address _worker) external view returns (uint256) {
        return _store().accused[_jobId][_worker];
    }

    /// @inheritdoc ITrainingAccusations
    function accusationBondOf(bytes32 _accusation, address _challenger) external view returns (uint256) {
        return _store().bonds[_accusation][_challenger];
    }

    /// @inheritdoc ITrainingAccusations
    function accusationFinalAt(bytes32 _accusation) public view returns (uint256) {
        Accusation storage accusation = _requireOpen(_accusation);
        uint256 open = accusation.module.openUntil(_claimIn(_accusation));
        return open > accusation.until ? open : accusation.until;
    }

    /// @inheritdoc ITrainingAccusations
    function accusationInput(bytes32 _jobId, uint256 _attempt, address _worker) public view returns (bytes32) {
        Store storage store = _store();
        bytes32 contribution = store.contributions[_runKey(_jobId, _attempt)][store.members[_jobId][_worker].index];
        if (contribution == 0) revert Training_InvalidContribution(_worker);
        (, bytes32 round) = secureDomains(_jobId, _attempt);
        return keccak256(abi.encode(keccak256(abi.encode(store.jobs[_jobId].config)), round, _worker, contribution));
    }

    /// @dev Slashes a worker by an accusation that nobody disproved in time. Whoever was slashed before has nothing left to take.
    function _uphold(bytes32 _accusation, address _worker, Misbehaviour _kind) internal {
        Accusation storage accusation = _requireOpen(_accusation);
        if (accusation.worker != _worker || accusation.kind != _kind) revert Training_InvalidProof();
        uint256 finalAt_ = accusationFinalAt(_accusation);
        if (block.timestamp < finalAt_) revert Training_TooEarly(finalAt_);
        (address accuser, bytes32 jobId) = (accusation.accuser, accusation.jobId);
        uint256 bond = _close(accusation, AccusationStatus.Upheld);
        _credit(accuser, bond);
        emit AccusationUpheld(_accusation, accuser, bond);
        if (!_store().members[jobId][_worker].isSlashed) _slash(jobId, _worker, _kind, accuser);
    }

    /// @dev Kinds that a program finds.
    function _isByProgram(Misbehaviour _kind) internal pure returns (bool) {
        return _kind == Misbehaviour.NormBound || _kind == Misbehaviour.WrongShard;
    }

    function _requireOpen(bytes32 _accusation) private view returns (Accusation storage accusation_) {
        accusation_ = _store().accusations[_accusation];
        if (accusation_.status != AccusationStatus.Open) revert Training_NoAccusation(accusation_.status);
    }

    /// @dev Ends it, and takes the bond that is to be paid out.
    function _close(Accusation storage _accusation, AccusationStatus _status) private returns (uint256 bond_) {
        bond_ = _accusation.bond;
        _accusation.bond = 0;
        _accusation.status = _status;
        --_store().accused[_accusation.jobId][_accusation.worker];
    }

    function _claimIn(bytes32 _accusation) private view returns (IEvidence.Claim memory) {
        Accusation storage a = _store().accusations[_accusation];
        return IEvidence.Claim(a.program, a.input, BAD, a.trace, uint256(_accusation));
    }

    function _takeBondAt(bytes32 _accusation, address _challenger) private returns (uint256 bond_) {
        bond_ = _store().bonds[_accusation][_challenger];
        if (bond_ == 0) revert Training_NothingToDo();
        delete _store().bonds[_accusation][_challenger];
    }
}
