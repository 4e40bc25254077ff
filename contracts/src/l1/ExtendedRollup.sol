// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IMessageQueue} from "../interfaces/IMessageQueue.sol";
import {Delegation} from "../libraries/Delegation.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {RollupCore} from "./RollupCore.sol";

/// @notice A rollup with an extension whose code does not fit beside its own: a contract that runs here by delegate call, with its
/// storage in a namespace. Its owner governs the predeploys on L2.
abstract contract ExtendedRollup is RollupCore {
    address private immutable EXTENSION;

    constructor(address _settings, address _extension) RollupCore(_settings) {
        EXTENSION = _extension;
    }

    /// @notice Calls the compute market on L2 as its governor, with a message that no sequencer can refuse.
    function callComputeMarketL2(bytes calldata _data) external nonReentrant returns (uint256 queueIndex_) {
        return _callL2(Predeploys.COMPUTE_MARKET, _data);
    }

    /// @notice The same for the registry of enclave keys on L2.
    function callEnclaveKeysL2(bytes calldata _data) external nonReentrant returns (uint256 queueIndex_) {
        return _callL2(Predeploys.ENCLAVE_KEYS, _data);
    }

    /// @notice The same for distributed training on L2.
    function callTrainingL2(bytes calldata _data) external nonReentrant returns (uint256 queueIndex_) {
        return _callL2(Predeploys.TRAINING, _data);
    }

    /// @dev Runs this call in the extension's code and ends it with what that answers.
    function _runExtension() internal {
        Delegation.forward(EXTENSION);
    }

    /// @dev The same for functions that only read: the extension's do, and nothing else can be behind `EXTENSION`.
    function _viewExtension() internal view {
        function() internal target = _runExtension;
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

    function _callL2(address _predeploy, bytes calldata _data) private returns (uint256) {
        if (msg.sender != owner()) revert RollupCore_NotOwner();
        return IMessageQueue(bridge).enqueue(Predeploys.L1_ROLLUP, _predeploy, 0, _data);
    }
}
