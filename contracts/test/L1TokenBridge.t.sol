// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IL1TokenBridge} from "../src/interfaces/IL1TokenBridge.sol";
import {ILuxRollup} from "../src/interfaces/ILuxRollup.sol";
import {IMessageBridge} from "../src/interfaces/IMessageBridge.sol";
import {IMessageQueue} from "../src/interfaces/IMessageQueue.sol";
import {L1TokenBridge} from "../src/l1/L1TokenBridge.sol";
import {MessageBridge} from "../src/l1/MessageBridge.sol";
import {RollupCore} from "../src/l1/RollupCore.sol";
import {RollupSettings} from "../src/l1/RollupSettings.sol";
import {L2TokenBridge} from "../src/l2/L2TokenBridge.sol";
import {Messages} from "../src/libraries/Messages.sol";
import {Predeploys} from "../src/libraries/Predeploys.sol";
import {FeeToken, HostileToken, Reenterer} from "./utils/Doubles.sol";
import {IDevToken, RollupTest} from "./utils/RollupTest.sol";
import {Vm} from "./utils/Vm.sol";

abstract contract TokenTest is RollupTest {
    IDevToken internal token;

    function setUp() public virtual override {
        super.setUp();
        token = IDevToken(_create("DevToken", ""));
        token.mint(alice, 1000 ether);
        vm.prank(alice, alice);
        token.approve(address(core), type(uint256).max);
    }

    /// @dev Data of the only entry made since `recordLogs`; `_mint` is what it must create on L2.
    function _enqueued(uint256 _mint)
        internal
        returns (address sender_, address target_, uint256 value_, uint256 gas_, bytes memory data_)
    {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != IMessageQueue.MessageEnqueued.selector) continue;
            sender_ = address(uint160(uint256(logs[i].topics[2])));
            target_ = address(uint160(uint256(logs[i].topics[3])));
            uint256 mint;
            (mint, value_, gas_, data_,) = abi.decode(logs[i].data, (uint256, uint256, uint256, bytes, bytes32));
            vm.assertEq(mint, _mint);
        }
    }
}

contract RollupCore_DepositToL2_Test is TokenTest {
    function test_depositToL2_ether_succeeds() external {
        vm.recordLogs();
        vm.prank(alice, alice);
        core.depositToL2{value: 2 ether}(address(0), 2 ether, "");
        (address sender, address target, uint256 value, uint256 gas, bytes memory data) = _enqueued(2 ether);
        vm.assertEq(sender, alice);
        vm.assertEq(target, alice);
        vm.assertEq(value, 2 ether);
        vm.assertEq(gas, 500_000);
        vm.assertEq(data, "");
        vm.assertEq(address(bridge).balance, 2 ether);
    }

    function testFuzz_depositToL2_call_succeeds(uint96 _value, address _target, bytes calldata _data) external {
        vm.deal(alice, _value);
        vm.recordLogs();
        vm.prank(alice, alice);
        core.depositToL2{value: _value}(address(0), _value, abi.encodePacked(_target, _data));
        (address sender, address target, uint256 value, uint256 gas, bytes memory data) = _enqueued(_value);
        vm.assertEq(sender, alice);
        vm.assertEq(target, _target);
        vm.assertEq(value, _value);
        vm.assertEq(gas, 500_000 + 40 * _data.length);
        vm.assertEq(data, _data);
    }

    function testFuzz_forceTransaction_succeeds(uint96 _mint, uint256 _value, address _target, bytes calldata _data)
        external
    {
        vm.deal(alice, _mint);
        vm.recordLogs();
        vm.prank(alice, alice);
        core.forceTransaction{value: _mint}(_target, _value, _data);
        (address sender, address target, uint256 value, uint256 gas, bytes memory data) = _enqueued(_mint);
        vm.assertEq(sender, alice);
        vm.assertEq(target, _target);
        vm.assertEq(value, _value);
        vm.assertEq(gas, 500_000 + 40 * _data.length);
        vm.assertEq(data, _data);
        vm.assertEq(address(bridge).balance, _mint);
    }

    function test_depositToL2_fromContract_succeeds() external {
        Reenterer caller = new Reenterer();
        vm.recordLogs();
        vm.prank(alice, alice);
        caller.deposit{value: 1}(core, address(0), 1, abi.encodePacked(bob));
        (address sender, address target,,,) = _enqueued(1);
        vm.assertEq(sender, address(uint160(address(caller)) + uint160(0x1111000000000000000000000000000000001111)));
        vm.assertEq(target, bob);
        vm.prank(alice, alice);
        vm.expectRevert(L1TokenBridge.L1TokenBridge_RecipientRequired.selector);
        caller.deposit{value: 1}(core, address(0), 1, "");
    }

    function test_depositToL2_wrongValue_reverts() external {
        vm.startPrank(alice, alice);
        vm.expectRevert(RollupCore.RollupCore_WrongValue.selector);
        core.depositToL2{value: 1}(address(0), 2, "");
        vm.expectRevert(RollupCore.RollupCore_WrongValue.selector);
        core.depositToL2{value: 1}(address(token), 1, "");
        vm.expectRevert(L1TokenBridge.L1TokenBridge_InvalidUserData.selector);
        core.depositToL2(address(0), 0, new bytes(19));
        vm.expectRevert(L1TokenBridge.L1TokenBridge_InvalidUserData.selector);
        core.depositToL2(address(token), 1, new bytes(21));
        vm.expectRevert(L1TokenBridge.L1TokenBridge_InvalidUserData.selector);
        core.depositToL2(address(token), 1, new bytes(20));
        vm.expectRevert(L1TokenBridge.L1TokenBridge_NothingReceived.selector);
        core.depositToL2(address(token), 0, "");
        vm.expectRevert(MessageBridge.MessageBridge_DataTooLong.selector);
        core.depositToL2(address(0), 0, new bytes(20 + 24_001));
        vm.stopPrank();
    }

    function test_depositToL2_token_succeeds() external {
        vm.recordLogs();
        vm.prank(alice, alice);
        core.depositToL2(address(token), 5 ether, abi.encodePacked(bob));
        (address sender, address target, uint256 value,, bytes memory data) = _enqueued(0);
        vm.assertEq(sender, Predeploys.L1_ROLLUP);
        vm.assertEq(target, Predeploys.L2_TOKEN_BRIDGE);
        vm.assertEq(value, 0);
        vm.assertEq(
            data,
            abi.encodeCall(L2TokenBridge.finalizeDeposit, (address(token), alice, bob, 5 ether, "Dev Token", "DEV", 18))
        );
        vm.assertEq(tokenBridge.escrowOf(address(token)), 5 ether);
        vm.assertEq(token.balanceOf(address(tokenBridge)), 5 ether);
    }

    function test_depositToL2_feeOnTransfer_succeeds() external {
        vm.prank(alice, alice);
        FeeToken fee = new FeeToken();
        vm.startPrank(alice, alice);
        fee.approve(address(core), type(uint256).max);
        core.depositToL2(address(fee), 100, "");
        vm.stopPrank();
        vm.assertEq(tokenBridge.escrowOf(address(fee)), 90);
    }

    function test_depositToL2_hostileMetadata_succeeds() external {
        vm.prank(alice, alice);
        HostileToken hostile = new HostileToken();
        vm.recordLogs();
        vm.prank(alice, alice);
        core.depositToL2(address(hostile), 7, "");
        (,,,, bytes memory data) = _enqueued(0);
        vm.assertLe(data.length, 516);
        (,,,, string memory name, string memory symbol, uint8 decimals) =
            abi.decode(_tail(data), (address, address, address, uint256, string, string, uint8));
        vm.assertEq(name, "Old style");
        vm.assertLe(bytes(symbol).length, 64);
        vm.assertEq(uint256(decimals), 0);
    }

    function test_depositToL2_notAToken_reverts() external {
        vm.prank(alice, alice);
        vm.expectRevert();
        core.depositToL2(address(0xdead), 1, "");
    }

    function test_depositToL2_sovereign_reverts() external {
        _deployRollup(_config(ILuxRollup.RollupType.Sovereign));
        vm.startPrank(alice, alice);
        core.depositToL2(address(0), 0, abi.encodePacked(bob, "forced"));
        vm.expectRevert(RollupSettings.RollupCore_SovereignHasNoBridge.selector);
        core.depositToL2{value: 1}(address(0), 1, "");
        token.approve(address(core), 1);
        vm.expectRevert(RollupSettings.RollupCore_SovereignHasNoBridge.selector);
        core.depositToL2(address(token), 1, "");
        vm.stopPrank();
    }

    function test_depositToL2_onlyRollup_reverts() external {
        vm.expectRevert();
        tokenBridge.depositEther(alice, 0, "");
        vm.expectRevert();
        tokenBridge.depositToken(address(token), alice, 1, "");
        vm.expectRevert();
        tokenBridge.prove(address(token), 1, "");
        vm.expectRevert();
        tokenBridge.pay(1);
    }

    function _tail(bytes memory _data) private pure returns (bytes memory ret_) {
        ret_ = new bytes(_data.length - 4);
        for (uint256 i; i < ret_.length; ++i) {
            ret_[i] = _data[i + 4];
        }
    }
}

contract RollupCore_Withdrawal_Test is TokenTest {
    function setUp() public override {
        super.setUp();
        vm.startPrank(alice, alice);
        core.depositToL2{value: 10 ether}(address(0), 10 ether, "");
        core.depositToL2(address(token), 10 ether, "");
        vm.stopPrank();
        _mine(1, 12);
    }

    function test_withdrawal_ether_succeeds() external {
        IMessageBridge.L2Message memory message = _withdrawal(address(0), bob, 3 ether, 0);
        uint256 batch = _submitClaim(_receiptRoot(message));
        vm.expectEmit(address(tokenBridge));
        emit IL1TokenBridge.WithdrawalProven(uint256(Messages.hash(message)), address(0), bob, 3 ether, batch);
        uint256 id = _prove(message, batch);
        vm.expectRevert(L1TokenBridge.L1TokenBridge_NotFinalized.selector);
        core.finalizeWithdrawal(id, "");
        _finalizeNext();
        uint256 before = bob.balance;
        vm.expectEmit(address(tokenBridge));
        emit IL1TokenBridge.WithdrawalFinalized(id, address(0), bob, 3 ether);
        core.finalizeWithdrawal(id, "");
        vm.assertEq(bob.balance - before, 3 ether);
        vm.assertEq(address(bridge).balance, 7 ether);
        vm.assertTrue(bridge.isMessageExecuted(bytes32(id)));
    }

    function test_withdrawal_twice_reverts() external {
        uint256 id = _provenWithdrawal(address(0), bob, 3 ether, 0);
        core.finalizeWithdrawal(id, "");
        vm.expectRevert(L1TokenBridge.L1TokenBridge_AlreadyPaid.selector);
        core.finalizeWithdrawal(id, "");
        IMessageBridge.L2Message memory message = _withdrawal(address(0), bob, 3 ether, 0);
        bytes memory proof = abi.encode(message, _proof(message, 1));
        vm.expectRevert(L1TokenBridge.L1TokenBridge_AlreadyPaid.selector);
        core.initiateWithdrawal(address(0), 3 ether, proof);
        vm.assertEq(address(bridge).balance, 7 ether);
    }

    function test_withdrawal_token_succeeds() external {
        uint256 id = _provenWithdrawal(address(token), bob, 4 ether, 0);
        core.finalizeWithdrawal(id, "");
        vm.assertEq(token.balanceOf(bob), 4 ether);
        vm.assertEq(tokenBridge.escrowOf(address(token)), 6 ether);
        vm.expectRevert(L1TokenBridge.L1TokenBridge_AlreadyPaid.selector);
        core.finalizeWithdrawal(id, "");
    }

    function test_withdrawal_moreThanEscrow_reverts() external {
        uint256 id = _provenWithdrawal(address(token), bob, 10 ether + 1, 0);
        token.mint(address(tokenBridge), 1 ether);
        vm.expectRevert();
        core.finalizeWithdrawal(id, "");
    }

    function test_withdrawal_toTreasury_succeeds() external {
        uint256 id = _provenWithdrawal(address(0), address(0), 1 ether, 0);
        core.finalizeWithdrawal(id, "");
        vm.assertEq(treasury.balance, 1 ether);
    }

    function test_withdrawal_unknown_reverts() external {
        vm.expectRevert(L1TokenBridge.L1TokenBridge_NotProven.selector);
        core.finalizeWithdrawal(1, "");
    }

    function test_withdrawal_unproposedBatch_reverts() external {
        IMessageBridge.L2Message memory message = _withdrawal(address(0), bob, 3 ether, 0);
        uint256 batch = _submit(_nextHeader());
        bytes memory proof = abi.encode(message, _proof(message, batch));
        vm.expectRevert(L1TokenBridge.L1TokenBridge_BatchNotProposed.selector);
        core.initiateWithdrawal(address(0), 3 ether, proof);
    }

    function test_withdrawal_notAWithdrawal_reverts() external {
        for (uint256 i; i < 5; ++i) {
            IMessageBridge.L2Message memory message = _withdrawal(address(0), bob, 3 ether, i);
            if (i == 0) message.sender = bob;
            if (i == 1) message.target = bob;
            if (i == 2) message.value = 1 ether;
            if (i == 3) message.data = abi.encode(address(token), bob, 3 ether);
            if (i == 4) message.data = abi.encode(address(0), bob, 4 ether);
            uint256 batch = _submitClaim(_receiptRoot(message));
            bytes memory proof = abi.encode(message, _proof(message, batch));
            vm.expectRevert(L1TokenBridge.L1TokenBridge_NotAWithdrawal.selector);
            core.initiateWithdrawal(address(0), 3 ether, proof);
        }
    }

    function test_withdrawal_badProof_reverts() external {
        IMessageBridge.L2Message memory message = _withdrawal(address(0), bob, 3 ether, 0);
        uint256 batch = _submitClaim(keccak256("other"));
        bytes memory proof = abi.encode(message, _proof(message, batch));
        vm.expectRevert(Messages.Messages_InvalidProof.selector);
        core.initiateWithdrawal(address(0), 3 ether, proof);
    }

    function test_withdrawal_reproving_succeeds() external {
        IMessageBridge.L2Message memory message = _withdrawal(address(0), bob, 3 ether, 0);
        uint256 id = _prove(message, _submitClaim(_receiptRoot(message)));
        bytes memory proof = abi.encode(message, _proof(message, 1));
        vm.expectRevert(L1TokenBridge.L1TokenBridge_AlreadyProven.selector);
        core.initiateWithdrawal(address(0), 3 ether, proof);
        _reject(1);
        vm.expectRevert(L1TokenBridge.L1TokenBridge_NotFinalized.selector);
        core.finalizeWithdrawal(id, "");
        _rejoin();
        // Another batch without the message takes the number: the old proof counts for nothing.
        _submitClaim(0);
        uint256 batch = _submitClaim(_receiptRoot(message));
        _mine(1, CHALLENGE_PERIOD);
        core.finalizeStateRoot(1);
        vm.expectRevert(L1TokenBridge.L1TokenBridge_NotFinalized.selector);
        core.finalizeWithdrawal(id, "");
        _prove(message, batch);
        vm.expectRevert(L1TokenBridge.L1TokenBridge_NotFinalized.selector);
        core.finalizeWithdrawal(id, "");
        core.finalizeStateRoot(2);
        core.finalizeWithdrawal(id, "");
    }

    /// @dev The same header, first with a lie about its messages, then with the truth.
    function test_withdrawal_otherClaimOfSameBatch_reverts() external {
        IMessageBridge.L2Message memory message = _withdrawal(address(0), bob, 3 ether, 0);
        ILuxRollup.BatchHeader memory header = _nextHeader();
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, SEQUENCER_KEY);
        _submit(header, data);
        vm.prank(proposer, proposer);
        core.proposeStateRoot(1, keccak256("lie"), abi.encode(0, _receiptRoot(message), ""));
        uint256 id = _prove(message, 1);
        _reject(1);
        _submit(header, data);
        vm.prank(proposer, proposer);
        core.proposeStateRoot(1, keccak256("truth"), abi.encode(0, 0, ""));
        _finalizeNext();
        vm.expectRevert(L1TokenBridge.L1TokenBridge_NotFinalized.selector);
        core.finalizeWithdrawal(id, "");
    }

    function test_withdrawal_asMessage_reverts() external {
        IMessageBridge.L2Message memory message = _withdrawal(address(0), bob, 3 ether, 0);
        uint256 id = _provenWithdrawal(address(0), bob, 3 ether, 0);
        IMessageBridge.MessageProof memory proof = _proof(message, 1);
        vm.expectRevert(MessageBridge.MessageBridge_ForbiddenTarget.selector);
        bridge.relayMessageFromL2(message, proof);
        core.finalizeWithdrawal(id, "");
    }

    function test_withdrawal_reentrancy_succeeds() external {
        Reenterer attacker = new Reenterer();
        uint256 id = _provenWithdrawal(address(0), address(attacker), 1 ether, 0);
        attacker.arm(address(core), abi.encodeCall(core.finalizeWithdrawal, (id, "")));
        core.finalizeWithdrawal(id, "");
        vm.assertEq(attacker.calls(), 1);
        vm.assertFalse(attacker.succeeded());
        vm.assertEq(address(attacker).balance, 1 ether);
    }

    function test_withdrawal_paused_reverts() external {
        uint256 id = _provenWithdrawal(address(0), bob, 1 ether, 0);
        vm.prank(governor, governor);
        settings.pause(2, 7 days);
        vm.expectRevert();
        core.finalizeWithdrawal(id, "");
        _mine(1, 7 days);
        core.finalizeWithdrawal(id, "");
    }

    function test_withdrawal_sovereign_reverts() external {
        _deployRollup(_config(ILuxRollup.RollupType.Sovereign));
        IMessageBridge.L2Message memory message = _withdrawal(address(0), bob, 1 ether, 0);
        bytes memory proof = abi.encode(message, _proof(message, _submitClaim(_receiptRoot(message))));
        vm.expectRevert(RollupSettings.RollupCore_SovereignHasNoBridge.selector);
        core.initiateWithdrawal(address(0), 1 ether, proof);
    }

    function _rejoin() private {
        vm.deal(sequencer, STAKE);
        vm.prank(sequencer, sequencer);
        registry.join{value: STAKE}();
    }
}
