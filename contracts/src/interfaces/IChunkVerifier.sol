// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Runs chunks of the machine of docs/machine.md.
interface IChunkVerifier {
    enum Status {
        Running,
        Halted,
        Faulted
    }

    /// @notice State hash before the first step of a registered program.
    function initialState(bytes32 _program, bytes32 _input) external view returns (bytes32);

    /// @notice State hash after the chunk that starts at `_start`; reverts unless `_proof` holds all that it reads.
    function run(bytes32 _program, bytes32 _start, bytes calldata _proof)
        external
        view
        returns (bytes32 end_, Status status_);
}
