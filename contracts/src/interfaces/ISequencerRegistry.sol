// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Who may sequence, and what is taken from whoever makes a false claim.
interface ISequencerRegistry {
    event SequencerJoined(address indexed sequencer, uint256 stake);
    event SequencerExitRequested(address indexed sequencer, uint256 withdrawableAt);
    event StakeWithdrawn(address indexed sequencer, uint256 amount);
    event ActiveSequencerSet(address indexed sequencer);
    event BondPosted(address indexed account, uint256 bond);
    event BondLocked(address indexed account, uint256 until);
    event BondWithdrawn(address indexed account, uint256 amount);
    event Slashed(address indexed account, address indexed beneficiary, uint256 amount, uint256 reward);

    function initialize(address _rollup, address _sequencer, uint256 _minStake, uint256 _exitDelay) external;

    function join() external payable;
    function requestExit() external;
    function withdraw() external;
    function postBond() external payable;
    function withdrawBond() external;
    function setActiveSequencer(address _sequencer) external;

    function useBond(address _account) external;
    function slash(address _account, address _beneficiary) external returns (uint256 amount_);

    function activeSequencer() external view returns (address);
    function minStake() external view returns (uint256);
    function exitDelay() external view returns (uint256);
    function requiredBond() external view returns (uint256);
    function stakeOf(address _account) external view returns (uint256);
    function withdrawableAt(address _account) external view returns (uint256);
    function bondOf(address _account) external view returns (uint256);
    function bondLockedUntil(address _account) external view returns (uint256);
    function isEligible(address _account) external view returns (bool);
    function hasBond(address _account) external view returns (bool);
}
