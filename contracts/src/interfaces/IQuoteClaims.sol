// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "./IAttestationVerifier.sol";
import {IEvidence} from "./IEvidence.sol";

/// @notice Attestations that L1 cannot check itself: claims of the program `verify-quote`, with a bond behind each, that anyone can
/// disprove. One that stood for the challenge period counts as checked. docs/tee.md, "Claims", has the rules.
/// @dev As a verifier it takes a quote without collateral to the one that L1 has, and an empty quote with
/// `abi.encode(id, attestation)` as the collateral for what that claim says.
interface IQuoteClaims is IAttestationVerifier {
    /// @notice `claimedAt` is zero where there is none; `isDisputed`: somebody asked for a part of its trace.
    struct QuoteClaim {
        bytes32 input;
        bytes32 output;
        bytes32 trace;
        address claimant;
        uint40 claimedAt;
        bool isDisputed;
        bool isDisproved;
        bool isPaid;
    }

    /// @notice All that it takes to run the claim again, but the roots, which are fixed.
    event QuoteClaimed(
        uint256 indexed id,
        address indexed claimant,
        uint256 time,
        bytes attestation,
        bytes collateral,
        bytes answer,
        bytes trace
    );
    event QuoteChallenged(uint256 indexed id, address indexed challenger);
    event QuoteTraceRevealed(uint256 indexed id, uint256 indexed segment, bytes checkpoints);
    event QuoteDisproved(uint256 indexed id, address indexed challenger);
    event Paid(address indexed account, uint256 amount);

    error QuoteClaims_WrongBond(uint256 bond);
    error QuoteClaims_WrongTime();
    error QuoteClaims_TooLarge();
    error QuoteClaims_NotOpen();
    error QuoteClaims_NotFinal();
    error QuoteClaims_WrongAnswer();
    error QuoteClaims_InvalidProof();
    error QuoteClaims_NotClaimant();
    error QuoteClaims_Nothing();

    /// @notice Claims that an attestation, with this collateral, is authentic at `time` and says what `answer` encodes.
    function claim(
        uint256 time,
        bytes calldata attestation,
        bytes calldata collateral,
        bytes calldata answer,
        bytes calldata trace
    ) external payable returns (uint256 id_);

    /// @notice The proof holds, or the claimant has to reveal a segment: then the caller sends a bond along.
    function challenge(uint256 id, bytes calldata proof) external payable;

    function revealTrace(uint256 id, uint256 segment, bytes calldata checkpoints) external;

    /// @notice Gives the bond of a challenger who disproved nothing to claimant and treasury, in halves.
    function slashFailedChallenger(uint256 id, uint256 segment) external;

    /// @notice Gives back the bond of a final claim, or one of a challenger's under a disproved claim, to `account`.
    function reclaim(uint256 id, address account) external;

    /// @notice Pays out what `account` has here.
    function withdraw(address account) external;

    /// @notice When an attestation was put to this verifier: at the time of its claim.
    function presentedAt(bytes calldata collateral) external view returns (uint256);

    /// @notice Until when a claim can be challenged; the largest number where it never becomes final.
    function openUntil(uint256 id) external view returns (uint256);
    function getClaim(uint256 id) external view returns (QuoteClaim memory);
    function evidenceClaim(uint256 id) external view returns (IEvidence.Claim memory);
    function claimCount() external view returns (uint256);
    function balanceOf(address account) external view returns (uint256);
    function rollup() external view returns (address);
    function verifier() external view returns (IAttestationVerifier);
    function faultProof() external view returns (IEvidence);
    function program() external view returns (bytes32);
    function roots() external view returns (bytes32);
    function challengePeriod() external view returns (uint256);
    function bond() external view returns (uint256);
}
