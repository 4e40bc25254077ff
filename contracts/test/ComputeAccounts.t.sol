// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AIComputeRollupTester} from "./utils/AIComputeRollupTester.sol";
import {IComputeMarket} from "../src/interfaces/IComputeMarket.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {RollupCore} from "../src/l1/RollupCore.sol";
import {RollupFactory} from "../src/l1/RollupFactory.sol";
import {IMessageQueue} from "../src/interfaces/IMessageQueue.sol";
import {Predeploys} from "../src/libraries/Predeploys.sol";
import {Reenterer} from "./utils/Doubles.sol";
import {MarketTest} from "./utils/MarketTest.sol";

contract ComputeMarket_Accounts_Test is MarketTest {
    function test_deposit_forOthers_succeeds() external {
        vm.prank(alice);
        market.deposit{value: 3}(bob);
        vm.assertEq(_balance(bob), 3);
    }

    function testFuzz_withdraw_amount_succeeds(uint256 _amount) external {
        uint256 before = requester.balance;
        if (_amount == 0 || _amount > 10 ether) vm.expectRevert();
        vm.prank(requester);
        market.withdraw(_amount);
        vm.assertEq(requester.balance - before + _balance(requester), 10 ether);
    }

    function test_withdraw_reentered_reverts() external {
        Reenterer thief = new Reenterer();
        market.deposit{value: 2 ether}(address(thief));
        thief.arm(address(market), abi.encodeWithSelector(IComputeMarket.withdraw.selector, uint256(1 ether)));
        vm.prank(address(thief));
        market.withdraw(1 ether);
        vm.assertEq(thief.calls(), 1);
        vm.assertFalse(thief.succeeded());
        vm.assertEq(_balance(address(thief)), 1 ether);
        vm.assertEq(address(thief).balance, 1 ether);
    }

    function test_stake_belowMinimum_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(IComputeMarket.ComputeMarket_StakeTooLow.selector, MIN_STAKE));
        _stake(watcher, MIN_STAKE - 1);
    }

    function test_withdrawStake_afterPeriod_succeeds() external {
        vm.startPrank(worker, worker);
        vm.expectRevert(IComputeMarket.ComputeMarket_NotEligible.selector);
        market.withdrawStake();
        market.requestExit();
        vm.expectRevert();
        market.stake{value: 1}();
        _mine(1, MARKET_PERIOD - 1);
        vm.expectRevert();
        market.withdrawStake();
        _mine(1, 1);
        market.withdrawStake();
        vm.stopPrank();
        vm.assertEq(_balance(worker), 11 ether);
        vm.assertEq(market.getAccount(worker).stake, 0);
    }

    /// @dev A shorter challenge period frees no stake that an earlier result still needs.
    function testFuzz_requestExit_shorterPeriod_succeeds(uint32 _first, uint32 _second) external {
        uint256 submitted = block.timestamp;
        _offer("task");
        _answer(worker, "task", OUTPUT);
        IComputeMarket.Params memory params = _params();
        (params.challengePeriod) = uint32(60 + _first % 30 days - (_first % 30 days > 30 days - 60 ? 60 : 0));
        _setParams(params);
        params.challengePeriod = uint32(60 + _second % 29 days);
        _setParams(params);
        vm.prank(worker);
        market.requestExit();
        vm.assertTrue(market.getAccount(worker).exitAt >= submitted + MARKET_PERIOD);
        vm.assertTrue(market.getAccount(worker).exitAt >= market.finalAt("task"));
    }

    function test_collectFees_nothing_reverts() external {
        vm.expectRevert(IComputeMarket.ComputeMarket_NothingToDo.selector);
        market.collectFees();
    }

    receive() external payable {}
}

contract ComputeMarket_Governance_Test is MarketTest {
    function testFuzz_setParams_bounds_succeeds(IComputeMarket.Params memory _new) external {
        bool isFine = _new.feeBps >= 1_000 && _new.feeBps <= 2_000 && _new.minStake >= 10 && _inBounds(_new.taskTimeout)
            && _inBounds(_new.challengePeriod) && _inBounds(_new.claimWindow);
        address governor_ = market.governor();
        if (!isFine) vm.expectRevert(IComputeMarket.ComputeMarket_InvalidParams.selector);
        vm.prank(governor_);
        market.setParams(_new);
    }

    function testFuzz_setParams_fee_succeeds(uint16 _feeBps) external {
        IComputeMarket.Params memory params = _params();
        vm.assertEq(params.feeBps, 1_500);
        params.feeBps = 1_000 + _feeBps % 1_001;
        _setParams(params);
        _offer("task");
        _answer(worker, "task", OUTPUT);
        _mine(1, MARKET_PERIOD);
        _finalize("task");
        vm.assertEq(market.collectableFees(), LOCKED * params.feeBps / 10_000);
        vm.assertEq(_balance(worker), 10 ether + LOCKED - market.collectableFees());
    }

    function test_setParams_feeBounds_reverts() external {
        IComputeMarket.Params memory params = _params();
        params.feeBps = 999;
        vm.expectRevert(IComputeMarket.ComputeMarket_InvalidParams.selector);
        vm.prank(Predeploys.L1_ROLLUP);
        market.setParams(params);
        params.feeBps = 2_001;
        vm.expectRevert(IComputeMarket.ComputeMarket_InvalidParams.selector);
        vm.prank(Predeploys.L1_ROLLUP);
        market.setParams(params);
    }

    function test_governance_stranger_reverts() external {
        IComputeMarket.Params memory params = _params();
        vm.startPrank(stranger, stranger);
        vm.expectRevert(IComputeMarket.ComputeMarket_NotGovernor.selector);
        market.setParams(params);
        vm.expectRevert(IComputeMarket.ComputeMarket_NotGovernor.selector);
        market.setProgram(IComputeMarket.Purpose.Infer, "program");
        vm.expectRevert(IComputeMarket.ComputeMarket_NotGovernor.selector);
        market.setEvidence(IEvidence.Kind.Fault, inferFault);
        vm.stopPrank();
    }

    function test_setEvidence_wrongKind_reverts() external {
        vm.expectRevert(IComputeMarket.ComputeMarket_InvalidParams.selector);
        vm.prank(Predeploys.L1_ROLLUP);
        market.setEvidence(IEvidence.Kind.Validity, inferFault);
    }

    /// @dev A task keeps the program that was set when it was submitted.
    function test_setProgram_openTask_succeeds() external {
        _offer("task");
        vm.prank(Predeploys.L1_ROLLUP);
        market.setProgram(IComputeMarket.Purpose.Infer, "next");
        _answer(worker, "task", OUTPUT);
        _disprove(watcher, "task");
        _offer("task2");
        vm.assertEq(market.getTask("task2").progress.programVersion, 2);
        (, bytes32 program) = market.computeProgram(IComputeMarket.Purpose.Infer);
        vm.assertEq(program, "next");
    }

    function _inBounds(uint256 _seconds) private pure returns (bool) {
        return _seconds >= 60 && _seconds <= 30 days;
    }
}

contract ComputeMarket_Rollup_Test is MarketTest {
    function _deployMarket() internal override returns (IComputeMarket) {
        return _deployAIRollup();
    }

    function test_governor_isOwner_reverts() external {
        vm.assertEq(market.governor(), governor);
        vm.expectRevert(IComputeMarket.ComputeMarket_NotGovernor.selector);
        vm.prank(Predeploys.L1_ROLLUP);
        market.setProgram(IComputeMarket.Purpose.Infer, "program");
    }

    function test_callComputeMarketL2_owner_succeeds() external {
        bytes memory call = abi.encodeWithSelector(IComputeMarket.collectFees.selector);
        uint256 length = bridge.queueLength();
        vm.prank(governor);
        uint256 index = AIComputeRollupTester(address(core)).callComputeMarketL2(call);
        vm.assertEq(index, length);
        vm.assertEq(bridge.queueLength(), length + 1);
        vm.expectRevert(RollupCore.RollupCore_NotOwner.selector);
        AIComputeRollupTester(address(core)).callComputeMarketL2(call);
    }

    /// @dev The queue entry is the call that the market on L2 takes from its governor.
    function test_callComputeMarketL2_entry_succeeds() external {
        bytes memory call = abi.encodeWithSelector(
            IComputeMarket.setProgram.selector, IComputeMarket.Purpose.Infer, bytes32("program")
        );
        vm.recordLogs();
        vm.prank(governor);
        AIComputeRollupTester(address(core)).callComputeMarketL2(call);
        bytes32[] memory topics = vm.getRecordedLogs()[0].topics;
        vm.assertEq(topics[0], IMessageQueue.MessageEnqueued.selector);
        vm.assertEq(address(uint160(uint256(topics[2]))), Predeploys.L1_ROLLUP);
        vm.assertEq(address(uint160(uint256(topics[3]))), Predeploys.COMPUTE_MARKET);
        vm.etch(Predeploys.COMPUTE_MARKET, _runtime("ComputeMarketL2"));
        vm.prank(Predeploys.L1_ROLLUP);
        (bool success,) = Predeploys.COMPUTE_MARKET.call(call);
        vm.assertTrue(success);
    }

    /// @dev Settings are in the namespace of ERC-7201, away from the storage of the rollup.
    function test_storage_namespace_succeeds() external {
        uint256 base =
            uint256(keccak256(abi.encode(uint256(keccak256("lux.storage.ComputeMarket")) - 1))) & ~uint256(0xff);
        bytes32 settings_ = bytes32(base + 8);
        bytes32 before = vm.load(address(core), settings_);
        IComputeMarket.Params memory params = _params();
        params.feeBps = 1_234;
        _setParams(params);
        vm.assertTrue(vm.load(address(core), settings_) != before);
        vm.assertEq(uint256(uint16(uint256(vm.load(address(core), settings_)))), 1_234);
    }

    /// @dev The factory deploys it like any other implementation.
    function test_factory_deploys_succeeds() external {
        RollupFactory factory = RollupFactory(_create("RollupFactory", abi.encode(address(this), uint256(0))));
        factory.registerImplementation("ai-compute", implementation, IEvidence(address(0)), 0);
        (address rollup,) = factory.deployRollup("ai-compute", core.config(), alice, bob, 2 days);
        vm.assertEq(IComputeMarket(rollup).marketParams().feeBps, 1_500);
        vm.assertEq(IComputeMarket(rollup).governor(), RollupCore(rollup).owner());
    }
}
