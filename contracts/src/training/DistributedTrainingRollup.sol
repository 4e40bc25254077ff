// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDistributedTrainingRollup} from "../interfaces/IDistributedTrainingRollup.sol";
import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {ITraining} from "../interfaces/ITraining.sol";
import {ITrainingDisputes} from "../interfaces/ITrainingDisputes.sol";
import {ITrainingWork} from "../interfaces/ITrainingWork.sol";
import {ExtendedRollup} from "../l1/ExtendedRollup.sol";

/// @notice A rollup with distributed training (LP-500, `IDistributedTrainingRollup`), whose code is `TrainingL1`.
contract DistributedTrainingRollup is ExtendedRollup, IDistributedTrainingRollup, ITraining {
    constructor(address _settings, address _training) ExtendedRollup(_settings, _training) {}

    function createTrainingJob(IDistributedTrainingRollup.TrainingJob calldata)
        external
        override(IDistributedTrainingRollup, ITrainingWork)
        returns (bytes32)
    {
        _runExtension();
    }

    function joinTrainingJob(bytes32, bytes calldata) external override(IDistributedTrainingRollup, ITrainingWork) {
        _runExtension();
    }

    function submitGradientUpdate(bytes32, IDistributedTrainingRollup.WorkerContribution calldata)
        external
        override(IDistributedTrainingRollup, ITrainingWork)
    {
        _runExtension();
    }

    function aggregateGradients(bytes32, IDistributedTrainingRollup.FederatedUpdate calldata)
        external
        override(IDistributedTrainingRollup, ITrainingWork)
    {
        _runExtension();
    }

    function initSecureAggregation(bytes32, bytes calldata)
        external
        override(IDistributedTrainingRollup, ITrainingWork)
    {
        _runExtension();
    }

    function submitEncryptedGradient(bytes32, bytes calldata)
        external
        override(IDistributedTrainingRollup, ITrainingWork)
    {
        _runExtension();
    }

    function revealAggregationKey(bytes32, bytes calldata)
        external
        override(IDistributedTrainingRollup, ITrainingWork)
    {
        _runExtension();
    }

    function distributeRewards(bytes32, uint256) external override(IDistributedTrainingRollup, ITrainingWork) {
        _runExtension();
    }

    function slashMaliciousWorker(address, bytes calldata)
        external
        override(IDistributedTrainingRollup, ITrainingDisputes)
    {
        _runExtension();
    }

    function getAggregatedGradient(bytes32, uint256) external view returns (bytes32) {
        _viewExtension();
    }

    function deposit(address) external payable {
        _runExtension();
    }

    function withdraw(uint256) external {
        _runExtension();
    }

    function collectFees() external {
        _runExtension();
    }

    function createTrainingJobWith(IDistributedTrainingRollup.TrainingJob calldata, JobConfig calldata)
        external
        returns (bytes32)
    {
        _runExtension();
    }

    function cancelTrainingJob(bytes32) external {
        _runExtension();
    }

    function leaveTrainingJob(bytes32) external {
        _runExtension();
    }

    function releaseStake(bytes32) external {
        _runExtension();
    }

    function advance(bytes32) external {
        _runExtension();
    }

    function announce(bytes32, uint8, bytes calldata) external {
        _runExtension();
    }

    function accuse(bytes32, uint256, address, Misbehaviour, bytes calldata) external returns (bytes32) {
        _runExtension();
    }

    function challengeAccusation(bytes32, bytes calldata) external {
        _runExtension();
    }

    function revealAccusationTrace(bytes32, uint256, bytes calldata) external {
        _runExtension();
    }

    function slashAccusationChallenger(bytes32, uint256) external {
        _runExtension();
    }

    function reclaimAccusationBond(bytes32) external {
        _runExtension();
    }

    function setAccusationProgram(Misbehaviour, bytes32) external {
        _runExtension();
    }

    function challengeAggregate(bytes32, uint256, bytes calldata) external {
        _runExtension();
    }

    function revealTrace(bytes32, uint256, uint256, bytes calldata) external {
        _runExtension();
    }

    function slashFailedChallenger(bytes32, uint256, uint256) external {
        _runExtension();
    }

    function reclaimBond(bytes32, uint256) external {
        _runExtension();
    }

    function setParams(Params calldata) external {
        _runExtension();
    }

    function setProgram(bytes32) external {
        _runExtension();
    }

    function setEvidence(IEvidence.Kind, IEvidence) external {
        _runExtension();
    }

    function setEnclaveKeys(IEnclaveKeys) external {
        _runExtension();
    }

    function governor() external view returns (address) {
        _viewExtension();
    }

    function treasury() external view returns (address) {
        _viewExtension();
    }

    function accusationProgram(Misbehaviour) external view returns (bytes32) {
        _viewExtension();
    }

    function getAccusation(bytes32) external view returns (Accusation memory) {
        _viewExtension();
    }

    function accusationFinalAt(bytes32) external view returns (uint256) {
        _viewExtension();
    }

    function accusationsOf(bytes32, address) external view returns (uint256) {
        _viewExtension();
    }

    function accusationBondOf(bytes32, address) external view returns (uint256) {
        _viewExtension();
    }

    function accusationInput(bytes32, uint256, address) external view returns (bytes32) {
        _viewExtension();
    }

    function trainingParams() external view returns (Params memory) {
        _viewExtension();
    }

    function aggregateProgram() external view returns (uint8, bytes32) {
        _viewExtension();
    }

    function trainingEvidence(IEvidence.Kind) external view returns (IEvidence) {
        _viewExtension();
    }

    function enclaveKeys() external view returns (IEnclaveKeys) {
        _viewExtension();
    }

    function collectableFees() external view returns (uint256) {
        _viewExtension();
    }

    function balanceOf(address) external view returns (uint256) {
        _viewExtension();
    }

    function getJob(bytes32) external view returns (Job memory) {
        _viewExtension();
    }

    function getRun(bytes32, uint256) external view returns (Run memory) {
        _viewExtension();
    }

    function attemptOf(bytes32, uint256) external view returns (uint256) {
        _viewExtension();
    }

    function getMember(bytes32, address) external view returns (Member memory) {
        _viewExtension();
    }

    function workerAt(bytes32, uint256) external view returns (address) {
        _viewExtension();
    }

    function contributionOf(bytes32, uint256, uint256) external view returns (bytes32) {
        _viewExtension();
    }

    function getDispute(bytes32, uint256) external view returns (Dispute memory) {
        _viewExtension();
    }

    function bondOf(bytes32, uint256, address) external view returns (uint256) {
        _viewExtension();
    }

    function finalAt(bytes32, uint256) external view returns (uint256) {
        _viewExtension();
    }

    function secureDomains(bytes32, uint256) external view returns (bytes32, bytes32) {
        _viewExtension();
    }

    function gradientDigest(bytes32, uint256, IDistributedTrainingRollup.WorkerContribution calldata)
        external
        view
        returns (bytes32)
    {
        _viewExtension();
    }

    function voteDigest(bytes32, uint256, bytes32, bytes32, uint256) external view returns (bytes32) {
        _viewExtension();
    }
}
