// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "./IEvidence.sol";
import {ILuxRollup} from "./ILuxRollup.sol";

/// @notice What is fixed about a rollup and what its governance may change.
interface IRollupSettings {
    /// @notice Parameters of the L2, `abi.encode`d in `RollupConfig.initCode`.
    struct RollupParams {
        uint64 l2ChainId;
        uint64 l2GasLimit;
        uint64 minBaseFee;
        uint64 genesisTimestamp;
        bytes32 genesisBlockHash;
        uint64 inclusionWindow;
        uint64 fallbackWindow;
        uint64 messageGasLimit;
    }

    /// @notice What `RollupCore` needs from its own initialisation.
    struct Setup {
        address bridge;
        address tokenBridge;
        address registry;
        bytes32 genesisHash;
        bytes32 genesisTransactionRoot;
        bytes32 initCodeHash;
        uint64 genesisTimestamp;
        uint64 inclusionWindow;
        uint64 fallbackWindow;
    }

    event CompanionsDeployed(address indexed rollup, address bridge, address tokenBridge, address registry);
    event EvidenceSet(IEvidence.Kind indexed kind, address module);
    event ProgramSet(uint16 indexed version, bytes32 program);
    event TreasurySet(address treasury);
    event AttestedPeriodSet(uint256 period);
    event StateRootAttested(uint256 indexed batchNumber, bytes32 indexed id);

    function initialize(ILuxRollup.RollupConfig calldata _config, address _owner) external returns (Setup memory);
    function config() external view returns (ILuxRollup.RollupConfig memory);
    function params() external view returns (RollupParams memory);
    function treasury() external view returns (address);
    function evidence(IEvidence.Kind _kind) external view returns (IEvidence);
    function programVersion() external view returns (uint16);
    function programs(uint256 _version) external view returns (bytes32);

    /// @notice Seconds that a claim stands at least before a quorum of enclaves can make its batch final; zero: it never does.
    function attestedPeriod() external view returns (uint64);
    function setAttestedPeriod(uint64 _seconds) external;

    /// @notice Adds signatures of enclaves to the claim about a batch, by anyone; the first ones need one that counts.
    function attestStateRoot(uint256 _batchNumber, bytes[] calldata _signatures) external;

    /// @notice Earliest time at which a claim that nobody disputed may be final by its attestations; the largest number without
    /// a quorum of keys that are usable now.
    function attestedUntil(uint256 _batchNumber) external view returns (uint256);

    /// @notice What enclaves sign about a batch: the claim, whose `claimedAt` is the task of the statement.
    function attestedClaimOf(uint256 _batchNumber) external view returns (IEvidence.Claim memory);
    function owner() external view returns (address);
    function requireDepositsOpen(uint256 _value) external view;
    function requireWithdrawalsOpen() external view;
    function requireSubmissionOpen() external view returns (uint16 programVersion_);
}
