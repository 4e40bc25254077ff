// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDistributedTrainingRollup} from "../src/interfaces/IDistributedTrainingRollup.sol";
import {ITraining} from "../src/interfaces/ITraining.sol";
import {ITrainingTypes} from "../src/interfaces/ITrainingTypes.sol";
import {TrainingTest} from "./utils/TrainingTest.sol";

/// @notice Jobs and their workers.
contract Training_Jobs_Test is TrainingTest {
    function test_createTrainingJob_defaults_succeeds() external {
        vm.prank(creator);
        vm.assertEq(training.createTrainingJob(_job(JOB)), JOB);
        ITrainingTypes.Job memory job = training.getJob(JOB);
        vm.assertEq(job.creator, creator);
        vm.assertEq(job.config.coordinator, creator);
        vm.assertEq(uint256(job.config.rule), uint256(ITrainingTypes.Rule.Median));
        vm.assertEq(job.remaining, POOL);
        vm.assertEq(job.roundReward, POOL / ROUNDS);
        vm.assertEq(job.feeBps, 500);
        vm.assertEq(_balance(creator), 2 * POOL);
    }

    function test_createTrainingJob_zeroId_derives() external {
        IDistributedTrainingRollup.TrainingJob memory job = _job(0);
        vm.prank(creator);
        bytes32 first = training.createTrainingJob(job);
        vm.prank(creator);
        bytes32 second = training.createTrainingJob(job);
        vm.assertTrue(first != second && first != 0);
    }

    function test_createTrainingJob_used_reverts() external {
        _create(_terms());
        vm.expectRevert(ITrainingTypes.Training_JobExists.selector);
        vm.prank(creator);
        training.createTrainingJob(_job(JOB));
    }

    function test_createTrainingJob_poor_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(ITrainingTypes.Training_InsufficientBalance.selector, uint256(0), POOL));
        vm.prank(stranger);
        training.createTrainingJob(_job(JOB));
    }

    /// @dev Krum with one fault needs five workers, so no more than two can be selected.
    function test_createTrainingJobWith_rules_reverts() external {
        uint8[5] memory rule = [uint8(0), 0, 2, 3, 4];
        uint32[5] memory p1 = [uint32(0), 1 << 25, 3, 1, 1];
        uint32[5] memory p2 = [uint32(0), 0, 0, 3, 0];
        for (uint256 i; i < 5; ++i) {
            ITrainingTypes.JobConfig memory terms = _terms();
            (terms.rule, terms.p1, terms.p2) = (ITrainingTypes.Rule(rule[i]), p1[i], p2[i]);
            vm.expectRevert(ITrainingTypes.Training_InvalidJob.selector);
            _create(terms);
        }
        ITrainingTypes.JobConfig memory krum = _terms();
        (krum.rule, krum.p1, krum.p2) = (ITrainingTypes.Rule.Krum, 1, 2);
        _create(krum);
    }

    function test_createTrainingJobWith_secure_reverts() external {
        ITrainingTypes.JobConfig memory terms = _terms();
        terms.wordBits = 16;
        vm.expectRevert(ITrainingTypes.Training_InvalidJob.selector);
        _create(terms);
        (terms.wordBits, terms.maxWorkers) = (32, 101);
        vm.expectRevert(ITrainingTypes.Training_InvalidJob.selector);
        _create(terms);
        terms.maxWorkers = 100;
        _create(terms);
    }

    function test_joinTrainingJob_opensRound_succeeds() external {
        _create(_terms());
        for (uint256 i; i < WORKERS; ++i) {
            vm.assertEq(_attempt(), 0);
            _join(workers[i]);
            vm.assertEq(_balance(workers[i]), 1 ether - WORKER_STAKE);
            vm.assertEq(training.workerAt(JOB, i), workers[i]);
        }
        vm.assertEq(_attempt(), 1);
        vm.assertEq(training.getRun(JOB, 1).members, 31);
        vm.expectRevert(ITrainingTypes.Training_AlreadyMember.selector);
        _join(workers[0]);
    }

    function test_joinTrainingJob_full_reverts() external {
        ITrainingTypes.JobConfig memory terms = _terms();
        terms.maxWorkers = uint16(WORKERS);
        _create(terms);
        _joinAll();
        _addWorker(0x8000);
        vm.expectRevert(ITrainingTypes.Training_JobFull.selector);
        _join(workers[WORKERS]);
    }

    /// @dev A stake is free when its run is over and the challenge period too, whoever is silent.
    function test_releaseStake_afterRun_succeeds() external {
        _begin();
        vm.prank(workers[0]);
        training.leaveTrainingJob(JOB);
        vm.expectPartialRevert(ITrainingTypes.Training_TooEarly.selector);
        vm.prank(workers[0]);
        training.releaseStake(JOB);
        _mine(1, TRAINING_PERIOD);
        vm.expectRevert(abi.encodeWithSelector(ITrainingTypes.Training_TooEarly.selector, type(uint256).max));
        vm.prank(workers[0]);
        training.releaseStake(JOB);
        training.advance(JOB);
        vm.prank(workers[0]);
        training.releaseStake(JOB);
        vm.assertEq(_balance(workers[0]), 1 ether);
        vm.assertFalse(training.getMember(JOB, workers[0]).isMember);
        vm.expectPartialRevert(ITrainingTypes.Training_NotMember.selector);
        vm.prank(workers[0]);
        training.releaseStake(JOB);
    }

    function test_leaveTrainingJob_rejoins_succeeds() external {
        _begin();
        vm.prank(workers[1]);
        training.leaveTrainingJob(JOB);
        vm.assertEq(training.getJob(JOB).active, 31 - 2);
        _join(workers[1]);
        vm.assertEq(training.getJob(JOB).active, 31);
        vm.assertEq(_balance(workers[1]), 1 ether - WORKER_STAKE);
    }

    function test_cancelTrainingJob_idle_refunds() external {
        _create(_terms());
        vm.expectRevert(ITrainingTypes.Training_NotCreator.selector);
        training.cancelTrainingJob(JOB);
        vm.prank(creator);
        training.cancelTrainingJob(JOB);
        vm.assertEq(_balance(creator), 3 * POOL);
        vm.expectPartialRevert(ITrainingTypes.Training_WrongStatus.selector);
        _join(workers[0]);
    }

    /// @dev What workers have done is paid; what is left goes back.
    function test_cancelTrainingJob_underWay_paysThenRefunds() external {
        _begin();
        vm.prank(creator);
        training.cancelTrainingJob(JOB);
        _round();
        vm.assertEq(_attempt(), 0);
        _mine(1, TRAINING_PERIOD);
        training.distributeRewards(JOB, 1);
        vm.assertEq(uint256(training.getJob(JOB).status), uint256(ITrainingTypes.JobStatus.Ended));
        vm.assertEq(_balance(creator), 3 * POOL - POOL / ROUNDS);
        vm.assertEq(training.collectableFees(), POOL / ROUNDS / 20);
    }

    function test_withdraw_collect_succeeds() external {
        vm.prank(creator);
        training.withdraw(1 ether);
        vm.assertEq(creator.balance, 1 ether);
        vm.expectRevert(ITrainingTypes.Training_NothingToDo.selector);
        training.collectFees();
    }

    function test_setParams_bounds_reverts() external {
        ITrainingTypes.Params memory params = training.trainingParams();
        vm.expectRevert(ITrainingTypes.Training_NotGovernor.selector);
        training.setParams(params);
        params.feeBps = 1_001;
        address by = training.governor();
        vm.expectRevert(ITrainingTypes.Training_InvalidParams.selector);
        vm.prank(by);
        training.setParams(params);
        params.feeBps = 1_000;
        vm.prank(by);
        training.setParams(params);
        vm.assertEq(training.trainingParams().feeBps, 1_000);
    }
}

/// @notice Rounds of plaintext updates.
contract Training_Rounds_Test is TrainingTest {
    /// @dev The claim is the one that docs/training.md defines.
    function test_aggregateGradients_claim_succeeds() external {
        _begin();
        _submitAll();
        _aggregate(creator, _federated(WORKERS, false));
        ITrainingTypes.Run memory run = training.getRun(JOB, 1);
        vm.assertEq(run.claim, keccak256(abi.encode(_input(), _output(), _trace())));
        vm.assertEq(run.accepted, 31);
        vm.assertEq(training.getAggregatedGradient(JOB, 1), AGGREGATE);
        vm.assertEq(training.getJob(JOB).round, 2);
        vm.assertEq(training.attemptOf(JOB, 2), 2);
        vm.assertEq(_balance(creator), 2 * POOL - AGGREGATE_BOND);
    }

    /// @dev LP-500's test: all contributions in one call, signed by their workers.
    function test_aggregateGradients_signed_pays() external {
        _begin();
        _round();
        vm.expectPartialRevert(ITrainingTypes.Training_TooEarly.selector);
        training.distributeRewards(JOB, 1);
        _mine(1, TRAINING_PERIOD);
        training.distributeRewards(JOB, 1);
        uint256 reward = POOL / ROUNDS;
        for (uint256 i; i < WORKERS; ++i) {
            vm.assertEq(_balance(workers[i]), 1 ether - WORKER_STAKE + reward * 95 / 100 / WORKERS);
        }
        vm.assertEq(training.collectableFees(), reward / 20);
        vm.expectRevert(abi.encodeWithSelector(ITrainingTypes.Training_WrongRound.selector, uint256(2)));
        training.distributeRewards(JOB, 1);
    }

    function test_aggregateGradients_forged_reverts() external {
        _begin();
        IDistributedTrainingRollup.FederatedUpdate memory update = _federated(WORKERS, true);
        ++update.contributions[3].dataPointsProcessed;
        vm.expectRevert(abi.encodeWithSelector(ITrainingTypes.Training_InvalidContribution.selector, workers[3]));
        _aggregate(creator, update);
    }

    /// @dev What is on chain counts, not what the list says.
    function test_aggregateGradients_changed_reverts() external {
        _begin();
        _submitAll();
        IDistributedTrainingRollup.FederatedUpdate memory update = _federated(WORKERS, false);
        update.contributions[2].gradientHash = keccak256("other");
        vm.expectRevert(abi.encodeWithSelector(ITrainingTypes.Training_InvalidContribution.selector, workers[2]));
        _aggregate(creator, update);
    }

    function test_aggregateGradients_twice_reverts() external {
        _begin();
        IDistributedTrainingRollup.FederatedUpdate memory update = _federated(WORKERS, true);
        update.contributions[1] = update.contributions[0];
        vm.expectRevert(ITrainingTypes.Training_WrongOrder.selector);
        _aggregate(creator, update);
    }

    function test_aggregateGradients_partEarly_reverts() external {
        _begin();
        IDistributedTrainingRollup.FederatedUpdate memory update = _federated(WORKERS - 1, true);
        vm.expectPartialRevert(ITrainingTypes.Training_TooEarly.selector);
        _aggregate(creator, update);
        _mine(1, PHASE + 1);
        _aggregate(creator, update);
        // Who was silent is waited for no more.
        vm.assertEq(training.getJob(JOB).active, 15);
    }

    /// @dev A coordinator cannot leave out more than a third of what was submitted.
    function test_aggregateGradients_censored_reverts() external {
        ITrainingTypes.JobConfig memory terms = _terms();
        _create(terms);
        _addWorker(0x8001);
        _joinAll();
        _mine(1, 1);
        // The sixth joined after the first round began: it takes part in the second.
        _aggregate(creator, _federated(WORKERS, true));
        for (uint256 i; i < 6; ++i) {
            _submit(i);
        }
        _mine(1, PHASE + 1);
        IDistributedTrainingRollup.FederatedUpdate memory four = _federated(4, false);
        vm.expectRevert(abi.encodeWithSelector(ITrainingTypes.Training_TooFew.selector, uint256(4), uint256(5)));
        _aggregate(creator, four);
        _aggregate(creator, _federated(5, false));
    }

    function test_aggregateGradients_turns_succeeds() external {
        _begin();
        _submitAll();
        IDistributedTrainingRollup.FederatedUpdate memory update = _federated(WORKERS, false);
        vm.expectPartialRevert(ITrainingTypes.Training_NotCoordinator.selector);
        _aggregate(watcher, update);
        _mine(1, 2 * PHASE + 1);
        _aggregate(watcher, update);
        vm.assertEq(training.getRun(JOB, 1).aggregator, watcher);
    }

    function test_aggregateGradients_late_reverts() external {
        _begin();
        _submitAll();
        IDistributedTrainingRollup.FederatedUpdate memory update = _federated(WORKERS, false);
        _mine(1, 3 * PHASE + 1);
        vm.expectPartialRevert(ITrainingTypes.Training_TooLate.selector);
        _aggregate(creator, update);
        training.advance(JOB);
        _requirePhase(1, ITrainingTypes.Phase.Abandoned);
        vm.assertEq(_attempt(), 2);
        vm.assertEq(training.getJob(JOB).round, 1);
    }

    function test_aggregateGradients_length_reverts() external {
        _begin();
        IDistributedTrainingRollup.FederatedUpdate memory update = _federated(WORKERS, true);
        update.convergenceProof = abi.encode(uint8(0), LENGTH + 1, bytes32(0), _report(WORKERS, 0, 0), bytes(""));
        vm.expectPartialRevert(ITrainingTypes.Training_WrongLength.selector);
        _aggregate(creator, update);
    }

    function test_aggregateGradients_report_reverts() external {
        _begin();
        IDistributedTrainingRollup.FederatedUpdate memory update = _federated(WORKERS, true);
        update.convergenceProof = _convergence(_report(WORKERS - 1, 0, 0));
        vm.expectRevert(ITrainingTypes.Training_WrongReport.selector);
        _aggregate(creator, update);
        update.convergenceProof = _convergence(_report(WORKERS, 1, 3));
        vm.expectRevert(ITrainingTypes.Training_WrongReport.selector);
        _aggregate(creator, update);
    }

    function test_aggregateGradients_weightsWithoutOld_reverts() external {
        _begin();
        IDistributedTrainingRollup.FederatedUpdate memory update = _federated(WORKERS, true);
        update.convergenceProof = abi.encode(uint8(0), LENGTH, bytes32("new"), _report(WORKERS, 0, 0), bytes(""));
        vm.expectRevert(ITrainingTypes.Training_WrongWeights.selector);
        _aggregate(creator, update);
    }

    /// @dev A job of LP-500's plain call gets its length from the coordinator's first aggregate, once that is final.
    function test_aggregateGradients_plainJob_setsLength() external {
        vm.prank(creator);
        training.createTrainingJob(_job(JOB));
        _joinAll();
        _round();
        vm.assertEq(training.getJob(JOB).config.length, 0);
        _mine(1, TRAINING_PERIOD);
        training.distributeRewards(JOB, 1);
        vm.assertEq(training.getJob(JOB).config.length, LENGTH);
    }

    function test_submitGradientUpdate_twice_reverts() external {
        _begin();
        _submit(0);
        vm.expectRevert(ITrainingTypes.Training_AlreadySubmitted.selector);
        _submit(0);
        _mine(1, PHASE + 1);
        vm.expectPartialRevert(ITrainingTypes.Training_TooLate.selector);
        _submit(1);
    }

    function test_submitGradientUpdate_stranger_reverts() external {
        _begin();
        IDistributedTrainingRollup.WorkerContribution memory update = _update(0);
        vm.expectPartialRevert(ITrainingTypes.Training_NotMember.selector);
        vm.prank(stranger);
        training.submitGradientUpdate(JOB, update);
        vm.expectPartialRevert(ITrainingTypes.Training_InvalidContribution.selector);
        vm.prank(workers[1]);
        training.submitGradientUpdate(JOB, update);
    }

    /// @dev Below the threshold: run again without those who were silent, and nobody loses anything.
    function test_advance_tooFew_restarts() external {
        _begin();
        _submit(0);
        vm.expectPartialRevert(ITrainingTypes.Training_TooEarly.selector);
        training.advance(JOB);
        _mine(1, 3 * PHASE + 1);
        training.advance(JOB);
        vm.assertEq(training.getJob(JOB).active, 1);
        vm.assertEq(_attempt(), 0);
        for (uint256 i = 1; i < WORKERS; ++i) {
            _join(workers[i]);
            vm.assertEq(_balance(workers[i]), 1 ether - WORKER_STAKE);
        }
        vm.assertEq(_attempt(), 2);
        _round();
    }

    /// @dev Whose contribution was none loses the stake and gets nothing.
    function test_distributeRewards_invalid_slashes() external {
        _begin();
        IDistributedTrainingRollup.FederatedUpdate memory update = _federated(WORKERS, true);
        update.convergenceProof = _convergence(_report(WORKERS, 2, 2));
        _aggregate(creator, update);
        _mine(1, TRAINING_PERIOD);
        vm.prank(watcher);
        training.distributeRewards(JOB, 1);
        vm.assertEq(_balance(workers[2]), 1 ether - WORKER_STAKE);
        vm.assertTrue(training.getMember(JOB, workers[2]).isSlashed);
        vm.assertEq(_balance(watcher), 10 ether + WORKER_STAKE / 2);
        vm.assertEq(_balance(workers[1]), 1 ether - WORKER_STAKE + POOL / ROUNDS * 95 / 100 / 4);
        vm.expectRevert(ITrainingTypes.Training_WorkerSlashed.selector);
        _join(workers[2]);
    }

    /// @dev All of a job: every round paid, what rounding left goes back, stakes come free.
    function test_distributeRewards_allRounds_ends() external {
        _begin();
        for (uint256 i; i < ROUNDS; ++i) {
            _round();
        }
        _mine(1, TRAINING_PERIOD);
        for (uint256 i; i < ROUNDS; ++i) {
            training.distributeRewards(JOB, i + 1);
        }
        vm.assertEq(uint256(training.getJob(JOB).status), uint256(ITrainingTypes.JobStatus.Ended));
        vm.assertEq(training.getJob(JOB).remaining, 0);
        _mine(1, TRAINING_PERIOD);
        vm.prank(workers[0]);
        training.releaseStake(JOB);
        vm.assertEq(_balance(workers[0]), 1 ether + POOL * 95 / 100 / WORKERS);
    }

    /// @dev A reward never exceeds the share of capped points, and all of them never the round's.
    function testFuzz_distributeRewards_points_capped(uint256[5] memory _points, uint256 _cap) external {
        ITrainingTypes.JobConfig memory terms = _terms();
        terms.pointsCap = uint32(1 + _cap % (1 << 24));
        _create(terms);
        _joinAll();
        IDistributedTrainingRollup.FederatedUpdate memory update = _federated(WORKERS, true);
        uint256 total;
        for (uint256 i; i < WORKERS; ++i) {
            _points[i] %= (1 << 24) + 1;
            update.contributions[i].dataPointsProcessed = _points[i];
            bytes32 digest = training.gradientDigest(JOB, 1, update.contributions[i]);
            update.contributions[i].aggregationProof = _signedBy(keys[i], digest);
            if (_points[i] > terms.pointsCap) _points[i] = terms.pointsCap;
            total += _points[i];
        }
        _aggregate(creator, update);
        _mine(1, TRAINING_PERIOD);
        training.distributeRewards(JOB, 1);
        uint256 share = POOL / ROUNDS * 95 / 100;
        for (uint256 i; i < WORKERS; ++i) {
            uint256 reward = total == 0 ? 0 : share * _points[i] / total;
            vm.assertEq(_balance(workers[i]), 1 ether - WORKER_STAKE + reward);
        }
        vm.assertEq(training.collectableFees(), total == 0 ? 0 : POOL / ROUNDS / 20);
    }
}

/// @notice Disputes.
contract Training_Disputes_Test is TrainingTest {
    /// @dev A disproved round is run again; what was built on it is void, and its bonds come back.
    function test_challengeAggregate_disproves_goesBack() external {
        _begin();
        _round();
        _round();
        vm.assertEq(training.getJob(JOB).round, 3);
        _disprove(1);
        _requirePhase(1, ITrainingTypes.Phase.Disproved);
        vm.assertEq(training.getJob(JOB).round, 1);
        vm.assertEq(training.attemptOf(JOB, 2), 0);
        vm.assertEq(training.getAggregatedGradient(JOB, 1), 0);
        vm.assertEq(training.getAggregatedGradient(JOB, 2), 0);
        vm.assertEq(_balance(watcher), 10 ether + AGGREGATE_BOND / 2);
        _mine(1, TRAINING_PERIOD);
        vm.expectPartialRevert(ITrainingTypes.Training_WrongPhase.selector);
        training.distributeRewards(JOB, 1);
        vm.prank(creator);
        training.reclaimBond(JOB, 2);
        vm.assertEq(_balance(creator), 2 * POOL - AGGREGATE_BOND);
        vm.expectRevert(ITrainingTypes.Training_NothingToDo.selector);
        vm.prank(creator);
        training.reclaimBond(JOB, 2);
    }

    function test_challengeAggregate_late_reverts() external {
        _begin();
        _round();
        bytes memory proof = _counterProof(1);
        _mine(1, TRAINING_PERIOD);
        vm.expectPartialRevert(ITrainingTypes.Training_TooLate.selector);
        vm.prank(watcher);
        training.challengeAggregate(JOB, 1, proof);
    }

    function test_challengeAggregate_otherClaim_reverts() external {
        _begin();
        _round();
        bytes memory proof = abi.encode(uint8(0), bytes32("other"), _output(), _trace(), bytes(""));
        vm.expectRevert(ITrainingTypes.Training_WrongClaim.selector);
        vm.prank(watcher);
        training.challengeAggregate(JOB, 1, proof);
        proof = abi.encode(uint8(0), _input(), _output(), _trace(), bytes("nothing"));
        vm.expectRevert(ITrainingTypes.Training_InvalidProof.selector);
        vm.prank(watcher);
        training.challengeAggregate(JOB, 1, proof);
        vm.expectPartialRevert(ITrainingTypes.Training_InsufficientBalance.selector);
        vm.prank(stranger);
        training.challengeAggregate(JOB, 1, proof);
    }

    /// @dev Rounds are paid in their order.
    function test_distributeRewards_order_reverts() external {
        _begin();
        _round();
        _round();
        _mine(1, TRAINING_PERIOD);
        vm.expectRevert(abi.encodeWithSelector(ITrainingTypes.Training_WrongRound.selector, uint256(1)));
        training.distributeRewards(JOB, 2);
        training.distributeRewards(JOB, 1);
        training.distributeRewards(JOB, 2);
    }

    function test_aggregateGradients_proved_isFinal() external {
        _begin();
        IDistributedTrainingRollup.FederatedUpdate memory update = _federated(WORKERS, true);
        bytes memory claim =
            abi.encode(PROGRAM, _input(), _output(), bytes32(0), uint256(keccak256(abi.encode(JOB, uint256(1)))));
        update.convergenceProof = abi.encode(uint8(1), LENGTH, bytes32(0), _report(WORKERS, 0, 0), claim);
        _aggregate(creator, update);
        training.distributeRewards(JOB, 1);
        vm.assertTrue(_balance(workers[0]) > 1 ether);
    }
}
