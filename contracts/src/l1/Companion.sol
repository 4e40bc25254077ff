// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "solady/utils/UUPSUpgradeable.sol";
import {IRollupCore} from "../interfaces/IRollupCore.sol";

/// @notice A contract that a rollup deploys for itself; upgraded by the owner of the rollup (a timelock).
abstract contract Companion is Initializable, UUPSUpgradeable {
    address public rollup;

    error Companion_NotRollup();
    error Companion_NotOwner();

    modifier onlyRollup() {
        if (msg.sender != rollup) revert Companion_NotRollup();
        _;
    }

    modifier onlyRollupOwner() {
        if (msg.sender != IRollupCore(rollup).owner()) revert Companion_NotOwner();
        _;
    }

    constructor() {
        _disableInitializers();
    }

    function _initializeCompanion(address _rollup) internal onlyInitializing {
        rollup = _rollup;
    }

    function _authorizeUpgrade(address) internal override onlyRollupOwner {}
}
