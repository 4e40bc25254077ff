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

    function initialize(ILuxRollup.RollupConfig calldata _config, address _owner) external returns (Setup memory);
    function config() external view returns (ILuxRollup.RollupConfig memory);
    function params() external view returns (RollupParams memory);
    function treasury() external view returns (address);
    function evidence(IEvidence.Kind _kind) external view returns (IEvidence);
    function programVersion() external view returns (uint16);
    function programs(uint256 _version) external view returns (bytes32);
    function owner() external view returns (address);
    function requireDepositsOpen(uint256 _value) external view;
    function requireWithdrawalsOpen() external view;
    function requireSubmissionOpen() external view returns (uint16 programVersion_);
}
