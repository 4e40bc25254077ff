// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SSTORE2} from "solady/utils/SSTORE2.sol";

/// @notice Programs that L1 can execute: where their translated text is, and what they start with.
/// @dev Text lies in ROM contracts: a zero byte, then up to eleven code pages of 2,048 bytes. Whoever deploys them, the
/// hash of their code is part of the program's identity.
contract ProgramRom {
    /// @notice Text index at which a program starts, the root of its initial memory, and its ROM contracts.
    struct Program {
        address roms;
        uint32 textWords;
        uint32 entry;
        bytes32 memoryRoot;
    }

    error ProgramRom_NoExecutor();
    error ProgramRom_BadText();
    error ProgramRom_BadEntry();
    error ProgramRom_BadContractCount(uint256 _expected);
    error ProgramRom_BadContract(uint256 _index);

    /// @notice A program can be executed from now on.
    event ProgramRegistered(bytes32 indexed program, address roms);

    uint256 private constant CODE_PAGE_WORDS = 256;
    uint256 private constant CODE_PAGE_BYTES = 2048;
    uint256 private constant PAGES_PER_ROM = 11;
    uint256 private constant MAX_TEXT_WORDS = (1 << 19) - CODE_PAGE_WORDS;

    /// @notice The executor that the text was translated for.
    address public immutable EXECUTOR;

    mapping(bytes32 program => Program) private programs;

    /// @notice Registers programs for this executor.
    constructor(address _executor) {
        if (_executor.code.length == 0) revert ProgramRom_NoExecutor();
        EXECUTOR = _executor;
    }

    /// @notice Registers a program; nothing happens if it is registered already.
    /// @param _entry Text index at which it starts.
    /// @param _memoryRoot Root of its initial memory.
    /// @param _textWords Length of its text in words.
    /// @param _romContracts Contracts that hold its text, in order.
    /// @return program_ Its identity.
    function register(uint256 _entry, bytes32 _memoryRoot, uint256 _textWords, address[] calldata _romContracts)
        external
        returns (bytes32 program_)
    {
        if (_textWords == 0 || _textWords > MAX_TEXT_WORDS) revert ProgramRom_BadText();
        if (_entry >= _textWords) revert ProgramRom_BadEntry();
        uint256 pages = (_textWords + CODE_PAGE_WORDS - 1) / CODE_PAGE_WORDS;
        uint256 count = (pages + PAGES_PER_ROM - 1) / PAGES_PER_ROM;
        if (_romContracts.length != count) revert ProgramRom_BadContractCount(count);
        bytes memory pointers;
        bytes memory hashes;
        for (uint256 i; i < count; ++i) {
            uint256 here = pages < PAGES_PER_ROM ? pages : PAGES_PER_ROM;
            pages -= here;
            if (_romContracts[i].code.length != 1 + here * CODE_PAGE_BYTES) revert ProgramRom_BadContract(i);
            pointers = abi.encodePacked(pointers, _romContracts[i]);
            hashes = abi.encodePacked(hashes, _romContracts[i].codehash);
        }
        bytes32 textHash = keccak256(hashes);
        program_ = keccak256(abi.encode(EXECUTOR.codehash, textHash, _textWords, _entry, _memoryRoot));
        // A contract created in the same transaction as its registration may be gone after it: only then a program is
        // registered again, from other contracts with the same code.
        address roms = programs[program_].roms;
        if (roms != address(0) && _textHash(roms, count) == textHash) return program_;
        roms = SSTORE2.write(pointers);
        programs[program_] = Program(roms, uint32(_textWords), uint32(_entry), _memoryRoot);
        emit ProgramRegistered(program_, roms);
    }

    /// @notice A program; all zero if it is not registered.
    function programOf(bytes32 _program) external view returns (Program memory) {
        return programs[_program];
    }

    /// @notice ROM contracts of a program.
    function romContracts(bytes32 _program) external view returns (address[] memory ret_) {
        bytes memory pointers = SSTORE2.read(programs[_program].roms);
        ret_ = new address[](pointers.length / 20);
        for (uint256 i; i < ret_.length; ++i) {
            ret_[i] = _addressAt(pointers, i);
        }
    }

    function _textHash(address _roms, uint256 _count) private view returns (bytes32) {
        bytes memory pointers = SSTORE2.read(_roms);
        bytes memory hashes;
        for (uint256 i; i < _count; ++i) {
            hashes = abi.encodePacked(hashes, _addressAt(pointers, i).codehash);
        }
        return keccak256(hashes);
    }

    function _addressAt(bytes memory _pointers, uint256 _index) private pure returns (address ret_) {
        // `_index` is below the number of addresses in `_pointers`.
        assembly ("memory-safe") {
            ret_ := shr(96, mload(add(add(_pointers, 0x20), mul(_index, 20))))
        }
    }
}
