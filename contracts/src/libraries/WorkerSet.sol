// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LibBit} from "solady/utils/LibBit.sol";

/// @notice Sets of up to 256 workers: worker `i` is bit `i`.
library WorkerSet {
    function bit(uint256 _index) internal pure returns (uint256) {
        return 1 << _index;
    }

    function has(uint256 _set, uint256 _index) internal pure returns (bool) {
        return _set >> _index & 1 != 0;
    }

    function count(uint256 _set) internal pure returns (uint256) {
        return LibBit.popCount(_set);
    }

    /// @notice Lowest worker of a set that is not empty.
    function first(uint256 _set) internal pure returns (uint256) {
        return LibBit.ffs(_set);
    }

    /// @notice Whether all of `_part` are in `_whole`.
    function isWithin(uint256 _part, uint256 _whole) internal pure returns (bool) {
        return _part & ~_whole == 0;
    }
}
