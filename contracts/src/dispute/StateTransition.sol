// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {IChunkVerifier} from "../interfaces/IChunkVerifier.sol";
import {IStateTransition} from "../interfaces/IStateTransition.sol";
import {AbiReader} from "../libraries/AbiReader.sol";
import {BatchLib} from "../libraries/BatchLib.sol";
import {Merkle} from "../libraries/Merkle.sol";
import {FaultProof} from "./FaultProof.sol";

/// @notice State transitions of batches, decided by running the program `stf` chunk by chunk, in calls without a transaction.
/// @dev docs/state-transition.md has the shapes. An answer depends on the two roots, the transactions and the receipts only;
/// the witness makes it possible, and one that shows nothing makes the call revert.
contract StateTransition is IStateTransition {
    /// @dev Index of the element that is malformed.
    error StateTransition_MalformedTransactions(uint256 index);
    error StateTransition_MalformedReceipts(uint256 index);
    error StateTransition_MalformedTrace();
    error StateTransition_MalformedProof();
    error StateTransition_AmbiguousLeaf();
    /// @dev The first proof of the witness is not that of chunk zero.
    error StateTransition_WrongFirstChunk(uint256 firstChunk);
    /// @dev The verifier does not accept the proof of this chunk, for this reason; without one: out of gas.
    error StateTransition_UnprovenChunk(uint256 chunk, bytes reason);
    /// @dev The run goes on after so many chunks.
    error StateTransition_Unfinished(uint256 chunks);
    /// @dev The run is over after so many chunks, and the witness has more.
    error StateTransition_ChunksAfterEnd(uint256 chunks);
    /// @dev The roots in the witness are not those of the run.
    error StateTransition_WrongOutput();
    /// @dev The run is over, without roots: no batch of the program has this input.
    error StateTransition_NoOutput();
    /// @dev The claim has so many chunks.
    error StateTransition_NoSuchChunk(uint256 chunks);
    /// @dev The witness has proofs of so many chunks from the first one on.
    error StateTransition_MissingChunk(uint256 firstChunk, uint256 count);
    /// @dev The chunk ends as claimed.
    error StateTransition_ChunkIsRight(uint256 chunk);

    /// @dev Parts of a witness: positions of the heads of `(bytes32 stateRoot, bytes32 transactionRoot, bytes32 receiptRoot,
    /// bytes32 claimedTransactionRoot, uint256 firstChunk, bytes trace, bytes revealed, bytes[] chunks)`.
    uint256 private constant STATE_ROOT = 0;
    uint256 private constant TRANSACTION_ROOT = 32;
    uint256 private constant RECEIPT_ROOT = 64;
    uint256 private constant CLAIMED_TRANSACTION_ROOT = 96;
    uint256 private constant FIRST_CHUNK = 128;
    uint256 private constant TRACE = 160;
    uint256 private constant REVEALED = 192;
    uint256 private constant CHUNKS = 224;

    /// @dev Words of a batch's context, the first of its transactions.
    uint256 private constant CONTEXT_BYTES = 6 * 32;
    bytes32 private constant HALTED = "lux-machine halted";

    /// @notice What runs chunks.
    IChunkVerifier public immutable VERIFIER;
    /// @notice The program that decides. It is not for a witness to choose: one can be made for any answer.
    bytes32 public immutable PROGRAM;

    /// @notice For a program that the verifier can run.
    constructor(IChunkVerifier _verifier, bytes32 _program) {
        // Reverts where the program has no text.
        _verifier.initialState(_program, 0);
        VERIFIER = _verifier;
        PROGRAM = _program;
    }

    /// @inheritdoc IStateTransition
    /// @dev True: the program leads from `preStateRoot` with these transactions to `postStateRoot` and these receipts. False:
    /// it leads elsewhere, or nowhere. Both are shown by the run; where it is not shown in whole, the call reverts.
    function verifyStateTransition(StateTransition calldata _transition) external view returns (bool) {
        bytes32 receiptRoot = _receiptRoot(_transition.receipts);
        bytes32 input = _input(_transition.preStateRoot, _transition.transactions, 0);
        if (!_hasOutput(input, _transition.witness)) return false;
        return AbiReader.word(_transition.witness, STATE_ROOT) == _transition.postStateRoot
            && AbiReader.word(_transition.witness, RECEIPT_ROOT) == receiptRoot;
    }

    /// @inheritdoc IStateTransition
    /// @dev The first element is `abi.encode(bytes32 preStateRoot, bytes witness)`, the others are the transactions of a
    /// transition. The interface says `pure`, and the result is a function of the arguments alone, as the text of a
    /// program is bound to its identity; yet computing it takes calls, which the compiler allows in `view` only. Callers
    /// make the same static call either way, so the one type of function is taken for the other.
    function computeStateRoot(bytes[] calldata _transactions) external pure returns (bytes32) {
        function(bytes[] calldata) internal view returns (bytes32) isView = _computeStateRoot;
        function(bytes[] calldata) internal pure returns (bytes32) isPure;
        assembly ("memory-safe") {
            isPure := isView
        }
        return isPure(_transactions);
    }

    /// @inheritdoc IStateTransition
    /// @dev `_txIndex` is the number of a chunk. The result is the argument of `challengeStateRoot` against the claim of
    /// `claimOf`, made after that chunk was run and seen to end otherwise than claimed.
    function generateFraudProof(StateTransition calldata _transition, uint256 _txIndex)
        external
        view
        returns (bytes memory)
    {
        bytes calldata witness = _transition.witness;
        FaultProof.Disproof memory proof;
        proof.chunk = _txIndex;
        proof.trace = _trace(witness);
        if (_txIndex >= proof.trace.chunks) revert StateTransition_NoSuchChunk(proof.trace.chunks);
        bytes32 start;
        if (_txIndex == 0) {
            start = VERIFIER.initialState(PROGRAM, _input(_transition.preStateRoot, _transition.transactions, 0));
        } else {
            (proof.before, proof.beforePath) = _opening(witness, proof.trace, _txIndex);
            start = proof.before;
        }
        bool isLast = _txIndex + 1 == proof.trace.chunks;
        bytes32 claimed;
        if (isLast) {
            claimed = _halted(_claimedOutput(_transition));
        } else {
            (proof.after_, proof.afterPath) = _opening(witness, proof.trace, _txIndex + 1);
            claimed = proof.after_;
        }
        bytes calldata execution = _chunk(witness, _txIndex);
        proof.execution = execution;
        (bytes32 end, IChunkVerifier.Status status) = _run(_txIndex, start, execution);
        // As `FaultProof` judges.
        if (end == claimed && (isLast || status == IChunkVerifier.Status.Running)) {
            revert StateTransition_ChunkIsRight(_txIndex);
        }
        return abi.encode(FaultProof.Move.Disprove, abi.encode(proof));
    }

    /// @inheritdoc IStateTransition
    /// @dev `_proof` = index of the leaf (a word), then the siblings from the leaf up. Leaves are hashed as they are. False
    /// where the proof leads to another root.
    function verifyInclusion(bytes32 _root, bytes calldata _proof, bytes calldata _leaf) external pure returns (bool) {
        if (_proof.length == 0 || _proof.length % 32 != 0) revert StateTransition_MalformedProof();
        uint256 index = uint256(bytes32(_proof[:32]));
        uint256 depth = _proof.length / 32 - 1;
        if (index >> depth != 0) revert StateTransition_MalformedProof();
        return Merkle.rootOfPath(_leafHash(_leaf), index, _proof[32:], depth) == _root;
    }

    /// @inheritdoc IStateTransition
    function computeMerkleRoot(bytes[] calldata _leaves) external pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](_leaves.length);
        for (uint256 i; i < hashes.length; ++i) {
            hashes[i] = _leafHash(_leaves[i]);
        }
        return Merkle.root(hashes);
    }

    /// @notice The claim that a transition describes, to compare with `RollupCore.claimOf`: whoever trusts the answers here
    /// about a batch has to know that they are about that batch.
    function claimOf(StateTransition calldata _transition)
        external
        view
        returns (bytes32 program_, bytes32 input_, bytes32 output_, bytes32 trace_)
    {
        FaultProof.Trace memory trace = _trace(_transition.witness);
        program_ = PROGRAM;
        input_ = _input(_transition.preStateRoot, _transition.transactions, 0);
        output_ = _claimedOutput(_transition);
        trace_ = BatchLib.traceCommitment(trace.chunks, trace.stride, trace.root);
    }

    function _computeStateRoot(bytes[] calldata _transactions) private view returns (bytes32) {
        if (_transactions.length == 0) revert StateTransition_MalformedTransactions(0);
        bytes calldata first = _transactions[0];
        bytes calldata witness = AbiReader.bytesAt(first, 32);
        bytes32 input = _input(AbiReader.word(first, 0), _transactions, 1);
        if (!_hasOutput(input, witness)) revert StateTransition_NoOutput();
        return AbiReader.word(witness, STATE_ROOT);
    }

    /// @dev Claim input of docs/protocol.md. `_first` is where the transactions begin.
    function _input(bytes32 _preStateRoot, bytes[] calldata _transactions, uint256 _first)
        private
        pure
        returns (bytes32)
    {
        if (_transactions.length <= _first || _transactions[_first].length != CONTEXT_BYTES) {
            revert StateTransition_MalformedTransactions(_first);
        }
        bytes calldata context = _transactions[_first];
        bytes32 commitment = _commitment(_transactions, _first + 1);
        return keccak256(abi.encodePacked(_preStateRoot, context[:32], commitment, context[32:]));
    }

    /// @dev Commitment to the payload whose pieces are the elements from `_first` on.
    function _commitment(bytes[] calldata _transactions, uint256 _first) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](_transactions.length - _first);
        uint256 length;
        for (uint256 i; i < hashes.length; ++i) {
            bytes calldata piece = _transactions[_first + i];
            bool isWhole = piece.length == Merkle.PIECE_BYTES;
            bool isRest = i + 1 == hashes.length && piece.length != 0 && piece.length < Merkle.PIECE_BYTES;
            if (!isWhole && !isRest) revert StateTransition_MalformedTransactions(_first + i);
            length += piece.length;
            hashes[i] = keccak256(piece);
        }
        return keccak256(abi.encode(length, Merkle.root(hashes)));
    }

    /// @dev Of the receipts roots of the blocks, then the hashes of the messages; or the root itself.
    function _receiptRoot(bytes[] calldata _receipts) private pure returns (bytes32) {
        if (_receipts.length == 0) revert StateTransition_MalformedReceipts(0);
        uint256 blocks = _receipts.length == 1 ? 1 : _receipts.length - 1;
        bytes32[] memory roots = new bytes32[](blocks);
        for (uint256 i; i < blocks; ++i) {
            if (_receipts[i].length != 32) revert StateTransition_MalformedReceipts(i);
            roots[i] = bytes32(_receipts[i]);
        }
        if (_receipts.length == 1) return roots[0];
        if (_receipts[blocks].length % 32 != 0) revert StateTransition_MalformedReceipts(blocks);
        return Hashes.efficientKeccak256(Merkle.root(roots), Merkle.root(_words(_receipts[blocks])));
    }

    /// @dev What `_transition` says that the run's output is.
    function _claimedOutput(StateTransition calldata _transition) private pure returns (bytes32) {
        bytes32 transactionRoot = AbiReader.word(_transition.witness, CLAIMED_TRANSACTION_ROOT);
        return _output(_transition.postStateRoot, transactionRoot, _receiptRoot(_transition.receipts));
    }

    function _output(bytes32 _stateRoot, bytes32 _transactionRoot, bytes32 _receipts) private pure returns (bytes32) {
        return keccak256(abi.encode(_stateRoot, _transactionRoot, _receipts));
    }

    function _halted(bytes32 _hash) private pure returns (bytes32) {
        return Hashes.efficientKeccak256(HALTED, _hash);
    }

    /// @dev Runs the program to its end. False when that is no batch's; otherwise the witness has the roots of its output.
    function _hasOutput(bytes32 _programInput, bytes calldata _witness) private view returns (bool) {
        uint256 firstChunk = uint256(AbiReader.word(_witness, FIRST_CHUNK));
        if (firstChunk != 0) revert StateTransition_WrongFirstChunk(firstChunk);
        (uint256 count,) = AbiReader.arrayAt(_witness, CHUNKS);
        bytes32 state = VERIFIER.initialState(PROGRAM, _programInput);
        IChunkVerifier.Status status;
        for (uint256 i; i < count; ++i) {
            if (status != IChunkVerifier.Status.Running) revert StateTransition_ChunksAfterEnd(i);
            (state, status) = _run(i, state, _chunk(_witness, i));
        }
        if (status == IChunkVerifier.Status.Running) revert StateTransition_Unfinished(count);
        if (status == IChunkVerifier.Status.Faulted || state == _halted(0)) return false;
        bytes32 output = _output(
            AbiReader.word(_witness, STATE_ROOT),
            AbiReader.word(_witness, TRANSACTION_ROOT),
            AbiReader.word(_witness, RECEIPT_ROOT)
        );
        // The run's output is another one: what it stands for is not known here.
        if (state != _halted(output)) revert StateTransition_WrongOutput();
        return true;
    }

    /// @dev Runs chunk `_number` of a run.
    function _run(uint256 _number, bytes32 _start, bytes calldata _execution)
        private
        view
        returns (bytes32 end_, IChunkVerifier.Status status_)
    {
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        try VERIFIER.run(PROGRAM, _start, _execution) returns (bytes32 end, IChunkVerifier.Status status) {
            (end_, status_) = (end, status);
        } catch (bytes memory reason) {
            revert StateTransition_UnprovenChunk(_number, reason);
        }
        // Memory map: frees the copy of the proof that the call was made with. Memory costs with the square of its size.
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
    }

    /// @dev Proof of chunk `_number` in a witness.
    function _chunk(bytes calldata _witness, uint256 _number) private pure returns (bytes calldata) {
        uint256 firstChunk = uint256(AbiReader.word(_witness, FIRST_CHUNK));
        (uint256 count, bytes calldata elements) = AbiReader.arrayAt(_witness, CHUNKS);
        if (_number < firstChunk || _number - firstChunk >= count) {
            revert StateTransition_MissingChunk(firstChunk, count);
        }
        return AbiReader.bytesAt(elements, 32 * (_number - firstChunk));
    }

    /// @dev Opening of the trace in a witness, whose bytes are those of docs/protocol.md.
    function _trace(bytes calldata _witness) private pure returns (FaultProof.Trace memory ret_) {
        bytes calldata trace = AbiReader.bytesAt(_witness, TRACE);
        if (trace.length == 0) return FaultProof.Trace(1, 1, 0);
        if (trace.length % 32 != 8) revert StateTransition_MalformedTrace();
        ret_.chunks = uint32(bytes4(trace[:4]));
        ret_.stride = uint32(bytes4(trace[4:8]));
        bool isValid = ret_.chunks != 0 && ret_.stride != 0;
        if (!isValid || trace.length / 32 != (ret_.chunks - 1) / ret_.stride) revert StateTransition_MalformedTrace();
        ret_.root = Merkle.root(_words(trace[8:]));
    }

    /// @dev State after `_number` chunks as claimed, neither none nor all, and its Merkle path.
    function _opening(bytes calldata _witness, FaultProof.Trace memory _of, uint256 _number)
        private
        pure
        returns (bytes32 state_, bytes memory path_)
    {
        uint256 index = _number % _of.stride;
        bytes32[] memory states;
        if (index == 0) {
            index = _number / _of.stride;
            states = _words(AbiReader.bytesAt(_witness, TRACE)[8:]);
        } else {
            uint256 left = _of.chunks - (_number - index);
            uint256 inside = (left < _of.stride ? left : _of.stride) - 1;
            bytes calldata revealed = AbiReader.bytesAt(_witness, REVEALED);
            if (revealed.length != 32 * inside) revert StateTransition_MalformedTrace();
            states = _words(revealed);
        }
        state_ = states[index - 1];
        path_ = Merkle.path(states, index - 1);
    }

    /// @dev Hash of a leaf. An inner node is the hash of 64 bytes: a leaf of that length could be taken for one.
    function _leafHash(bytes calldata _leaf) private pure returns (bytes32) {
        if (_leaf.length == 64) revert StateTransition_AmbiguousLeaf();
        return keccak256(_leaf);
    }

    /// @dev Whole words only.
    function _words(bytes calldata _data) private pure returns (bytes32[] memory ret_) {
        ret_ = new bytes32[](_data.length / 32);
        for (uint256 i; i < ret_.length; ++i) {
            ret_[i] = AbiReader.word(_data, 32 * i);
        }
    }
}
