// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureCheckerLib} from "solady/utils/SignatureCheckerLib.sol";
import {IAIComputeRollup} from "../interfaces/IAIComputeRollup.sol";
import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {Accounts} from "./Accounts.sol";
import {DataReference} from "../libraries/DataReference.sol";
import {MarketFlags} from "../libraries/MarketFlags.sol";

/// @notice Terms and lineage of models. Terms never change: a task may rely on what its requester saw.
abstract contract Models is Accounts {
    uint40 private constant DEFAULT_FLOPS_PER_GAS = 1e8;

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant UPDATE_TYPEHASH =
        keccak256("ModelUpdate(bytes32 modelHash,bytes32 successor,bytes32 deltaCommitment)");

    /// @notice What a successor rests on: the owner's signature, or a final task of the program `aggregate`.
    enum Authority {
        Owner,
        Aggregate
    }

    /// @inheritdoc IComputeMarket
    /// @dev `_modelMetadata` is empty or `abi.encode(ModelTerms)`.
    function registerModel(bytes32 _modelHash, bytes calldata _modelMetadata) external {
        ModelTerms memory terms = _modelMetadata.length == 0
            ? ModelTerms(MarketFlags.FAULT | MarketFlags.OWNER_UPDATES, DEFAULT_FLOPS_PER_GAS, 0, "")
            : abi.decode(_modelMetadata, (ModelTerms));
        if (
            _modelHash == 0 || terms.flopsPerGas == 0 || terms.flags & MarketFlags.EVIDENCE == 0
                || !_isConsistent(terms.flags) || bytes(terms.location).length > DataReference.MAX_LOCATION_BYTES
        ) revert ComputeMarket_InvalidModel();
        _register(_modelHash, Model(msg.sender, terms.flopsPerGas, terms.gasPrice, terms.flags), terms.location);
    }

    /// @inheritdoc IComputeMarket
    /// @dev `_deltaWeights = abi.encode(successor, deltaCommitment, location)`, `_proof = abi.encode(authority, body)`; `body` is
    /// the owner's EIP-712 signature, or `abi.encode(taskId, trace)`. Anyone may submit it.
    function updateModelWeights(bytes32 _modelHash, bytes calldata _deltaWeights, bytes calldata _proof)
        external
        nonReentrant
    {
        Model memory model = _modelOf(_modelHash);
        (bytes32 successor, bytes32 delta, string memory location) =
            abi.decode(_deltaWeights, (bytes32, bytes32, string));
        (Authority authority, bytes memory body) = abi.decode(_proof, (Authority, bytes));
        Store storage store = _store();
        if (
            successor == 0 || successor == _modelHash || store.parents[successor] != 0
                || bytes(location).length > DataReference.MAX_LOCATION_BYTES
        ) revert ComputeMarket_InvalidUpdate();

        address holder = store.models[successor].owner;
        if (authority == Authority.Owner) {
            // A signature proves nothing about the weights, so it cannot claim what somebody else registered.
            if (holder != address(0)) revert ComputeMarket_ModelExists();
            if (model.flags & MarketFlags.OWNER_UPDATES == 0) revert ComputeMarket_InvalidUpdate();
            _requireSignature(model.owner, _modelHash, successor, delta, body);
        } else {
            if (model.flags & MarketFlags.AGGREGATE_UPDATES == 0) revert ComputeMarket_InvalidUpdate();
            _requireAggregated(_modelHash, successor, delta, body);
        }
        store.parents[successor] = _modelHash;
        if (holder == address(0)) _register(successor, model, location);
        emit ModelUpdated(_modelHash, successor, delta, location);
    }

    /// @inheritdoc IComputeMarket
    function getModel(bytes32 _modelHash) external view returns (Model memory) {
        return _store().models[_modelHash];
    }

    /// @inheritdoc IComputeMarket
    function parentOf(bytes32 _modelHash) external view returns (bytes32) {
        return _store().parents[_modelHash];
    }

    /// @dev A fault proof takes the plaintext, and a successor must not rest on what nobody can check.
    function _isConsistent(uint8 _flags) private pure returns (bool) {
        uint8 excluded = MarketFlags.FAULT | MarketFlags.VALIDITY | MarketFlags.AGGREGATE_UPDATES;
        return _flags & MarketFlags.CONFIDENTIAL == 0 || _flags & excluded == 0;
    }

    function _modelOf(bytes32 _modelHash) internal view returns (Model memory ret_) {
        ret_ = _store().models[_modelHash];
        if (ret_.owner == address(0)) revert ComputeMarket_UnknownModel();
    }

    function _register(bytes32 _modelHash, Model memory _model, string memory _location) private {
        Store storage store = _store();
        if (store.models[_modelHash].owner != address(0)) revert ComputeMarket_ModelExists();
        store.models[_modelHash] = _model;
        emit IAIComputeRollup.ModelRegistered(_modelHash, _model.owner);
        emit ModelTermsSet(_modelHash, _model.flags, _model.flopsPerGas, _model.gasPrice, _location);
    }

    function _requireSignature(
        address _owner,
        bytes32 _modelHash,
        bytes32 _successor,
        bytes32 _delta,
        bytes memory _signature
    ) private view {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("LuxComputeMarket"), keccak256("1"), block.chainid, address(this))
        );
        bytes32 digest = MessageHashUtils.toTypedDataHash(
            domain, keccak256(abi.encode(UPDATE_TYPEHASH, _modelHash, _successor, _delta))
        );
        if (!SignatureCheckerLib.isValidSignatureNow(_owner, digest, _signature)) {
            revert ComputeMarket_InvalidUpdate();
        }
    }

    /// @dev Only the program in force counts: one that was replaced may have been wrong.
    function _requireAggregated(bytes32 _modelHash, bytes32 _successor, bytes32 _delta, bytes memory _body)
        private
        view
    {
        (bytes32 taskId, bytes32 trace) = abi.decode(_body, (bytes32, bytes32));
        Task memory task = _store().tasks[taskId];
        (uint8 version, bytes32 program) = computeProgram(Purpose.Aggregate);
        bytes32 input = keccak256(abi.encode(_modelHash, _delta));
        if (
            program == 0 || task.progress.programVersion != version || task.progress.status != TaskStatus.Final
                || task.commitment != keccak256(abi.encode(input, trace)) || task.output != _successor
        ) revert ComputeMarket_InvalidUpdate();
    }
}
