// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../interfaces/IAIComputeRollup.sol";
import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {IMessageQueue} from "../interfaces/IMessageQueue.sol";
import {RollupCore} from "../l1/RollupCore.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @notice A rollup with a compute market (LP-500, `IAIComputeRollup`). The market's code does not fit beside the rollup's:
/// it is a contract of its own that runs here by delegate call, with its storage in a namespace.
contract AIComputeRollup is RollupCore, IAIComputeRollup, IComputeMarket {
    address private immutable MARKET;

    constructor(address _settings, address _market) RollupCore(_settings) {
        MARKET = _market;
    }

    /// @notice Calls the market on L2 as its governor, with a message that no sequencer can refuse.
    function callComputeMarketL2(bytes calldata _data) external nonReentrant returns (uint256 queueIndex_) {
        return _callL2(Predeploys.COMPUTE_MARKET, _data);
    }

    /// @notice The same for the registry of enclave keys on L2.
    function callEnclaveKeysL2(bytes calldata _data) external nonReentrant returns (uint256 queueIndex_) {
        return _callL2(Predeploys.ENCLAVE_KEYS, _data);
    }

    function submitComputeTask(IAIComputeRollup.ComputeTask calldata)
        external
        override(IAIComputeRollup, IComputeMarket)
        returns (bytes32)
    {
        _callMarket();
    }

    function submitComputeResult(IAIComputeRollup.ComputeResult calldata)
        external
        override(IAIComputeRollup, IComputeMarket)
    {
        _callMarket();
    }

    function verifyTEEAttestation(IAIComputeRollup.TEEAttestation calldata)
        external
        view
        override(IAIComputeRollup, IComputeMarket)
        returns (bool)
    {
        _viewMarket();
    }

    function challengeComputation(bytes32, bytes calldata) external override(IAIComputeRollup, IComputeMarket) {
        _callMarket();
    }

    function registerModel(bytes32, bytes calldata) external override(IAIComputeRollup, IComputeMarket) {
        _callMarket();
    }

    function updateModelWeights(bytes32, bytes calldata, bytes calldata)
        external
        override(IAIComputeRollup, IComputeMarket)
    {
        _callMarket();
    }

    function getTaskResult(bytes32) external view returns (bytes32) {
        _viewMarket();
    }

    function deposit(address) external payable {
        _callMarket();
    }

    function withdraw(uint256) external {
        _callMarket();
    }

    function stake() external payable {
        _callMarket();
    }

    function requestExit() external {
        _callMarket();
    }

    function withdrawStake() external {
        _callMarket();
    }

    function collectFees() external {
        _callMarket();
    }

    function submitAggregateTask(IAIComputeRollup.ComputeTask calldata) external returns (bytes32) {
        _callMarket();
    }

    function submitComputeTasks(IAIComputeRollup.ComputeTask[] calldata) external {
        _callMarket();
    }

    function submitComputeResults(IAIComputeRollup.ComputeResult[] calldata) external {
        _callMarket();
    }

    function claimTask(bytes32) external {
        _callMarket();
    }

    function claimTasks(bytes32[] calldata) external {
        _callMarket();
    }

    function refundTask(bytes32) external {
        _callMarket();
    }

    function finalizeTasks(bytes32[] calldata) external {
        _callMarket();
    }

    function revealTrace(bytes32, uint256, bytes calldata) external {
        _callMarket();
    }

    function slashFailedChallenger(bytes32, uint256) external {
        _callMarket();
    }

    function reclaimBond(bytes32) external {
        _callMarket();
    }

    function setParams(Params calldata) external {
        _callMarket();
    }

    function setProgram(Purpose, bytes32) external {
        _callMarket();
    }

    function setEvidence(IEvidence.Kind, IEvidence) external {
        _callMarket();
    }

    function governor() external view returns (address) {
        _viewMarket();
    }

    function treasury() external view returns (address) {
        _viewMarket();
    }

    function marketParams() external view returns (Params memory) {
        _viewMarket();
    }

    function computeProgram(Purpose) external view returns (uint8, bytes32) {
        _viewMarket();
    }

    function computeEvidence(IEvidence.Kind) external view returns (IEvidence) {
        _viewMarket();
    }

    function collectableFees() external view returns (uint256) {
        _viewMarket();
    }

    function challengeBond() external view returns (uint256) {
        _viewMarket();
    }

    function getTask(bytes32) external view returns (Task memory) {
        _viewMarket();
    }

    function getAccount(address) external view returns (Account memory) {
        _viewMarket();
    }

    function getModel(bytes32) external view returns (Model memory) {
        _viewMarket();
    }

    function parentOf(bytes32) external view returns (bytes32) {
        _viewMarket();
    }

    function quote(bytes32, uint256, uint256) external view returns (uint256, uint256) {
        _viewMarket();
    }

    function taskClaim(bytes32, bytes32, bytes32) external view returns (IEvidence.Claim memory) {
        _viewMarket();
    }

    function getDispute(bytes32) external view returns (Dispute memory) {
        _viewMarket();
    }

    function bondOf(bytes32, address) external view returns (uint256) {
        _viewMarket();
    }

    function finalAt(bytes32) external view returns (uint256) {
        _viewMarket();
    }

    function _callL2(address _predeploy, bytes calldata _data) private returns (uint256) {
        if (msg.sender != owner()) revert RollupCore_NotOwner();
        return IMessageQueue(bridge).enqueue(Predeploys.L1_ROLLUP, _predeploy, 0, _data);
    }

    /// @dev Runs this call in the market's code and ends it with what that answers.
    function _callMarket() private {
        address market = MARKET;
        // Memory map: call data, then the answer, past the free memory pointer; nothing else runs after this.
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            calldatacopy(scratch, 0, calldatasize())
            let success := delegatecall(gas(), market, scratch, calldatasize(), 0, 0)
            returndatacopy(scratch, 0, returndatasize())
            if success { return(scratch, returndatasize()) }
            revert(scratch, returndatasize())
        }
    }

    /// @dev The same for functions that only read: the market's are, and nothing else can be behind `MARKET`.
    function _viewMarket() private view {
        function() internal target = _callMarket;
        function() internal view asView;
        assembly ("memory-safe") {
            asView := target
        }
        asView();
        // Never reached: tells the compiler that callers return nothing of their own.
        assembly ("memory-safe") {
            revert(0, 0)
        }
    }
}
