// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token that anyone can mint, for tests and development chains.
contract DevToken is ERC20 {
    constructor() ERC20("Dev Token", "DEV") {}

    /// @notice Creates `_amount` for `_to`.
    function mint(address _to, uint256 _amount) external {
        _mint(_to, _amount);
    }
}
