// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "solady/tokens/ERC20.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @notice L2 representation of an L1 token. Genesis code; every token is a minimal clone of it.
contract BridgedERC20 is ERC20 {
    address public l1Token;
    uint8 private _decimals;
    string private _name;
    string private _symbol;

    error BridgedERC20_NotBridge();
    error BridgedERC20_AlreadyInitialized();

    modifier onlyBridge() {
        if (msg.sender != Predeploys.L2_TOKEN_BRIDGE) revert BridgedERC20_NotBridge();
        _;
    }

    function initialize(address _l1Token, string calldata name_, string calldata symbol_, uint8 decimals_)
        external
        onlyBridge
    {
        if (l1Token != address(0)) revert BridgedERC20_AlreadyInitialized();
        l1Token = _l1Token;
        _name = name_;
        _symbol = symbol_;
        _decimals = decimals_;
    }

    function mint(address _to, uint256 _amount) external onlyBridge {
        _mint(_to, _amount);
    }

    function burn(address _from, uint256 _amount) external onlyBridge {
        _burn(_from, _amount);
    }

    function name() public view override returns (string memory) {
        return _name;
    }

    function symbol() public view override returns (string memory) {
        return _symbol;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    /// @dev Permit2 is not part of the genesis.
    function _givePermit2InfiniteAllowance() internal pure override returns (bool) {
        return false;
    }
}
