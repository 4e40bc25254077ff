// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice What an error is about.
enum Part {
    Quote,
    QuotingEnclave,
    PckChain,
    PckCertificate,
    PckIssuer,
    PckRoot,
    TcbSigner,
    TcbSignerRoot,
    RevocationList,
    ListIssuer,
    ListRoot,
    TcbInfo,
    QeIdentity,
    Platform,
    TdxModule
}

error Tee_Truncated(Part part);
error Tee_TrailingBytes(Part part);
error Tee_TooLong(Part part, uint256 length, uint256 max);
/// @dev `what` is text, as in the errors below.
error Tee_Invalid(Part part, bytes32 what);
error Tee_Missing(Part part, bytes32 what);
error Tee_Duplicate(Part part, bytes32 what);
error Tee_Unsupported(Part part, uint256 found);
error Tee_Signature(Part part);
/// @dev The issuer is not the next certificate of the chain.
error Tee_Issuer(Part part);
/// @dev A certificate that may not issue others issued this one.
error Tee_NotAuthority(Part part);
/// @dev More certificates follow than the issuer allows.
error Tee_PathLength(Part part);
error Tee_KeyUsage(Part part);
error Tee_CriticalExtension(Part part);
/// @dev A revocation list that adds to another, or is of some certificates or of several issuers.
error Tee_PartialList();
/// @dev The chain ends in another key than the pinned one.
error Tee_Root(Part part, bytes32 key);
/// @dev The time of the block is not within these, both included.
error Tee_Time(Part part, uint64 from, uint64 until);
error Tee_Revoked(Part part, uint160 serial);
/// @dev Others have keys of such a platform, so that there is nothing for a policy to judge.
error Tee_RevokedPlatform();
/// @dev The quote says other than what vouches for it.
error Tee_Mismatch(Part part, bytes32 what);
/// @dev No TCB level is as low as what is reported.
error Tee_NoLevel(Part part);
/// @dev Nobody has submitted it yet.
error Tee_Absent(Part part, bytes32 key);
/// @dev What is stored is as new or newer.
error Tee_NotNewer(Part part);
error Tee_CollateralNotWanted();
