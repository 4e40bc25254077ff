// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../src/interfaces/IAIComputeRollup.sol";
import {IAttestationVerifier} from "../src/interfaces/IAttestationVerifier.sol";
import {IEnclaveKeys} from "../src/interfaces/IEnclaveKeys.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {IQuoteClaims} from "../src/interfaces/IQuoteClaims.sol";
import {BatchLib} from "../src/libraries/BatchLib.sol";
import {RootTest} from "./utils/RootTest.sol";

/// @notice `BatchLib` on memory.
contract Committer {
    function commitment(bytes calldata _bytes) external pure returns (bytes32) {
        return BatchLib.commitment(_bytes);
    }
}

/// @notice Attestations that come to L1 as claims.
contract QuoteClaims_Test is RootTest {
    uint256 private constant QUOTE_BOND = 2 ether;
    uint256 private constant QUOTE_PERIOD = 3 days;
    uint256 private constant OTHER_SNP_KEY = 0x55;
    bytes32 private constant PROGRAM = keccak256("verify-quote");
    bytes32 private constant ROOTS = keccak256("roots");

    IQuoteClaims private _quotes;
    IAIComputeRollup.TEEAttestation private _attestation;
    bytes private _said;

    function setUp() public override {
        super.setUp();
        _quotes = IQuoteClaims(
            _create(
                "QuoteClaims", abi.encode(core, keys.verifier(), disputes, PROGRAM, ROOTS, QUOTE_PERIOD, QUOTE_BOND)
            )
        );
        vm.prank(governor);
        keys.setVerifier(_quotes);
        _mine(1, POLICY_DELAY);
        IAttestationVerifier.Attestation memory found = _found(IAttestationVerifier.Kind.Snp);
        _attestation = _tee(OTHER_SNP_KEY, found, block.timestamp);
        _said = abi.encode(found);
        vm.deal(alice, 100 ether);
        vm.deal(bob, 100 ether);
    }

    function _claimIt() private returns (uint256) {
        vm.prank(alice);
        return _quotes.claim{value: QUOTE_BOND}(block.timestamp, "quote", "collateral", _said, "");
    }

    function _registration(uint256 _id, bytes memory _text)
        private
        view
        returns (IAIComputeRollup.TEEAttestation memory with_)
    {
        with_ = _attestation;
        with_.quote = abi.encode("", abi.encode(_id, _text));
    }

    function _refuseRegistration(uint256 _id, bytes4 _reason) private {
        IAIComputeRollup.TEEAttestation memory with = _registration(_id, _said);
        vm.expectRevert(_reason);
        keys.register(with);
    }

    function _challenge(uint256 _id, bytes memory _with, uint256 _value) private {
        vm.prank(bob);
        _quotes.challenge{value: _value}(_id, _with);
    }

    function test_claim_isWhatTheProgramAnswers() external {
        Committer committer = new Committer();
        uint256 id = _claimIt();
        IEvidence.Claim memory claim = _quotes.evidenceClaim(id);
        vm.assertEq(claim.program, PROGRAM);
        vm.assertEq(
            claim.input,
            keccak256(
                abi.encode(block.timestamp, ROOTS, committer.commitment("quote"), committer.commitment("collateral"))
            )
        );
        vm.assertEq(claim.output, keccak256(_said));
        vm.assertEq(claim.trace, BatchLib.traceCommitment(""));
        vm.assertEq(claim.claimedAt, id);
    }

    /// @dev The attestation is as fresh as it was when it was claimed, and the key as old as its attestation.
    function test_register_afterPeriod_succeeds() external {
        uint256 attestedAt = block.timestamp;
        uint256 id = _claimIt();
        _refuseRegistration(id, IQuoteClaims.QuoteClaims_NotFinal.selector);
        _mine(1, QUOTE_PERIOD - 1);
        _refuseRegistration(id, IQuoteClaims.QuoteClaims_NotFinal.selector);
        _mine(1, 1);
        IAIComputeRollup.TEEAttestation memory with = _registration(id, _said);
        vm.assertTrue(keys.verifyTEEAttestation(with));
        address key = keys.register(with);
        vm.assertEq(key, vm.addr(OTHER_SNP_KEY));
        vm.assertEq(keys.getKey(key).attestedAt, attestedAt);
        _requireStatus(key, IEnclaveKeys.KeyStatus.Waiting);
        _mine(1, KEY_DELAY);
        _requireStatus(key, IEnclaveKeys.KeyStatus.Usable);
    }

    /// @dev Of two vendors, one by a quote that L1 checks itself and one by a claim.
    function test_quorum_withClaim_succeeds() external {
        uint256 id = _claimIt();
        _mine(1, QUOTE_PERIOD);
        keys.register(_registration(id, _said));
        _enroll(OTHER_SGX_KEY, IAttestationVerifier.Kind.Sgx);
        uint256 batch = _claimBatch();
        _attestRoot(batch, OTHER_SGX_KEY);
        vm.assertEq(settings.attestedUntil(batch), NEVER);
        _attestRoot(batch, OTHER_SNP_KEY);
        vm.assertEq(core.finalAt(batch), block.timestamp + ROOT_PERIOD);
    }

    function test_register_otherAnswer_reverts() external {
        uint256 id = _claimIt();
        _mine(1, QUOTE_PERIOD);
        IAttestationVerifier.Attestation memory other = _found(IAttestationVerifier.Kind.Tdx);
        IAIComputeRollup.TEEAttestation memory with = _registration(id, abi.encode(other));
        vm.expectRevert(IQuoteClaims.QuoteClaims_WrongAnswer.selector);
        keys.register(with);
        with = _registration(id, _said);
        with.quote = abi.encode("quote", abi.encode(id, _said));
        vm.expectRevert(IQuoteClaims.QuoteClaims_WrongAnswer.selector);
        keys.register(with);
        with = _registration(id, _said);
        with.timestamp += 1;
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_WrongReportData.selector);
        keys.register(with);
        with = _registration(id + 1, _said);
        vm.expectRevert();
        keys.register(with);
    }

    /// @dev Nobody gets around the collateral that L1 has.
    function test_register_intelByClaim_reverts() external {
        IAttestationVerifier.Attestation memory found = _found(IAttestationVerifier.Kind.Sgx);
        _attestation = _tee(OTHER_SGX_KEY, found, block.timestamp);
        _said = abi.encode(found);
        uint256 id = _claimIt();
        _mine(1, QUOTE_PERIOD);
        _refuseRegistration(id, IQuoteClaims.QuoteClaims_WrongAnswer.selector);
    }

    function test_register_staleWhenClaimed_reverts() external {
        _mine(1, 1 hours + 1);
        uint256 id = _claimIt();
        _mine(1, QUOTE_PERIOD);
        IAIComputeRollup.TEEAttestation memory with = _registration(id, _said);
        vm.expectRevert(abi.encodeWithSelector(IEnclaveKeys.EnclaveKeys_Stale.selector, _attestation.timestamp));
        keys.register(with);
    }

    function test_claim_bounds_reverts() external {
        vm.startPrank(alice, alice);
        vm.expectRevert(abi.encodeWithSelector(IQuoteClaims.QuoteClaims_WrongBond.selector, QUOTE_BOND));
        _quotes.claim{value: QUOTE_BOND - 1}(block.timestamp, "", "", "", "");
        vm.expectRevert(IQuoteClaims.QuoteClaims_WrongTime.selector);
        _quotes.claim{value: QUOTE_BOND}(block.timestamp + 1, "", "", "", "");
        vm.expectRevert(IQuoteClaims.QuoteClaims_WrongTime.selector);
        _quotes.claim{value: QUOTE_BOND}(block.timestamp - 1 hours - 1, "", "", "", "");
        vm.expectRevert(IQuoteClaims.QuoteClaims_TooLarge.selector);
        _quotes.claim{value: QUOTE_BOND}(block.timestamp, new bytes(32_769), "", "", "");
        vm.expectRevert(BatchLib.BatchLib_MalformedTrace.selector);
        _quotes.claim{value: QUOTE_BOND}(block.timestamp, "", "", "", "trace");
        vm.stopPrank();
    }

    function test_disproved_neverRegisters_bondIsShared() external {
        uint256 id = _claimIt();
        _challenge(id, abi.encode(_quotes.evidenceClaim(id)), 0);
        vm.assertEq(_quotes.balanceOf(bob), QUOTE_BOND / 2);
        vm.assertEq(_quotes.balanceOf(treasury), QUOTE_BOND / 2);
        _mine(1, 100 * QUOTE_PERIOD);
        _refuseRegistration(id, IQuoteClaims.QuoteClaims_NotFinal.selector);
        vm.expectRevert(IQuoteClaims.QuoteClaims_Nothing.selector);
        _quotes.reclaim(id, alice);
        bytes memory again = abi.encode(_quotes.evidenceClaim(id));
        vm.expectRevert(IQuoteClaims.QuoteClaims_NotOpen.selector);
        _challenge(id, again, 0);
        uint256 before = bob.balance;
        _quotes.withdraw(bob);
        vm.assertEq(bob.balance, before + QUOTE_BOND / 2);
        vm.expectRevert(IQuoteClaims.QuoteClaims_Nothing.selector);
        _quotes.withdraw(bob);
    }

    function test_challenge_nothingShown_reverts() external {
        uint256 id = _claimIt();
        vm.expectRevert(IQuoteClaims.QuoteClaims_InvalidProof.selector);
        _challenge(id, "nothing", 0);
        bytes memory proof = abi.encode(_quotes.evidenceClaim(id));
        vm.expectRevert(abi.encodeWithSelector(IQuoteClaims.QuoteClaims_WrongBond.selector, QUOTE_BOND));
        _challenge(id, proof, 1);
        vm.expectRevert(abi.encodeWithSelector(IQuoteClaims.QuoteClaims_WrongBond.selector, QUOTE_BOND));
        _challenge(id, "ask", 0);
        _mine(1, QUOTE_PERIOD);
        vm.expectRevert(IQuoteClaims.QuoteClaims_NotOpen.selector);
        _challenge(id, proof, 0);
        vm.expectRevert(IQuoteClaims.QuoteClaims_NotOpen.selector);
        _challenge(id + 1, proof, 0);
    }

    function test_disputed_waits() external {
        uint256 id = _claimIt();
        _challenge(id, "ask", QUOTE_BOND);
        _mine(1, 10 * QUOTE_PERIOD);
        _refuseRegistration(id, IQuoteClaims.QuoteClaims_NotFinal.selector);
        vm.expectRevert(IQuoteClaims.QuoteClaims_NotFinal.selector);
        _quotes.reclaim(id, alice);
        vm.expectRevert(IQuoteClaims.QuoteClaims_NotClaimant.selector);
        _quotes.revealTrace(id, 0, "");
        vm.prank(alice);
        _quotes.revealTrace(id, 0, "");
        disputes.answer(block.timestamp + 1);
        _refuseRegistration(id, IQuoteClaims.QuoteClaims_NotFinal.selector);
        _mine(1, 1);
        _quotes.reclaim(id, alice);
        vm.assertEq(_quotes.balanceOf(alice), QUOTE_BOND);
        vm.expectRevert(IQuoteClaims.QuoteClaims_Nothing.selector);
        _quotes.reclaim(id, alice);
    }

    /// @dev Whoever asked gets the bond back where the claim was false, and loses it once where it was not.
    function test_challengersBond_followsTheClaim() external {
        uint256 id = _claimIt();
        _challenge(id, "ask", QUOTE_BOND);
        _challenge(id, abi.encode(_quotes.evidenceClaim(id)), 0);
        _quotes.reclaim(id, bob);
        vm.assertEq(_quotes.balanceOf(bob), QUOTE_BOND + QUOTE_BOND / 2);
        vm.expectRevert(IQuoteClaims.QuoteClaims_Nothing.selector);
        _quotes.reclaim(id, bob);
        vm.expectRevert(IQuoteClaims.QuoteClaims_Nothing.selector);
        _quotes.slashFailedChallenger(id, 0);

        id = _claimIt();
        _challenge(id, "ask", QUOTE_BOND);
        disputes.answer(block.timestamp);
        disputes.fail(bob);
        _quotes.slashFailedChallenger(id, 0);
        vm.assertEq(_quotes.balanceOf(alice), QUOTE_BOND / 2);
        vm.expectRevert(IQuoteClaims.QuoteClaims_Nothing.selector);
        _quotes.slashFailedChallenger(id, 0);
        _mine(1, QUOTE_PERIOD);
        _quotes.reclaim(id, alice);
        vm.assertEq(address(_quotes).balance, 2 * QUOTE_BOND + 2 * QUOTE_BOND);
        uint256 owed = _quotes.balanceOf(alice) + _quotes.balanceOf(bob) + _quotes.balanceOf(treasury);
        vm.assertEq(owed, address(_quotes).balance);
    }
}
