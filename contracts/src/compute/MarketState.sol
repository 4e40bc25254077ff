// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";

/// @notice State of the market and its governance. All storage is in one namespace (ERC-7201), because on L1 this code runs
/// inside a rollup. Zero stands for the defaults, so that it needs no initialisation on either layer.
abstract contract MarketState is IComputeMarket, ReentrancyGuardTransient {
    struct Settings {
        uint16 feeBps;
        uint32 challengePeriod;
        uint32 taskTimeout;
        uint32 claimWindow;
        uint96 minStake;
        uint8 inferVersion;
        uint8 aggregateVersion;
        uint8 lastVersion;
    }

    /// @custom:storage-location erc7201:lux.storage.ComputeMarket
    struct Store {
        mapping(bytes32 => Task) tasks;
        mapping(bytes32 => Model) models;
        mapping(bytes32 => bytes32) parents;
        mapping(address => Account) accounts;
        mapping(bytes32 => Dispute) disputes;
        mapping(bytes32 => mapping(address => uint96)) bonds;
        mapping(uint8 => bytes32) programs;
        mapping(IEvidence.Kind => IEvidence) evidence;
        Settings settings;
        uint96 fees;
        /// @dev No result that was submitted under earlier settings can be challenged later than this, disputes apart.
        uint40 earlierFinalAt;
    }

    uint256 internal constant BPS = 10_000;
    uint256 private constant MIN_FEE_BPS = 1_000;
    uint256 private constant MAX_FEE_BPS = 2_000;
    uint256 private constant MIN_PERIOD_SECONDS = 60;
    uint256 private constant MAX_PERIOD_SECONDS = 30 days;
    /// @dev LP-500: a challenger's bond is a tenth of the stake.
    uint256 private constant BOND_DIVISOR = 10;

    /// @dev keccak256(abi.encode(uint256(keccak256("lux.storage.ComputeMarket")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORE = 0x890a16a81732c853b23ec27cf8f8b6593eebb43c9a4cbbf6b30f630d4e790200;

    modifier onlyGovernor() {
        if (msg.sender != governor()) revert ComputeMarket_NotGovernor();
        _;
    }

    /// @inheritdoc IComputeMarket
    function setParams(Params calldata _params) external onlyGovernor {
        if (
            _params.feeBps < MIN_FEE_BPS || _params.feeBps > MAX_FEE_BPS || _params.minStake < BOND_DIVISOR
                || _isOutside(_params.challengePeriod) || _isOutside(_params.taskTimeout)
                || _isOutside(_params.claimWindow)
        ) revert ComputeMarket_InvalidParams();
        Store storage store = _store();
        uint256 until = block.timestamp + _settings().challengePeriod;
        if (until > store.earlierFinalAt) store.earlierFinalAt = uint40(until);
        Settings storage settings_ = store.settings;
        settings_.feeBps = _params.feeBps;
        settings_.challengePeriod = _params.challengePeriod;
        settings_.taskTimeout = _params.taskTimeout;
        settings_.claimWindow = _params.claimWindow;
        settings_.minStake = _params.minStake;
        emit ParamsSet(_params);
    }

    /// @inheritdoc IComputeMarket
    function setProgram(Purpose _purpose, bytes32 _program) external onlyGovernor {
        Store storage store = _store();
        uint8 version;
        if (_program != 0) {
            version = ++store.settings.lastVersion;
            store.programs[version] = _program;
        }
        if (_purpose == Purpose.Infer) store.settings.inferVersion = version;
        else store.settings.aggregateVersion = version;
        emit ProgramSet(_purpose, version, _program);
    }

    /// @inheritdoc IComputeMarket
    function setEvidence(IEvidence.Kind _kind, IEvidence _module) external onlyGovernor {
        if (address(_module) != address(0) && _module.kind() != _kind) revert ComputeMarket_InvalidParams();
        _store().evidence[_kind] = _module;
        emit EvidenceSet(_kind, address(_module));
    }

    /// @inheritdoc IComputeMarket
    function governor() public view virtual returns (address);

    /// @inheritdoc IComputeMarket
    function treasury() public view virtual returns (address);

    /// @inheritdoc IComputeMarket
    function marketParams() external view returns (Params memory) {
        Settings memory s = _settings();
        return Params(s.feeBps, s.challengePeriod, s.taskTimeout, s.claimWindow, s.minStake);
    }

    /// @inheritdoc IComputeMarket
    function computeProgram(Purpose _purpose) public view returns (uint8 version_, bytes32 program_) {
        Settings storage settings_ = _store().settings;
        version_ = _purpose == Purpose.Infer ? settings_.inferVersion : settings_.aggregateVersion;
        program_ = _store().programs[version_];
    }

    /// @inheritdoc IComputeMarket
    function computeEvidence(IEvidence.Kind _kind) external view returns (IEvidence) {
        return _store().evidence[_kind];
    }

    /// @inheritdoc IComputeMarket
    function collectableFees() external view returns (uint256) {
        return _store().fees;
    }

    /// @inheritdoc IComputeMarket
    function challengeBond() public view returns (uint256) {
        return _settings().minStake / BOND_DIVISOR;
    }

    function _settings() internal view returns (Settings memory ret_) {
        ret_ = _store().settings;
        if (ret_.feeBps == 0) {
            ret_.feeBps = 1_500;
            ret_.challengePeriod = 1 days;
            ret_.taskTimeout = 1 hours;
            ret_.claimWindow = 10 minutes;
            ret_.minStake = 1 ether;
        }
    }

    function _store() internal pure returns (Store storage ret_) {
        bytes32 slot = STORE;
        assembly ("memory-safe") {
            ret_.slot := slot
        }
    }

    function _isOutside(uint256 _seconds) private pure returns (bool) {
        return _seconds < MIN_PERIOD_SECONDS || _seconds > MAX_PERIOD_SECONDS;
    }
}
