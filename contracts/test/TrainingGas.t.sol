// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDistributedTrainingRollup} from "../src/interfaces/IDistributedTrainingRollup.sol";
import {ITraining} from "../src/interfaces/ITraining.sol";
import {ITrainingTypes} from "../src/interfaces/ITrainingTypes.sol";
import {TrainingTest} from "./utils/TrainingTest.sol";

/// @notice Gas of the steps of rounds with 100 workers, as whole transactions: run with `--isolate`. Messages have the sizes of real ones.
abstract contract TrainingGas is TrainingTest {
    uint256 private constant MANY = 100;
    uint256 private constant QUORUM = 67;
    uint256 private constant ALL = (1 << MANY) - 1;
    uint256 private constant CHECKPOINTS = 32;
    /// @dev Signature, bitmap of peers, digest of the vector, commitment of the norm proof.
    uint256 private constant MASKED_BYTES = 65 + 13 + 32 + 32;
    /// @dev Signature, and a share for each worker of the complete graph.
    uint256 private constant UNMASK_BYTES = 65 + 35 * MANY;

    function setUp() public override {
        super.setUp();
        for (uint256 i = WORKERS; i < MANY; ++i) {
            _addWorker(0x7001 + i);
        }
    }

    function _bytes(uint256 _count, uint256 _seed) private pure returns (bytes memory ret_) {
        for (uint256 i; ret_.length < _count; ++i) {
            ret_ = bytes.concat(ret_, keccak256(abi.encode(_seed, i)));
        }
        assembly ("memory-safe") {
            mstore(ret_, _count)
        }
    }

    function _open(ITrainingTypes.JobConfig memory _with) private {
        IDistributedTrainingRollup.TrainingJob memory job = _job(JOB);
        job.minWorkers = MANY;
        _with.weights = keccak256("first weights");
        vm.prank(creator, creator);
        training.createTrainingJobWith(job, _with);
    }

    function _openPlain() private {
        _open(_terms());
        _joinAll();
    }

    function _openSecure() private {
        ITrainingTypes.JobConfig memory terms = _terms();
        (terms.wordBits, terms.normBound) = (32, 1 << 20);
        _open(terms);
        _joinAll();
    }

    function _tagged(string memory _tag, bytes memory _rest) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(bytes.concat("lux-secagg/1 ", bytes(_tag))), _rest));
    }

    /// @dev By ascending addresses.
    function _publicKeys() private view returns (bytes memory ret_) {
        (bytes32 context,) = training.secureDomains(JOB, _attempt());
        uint256[] memory order = new uint256[](MANY);
        for (uint256 i; i < MANY; ++i) {
            uint256 place = i;
            for (; place > 0 && workers[order[place - 1]] > workers[i]; --place) {
                order[place] = order[place - 1];
            }
            order[place] = i;
        }
        for (uint256 i; i < MANY; ++i) {
            bytes memory pair = _bytes(64, order[i]);
            bytes32 digest = _tagged("AdvertiseKeys", abi.encode(context, keccak256(pair)));
            ret_ = bytes.concat(ret_, pair, _signedBy(keys[order[i]], digest));
        }
    }

    function _publish() private {
        bytes memory publicKeys = _publicKeys();
        vm.prank(creator, creator);
        training.initSecureAggregation(JOB, publicKeys);
    }

    function _beacon() private {
        _mine(1, 1);
        training.advance(JOB);
    }

    function _mask(uint256 _worker) private {
        bytes memory gradient = abi.encode(keccak256(abi.encode(_worker)), uint256(1), _bytes(MASKED_BYTES, _worker));
        vm.prank(workers[_worker], workers[_worker]);
        training.submitEncryptedGradient(JOB, gradient);
    }

    function _maskAll() private {
        for (uint256 i; i < MANY; ++i) {
            _mask(i);
        }
    }

    function _say(uint256 _worker, bytes memory _share) private {
        vm.prank(workers[_worker], workers[_worker]);
        training.revealAggregationKey(JOB, _share);
    }

    function _reveal(uint256 _worker) private {
        _say(_worker, abi.encode(_bytes(UNMASK_BYTES, _worker), bytes32(0), bytes32(0), uint256(0)));
    }

    function _vote(uint256 _worker) private {
        _say(_worker, abi.encode(bytes(""), AGGREGATE, keccak256("weights"), ALL));
    }

    function _voteOf(uint256 _count) private {
        for (uint256 i; i < _count; ++i) {
            _vote(i);
        }
    }

    /// @dev With as many states of the machine as a short run has.
    function _claim(bool _isSigned) private {
        IDistributedTrainingRollup.FederatedUpdate memory update = _federated(MANY, _isSigned);
        bytes memory trace = abi.encodePacked(uint32(CHECKPOINTS + 1), uint32(1), _bytes(32 * CHECKPOINTS, 0));
        update.convergenceProof = abi.encode(uint8(0), LENGTH, keccak256("weights"), _report(MANY, 0, 0), trace);
        vm.prank(creator, creator);
        training.aggregateGradients(JOB, update);
    }

    function test_gas_createTrainingJobWith_succeeds() external {
        _open(_terms());
        vm.snapshotGasLastCall("createTrainingJobWith");
    }

    function test_gas_joinTrainingJob_succeeds() external {
        _open(_terms());
        _join(workers[0]);
        _join(workers[1]);
        vm.snapshotGasLastCall("joinTrainingJob, stake");
    }

    function test_gas_announce_succeeds() external {
        _openSecure();
        vm.prank(workers[0], workers[0]);
        training.announce(JOB, 1, abi.encode(keccak256("keys")));
        vm.snapshotGasLastCall("announce, a commitment");
    }

    function test_gas_submitGradientUpdate_succeeds() external {
        _openPlain();
        _submit(0);
        _submit(1);
        vm.snapshotGasLastCall("submitGradientUpdate");
    }

    function test_gas_aggregateGradients_submitted_succeeds() external {
        _openPlain();
        _submitAll();
        _claim(false);
        vm.snapshotGasLastCall("aggregateGradients, 100 submitted, 32 checkpoints");
    }

    function test_gas_aggregateGradients_signed_succeeds() external {
        _openPlain();
        _claim(true);
        vm.snapshotGasLastCall("aggregateGradients, 100 signed, 32 checkpoints");
    }

    function test_gas_distributeRewards_plain_succeeds() external {
        _openPlain();
        _claim(true);
        _mine(1, TRAINING_PERIOD);
        training.distributeRewards(JOB, 1);
        vm.snapshotGasLastCall("distributeRewards, 100, public updates");
    }

    function test_gas_initSecureAggregation_succeeds() external {
        _openSecure();
        _publish();
        vm.snapshotGasLastCall("initSecureAggregation, 100");
    }

    function test_gas_advance_beacon_succeeds() external {
        _openSecure();
        _publish();
        _beacon();
        vm.snapshotGasLastCall("advance, beacon");
    }

    function test_gas_submitEncryptedGradient_succeeds() external {
        _openSecure();
        _publish();
        _beacon();
        _mask(0);
        _mask(1);
        vm.snapshotGasLastCall("submitEncryptedGradient, 100, with a norm proof's commitment");
    }

    function test_gas_revealAggregationKey_shares_succeeds() external {
        _openSecure();
        _publish();
        _beacon();
        _maskAll();
        _reveal(0);
        _reveal(1);
        vm.snapshotGasLastCall("revealAggregationKey, shares of 100");
    }

    function test_gas_revealAggregationKey_vote_succeeds() external {
        _openSecure();
        _publish();
        _beacon();
        _maskAll();
        _voteOf(2);
        vm.snapshotGasLastCall("revealAggregationKey, vote");
    }

    function test_gas_revealAggregationKey_quorum_succeeds() external {
        _openSecure();
        _publish();
        _beacon();
        _maskAll();
        _voteOf(QUORUM);
        vm.snapshotGasLastCall("revealAggregationKey, the vote that ends a round");
    }

    function test_gas_distributeRewards_masked_succeeds() external {
        _openSecure();
        _publish();
        _beacon();
        _maskAll();
        _voteOf(QUORUM);
        training.distributeRewards(JOB, 1);
        vm.snapshotGasLastCall("distributeRewards, 100, masked");
    }
}

contract TrainingL2Gas_Test is TrainingGas {}

contract TrainingL1Gas_Test is TrainingGas {
    function _deployTraining() internal override returns (ITraining) {
        return _deployTrainingRollup();
    }
}
