// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The cheat codes that the tests use.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    struct Wallet {
        address addr;
        uint256 publicKeyX;
        uint256 publicKeyY;
        uint256 privateKey;
    }

    function createWallet(uint256 _key) external returns (Wallet memory);
    function warp(uint256 _timestamp) external;
    function roll(uint256 _number) external;
    function deal(address _account, uint256 _balance) external;
    function etch(address _account, bytes calldata _code) external;
    function chainId(uint256 _chainId) external;
    function prank(address _sender) external;
    function prank(address _sender, address _origin) external;
    function startPrank(address _sender, address _origin) external;
    function stopPrank() external;
    function expectRevert() external;
    function expectRevert(bytes4 _selector) external;
    function expectRevert(bytes calldata _data) external;
    function expectPartialRevert(bytes4 _selector) external;
    function expectEmit() external;
    function expectEmit(address _emitter) external;
    function addr(uint256 _key) external pure returns (address);
    function sign(uint256 _key, bytes32 _digest) external pure returns (uint8, bytes32, bytes32);
    function readFile(string calldata _path) external view returns (string memory);
    function parseJsonBytes(string calldata _json, string calldata _key) external pure returns (bytes memory);
    function parseJsonBytes32(string calldata _json, string calldata _key) external pure returns (bytes32);
    function parseJsonBytes32Array(string calldata _json, string calldata _key) external pure returns (bytes32[] memory);
    function parseJsonAddress(string calldata _json, string calldata _key) external pure returns (address);
    function parseJsonUint(string calldata _json, string calldata _key) external pure returns (uint256);
    function parseJsonString(string calldata _json, string calldata _key) external pure returns (string memory);
    function toString(uint256 _value) external pure returns (string memory);
    function keyExistsJson(string calldata _json, string calldata _key) external view returns (bool);
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    function assume(bool _condition) external pure;
    function load(address _account, bytes32 _slot) external view returns (bytes32);
    function store(address _account, bytes32 _slot, bytes32 _value) external;
    function snapshotGasLastCall(string calldata _name) external returns (uint256);
    function assertEq(uint256 _left, uint256 _right) external pure;
    function assertEq(uint256 _left, uint256 _right, string calldata _error) external pure;
    function assertEq(address _left, address _right) external pure;
    function assertEq(bytes32 _left, bytes32 _right) external pure;
    function assertEq(bool _left, bool _right) external pure;
    function assertEq(string calldata _left, string calldata _right) external pure;
    function assertEq(bytes calldata _left, bytes calldata _right) external pure;
    function assertTrue(bool _condition) external pure;
    function assertTrue(bool _condition, string calldata _error) external pure;
    function assertFalse(bool _condition) external pure;
    function assertLe(uint256 _left, uint256 _right) external pure;
    function assertGt(uint256 _left, uint256 _right) external pure;
}
