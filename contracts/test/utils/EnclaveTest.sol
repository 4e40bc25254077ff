// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../../src/interfaces/IAIComputeRollup.sol";
import {IAttestationEvidence} from "../../src/interfaces/IAttestationEvidence.sol";
import {IAttestationVerifier} from "../../src/interfaces/IAttestationVerifier.sol";
import {IEnclaveKeys} from "../../src/interfaces/IEnclaveKeys.sol";
import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {MarketFlags} from "../../src/libraries/MarketFlags.sol";
import {Predeploys} from "../../src/libraries/Predeploys.sol";
import {MarketTest} from "./MarketTest.sol";
import {Vm} from "./Vm.sol";

/// @notice Takes a quote that begins with zero for what it says, and wants the collateral that is named there.
contract AttestationVerifierDouble is IAttestationVerifier {
    error Forged();

    function authenticate(bytes calldata _quote, bytes calldata _collateral)
        external
        pure
        returns (Attestation memory attestation_)
    {
        if (_quote[0] != 0) revert Forged();
        bytes memory collateral;
        (attestation_, collateral) = abi.decode(_quote[1:], (Attestation, bytes));
        if (keccak256(collateral) != keccak256(_collateral)) revert Forged();
    }
}

/// @notice A market with enclaves: software `SOFTWARE` of every vendor, and keys that it holds.
abstract contract EnclaveTest is MarketTest {
    bytes32 internal constant SOFTWARE = keccak256("software");
    bytes32 internal constant SIGNER = keccak256("signer");
    bytes32 internal constant TEE_MODEL = keccak256("attested model");
    bytes32 internal constant QUORUM_MODEL = keccak256("model with a quorum");
    uint256 internal constant SGX_KEY = 0x51;
    uint256 internal constant TDX_KEY = 0x52;
    uint256 internal constant SNP_KEY = 0x53;
    uint256 internal constant OTHER_SGX_KEY = 0x54;
    uint256 internal constant POLICY_DELAY = 1 days;
    uint256 internal constant KEY_DELAY = 10 minutes;
    uint256 internal constant ATTESTED_PERIOD = 1 hours;

    IEnclaveKeys internal keys;
    IAttestationEvidence internal attestations;
    address internal guard = address(0xb005);

    function setUp() public virtual override {
        super.setUp();
        (keys, attestations) = _deployTee(address(new AttestationVerifierDouble()));
        vm.startPrank(market.governor(), market.governor());
        market.setEvidence(IEvidence.Kind.Attestation, attestations);
        keys.setGuardian(guard);
        // Shorter than the market's period here, so that a quorum shortens it.
        IEnclaveKeys.Settings memory settings = keys.settings();
        settings.attestedPeriod = uint32(ATTESTED_PERIOD);
        keys.setSettings(settings);
        keys.addPolicy(_software(IAttestationVerifier.Kind.Sgx), _terms());
        keys.addPolicy(_software(IAttestationVerifier.Kind.Tdx), _terms());
        keys.addPolicy(_software(IAttestationVerifier.Kind.Snp), _terms());
        vm.stopPrank();
        _registerModel(TEE_MODEL, MarketFlags.ATTESTATION, 0);
        _mine(1, POLICY_DELAY);
    }

    function _deployTee(address _verifier) internal virtual returns (IEnclaveKeys, IAttestationEvidence) {
        vm.etch(Predeploys.ATTESTATION_VERIFIER, _verifier.code);
        vm.etch(Predeploys.ENCLAVE_KEYS, _runtime("EnclaveKeysL2"));
        vm.etch(Predeploys.ATTESTATION_EVIDENCE, _runtime("AttestationEvidenceL2"));
        return (IEnclaveKeys(Predeploys.ENCLAVE_KEYS), IAttestationEvidence(Predeploys.ATTESTATION_EVIDENCE));
    }

    function _software(IAttestationVerifier.Kind _kind) internal pure returns (IEnclaveKeys.Software memory software_) {
        software_.kind = _kind;
        software_.measurement = SOFTWARE;
        software_.signer = SIGNER;
        software_.attributes = keccak256("attributes");
        software_.registers = new bytes32[](2);
        (software_.registers[0], software_.registers[1]) = (keccak256("rtmr0"), keccak256("rtmr1"));
    }

    /// @dev Takes what is up to date, and tolerates nothing.
    function _terms() internal pure returns (IEnclaveKeys.Terms memory terms_) {
        terms_.statuses = 1;
        terms_.strength = 5;
        terms_.minEvaluation = 17;
        terms_.minSvns = new uint64[](2);
        (terms_.minSvns[0], terms_.minSvns[1]) = (3, 4);
    }

    function _policyOf(IEnclaveKeys.Software memory _of, IEnclaveKeys.Terms memory _with)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(_of, _with));
    }

    function _policyOf(IAttestationVerifier.Kind _kind) internal pure returns (bytes32) {
        return _policyOf(_software(_kind), _terms());
    }

    /// @dev Just good enough for `_terms`.
    function _found(IAttestationVerifier.Kind _kind)
        internal
        view
        returns (IAttestationVerifier.Attestation memory found_)
    {
        IEnclaveKeys.Software memory software = _software(_kind);
        found_.kind = _kind;
        found_.evaluation = 17;
        found_.validFrom = uint64(block.timestamp - 1 days);
        found_.validUntil = uint64(block.timestamp + 60 days);
        found_.measurement = SOFTWARE;
        found_.signer = SIGNER;
        found_.attributes = software.attributes;
        found_.platform = keccak256(abi.encode("platform", _kind));
        found_.registers = software.registers;
        found_.svns = _terms().minSvns;
    }

    function _publicKey(uint256 _key) internal returns (bytes memory) {
        Vm.Wallet memory wallet = vm.createWallet(_key);
        return abi.encodePacked(wallet.publicKeyX, wallet.publicKeyY);
    }

    function _boundData(bytes memory _publicKeyBytes, uint256 _timestamp) internal pure returns (bytes memory) {
        return abi.encodePacked(
            keccak256(abi.encodePacked("LUX_TEE_KEY_V1", uint64(_timestamp), _publicKeyBytes)), bytes32(0)
        );
    }

    /// @dev An attestation of what was `_found`, bound to a key at a time.
    function _tee(uint256 _key, IAttestationVerifier.Attestation memory _what, uint256 _timestamp)
        internal
        returns (IAIComputeRollup.TEEAttestation memory)
    {
        bytes memory publicKey = _publicKey(_key);
        _what.reportData = _boundData(publicKey, _timestamp);
        return _unbound(publicKey, _what, _timestamp);
    }

    function _unbound(bytes memory _publicKeyBytes, IAttestationVerifier.Attestation memory _what, uint256 _timestamp)
        internal
        pure
        returns (IAIComputeRollup.TEEAttestation memory)
    {
        bytes memory quote = bytes.concat(hex"00", abi.encode(_what, bytes("")));
        return IAIComputeRollup.TEEAttestation(_what.measurement, _what.signer, _publicKeyBytes, quote, _timestamp);
    }

    function _tee(uint256 _key, IAttestationVerifier.Kind _kind)
        internal
        returns (IAIComputeRollup.TEEAttestation memory)
    {
        return _tee(_key, _found(_kind), block.timestamp);
    }

    /// @dev Registers a key and waits until it is usable.
    function _enroll(uint256 _key, IAttestationVerifier.Kind _kind) internal returns (address key_) {
        key_ = keys.register(_tee(_key, _kind));
        _mine(1, KEY_DELAY);
    }

    function _requireStatus(address _key, IEnclaveKeys.KeyStatus _status) internal view {
        (IEnclaveKeys.KeyStatus status,) = keys.statusOf(_key);
        vm.assertEq(uint256(status), uint256(_status));
    }

    function _statement(bytes32 _taskId, bytes32 _output) internal view returns (IEnclaveKeys.Statement memory) {
        return IEnclaveKeys.Statement(address(market), _taskId, INFER, _claimInput(TEE_MODEL, INPUT), _output);
    }

    /// @dev By hand, as an enclave does it.
    function _digest(IEnclaveKeys.Statement memory _of) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("LuxComputeMarket"),
                keccak256("1"),
                block.chainid,
                _of.market
            )
        );
        bytes32 typeHash = keccak256("AttestedResult(bytes32 taskId,bytes32 program,bytes32 input,bytes32 output)");
        bytes32 content = keccak256(abi.encode(typeHash, _of.taskId, _of.program, _of.input, _of.output));
        return keccak256(abi.encodePacked(hex"1901", domain, content));
    }

    /// @dev What a key signs to end itself.
    function _revocation(address _contract, address _revoked) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("LuxComputeMarket"),
                keccak256("1"),
                block.chainid,
                _contract
            )
        );
        bytes32 content = keccak256(abi.encode(keccak256("Revocation(address key)"), _revoked));
        return keccak256(abi.encodePacked(hex"1901", domain, content));
    }

    function _sign(uint256 _key, bytes32 _what) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_key, _what);
        return abi.encodePacked(r, s, v);
    }

    function _sign(uint256 _key, IEnclaveKeys.Statement memory _of) internal view returns (bytes memory) {
        return _sign(_key, _digest(_of));
    }

    /// @dev The other signature of the same key over the same digest.
    function _malleated(bytes memory _signature) internal pure returns (bytes memory) {
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        (bytes32 r, bytes32 s) = (bytes32(0), bytes32(0));
        assembly ("memory-safe") {
            r := mload(add(_signature, 32))
            s := mload(add(_signature, 64))
        }
        uint8 v = uint8(_signature[64]) == 27 ? 28 : 27;
        return abi.encodePacked(r, bytes32(order - uint256(s)), v);
    }

    function _offerFor(bytes32 _model, bytes32 _taskId) internal {
        IAIComputeRollup.ComputeTask memory task = _task(_taskId);
        task.modelHash = _model;
        vm.prank(requester);
        market.submitComputeTask(task);
    }

    function _attested(bytes32 _model, bytes32 _taskId, bytes[] memory _signatures)
        internal
        pure
        returns (IAIComputeRollup.ComputeResult memory result_)
    {
        result_ = _result(_taskId, OUTPUT);
        result_.zkProof = abi.encode(uint8(2), _claimInput(_model, INPUT), "", "", _signatures);
    }

    function _signatures(bytes memory _first) internal pure returns (bytes[] memory ret_) {
        ret_ = new bytes[](1);
        ret_[0] = _first;
    }

    function _signatures(bytes memory _first, bytes memory _second) internal pure returns (bytes[] memory ret_) {
        ret_ = new bytes[](2);
        (ret_[0], ret_[1]) = (_first, _second);
    }
}
