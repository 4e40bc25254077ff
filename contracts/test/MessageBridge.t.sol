// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IMessageBridge} from "../src/interfaces/IMessageBridge.sol";
import {IMessageQueue} from "../src/interfaces/IMessageQueue.sol";
import {ILuxRollup} from "../src/interfaces/ILuxRollup.sol";
import {ExpiringPause} from "../src/l1/ExpiringPause.sol";
import {MessageBridge} from "../src/l1/MessageBridge.sol";
import {RollupSettings} from "../src/l1/RollupSettings.sol";
import {L2MessageBridge} from "../src/l2/L2MessageBridge.sol";
import {Merkle} from "../src/libraries/Merkle.sol";
import {Messages} from "../src/libraries/Messages.sol";
import {Predeploys} from "../src/libraries/Predeploys.sol";
import {Reenterer, Target} from "./utils/Doubles.sol";
import {RollupTest} from "./utils/RollupTest.sol";

abstract contract MessageBridgeTest is RollupTest {
    uint256 internal constant GAS = 500_000;

    function _message(address _sender, address _target, uint256 _value, bytes memory _data, uint256 _nonce)
        internal
        pure
        returns (IMessageBridge.L2Message memory)
    {
        return IMessageBridge.L2Message(_sender, _target, _value, GAS, _data, _nonce);
    }

    /// @dev An entry as docs/protocol.md describes it; returns the accumulator after it.
    function _accumulate(
        bytes32 _before,
        address _from,
        address _to,
        uint256 _value,
        uint256 _gas,
        bytes memory _data,
        uint256 _index
    ) internal view returns (bytes32) {
        bytes32 entry = keccak256(abi.encode(_from, _to, _value, _value, _gas, keccak256(_data), _index, block.number));
        return keccak256(bytes.concat(_before, entry));
    }

    function _relayEntry(IMessageBridge.L2Message memory _sent)
        internal
        pure
        returns (bytes memory data_, uint256 gas_)
    {
        data_ = abi.encodeCall(L2MessageBridge.deliverMessage, (_sent));
        gas_ = GAS + GAS / 63 + 150_000 + 40 * data_.length;
    }
}

contract MessageBridge_SendMessageToL2_Test is MessageBridgeTest {
    function testFuzz_sendMessageToL2_succeeds(address _target, uint96 _value, bytes calldata _data) external {
        vm.assume(_target != Predeploys.L2_MESSAGE_BRIDGE && _target != Predeploys.L2_TOKEN_BRIDGE);
        vm.deal(alice, _value);
        IMessageBridge.L2Message memory sent = _message(alice, _target, _value, _data, 0);
        (bytes memory data, uint256 gas) = _relayEntry(sent);
        bytes32 accumulator =
            _accumulate(0, Predeploys.L1_MESSAGE_BRIDGE, Predeploys.L2_MESSAGE_BRIDGE, _value, gas, data, 0);
        vm.expectEmit(address(bridge));
        emit IMessageQueue.MessageEnqueued(
            0, Predeploys.L1_MESSAGE_BRIDGE, Predeploys.L2_MESSAGE_BRIDGE, _value, _value, gas, data, accumulator
        );
        vm.prank(alice, alice);
        vm.assertEq(bridge.sendMessageToL2{value: _value}(_target, _data), 0);
        vm.assertEq(bridge.getMessageStatus(Messages.hash(sent)), 1);
        vm.assertEq(address(bridge).balance, _value);
        vm.assertEq(bridge.accumulatorOf(1), accumulator);
        (uint256 count,) = bridge.queueAt(block.number - 1);
        vm.assertEq(count, 0);
        (count,) = bridge.queueAt(block.number);
        vm.assertEq(count, 1);
    }

    function test_sendMessageToL2_twice_succeeds() external {
        vm.startPrank(alice, alice);
        vm.assertEq(bridge.sendMessageToL2(bob, "a"), 0);
        vm.assertEq(bridge.sendMessageToL2(bob, "a"), 1);
        vm.stopPrank();
        vm.assertEq(bridge.queueLength(), 2);
        vm.assertEq(bridge.getMessageStatus(Messages.hash(_message(alice, bob, 0, "a", 1))), 1);
    }

    function test_sendMessageToL2_forbiddenTarget_reverts() external {
        vm.expectRevert(MessageBridge.MessageBridge_ForbiddenTarget.selector);
        bridge.sendMessageToL2(Predeploys.L2_MESSAGE_BRIDGE, "");
        vm.expectRevert(MessageBridge.MessageBridge_ForbiddenTarget.selector);
        bridge.sendMessageToL2(Predeploys.L2_TOKEN_BRIDGE, "");
    }

    function test_sendMessageToL2_tooLong_reverts() external {
        bridge.sendMessageToL2(bob, new bytes(24_000));
        vm.expectRevert(MessageBridge.MessageBridge_DataTooLong.selector);
        bridge.sendMessageToL2(bob, new bytes(32_769));
    }

    function test_sendMessageToL2_paused_reverts() external {
        vm.prank(governor, governor);
        settings.pause(1, 1 days);
        vm.expectRevert();
        bridge.sendMessageToL2(bob, "");
        _mine(1, 1 days);
        bridge.sendMessageToL2(bob, "");
    }

    function test_sendMessageToL2_valueToSovereign_reverts() external {
        _deployRollup(_config(ILuxRollup.RollupType.Sovereign));
        bridge.sendMessageToL2(bob, "");
        vm.prank(alice, alice);
        vm.expectRevert(RollupSettings.RollupCore_SovereignHasNoBridge.selector);
        bridge.sendMessageToL2{value: 1}(bob, "");
    }
}

contract MessageBridge_Queue_Test is MessageBridgeTest {
    /// @dev Fills a block with messages.
    function _fill() private {
        (bytes memory data, uint256 gas) = _relayEntry(_message(alice, bob, 0, "", 0));
        data;
        while (bridge.queueGasLeft() >= gas) bridge.sendMessageToL2(bob, "");
    }

    function test_queue_limit_reverts() external {
        _fill();
        vm.expectRevert(MessageBridge.MessageBridge_QueueFull.selector);
        bridge.sendMessageToL2(bob, "");
        _mine(1, 12);
        bridge.sendMessageToL2(bob, "");
    }

    function test_queue_price_succeeds() external {
        vm.assertEq(bridge.queueCost(GAS), 0);
        uint256 price = bridge.MIN_PRICE();
        for (uint256 i; i < 8; ++i) {
            _fill();
            uint256 used = bridge.QUEUE_GAS_LIMIT() - bridge.queueGasLeft();
            price += price * (used - 5_000_000) / 40_000_000 + 1;
            _mine(1, 12);
            vm.assertEq(bridge.queueCost(GAS), GAS * price / 1000);
        }
        uint256 before = gasleft();
        bridge.sendMessageToL2(bob, "");
        uint256 burnt = before - gasleft();
        vm.assertGt(burnt, GAS * price / 1000);
        vm.assertLe(burnt, GAS * 2 * price / 1000 + 300_000);
        _mine(100, 1200);
        vm.assertEq(bridge.queueCost(GAS), 0);
    }

    function test_queue_onlyRollup_reverts() external {
        vm.expectRevert(MessageBridge.MessageBridge_NotQueueWriter.selector);
        bridge.enqueue(alice, bob, 0, "");
        vm.expectRevert(MessageBridge.MessageBridge_NotQueueWriter.selector);
        bridge.settle(0, alice, 1);
        vm.prank(address(core));
        vm.expectRevert(MessageBridge.MessageBridge_NotQueueWriter.selector);
        bridge.settle(0, alice, 1);
    }

    function testFuzz_queue_countAtBlock_succeeds(uint8[8] calldata _perBlock) external {
        uint256 first = block.number;
        uint256 expected;
        for (uint256 i; i < 8; ++i) {
            for (uint256 j; j < _perBlock[i] % 4; ++j) {
                bridge.sendMessageToL2(bob, "");
            }
            _mine(1, 12);
        }
        for (uint256 i; i < 8; ++i) {
            expected += _perBlock[i] % 4;
            (uint256 count, bytes32 accumulator) = bridge.queueAt(first + i);
            vm.assertEq(count, expected);
            vm.assertEq(accumulator, bridge.accumulatorOf(expected));
        }
    }
}

contract MessageBridge_RelayMessageToL2_Test is MessageBridgeTest {
    function _signature(IMessageBridge.L2Message memory _signed, uint256 _key) private view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("LuxMessageBridge"),
                keccak256("1"),
                block.chainid,
                address(bridge)
            )
        );
        bytes32 message = keccak256(
            abi.encode(
                keccak256(
                    "L2Message(address sender,address target,uint256 value,uint256 gasLimit,bytes data,uint256 nonce)"
                ),
                _signed.sender,
                _signed.target,
                _signed.value,
                _signed.gasLimit,
                keccak256(_signed.data),
                _signed.nonce
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_key, keccak256(abi.encodePacked(hex"1901", domain, message)));
        return abi.encodePacked(r, s, v);
    }

    function test_relayMessageToL2_signed_succeeds() external {
        bridge.sendMessageToL2(bob, "");
        IMessageBridge.L2Message memory message = _message(stranger, bob, 0, "data", 0);
        bridge.relayMessageToL2(message, _signature(message, STRANGER_KEY));
        message.nonce = 1;
        vm.assertEq(bridge.getMessageStatus(Messages.hash(message)), 1);
        vm.assertEq(bridge.nonces(stranger), 1);
    }

    function test_relayMessageToL2_replay_reverts() external {
        IMessageBridge.L2Message memory message = _message(stranger, bob, 0, "data", 0);
        bytes memory signature = _signature(message, STRANGER_KEY);
        bridge.relayMessageToL2(message, signature);
        vm.expectRevert(MessageBridge.MessageBridge_InvalidMessage.selector);
        bridge.relayMessageToL2(message, signature);
    }

    function test_relayMessageToL2_invalid_reverts() external {
        IMessageBridge.L2Message memory message = _message(stranger, bob, 0, "data", 0);
        bytes memory signature = _signature(message, SEQUENCER_KEY);
        vm.expectRevert(MessageBridge.MessageBridge_InvalidSignature.selector);
        bridge.relayMessageToL2(message, signature);
        signature = _signature(message, STRANGER_KEY);
        message.data = "other";
        vm.expectRevert(MessageBridge.MessageBridge_InvalidSignature.selector);
        bridge.relayMessageToL2(message, signature);
        message.sender = address(0);
        vm.expectRevert(MessageBridge.MessageBridge_InvalidSignature.selector);
        bridge.relayMessageToL2(message, "");
        message = _message(stranger, bob, 1, "data", 0);
        vm.expectRevert(MessageBridge.MessageBridge_InvalidMessage.selector);
        bridge.relayMessageToL2(message, "");
        message = _message(stranger, bob, 0, "data", 0);
        message.gasLimit += 1;
        vm.expectRevert(MessageBridge.MessageBridge_InvalidMessage.selector);
        bridge.relayMessageToL2(message, "");
    }

    function test_sendMessageToL1_wrongLayer_reverts() external {
        vm.expectRevert(MessageBridge.MessageBridge_WrongLayer.selector);
        bridge.sendMessageToL1(bob, "");
    }
}

contract MessageBridge_RelayMessageFromL2_Test is MessageBridgeTest {
    Target private _target;

    function setUp() public override {
        super.setUp();
        _target = new Target();
        vm.prank(alice, alice);
        core.depositToL2{value: 10 ether}(address(0), 10 ether, "");
        _mine(1, 12);
    }

    function _final(IMessageBridge.L2Message memory _sent) private returns (IMessageBridge.MessageProof memory) {
        uint256 batch = _submitClaim(_receiptRoot(_sent));
        _finalizeNext();
        return _proof(_sent, batch);
    }

    function test_relayMessageFromL2_final_succeeds() external {
        IMessageBridge.L2Message memory message = _message(bob, address(_target), 1 ether, "call", 7);
        IMessageBridge.MessageProof memory proof = _final(message);
        bridge.relayMessageFromL2(message, proof);
        vm.assertEq(_target.lastSender(), bob);
        vm.assertEq(_target.lastData(), "call");
        vm.assertEq(_target.received(), 1 ether);
        vm.assertTrue(bridge.isMessageExecuted(proof.messageHash));
        vm.assertEq(address(bridge).balance, 9 ether);
        vm.expectRevert(MessageBridge.MessageBridge_AlreadyExecuted.selector);
        bridge.relayMessageFromL2(message, proof);
        vm.expectRevert(MessageBridge.MessageBridge_NoMessage.selector);
        bridge.xDomainMessageSender();
    }

    /// @dev The same fields sent from L1 must not make an executed message executable again.
    function test_relayMessageFromL2_sameHashSent_reverts() external {
        IMessageBridge.L2Message memory message = _message(alice, address(_target), 0, "call", 1);
        IMessageBridge.MessageProof memory proof = _final(message);
        bridge.relayMessageFromL2(message, proof);
        vm.prank(alice, alice);
        vm.assertEq(bridge.sendMessageToL2(address(_target), "call"), 1);
        vm.assertEq(bridge.getMessageStatus(proof.messageHash), 2);
        vm.expectRevert(MessageBridge.MessageBridge_AlreadyExecuted.selector);
        bridge.relayMessageFromL2(message, proof);
    }

    function test_relayMessageFromL2_notFinal_reverts() external {
        IMessageBridge.L2Message memory message = _message(bob, address(_target), 0, "", 0);
        uint256 batch = _submitClaim(_receiptRoot(message));
        IMessageBridge.MessageProof memory proof = _proof(message, batch);
        vm.expectRevert(MessageBridge.MessageBridge_NotFinalized.selector);
        bridge.relayMessageFromL2(message, proof);
        proof.batchHash = keccak256("unknown");
        vm.expectRevert(MessageBridge.MessageBridge_NotFinalized.selector);
        bridge.relayMessageFromL2(message, proof);
    }

    function test_relayMessageFromL2_badProof_reverts() external {
        IMessageBridge.L2Message memory message = _message(bob, address(_target), 0, "", 0);
        IMessageBridge.MessageProof memory proof = _final(message);
        bytes memory good = proof.merkleProof;
        message.nonce = 1;
        vm.expectRevert(Messages.Messages_InvalidProof.selector);
        bridge.relayMessageFromL2(message, proof);
        proof.messageHash = Messages.hash(message);
        vm.expectRevert(Messages.Messages_InvalidProof.selector);
        bridge.relayMessageFromL2(message, proof);
        message.nonce = 0;
        proof.messageHash = Messages.hash(message);
        proof.messageIndex = 1;
        vm.expectRevert(Messages.Messages_InvalidProof.selector);
        bridge.relayMessageFromL2(message, proof);
        proof.messageIndex = 0;
        proof.merkleProof = "";
        vm.expectRevert(Messages.Messages_InvalidProof.selector);
        bridge.relayMessageFromL2(message, proof);
        proof.merkleProof = bytes.concat(good, hex"00");
        vm.expectRevert(Messages.Messages_InvalidProof.selector);
        bridge.relayMessageFromL2(message, proof);
        proof.merkleProof = abi.encode(keccak256("other"));
        vm.expectRevert(Messages.Messages_InvalidProof.selector);
        bridge.relayMessageFromL2(message, proof);
    }

    function test_relayMessageFromL2_thirdOfThree_succeeds() external {
        bytes32[] memory leaves = new bytes32[](3);
        for (uint256 i; i < 3; ++i) {
            leaves[i] = Messages.hash(_message(bob, address(_target), 0, "", i));
        }
        bytes32 left = keccak256(abi.encode(leaves[0], leaves[1]));
        bytes32 root = keccak256(abi.encode(left, keccak256(abi.encode(leaves[2], bytes32(0)))));
        uint256 batch = _submitClaim(keccak256(abi.encode(RECEIPTS_ROOT, root)));
        _finalizeNext();
        IMessageBridge.MessageProof memory proof = IMessageBridge.MessageProof(
            core.getBatch(batch).batchHash, leaves[2], abi.encode(bytes32(0), left, RECEIPTS_ROOT), 2
        );
        bridge.relayMessageFromL2(_message(bob, address(_target), 0, "", 2), proof);
        vm.assertTrue(bridge.isMessageExecuted(proof.messageHash));
    }

    function test_relayMessageFromL2_failedCall_succeeds() external {
        for (uint256 i = 1; i < 4; ++i) {
            IMessageBridge.L2Message memory message = _message(bob, address(_target), 1 ether, "", i);
            IMessageBridge.MessageProof memory proof = _final(message);
            _target.setMode(Target.Mode(i));
            bridge.relayMessageFromL2{gas: 3_000_000}(message, proof);
            vm.assertEq(bridge.getMessageStatus(proof.messageHash), 3);
            vm.expectRevert(MessageBridge.MessageBridge_CallFailed.selector);
            bridge.relayMessageFromL2{gas: 3_000_000}(message, proof);
            _target.setMode(Target.Mode.Accept);
            bridge.relayMessageFromL2(message, proof);
            vm.assertEq(bridge.getMessageStatus(proof.messageHash), 2);
            vm.assertEq(_target.received(), i * 1 ether);
            vm.expectRevert(MessageBridge.MessageBridge_AlreadyExecuted.selector);
            bridge.relayMessageFromL2(message, proof);
        }
    }

    function testFuzz_relayMessageFromL2_gas_succeeds(uint256 _gas) external {
        IMessageBridge.L2Message memory message = _message(bob, address(_target), 0, "", 0);
        IMessageBridge.MessageProof memory proof = _final(message);
        _gas = 100_000 + _gas % 900_000;
        // Whoever executes cannot make a call fail by giving it less gas than the message asks for.
        try bridge.relayMessageFromL2{gas: _gas}(message, proof) {
            vm.assertEq(bridge.getMessageStatus(proof.messageHash), 2);
            vm.assertGt(_gas, GAS);
        } catch {
            vm.assertEq(bridge.getMessageStatus(proof.messageHash), 0);
        }
    }

    function test_relayMessageFromL2_forbiddenTarget_reverts() external {
        address[6] memory targets = [
            address(core),
            address(bridge),
            address(tokenBridge),
            address(registry),
            address(settings),
            Predeploys.L1_ROLLUP
        ];
        for (uint256 i; i < targets.length; ++i) {
            IMessageBridge.L2Message memory message = _message(bob, targets[i], 0, "", i);
            IMessageBridge.MessageProof memory proof = _final(message);
            vm.expectRevert(MessageBridge.MessageBridge_ForbiddenTarget.selector);
            bridge.relayMessageFromL2(message, proof);
        }
    }

    function test_relayMessageFromL2_reentrancy_succeeds() external {
        Reenterer attacker = new Reenterer();
        IMessageBridge.L2Message memory message = _message(bob, address(attacker), 1 ether, "", 0);
        IMessageBridge.MessageProof memory proof = _final(message);
        attacker.arm(address(bridge), abi.encodeCall(bridge.relayMessageFromL2, (message, proof)));
        bridge.relayMessageFromL2(message, proof);
        vm.assertFalse(attacker.succeeded());
        vm.assertEq(attacker.calls(), 1);
        vm.assertEq(address(attacker).balance, 1 ether);
    }

    function test_relayMessageFromL2_paused_reverts() external {
        IMessageBridge.L2Message memory message = _message(bob, address(_target), 0, "", 0);
        IMessageBridge.MessageProof memory proof = _final(message);
        vm.prank(governor, governor);
        settings.pause(2, 7 days);
        vm.expectRevert(abi.encodeWithSelector(ExpiringPause.ExpiringPause_Paused.selector, block.timestamp + 7 days));
        bridge.relayMessageFromL2(message, proof);
        _mine(1, 7 days);
        bridge.relayMessageFromL2(message, proof);
    }

    function test_relayMessageFromL2_sovereign_reverts() external {
        _deployRollup(_config(ILuxRollup.RollupType.Sovereign));
        IMessageBridge.L2Message memory message = _message(bob, address(_target), 0, "", 0);
        IMessageBridge.MessageProof memory proof = _final(message);
        vm.expectRevert(RollupSettings.RollupCore_SovereignHasNoBridge.selector);
        bridge.relayMessageFromL2(message, proof);
    }
}

contract Merkle_Test is MessageBridgeTest {
    function root(bytes32[] memory _leaves) external pure returns (bytes32) {
        return Merkle.root(_leaves);
    }

    /// @dev The rule by its letter: pad, then hash pairs.
    function _expected(bytes32[] memory _leaves) private pure returns (bytes32) {
        if (_leaves.length == 0) return 0;
        uint256 width = 1;
        while (width < _leaves.length) width *= 2;
        bytes32[] memory level = new bytes32[](width);
        for (uint256 i; i < _leaves.length; ++i) {
            level[i] = _leaves[i];
        }
        for (; width > 1; width /= 2) {
            for (uint256 i; i < width / 2; ++i) {
                level[i] = keccak256(abi.encode(level[2 * i], level[2 * i + 1]));
            }
        }
        return level[0];
    }

    function testFuzz_root_succeeds(bytes32[] memory _leaves) external view {
        vm.assertEq(this.root(_leaves), _expected(_leaves));
    }

    function test_root_everySmallSize_succeeds() external view {
        for (uint256 size; size < 34; ++size) {
            bytes32[] memory leaves = new bytes32[](size);
            for (uint256 i; i < size; ++i) {
                leaves[i] = keccak256(abi.encode(i));
            }
            vm.assertEq(this.root(leaves), _expected(leaves));
        }
    }

    function test_payloadCommitment_sizes_succeeds() external view {
        uint256[8] memory sizes = [uint256(0), 1, 4095, 4096, 4097, 8192, 12_289, 120_000];
        for (uint256 k; k < sizes.length; ++k) {
            bytes memory payload = new bytes(sizes[k]);
            for (uint256 i; i < payload.length; i += 997) {
                payload[i] = bytes1(uint8(i));
            }
            bytes32[] memory leaves = new bytes32[]((payload.length + 4095) / 4096);
            for (uint256 i; i < leaves.length; ++i) {
                uint256 size = payload.length - 4096 * i < 4096 ? payload.length - 4096 * i : 4096;
                bytes32 leaf;
                assembly ("memory-safe") {
                    leaf := keccak256(add(add(payload, 32), mul(i, 4096)), size)
                }
                leaves[i] = leaf;
            }
            vm.assertEq(core.payloadCommitment(payload), keccak256(abi.encode(sizes[k], _expected(leaves))));
        }
    }
}
