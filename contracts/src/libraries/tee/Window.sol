// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Part, Tee_Time} from "./Parts.sol";

/// @notice Spans of seconds, both ends included.
library Window {
    /// @notice What two spans have in common.
    function both(uint64 _from, uint64 _until, uint64 _otherFrom, uint64 _otherUntil)
        internal
        pure
        returns (uint64 from_, uint64 until_)
    {
        from_ = _from > _otherFrom ? _from : _otherFrom;
        until_ = _until < _otherUntil ? _until : _otherUntil;
    }

    /// @notice The time of the block is within the span of a part.
    function checkNow(Part _part, uint64 _from, uint64 _until) internal view {
        if (block.timestamp < _from || block.timestamp > _until) revert Tee_Time(_part, _from, _until);
    }
}
