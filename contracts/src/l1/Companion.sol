// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "solady/utils/UUPSUpgradeable.sol";

interface IOwned {
    function owner() external view returns (address);
}

/// @notice A contract that a rollup deploys for itself; upgraded by the owner of the rollup (a timelock).
abstract contract Companion is Initializable, UUPSUpgradeable {
    address public rollup;

    error Companion_NotRollup();
    error Companion_NotOwner();

    modifier onlyRollup() {
        if (msg.sender != rollup) revert Companion_NotRollup();
        _;
    }

    modifier onlyOwner() {
        if (msg.sender != IOwned(rollup).owner()) revert Companion_NotOwner();
        _;
    }

    constructor() {
        _disableInitializers();
    }

    function _initializeCompanion() internal onlyInitializing {
        rollup = msg.sender;
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}
}
