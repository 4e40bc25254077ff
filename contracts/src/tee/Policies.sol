// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";

/// @notice What software on what platforms is believed. To believe more takes the governor and a delay; to believe less takes
/// the guardian and has effect at once. Zero stands for the defaults, so that it needs no initialisation on either layer.
/// @dev Until the first policy nothing rests on settings and verifier, so that they need no delay.
abstract contract Policies is IEnclaveKeys {
    struct Policy {
        Software software;
        Terms terms;
        /// @dev Zero: there is none, or it has ended.
        uint40 usableFrom;
    }

    /// @dev Of registers, numbers, advisories, and policies for one piece of software.
    uint256 private constant MAX_ITEMS = 32;
    uint256 private constant REVOKED = 1 << uint8(IAttestationVerifier.TcbStatus.Revoked);
    uint256 private constant MAX_DELAY_SECONDS = 30 days;
    uint256 private constant MIN_PERIOD_SECONDS = 60;
    /// @dev One vendor alone never shortens anything; there are four.
    uint256 private constant MIN_QUORUM = 2;
    uint256 private constant MAX_QUORUM = 4;

    address public guardian;
    /// @inheritdoc IEnclaveKeys
    uint40 public restrictedAt;
    /// @dev From then on the newer ones hold.
    uint40 private _settingsFrom;
    bool private _hasBelieved;
    Settings private _settings;
    Settings private _newSettings;
    IAttestationVerifier private _verifier;
    IAttestationVerifier private _newVerifier;
    uint40 private _verifierFrom;
    mapping(bytes32 => Policy) internal _policies;
    mapping(bytes32 => bytes32[]) internal _policiesOf;
    mapping(bytes32 => uint40) internal _deniedUntil;

    modifier onlyGovernor() {
        if (msg.sender != governor()) revert EnclaveKeys_NotGovernor();
        _;
    }

    modifier onlyGuardian() {
        if (msg.sender != guardian && msg.sender != governor()) revert EnclaveKeys_NotGuardian();
        _;
    }

    /// @inheritdoc IEnclaveKeys
    function addPolicy(Software calldata _software, Terms calldata _terms)
        external
        onlyGovernor
        returns (bytes32 policy_)
    {
        bytes32[] storage listed = _policiesOf[_softwareKey(_software.kind, _software.measurement, _software.signer)];
        if (
            _software.kind == IAttestationVerifier.Kind.None || _software.measurement == 0
                || _terms.statuses & REVOKED != 0 || _software.registers.length > MAX_ITEMS
                || _terms.minSvns.length > MAX_ITEMS || _terms.advisories.length > MAX_ITEMS
                || listed.length == MAX_ITEMS
        ) revert EnclaveKeys_InvalidPolicy();
        policy_ = keccak256(abi.encode(_software, _terms));
        Policy storage policy = _policies[policy_];
        if (policy.usableFrom != 0) revert EnclaveKeys_InvalidPolicy();
        policy.software = _software;
        policy.terms = _terms;
        policy.usableFrom = _afterDelay();
        _hasBelieved = true;
        listed.push(policy_);
        emit PolicyAdded(policy_, _software, _terms, policy.usableFrom);
    }

    /// @inheritdoc IEnclaveKeys
    function tightenPolicy(bytes32 _policy, Terms calldata _terms) external onlyGuardian {
        Policy storage policy = _policies[_policy];
        if (policy.usableFrom == 0) revert EnclaveKeys_UnknownPolicy();
        if (!_isTighter(_terms, policy.terms)) revert EnclaveKeys_NotTighter();
        policy.terms = _terms;
        restrictedAt = uint40(block.timestamp);
        emit PolicyTightened(_policy, _terms);
    }

    /// @inheritdoc IEnclaveKeys
    function endPolicy(bytes32 _policy) external onlyGuardian {
        _endPolicy(_policy);
    }

    /// @inheritdoc IEnclaveKeys
    /// @dev The guardian may deny, and only the governor may take that back, with the delay.
    function denyPlatform(bytes32 _platform, bool _isDenied) external onlyGuardian {
        if (_isDenied) {
            _deniedUntil[_platform] = type(uint40).max;
            restrictedAt = uint40(block.timestamp);
        } else {
            if (msg.sender != governor()) revert EnclaveKeys_NotGovernor();
            if (_deniedUntil[_platform] == type(uint40).max) _deniedUntil[_platform] = _afterDelay();
        }
        emit PlatformDenied(_platform, _isDenied);
    }

    /// @inheritdoc IEnclaveKeys
    function setSettings(Settings calldata _new) external onlyGovernor {
        if (
            _new.policyDelay > MAX_DELAY_SECONDS || _new.keyDelay > MAX_DELAY_SECONDS || _new.maxAge == 0
                || _new.maxAge > MAX_DELAY_SECONDS || _new.maxLead > MAX_DELAY_SECONDS || _new.keyLifetime == 0
                || _new.attestedPeriod < MIN_PERIOD_SECONDS || _new.quorum < MIN_QUORUM || _new.quorum > MAX_QUORUM
        ) revert EnclaveKeys_InvalidSettings();
        Settings memory current = settings();
        bool waits = _hasBelieved && _isLooser(_new, current);
        uint40 from = waits ? _afterDelay() : uint40(block.timestamp);
        if (!waits) restrictedAt = from;
        _settings = current;
        _newSettings = _new;
        _settingsFrom = from;
        emit SettingsSet(_new, from);
    }

    /// @inheritdoc IEnclaveKeys
    function setGuardian(address _guardian) external onlyGovernor {
        guardian = _guardian;
        emit GuardianSet(_guardian);
    }

    /// @inheritdoc IEnclaveKeys
    /// @dev Of keys that are registered from then on. A verifier that takes everything makes every policy take everything.
    function setVerifier(IAttestationVerifier _new) external onlyGovernor {
        uint40 from = _hasBelieved ? _afterDelay() : uint40(block.timestamp);
        _verifier = _setVerifier();
        _newVerifier = _new;
        _verifierFrom = from;
        emit VerifierSet(address(_new), from);
    }

    /// @inheritdoc IEnclaveKeys
    function getPolicy(bytes32 _policy)
        external
        view
        returns (Software memory software_, Terms memory terms_, uint256 usableFrom_)
    {
        Policy storage policy = _policies[_policy];
        return (policy.software, policy.terms, policy.usableFrom);
    }

    /// @inheritdoc IEnclaveKeys
    function policiesOf(IAttestationVerifier.Kind _kind, bytes32 _measurement, bytes32 _signer)
        external
        view
        returns (bytes32[] memory)
    {
        return _policiesOf[_softwareKey(_kind, _measurement, _signer)];
    }

    /// @inheritdoc IEnclaveKeys
    function settings() public view returns (Settings memory ret_) {
        ret_ = block.timestamp < _settingsFrom ? _settings : _newSettings;
        if (ret_.quorum == 0) ret_ = Settings(1 days, 10 minutes, 1 hours, 5 minutes, 30 days, 5 days, 2);
    }

    /// @inheritdoc IEnclaveKeys
    function isDenied(bytes32 _platform) public view returns (bool) {
        return block.timestamp < _deniedUntil[_platform];
    }

    /// @inheritdoc IEnclaveKeys
    function governor() public view virtual returns (address);

    /// @inheritdoc IEnclaveKeys
    function verifier() public view returns (IAttestationVerifier) {
        IAttestationVerifier set = _setVerifier();
        return address(set) == address(0) ? _firstVerifier() : set;
    }

    /// @dev Until the governor sets another one.
    function _firstVerifier() internal view virtual returns (IAttestationVerifier);

    function _endPolicy(bytes32 _policy) internal {
        Policy storage policy = _policies[_policy];
        if (policy.usableFrom == 0) revert EnclaveKeys_UnknownPolicy();
        policy.usableFrom = 0;
        restrictedAt = uint40(block.timestamp);
        Software storage software = policy.software;
        bytes32[] storage listed = _policiesOf[_softwareKey(software.kind, software.measurement, software.signer)];
        uint256 last = listed.length - 1;
        for (uint256 i; i < last; ++i) {
            if (listed[i] == _policy) listed[i] = listed[last];
        }
        listed.pop();
        emit PolicyEnded(_policy);
    }

    /// @dev The policy that takes this software with these facts; zero where there is none.
    function _policyFor(IAttestationVerifier.Attestation memory _attestation, Key memory _facts)
        internal
        view
        returns (bytes32)
    {
        bytes32[] storage listed =
            _policiesOf[_softwareKey(_attestation.kind, _attestation.measurement, _attestation.signer)];
        for (uint256 i; i < listed.length; ++i) {
            Policy storage policy = _policies[listed[i]];
            if (
                block.timestamp >= policy.usableFrom && _isSoftware(policy.software, _attestation)
                    && _accepts(policy.terms, _facts)
            ) return listed[i];
        }
        return 0;
    }

    /// @dev What is known of a platform is good enough.
    function _accepts(Terms memory _terms, Key memory _facts) internal pure returns (bool) {
        if (
            _facts.status == IAttestationVerifier.TcbStatus.Revoked
                || _terms.statuses & (1 << uint8(_facts.status)) == 0 || _facts.weaknesses & ~_terms.tolerated != 0
                || _facts.evaluation < _terms.minEvaluation || _facts.svns.length != _terms.minSvns.length
        ) return false;
        for (uint256 i; i < _facts.svns.length; ++i) {
            if (_facts.svns[i] < _terms.minSvns[i]) return false;
        }
        return _isSubset(_facts.advisories, _terms.advisories);
    }

    /// @dev Kind, measurement and signer are what the policy was found by.
    function _isSoftware(Software memory _software, IAttestationVerifier.Attestation memory _attestation)
        private
        pure
        returns (bool)
    {
        uint256 count = _software.registers.length;
        if (_software.attributes != _attestation.attributes || count != _attestation.registers.length) return false;
        for (uint256 i; i < count; ++i) {
            bool isPinned = _software.unpinned & (1 << i) == 0;
            if (isPinned && _software.registers[i] != _attestation.registers[i]) return false;
        }
        return true;
    }

    /// @dev Zero for the first one.
    function _setVerifier() private view returns (IAttestationVerifier) {
        return block.timestamp < _verifierFrom ? _verifier : _newVerifier;
    }

    function _afterDelay() private view returns (uint40) {
        return uint40(block.timestamp + settings().policyDelay);
    }

    /// @dev In any respect.
    function _isLooser(Settings calldata _new, Settings memory _old) private pure returns (bool) {
        return _new.policyDelay < _old.policyDelay || _new.keyDelay < _old.keyDelay || _new.maxAge > _old.maxAge
            || _new.maxLead > _old.maxLead || _new.keyLifetime > _old.keyLifetime
            || _new.attestedPeriod < _old.attestedPeriod || _new.quorum < _old.quorum;
    }

    function _isTighter(Terms calldata _new, Terms memory _old) private pure returns (bool) {
        if (
            _new.statuses & ~_old.statuses != 0 || _new.tolerated & ~_old.tolerated != 0
                || _new.minEvaluation < _old.minEvaluation || _new.strength > _old.strength
                || _new.minSvns.length != _old.minSvns.length
        ) return false;
        for (uint256 i; i < _new.minSvns.length; ++i) {
            if (_new.minSvns[i] < _old.minSvns[i]) return false;
        }
        return _new.advisories.length <= MAX_ITEMS && _isSubset(_new.advisories, _old.advisories);
    }

    function _isSubset(bytes32[] memory _part, bytes32[] memory _whole) private pure returns (bool) {
        for (uint256 i; i < _part.length; ++i) {
            bool isNamed;
            for (uint256 j; j < _whole.length && !isNamed; ++j) {
                isNamed = _part[i] == _whole[j];
            }
            if (!isNamed) return false;
        }
        return true;
    }

    function _softwareKey(IAttestationVerifier.Kind _kind, bytes32 _measurement, bytes32 _signer)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(_kind, _measurement, _signer));
    }
}
