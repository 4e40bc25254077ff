// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Checks attestations of trusted hardware: signatures, chains to pinned roots, revocation and the vendor's word on the
/// platform, at the time of the block. What is good enough is a policy's to say. `docs/tee.md` has the rules.
interface IAttestationVerifier {
    /// @dev The order of `crates/tee`; `None` stands for no attestation.
    enum Kind {
        None,
        Sgx,
        Tdx,
        Snp,
        Nitro,
        Psa,
        Cca
    }

    enum TcbStatus {
        UpToDate,
        SwHardeningNeeded,
        ConfigurationNeeded,
        ConfigurationAndSwHardeningNeeded,
        OutOfDate,
        OutOfDateConfigurationNeeded,
        Revoked,
        Unrated
    }

    /// @dev Values of vendors that are not 32 bytes long appear as words: measurement and signer as SHA-256, as `mrEnclave` and
    /// `mrSigner` of LP-500 do; registers, attributes and platform as Keccak-256.
    struct Attestation {
        Kind kind;
        TcbStatus status;
        /// @dev Bit `n` is the n-th weakness of `docs/tee.md`.
        uint16 weaknesses;
        /// @dev Number of the vendor's evaluation, zero where it counts none.
        uint32 evaluation;
        uint64 validFrom;
        uint64 validUntil;
        bytes32 measurement;
        bytes32 signer;
        bytes32 attributes;
        bytes32 platform;
        /// @dev SHA-256 of the root's public key.
        bytes32 root;
        /// @dev In the order of `docs/tee.md`.
        bytes32[] registers;
        /// @dev Security version numbers, in the order of `docs/tee.md`.
        uint64[] svns;
        /// @dev Keccak-256 of the names of the advisories that apply.
        bytes32[] advisories;
        bytes reportData;
    }

    /// @notice The attestation in `quote`; reverts with the reason when it is not authentic. `collateral` is what the
    /// implementation needs beside it: nothing where it keeps collateral itself.
    function authenticate(bytes calldata quote, bytes calldata collateral) external view returns (Attestation memory);
}
