// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Deposits and two-step withdrawals of ETH and ERC-20; users reach it through `RollupCore`.
interface IL1TokenBridge {
    /// @notice A withdrawal that was proved; `receiptRoot` is what it was proved against.
    struct Withdrawal {
        bytes32 receiptRoot;
        address token;
        uint64 batchNumber;
        bool paid;
        address recipient;
        uint256 amount;
    }

    event DepositInitiated(
        address indexed token, address indexed from, address indexed to, uint256 amount, uint256 queueIndex
    );
    event WithdrawalProven(
        uint256 indexed withdrawalId,
        address indexed token,
        address indexed recipient,
        uint256 amount,
        uint256 batchNumber
    );
    event WithdrawalFinalized(
        uint256 indexed withdrawalId, address indexed token, address indexed recipient, uint256 amount
    );

    function initialize(address _rollup, address _bridge) external;
    function depositEther(address _from, uint256 _value, bytes calldata _userData) external payable;
    function depositToken(address _token, address _from, uint256 _received, bytes calldata _userData) external;
    function prove(address _token, uint256 _amount, bytes calldata _proof) external;
    function pay(uint256 _withdrawalId) external;
    function withdrawals(uint256 _withdrawalId) external view returns (Withdrawal memory);
    function escrowOf(address _token) external view returns (uint256);
}
