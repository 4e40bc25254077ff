// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IChunkVerifier} from "../interfaces/IChunkVerifier.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {BatchLib} from "../libraries/BatchLib.sol";
import {Merkle} from "../libraries/Merkle.sol";

/// @notice Disproves a claim about a program run by running one chunk of it: the first one that its trace has wrong.
/// @dev A trace with a stride above one has checkpoints at the ends of segments only. Whoever sees a wrong segment asks for
/// the checkpoints inside it; the claimant reveals them in time, or loses.
contract FaultProof is IEvidence {
    /// @notice What a challenge is.
    enum Move {
        Disprove,
        RequestSegment,
        Timeout
    }

    /// @notice One chunk of a claim's run. `before` and `after_` are the checkpoints around it with their Merkle paths; both
    /// are ignored where the claim itself fixes the state: before the first chunk and after the last.
    struct Disproof {
        uint256 chunk;
        Trace trace;
        bytes32 before;
        bytes beforePath;
        bytes32 after_;
        bytes afterPath;
        bytes execution;
    }

    /// @notice Opening of a claim's trace commitment.
    struct Trace {
        uint256 chunks;
        uint256 stride;
        bytes32 root;
    }

    /// @notice A segment that somebody asked for; `root` is zero until it is revealed.
    struct Segment {
        address challenger;
        uint64 deadline;
        bool settled;
        bytes32 root;
    }

    /// @dev Of one claim of one caller.
    struct Dispute {
        uint64 unanswered;
        uint64 openUntil;
        mapping(uint256 => Segment) segments;
        mapping(address => bool) hasAsked;
    }

    bytes32 private constant HALTED = "lux-machine halted";

    IChunkVerifier public immutable verifier;
    /// @notice Seconds in which a request is answered, and in which the answer can be disproved.
    uint256 public immutable responsePeriod;

    mapping(bytes32 => Dispute) private _disputes;

    /// @notice The claimant has to reveal a segment. `claim` = `keccak256(abi.encode(holder, claim))`.
    event SegmentRequested(address indexed holder, bytes32 indexed claim, uint256 segment);

    error FaultProof_NoSuchChunk();
    error FaultProof_NoSuchSegment();
    error FaultProof_WrongTrace();
    error FaultProof_AlreadyAsked();
    error FaultProof_NotAsked();
    error FaultProof_TooEarly(uint256 deadline);
    error FaultProof_TooLate(uint256 deadline);

    constructor(IChunkVerifier _verifier, uint256 _responsePeriod) {
        verifier = _verifier;
        responsePeriod = _responsePeriod;
    }

    /// @inheritdoc IEvidence
    function kind() external pure returns (Kind) {
        return Kind.Fault;
    }

    /// @inheritdoc IEvidence
    /// @dev `_proof = abi.encode(Move, body)`, `body` = encoded `Disproof`, or `(Trace, segment)`. Reverts when the proof itself
    /// is wrong; the claim stands when it shows a correct chunk.
    function challenge(Claim calldata _claim, bytes calldata _proof, address _challenger) external returns (Verdict) {
        bytes32 key = _key(_claim);
        Dispute storage dispute = _disputes[key];
        (Move move, bytes memory body) = abi.decode(_proof, (Move, bytes));
        if (move == Move.Disprove) return _disprove(dispute, _claim, abi.decode(body, (Disproof)));
        (Trace memory trace, uint256 index) = abi.decode(body, (Trace, uint256));
        _requireTrace(_claim, trace);
        if (_inner(trace, index) == 0) revert FaultProof_NoSuchSegment();
        Segment storage segment = dispute.segments[index];
        if (move == Move.Timeout) {
            if (segment.challenger == address(0) || segment.root != 0) revert FaultProof_NotAsked();
            if (block.timestamp <= segment.deadline) revert FaultProof_TooEarly(segment.deadline);
            return Verdict.Disproved;
        }
        // One at a time: whoever asks for nothing loses a bond before asking again.
        if (segment.challenger != address(0) || dispute.hasAsked[_challenger]) revert FaultProof_AlreadyAsked();
        dispute.hasAsked[_challenger] = true;
        ++dispute.unanswered;
        segment.challenger = _challenger;
        segment.deadline = uint64(block.timestamp + responsePeriod);
        emit SegmentRequested(msg.sender, key, index);
        return Verdict.Open;
    }

    /// @inheritdoc IEvidence
    /// @dev `_checkpoints = abi.encode(Trace, bytes)`: all states inside the segment, 32 bytes each.
    function reveal(Claim calldata _claim, uint256 _segment, bytes calldata _checkpoints) external {
        Dispute storage dispute = _disputes[_key(_claim)];
        Segment storage segment = dispute.segments[_segment];
        if (segment.challenger == address(0) || segment.root != 0) revert FaultProof_NotAsked();
        if (block.timestamp > segment.deadline) revert FaultProof_TooLate(segment.deadline);
        (Trace memory trace, bytes memory states) = abi.decode(_checkpoints, (Trace, bytes));
        _requireTrace(_claim, trace);
        if (states.length != 32 * _inner(trace, _segment)) revert FaultProof_WrongTrace();
        bytes32[] memory leaves = new bytes32[](states.length / 32);
        for (uint256 i; i < leaves.length; ++i) {
            leaves[i] = Merkle.word(states, i);
        }
        // Never zero: a root over states that nobody can run is still an answer, and disproved like any other.
        segment.root = keccak256(abi.encode(Merkle.root(leaves)));
        segment.deadline = uint64(block.timestamp + responsePeriod);
        dispute.openUntil = segment.deadline;
        --dispute.unanswered;
    }

    /// @inheritdoc IEvidence
    function takeFailedChallenger(Claim calldata _claim, uint256 _segment) external returns (address) {
        Segment storage segment = _disputes[_key(_claim)].segments[_segment];
        if (segment.root == 0 || segment.settled) return address(0);
        if (block.timestamp <= segment.deadline) revert FaultProof_TooEarly(segment.deadline);
        segment.settled = true;
        return segment.challenger;
    }

    /// @inheritdoc IEvidence
    function openUntil(Claim calldata _claim) external view returns (uint256) {
        Dispute storage dispute = _disputes[_key(_claim)];
        return dispute.unanswered != 0 ? type(uint256).max : dispute.openUntil;
    }

    /// @notice A segment of a claim that `_holder` holds.
    function segmentOf(address _holder, Claim calldata _claim, uint256 _segment)
        external
        view
        returns (Segment memory)
    {
        return _disputes[keccak256(abi.encode(_holder, _claim))].segments[_segment];
    }

    /// @inheritdoc IEvidence
    /// @dev A fault proof never shows that a claim is right.
    function proves(Claim calldata, bytes calldata) external pure returns (bool) {
        return false;
    }

    function _disprove(Dispute storage _dispute, Claim calldata _claim, Disproof memory _proof)
        private
        view
        returns (Verdict)
    {
        Trace memory trace = _proof.trace;
        _requireTrace(_claim, trace);
        if (_proof.chunk >= trace.chunks) revert FaultProof_NoSuchChunk();
        bytes32 start = _proof.before;
        if (_proof.chunk == 0) {
            start = verifier.initialState(_claim.program, _claim.input);
        } else {
            _requireState(_dispute, trace, _proof.chunk, start, _proof.beforePath);
        }
        bool isLast = _proof.chunk + 1 == trace.chunks;
        bytes32 claimed = keccak256(abi.encode(HALTED, _claim.output));
        if (!isLast) {
            claimed = _proof.after_;
            _requireState(_dispute, trace, _proof.chunk + 1, claimed, _proof.afterPath);
        }
        (bytes32 end, IChunkVerifier.Status status) = verifier.run(_claim.program, start, _proof.execution);
        // Nothing follows a halt: a claim that goes on after one is wrong even if it names that state.
        bool isRight = end == claimed && (isLast || status == IChunkVerifier.Status.Running);
        return isRight ? Verdict.Stands : Verdict.Disproved;
    }

    function _requireTrace(Claim calldata _claim, Trace memory _trace) private pure {
        if (BatchLib.traceCommitment(_trace.chunks, _trace.stride, _trace.root) != _claim.trace) {
            revert FaultProof_WrongTrace();
        }
    }

    /// @dev The claim says that its run is in `_state` after `_number` chunks: at the end of a segment by its trace, inside one
    /// by what was revealed.
    function _requireState(
        Dispute storage _dispute,
        Trace memory _trace,
        uint256 _number,
        bytes32 _state,
        bytes memory _path
    ) private view {
        uint256 segment = _number / _trace.stride;
        uint256 inside = _number % _trace.stride;
        bool isEnd = inside == 0;
        uint256 count = isEnd ? (_trace.chunks - 1) / _trace.stride : _inner(_trace, segment);
        uint256 depth;
        while (count > 1 << depth) ++depth;
        if (_path.length != 32 * depth) revert FaultProof_WrongTrace();
        bytes32 root = Merkle.rootOfPath(_state, (isEnd ? segment : inside) - 1, _path, depth);
        bool isRight = isEnd ? root == _trace.root : keccak256(abi.encode(root)) == _dispute.segments[segment].root;
        if (!isRight) revert FaultProof_WrongTrace();
    }

    /// @dev States strictly inside a segment.
    function _inner(Trace memory _trace, uint256 _segment) private pure returns (uint256) {
        if (_segment > (_trace.chunks - 1) / _trace.stride) return 0;
        uint256 left = _trace.chunks - _segment * _trace.stride;
        return (left < _trace.stride ? left : _trace.stride) - 1;
    }

    function _key(Claim calldata _claim) private view returns (bytes32) {
        return keccak256(abi.encode(msg.sender, _claim));
    }
}
