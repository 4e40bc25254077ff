// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../src/interfaces/IAIComputeRollup.sol";
import {IComputeMarket} from "../src/interfaces/IComputeMarket.sol";
import {BatchLib} from "../src/libraries/BatchLib.sol";
import {MarketFlags} from "../src/libraries/MarketFlags.sol";
import {Predeploys} from "../src/libraries/Predeploys.sol";
import {MarketTest} from "./utils/MarketTest.sol";

contract ComputeMarket_Models_Test is MarketTest {
    bytes32 private constant NEXT = keccak256("next model");
    bytes32 private constant DELTA = keccak256("delta");

    function _signature(uint256 _key, bytes32 _successor) private view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("LuxComputeMarket"),
                keccak256("1"),
                block.chainid,
                address(market)
            )
        );
        bytes32 update = keccak256(
            abi.encode(
                keccak256("ModelUpdate(bytes32 modelHash,bytes32 successor,bytes32 deltaCommitment)"),
                MODEL,
                _successor,
                DELTA
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_key, keccak256(abi.encodePacked(hex"1901", domain, update)));
        return abi.encodePacked(r, s, v);
    }

    function _update(bytes32 _model, bytes memory _proof) private {
        vm.prank(stranger);
        market.updateModelWeights(_model, abi.encode(NEXT, DELTA, "ipfs://next"), _proof);
    }

    function test_registerModel_defaults_succeeds() external {
        vm.expectEmit(address(market));
        emit IAIComputeRollup.ModelRegistered(NEXT, alice);
        vm.prank(alice);
        market.registerModel(NEXT, "");
        IComputeMarket.Model memory model = market.getModel(NEXT);
        vm.assertEq(model.owner, alice);
        vm.assertEq(model.flopsPerGas, 1e8);
        vm.assertEq(model.flags, MarketFlags.FAULT | MarketFlags.OWNER_UPDATES);
    }

    function test_registerModel_taken_reverts() external {
        vm.expectRevert(IComputeMarket.ComputeMarket_ModelExists.selector);
        market.registerModel(MODEL, "");
    }

    function testFuzz_registerModel_terms_succeeds(uint8 _flags, uint40 _flops, uint48 _price, uint16 _length)
        external
    {
        uint256 length = _length % 300;
        bytes memory terms = abi.encode(IComputeMarket.ModelTerms(_flags, _flops, _price, string(new bytes(length))));
        // A confidential model takes attestations only, and has no successors by aggregation.
        bool isConsistent = _flags < 128 || _flags & 39 == 4;
        bool isFine = _flags & 7 != 0 && isConsistent && _flops != 0 && length <= 256;
        if (!isFine) vm.expectRevert(IComputeMarket.ComputeMarket_InvalidModel.selector);
        market.registerModel(NEXT, terms);
        if (isFine) vm.assertEq(market.getModel(NEXT).gasPrice, _price);
    }

    function test_updateModelWeights_signed_succeeds() external {
        _update(MODEL, abi.encode(uint8(0), _signature(OWNER_KEY, NEXT)));
        vm.assertEq(market.parentOf(NEXT), MODEL);
        vm.assertEq(market.getModel(NEXT).owner, modelOwner);
        vm.expectRevert(IComputeMarket.ComputeMarket_InvalidUpdate.selector);
        _update(MODEL, abi.encode(uint8(0), _signature(OWNER_KEY, NEXT)));
    }

    function test_updateModelWeights_wrongSigner_reverts() external {
        bytes memory signature = _signature(STRANGER_KEY, NEXT);
        vm.expectRevert(IComputeMarket.ComputeMarket_InvalidUpdate.selector);
        _update(MODEL, abi.encode(uint8(0), signature));
        signature = _signature(OWNER_KEY, keccak256("another"));
        vm.expectRevert(IComputeMarket.ComputeMarket_InvalidUpdate.selector);
        _update(MODEL, abi.encode(uint8(0), signature));
        vm.expectRevert(IComputeMarket.ComputeMarket_InvalidUpdate.selector);
        _update(MODEL, abi.encode(uint8(0), ""));
    }

    /// @dev A signature must not name somebody else's model a successor.
    function test_updateModelWeights_registered_reverts() external {
        vm.prank(alice);
        market.registerModel(NEXT, "");
        bytes memory signature = _signature(OWNER_KEY, NEXT);
        vm.expectRevert(IComputeMarket.ComputeMarket_ModelExists.selector);
        _update(MODEL, abi.encode(uint8(0), signature));
    }

    function test_updateModelWeights_policy_reverts() external {
        vm.expectRevert(IComputeMarket.ComputeMarket_InvalidUpdate.selector);
        _update(MODEL, abi.encode(uint8(1), abi.encode(bytes32("task"), bytes32(0))));
        vm.expectRevert(IComputeMarket.ComputeMarket_UnknownModel.selector);
        _update(keccak256("unknown"), abi.encode(uint8(0), ""));
    }

    function _aggregate(bytes32 _model, bytes32 _output, bool _isAggregate) private returns (bytes memory) {
        IAIComputeRollup.ComputeTask memory task = _task("aggregate");
        (task.modelHash, task.inputDataHash) = (_model, abi.encodePacked(DELTA));
        vm.prank(requester);
        if (_isAggregate) market.submitAggregateTask(task);
        else market.submitComputeTask(task);
        IAIComputeRollup.ComputeResult memory result = _result("aggregate", _output);
        result.zkProof = abi.encode(uint8(0), _claimInput(_model, DELTA), "", "");
        vm.prank(worker);
        market.submitComputeResult(result);
        return abi.encode(uint8(1), abi.encode(bytes32("aggregate"), BatchLib.traceCommitment(1, 1, 0)));
    }

    function _aggregatedModel() private returns (bytes32 model_) {
        model_ = keccak256("aggregated");
        _registerModel(model_, MarketFlags.FAULT | MarketFlags.AGGREGATE_UPDATES, 0);
        vm.prank(Predeploys.L1_ROLLUP);
        market.setProgram(IComputeMarket.Purpose.Aggregate, "aggregate");
    }

    function test_updateModelWeights_aggregated_succeeds() external {
        bytes32 model = _aggregatedModel();
        bytes memory proof = _aggregate(model, NEXT, true);
        vm.expectRevert(IComputeMarket.ComputeMarket_InvalidUpdate.selector);
        _update(model, proof);
        _mine(1, MARKET_PERIOD);
        _finalize("aggregate");
        _update(model, proof);
        vm.assertEq(market.parentOf(NEXT), model);
        vm.assertEq(market.getModel(NEXT).owner, modelOwner);
        bytes memory signature = _signature(OWNER_KEY, NEXT);
        vm.expectRevert(IComputeMarket.ComputeMarket_InvalidUpdate.selector);
        _update(model, abi.encode(uint8(0), signature));
    }

    function test_updateModelWeights_otherOutput_reverts() external {
        bytes32 model = _aggregatedModel();
        bytes memory proof = _aggregate(model, keccak256("other"), true);
        _mine(1, MARKET_PERIOD);
        _finalize("aggregate");
        vm.expectRevert(IComputeMarket.ComputeMarket_InvalidUpdate.selector);
        _update(model, proof);
    }

    /// @dev An inference whose output happens to be a model hash is no aggregation.
    function test_updateModelWeights_inference_reverts() external {
        bytes32 model = _aggregatedModel();
        bytes memory proof = _aggregate(model, NEXT, false);
        _mine(1, MARKET_PERIOD);
        _finalize("aggregate");
        vm.expectRevert(IComputeMarket.ComputeMarket_InvalidUpdate.selector);
        _update(model, proof);
    }

    /// @dev Lineage is proved, so it holds even for a hash that somebody registered before; its terms stay.
    function test_updateModelWeights_squatted_succeeds() external {
        bytes32 model = _aggregatedModel();
        vm.prank(alice);
        market.registerModel(NEXT, "");
        bytes memory proof = _aggregate(model, NEXT, true);
        _mine(1, MARKET_PERIOD);
        _finalize("aggregate");
        _update(model, proof);
        vm.assertEq(market.parentOf(NEXT), model);
        vm.assertEq(market.getModel(NEXT).owner, alice);
    }
}
