// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LibClone} from "solady/utils/LibClone.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {BridgedERC20} from "./BridgedERC20.sol";
import {L2MessageBridge} from "./L2MessageBridge.sol";

/// @notice Mints what was deposited on L1 and starts withdrawals.
contract L2TokenBridge {
    event BridgedTokenDeployed(address indexed l1Token, address indexed l2Token);
    event DepositFinalized(
        address indexed l1Token, address indexed from, address indexed to, uint256 amount, address l2Token
    );
    event WithdrawalInitiated(
        bytes32 indexed messageHash, address indexed l1Token, address indexed from, address recipient, uint256 amount
    );

    error L2TokenBridge_NotRollup();
    error L2TokenBridge_UnknownToken();
    error L2TokenBridge_WrongValue();

    /// @notice Credits a deposit, deploying the token on its first one.
    function finalizeDeposit(
        address _l1Token,
        address _from,
        address _to,
        uint256 _amount,
        string calldata _name,
        string calldata _symbol,
        uint8 _decimals
    ) external {
        if (msg.sender != Predeploys.L1_ROLLUP) revert L2TokenBridge_NotRollup();
        address token = l2TokenOf(_l1Token);
        if (token.code.length == 0) {
            LibClone.cloneDeterministic(Predeploys.BRIDGED_ERC20, _salt(_l1Token));
            BridgedERC20(token).initialize(_l1Token, _name, _symbol, _decimals);
            emit BridgedTokenDeployed(_l1Token, token);
        }
        BridgedERC20(token).mint(_to, _amount);
        emit DepositFinalized(_l1Token, _from, _to, _amount, token);
    }

    /// @notice Starts a withdrawal to L1: burns the caller's tokens, or takes the ETH sent when `_l1Token` is zero.
    function withdraw(address _l1Token, uint256 _amount, address _recipient)
        external
        payable
        returns (bytes32 messageHash_)
    {
        if (msg.value != (_l1Token == address(0) ? _amount : 0)) revert L2TokenBridge_WrongValue();
        if (_l1Token != address(0)) {
            address token = l2TokenOf(_l1Token);
            if (token.code.length == 0) revert L2TokenBridge_UnknownToken();
            BridgedERC20(token).burn(msg.sender, _amount);
        }
        messageHash_ = L2MessageBridge(Predeploys.L2_MESSAGE_BRIDGE).sendEtherToL1{value: msg.value}(
            Predeploys.L1_ROLLUP, abi.encode(_l1Token, _recipient, _amount)
        );
        emit WithdrawalInitiated(messageHash_, _l1Token, msg.sender, _recipient, _amount);
    }

    /// @notice Address of the L2 token of an L1 token, deployed or not.
    function l2TokenOf(address _l1Token) public view returns (address) {
        return LibClone.predictDeterministicAddress(Predeploys.BRIDGED_ERC20, _salt(_l1Token), address(this));
    }

    function _salt(address _l1Token) private pure returns (bytes32) {
        return bytes32(uint256(uint160(_l1Token)));
    }
}
