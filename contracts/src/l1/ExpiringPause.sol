// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice A guardian may pause parts of a rollup for a bounded time, and not again before a cooldown is over.
/// Challenges, proposals and finalisation cannot be paused.
abstract contract ExpiringPause {
    uint8 public constant PAUSE_DEPOSITS = 1;
    uint8 public constant PAUSE_WITHDRAWALS = 2;
    uint8 public constant PAUSE_SUBMISSION = 4;
    uint256 public constant MAX_PAUSE_SECONDS = 7 days;
    uint256 public constant PAUSE_COOLDOWN_SECONDS = 30 days;

    address public guardian;
    uint40 public pausedUntil;
    uint40 public nextPauseAt;
    uint8 private _pausedParts;

    event GuardianSet(address guardian);
    event Paused(uint8 parts, uint256 until);
    event Unpaused();

    error ExpiringPause_NotGuardian();
    error ExpiringPause_Paused(uint256 until);
    error ExpiringPause_CoolingDown(uint256 until);
    error ExpiringPause_InvalidPause();

    modifier onlyGuardian() {
        if (msg.sender != guardian) revert ExpiringPause_NotGuardian();
        _;
    }

    /// @notice Pauses the given parts (bits) for at most `MAX_PAUSE_SECONDS`.
    function pause(uint8 _parts, uint256 _seconds) external onlyGuardian {
        if (_parts == 0 || _parts > 7 || _seconds == 0 || _seconds > MAX_PAUSE_SECONDS) {
            revert ExpiringPause_InvalidPause();
        }
        if (block.timestamp < nextPauseAt) revert ExpiringPause_CoolingDown(nextPauseAt);
        uint256 until = block.timestamp + _seconds;
        pausedUntil = uint40(until);
        nextPauseAt = uint40(until + PAUSE_COOLDOWN_SECONDS);
        _pausedParts = _parts;
        emit Paused(_parts, until);
    }

    /// @notice Ends a pause early; the cooldown stays.
    function unpause() external onlyGuardian {
        pausedUntil = 0;
        emit Unpaused();
    }

    /// @notice Whether a part is paused now.
    function isPaused(uint8 _part) public view returns (bool) {
        return block.timestamp < pausedUntil && _pausedParts & _part != 0;
    }

    function _requireNotPaused(uint8 _part) internal view {
        if (isPaused(_part)) revert ExpiringPause_Paused(pausedUntil);
    }

    function _setGuardian(address _guardian) internal {
        guardian = _guardian;
        emit GuardianSet(_guardian);
    }
}
