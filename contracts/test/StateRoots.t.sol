// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationEvidence} from "../src/interfaces/IAttestationEvidence.sol";
import {IAttestationVerifier} from "../src/interfaces/IAttestationVerifier.sol";
import {IEnclaveKeys} from "../src/interfaces/IEnclaveKeys.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {ILuxRollup} from "../src/interfaces/ILuxRollup.sol";
import {IRollupCore} from "../src/interfaces/IRollupCore.sol";
import {IRollupSettings} from "../src/interfaces/IRollupSettings.sol";
import {RollupCore} from "../src/l1/RollupCore.sol";
import {RollupSettings} from "../src/l1/RollupSettings.sol";
import {RootTest} from "./utils/RootTest.sol";

/// @notice State roots that enclaves of several vendors signed.
contract StateRoots_Test is RootTest {
    function _requireRootFinalAt(uint256 _batch, uint256 _time) private {
        vm.assertEq(core.finalAt(_batch), _time);
        _mine(1, _time - block.timestamp - 1);
        vm.expectRevert(RollupCore.RollupCore_ChallengePeriodRunning.selector);
        core.finalizeStateRoot(_batch);
        _mine(1, 1);
        core.finalizeStateRoot(_batch);
    }

    function _refuse(uint256 _batch, bytes memory _signature) private {
        vm.expectRevert();
        settings.attestStateRoot(_batch, _signatures(_signature));
    }

    function test_attest_oneVendor_fullPeriod() external {
        uint256 batch = _claimBatch();
        _attestRoot(batch, SGX_KEY);
        _attestRoot(batch, TDX_KEY);
        vm.assertEq(settings.attestedUntil(batch), NEVER);
        _requireRootFinalAt(batch, block.timestamp + CHALLENGE_PERIOD);
    }

    function test_attest_quorum_shortPeriod() external {
        uint256 batch = _claimBatch();
        IEnclaveKeys.Statement memory said = _rootStatement(batch);
        bytes[] memory by = _signatures(_sign(SGX_KEY, said), _sign(SNP_KEY, said));
        vm.expectEmit();
        emit IRollupSettings.StateRootAttested(batch, said.taskId);
        settings.attestStateRoot(batch, by);
        _requireRootFinalAt(batch, block.timestamp + ROOT_PERIOD);
    }

    /// @dev The registry's period counts from the quorum, the rollup's from the claim.
    function test_attest_late_registrysPeriodCounts() external {
        uint256 batch = _claimBatch();
        _attestRoot(batch, SGX_KEY);
        _mine(1, 3 days);
        _attestRoot(batch, SNP_KEY);
        _requireRootFinalAt(batch, block.timestamp + ATTESTED_PERIOD);
    }

    function test_attest_tooLate_fullPeriod() external {
        uint256 batch = _claimBatch();
        uint256 until = block.timestamp + CHALLENGE_PERIOD;
        _mine(1, CHALLENGE_PERIOD - 10);
        _quorum(batch);
        _requireRootFinalAt(batch, until);
    }

    function test_off_fullPeriod() external {
        uint256 batch = _claimBatch();
        _quorum(batch);
        uint256 full = block.timestamp + CHALLENGE_PERIOD;
        IEvidence none = IEvidence(address(0));
        vm.startPrank(governor, governor);
        settings.setAttestedPeriod(0);
        vm.assertEq(core.finalAt(batch), full);
        settings.setAttestedPeriod(uint64(CHALLENGE_PERIOD));
        vm.assertEq(core.finalAt(batch), full);
        settings.setAttestedPeriod(uint64(ROOT_PERIOD));
        vm.assertEq(core.finalAt(batch), block.timestamp + ROOT_PERIOD);
        settings.setEvidence(IEvidence.Kind.Attestation, none);
        vm.assertEq(core.finalAt(batch), full);
        settings.setEvidence(IEvidence.Kind.Attestation, attestations);
        settings.setEvidence(IEvidence.Kind.Fault, none);
        vm.assertEq(core.finalAt(batch), full);
        vm.stopPrank();
    }

    function test_setAttestedPeriod_bounds_reverts() external {
        vm.startPrank(governor, governor);
        vm.expectRevert(RollupSettings.RollupSettings_InvalidPeriod.selector);
        settings.setAttestedPeriod(59);
        vm.expectRevert(RollupSettings.RollupSettings_InvalidPeriod.selector);
        settings.setAttestedPeriod(365 days + 1);
        vm.stopPrank();
        vm.expectRevert();
        settings.setAttestedPeriod(0);
    }

    /// @dev A signature is about one batch, rollup and chain, and none of it about a task.
    function test_attest_otherStatement_reverts() external {
        uint256 first = _claimBatch();
        _mine(1, 12);
        uint256 second = _claimBatch();
        bytes memory here = _sign(SGX_KEY, _rootStatement(second));
        _refuse(second, _sign(SGX_KEY, _rootStatement(first)));
        IEnclaveKeys.Statement memory said = _rootStatement(second);
        said.market = address(core);
        _refuse(second, _sign(SGX_KEY, said));
        said = _rootStatement(second);
        said.output = keccak256("other");
        _refuse(second, _sign(SGX_KEY, said));
        said = _rootStatement(second);
        said.program = INFER;
        _refuse(second, _sign(SGX_KEY, said));
        _refuse(second, _malleated(here));
        vm.chainId(block.chainid + 1);
        _refuse(second, here);
        vm.chainId(block.chainid - 1);
        settings.attestStateRoot(second, _signatures(here));
    }

    /// @dev A market of the same rollup with the same module takes a task of that name: it is another holder's.
    function test_attest_taskOfThatName_changesNothing() external {
        uint256 batch = _claimBatch();
        bytes32 id = _rootStatement(batch).taskId;
        _offerFor(TEE_MODEL, id);
        bytes[] memory some =
            _signatures(_sign(SGX_KEY, _statement(id, OUTPUT)), _sign(SNP_KEY, _statement(id, OUTPUT)));
        vm.prank(worker);
        market.submitComputeResult(_attested(TEE_MODEL, id, some));
        vm.assertEq(settings.attestedUntil(batch), NEVER);
        _quorum(batch);
        vm.assertEq(core.finalAt(batch), block.timestamp + ROOT_PERIOD);
    }

    function test_attest_notUsable_reverts() external {
        uint256 batch = _claimBatch();
        address key = keys.register(_tee(OTHER_SGX_KEY, IAttestationVerifier.Kind.Sgx));
        bytes[] memory by = _signatures(_sign(OTHER_SGX_KEY, _rootStatement(batch)));
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttestationEvidence.AttestationEvidence_NotUsable.selector, key, IEnclaveKeys.KeyStatus.Waiting
            )
        );
        settings.attestStateRoot(batch, by);
        _mine(1, KEY_DELAY);
        settings.attestStateRoot(batch, by);
        bytes[] memory none = new bytes[](0);
        settings.attestStateRoot(batch, none);
    }

    function test_attest_noClaim_reverts() external {
        uint256 batch = _submit(_nextHeader());
        bytes[] memory some = _signatures(_sign(SGX_KEY, _statement(ID, OUTPUT)));
        vm.expectRevert(RollupSettings.RollupSettings_NotAttestable.selector);
        settings.attestStateRoot(batch, some);
        vm.assertEq(core.finalAt(batch), NEVER);
        vm.expectRevert(RollupSettings.RollupSettings_NotAttestable.selector);
        settings.attestStateRoot(0, some);
        vm.prank(proposer);
        core.proposeStateRoot(batch, keccak256("state"), abi.encode(bytes32("t"), bytes32("r"), ""));
        bytes[] memory none = new bytes[](0);
        vm.expectRevert(RollupSettings.RollupSettings_NotAttestable.selector);
        settings.attestStateRoot(batch, none);
    }

    function test_revoked_beforeFinal_fullPeriod() external {
        uint256 batch = _claimBatch();
        uint256 full = block.timestamp + CHALLENGE_PERIOD;
        _quorum(batch);
        _mine(1, ROOT_PERIOD);
        vm.assertTrue(core.finalAt(batch) <= block.timestamp);
        vm.prank(guard);
        keys.revoke(vm.addr(SNP_KEY));
        _requireRootFinalAt(batch, full);
    }

    /// @dev Enclaves that signed another root for the same batch: both policies end, as they are equal, and with them the quorum.
    function test_contradiction_clearsQuorum() external {
        uint256 batch = _claimBatch();
        uint256 full = block.timestamp + CHALLENGE_PERIOD;
        _quorum(batch);
        IEnclaveKeys.Statement memory said = _rootStatement(batch);
        IEnclaveKeys.Statement memory other = _rootStatement(batch);
        other.output = keccak256("other");
        other.taskId = keccak256("other claim");
        keys.contradict(said, _sign(SGX_KEY, said), other, _sign(SNP_KEY, other));
        _requireStatus(vm.addr(SGX_KEY), IEnclaveKeys.KeyStatus.PolicyEnded);
        _requireRootFinalAt(batch, full);
    }

    function _ask(uint256 _batch) private {
        vm.prank(challenger, challenger);
        core.challengeStateRoot(_batch, "ask");
    }

    /// @dev Silence is part of it: who asks for a part of the trace gets the whole period.
    function test_disputed_fullPeriod() external {
        uint256 batch = _claimBatch();
        uint256 full = block.timestamp + CHALLENGE_PERIOD;
        _quorum(batch);
        _mine(1, ROOT_PERIOD);
        _ask(batch);
        vm.assertEq(core.finalAt(batch), NEVER);
        vm.expectRevert(RollupCore.RollupCore_ChallengePeriodRunning.selector);
        core.finalizeStateRoot(batch);
        disputes.answer(block.timestamp + 1);
        _requireRootFinalAt(batch, full);
    }

    /// @dev Until somebody makes it final, a claim can be disproved, whoever attested it.
    function test_disproved_afterQuorum_isRejected() external {
        uint256 batch = _claimBatch();
        _quorum(batch);
        _mine(1, ROOT_PERIOD + 1);
        _reject(batch);
        vm.assertEq(uint256(core.getBatchStatus(batch)), uint256(IRollupCore.BatchStatus.Rejected));
        vm.assertEq(core.finalAt(batch), NEVER);
        bytes[] memory none = new bytes[](0);
        vm.expectRevert(RollupSettings.RollupSettings_NotAttestable.selector);
        settings.attestStateRoot(batch, none);
    }

    /// @dev The same claim made again has its attestations, but counts from the time it was made.
    function test_claimedAgain_countsFromThen() external {
        uint256 batch = _submit(_nextHeader());
        bytes memory proof = abi.encode(keccak256("t"), keccak256("r"), "");
        vm.prank(proposer);
        core.proposeStateRoot(batch, keccak256("state"), proof);
        _quorum(batch);
        _mine(1, FALLBACK_WINDOW);
        _reject(batch);
        ILuxRollup.BatchHeader memory again = _nextHeader();
        again.timestamp = core.getBatch(batch).timestamp;
        again.l1BlockNumber = core.getBatch(batch).l1BlockNumber;
        _submit(again);
        vm.prank(proposer);
        core.proposeStateRoot(batch, keccak256("state"), proof);
        vm.assertEq(core.finalAt(batch), block.timestamp + ROOT_PERIOD);
    }

    /// @dev Children become final after their parents only.
    function test_order_holds() external {
        uint256 first = _claimBatch();
        _mine(1, 12);
        uint256 second = _claimBatch();
        _quorum(second);
        _mine(1, ROOT_PERIOD);
        vm.expectRevert(RollupCore.RollupCore_WrongBatchNumber.selector);
        core.finalizeStateRoot(second);
        _attestRoot(first, TDX_KEY);
        _attestRoot(first, SNP_KEY);
        _mine(1, ATTESTED_PERIOD);
        core.finalizeStateRoot(first);
        core.finalizeStateRoot(second);
    }

    function testFuzz_finalAt_isNeverBelowTheMinimum(uint256 _wait, uint256 _period, uint256 _registry) external {
        _wait %= CHALLENGE_PERIOD;
        _period = 60 + _period % (2 * CHALLENGE_PERIOD);
        IEnclaveKeys.Settings memory all = keys.settings();
        all.attestedPeriod = uint32(ATTESTED_PERIOD + _registry % (2 * CHALLENGE_PERIOD));
        vm.prank(governor);
        settings.setAttestedPeriod(uint64(_period));
        vm.prank(keys.governor());
        keys.setSettings(all);
        uint256 batch = _claimBatch();
        uint256 claimed = block.timestamp;
        _mine(1, _wait);
        _quorum(batch);
        uint256 least = claimed + _period;
        uint256 attested = claimed + _wait + all.attestedPeriod;
        uint256 full = claimed + CHALLENGE_PERIOD;
        uint256 expected = attested > least ? attested : least;
        vm.assertEq(core.finalAt(batch), expected < full ? expected : full);
    }
}
