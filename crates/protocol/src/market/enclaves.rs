//! Bindings of the registry of enclave keys, and of the module that takes their signatures under results.
#![allow(missing_docs, clippy::too_many_arguments, reason = "generated from Solidity")]

use alloy_sol_types::sol;

sol! {
    /// LP-500.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct TEEAttestation {
        bytes32 mrEnclave;
        bytes32 mrSigner;
        bytes publicKey;
        bytes quote;
        uint256 timestamp;
    }

    /// What `IAttestationVerifier` says of an attestation.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct VerifiedAttestation {
        uint8 kind;
        uint8 status;
        uint16 weaknesses;
        uint32 evaluation;
        uint64 validFrom;
        uint64 validUntil;
        bytes32 measurement;
        bytes32 signer;
        bytes32 attributes;
        bytes32 platform;
        bytes32 root;
        bytes32[] registers;
        uint64[] svns;
        bytes32[] advisories;
        bytes reportData;
    }

    #[derive(Debug)]
    interface IAttestationVerifier {
        function authenticate(
            bytes calldata quote, bytes calldata collateral
        ) external view returns (VerifiedAttestation memory attestation);
    }

    #[derive(Debug, PartialEq, Eq)]
    enum KeyStatus { Unknown, Usable, Waiting, Revoked, Expired, PlatformDenied, PolicyEnded, PolicyRefuses }

    #[derive(Debug)]
    interface IEnclaveKeys {
        #[derive(PartialEq, Eq)]
        struct Software {
            uint8 kind;
            bytes32 measurement;
            bytes32 signer;
            bytes32 attributes;
            bytes32[] registers;
            uint256 unpinned;
        }
        #[derive(PartialEq, Eq)]
        struct Terms {
            uint8 statuses;
            uint8 strength;
            uint16 tolerated;
            uint32 minEvaluation;
            uint64[] minSvns;
            bytes32[] advisories;
        }
        #[derive(PartialEq, Eq)]
        struct Settings {
            uint32 policyDelay;
            uint32 keyDelay;
            uint32 maxAge;
            uint32 maxLead;
            uint32 keyLifetime;
            uint32 attestedPeriod;
            uint8 quorum;
        }

        #[derive(PartialEq, Eq)]
        struct Key {
            bytes32 policy;
            bytes32 platform;
            uint8 kind;
            uint8 status;
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

        function judge(TEEAttestation calldata attestation) external view returns (address key, Key memory facts);
        function register(TEEAttestation calldata attestation) external returns (address key);
        function addPolicy(Software calldata software, Terms calldata terms) external returns (bytes32 policy);
        function setVerifier(address verifier) external;
        function setSettings(Settings calldata settings) external;
        function setGuardian(address guardian) external;
        #[derive(PartialEq, Eq)]
        struct EncryptionKey {
            bytes32 publicKey;
            uint40 notAfter;
        }
        event EncryptionKeySet(address indexed key, bytes32 publicKey, uint256 notAfter);
        function setEncryptionKey(
            address key, EncryptionKey calldata encryption, bytes calldata signature
        ) external;
        function encryptionKeyOf(address key) external view returns (EncryptionKey memory encryption);
        function revoke(address key) external;
        function statusOf(address key) external view returns (KeyStatus status, uint8 kind);
        function policiesOf(uint8 kind, bytes32 measurement, bytes32 signer) external view returns (bytes32[] memory);
        function getKey(address key) external view returns (Key memory facts);
        function getPolicy(
            bytes32 policy
        ) external view returns (Software memory software, Terms memory terms, uint256 usableFrom);
        function settings() external view returns (Settings memory settings);
        function verifier() external view returns (address verifier);
        function guardian() external view returns (address guardian);
    }

    #[derive(Debug)]
    interface IAttestationEvidence {
        function attest(address market, bytes32 taskId, bytes[] calldata signatures) external;
        function keys() external view returns (address keys);
    }
}
