// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ITraining} from "../src/interfaces/ITraining.sol";
import {ITrainingTypes} from "../src/interfaces/ITrainingTypes.sol";
import {TrainingTest} from "./utils/TrainingTest.sol";

/// @notice Who may say something to all who take part in a job.
contract Training_Announcements_Test is TrainingTest {
    function test_announce_workerOfRun_succeeds() external {
        _begin();
        vm.expectEmit(address(training));
        emit ITrainingTypes.Announced(JOB, workers[0], _attempt(), 3, "content");
        vm.prank(workers[0]);
        training.announce(JOB, 3, "content");
    }

    function test_announce_coordinatorAndCreator_succeeds() external {
        ITrainingTypes.JobConfig memory terms = _terms();
        terms.coordinator = watcher;
        _create(terms);
        address[2] memory senders = [creator, watcher];
        for (uint256 i; i < 2; ++i) {
            vm.expectEmit(address(training));
            emit ITrainingTypes.Announced(JOB, senders[i], 0, 0, "url");
            vm.prank(senders[i]);
            training.announce(JOB, 0, "url");
        }
    }

    function test_announce_stranger_reverts() external {
        _begin();
        vm.expectRevert(abi.encodeWithSelector(ITrainingTypes.Training_NotMember.selector, stranger));
        vm.prank(stranger);
        training.announce(JOB, 1, "content");
    }

    function test_announce_unknownJob_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(ITrainingTypes.Training_NotMember.selector, creator));
        vm.prank(creator);
        training.announce(keccak256("none"), 1, "content");
    }

    function test_announce_long_reverts() external {
        _begin();
        vm.prank(workers[0]);
        training.announce(JOB, 1, new bytes(256));
        vm.expectRevert(abi.encodeWithSelector(ITrainingTypes.Training_TooLong.selector, uint256(256)));
        vm.prank(workers[0]);
        training.announce(JOB, 1, new bytes(257));
    }
}

/// @notice The same on L1, through a rollup.
contract TrainingL1_Announcements_Test is TrainingTest {
    function _deployTraining() internal override returns (ITraining) {
        return _deployTrainingRollup();
    }

    function test_announce_worker_succeeds() external {
        _begin();
        vm.expectEmit(address(training));
        emit ITrainingTypes.Announced(JOB, workers[1], _attempt(), 1, "content");
        vm.prank(workers[1]);
        training.announce(JOB, 1, "content");
    }
}
