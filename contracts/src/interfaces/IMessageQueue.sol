// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The L1 -> L2 queue and the ETH escrow, as the rollup's own contracts use them.
interface IMessageQueue {
    event MessageEnqueued(
        uint256 indexed index,
        address indexed sender,
        address indexed target,
        uint256 mint,
        uint256 value,
        uint256 gasLimit,
        bytes data,
        bytes32 accumulator
    );

    function initialize(address _rollup, address _tokenBridge, uint64 _messageGasLimit) external;

    function enqueue(address _sender, address _target, uint256 _value, bytes calldata _data)
        external
        payable
        returns (uint256 index_);
    function settle(bytes32 _messageHash, address _to, uint256 _value) external;

    function queueLength() external view returns (uint256);
    function queueAt(uint256 _l1BlockNumber) external view returns (uint256 count_, bytes32 accumulator_);
    function entriesBetween(uint256 _parentBlock, uint256 _l1BlockNumber, uint256 _inclusionWindow)
        external
        view
        returns (uint256 count_, bytes32 accumulator_);
    function accumulatorOf(uint256 _count) external view returns (bytes32);
}
