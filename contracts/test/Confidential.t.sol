// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../src/interfaces/IAIComputeRollup.sol";
import {IAttestationVerifier} from "../src/interfaces/IAttestationVerifier.sol";
import {IComputeMarket} from "../src/interfaces/IComputeMarket.sol";
import {IEnclaveKeys} from "../src/interfaces/IEnclaveKeys.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {BatchLib} from "../src/libraries/BatchLib.sol";
import {MarketFlags} from "../src/libraries/MarketFlags.sol";
import {AttestedTest} from "./utils/AttestedTest.sol";

/// @notice Tasks with sealed inputs, the same on both layers.
abstract contract ConfidentialTasks is AttestedTest {
    bytes32 internal constant SECRET_MODEL = keccak256("confidential model");
    bytes32 internal constant SECRET = keccak256("task with a sealed input");

    function setUp() public virtual override {
        super.setUp();
        _registerModel(SECRET_MODEL, MarketFlags.ATTESTATION | MarketFlags.CONFIDENTIAL, 0);
        _offerFor(SECRET_MODEL, SECRET);
    }

    function _said(bytes32 _program, bytes32 _output) internal view returns (IEnclaveKeys.Statement memory) {
        bytes32 input = _claimInput(SECRET_MODEL, INPUT);
        return IEnclaveKeys.Statement(address(market), SECRET, _program, input, _output);
    }

    /// @dev Opens, infers, seals.
    function _sealedProgram() internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("LUX_SEALED_PROGRAM_V1"), INFER));
    }

    function _deliver(bytes[] memory _with) internal {
        IAIComputeRollup.ComputeResult memory result = _attested(SECRET_MODEL, SECRET, _with);
        vm.prank(worker);
        market.submitComputeResult(result);
    }

    function _deliver() internal {
        _deliver(_signatures(_sign(SGX_KEY, _said(_sealedProgram(), OUTPUT))));
    }

    function _requireInvalid(uint8 _flags) internal {
        vm.expectRevert(abi.encodeWithSelector(IComputeMarket.ComputeMarket_InvalidModel.selector));
        vm.prank(modelOwner);
        market.registerModel(keccak256("m"), abi.encode(IComputeMarket.ModelTerms(_flags, 1e8, 0, "")));
    }

    function test_registerModel_otherEvidence_reverts() external {
        uint8 secret = MarketFlags.CONFIDENTIAL;
        _requireInvalid(secret);
        _requireInvalid(secret | MarketFlags.FAULT);
        _requireInvalid(secret | MarketFlags.FAULT | MarketFlags.ATTESTATION);
        _requireInvalid(secret | MarketFlags.VALIDITY | MarketFlags.ATTESTATION);
        _requireInvalid(secret | MarketFlags.ATTESTATION | MarketFlags.AGGREGATE_UPDATES);
    }

    function test_submitResult_attested_paid() external {
        _deliver();
        vm.assertEq(market.getTask(SECRET).progress.flags & MarketFlags.SEALED, MarketFlags.SEALED);
        _mine(1, MARKET_PERIOD);
        _finalize(SECRET);
        _requireStatus(SECRET, IComputeMarket.TaskStatus.Final);
        vm.assertEq(_balance(worker), 10 ether + LOCKED - FEE);
    }

    /// @dev A signature about the plain program is none about this one.
    function test_submitResult_plainProgram_reverts() external {
        bytes[] memory plain = _signatures(_sign(SGX_KEY, _said(INFER, OUTPUT)));
        IAIComputeRollup.ComputeResult memory result = _attested(SECRET_MODEL, SECRET, plain);
        vm.expectRevert();
        vm.prank(worker);
        market.submitComputeResult(result);
    }

    function test_submitResult_traceAlone_reverts() external {
        IAIComputeRollup.ComputeResult memory result = _result(SECRET, OUTPUT);
        result.zkProof = abi.encode(uint8(0), _claimInput(SECRET_MODEL, INPUT), "", "");
        vm.expectRevert(abi.encodeWithSelector(IComputeMarket.ComputeMarket_EvidenceNotAccepted.selector, uint8(0)));
        vm.prank(worker);
        market.submitComputeResult(result);
    }

    /// @dev A market that takes no fault proofs has sealed tasks all the same.
    function test_submitResult_noFaultModule_succeeds() external {
        vm.prank(market.governor());
        market.setEvidence(IEvidence.Kind.Fault, IEvidence(address(0)));
        _deliver();
        _requireStatus(SECRET, IComputeMarket.TaskStatus.Submitted);
    }

    /// @dev The program finds no input in a ciphertext; an honest worker must not be slashed for that.
    function test_challenge_anyProof_reverts() external {
        _deliver();
        _fund(challenger, 10 ether);
        bytes32 input = _claimInput(SECRET_MODEL, INPUT);
        for (uint8 kind; kind < 3; ++kind) {
            vm.expectRevert(abi.encodeWithSelector(IComputeMarket.ComputeMarket_EvidenceNotAccepted.selector, kind));
            vm.prank(challenger);
            market.challengeComputation(SECRET, abi.encode(kind, input, bytes32(0), "disproof"));
        }
    }

    function test_taskClaim_isAboutSealedProgram() external {
        _deliver();
        bytes32 input = _claimInput(SECRET_MODEL, INPUT);
        vm.assertEq(market.taskClaim(SECRET, input, BatchLib.traceCommitment("")).program, _sealedProgram());
    }

    /// @dev Nothing but the signature stands behind the result: when that falls, the requester gets all back, and nobody is slashed.
    function test_finalize_keyRevoked_refunds() external {
        uint256 before = _balance(requester);
        _deliver();
        vm.prank(guard);
        keys.revoke(vm.addr(SGX_KEY));
        _mine(1, MARKET_PERIOD - 1);
        _finalize(SECRET);
        _requireStatus(SECRET, IComputeMarket.TaskStatus.Submitted);
        _mine(1, 1);
        _finalize(SECRET);
        _requireStatus(SECRET, IComputeMarket.TaskStatus.Refunded);
        vm.assertEq(_balance(requester), before + LOCKED);
        vm.assertEq(market.getTaskResult(SECRET), bytes32(0));
        vm.assertFalse(market.getAccount(worker).isSlashed);
    }

    function test_finalize_policyEnded_refunds() external {
        _deliver();
        vm.prank(guard);
        keys.endPolicy(_policyOf(IAttestationVerifier.Kind.Sgx));
        _mine(1, MARKET_PERIOD);
        _finalize(SECRET);
        _requireStatus(SECRET, IComputeMarket.TaskStatus.Refunded);
    }

    /// @dev Another vendor that signed the same keeps it alive.
    function test_finalize_oneOfTwoRevoked_paid() external {
        IEnclaveKeys.Statement memory said = _said(_sealedProgram(), OUTPUT);
        _deliver(_signatures(_sign(SGX_KEY, said), _sign(SNP_KEY, said)));
        vm.prank(guard);
        keys.revoke(vm.addr(SGX_KEY));
        _mine(1, MARKET_PERIOD);
        _finalize(SECRET);
        _requireStatus(SECRET, IComputeMarket.TaskStatus.Final);
    }

    function test_finalize_noModule_refunds() external {
        _deliver();
        vm.prank(market.governor());
        market.setEvidence(IEvidence.Kind.Attestation, IEvidence(address(0)));
        _mine(1, MARKET_PERIOD);
        _finalize(SECRET);
        _requireStatus(SECRET, IComputeMarket.TaskStatus.Refunded);
    }

    /// @dev What a plain model's worker signs is about another program, so that the two never contradict each other.
    function test_contradict_plainAndSealed_reverts() external {
        (IEnclaveKeys.Statement memory plain, IEnclaveKeys.Statement memory secret) =
            (_said(INFER, OUTPUT), _said(_sealedProgram(), keccak256("other")));
        (bytes memory first, bytes memory second) = (_sign(SGX_KEY, plain), _sign(SNP_KEY, secret));
        vm.expectRevert(abi.encodeWithSelector(IEnclaveKeys.EnclaveKeys_NoContradiction.selector));
        keys.contradict(plain, first, secret, second);
    }

    /// @dev Sealed outputs are deterministic, so two of them do.
    function test_contradict_twoSealedOutputs_endsPolicies() external {
        (IEnclaveKeys.Statement memory first, IEnclaveKeys.Statement memory second) =
            (_said(_sealedProgram(), OUTPUT), _said(_sealedProgram(), keccak256("other")));
        keys.contradict(first, _sign(SGX_KEY, first), second, _sign(SNP_KEY, second));
        _requireStatus(vm.addr(SGX_KEY), IEnclaveKeys.KeyStatus.PolicyEnded);
    }
}

/// @notice Keys to encrypt to, in the registry.
abstract contract EncryptionKeys is AttestedTest {
    bytes32 internal constant PUBLIC = keccak256("x25519");

    function _encryptionKey(bytes32 _public, uint256 _notAfter)
        internal
        pure
        returns (IEnclaveKeys.EncryptionKey memory)
    {
        return IEnclaveKeys.EncryptionKey(_public, uint40(_notAfter));
    }

    function _named(uint256 _key, IEnclaveKeys.EncryptionKey memory _what) internal view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("LuxComputeMarket"),
                keccak256("1"),
                block.chainid,
                address(keys)
            )
        );
        bytes32 typeHash = keccak256("EncryptionKey(address key,bytes32 publicKey,uint256 notAfter)");
        bytes32 content = keccak256(abi.encode(typeHash, vm.addr(_key), _what.publicKey, uint256(_what.notAfter)));
        return _sign(_key, keccak256(abi.encodePacked(hex"1901", domain, content)));
    }

    function _set(uint256 _key, IEnclaveKeys.EncryptionKey memory _what) internal {
        keys.setEncryptionKey(vm.addr(_key), _what, _named(_key, _what));
    }

    function _refuse(uint256 _key, IEnclaveKeys.EncryptionKey memory _what, bytes memory _with, bytes memory _reason)
        internal
    {
        address key = vm.addr(_key);
        vm.expectRevert(_reason);
        keys.setEncryptionKey(key, _what, _with);
    }

    function test_setEncryptionKey_registered_succeeds() external {
        _set(SGX_KEY, _encryptionKey(PUBLIC, block.timestamp + 1 days));
        IEnclaveKeys.EncryptionKey memory found = keys.encryptionKeyOf(vm.addr(SGX_KEY));
        vm.assertEq(found.publicKey, PUBLIC);
        vm.assertEq(found.notAfter, block.timestamp + 1 days);
        vm.assertEq(keys.encryptionKeyOf(vm.addr(SNP_KEY)).publicKey, bytes32(0));
    }

    function test_setEncryptionKey_otherSigner_reverts() external {
        IEnclaveKeys.EncryptionKey memory own = _encryptionKey(PUBLIC, block.timestamp + 1 days);
        bytes memory invalid = abi.encodeWithSelector(IEnclaveKeys.EnclaveKeys_InvalidSignature.selector);
        bytes memory signature = _named(SGX_KEY, own);
        _refuse(SNP_KEY, own, signature, invalid);
        _refuse(SGX_KEY, own, "", invalid);
        _refuse(SGX_KEY, own, _malleated(signature), invalid);
        _refuse(SGX_KEY, _encryptionKey(keccak256("attacker"), own.notAfter), signature, invalid);
        _refuse(SGX_KEY, _encryptionKey(PUBLIC, own.notAfter + 1), signature, invalid);
        vm.chainId(block.chainid + 1);
        _refuse(SGX_KEY, own, signature, invalid);
    }

    function test_setEncryptionKey_replayed_reverts() external {
        IEnclaveKeys.EncryptionKey memory old = _encryptionKey(PUBLIC, block.timestamp + 1 days);
        bytes memory signature = _named(SGX_KEY, old);
        _set(SGX_KEY, old);
        _set(SGX_KEY, _encryptionKey(keccak256("next"), block.timestamp + 2 days));
        bytes memory reason =
            abi.encodeWithSelector(IEnclaveKeys.EnclaveKeys_NotNewer.selector, block.timestamp + 2 days);
        _refuse(SGX_KEY, old, signature, reason);
        vm.assertEq(keys.encryptionKeyOf(vm.addr(SGX_KEY)).publicKey, keccak256("next"));
    }

    function test_setEncryptionKey_notUsable_reverts() external {
        IEnclaveKeys.EncryptionKey memory own = _encryptionKey(PUBLIC, block.timestamp + 1 days);
        bytes4 selector = IEnclaveKeys.EnclaveKeys_NotUsable.selector;
        bytes memory unknown = abi.encodeWithSelector(selector, vm.addr(OTHER_SGX_KEY), IEnclaveKeys.KeyStatus.Unknown);
        _refuse(OTHER_SGX_KEY, own, _named(OTHER_SGX_KEY, own), unknown);
        vm.prank(guard);
        keys.revoke(vm.addr(SGX_KEY));
        bytes memory revoked = abi.encodeWithSelector(selector, vm.addr(SGX_KEY), IEnclaveKeys.KeyStatus.Revoked);
        _refuse(SGX_KEY, own, _named(SGX_KEY, own), revoked);
    }
}

contract ConfidentialTasksL1_Test is ConfidentialTasks {
    function _isOnL1() internal pure override returns (bool) {
        return true;
    }
}

contract ConfidentialTasksL2_Test is ConfidentialTasks {}

contract EncryptionKeysL1_Test is EncryptionKeys {
    function _isOnL1() internal pure override returns (bool) {
        return true;
    }
}

contract EncryptionKeysL2_Test is EncryptionKeys {}
