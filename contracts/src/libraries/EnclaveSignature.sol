// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";

/// @notice What keys of enclaves sign, by EIP-712.
library EnclaveSignature {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant STATEMENT_TYPEHASH =
        keccak256("AttestedResult(bytes32 taskId,bytes32 program,bytes32 input,bytes32 output)");
    bytes32 private constant ENCRYPTION_KEY_TYPEHASH =
        keccak256("EncryptionKey(address key,bytes32 publicKey,uint256 notAfter)");
    bytes32 private constant REVOCATION_TYPEHASH = keccak256("Revocation(address key)");

    /// @notice What is signed about a result; the market is the verifying contract.
    function statementDigest(IEnclaveKeys.Statement memory _statement) internal view returns (bytes32) {
        bytes32 content = keccak256(
            abi.encode(STATEMENT_TYPEHASH, _statement.taskId, _statement.program, _statement.input, _statement.output)
        );
        return MessageHashUtils.toTypedDataHash(_domain(_statement.market), content);
    }

    /// @notice What is signed to end a key of the calling registry.
    function revocationDigest(address _key) internal view returns (bytes32) {
        return
            MessageHashUtils.toTypedDataHash(_domain(address(this)), keccak256(abi.encode(REVOCATION_TYPEHASH, _key)));
    }

    /// @notice What is signed to name a key to encrypt to, in the calling registry.
    function encryptionKeyDigest(address _key, IEnclaveKeys.EncryptionKey memory _encryption)
        internal
        view
        returns (bytes32)
    {
        bytes32 content =
            keccak256(abi.encode(ENCRYPTION_KEY_TYPEHASH, _key, _encryption.publicKey, _encryption.notAfter));
        return MessageHashUtils.toTypedDataHash(_domain(address(this)), content);
    }

    /// @notice Who signed: 65 bytes, the lower of the two possible `s`; zero for anything else.
    function recover(bytes32 _digest, bytes memory _signature) internal pure returns (address signer_) {
        (signer_,,) = ECDSA.tryRecover(_digest, _signature);
    }

    function _domain(address _contract) private view returns (bytes32) {
        return
            keccak256(
                abi.encode(DOMAIN_TYPEHASH, keccak256("LuxComputeMarket"), keccak256("1"), block.chainid, _contract)
            );
    }
}
