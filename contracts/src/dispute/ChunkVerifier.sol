// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Multiproof} from "../libraries/Multiproof.sol";
import {ProgramRom} from "./ProgramRom.sol";

/// @notice Executes one chunk of a program's run: from the hash of the state before to that of the state after.
/// @dev The machine is defined in docs/machine.md, the bytes of a proof in its section "Proof of a chunk". The executor is
/// raw bytecode made by crates/executor; its input and output are described in that crate's README.
contract ChunkVerifier {
    /// @notice What a state is: halted and faulted states have no successor.
    enum Status {
        Running,
        Halted,
        Faulted
    }

    error ChunkVerifier_UnknownProgram();
    error ChunkVerifier_BadProof();
    error ChunkVerifier_WrongStart();
    error ChunkVerifier_ExecutionFailed();

    uint256 private constant TEXT_INDICES = 1 << 19;
    uint256 private constant CODE_PAGE_WORDS = 256;
    /// @dev Program counter, 31 registers, number of siblings.
    uint256 private constant HEAD_BYTES = 3 + 31 * 8 + 2;
    /// @dev Number of pages, number of touches, room.
    uint256 private constant COUNT_BYTES = 1 + 1 + 2;
    uint256 private constant MAX_PAGES = 124;
    uint256 private constant STATE_WORDS_BYTES = 0x400;
    uint256 private constant INPUT_STATE = 0x40;
    uint256 private constant INPUT_TAIL = 0x440;

    /// @notice Where the programs are.
    ProgramRom public immutable PROGRAM_ROM;
    /// @notice What executes them.
    address public immutable EXECUTOR;

    /// @notice Executes the programs of this registry.
    constructor(ProgramRom _programRom) {
        PROGRAM_ROM = _programRom;
        EXECUTOR = _programRom.EXECUTOR();
    }

    /// @notice Hash of the state in which a program starts on this input.
    function initialState(bytes32 _program, bytes32 _inputHash) external view returns (bytes32) {
        ProgramRom.Program memory program = _programOf(_program);
        uint256[33] memory words;
        words[0] = program.entry;
        for (uint256 i; i < 4; ++i) {
            words[10 + i] = _littleEndian(uint64(uint256(_inputHash) >> (192 - 64 * i)));
        }
        words[32] = uint256(program.memoryRoot);
        return keccak256(abi.encode(words));
    }

    /// @notice Executes a chunk. Reverts if the proof is not one of the chunk that starts in `_start`, or lacks gas.
    /// @return end_ Hash of the state in which the chunk ends.
    /// @return status_ What that state is.
    function run(bytes32 _program, bytes32 _start, bytes calldata _proof)
        external
        view
        returns (bytes32 end_, Status status_)
    {
        ProgramRom.Program memory program = _programOf(_program);
        if (_proof.length < HEAD_BYTES) revert ChunkVerifier_BadProof();
        uint256 siblings = uint256(uint16(bytes2(_proof[HEAD_BYTES - 2:HEAD_BYTES]))) * 32;
        if (_proof.length < HEAD_BYTES + siblings + COUNT_BYTES) revert ChunkVerifier_BadProof();
        bytes calldata tail = _proof[HEAD_BYTES + siblings:];
        bytes memory input = _input(program, _proof, tail);
        uint256 nodes = _leaves(input, tail.length);
        uint256 pages;
        (pages, status_, end_) = _execute(input, nodes);
        (bytes32 rootBefore, bytes32 rootAfter) =
            Multiproof.roots(nodes, pages, _proof[HEAD_BYTES:HEAD_BYTES + siblings]);
        if (_runningHash(input, rootBefore) != _start) revert ChunkVerifier_WrongStart();
        if (status_ == Status.Running) {
            // The state after is where `_execute` left it, behind the nodes.
            assembly ("memory-safe") {
                let state := add(nodes, add(mul(pages, 0x60), 0x20))
                // The first hash of a page is where the root goes.
                mstore(add(state, STATE_WORDS_BYTES), rootAfter)
                end_ := keccak256(state, add(STATE_WORDS_BYTES, 0x20))
            }
        }
    }

    /// @dev Input of the executor: ROM pointers, number of code pages, program counter, registers, rest of the proof.
    function _input(ProgramRom.Program memory _program, bytes calldata _proof, bytes calldata _tail)
        private
        pure
        returns (bytes memory ret_)
    {
        uint256 codePages = (_program.textWords + CODE_PAGE_WORDS - 1) / CODE_PAGE_WORDS;
        uint256 counter = uint24(bytes3(_proof[:3]));
        if (counter >= TEXT_INDICES) revert ChunkVerifier_BadProof();
        ret_ = new bytes(INPUT_TAIL + _tail.length);
        address roms = _program.roms;
        // Memory map: `ret_`, whose length covers all that is written.
        assembly ("memory-safe") {
            let at := add(ret_, 0x20)
            mstore(at, roms)
            mstore(add(at, 0x20), codePages)
            mstore(add(at, INPUT_STATE), counter)
            for { let i := 0 } lt(i, 31) { i := add(i, 1) } {
                let register := sar(192, calldataload(add(_proof.offset, add(3, mul(i, 8)))))
                mstore(add(add(at, INPUT_STATE), mul(add(i, 1), 0x20)), register)
            }
            calldatacopy(add(at, INPUT_TAIL), _tail.offset, _tail.length)
        }
    }

    /// @dev Nodes of three words at the end of memory: index of the page, hash of its contents before, and room for that
    /// of its contents after. Reverts unless the indices ascend and the pages are all there.
    function _leaves(bytes memory _executorInput, uint256 _tailLength) private pure returns (uint256 nodes_) {
        bool valid;
        // Memory map: the nodes, a word behind them, then room for what the executor returns.
        assembly ("memory-safe") {
            nodes_ := mload(0x40)
            let tail := add(_executorInput, add(0x20, INPUT_TAIL))
            let pages := byte(0, mload(tail))
            let entries := add(tail, COUNT_BYTES)
            let data := add(add(entries, mul(pages, 3)), byte(1, mload(tail)))
            mstore(0x40, add(nodes_, add(add(STATE_WORDS_BYTES, 0x40), mul(pages, 0x80))))
            let previous := not(0)
            valid := iszero(gt(pages, MAX_PAGES))
            // Hash of 512 zeros.
            calldatacopy(nodes_, calldatasize(), 512)
            let zero := keccak256(nodes_, 512)
            let node := nodes_
            for { let i := 0 } lt(i, pages) { i := add(i, 1) } {
                let entry := shr(232, mload(add(entries, mul(i, 3))))
                let index := and(entry, 0x7fffff)
                // From the first index on, the next must be greater.
                valid := and(valid, and(slt(previous, index), lt(index, 0x40000)))
                previous := index
                mstore(node, index)
                switch gt(entry, index)
                case 1 { mstore(add(node, 0x20), zero) }
                default {
                    mstore(add(node, 0x20), keccak256(data, 512))
                    data := add(data, 512)
                }
                node := add(node, 0x60)
            }
            valid := and(valid, iszero(gt(data, add(tail, _tailLength))))
        }
        if (!valid) revert ChunkVerifier_BadProof();
    }

    /// @dev Calls the executor. Fills in the hashes of the pages afterwards; the state after goes behind the nodes.
    function _execute(bytes memory _executorInput, uint256 _nodes)
        private
        view
        returns (uint256 pages_, Status status_, bytes32 end_)
    {
        address executor = EXECUTOR;
        bool success;
        uint256 size;
        assembly ("memory-safe") {
            pages_ := byte(0, mload(add(_executorInput, add(0x20, INPUT_TAIL))))
            success := staticcall(gas(), executor, add(_executorInput, 0x20), mload(_executorInput), 0, 0)
            size := returndatasize()
        }
        if (!success) revert ChunkVerifier_ExecutionFailed();
        if (size == 1) {
            status_ = Status.Faulted;
            end_ = keccak256("lux-machine faulted");
        } else if (size == 32) {
            status_ = Status.Halted;
            assembly ("memory-safe") {
                returndatacopy(0, 0, 32)
                end_ := mload(0)
            }
            end_ = keccak256(abi.encode(bytes32("lux-machine halted"), end_));
        } else if (size != STATE_WORDS_BYTES + 32 * pages_) {
            revert ChunkVerifier_ExecutionFailed();
        } else {
            // Memory map: a word behind the nodes, the state after, then the hashes of the pages.
            assembly ("memory-safe") {
                let last := add(_nodes, mul(pages_, 0x60))
                let state := add(last, 0x20)
                returndatacopy(state, 0, size)
                let hash := add(state, STATE_WORDS_BYTES)
                for { let node := _nodes } lt(node, last) { node := add(node, 0x60) } {
                    mstore(add(node, 0x40), mload(hash))
                    hash := add(hash, 0x20)
                }
            }
        }
    }

    /// @dev Hash of the running state in the executor's input, which is overwritten.
    function _runningHash(bytes memory _executorInput, bytes32 _root) private pure returns (bytes32 ret_) {
        assembly ("memory-safe") {
            let state := add(_executorInput, add(0x20, INPUT_STATE))
            mstore(add(state, STATE_WORDS_BYTES), _root)
            ret_ := keccak256(state, add(STATE_WORDS_BYTES, 0x20))
        }
    }

    function _programOf(bytes32 _program) private view returns (ProgramRom.Program memory program_) {
        program_ = PROGRAM_ROM.programOf(_program);
        if (program_.roms == address(0)) revert ChunkVerifier_UnknownProgram();
    }

    /// @dev The value of a register that holds these bytes, sign-extended.
    function _littleEndian(uint64 _bytes) private pure returns (uint256) {
        uint64 v = _bytes;
        v = ((v & 0xff00ff00ff00ff00) >> 8) | ((v & 0x00ff00ff00ff00ff) << 8);
        v = ((v & 0xffff0000ffff0000) >> 16) | ((v & 0x0000ffff0000ffff) << 16);
        return uint256(int256(int64((v >> 32) | (v << 32))));
    }
}
