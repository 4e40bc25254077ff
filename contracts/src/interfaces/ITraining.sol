// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ITrainingAccusations} from "./ITrainingAccusations.sol";
import {ITrainingDisputes} from "./ITrainingDisputes.sol";
import {ITrainingWork} from "./ITrainingWork.sol";

/// @notice Distributed training: LP-500's training functions, which `DistributedTrainingRollup` offers on L1 and a predeploy on L2,
/// and what they need around them. docs/distributed-training.md has the rules.
interface ITraining is ITrainingWork, ITrainingDisputes, ITrainingAccusations {}
