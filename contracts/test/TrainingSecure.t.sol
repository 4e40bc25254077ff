// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDistributedTrainingRollup} from "../src/interfaces/IDistributedTrainingRollup.sol";
import {ITrainingTypes} from "../src/interfaces/ITrainingTypes.sol";
import {TrainingTest} from "./utils/TrainingTest.sol";

/// @notice Rounds of secure aggregation, and what is slashed in them.
contract Training_Secure_Test is TrainingTest {
    uint256 private constant ALL = 31;

    struct Pair {
        bytes32 jobId;
        uint256 attempt;
        ITrainingTypes.Statement statement;
        bytes first;
        bytes firstSignature;
        bytes second;
        bytes secondSignature;
    }

    function _beginSecure() private {
        ITrainingTypes.JobConfig memory terms = _terms();
        terms.wordBits = 32;
        _create(terms);
        _joinAll();
    }

    function _tagged(string memory _tag, bytes memory _rest) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(bytes.concat("lux-secagg/1 ", bytes(_tag))), _rest));
    }

    /// @dev As docs/secure-aggregation.md has it.
    function _context() private view returns (bytes32) {
        return _tagged("context", abi.encode(block.chainid, keccak256(abi.encode(address(training), JOB)), _attempt()));
    }

    /// @dev Places in the list of workers by ascending address.
    function _ascending() private view returns (uint256[] memory order_) {
        order_ = new uint256[](workers.length);
        for (uint256 i; i < order_.length; ++i) {
            uint256 place = i;
            for (; place > 0 && workers[order_[place - 1]] > workers[i]; --place) {
                order_[place] = order_[place - 1];
            }
            order_[place] = i;
        }
    }

    function _keysOf(uint256 _worker) private pure returns (bytes memory) {
        return abi.encodePacked(keccak256(abi.encode("cipher", _worker)), keccak256(abi.encode("mask", _worker)));
    }

    function _signedKeys(uint256 _worker, bytes memory _with) private view returns (bytes memory) {
        bytes32 digest = _tagged("AdvertiseKeys", abi.encode(_context(), keccak256(_with)));
        return bytes.concat(_with, _signedBy(keys[_worker], digest));
    }

    function _publicKeys(uint256 _count) private view returns (bytes memory ret_) {
        uint256[] memory order = _ascending();
        for (uint256 i; i < _count; ++i) {
            ret_ = bytes.concat(ret_, _signedKeys(order[i], _keysOf(order[i])));
        }
    }

    function _publish() private {
        bytes memory publicKeys = _publicKeys(WORKERS);
        vm.prank(creator);
        training.initSecureAggregation(JOB, publicKeys);
        _mine(1, 1);
    }

    function _mask(uint256 _worker) private {
        bytes memory gradient = abi.encode(keccak256(abi.encode("masked", _worker)), POINTS, bytes("signed"));
        vm.prank(workers[_worker]);
        training.submitEncryptedGradient(JOB, gradient);
    }

    function _maskAll() private {
        for (uint256 i; i < WORKERS; ++i) {
            _mask(i);
        }
    }

    function _reveal(uint256 _worker, bytes32 _found, uint256 _survivors) private {
        vm.prank(workers[_worker]);
        training.revealAggregationKey(JOB, abi.encode(bytes("shares"), _found, bytes32(0), _survivors));
    }

    /// @dev LP-500's test: keys, masked gradients, shares, and the aggregate is there.
    function test_revealAggregationKey_quorum_isFinal() external {
        _beginSecure();
        _publish();
        _maskAll();
        for (uint256 i; i < 3; ++i) {
            _reveal(i, AGGREGATE, ALL);
            vm.assertEq(training.getAggregatedGradient(JOB, 1), 0);
        }
        _reveal(3, AGGREGATE, ALL);
        vm.assertEq(training.getAggregatedGradient(JOB, 1), AGGREGATE);
        vm.assertEq(training.attemptOf(JOB, 2), 2);
        // The last one is late, and shows its shares all the same, once.
        _reveal(4, AGGREGATE, ALL);
        vm.assertEq(training.getRun(JOB, 1).revealed, ALL);
        vm.expectRevert(ITrainingTypes.Training_AlreadySubmitted.selector);
        _reveal(4, AGGREGATE, ALL);
        training.distributeRewards(JOB, 1);
        for (uint256 i; i < WORKERS; ++i) {
            vm.assertEq(_balance(workers[i]), 1 ether - WORKER_STAKE + POOL / ROUNDS * 95 / 100 / WORKERS);
        }
    }

    /// @dev Votes for different aggregates do not add up, and nobody votes twice.
    function test_revealAggregationKey_split_noAggregate() external {
        _beginSecure();
        _publish();
        _maskAll();
        for (uint256 i; i < WORKERS; ++i) {
            _reveal(i, i < 3 ? AGGREGATE : keccak256("other"), ALL);
        }
        vm.assertEq(training.getAggregatedGradient(JOB, 1), 0);
        vm.expectRevert(ITrainingTypes.Training_AlreadySubmitted.selector);
        _reveal(4, AGGREGATE, ALL);
        _mine(1, PHASE + 1);
        training.advance(JOB);
        _requirePhase(1, ITrainingTypes.Phase.Abandoned);
        vm.assertEq(_attempt(), 2);
    }

    function test_aggregateGradients_votes_succeeds() external {
        _beginSecure();
        _publish();
        _maskAll();
        IDistributedTrainingRollup.FederatedUpdate memory update;
        (update.jobId, update.round, update.aggregatedGradientHash) = (JOB, 1, AGGREGATE);
        update.convergenceProof = abi.encode(bytes32(0), uint256(15));
        bytes32 digest = training.voteDigest(JOB, 1, AGGREGATE, 0, 15);
        update.contributions = new IDistributedTrainingRollup.WorkerContribution[](3);
        for (uint256 i; i < 3; ++i) {
            update.contributions[i].worker = workers[i];
            update.contributions[i].aggregationProof = _signedBy(keys[i], digest);
        }
        vm.expectRevert(abi.encodeWithSelector(ITrainingTypes.Training_TooFew.selector, uint256(3), uint256(4)));
        _aggregate(watcher, update);
        IDistributedTrainingRollup.WorkerContribution[] memory three = update.contributions;
        update.contributions = new IDistributedTrainingRollup.WorkerContribution[](4);
        for (uint256 i; i < 3; ++i) {
            update.contributions[i] = three[i];
        }
        update.contributions[3].worker = workers[3];
        update.contributions[3].aggregationProof = _signedBy(keys[4], digest);
        vm.expectPartialRevert(ITrainingTypes.Training_InvalidContribution.selector);
        _aggregate(watcher, update);
        update.contributions[3].aggregationProof = _signedBy(keys[3], digest);
        _aggregate(watcher, update);
        training.distributeRewards(JOB, 1);
        // The last worker masked, and is not among those whose vectors are in the sum.
        vm.assertEq(_balance(workers[4]), 1 ether - WORKER_STAKE);
        vm.assertEq(_balance(workers[0]), 1 ether - WORKER_STAKE + POOL / ROUNDS * 95 / 100 / 4);
    }

    function test_initSecureAggregation_roster_isRead() external {
        _beginSecure();
        bytes memory members;
        uint256[] memory order = _ascending();
        for (uint256 i; i < WORKERS; ++i) {
            members = bytes.concat(members, bytes20(workers[order[i]]), _keysOf(order[i]));
        }
        bytes32 roster = _tagged("roster", bytes.concat(_context(), bytes2(uint16(WORKERS)), members));
        (bytes32 context,) = training.secureDomains(JOB, 1);
        vm.assertEq(context, _context());
        _publish();
        vm.assertEq(training.getRun(JOB, 1).roster, roster);
        _mask(0);
        bytes memory parameters = abi.encodePacked(context, roster, training.getRun(JOB, 1).beacon);
        parameters = bytes.concat(parameters, abi.encodePacked(uint16(4), uint16(4), LENGTH, uint8(32)));
        (, bytes32 round) = training.secureDomains(JOB, 1);
        vm.assertEq(round, _tagged("round", parameters));
    }

    function test_initSecureAggregation_wrong_reverts() external {
        _beginSecure();
        bytes memory publicKeys = _publicKeys(WORKERS);
        vm.expectPartialRevert(ITrainingTypes.Training_NotCoordinator.selector);
        training.initSecureAggregation(JOB, publicKeys);
        vm.startPrank(creator, creator);
        vm.expectRevert(ITrainingTypes.Training_InvalidEncoding.selector);
        training.initSecureAggregation(JOB, bytes.concat(publicKeys, hex"00"));
        bytes memory three = _publicKeys(3);
        vm.expectPartialRevert(ITrainingTypes.Training_TooFew.selector);
        training.initSecureAggregation(JOB, three);
        publicKeys[0] ^= 0x01;
        vm.expectRevert();
        training.initSecureAggregation(JOB, publicKeys);
        vm.stopPrank();
    }

    function test_submitEncryptedGradient_order_reverts() external {
        _beginSecure();
        vm.expectPartialRevert(ITrainingTypes.Training_WrongPhase.selector);
        _mask(0);
        bytes memory publicKeys = _publicKeys(WORKERS);
        vm.prank(creator);
        training.initSecureAggregation(JOB, publicKeys);
        // Nobody knows the beacon in the block of the roster.
        vm.expectPartialRevert(ITrainingTypes.Training_TooEarly.selector);
        _mask(0);
        _mine(1, 1);
        _mask(0);
        vm.expectRevert(ITrainingTypes.Training_AlreadySubmitted.selector);
        _mask(0);
        vm.expectPartialRevert(ITrainingTypes.Training_WrongPhase.selector);
        _reveal(0, AGGREGATE, ALL);
    }

    /// @dev Who does not mask is waited for no more; below the quorum the round is run again.
    function test_advance_tooFewMasked_restarts() external {
        _beginSecure();
        _publish();
        for (uint256 i; i < 3; ++i) {
            _mask(i);
        }
        _mine(1, PHASE + 1);
        training.advance(JOB);
        _requirePhase(1, ITrainingTypes.Phase.Abandoned);
        vm.assertEq(training.getJob(JOB).active, 7);
        vm.assertEq(_attempt(), 0);
    }

    function test_revealAggregationKey_dropout_succeeds() external {
        _beginSecure();
        _publish();
        for (uint256 i; i < 4; ++i) {
            _mask(i);
        }
        _mine(1, PHASE + 1);
        for (uint256 i; i < 4; ++i) {
            _reveal(i, AGGREGATE, 15);
        }
        vm.assertEq(training.getAggregatedGradient(JOB, 1), AGGREGATE);
        vm.assertEq(training.getJob(JOB).active, 15);
    }

    // --- Slashing ---

    function _slash(uint256 _worker, ITrainingTypes.Misbehaviour _kind, bytes memory _body) private {
        vm.prank(watcher);
        training.slashMaliciousWorker(workers[_worker], abi.encode(_kind, _body));
    }

    /// @dev Encoded without the offset in front that a struct has.
    function _pair(Pair memory _with) private pure returns (bytes memory ret_) {
        bytes memory encoded = abi.encode(_with);
        ret_ = new bytes(encoded.length - 32);
        for (uint256 i; i < ret_.length; ++i) {
            ret_[i] = encoded[i + 32];
        }
    }

    function _statements(ITrainingTypes.Statement _statement, bytes memory _first, bytes memory _second)
        private
        view
        returns (bytes memory)
    {
        string[5] memory tags = ["AdvertiseKeys", "ShareKeys", "MaskedInput", "Survivors", "Unmask"];
        (bytes32 domain, bytes32 round) = training.secureDomains(JOB, 1);
        if (_statement != ITrainingTypes.Statement.AdvertiseKeys) domain = round;
        string memory tag = tags[uint256(_statement)];
        Pair memory pair;
        (pair.jobId, pair.attempt, pair.statement) = (JOB, 1, _statement);
        (pair.first, pair.second) = (_first, _second);
        pair.firstSignature = _signedBy(keys[0], _tagged(tag, bytes.concat(domain, _first)));
        pair.secondSignature = _signedBy(keys[0], _tagged(tag, bytes.concat(domain, _second)));
        return _pair(pair);
    }

    function test_slashMaliciousWorker_twoStatements_succeeds() external {
        _beginSecure();
        _publish();
        _mask(0);
        uint256 state = uint256(keccak256("state"));
        for (uint256 i; i < 5; ++i) {
            bytes memory first = abi.encode(keccak256(abi.encode(state, i)));
            bytes memory second = abi.encode(keccak256(abi.encode(state, i, "other")));
            ITrainingTypes.Statement statement = ITrainingTypes.Statement(i);
            bytes memory same = _statements(statement, first, first);
            vm.expectRevert(ITrainingTypes.Training_InvalidProof.selector);
            _slash(0, ITrainingTypes.Misbehaviour.Equivocation, same);
            bytes memory proof = _statements(statement, first, second);
            vm.expectRevert(ITrainingTypes.Training_InvalidProof.selector);
            _slash(1, ITrainingTypes.Misbehaviour.Equivocation, proof);
            if (i == 4) _slash(0, ITrainingTypes.Misbehaviour.Equivocation, proof);
        }
        vm.assertTrue(training.getMember(JOB, workers[0]).isSlashed);
        vm.assertEq(_balance(watcher), 10 ether + WORKER_STAKE / 2);
        vm.assertEq(training.collectableFees(), WORKER_STAKE / 2);
    }

    function test_slashMaliciousWorker_twoUpdates_succeeds() external {
        _begin();
        IDistributedTrainingRollup.WorkerContribution memory update = _update(0);
        bytes32 shards = keccak256(abi.encodePacked(update.dataShardHashes));
        Pair memory pair;
        (pair.jobId, pair.attempt, pair.statement) = (JOB, 2, ITrainingTypes.Statement.GradientUpdate);
        pair.first = abi.encode(update.worker, update.gradientHash, POINTS, shards);
        pair.firstSignature = _signedBy(keys[0], training.gradientDigest(JOB, 1, update));
        update.gradientHash = keccak256("other");
        pair.second = abi.encode(update.worker, update.gradientHash, POINTS, shards);
        pair.secondSignature = _signedBy(keys[0], training.gradientDigest(JOB, 1, update));
        bytes memory proof = _pair(pair);
        vm.expectRevert(ITrainingTypes.Training_InvalidProof.selector);
        _slash(0, ITrainingTypes.Misbehaviour.Equivocation, proof);
        pair.attempt = 1;
        proof = _pair(pair);
        _slash(0, ITrainingTypes.Misbehaviour.Equivocation, proof);
        vm.expectPartialRevert(ITrainingTypes.Training_NotMember.selector);
        _slash(0, ITrainingTypes.Misbehaviour.Equivocation, proof);
    }

    function _slashShares(bytes memory _message, bytes memory _signature, uint256 _second) private {
        bytes memory body = abi.encode(JOB, uint256(1), _message, _signature, uint256(0), _second);
        _slash(0, ITrainingTypes.Misbehaviour.BothShares, body);
    }

    function test_slashMaliciousWorker_bothShares_succeeds() external {
        _beginSecure();
        _publish();
        _mask(0);
        (, bytes32 round) = training.secureDomains(JOB, 1);
        bytes memory message = abi.encodePacked(uint16(3), uint8(0), keccak256("self mask"));
        message = bytes.concat(message, abi.encodePacked(uint16(4), uint8(1), keccak256("mask key")));
        message = bytes.concat(message, abi.encodePacked(uint16(3), uint8(1), keccak256("mask key")));
        bytes memory signature = _signedBy(keys[0], _tagged("Unmask", bytes.concat(round, keccak256(message))));
        vm.expectRevert(ITrainingTypes.Training_InvalidProof.selector);
        _slashShares(message, signature, 1);
        vm.expectRevert(ITrainingTypes.Training_InvalidProof.selector);
        _slashShares(message, signature, 3);
        _slashShares(message, signature, 2);
        vm.assertTrue(training.getMember(JOB, workers[0]).isSlashed);
    }

    function test_slashMaliciousWorker_notProvable_reverts() external {
        _begin();
        ITrainingTypes.Misbehaviour kind = ITrainingTypes.Misbehaviour.InvalidContribution;
        vm.expectRevert(abi.encodeWithSelector(ITrainingTypes.Training_NotProvable.selector, kind));
        _slash(0, kind, "");
    }

    /// @dev What a program is asked about a masked update; with a norm bound, vectors have the limbs of blindings.
    function test_accusationInput_masked_isRead() external {
        ITrainingTypes.JobConfig memory terms = _terms();
        (terms.wordBits, terms.normBound) = (32, 1 << 20);
        _create(terms);
        _joinAll();
        _publish();
        _mask(2);
        (bytes32 context, bytes32 round) = training.secureDomains(JOB, 1);
        ITrainingTypes.Run memory run = training.getRun(JOB, 1);
        bytes memory parameters = abi.encodePacked(context, run.roster, run.beacon);
        parameters = bytes.concat(parameters, abi.encodePacked(uint16(4), uint16(4), LENGTH + 32, uint8(32)));
        vm.assertEq(round, _tagged("round", parameters));
        bytes32 masked = keccak256(abi.encode("masked", uint256(2)));
        bytes32 contribution = keccak256(abi.encode(workers[2], masked, POINTS, keccak256("signed")));
        bytes32 config = keccak256(abi.encode(training.getJob(JOB).config));
        bytes32 input = keccak256(abi.encode(config, round, workers[2], contribution));
        vm.assertEq(training.accusationInput(JOB, 1, workers[2]), input);
        vm.expectPartialRevert(ITrainingTypes.Training_InvalidContribution.selector);
        training.accusationInput(JOB, 1, workers[3]);
    }

    /// @dev Only bounds that can be proven, of sums that fit.
    function test_createTrainingJobWith_normBound_reverts() external {
        ITrainingTypes.JobConfig memory terms = _terms();
        terms.normBound = 1;
        vm.expectRevert(ITrainingTypes.Training_InvalidJob.selector);
        _create(terms);
        terms.wordBits = 32;
        terms.normBound = uint32((uint256(1) << 31) / terms.maxWorkers + 1);
        vm.expectRevert(ITrainingTypes.Training_InvalidJob.selector);
        _create(terms);
        (terms.wordBits, terms.normBound) = (64, 1 << 31);
        vm.expectRevert(ITrainingTypes.Training_InvalidJob.selector);
        _create(terms);
        (terms.normBound, terms.length) = (1 << 20, (1 << 20) + 1);
        vm.expectRevert(ITrainingTypes.Training_InvalidJob.selector);
        _create(terms);
        terms.length = 1 << 20;
        _create(terms);
    }
}
