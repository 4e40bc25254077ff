// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {ITrainingAccusations} from "../interfaces/ITrainingAccusations.sol";
import {ITrainingTypes} from "../interfaces/ITrainingTypes.sol";

/// @notice State of distributed training. All storage is in one namespace (ERC-7201), because on L1 this code
/// runs inside a rollup. Zero stands for the defaults, so that it needs no initialisation on either layer.
abstract contract TrainingState is ITrainingTypes, ReentrancyGuardTransient {
    struct Settings {
        uint16 feeBps;
        uint32 challengePeriod;
        uint96 stake;
        uint96 aggregateBond;
        uint8 programVersion;
    }

    /// @dev `bytes32 run` stands for `keccak256(abi.encode(jobId, attempt))`.
    /// @custom:storage-location erc7201:lux.storage.Training
    struct Store {
        mapping(bytes32 => Job) jobs;
        mapping(bytes32 jobId => mapping(address => Member)) members;
        mapping(bytes32 jobId => mapping(uint256 index => address)) workers;
        mapping(bytes32 jobId => mapping(address key => bool)) usedKeys;
        mapping(bytes32 jobId => mapping(uint256 round => uint256)) attempts;
        mapping(bytes32 run => Run) runs;
        mapping(bytes32 run => mapping(uint256 index => bytes32)) contributions;
        /// @dev Eight numbers of 32 bits in each word.
        mapping(bytes32 run => mapping(uint256 word => uint256)) points;
        mapping(bytes32 run => mapping(bytes32 vote => uint256)) voters;
        mapping(bytes32 run => Dispute) disputes;
        mapping(bytes32 run => mapping(address => uint96)) bonds;
        mapping(address => uint256) balances;
        mapping(uint8 => bytes32) programs;
        mapping(IEvidence.Kind => IEvidence) evidence;
        Settings settings;
        uint8 lastVersion;
        IEnclaveKeys enclaveKeys;
        uint256 fees;
        uint256 jobCount;
        mapping(Misbehaviour => bytes32) accusationPrograms;
        mapping(bytes32 => ITrainingAccusations.Accusation) accusations;
        /// @dev How many are open.
        mapping(bytes32 jobId => mapping(address worker => uint256)) accused;
        uint256 accusationCount;
    }

    uint256 internal constant BPS = 10_000;
    /// @dev LP-500: a challenger's bond is a tenth of what it may end.
    uint256 internal constant BOND_DIVISOR = 10;

    /// @dev keccak256(abi.encode(uint256(keccak256("lux.storage.Training")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORE = 0xf8b25e8714981ea6c8f8667026f3b9830f8578bcaa2d3809cd3a869491356e00;

    /// @dev Registry of enclave keys where governance set none.
    function _defaultEnclaveKeys() internal view virtual returns (IEnclaveKeys);

    function _settings() internal view returns (Settings memory ret_) {
        ret_ = _store().settings;
        if (ret_.feeBps == 0) {
            ret_.feeBps = 500;
            ret_.challengePeriod = 1 days;
            ret_.stake = 0.1 ether;
            ret_.aggregateBond = 1 ether;
        }
    }

    function _store() internal pure returns (Store storage ret_) {
        bytes32 slot = STORE;
        assembly ("memory-safe") {
            ret_.slot := slot
        }
    }

    function _runKey(bytes32 _jobId, uint256 _attempt) internal pure returns (bytes32) {
        return keccak256(abi.encode(_jobId, _attempt));
    }

    function _run(bytes32 _jobId, uint256 _attempt) internal view returns (Run storage) {
        return _store().runs[_runKey(_jobId, _attempt)];
    }

    function _enclaveKeys() internal view returns (IEnclaveKeys ret_) {
        ret_ = _store().enclaveKeys;
        if (address(ret_) == address(0)) ret_ = _defaultEnclaveKeys();
    }

    function _credit(address _account, uint256 _amount) internal {
        _store().balances[_account] += _amount;
    }

    function _debit(address _account, uint256 _amount) internal {
        uint256 balance = _store().balances[_account];
        if (balance < _amount) revert Training_InsufficientBalance(balance, _amount);
        // Not above the balance.
        unchecked {
            _store().balances[_account] = balance - _amount;
        }
    }

    function _addFees(uint256 _amount) internal {
        _store().fees += _amount;
    }
}
