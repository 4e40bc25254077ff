// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {LibClone} from "solady/utils/LibClone.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {ILuxRollup} from "../interfaces/ILuxRollup.sol";
import {IRollupCore} from "../interfaces/IRollupCore.sol";
import {RollupSettings} from "./RollupSettings.sol";

/// @notice Deploys rollups: proxy, configuration and ownership by a timelock, in one call. Off until an L1 block.
contract RollupFactory is Ownable {
    /// @notice Code of a rollup, and what disproves its claims: no module and no program for a rollup that trusts.
    struct Implementation {
        address rollup;
        IEvidence faultProof;
        bytes32 program;
    }

    /// @notice LP-500, "Activation".
    string public constant FLAG = "lp500-l2-rollup-framework";

    /// @notice First L1 block in which rollups can be deployed.
    uint256 public activationBlock;
    /// @notice Distinct implementations, by code, that have at least one rollup (LP-500 asks for 3 or more).
    uint256 public implementationCount;
    /// @notice Implementation behind an id; zero when there is none.
    mapping(bytes32 => Implementation) public implementations;
    /// @notice Implementation id of a rollup deployed here; zero for any other address.
    mapping(address => bytes32) public implementationOf;
    mapping(bytes32 => bool) private _countedCode;
    address[] private _rollups;

    event ActivationBlockSet(uint256 activationBlock);
    event ImplementationRegistered(
        bytes32 indexed implementationId, address implementation, IEvidence faultProof, bytes32 program
    );
    event RollupDeployed(address indexed rollup, bytes32 indexed implementationId, address deployer);
    event TimelockDeployed(address indexed rollup, address timelock, uint256 delay);

    error RollupFactory_NotActive(uint256 activationBlock);
    error RollupFactory_InvalidImplementation();
    error RollupFactory_AlreadyRegistered();
    error RollupFactory_UnknownImplementation();
    error RollupFactory_InvalidOwner();

    constructor(address _owner, uint256 _activationBlock) Ownable(_owner) {
        _setActivationBlock(_activationBlock);
    }

    /// @notice Sets the activation block; `type(uint256).max` for never.
    function setActivationBlock(uint256 _activationBlock) external onlyOwner {
        _setActivationBlock(_activationBlock);
    }

    /// @notice Offers an implementation under an id, for good.
    function registerImplementation(
        bytes32 _implementationId,
        address _implementation,
        IEvidence _faultProof,
        bytes32 _program
    ) external onlyOwner {
        if (
            _implementationId == 0 || _implementation.code.length == 0
                || (address(_faultProof) == address(0)) != (_program == 0)
        ) revert RollupFactory_InvalidImplementation();
        if (implementations[_implementationId].rollup != address(0)) revert RollupFactory_AlreadyRegistered();
        implementations[_implementationId] = Implementation(_implementation, _faultProof, _program);
        emit ImplementationRegistered(_implementationId, _implementation, _faultProof, _program);
    }

    /// @notice Deploys a rollup owned by a new timelock, which `_admin` proposes to and executes.
    function deployRollup(
        bytes32 _implementationId,
        ILuxRollup.RollupConfig calldata _config,
        address _admin,
        address _guardian,
        uint256 _delaySeconds
    ) external returns (address rollup_, address timelock_) {
        if (_admin == address(0)) revert RollupFactory_InvalidOwner();
        address[] memory admins = new address[](1);
        admins[0] = _admin;
        timelock_ = address(new TimelockController(_delaySeconds, admins, admins, address(0)));
        rollup_ = _deploy(_implementationId, _config, timelock_, _guardian);
        emit TimelockDeployed(rollup_, timelock_, _delaySeconds);
    }

    /// @notice Deploys a rollup owned by a timelock that exists.
    function deployRollupWithOwner(
        bytes32 _implementationId,
        ILuxRollup.RollupConfig calldata _config,
        address _timelock,
        address _guardian
    ) external returns (address rollup_) {
        if (_timelock.code.length == 0) revert RollupFactory_InvalidOwner();
        rollup_ = _deploy(_implementationId, _config, _timelock, _guardian);
    }

    /// @notice Whether rollups can be deployed now.
    function isActive() public view returns (bool) {
        return block.number >= activationBlock;
    }

    /// @notice Number of rollups deployed here.
    function rollupCount() external view returns (uint256) {
        return _rollups.length;
    }

    /// @notice The `_index`-th rollup deployed here.
    function rollupAt(uint256 _index) external view returns (address) {
        return _rollups[_index];
    }

    function _deploy(
        bytes32 _implementationId,
        ILuxRollup.RollupConfig calldata _config,
        address _owner,
        address _guardian
    ) private returns (address rollup_) {
        if (!isActive()) revert RollupFactory_NotActive(activationBlock);
        Implementation memory implementation = implementations[_implementationId];
        if (implementation.rollup == address(0)) revert RollupFactory_UnknownImplementation();

        rollup_ = LibClone.deployERC1967(implementation.rollup);
        implementationOf[rollup_] = _implementationId;
        _rollups.push(rollup_);
        if (!_countedCode[implementation.rollup.codehash]) {
            _countedCode[implementation.rollup.codehash] = true;
            ++implementationCount;
        }
        emit RollupDeployed(rollup_, _implementationId, msg.sender);

        ILuxRollup(rollup_).initialize(_config);
        RollupSettings settings = RollupSettings(address(IRollupCore(rollup_).settings()));
        settings.setGuardian(_guardian);
        if (implementation.program != 0) {
            settings.setEvidence(IEvidence.Kind.Fault, implementation.faultProof);
            settings.setProgram(implementation.program);
        }
        settings.transferOwnership(_owner);
    }

    function _setActivationBlock(uint256 _activationBlock) private {
        activationBlock = _activationBlock;
        emit ActivationBlockSet(_activationBlock);
    }
}
