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
        function revoke(address key) external;
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
        function attestedBy(
            address market, bytes32 taskId
        ) external view returns (bytes32 digest, uint256 quorumAt, address[] memory keys);
        function keys() external view returns (address keys);
    }
}

/// Whose attestations of a kind (`IAttestationVerifier.Kind`) are, as one of its kinds: who breaks one technology of a vendor breaks
/// its other one too.
pub const fn vendor(kind: u8) -> u8 {
    const SGX: u8 = 1;
    const TDX: u8 = 2;
    const PSA: u8 = 5;
    const CCA: u8 = 6;
    match kind {
        TDX => SGX,
        CCA => PSA,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::vendor;

    #[test]
    fn technologies_of_one_vendor_count_once() {
        assert_eq!([1, 2, 3, 4, 5, 6].map(vendor), [1, 1, 3, 4, 5, 5]);
    }
}
