// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice How a public key, its time and an attestation hang together; docs/tee.md, "Keys and policies on chain".
library EnclaveKey {
    bytes private constant DOMAIN = "LUX_TEE_KEY_V1";
    /// @dev Smaller numbers are seconds since 1970, others milliseconds: 1973 in these, the year 5138 in those.
    uint256 private constant MILLISECONDS_FROM = 1e11;
    uint256 private constant BUNDLE_HEAD = 0x40;

    /// @notice Address of a key of secp256k1: 64 bytes, or 65 that begin with 0x04; zero for any other bytes.
    function addressOf(bytes calldata _publicKey) internal pure returns (address) {
        if (_publicKey.length == 65 && _publicKey[0] == 0x04) _publicKey = _publicKey[1:];
        return _publicKey.length == 64 ? address(uint160(uint256(keccak256(_publicKey)))) : address(0);
    }

    /// @notice `_timestamp` of a `TEEAttestation` in seconds; the largest number where it is no time.
    function secondsOf(uint256 _timestamp) internal pure returns (uint256) {
        if (_timestamp > type(uint64).max) return type(uint256).max;
        return _timestamp < MILLISECONDS_FROM ? _timestamp : _timestamp / 1000;
    }

    /// @notice Whether `_reportData` binds key and time, as they stand in the `TEEAttestation`, and nothing else.
    function isBound(bytes memory _reportData, bytes calldata _publicKey, uint256 _timestamp)
        internal
        pure
        returns (bool)
    {
        if (_reportData.length < 32 || _timestamp > type(uint64).max) return false;
        if (bytes32(_reportData) != keccak256(abi.encodePacked(DOMAIN, uint64(_timestamp), _publicKey))) return false;
        for (uint256 i = 32; i < _reportData.length; ++i) {
            if (_reportData[i] != 0) return false;
        }
        return true;
    }

    /// @notice Attestation and collateral in `_quote`: `abi.encode(attestation, collateral)`, which begins with a zero byte as
    /// no attestation does, or an attestation alone.
    function unbundle(bytes calldata _quote) internal pure returns (bytes memory quote_, bytes memory collateral_) {
        if (_quote.length < 32 || uint256(bytes32(_quote)) != BUNDLE_HEAD) return (_quote, "");
        return abi.decode(_quote, (bytes, bytes));
    }
}
