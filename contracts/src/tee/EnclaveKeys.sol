// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../interfaces/IAIComputeRollup.sol";
import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";
import {EnclaveKey} from "../libraries/EnclaveKey.sol";
import {EnclaveSignature} from "../libraries/EnclaveSignature.sol";
import {Policies} from "./Policies.sol";

/// @notice Keys of secp256k1 that attested software holds, named by their addresses.
/// @dev An attestation is judged once, and its policy at every use: what the vendor said of the platform is kept, so that a
/// policy that ends or asks for more ends keys too.
abstract contract EnclaveKeys is Policies {
    mapping(address => Key) private _keys;
    mapping(address => EncryptionKey) private _encryptionKeys;

    /// @inheritdoc IEnclaveKeys
    function register(IAIComputeRollup.TEEAttestation calldata _attestation) external returns (address key_) {
        Key memory facts;
        (key_, facts) = judge(_attestation);
        Key storage known = _keys[key_];
        if (known.isRevoked) revert EnclaveKeys_Revoked(key_);
        if (!_isNewer(facts, known)) revert EnclaveKeys_NotNewer(known.attestedAt);
        KeyStatus status = _statusOf(known);
        bool isRenewal = known.policy == facts.policy && known.platform == facts.platform
            && (status == KeyStatus.Usable || status == KeyStatus.Waiting);
        if (isRenewal) facts.usableFrom = known.usableFrom;
        _keys[key_] = facts;
        emit KeyRegistered(key_, facts.policy, facts.platform, facts.usableFrom);
    }

    /// @inheritdoc IEnclaveKeys
    function revoke(address _key) external onlyGuardian {
        restrictedAt = uint40(block.timestamp);
        _revoke(_key);
    }

    /// @inheritdoc IEnclaveKeys
    function revokeByHolder(address _key, bytes calldata _signature) external {
        address signer = EnclaveSignature.recover(EnclaveSignature.revocationDigest(_key), _signature);
        if (signer == address(0) || signer != _key) revert EnclaveKeys_InvalidSignature();
        _revoke(_key);
    }

    /// @inheritdoc IEnclaveKeys
    /// @dev An earlier one that somebody sends again ends sooner, and so replaces nothing.
    function setEncryptionKey(address _key, EncryptionKey calldata _encryption, bytes calldata _signature) external {
        KeyStatus status = _statusOf(_keys[_key]);
        if (status != KeyStatus.Usable && status != KeyStatus.Waiting) revert EnclaveKeys_NotUsable(_key, status);
        uint40 known = _encryptionKeys[_key].notAfter;
        if (_encryption.notAfter <= known) revert EnclaveKeys_NotNewer(known);
        address signer = EnclaveSignature.recover(EnclaveSignature.encryptionKeyDigest(_key, _encryption), _signature);
        if (signer != _key) revert EnclaveKeys_InvalidSignature();
        _encryptionKeys[_key] = _encryption;
        emit EncryptionKeySet(_key, _encryption.publicKey, _encryption.notAfter);
    }

    /// @inheritdoc IEnclaveKeys
    function contradict(
        Statement calldata _first,
        bytes calldata _firstSignature,
        Statement calldata _second,
        bytes calldata _secondSignature
    ) external {
        if (_first.program != _second.program || _first.input != _second.input || _first.output == _second.output) revert EnclaveKeys_NoContradiction();
        address first = _usableSigner(_first, _firstSignature);
        address second = _usableSigner(_second, _secondSignature);
        (bytes32 policy, bytes32 other) = (_keys[first].policy, _keys[second].policy);
        (uint256 strength, uint256 otherStrength) = (_policies[policy].terms.strength, _policies[other].terms.strength);
        emit Contradiction(_first.program, _first.input, first, second);
        if (strength <= otherStrength) _endPolicy(policy);
        if (otherStrength <= strength && other != policy) _endPolicy(other);
    }

    /// @inheritdoc IEnclaveKeys
    function verifyTEEAttestation(IAIComputeRollup.TEEAttestation calldata _attestation) external view returns (bool) {
        try this.judge(_attestation) returns (address key, Key memory) {
            return !_keys[key].isRevoked;
        } catch {
            return false;
        }
    }

    /// @inheritdoc IEnclaveKeys
    function judge(IAIComputeRollup.TEEAttestation calldata _attestation)
        public
        view
        returns (address key_, Key memory facts_)
    {
        key_ = EnclaveKey.addressOf(_attestation.publicKey);
        if (key_ == address(0)) revert EnclaveKeys_InvalidPublicKey();
        Settings memory settings_ = settings();
        (bytes memory quote, bytes memory collateral) = EnclaveKey.unbundle(_attestation.quote);
        uint256 attestedAt = _requireFresh(_attestation.timestamp, settings_, _presentedAt(collateral));
        IAttestationVerifier.Attestation memory found = verifier().authenticate(quote, collateral);

        if (block.timestamp < found.validFrom || block.timestamp > found.validUntil) {
            revert EnclaveKeys_OutsideValidity(found.validFrom, found.validUntil);
        }
        if (found.measurement != _attestation.mrEnclave) revert EnclaveKeys_WrongMeasurement(found.measurement);
        if (found.signer != _attestation.mrSigner) revert EnclaveKeys_WrongSigner(found.signer);
        if (!EnclaveKey.isBound(found.reportData, _attestation.publicKey, _attestation.timestamp)) {
            revert EnclaveKeys_WrongReportData();
        }
        if (isDenied(found.platform)) revert EnclaveKeys_PlatformDenied(found.platform);
        facts_ = _factsOf(found, attestedAt, settings_.keyDelay);
        facts_.policy = _policyFor(found, facts_);
        if (facts_.policy == 0) revert EnclaveKeys_NoPolicy();
    }

    /// @inheritdoc IEnclaveKeys
    function encryptionKeyOf(address _key) external view returns (EncryptionKey memory) {
        return _encryptionKeys[_key];
    }

    /// @inheritdoc IEnclaveKeys
    function statusOf(address _key) external view returns (KeyStatus status_, IAttestationVerifier.Kind kind_) {
        return (_statusOf(_keys[_key]), _keys[_key].kind);
    }

    /// @inheritdoc IEnclaveKeys
    function usableSince(address _key) external view returns (IAttestationVerifier.Kind kind_, uint256 since_) {
        Key memory key = _keys[_key];
        if (_statusOf(key) != KeyStatus.Usable) return (key.kind, type(uint256).max);
        uint256 deniedUntil = _deniedUntil[key.platform];
        return (key.kind, deniedUntil > key.usableFrom ? deniedUntil : key.usableFrom);
    }

    /// @inheritdoc IEnclaveKeys
    function getKey(address _key) external view returns (Key memory) {
        return _keys[_key];
    }

    /// @dev A key that was never registered can be revoked too: nobody can register it then.
    function _revoke(address _key) private {
        _keys[_key].isRevoked = true;
        emit KeyRevoked(_key);
    }

    function _usableSigner(Statement calldata _statement, bytes calldata _signature)
        private
        view
        returns (address key_)
    {
        key_ = EnclaveSignature.recover(EnclaveSignature.statementDigest(_statement), _signature);
        KeyStatus status = _statusOf(_keys[key_]);
        if (key_ == address(0) || status != KeyStatus.Usable) revert EnclaveKeys_NotUsable(key_, status);
    }

    function _statusOf(Key memory _key) private view returns (KeyStatus) {
        if (_key.isRevoked) return KeyStatus.Revoked;
        if (_key.policy == 0) return KeyStatus.Unknown;
        uint256 until = uint256(_key.attestedAt) + settings().keyLifetime;
        if (block.timestamp > _key.validUntil || block.timestamp > until) return KeyStatus.Expired;
        if (isDenied(_key.platform)) return KeyStatus.PlatformDenied;
        Policy storage policy = _policies[_key.policy];
        // A policy that ended and was added again has none of its earlier keys.
        if (policy.usableFrom == 0 || _key.registeredAt < policy.usableFrom) return KeyStatus.PolicyEnded;
        if (!_accepts(policy.terms, _key)) return KeyStatus.PolicyRefuses;
        return block.timestamp < _key.usableFrom ? KeyStatus.Waiting : KeyStatus.Usable;
    }

    /// @dev The same attestation again shows nothing new, unless with collateral that holds longer: whoever saw it may have been
    /// first with some that was nearly over.
    function _isNewer(Key memory _facts, Key storage _known) private view returns (bool) {
        if (_facts.attestedAt != _known.attestedAt) return _facts.attestedAt > _known.attestedAt;
        return _facts.validUntil > _known.validUntil && _facts.evaluation >= _known.evaluation;
    }

    /// @dev When somebody had an attestation with this collateral checked: now, where that takes no time.
    function _presentedAt(bytes memory) internal view virtual returns (uint256) {
        return block.timestamp;
    }

    function _requireFresh(uint256 _timestamp, Settings memory _settings_, uint256 _presented)
        private
        pure
        returns (uint256 attestedAt_)
    {
        attestedAt_ = EnclaveKey.secondsOf(_timestamp);
        if (attestedAt_ > _presented + _settings_.maxLead) revert EnclaveKeys_FromFuture(attestedAt_);
        if (attestedAt_ + _settings_.maxAge < _presented) revert EnclaveKeys_Stale(attestedAt_);
    }

    function _factsOf(IAttestationVerifier.Attestation memory _found, uint256 _attestedAt, uint256 _keyDelay)
        private
        view
        returns (Key memory facts_)
    {
        uint256 validUntil = _found.validUntil;
        facts_.platform = _found.platform;
        facts_.kind = _found.kind;
        facts_.status = _found.status;
        facts_.weaknesses = _found.weaknesses;
        facts_.evaluation = _found.evaluation;
        facts_.attestedAt = uint40(_attestedAt);
        facts_.registeredAt = uint40(block.timestamp);
        facts_.usableFrom = uint40(block.timestamp + _keyDelay);
        facts_.validUntil = validUntil > type(uint40).max ? type(uint40).max : uint40(validUntil);
        facts_.svns = _found.svns;
        facts_.advisories = _found.advisories;
    }
}
