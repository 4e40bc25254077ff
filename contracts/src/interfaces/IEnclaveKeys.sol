// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "./IAIComputeRollup.sol";
import {IAttestationVerifier} from "./IAttestationVerifier.sol";

/// @notice Keys of enclaves, and the policies by which they are believed. The same on L1 and L2; docs/tee.md has the rules.
interface IEnclaveKeys {
    /// @notice One piece of software. `registers` in the order of docs/tee.md; bit `n` of `unpinned`: register `n` may be anything.
    struct Software {
        IAttestationVerifier.Kind kind;
        bytes32 measurement;
        bytes32 signer;
        bytes32 attributes;
        bytes32[] registers;
        uint256 unpinned;
    }

    /// @notice What is asked of the platform that it runs on. Bit `n` of `statuses`: `TcbStatus` `n` is accepted; bit `n` of
    /// `tolerated`: the weakness `n` is. `minSvns` has one number for each of the attestation's. `advisories` may apply to it.
    /// `strength`: of two policies whose keys contradict each other, the weaker one ends.
    struct Terms {
        uint8 statuses;
        uint8 strength;
        uint16 tolerated;
        uint32 minEvaluation;
        uint64[] minSvns;
        bytes32[] advisories;
    }

    /// @notice Seconds, and the number of vendors whose agreement shortens a challenge period to `attestedPeriod`.
    struct Settings {
        uint32 policyDelay;
        uint32 keyDelay;
        uint32 maxAge;
        uint32 maxLead;
        uint32 keyLifetime;
        uint32 attestedPeriod;
        uint8 quorum;
    }

    /// @notice What was attested about the holder of a key, as far as a policy can turn against it later.
    struct Key {
        bytes32 policy;
        bytes32 platform;
        IAttestationVerifier.Kind kind;
        IAttestationVerifier.TcbStatus status;
        uint16 weaknesses;
        uint32 evaluation;
        uint40 attestedAt;
        uint40 registeredAt;
        uint40 usableFrom;
        uint40 validUntil;
        bool isRevoked;
        uint64[] svns;
        bytes32[] advisories;
    }

    /// @notice What a holder of a key has others encrypt to, until a time in seconds.
    struct EncryptionKey {
        bytes32 publicKey;
        uint40 notAfter;
    }

    /// @notice Why a key counts, or does not.
    enum KeyStatus {
        Unknown,
        Usable,
        Waiting,
        Revoked,
        Expired,
        PlatformDenied,
        PolicyEnded,
        PolicyRefuses
    }

    /// @notice What an enclave signs about a task: `program(input) = output`.
    struct Statement {
        address market;
        bytes32 taskId;
        bytes32 program;
        bytes32 input;
        bytes32 output;
    }

    event PolicyAdded(bytes32 indexed policy, Software software, Terms terms, uint256 usableFrom);
    event PolicyTightened(bytes32 indexed policy, Terms terms);
    event PolicyEnded(bytes32 indexed policy);
    event PlatformDenied(bytes32 indexed platform, bool isDenied);
    event SettingsSet(Settings settings, uint256 usableFrom);
    event VerifierSet(address verifier, uint256 usableFrom);
    event GuardianSet(address guardian);
    event KeyRegistered(address indexed key, bytes32 indexed policy, bytes32 platform, uint256 usableFrom);
    event KeyRevoked(address indexed key);
    event EncryptionKeySet(address indexed key, bytes32 publicKey, uint256 notAfter);
    event Contradiction(bytes32 indexed program, bytes32 indexed input, address first, address second);

    error EnclaveKeys_NotGovernor();
    error EnclaveKeys_NotGuardian();
    error EnclaveKeys_InvalidSettings();
    error EnclaveKeys_InvalidPolicy();
    error EnclaveKeys_UnknownPolicy();
    error EnclaveKeys_NotTighter();
    error EnclaveKeys_InvalidPublicKey();
    error EnclaveKeys_Stale(uint256 attestedAt);
    error EnclaveKeys_FromFuture(uint256 attestedAt);
    error EnclaveKeys_OutsideValidity(uint256 validFrom, uint256 validUntil);
    error EnclaveKeys_WrongMeasurement(bytes32 attested);
    error EnclaveKeys_WrongSigner(bytes32 attested);
    error EnclaveKeys_WrongReportData();
    error EnclaveKeys_PlatformDenied(bytes32 platform);
    error EnclaveKeys_NoPolicy();
    error EnclaveKeys_Revoked(address key);
    error EnclaveKeys_NotNewer(uint256 attestedAt);
    error EnclaveKeys_InvalidSignature();
    error EnclaveKeys_NotUsable(address key, KeyStatus status);
    error EnclaveKeys_NoContradiction();

    /// @notice Registers, or renews, the key that the attestation binds. Anyone may call. An attestation that is known is taken
    /// again where its collateral holds longer.
    function register(IAIComputeRollup.TEEAttestation calldata _attestation) external returns (address key_);

    /// @notice Ends a key for good.
    function revoke(address _key) external;

    /// @notice The same by whoever holds the key: `_signature` is the key's, of EIP-712 `Revocation(address key)`.
    function revokeByHolder(address _key, bytes calldata _signature) external;

    /// @notice Names the X25519 key that goes with a registered key, by whose signature of EIP-712
    /// `EncryptionKey(address key,bytes32 publicKey,uint256 notAfter)`. Anyone may call; each one holds longer than the one before.
    function setEncryptionKey(address _key, EncryptionKey calldata _encryption, bytes calldata _signature) external;

    /// @notice Two keys say that one program has two outputs for one input: the weaker policy ends, both where neither is.
    function contradict(
        Statement calldata _first,
        bytes calldata _firstSignature,
        Statement calldata _second,
        bytes calldata _secondSignature
    ) external;

    /// @notice Accepts software; keys can be registered under the policy after `policyDelay`.
    function addPolicy(Software calldata _software, Terms calldata _terms) external returns (bytes32 policy_);

    /// @notice Asks more of the platforms of a policy, at once and of the keys that are registered too.
    function tightenPolicy(bytes32 _policy, Terms calldata _terms) external;

    function endPolicy(bytes32 _policy) external;

    /// @notice Ends all keys of a platform, at once; a denial that is taken back holds for `policyDelay` more.
    function denyPlatform(bytes32 _platform, bool _isDenied) external;

    /// @notice Settings that are looser in any respect hold after the present `policyDelay`, others at once.
    function setSettings(Settings calldata _settings) external;

    /// @notice Sets what checks attestations after `policyDelay`, whose roots all policies rest on; zero for the one that it
    /// began with.
    function setVerifier(IAttestationVerifier _verifier) external;
    function setGuardian(address _guardian) external;

    /// @notice The key that a registration of this attestation would be for; reverts with the reason where there is none.
    function judge(IAIComputeRollup.TEEAttestation calldata _attestation)
        external
        view
        returns (address key_, Key memory facts_);

    /// @notice True where the attestation is authentic now, fresh, bound to its key and accepted by a policy.
    function verifyTEEAttestation(IAIComputeRollup.TEEAttestation calldata _attestation) external view returns (bool);

    /// @notice Zero where there is none. It is as good as the key that named it, which `statusOf` tells.
    function encryptionKeyOf(address _key) external view returns (EncryptionKey memory);

    function statusOf(address _key) external view returns (KeyStatus status_, IAttestationVerifier.Kind kind_);

    /// @notice From when on a key that is usable now was so without a break; the largest number where it is not.
    function usableSince(address _key) external view returns (IAttestationVerifier.Kind kind_, uint256 since_);

    /// @notice When it last began to believe less by the word of governor or guardian, or by a contradiction.
    function restrictedAt() external view returns (uint40);
    function getKey(address _key) external view returns (Key memory);
    function getPolicy(bytes32 _policy)
        external
        view
        returns (Software memory software_, Terms memory terms_, uint256 usableFrom_);
    function policiesOf(IAttestationVerifier.Kind _kind, bytes32 _measurement, bytes32 _signer)
        external
        view
        returns (bytes32[] memory);
    function isDenied(bytes32 _platform) external view returns (bool);
    function settings() external view returns (Settings memory);
    function guardian() external view returns (address);
    function governor() external view returns (address);
    function verifier() external view returns (IAttestationVerifier);
}
