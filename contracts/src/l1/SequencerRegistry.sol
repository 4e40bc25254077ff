// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {ISequencerRegistry} from "../interfaces/ISequencerRegistry.sol";
import {IRollupCore} from "../interfaces/IRollupCore.sol";
import {Companion} from "./Companion.sol";

/// @notice Stakes of sequencers, bonds of everybody else, and who sequences now.
contract SequencerRegistry is ISequencerRegistry, Companion {
    /// @notice A bond is this fraction of the stake (LP-500: 10 %).
    uint256 public constant BOND_DIVISOR = 10;

    address public activeSequencer;
    uint256 public minStake;
    uint256 public exitDelay;
    mapping(address => uint256) public stakeOf;
    mapping(address => uint256) public withdrawableAt;
    mapping(address => uint256) public bondOf;
    mapping(address => uint256) public bondLockedUntil;

    error SequencerRegistry_StakeTooLow();
    error SequencerRegistry_BondTooLow();
    error SequencerRegistry_BondLocked(uint256 until);
    error SequencerRegistry_Exiting();
    error SequencerRegistry_NotExiting();
    error SequencerRegistry_TooEarly(uint256 withdrawableAt);
    error SequencerRegistry_Nothing();

    function initialize(address _rollup, address _sequencer, uint256 _minStake, uint256 _exitDelay)
        external
        initializer
    {
        _initializeCompanion(_rollup);
        minStake = _minStake;
        exitDelay = _exitDelay;
        _setActive(_sequencer);
    }

    /// @notice Adds to the caller's stake, which must reach the minimum.
    function join() external payable {
        if (withdrawableAt[msg.sender] != 0) revert SequencerRegistry_Exiting();
        uint256 stake = stakeOf[msg.sender] += msg.value;
        if (stake < minStake) revert SequencerRegistry_StakeTooLow();
        emit SequencerJoined(msg.sender, stake);
    }

    /// @notice Stops sequencing; the stake can still be slashed until it is withdrawn.
    function requestExit() external {
        if (withdrawableAt[msg.sender] != 0) revert SequencerRegistry_Exiting();
        uint256 when = withdrawableAt[msg.sender] = block.timestamp + exitDelay;
        emit SequencerExitRequested(msg.sender, when);
    }

    /// @notice Pays the stake out after the exit delay.
    function withdraw() external {
        uint256 when = withdrawableAt[msg.sender];
        if (when == 0) revert SequencerRegistry_NotExiting();
        if (block.timestamp < when) revert SequencerRegistry_TooEarly(when);
        uint256 amount = stakeOf[msg.sender];
        delete stakeOf[msg.sender];
        delete withdrawableAt[msg.sender];
        emit StakeWithdrawn(msg.sender, amount);
        SafeTransferLib.safeTransferETH(msg.sender, amount);
    }

    /// @notice Posts a bond, for proposals, challenges and batches in the place of an absent sequencer.
    function postBond() external payable {
        uint256 bond = bondOf[msg.sender] += msg.value;
        emit BondPosted(msg.sender, bond);
    }

    /// @notice Pays the bond back once no claim of the caller can be disproved any more.
    function withdrawBond() external {
        if (block.timestamp < bondLockedUntil[msg.sender]) {
            revert SequencerRegistry_BondLocked(bondLockedUntil[msg.sender]);
        }
        uint256 amount = bondOf[msg.sender];
        if (amount == 0) revert SequencerRegistry_Nothing();
        delete bondOf[msg.sender];
        emit BondWithdrawn(msg.sender, amount);
        SafeTransferLib.safeTransferETH(msg.sender, amount);
    }

    /// @notice Names the active sequencer among the staked ones; zero for none.
    function setActiveSequencer(address _sequencer) external onlyRollupOwner {
        if (_sequencer != address(0)) {
            if (stakeOf[_sequencer] < minStake) revert SequencerRegistry_StakeTooLow();
            if (withdrawableAt[_sequencer] != 0) revert SequencerRegistry_Exiting();
        }
        _setActive(_sequencer);
    }

    /// @notice Requires a bond of `_account` and locks it for as long as a claim made now can be disproved.
    function useBond(address _account) external onlyRollup {
        if (!hasBond(_account)) revert SequencerRegistry_BondTooLow();
        uint256 until = bondLockedUntil[_account] = block.timestamp + exitDelay;
        emit BondLocked(_account, until);
    }

    /// @notice Takes stake and bond of `_account`: half to `_beneficiary`, the rest to the treasury.
    function slash(address _account, address _beneficiary) external onlyRollup returns (uint256 amount_) {
        amount_ = stakeOf[_account] + bondOf[_account];
        delete stakeOf[_account];
        delete bondOf[_account];
        uint256 reward = amount_ / 2;
        emit Slashed(_account, _beneficiary, amount_, reward);
        SafeTransferLib.forceSafeTransferETH(_beneficiary, reward);
        SafeTransferLib.forceSafeTransferETH(IRollupCore(rollup).settings().treasury(), amount_ - reward);
    }

    /// @notice Whether `_account` may sequence now.
    function isEligible(address _account) external view returns (bool) {
        return _account == activeSequencer && stakeOf[_account] >= minStake && withdrawableAt[_account] == 0;
    }

    /// @notice Whether the bond of `_account` suffices.
    function hasBond(address _account) public view returns (bool) {
        return bondOf[_account] >= requiredBond();
    }

    /// @notice Bond that a challenger, proposer or substitute sequencer needs.
    function requiredBond() public view returns (uint256) {
        return minStake / BOND_DIVISOR;
    }

    function _setActive(address _sequencer) private {
        activeSequencer = _sequencer;
        emit ActiveSequencerSet(_sequencer);
    }
}
