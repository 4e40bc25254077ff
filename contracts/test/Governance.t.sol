// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Ownable as OwnableOZ} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable} from "solady/auth/Ownable.sol";
import {UUPSUpgradeable} from "solady/utils/UUPSUpgradeable.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {IRollupSettings} from "../src/interfaces/IRollupSettings.sol";
import {ILuxRollup} from "../src/interfaces/ILuxRollup.sol";
import {Companion} from "../src/l1/Companion.sol";
import {ExpiringPause} from "../src/l1/ExpiringPause.sol";
import {RollupCore} from "../src/l1/RollupCore.sol";
import {RollupFactory} from "../src/l1/RollupFactory.sol";
import {RollupSettings} from "../src/l1/RollupSettings.sol";
import {SequencerRegistry} from "../src/l1/SequencerRegistry.sol";
import {Reenterer} from "./utils/Doubles.sol";
import {RollupTest} from "./utils/RollupTest.sol";

contract SequencerRegistry_Stake_Test is RollupTest {
    function test_join_belowMinimum_reverts() external {
        vm.prank(alice, alice);
        vm.expectRevert(SequencerRegistry.SequencerRegistry_StakeTooLow.selector);
        registry.join{value: STAKE - 1}();
    }

    function test_withdraw_afterDelay_succeeds() external {
        vm.startPrank(sequencer, sequencer);
        vm.expectRevert(SequencerRegistry.SequencerRegistry_NotExiting.selector);
        registry.withdraw();
        registry.requestExit();
        vm.assertFalse(registry.isEligible(sequencer));
        vm.expectRevert(SequencerRegistry.SequencerRegistry_Exiting.selector);
        registry.requestExit();
        vm.expectRevert(SequencerRegistry.SequencerRegistry_Exiting.selector);
        registry.join();
        uint256 when = block.timestamp + CHALLENGE_PERIOD;
        _mine(1, CHALLENGE_PERIOD - 1);
        vm.expectRevert(abi.encodeWithSelector(SequencerRegistry.SequencerRegistry_TooEarly.selector, when));
        registry.withdraw();
        _mine(1, 1);
        registry.withdraw();
        vm.assertEq(sequencer.balance, STAKE);
        vm.expectRevert(SequencerRegistry.SequencerRegistry_NotExiting.selector);
        registry.withdraw();
        registry.join{value: STAKE}();
        vm.stopPrank();
        vm.assertTrue(registry.isEligible(sequencer));
    }

    function testFuzz_bond_succeeds(uint96 _bond) external {
        vm.deal(bob, _bond);
        vm.startPrank(bob, bob);
        registry.postBond{value: _bond}();
        vm.assertEq(registry.hasBond(bob), _bond >= STAKE / 10);
        if (_bond == 0) vm.expectRevert(SequencerRegistry.SequencerRegistry_Nothing.selector);
        registry.withdrawBond();
        vm.stopPrank();
        vm.assertEq(bob.balance, _bond);
    }

    function test_setActiveSequencer_succeeds() external {
        vm.prank(alice, alice);
        registry.join{value: STAKE}();
        vm.prank(alice, alice);
        vm.expectRevert(Companion.Companion_NotOwner.selector);
        registry.setActiveSequencer(alice);
        vm.startPrank(governor, governor);
        vm.expectRevert(SequencerRegistry.SequencerRegistry_StakeTooLow.selector);
        registry.setActiveSequencer(bob);
        registry.setActiveSequencer(alice);
        vm.stopPrank();
        vm.assertTrue(registry.isEligible(alice));
        vm.assertFalse(registry.isEligible(sequencer));
        vm.prank(alice, alice);
        registry.requestExit();
        vm.prank(governor, governor);
        vm.expectRevert(SequencerRegistry.SequencerRegistry_Exiting.selector);
        registry.setActiveSequencer(alice);
        vm.prank(governor, governor);
        registry.setActiveSequencer(address(0));
    }

    function test_slash_onlyRollup_reverts() external {
        vm.expectRevert(Companion.Companion_NotRollup.selector);
        registry.slash(sequencer, alice);
        vm.expectRevert(Companion.Companion_NotRollup.selector);
        registry.useBond(sequencer);
    }

    /// @dev A beneficiary that refuses or burns cannot keep the claimant from being slashed.
    function test_slash_refusingBeneficiary_succeeds() external {
        Reenterer greedy = new Reenterer();
        greedy.arm(address(registry), abi.encodeCall(registry.slash, (sequencer, address(greedy))));
        vm.prank(address(core));
        registry.slash(sequencer, address(greedy));
        vm.assertEq(address(greedy).balance, STAKE / 2);
        vm.assertFalse(greedy.succeeded());
        vm.prank(address(core));
        vm.assertEq(registry.slash(sequencer, address(core)), 0);
    }
}

contract RollupSettings_Test is RollupTest {
    function test_setters_onlyOwner_reverts() external {
        vm.startPrank(alice, alice);
        vm.expectRevert(Ownable.Unauthorized.selector);
        settings.setEvidence(IEvidence.Kind.Fault, fault);
        vm.expectRevert(Ownable.Unauthorized.selector);
        settings.setProgram(keccak256("program"));
        vm.expectRevert(Ownable.Unauthorized.selector);
        settings.setTreasury(alice);
        vm.expectRevert(Ownable.Unauthorized.selector);
        settings.setGuardian(alice);
        vm.stopPrank();
    }

    function test_setEvidence_wrongKind_reverts() external {
        vm.startPrank(governor, governor);
        vm.expectRevert(RollupSettings.RollupSettings_WrongEvidenceKind.selector);
        settings.setEvidence(IEvidence.Kind.Validity, fault);
        vm.expectRevert(RollupSettings.RollupSettings_InvalidTreasury.selector);
        settings.setTreasury(address(0));
        vm.stopPrank();
    }

    function test_setProgram_onlyLaterBatches_succeeds() external {
        _submitClaim(0);
        vm.prank(governor, governor);
        settings.setProgram(keccak256("program"));
        _submitClaim(0);
        vm.assertEq(core.claimOf(1).program, bytes32(0));
        vm.assertEq(core.claimOf(2).program, keccak256("program"));
    }

    function test_pause_expires_succeeds() external {
        vm.startPrank(governor, governor);
        settings.pause(1, 7 days);
        vm.assertTrue(settings.isPaused(1));
        vm.assertFalse(settings.isPaused(2));
        _mine(1, 7 days);
        vm.assertFalse(settings.isPaused(1));
        vm.stopPrank();
    }

    /// @dev However the guardian tries, a part is open for 30 days between pauses of at most 7.
    function testFuzz_pause_chained_reverts(uint256 _seconds, bool _early) external {
        uint256 until = block.timestamp + 3 days;
        vm.startPrank(governor, governor);
        settings.pause(7, 3 days);
        if (_early) settings.unpause();
        _mine(1, _seconds % 33 days);
        vm.expectRevert(abi.encodeWithSelector(ExpiringPause.ExpiringPause_CoolingDown.selector, until + 30 days));
        settings.pause(7, 1);
        vm.warp(until + 30 days);
        settings.pause(7, 1);
        vm.stopPrank();
    }

    function test_pause_invalid_reverts() external {
        vm.prank(alice, alice);
        vm.expectRevert(ExpiringPause.ExpiringPause_NotGuardian.selector);
        settings.pause(1, 1);
        vm.prank(alice, alice);
        vm.expectRevert(ExpiringPause.ExpiringPause_NotGuardian.selector);
        settings.unpause();
        vm.startPrank(governor, governor);
        vm.expectRevert(ExpiringPause.ExpiringPause_InvalidPause.selector);
        settings.pause(1, 7 days + 1);
        vm.expectRevert(ExpiringPause.ExpiringPause_InvalidPause.selector);
        settings.pause(8, 1);
        vm.expectRevert(ExpiringPause.ExpiringPause_InvalidPause.selector);
        settings.pause(0, 1);
        vm.expectRevert(ExpiringPause.ExpiringPause_InvalidPause.selector);
        settings.pause(1, 0);
        vm.stopPrank();
    }
}

contract Upgrade_Test is RollupTest {
    function test_upgrade_notOwner_reverts() external {
        address next = _deployImplementation();
        vm.startPrank(alice, alice);
        vm.expectRevert(RollupCore.RollupCore_NotOwner.selector);
        core.upgradeToAndCall(next, "");
        vm.expectRevert(Companion.Companion_NotOwner.selector);
        bridge.upgradeToAndCall(next, "");
        vm.expectRevert(Companion.Companion_NotOwner.selector);
        tokenBridge.upgradeToAndCall(next, "");
        vm.expectRevert(Companion.Companion_NotOwner.selector);
        registry.upgradeToAndCall(next, "");
        vm.expectRevert(Companion.Companion_NotOwner.selector);
        settings.upgradeToAndCall(next, "");
        vm.stopPrank();
    }

    function test_upgrade_behindTimelock_succeeds() external {
        address[] memory admins = new address[](1);
        admins[0] = alice;
        TimelockController timelock = new TimelockController(2 days, admins, admins, address(0));
        vm.prank(governor, governor);
        settings.transferOwnership(address(timelock));
        _submitClaim(0);
        address next = _deployImplementation();
        bytes memory call = abi.encodeCall(UUPSUpgradeable.upgradeToAndCall, (next, ""));
        vm.prank(governor, governor);
        vm.expectRevert(RollupCore.RollupCore_NotOwner.selector);
        core.upgradeToAndCall(next, "");
        vm.startPrank(alice, alice);
        timelock.schedule(address(core), 0, call, 0, 0, 2 days);
        _mine(1, 2 days - 1);
        vm.expectRevert();
        timelock.execute(address(core), 0, call, 0, 0);
        _mine(1, 1);
        timelock.execute(address(core), 0, call, 0, 0);
        vm.stopPrank();
        bytes32 slot = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;
        vm.assertEq(address(uint160(uint256(vm.load(address(core), slot)))), next);
        vm.assertEq(core.lastBatch(), 1);
        vm.assertEq(abi.encode(core.config()), abi.encode(_config(ILuxRollup.RollupType.Optimistic)));
    }
}

contract RollupFactory_Test is RollupTest {
    bytes32 private constant ID = "general";
    RollupFactory private _factory;

    function setUp() public override {
        super.setUp();
        _factory = RollupFactory(_create("RollupFactory", abi.encode(governor, uint256(0))));
        vm.prank(governor, governor);
        _factory.registerImplementation(ID, implementation, IEvidence(address(0)), 0);
    }

    function test_deployRollup_active_succeeds() external {
        vm.prank(alice, alice);
        (address rollup, address timelock) =
            _factory.deployRollup(ID, _config(ILuxRollup.RollupType.Optimistic), alice, bob, 2 days);
        RollupCore deployed = RollupCore(rollup);
        vm.assertEq(deployed.owner(), timelock);
        vm.assertEq(RollupSettings(address(deployed.settings())).guardian(), bob);
        vm.assertEq(deployed.finalizedStateRoot(), GENESIS_STATE_ROOT);
        vm.assertEq(TimelockController(payable(timelock)).getMinDelay(), 2 days);
        vm.assertTrue(TimelockController(payable(timelock)).hasRole(keccak256("PROPOSER_ROLE"), alice));
        vm.assertEq(_factory.implementationOf(rollup), ID);
        vm.assertEq(_factory.rollupAt(0), rollup);
        vm.assertEq(_factory.rollupCount(), 1);
        vm.assertEq(_factory.implementationCount(), 1);
    }

    function test_deployRollup_inactive_reverts() external {
        RollupFactory off = RollupFactory(_create("RollupFactory", abi.encode(governor, type(uint256).max)));
        vm.assertEq(off.FLAG(), "lp500-l2-rollup-framework");
        vm.assertFalse(off.isActive());
        ILuxRollup.RollupConfig memory config = _config(ILuxRollup.RollupType.Optimistic);
        vm.startPrank(governor, governor);
        off.registerImplementation(ID, implementation, IEvidence(address(0)), 0);
        vm.expectRevert(abi.encodeWithSelector(RollupFactory.RollupFactory_NotActive.selector, type(uint256).max));
        off.deployRollup(ID, config, alice, bob, 0);
        off.setActivationBlock(block.number + 1);
        vm.expectRevert(abi.encodeWithSelector(RollupFactory.RollupFactory_NotActive.selector, block.number + 1));
        off.deployRollup(ID, config, alice, bob, 0);
        _mine(1, 12);
        off.deployRollup(ID, config, alice, bob, 0);
        vm.stopPrank();
    }

    function test_deployRollup_counts_succeeds() external {
        ILuxRollup.RollupConfig memory config = _config(ILuxRollup.RollupType.Optimistic);
        _factory.deployRollup(ID, config, alice, bob, 0);
        _factory.deployRollup(ID, config, alice, bob, 0);
        vm.assertEq(_factory.implementationCount(), 1);
        vm.startPrank(governor, governor);
        _factory.registerImplementation("again", implementation, IEvidence(address(0)), 0);
        _factory.registerImplementation("other", _deployImplementation(), IEvidence(address(0)), 0);
        vm.stopPrank();
        _factory.deployRollup("again", config, alice, bob, 0);
        vm.assertEq(_factory.implementationCount(), 1);
        _factory.deployRollup("other", config, alice, bob, 0);
        vm.assertEq(_factory.implementationCount(), 2);
        vm.assertEq(_factory.rollupCount(), 4);
    }

    function test_deployRollup_disputable_succeeds() external {
        vm.prank(governor, governor);
        _factory.registerImplementation("disputable", implementation, fault, keccak256("program"));
        (address rollup,) =
            _factory.deployRollup("disputable", _config(ILuxRollup.RollupType.Optimistic), alice, bob, 0);
        IRollupSettings settings = RollupCore(rollup).settings();
        vm.assertEq(address(settings.evidence(IEvidence.Kind.Fault)), address(fault));
        vm.assertEq(settings.programs(settings.programVersion()), keccak256("program"));
    }

    function test_deployRollup_unknown_reverts() external {
        ILuxRollup.RollupConfig memory config = _config(ILuxRollup.RollupType.Optimistic);
        vm.expectRevert(RollupFactory.RollupFactory_UnknownImplementation.selector);
        _factory.deployRollup("none", config, alice, bob, 0);
        vm.expectRevert(RollupFactory.RollupFactory_InvalidOwner.selector);
        _factory.deployRollup(ID, config, address(0), bob, 0);
        vm.expectRevert(RollupFactory.RollupFactory_InvalidOwner.selector);
        _factory.deployRollupWithOwner(ID, config, alice, bob);
        address rollup = _factory.deployRollupWithOwner(ID, config, address(this), bob);
        vm.assertEq(RollupCore(rollup).owner(), address(this));
    }

    function test_registerImplementation_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(OwnableOZ.OwnableUnauthorizedAccount.selector, address(this)));
        _factory.registerImplementation("x", implementation, IEvidence(address(0)), 0);
        vm.expectRevert(abi.encodeWithSelector(OwnableOZ.OwnableUnauthorizedAccount.selector, address(this)));
        _factory.setActivationBlock(0);
        vm.startPrank(governor, governor);
        vm.expectRevert(RollupFactory.RollupFactory_AlreadyRegistered.selector);
        _factory.registerImplementation(ID, implementation, IEvidence(address(0)), 0);
        vm.expectRevert(RollupFactory.RollupFactory_InvalidImplementation.selector);
        _factory.registerImplementation("eoa", alice, IEvidence(address(0)), 0);
        vm.expectRevert(RollupFactory.RollupFactory_InvalidImplementation.selector);
        _factory.registerImplementation(0, implementation, IEvidence(address(0)), 0);
        vm.expectRevert(RollupFactory.RollupFactory_InvalidImplementation.selector);
        _factory.registerImplementation("module", implementation, fault, 0);
        vm.expectRevert(RollupFactory.RollupFactory_InvalidImplementation.selector);
        _factory.registerImplementation("program", implementation, IEvidence(address(0)), keccak256("program"));
        vm.stopPrank();
    }
}
