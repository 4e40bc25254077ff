// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../interfaces/IAIComputeRollup.sol";
import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {ExtendedRollup} from "../l1/ExtendedRollup.sol";

/// @notice A rollup with a compute market (LP-500, `IAIComputeRollup`), whose code is `ComputeMarketL1`.
contract AIComputeRollup is ExtendedRollup, IAIComputeRollup, IComputeMarket {
    constructor(address _settings, address _market) ExtendedRollup(_settings, _market) {}

    function submitComputeTask(IAIComputeRollup.ComputeTask calldata)
        external
        override(IAIComputeRollup, IComputeMarket)
        returns (bytes32)
    {
        _runExtension();
    }

    function submitComputeResult(IAIComputeRollup.ComputeResult calldata)
        external
        override(IAIComputeRollup, IComputeMarket)
    {
        _runExtension();
    }

    function verifyTEEAttestation(IAIComputeRollup.TEEAttestation calldata)
        external
        view
        override(IAIComputeRollup, IComputeMarket)
        returns (bool)
    {
        _viewExtension();
    }

    function challengeComputation(bytes32, bytes calldata) external override(IAIComputeRollup, IComputeMarket) {
        _runExtension();
    }

    function registerModel(bytes32, bytes calldata) external override(IAIComputeRollup, IComputeMarket) {
        _runExtension();
    }

    function updateModelWeights(bytes32, bytes calldata, bytes calldata)
        external
        override(IAIComputeRollup, IComputeMarket)
    {
        _runExtension();
    }

    function getTaskResult(bytes32) external view returns (bytes32) {
        _viewExtension();
    }

    function deposit(address) external payable {
        _runExtension();
    }

    function withdraw(uint256) external {
        _runExtension();
    }

    function stake() external payable {
        _runExtension();
    }

    function requestExit() external {
        _runExtension();
    }

    function withdrawStake() external {
        _runExtension();
    }

    function collectFees() external {
        _runExtension();
    }

    function submitAggregateTask(IAIComputeRollup.ComputeTask calldata) external returns (bytes32) {
        _runExtension();
    }

    function submitComputeTasks(IAIComputeRollup.ComputeTask[] calldata) external {
        _runExtension();
    }

    function submitComputeResults(IAIComputeRollup.ComputeResult[] calldata) external {
        _runExtension();
    }

    function claimTask(bytes32) external {
        _runExtension();
    }

    function claimTasks(bytes32[] calldata) external {
        _runExtension();
    }

    function refundTask(bytes32) external {
        _runExtension();
    }

    function finalizeTasks(bytes32[] calldata) external {
        _runExtension();
    }

    function revealTrace(bytes32, uint256, bytes calldata) external {
        _runExtension();
    }

    function slashFailedChallenger(bytes32, uint256) external {
        _runExtension();
    }

    function reclaimBond(bytes32) external {
        _runExtension();
    }

    function setParams(Params calldata) external {
        _runExtension();
    }

    function setProgram(Purpose, bytes32) external {
        _runExtension();
    }

    function setEvidence(IEvidence.Kind, IEvidence) external {
        _runExtension();
    }

    function governor() external view returns (address) {
        _viewExtension();
    }

    function treasury() external view returns (address) {
        _viewExtension();
    }

    function marketParams() external view returns (Params memory) {
        _viewExtension();
    }

    function computeProgram(Purpose) external view returns (uint8, bytes32) {
        _viewExtension();
    }

    function computeEvidence(IEvidence.Kind) external view returns (IEvidence) {
        _viewExtension();
    }

    function collectableFees() external view returns (uint256) {
        _viewExtension();
    }

    function challengeBond() external view returns (uint256) {
        _viewExtension();
    }

    function getTask(bytes32) external view returns (Task memory) {
        _viewExtension();
    }

    function getAccount(address) external view returns (Account memory) {
        _viewExtension();
    }

    function getModel(bytes32) external view returns (Model memory) {
        _viewExtension();
    }

    function parentOf(bytes32) external view returns (bytes32) {
        _viewExtension();
    }

    function quote(bytes32, uint256, uint256) external view returns (uint256, uint256) {
        _viewExtension();
    }

    function taskClaim(bytes32, bytes32, bytes32) external view returns (IEvidence.Claim memory) {
        _viewExtension();
    }

    function getDispute(bytes32) external view returns (Dispute memory) {
        _viewExtension();
    }

    function bondOf(bytes32, address) external view returns (uint256) {
        _viewExtension();
    }

    function finalAt(bytes32) external view returns (uint256) {
        _viewExtension();
    }
}
