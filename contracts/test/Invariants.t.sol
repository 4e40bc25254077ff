// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILuxRollup} from "../src/interfaces/ILuxRollup.sol";
import {IMessageBridge} from "../src/interfaces/IMessageBridge.sol";
import {IRollupCore} from "../src/interfaces/IRollupCore.sol";
import {Messages} from "../src/libraries/Messages.sol";
import {IDevToken, RollupTest} from "./utils/RollupTest.sol";

/// @notice Moves a rollup in every way that its users can, and keeps its own books.
contract Handler is RollupTest {
    IDevToken public token;
    uint256 public etherIn;
    uint256 public etherOut;
    uint256 public tokensIn;
    uint256 public tokensOut;
    uint256 public stakeIn;
    uint256 public stakeOut;
    uint256 public entries;
    bytes32 public accumulator;
    uint256 public finalized;
    uint256 public violations;
    uint256 private _nonce;
    uint256[] private _ids;
    mapping(uint256 => IMessageBridge.L2Message) private _messageOf;
    mapping(uint256 => uint256) private _batchOf;
    mapping(uint256 => uint256) public payments;
    mapping(uint256 => uint256) private _proposedAt;

    constructor() {
        setUp();
        token = IDevToken(_create("DevToken", ""));
        token.mint(alice, 1e30);
        vm.deal(alice, 1e30);
        vm.prank(alice, alice);
        token.approve(address(core), type(uint256).max);
        stakeIn = STAKE;
    }

    function rollup() external view returns (IRollupCore) {
        return core;
    }

    function bridgeAddress() external view returns (address) {
        return address(bridge);
    }

    function idCount() external view returns (uint256) {
        return _ids.length;
    }

    function idAt(uint256 _i) external view returns (uint256) {
        return _ids[_i];
    }

    function advance(uint256 _blocks, uint256 _seconds) external {
        _mine(1 + _blocks % 50, 1 + _seconds % 3 days);
    }

    function depositEther(uint256 _amount) external {
        _amount %= 100 ether;
        vm.prank(alice, alice);
        try core.depositToL2{value: _amount}(address(0), _amount, "") {
            etherIn += _amount;
            ++entries;
        } catch {}
    }

    function depositToken(uint256 _amount) external {
        _amount = 1 + _amount % 100 ether;
        vm.prank(alice, alice);
        try core.depositToL2(address(token), _amount, "") {
            tokensIn += _amount;
            ++entries;
        } catch {}
    }

    function sendMessage(uint256 _amount) external {
        _amount %= 1 ether;
        vm.prank(alice, alice);
        try bridge.sendMessageToL2{value: _amount}(bob, "hello") {
            etherIn += _amount;
            ++entries;
        } catch {}
    }

    /// @dev A batch with a withdrawal; an honest L2 only sends what it holds, and this one claims at most that.
    function submit(uint256 _amount, bool _isToken, uint256 _lag) external {
        uint256 held = _isToken ? tokensIn - tokensOut : etherIn - etherOut;
        IMessageBridge.L2Message memory message =
            _withdrawal(_isToken ? address(token) : address(0), bob, held == 0 ? 0 : _amount % held, _nonce++);
        ILuxRollup.BatchHeader memory header = _withClaim(_nextHeader(), _receiptRoot(message));
        uint256 parent = core.getBatch(header.batchNumber - 1).l1BlockNumber;
        if (header.l1BlockNumber > parent) header.l1BlockNumber -= _lag % (header.l1BlockNumber - parent);
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, SEQUENCER_KEY);
        vm.prank(alice, alice);
        try core.submitBatch(header, data) {
            uint256 id = uint256(Messages.hash(message));
            _ids.push(id);
            _messageOf[id] = message;
            _batchOf[id] = header.batchNumber;
            _proposedAt[header.batchNumber] = block.timestamp;
            // All entries that were due, and none twice.
            (uint256 due,) = bridge.queueAt(header.l1BlockNumber);
            if (core.getBatch(header.batchNumber).messageCount != due) ++violations;
            if (due < core.getBatch(header.batchNumber - 1).messageCount) ++violations;
        } catch {}
    }

    function prove(uint256 _which) external {
        if (_ids.length == 0) return;
        uint256 id = _ids[_which % _ids.length];
        IMessageBridge.L2Message memory message = _messageOf[id];
        (address asset,, uint256 amount) = abi.decode(message.data, (address, address, uint256));
        bytes memory proof = abi.encode(message, _proof(message, _batchOf[id]));
        try core.initiateWithdrawal(asset, amount, proof) {} catch {}
    }

    function pay(uint256 _which) external {
        if (_ids.length == 0) return;
        uint256 id = _ids[_which % _ids.length];
        (address asset,, uint256 amount) = abi.decode(_messageOf[id].data, (address, address, uint256));
        bool isFinal = tokenBridge.withdrawals(id).batchNumber <= core.lastFinalized();
        try core.finalizeWithdrawal(id, "") {
            ++payments[id];
            if (!isFinal) ++violations;
            if (asset == address(0)) etherOut += amount;
            else tokensOut += amount;
        } catch {}
    }

    function finalize(uint256 _number) external {
        _number = core.lastFinalized() + _number % 3;
        try core.finalizeStateRoot(_number) {
            if (_number != finalized + 1) ++violations;
            if (block.timestamp < _proposedAt[_number] + CHALLENGE_PERIOD) ++violations;
            finalized = _number;
        } catch {}
    }

    function reject(uint256 _number) external {
        uint256 last = core.lastProposed();
        if (_number % 8 != 0 || last == core.lastFinalized()) return;
        _number = last - (_number / 8) % (last - core.lastFinalized());
        bytes memory proof = _proofOf(_number);
        uint256 before = address(registry).balance;
        vm.prank(challenger, challenger);
        try core.challengeStateRoot(_number, proof) {
            stakeOut += before - address(registry).balance;
            if (before - address(registry).balance > STAKE) ++violations;
        } catch {}
        if (registry.stakeOf(sequencer) == 0) {
            vm.deal(sequencer, STAKE);
            vm.prank(sequencer, sequencer);
            registry.join{value: STAKE}();
            stakeIn += STAKE;
        }
    }

    function stakes() external view returns (uint256) {
        return address(registry).balance;
    }

    function escrows() external view returns (uint256 ether_, uint256 tokens_, uint256 recorded_) {
        return (address(bridge).balance, token.balanceOf(address(tokenBridge)), tokenBridge.escrowOf(address(token)));
    }

    function queueLength() external view returns (uint256) {
        return bridge.queueLength();
    }
}

contract Invariants_Test {
    Handler private _handler;

    function setUp() external {
        _handler = new Handler();
    }

    function targetContracts() external view returns (address[] memory ret_) {
        ret_ = new address[](1);
        ret_[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory ret_) {
        ret_ = new FuzzSelector[](1);
        ret_[0].addr = address(_handler);
        ret_[0].selectors = new bytes4[](9);
        ret_[0].selectors[0] = Handler.advance.selector;
        ret_[0].selectors[1] = Handler.depositEther.selector;
        ret_[0].selectors[2] = Handler.depositToken.selector;
        ret_[0].selectors[3] = Handler.sendMessage.selector;
        ret_[0].selectors[4] = Handler.submit.selector;
        ret_[0].selectors[5] = Handler.prove.selector;
        ret_[0].selectors[6] = Handler.pay.selector;
        ret_[0].selectors[7] = Handler.finalize.selector;
        ret_[0].selectors[8] = Handler.reject.selector;
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @notice Escrow equals what came in less what was paid; stakes likewise.
    function invariant_balancesConserved() external view {
        (uint256 etherHeld, uint256 tokensHeld, uint256 tokensRecorded) = _handler.escrows();
        require(etherHeld == _handler.etherIn() - _handler.etherOut(), "ether escrow");
        require(tokensHeld == _handler.tokensIn() - _handler.tokensOut(), "token escrow");
        require(tokensHeld == tokensRecorded, "recorded escrow");
        require(_handler.stakes() == _handler.stakeIn() - _handler.stakeOut(), "stakes");
    }

    /// @notice No withdrawal is paid twice.
    function invariant_paidOnce() external view {
        for (uint256 i; i < _handler.idCount(); ++i) {
            require(_handler.payments(_handler.idAt(i)) <= 1, "paid twice");
        }
    }

    /// @notice Nothing is final early or out of order, entries are consumed in order, and counters are nested.
    function invariant_order() external view {
        IRollupCore core = _handler.rollup();
        require(_handler.violations() == 0, "violation");
        require(core.lastFinalized() == _handler.finalized(), "finalised");
        require(core.lastFinalized() <= core.lastProposed() && core.lastProposed() <= core.lastBatch(), "nesting");
        require(_handler.queueLength() == _handler.entries(), "entries");
        for (uint256 n = 1; n <= core.lastBatch(); ++n) {
            require(core.getBatch(n).messageCount >= core.getBatch(n - 1).messageCount, "messages");
            require(core.getBatchStatus(n) != IRollupCore.BatchStatus.Rejected, "status");
        }
    }

    /// @notice Shows that the handler gets anywhere.
    function test_handler_reaches_succeeds() external {
        _handler.depositEther(5 ether);
        _handler.depositToken(5 ether);
        _handler.advance(1, 1);
        _handler.submit(3 ether, false, 0);
        _handler.submit(3 ether, true, 0);
        _handler.prove(0);
        _handler.prove(1);
        for (uint256 i; i < 4; ++i) {
            _handler.advance(1, 2 days);
        }
        _handler.finalize(1);
        _handler.finalize(1);
        _handler.pay(0);
        _handler.pay(1);
        _handler.pay(1);
        require(_handler.etherOut() == 3 ether && _handler.tokensOut() == 3 ether, "nothing paid");
        _handler.submit(1, true, 0);
        _handler.reject(0);
        require(_handler.stakeOut() == 100 ether, "not slashed");
    }
}
