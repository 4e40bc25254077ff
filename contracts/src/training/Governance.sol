// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {ITrainingDisputes} from "../interfaces/ITrainingDisputes.sol";
import {Claims} from "./Claims.sol";

/// @notice What governance sets, and where the fees go.
abstract contract Governance is Claims, ITrainingDisputes {
    uint256 private constant MIN_FEE_BPS = 100;
    uint256 private constant MAX_FEE_BPS = 1_000;
    uint256 private constant MIN_CHALLENGE_SECONDS = 60;
    uint256 private constant MAX_CHALLENGE_SECONDS = 30 days;

    modifier onlyGovernor() {
        if (msg.sender != governor()) revert Training_NotGovernor();
        _;
    }

    /// @inheritdoc ITrainingDisputes
    function setParams(Params calldata _params) external onlyGovernor {
        if (
            _params.feeBps < MIN_FEE_BPS || _params.feeBps > MAX_FEE_BPS || _params.aggregateBond < BOND_DIVISOR
                || _params.challengePeriod < MIN_CHALLENGE_SECONDS || _params.challengePeriod > MAX_CHALLENGE_SECONDS
        ) revert Training_InvalidParams();
        Settings storage settings_ = _store().settings;
        settings_.feeBps = _params.feeBps;
        settings_.challengePeriod = _params.challengePeriod;
        settings_.stake = _params.stake;
        settings_.aggregateBond = _params.aggregateBond;
        emit ParamsSet(_params);
    }

    /// @inheritdoc ITrainingDisputes
    function setProgram(bytes32 _program) external onlyGovernor {
        Store storage store = _store();
        uint8 version;
        if (_program != 0) {
            version = ++store.lastVersion;
            store.programs[version] = _program;
        }
        store.settings.programVersion = version;
        emit ProgramSet(version, _program);
    }

    /// @inheritdoc ITrainingDisputes
    function setEvidence(IEvidence.Kind _kind, IEvidence _module) external onlyGovernor {
        if (address(_module) != address(0) && _module.kind() != _kind) revert Training_InvalidParams();
        _store().evidence[_kind] = _module;
        emit EvidenceSet(_kind, address(_module));
    }

    /// @inheritdoc ITrainingDisputes
    function setEnclaveKeys(IEnclaveKeys _registry) external onlyGovernor {
        _store().enclaveKeys = _registry;
        emit EnclaveKeysSet(address(_registry));
    }

    /// @inheritdoc ITrainingDisputes
    function trainingParams() external view returns (Params memory) {
        Settings memory s = _settings();
        return Params(s.feeBps, s.challengePeriod, s.stake, s.aggregateBond);
    }

    /// @inheritdoc ITrainingDisputes
    function aggregateProgram() external view returns (uint8 version_, bytes32 program_) {
        version_ = _store().settings.programVersion;
        program_ = _store().programs[version_];
    }

    /// @inheritdoc ITrainingDisputes
    function trainingEvidence(IEvidence.Kind _kind) external view returns (IEvidence) {
        return _store().evidence[_kind];
    }

    /// @inheritdoc ITrainingDisputes
    function collectableFees() external view returns (uint256) {
        return _store().fees;
    }

    /// @inheritdoc ITrainingDisputes
    function collectFees() external nonReentrant {
        uint256 amount = _store().fees;
        if (amount == 0) revert Training_NothingToDo();
        _store().fees = 0;
        address to = treasury();
        emit FeesCollected(to, amount);
        SafeTransferLib.safeTransferETH(to, amount);
    }

    /// @inheritdoc ITrainingDisputes
    function governor() public view virtual returns (address);

    /// @inheritdoc ITrainingDisputes
    function treasury() public view virtual returns (address);

    /// @inheritdoc ITrainingDisputes
    function enclaveKeys() external view returns (IEnclaveKeys) {
        return _enclaveKeys();
    }
}
