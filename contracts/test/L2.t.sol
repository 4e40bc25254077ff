// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IMessageBridge} from "../src/interfaces/IMessageBridge.sol";
import {BridgedERC20} from "../src/l2/BridgedERC20.sol";
import {FeeVault} from "../src/l2/FeeVault.sol";
import {L1Block} from "../src/l2/L1Block.sol";
import {L2MessageBridge} from "../src/l2/L2MessageBridge.sol";
import {L2TokenBridge} from "../src/l2/L2TokenBridge.sol";
import {Messages} from "../src/libraries/Messages.sol";
import {Predeploys} from "../src/libraries/Predeploys.sol";
import {Reenterer, Target} from "./utils/Doubles.sol";
import {ArtifactTest} from "./utils/RollupTest.sol";

/// @notice The predeploys as the genesis has them: runtime code and nothing else.
abstract contract L2Test is ArtifactTest {
    L2MessageBridge internal constant BRIDGE = L2MessageBridge(Predeploys.L2_MESSAGE_BRIDGE);
    L2TokenBridge internal constant TOKENS = L2TokenBridge(Predeploys.L2_TOKEN_BRIDGE);
    uint256 internal constant GAS = 500_000;
    address internal alice = address(0xa003);
    address internal bob = address(0xa004);
    Target internal target;

    function setUp() public virtual {
        vm.etch(Predeploys.L2_MESSAGE_BRIDGE, _runtime("L2MessageBridge"));
        vm.etch(Predeploys.L2_TOKEN_BRIDGE, _runtime("L2TokenBridge"));
        vm.etch(Predeploys.L1_BLOCK, _runtime("L1Block"));
        vm.etch(Predeploys.FEE_VAULT, _runtime("FeeVault"));
        vm.etch(Predeploys.BRIDGED_ERC20, _runtime("BridgedERC20"));
        vm.deal(alice, 100 ether);
        vm.deal(Predeploys.L1_MESSAGE_BRIDGE, 100 ether);
        target = new Target();
    }

    function _message(address _to, uint256 _value, bytes memory _data, uint256 _nonce)
        internal
        view
        returns (IMessageBridge.L2Message memory)
    {
        return IMessageBridge.L2Message(alice, _to, _value, GAS, _data, _nonce);
    }

    /// @dev As the deposit does it: with the gas of its queue entry, less what the transaction itself costs.
    function _deliver(IMessageBridge.L2Message memory _sent) internal {
        uint256 length = abi.encodeCall(BRIDGE.deliverMessage, (_sent)).length;
        uint256 gas = GAS + GAS / 63 + 150_000 + 40 * length - 21_000 - 16 * length;
        vm.prank(Predeploys.L1_MESSAGE_BRIDGE);
        BRIDGE.deliverMessage{value: _sent.value, gas: gas}(_sent);
    }
}

contract L2MessageBridge_DeliverMessage_Test is L2Test {
    function testFuzz_deliverMessage_succeeds(bytes calldata _data, uint64 _value) external {
        IMessageBridge.L2Message memory message = _message(address(target), _value, _data, 3);
        _deliver(message);
        vm.assertEq(BRIDGE.getMessageStatus(Messages.hash(message)), 2);
        vm.assertEq(target.lastSender(), alice);
        vm.assertEq(target.received(), _value);
        vm.assertEq(target.lastData(), _data);
    }

    function test_deliverMessage_failingTarget_succeeds() external {
        for (uint256 i = 1; i < 4; ++i) {
            target.setMode(Target.Mode(i));
            IMessageBridge.L2Message memory message = _message(address(target), 1 ether, "", i);
            bytes32 messageHash = Messages.hash(message);
            _deliver(message);
            vm.assertEq(BRIDGE.getMessageStatus(messageHash), 3);
            vm.expectRevert(L2MessageBridge.L2MessageBridge_CallFailed.selector);
            BRIDGE.relayMessageToL2{gas: 5_000_000}(message, "");
            target.setMode(Target.Mode.Accept);
            BRIDGE.relayMessageToL2(message, "");
            vm.assertEq(BRIDGE.getMessageStatus(messageHash), 2);
            vm.assertEq(target.received(), i * 1 ether);
            vm.expectRevert(L2MessageBridge.L2MessageBridge_NotFailed.selector);
            BRIDGE.relayMessageToL2(message, "");
        }
        vm.assertEq(address(BRIDGE).balance, 0);
    }

    /// @dev 32 KiB of data and a target that burns everything: the outcome is still recorded.
    function testFuzz_deliverMessage_gasEater_succeeds(uint256 _length) external {
        target.setMode(Target.Mode.BurnGas);
        bytes memory data = new bytes(_length % 32_769);
        for (uint256 i; i < data.length; i += 512) {
            data[i] = 0xff;
        }
        IMessageBridge.L2Message memory message = _message(address(target), 0, data, 0);
        _deliver(message);
        vm.assertEq(BRIDGE.getMessageStatus(Messages.hash(message)), 3);
    }

    function test_deliverMessage_gasPromised_succeeds() external {
        GasMeter meter = new GasMeter();
        _deliver(_message(address(meter), 0, "", 0));
        vm.assertGt(meter.gasSeen() + 3000, GAS);
    }

    function test_deliverMessage_notBridge_reverts() external {
        vm.expectRevert(L2MessageBridge.L2MessageBridge_NotL1Bridge.selector);
        BRIDGE.deliverMessage(_message(address(target), 0, "", 0));
        vm.expectRevert(L2MessageBridge.L2MessageBridge_NotFailed.selector);
        BRIDGE.relayMessageToL2(_message(address(target), 0, "", 0), "");
    }

    function test_deliverMessage_toBridges_fails() external {
        IMessageBridge.L2Message memory message = _message(address(TOKENS), 0, "", 0);
        _deliver(message);
        vm.assertEq(BRIDGE.getMessageStatus(Messages.hash(message)), 3);
        message.target = address(BRIDGE);
        _deliver(message);
        vm.assertEq(BRIDGE.getMessageStatus(Messages.hash(message)), 3);
    }

    function test_deliverMessage_reentrancy_succeeds() external {
        Reenterer attacker = new Reenterer();
        attacker.arm(address(1), "");
        target.setMode(Target.Mode.Revert);
        IMessageBridge.L2Message memory failed = _message(address(target), 1 ether, "", 0);
        _deliver(failed);
        target.setMode(Target.Mode.Accept);
        attacker.arm(address(BRIDGE), abi.encodeCall(BRIDGE.relayMessageToL2, (failed, "")));
        _deliver(_message(address(attacker), 0, "", 1));
        vm.assertEq(attacker.calls(), 1);
        vm.assertFalse(attacker.succeeded());
        vm.assertEq(BRIDGE.getMessageStatus(Messages.hash(failed)), 3);
    }

    function test_relayMessageToL2_lowGas_reverts() external {
        target.setMode(Target.Mode.Revert);
        IMessageBridge.L2Message memory message = _message(address(target), 0, "", 0);
        _deliver(message);
        target.setMode(Target.Mode.Accept);
        vm.expectRevert(L2MessageBridge.L2MessageBridge_InsufficientGas.selector);
        BRIDGE.relayMessageToL2{gas: GAS}(message, "");
    }
}

contract GasMeter {
    uint256 public gasSeen;

    fallback() external payable {
        gasSeen = gasleft();
    }
}

contract L2MessageBridge_SendMessageToL1_Test is L2Test {
    function test_sendMessageToL1_succeeds() external {
        bytes32 messageHash = Messages.hash(IMessageBridge.L2Message(alice, bob, 0, 200_000, "data", 0));
        vm.expectEmit(address(BRIDGE));
        emit L2MessageBridge.MessageSentToL1(messageHash, alice, bob, 0, 200_000, "data", 0);
        vm.prank(alice);
        vm.assertEq(BRIDGE.sendMessageToL1(bob, "data"), messageHash);
        vm.assertEq(BRIDGE.getMessageStatus(messageHash), 1);
        vm.assertEq(BRIDGE.messageNonce(), 1);
        messageHash = Messages.hash(IMessageBridge.L2Message(alice, bob, 5, 200_000, "data", 1));
        vm.prank(alice);
        vm.assertEq(BRIDGE.sendEtherToL1{value: 5}(bob, "data"), messageHash);
        vm.assertEq(address(BRIDGE).balance, 5);
    }

    function test_sendMessageToL1_forbidden_reverts() external {
        vm.expectRevert(L2MessageBridge.L2MessageBridge_ForbiddenTarget.selector);
        BRIDGE.sendMessageToL1(Predeploys.L1_ROLLUP, "");
        vm.expectRevert(L2MessageBridge.L2MessageBridge_DataTooLong.selector);
        BRIDGE.sendMessageToL1(bob, new bytes(32_769));
        vm.expectRevert(L2MessageBridge.L2MessageBridge_WrongLayer.selector);
        BRIDGE.sendMessageToL2(bob, "");
        IMessageBridge.MessageProof memory proof;
        vm.expectRevert(L2MessageBridge.L2MessageBridge_WrongLayer.selector);
        BRIDGE.relayMessageFromL2(_message(bob, 0, "", 0), proof);
        vm.expectRevert(L2MessageBridge.L2MessageBridge_NoMessage.selector);
        BRIDGE.xDomainMessageSender();
    }
}

contract L2TokenBridge_Test is L2Test {
    address private constant L1_TOKEN = address(0x70c);

    function _deposit(address _to, uint256 _amount) private returns (BridgedERC20) {
        vm.prank(Predeploys.L1_ROLLUP);
        TOKENS.finalizeDeposit(L1_TOKEN, bob, _to, _amount, "Token", "TKN", 6);
        return BridgedERC20(TOKENS.l2TokenOf(L1_TOKEN));
    }

    function test_finalizeDeposit_twice_succeeds() external {
        BridgedERC20 token = _deposit(alice, 5);
        _deposit(alice, 7);
        vm.assertEq(token.balanceOf(alice), 12);
        vm.assertEq(token.totalSupply(), 12);
        vm.assertEq(token.name(), "Token");
        vm.assertEq(token.symbol(), "TKN");
        vm.assertEq(uint256(token.decimals()), 6);
        vm.assertEq(token.l1Token(), L1_TOKEN);
        vm.expectRevert(BridgedERC20.BridgedERC20_NotBridge.selector);
        token.mint(alice, 1);
        vm.expectRevert(BridgedERC20.BridgedERC20_NotBridge.selector);
        token.burn(alice, 1);
        vm.expectRevert(BridgedERC20.BridgedERC20_NotBridge.selector);
        token.initialize(L1_TOKEN, "", "", 1);
    }

    /// @dev With the longest names that L1 passes on, a first deposit fits the gas of its queue entry.
    function test_finalizeDeposit_gas_succeeds() external {
        string memory long = string(new bytes(64));
        bytes memory call = abi.encodeCall(L2TokenBridge.finalizeDeposit, (L1_TOKEN, bob, alice, 1, long, long, 18));
        vm.prank(Predeploys.L1_ROLLUP);
        (bool success,) = address(TOKENS).call{gas: 300_000 + 40 * call.length - 21_000 - 16 * call.length}(call);
        vm.assertTrue(success);
    }

    function test_finalizeDeposit_notRollup_reverts() external {
        vm.expectRevert(L2TokenBridge.L2TokenBridge_NotRollup.selector);
        TOKENS.finalizeDeposit(L1_TOKEN, bob, alice, 1, "", "", 18);
    }

    function testFuzz_withdraw_token_succeeds(uint128 _amount, uint128 _withdrawn) external {
        BridgedERC20 token = _deposit(alice, _amount);
        bytes memory data = abi.encode(L1_TOKEN, bob, uint256(_withdrawn));
        if (_withdrawn > _amount) vm.expectRevert();
        vm.prank(alice);
        bytes32 messageHash = TOKENS.withdraw(L1_TOKEN, _withdrawn, bob);
        if (_withdrawn > _amount) return;
        vm.assertEq(token.totalSupply(), _amount - _withdrawn);
        vm.assertEq(
            messageHash,
            Messages.hash(
                IMessageBridge.L2Message(Predeploys.L2_TOKEN_BRIDGE, Predeploys.L1_ROLLUP, 0, 200_000, data, 0)
            )
        );
    }

    function test_withdraw_ether_succeeds() external {
        vm.prank(alice);
        bytes32 messageHash = TOKENS.withdraw{value: 3 ether}(address(0), 3 ether, bob);
        bytes memory data = abi.encode(address(0), bob, 3 ether);
        vm.assertEq(
            messageHash,
            Messages.hash(
                IMessageBridge.L2Message(Predeploys.L2_TOKEN_BRIDGE, Predeploys.L1_ROLLUP, 3 ether, 200_000, data, 0)
            )
        );
    }

    function test_withdraw_invalid_reverts() external {
        vm.startPrank(alice, alice);
        vm.expectRevert(L2TokenBridge.L2TokenBridge_WrongValue.selector);
        TOKENS.withdraw{value: 1}(address(0), 2, bob);
        vm.expectRevert(L2TokenBridge.L2TokenBridge_WrongValue.selector);
        TOKENS.withdraw{value: 1}(L1_TOKEN, 1, bob);
        vm.expectRevert(L2TokenBridge.L2TokenBridge_UnknownToken.selector);
        TOKENS.withdraw(L1_TOKEN, 0, bob);
        vm.stopPrank();
    }
}

contract L1Block_Test is L2Test {
    function testFuzz_systemCall_succeeds(uint128 _number, uint128 _count) external {
        vm.prank(Predeploys.SYSTEM);
        (bool success,) = Predeploys.L1_BLOCK.call(abi.encode(uint256(_number), uint256(_count)));
        vm.assertTrue(success);
        vm.assertEq(L1Block(Predeploys.L1_BLOCK).number(), _number);
        vm.assertEq(L1Block(Predeploys.L1_BLOCK).messageCount(), _count);
    }

    function test_systemCall_other_reverts() external {
        (bool success,) = Predeploys.L1_BLOCK.call(abi.encode(uint256(1), uint256(1)));
        vm.assertFalse(success);
        vm.prank(Predeploys.SYSTEM);
        (success,) = Predeploys.L1_BLOCK.call(abi.encode(uint256(1)));
        vm.assertFalse(success);
    }
}

contract FeeVault_Test is L2Test {
    function test_withdraw_succeeds() external {
        FeeVault vault = FeeVault(payable(Predeploys.FEE_VAULT));
        vm.expectRevert(FeeVault.FeeVault_Empty.selector);
        vault.withdraw();
        vm.deal(address(vault), 2 ether);
        bytes32 messageHash = Messages.hash(
            IMessageBridge.L2Message(
                Predeploys.L2_TOKEN_BRIDGE,
                Predeploys.L1_ROLLUP,
                2 ether,
                200_000,
                abi.encode(address(0), address(0), 2 ether),
                0
            )
        );
        vm.expectEmit(address(vault));
        emit FeeVault.FeesWithdrawn(2 ether, messageHash);
        vault.withdraw();
        vm.assertEq(address(BRIDGE).balance, 2 ether);
    }
}
