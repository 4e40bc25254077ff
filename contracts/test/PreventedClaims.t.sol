// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "../src/interfaces/IAttestationVerifier.sol";
import {IComputeMarket} from "../src/interfaces/IComputeMarket.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {MarketFlags} from "../src/libraries/MarketFlags.sol";
import {AttestedTest} from "./utils/AttestedTest.sol";

/// @notice Claims of tasks that nobody can deliver any more, the same on both layers.
abstract contract PreventedClaims is AttestedTest {
    bytes32 private constant OTHER_ID = keccak256("task2");

    function setUp() public virtual override {
        super.setUp();
        // What happened before is older than a window.
        _mine(1, WINDOW);
    }

    /// @dev The window is over without a result; whether the bond went back to the worker.
    function _bondComesBack(bytes32 _id) private returns (bool) {
        (uint256 ofWorker, uint256 ofRequester) = (_balance(worker), _balance(requester));
        _mine(1, WINDOW + 1);
        market.refundTask(_id);
        _requireStatus(_id, IComputeMarket.TaskStatus.Refunded);
        uint256 returned = _balance(worker) - ofWorker;
        vm.assertEq(_balance(requester) - ofRequester + returned, LOCKED + CLAIM_BOND);
        return returned == CLAIM_BOND;
    }

    function _endPolicy() private {
        vm.prank(guard);
        keys.endPolicy(_policyOf(IAttestationVerifier.Kind.Sgx));
    }

    function _remove(IEvidence.Kind _kind) private {
        address governor_ = market.governor();
        vm.prank(governor_);
        market.setEvidence(_kind, IEvidence(address(0)));
    }

    function test_refund_policyEnded_returnsBond() external {
        _claim(worker, ID);
        _mine(1, WINDOW - 1);
        _endPolicy();
        vm.assertTrue(_bondComesBack(ID));
    }

    function test_refund_policyEndedBefore_takesBond() external {
        _endPolicy();
        _mine(1, 1);
        _claim(worker, ID);
        vm.assertFalse(_bondComesBack(ID));
    }

    function test_refund_nothingEnded_takesBond() external {
        _claim(worker, ID);
        vm.assertFalse(_bondComesBack(ID));
    }

    /// @dev Whoever holds a key, of which anybody can make some, gets nothing back by ending it.
    function test_refund_holderRevoked_takesBond() external {
        _claim(worker, ID);
        keys.revokeByHolder(vm.addr(SGX_KEY), _sign(SGX_KEY, _revocation(address(keys), vm.addr(SGX_KEY))));
        vm.assertFalse(_bondComesBack(ID));
    }

    /// @dev A result without enclaves would have been taken.
    function test_refund_otherEvidence_takesBond() external {
        _registerModel(keccak256("either"), MarketFlags.ATTESTATION | MarketFlags.FAULT, 0);
        _offerFor(keccak256("either"), OTHER_ID);
        _claim(worker, OTHER_ID);
        _endPolicy();
        vm.assertFalse(_bondComesBack(OTHER_ID));
    }

    function test_refund_validityProofs_takesBond() external {
        _registerModel(keccak256("proved"), MarketFlags.ATTESTATION | MarketFlags.VALIDITY, 0);
        _offerFor(keccak256("proved"), OTHER_ID);
        _claim(worker, OTHER_ID);
        _endPolicy();
        _remove(IEvidence.Kind.Fault);
        vm.assertFalse(_bondComesBack(OTHER_ID));
    }

    /// @dev Neither attestations nor traces are taken without fault proofs.
    function test_refund_noFaultProofs_returnsBond() external {
        _offer(OTHER_ID);
        _claim(worker, OTHER_ID);
        _claim(worker, ID);
        _remove(IEvidence.Kind.Fault);
        vm.assertTrue(_bondComesBack(ID));
        vm.assertTrue(_bondComesBack(OTHER_ID));
    }

    function test_refund_noAttestations_returnsBond() external {
        _offer(OTHER_ID);
        _claim(worker, OTHER_ID);
        _claim(worker, ID);
        _remove(IEvidence.Kind.Attestation);
        vm.assertTrue(_bondComesBack(ID));
        vm.assertFalse(_bondComesBack(OTHER_ID));
    }

    /// @dev Who was slashed has nothing to come back.
    function test_refund_slashed_takesBond() external {
        _claim(worker, ID);
        _offer(OTHER_ID);
        _answer(worker, OTHER_ID, OUTPUT);
        _disprove(watcher, OTHER_ID);
        _endPolicy();
        vm.assertFalse(_bondComesBack(ID));
    }
}

contract PreventedClaims_L2_Test is PreventedClaims {}

contract PreventedClaims_L1_Test is PreventedClaims {
    function _isOnL1() internal pure override returns (bool) {
        return true;
    }
}
