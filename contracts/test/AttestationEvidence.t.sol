// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../src/interfaces/IAIComputeRollup.sol";
import {IAttestationEvidence} from "../src/interfaces/IAttestationEvidence.sol";
import {IAttestationVerifier} from "../src/interfaces/IAttestationVerifier.sol";
import {IComputeMarket} from "../src/interfaces/IComputeMarket.sol";
import {IEnclaveKeys} from "../src/interfaces/IEnclaveKeys.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {BatchLib} from "../src/libraries/BatchLib.sol";
import {MarketFlags} from "../src/libraries/MarketFlags.sol";
import {AttestedTest} from "./utils/AttestedTest.sol";
import {EnclaveTest} from "./utils/EnclaveTest.sol";

/// @notice Results that enclaves signed, the same on both layers.
abstract contract AttestedResults is AttestedTest {
    function _refuse(bytes[] memory _with, bytes memory _reason) internal {
        IAIComputeRollup.ComputeResult memory result = _attested(TEE_MODEL, ID, _with);
        vm.expectRevert(_reason);
        vm.prank(worker);
        market.submitComputeResult(result);
    }

    function _refuseSigner(bytes memory _signature) internal {
        IAIComputeRollup.ComputeResult memory result = _attested(TEE_MODEL, ID, _signatures(_signature));
        vm.expectRevert();
        vm.prank(worker);
        market.submitComputeResult(result);
    }

    function _notUsable(address _key, IEnclaveKeys.KeyStatus _status) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAttestationEvidence.AttestationEvidence_NotUsable.selector, _key, _status);
    }

    /// @dev LP-500, "should verify TEE attestation".
    function test_verifyTEEAttestation_succeeds() external {
        IAIComputeRollup.TEEAttestation memory attestation = _tee(OTHER_SGX_KEY, IAttestationVerifier.Kind.Sgx);
        vm.assertTrue(market.verifyTEEAttestation(attestation));
        attestation.mrEnclave = keccak256("other");
        vm.assertFalse(market.verifyTEEAttestation(attestation));
    }

    /// @dev One vendor alone shortens nothing.
    function test_submit_oneVendor_fullPeriod() external {
        _submit(_signatures(_by(SGX_KEY)));
        vm.assertEq(attestations.finalFrom(address(market), ID), NEVER);
        _requireFinalAt(block.timestamp + MARKET_PERIOD);
    }

    function test_submit_quorum_shortPeriod() external {
        _submitQuorum();
        _requireFinalAt(block.timestamp + ATTESTED_PERIOD);
        vm.assertEq(_balance(worker), 10 ether + LOCKED - FEE);
    }

    /// @dev A quorum never makes a period longer.
    function test_submit_quorumLate_fullPeriod() external {
        _submit(_signatures(_by(SGX_KEY)));
        uint256 until = block.timestamp + MARKET_PERIOD;
        _mine(1, MARKET_PERIOD - 10);
        attestations.attest(address(market), ID, _signatures(_by(SNP_KEY)));
        _requireFinalAt(until);
    }

    function test_attest_formsQuorum_shortPeriod() external {
        _submit(_signatures(_by(SGX_KEY)));
        _mine(1, 2 hours);
        attestations.attest(address(market), ID, _signatures(_by(SNP_KEY)));
        _requireFinalAt(block.timestamp + ATTESTED_PERIOD);
    }

    function test_submit_nobodysSignature_reverts() external {
        _refuse(new bytes[](0), abi.encodeWithSelector(IComputeMarket.ComputeMarket_InvalidProof.selector));
        bytes memory invalid =
            abi.encodeWithSelector(IAttestationEvidence.AttestationEvidence_InvalidSignature.selector);
        _refuse(_signatures(""), invalid);
        _refuse(_signatures(new bytes(65)), invalid);
        _refuse(_signatures(bytes.concat(_by(SGX_KEY), hex"00")), invalid);
    }

    function test_submit_malleatedSignature_reverts() external {
        bytes memory invalid =
            abi.encodeWithSelector(IAttestationEvidence.AttestationEvidence_InvalidSignature.selector);
        _refuse(_signatures(_malleated(_by(SGX_KEY))), invalid);
        _refuse(_signatures(_by(SGX_KEY), _malleated(_by(SGX_KEY))), invalid);
    }

    function test_submit_unknownKey_reverts() external {
        address key = vm.addr(OTHER_SGX_KEY);
        _refuse(_signatures(_by(OTHER_SGX_KEY)), _notUsable(key, IEnclaveKeys.KeyStatus.Unknown));
        keys.register(_tee(OTHER_SGX_KEY, IAttestationVerifier.Kind.Sgx));
        _refuse(_signatures(_by(OTHER_SGX_KEY)), _notUsable(key, IEnclaveKeys.KeyStatus.Waiting));
        vm.prank(guard);
        keys.revoke(key);
        _refuse(_signatures(_by(OTHER_SGX_KEY)), _notUsable(key, IEnclaveKeys.KeyStatus.Revoked));
    }

    function test_submit_endedPolicy_reverts() external {
        vm.prank(guard);
        keys.endPolicy(_policyOf(IAttestationVerifier.Kind.Sgx));
        _refuse(_signatures(_by(SGX_KEY)), _notUsable(vm.addr(SGX_KEY), IEnclaveKeys.KeyStatus.PolicyEnded));
    }

    /// @dev A signature is about one task, market, chain, program, input and output.
    function test_submit_otherStatement_reverts() external {
        IEnclaveKeys.Statement memory said = _statement(keccak256("task2"), OUTPUT);
        _refuseSigner(_sign(SGX_KEY, said));
        _refuseSigner(_sign(SGX_KEY, _statement(ID, keccak256("other"))));
        said = _statement(ID, OUTPUT);
        said.market = address(this);
        _refuseSigner(_sign(SGX_KEY, said));
        said = _statement(ID, OUTPUT);
        said.program = keccak256("other");
        _refuseSigner(_sign(SGX_KEY, said));
        said = _statement(ID, OUTPUT);
        said.input = _claimInput(TEE_MODEL, keccak256("other"));
        _refuseSigner(_sign(SGX_KEY, said));
        bytes memory here = _by(SGX_KEY);
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        _refuseSigner(here);
        vm.chainId(chain);
        _submit(_signatures(here));
    }

    /// @dev SGX and TDX are both Intel's.
    function test_submit_sameVendorTwice_countsOnce() external {
        _submit(_signatures(_by(SGX_KEY), _by(TDX_KEY)));
        _requireSigners(1);
        vm.assertEq(attestations.finalFrom(address(market), ID), NEVER);
    }

    /// @dev Somebody was first with one of the signatures.
    function test_attest_sameVendor_isPassedOver() external {
        _submit(_signatures(_by(SGX_KEY)));
        attestations.attest(address(market), ID, _signatures(_by(SGX_KEY), _by(TDX_KEY)));
        _requireSigners(1);
        attestations.attest(address(market), ID, _signatures(_by(TDX_KEY), _by(SNP_KEY)));
        _requireSigners(2);
        _mine(1, 10);
        attestations.attest(address(market), ID, _signatures(_by(SNP_KEY)));
        _requireSigners(2);
        _requireFinalAt(block.timestamp - 10 + ATTESTED_PERIOD);
    }

    function _requireSigners(uint256 _count) private view {
        (,, address[] memory signers) = attestations.attestedBy(address(market), ID);
        vm.assertEq(signers.length, _count);
    }

    function test_attest_nothingAttested_reverts() external {
        bytes[] memory some = _signatures(_by(SGX_KEY));
        vm.expectRevert(IAttestationEvidence.AttestationEvidence_NotAttested.selector);
        attestations.attest(address(market), ID, some);
    }

    /// @dev What others tell the module is about themselves.
    function test_proves_otherCaller_isNotTheMarkets() external {
        _submitQuorum();
        IEvidence.Claim memory claim =
            IEvidence.Claim(INFER, _claimInput(TEE_MODEL, INPUT), keccak256("other"), 0, uint256(ID));
        IEnclaveKeys.Statement memory said = _statement(ID, keccak256("other"));
        said.market = address(this);
        vm.assertTrue(attestations.proves(claim, abi.encode(_signatures(_sign(SGX_KEY, said)))));
        vm.expectRevert(IAttestationEvidence.AttestationEvidence_AlreadyAttested.selector);
        attestations.proves(claim, abi.encode(_signatures(_sign(SGX_KEY, said))));
        (bytes32 digest, uint256 quorumAt, address[] memory signers) = attestations.attestedBy(address(market), ID);
        vm.assertEq(digest, _digest(_statement(ID, OUTPUT)));
        vm.assertEq(quorumAt, block.timestamp);
        vm.assertEq(signers.length, 2);
        vm.assertEq(signers[1], vm.addr(SNP_KEY));
    }

    function test_quorum_keyRevokedLater_fullPeriod() external {
        uint256 until = block.timestamp + MARKET_PERIOD;
        _submitQuorum();
        _mine(1, ATTESTED_PERIOD);
        vm.prank(guard);
        keys.revoke(vm.addr(SNP_KEY));
        _finalize(ID);
        _requireStatus(ID, IComputeMarket.TaskStatus.Submitted);
        _requireFinalAt(until);
    }

    function test_quorum_policyEndedLater_fullPeriod() external {
        uint256 until = block.timestamp + MARKET_PERIOD;
        _submitQuorum();
        _mine(1, ATTESTED_PERIOD);
        vm.prank(guard);
        keys.endPolicy(_policyOf(IAttestationVerifier.Kind.Snp));
        _requireFinalAt(until);
    }

    /// @dev A new quorum has its whole period before it.
    function test_quorum_replacedKey_startsAgain() external {
        _submitQuorum();
        _mine(1, ATTESTED_PERIOD);
        vm.prank(guard);
        keys.revoke(vm.addr(SGX_KEY));
        attestations.attest(address(market), ID, _signatures(_by(TDX_KEY)));
        _requireFinalAt(block.timestamp + ATTESTED_PERIOD);
    }

    function test_quorum_tooManyKeys_reverts() external {
        _submit(_signatures(_by(SNP_KEY)));
        for (uint256 i = 1; i <= 8; ++i) {
            address key = _enroll(1000 + i, IAttestationVerifier.Kind.Sgx);
            bytes[] memory one = _signatures(_by(1000 + i));
            if (i == 8) vm.expectRevert(IAttestationEvidence.AttestationEvidence_TooManyKeys.selector);
            attestations.attest(address(market), ID, one);
            vm.prank(guard);
            keys.revoke(key);
        }
    }

    function test_quorum_raised_fullPeriod() external {
        uint256 until = block.timestamp + MARKET_PERIOD;
        _submitQuorum();
        IEnclaveKeys.Settings memory settings = keys.settings();
        settings.quorum = 3;
        address governor_ = keys.governor();
        vm.prank(governor_);
        keys.setSettings(settings);
        _requireFinalAt(until);
    }

    function test_quorum_moduleRemoved_fullPeriod() external {
        uint256 until = block.timestamp + MARKET_PERIOD;
        _submitQuorum();
        address governor_ = market.governor();
        vm.prank(governor_);
        market.setEvidence(IEvidence.Kind.Attestation, IEvidence(address(0)));
        _requireFinalAt(until);
    }

    /// @dev A fault proof overrides any number of attestations.
    function test_challenge_quorum_disproves() external {
        _submitQuorum();
        (bytes32 input, bytes32 trace) = (_claimInput(TEE_MODEL, INPUT), BatchLib.traceCommitment(1, 1, 0));
        bytes memory proof = abi.encode(uint8(0), input, trace, abi.encode(market.taskClaim(ID, input, trace)));
        _mine(1, ATTESTED_PERIOD - 1);
        vm.prank(watcher);
        market.challengeComputation(ID, proof);
        _requireStatus(ID, IComputeMarket.TaskStatus.Disproved);
        vm.assertTrue(market.getAccount(worker).isSlashed);
        vm.assertEq(_balance(requester), 10 ether);
    }

    function test_challenge_afterQuorumsPeriod_reverts() external {
        _submitQuorum();
        (bytes32 input, bytes32 trace) = (_claimInput(TEE_MODEL, INPUT), BatchLib.traceCommitment(1, 1, 0));
        bytes memory proof = abi.encode(uint8(0), input, trace, abi.encode(market.taskClaim(ID, input, trace)));
        _mine(1, ATTESTED_PERIOD);
        vm.expectRevert(abi.encodeWithSelector(IComputeMarket.ComputeMarket_TooLate.selector, block.timestamp));
        vm.prank(watcher);
        market.challengeComputation(ID, proof);
    }

    /// @dev Attestations of another output disprove nothing.
    function test_challenge_byAttestation_reverts() external {
        _submit(_signatures(_by(SGX_KEY)));
        bytes memory proof =
            abi.encode(uint8(2), _claimInput(TEE_MODEL, INPUT), BatchLib.traceCommitment(1, 1, 0), bytes(""));
        vm.expectRevert(abi.encodeWithSelector(IComputeMarket.ComputeMarket_EvidenceNotAccepted.selector, uint8(2)));
        vm.prank(watcher);
        market.challengeComputation(ID, proof);
    }

    function test_submit_modelWithoutAttestations_reverts() external {
        bytes32 other = keccak256("task2");
        _offer(other);
        IAIComputeRollup.ComputeResult memory result = _attested(MODEL, other, _signatures(_by(SGX_KEY)));
        vm.expectRevert(abi.encodeWithSelector(IComputeMarket.ComputeMarket_EvidenceNotAccepted.selector, uint8(2)));
        vm.prank(worker);
        market.submitComputeResult(result);
    }

    function test_submit_withoutAttestation_reverts() external {
        IAIComputeRollup.ComputeResult memory result = _result(ID, OUTPUT);
        result.zkProof = abi.encode(uint8(0), _claimInput(TEE_MODEL, INPUT), "", "");
        vm.expectRevert(abi.encodeWithSelector(IComputeMarket.ComputeMarket_EvidenceNotAccepted.selector, uint8(0)));
        vm.prank(worker);
        market.submitComputeResult(result);
    }

    /// @dev What nothing could disprove is not taken.
    function test_submit_noFaultProofs_reverts() external {
        address governor_ = market.governor();
        vm.prank(governor_);
        market.setEvidence(IEvidence.Kind.Fault, IEvidence(address(0)));
        _refuse(
            _signatures(_by(SGX_KEY), _by(SNP_KEY)),
            abi.encodeWithSelector(IComputeMarket.ComputeMarket_EvidenceNotAccepted.selector, uint8(2))
        );
    }

    function test_submit_malformedTrace_reverts() external {
        IAIComputeRollup.ComputeResult memory result = _attested(TEE_MODEL, ID, _signatures(_by(SGX_KEY)));
        bytes[] memory signatures = _signatures(_by(SGX_KEY));
        result.zkProof = abi.encode(uint8(2), _claimInput(TEE_MODEL, INPUT), "trace", "", signatures);
        vm.expectRevert(BatchLib.BatchLib_MalformedTrace.selector);
        vm.prank(worker);
        market.submitComputeResult(result);
        result.zkProof = abi.encode(uint8(2), _claimInput(TEE_MODEL, INPUT), new bytes(65_545), "", signatures);
        vm.expectRevert(IComputeMarket.ComputeMarket_TraceTooLarge.selector);
        vm.prank(worker);
        market.submitComputeResult(result);
    }

    function test_submit_modelWithQuorum_succeeds() external {
        _registerModel(QUORUM_MODEL, MarketFlags.ATTESTATION | MarketFlags.QUORUM, 0);
        bytes32 id = keccak256("task2");
        _offerFor(QUORUM_MODEL, id);
        IEnclaveKeys.Statement memory said = _statement(id, OUTPUT);
        said.input = _claimInput(QUORUM_MODEL, INPUT);
        bytes memory first = _sign(SGX_KEY, said);
        IAIComputeRollup.ComputeResult memory result = _attested(QUORUM_MODEL, id, _signatures(first));
        vm.expectRevert(IComputeMarket.ComputeMarket_InvalidProof.selector);
        vm.prank(worker);
        market.submitComputeResult(result);
        result = _attested(QUORUM_MODEL, id, _signatures(first, _sign(SNP_KEY, said)));
        vm.prank(worker);
        market.submitComputeResult(result);
        vm.assertEq(market.getTaskResult(id), OUTPUT);
        vm.assertEq(market.finalAt(id), block.timestamp + ATTESTED_PERIOD);
    }
}

contract AttestationEvidence_L2_Test is AttestedResults {}

contract AttestationEvidence_L1_Test is AttestedResults {
    function _isOnL1() internal pure override returns (bool) {
        return true;
    }

    function test_registry_isTheRollups() external view {
        vm.assertEq(keys.governor(), core.owner());
        vm.assertEq(address(attestations.keys()), address(keys));
    }
}

contract EnclaveKeys_Contradict_Test is EnclaveTest {
    bytes32 private constant OTHER = keccak256("another output");

    function setUp() public override {
        super.setUp();
        _enroll(SGX_KEY, IAttestationVerifier.Kind.Sgx);
        _enroll(SNP_KEY, IAttestationVerifier.Kind.Snp);
        _enroll(OTHER_SGX_KEY, IAttestationVerifier.Kind.Sgx);
    }

    /// @dev The first key says `OUTPUT`, the second something else, about two tasks with the same input.
    function _said() private view returns (IEnclaveKeys.Statement memory, IEnclaveKeys.Statement memory) {
        return (_statement(keccak256("task1"), OUTPUT), _statement(keccak256("task2"), OTHER));
    }

    function _contradict(uint256 _first, uint256 _second) private {
        (IEnclaveKeys.Statement memory first, IEnclaveKeys.Statement memory second) = _said();
        keys.contradict(first, _sign(_first, first), second, _sign(_second, second));
    }

    function _weaken(IAttestationVerifier.Kind _kind) private {
        IEnclaveKeys.Terms memory terms = _terms();
        terms.strength = 4;
        vm.prank(guard);
        keys.tightenPolicy(_policyOf(_kind), terms);
    }

    function _refuse(IEnclaveKeys.Statement memory _first, IEnclaveKeys.Statement memory _second) private {
        bytes memory signature = _sign(SGX_KEY, _first);
        bytes memory other = _sign(SNP_KEY, _second);
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_NoContradiction.selector);
        keys.contradict(_first, signature, _second, other);
    }

    function test_contradict_weaker_ends() external {
        _weaken(IAttestationVerifier.Kind.Sgx);
        _contradict(SGX_KEY, SNP_KEY);
        _requireStatus(vm.addr(SGX_KEY), IEnclaveKeys.KeyStatus.PolicyEnded);
        _requireStatus(vm.addr(OTHER_SGX_KEY), IEnclaveKeys.KeyStatus.PolicyEnded);
        _requireStatus(vm.addr(SNP_KEY), IEnclaveKeys.KeyStatus.Usable);
    }

    function test_contradict_weakerSecond_ends() external {
        _weaken(IAttestationVerifier.Kind.Snp);
        _contradict(SGX_KEY, SNP_KEY);
        _requireStatus(vm.addr(SGX_KEY), IEnclaveKeys.KeyStatus.Usable);
        _requireStatus(vm.addr(SNP_KEY), IEnclaveKeys.KeyStatus.PolicyEnded);
    }

    function test_contradict_equal_bothEnd() external {
        _contradict(SGX_KEY, SNP_KEY);
        _requireStatus(vm.addr(SGX_KEY), IEnclaveKeys.KeyStatus.PolicyEnded);
        _requireStatus(vm.addr(SNP_KEY), IEnclaveKeys.KeyStatus.PolicyEnded);
    }

    function test_contradict_samePolicy_ends() external {
        _contradict(SGX_KEY, OTHER_SGX_KEY);
        _requireStatus(vm.addr(SGX_KEY), IEnclaveKeys.KeyStatus.PolicyEnded);
        _requireStatus(vm.addr(SNP_KEY), IEnclaveKeys.KeyStatus.Usable);
    }

    function test_contradict_noContradiction_reverts() external {
        (IEnclaveKeys.Statement memory first, IEnclaveKeys.Statement memory second) = _said();
        second.output = OUTPUT;
        _refuse(first, second);
        (first, second) = _said();
        second.input = _claimInput(MODEL, INPUT);
        _refuse(first, second);
        (first, second) = _said();
        second.program = keccak256("other");
        _refuse(first, second);
    }

    function test_contradict_notUsable_reverts() external {
        vm.prank(guard);
        keys.revoke(vm.addr(SGX_KEY));
        (IEnclaveKeys.Statement memory first, IEnclaveKeys.Statement memory second) = _said();
        bytes memory signature = _sign(SGX_KEY, first);
        bytes memory other = _sign(SNP_KEY, second);
        bytes memory reason = abi.encodeWithSelector(
            IEnclaveKeys.EnclaveKeys_NotUsable.selector, vm.addr(SGX_KEY), IEnclaveKeys.KeyStatus.Revoked
        );
        vm.expectRevert(reason);
        keys.contradict(first, signature, second, other);
        (signature, other) = (_sign(SGX_KEY, second), _sign(SNP_KEY, first));
        vm.expectRevert(reason);
        keys.contradict(first, other, second, signature);
    }

    /// @dev What was signed for another chain, or not at all, ends nothing.
    function test_contradict_otherSignature_reverts() external {
        (IEnclaveKeys.Statement memory first, IEnclaveKeys.Statement memory second) = _said();
        bytes memory signature = _sign(SGX_KEY, first);
        bytes memory other = _sign(SNP_KEY, second);
        vm.expectRevert();
        keys.contradict(first, _malleated(signature), second, other);
        vm.expectRevert();
        keys.contradict(first, "", second, other);
        vm.chainId(block.chainid + 1);
        vm.expectRevert();
        keys.contradict(first, signature, second, other);
    }

    /// @dev A result that rests on what ended has the full period again.
    function test_contradict_afterQuorum_fullPeriod() external {
        bytes32 id = keccak256("task1");
        _offerFor(TEE_MODEL, id);
        IEnclaveKeys.Statement memory said = _statement(id, OUTPUT);
        bytes[] memory both = _signatures(_sign(SGX_KEY, said), _sign(SNP_KEY, said));
        IAIComputeRollup.ComputeResult memory result = _attested(TEE_MODEL, id, both);
        vm.prank(worker);
        market.submitComputeResult(result);
        vm.assertEq(market.finalAt(id), block.timestamp + ATTESTED_PERIOD);
        _contradict(SGX_KEY, OTHER_SGX_KEY);
        vm.assertEq(market.finalAt(id), block.timestamp + MARKET_PERIOD);
    }
}
