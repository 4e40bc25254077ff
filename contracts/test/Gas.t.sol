// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {ILuxRollup} from "../src/interfaces/ILuxRollup.sol";
import {IMessageBridge} from "../src/interfaces/IMessageBridge.sol";
import {RollupCore} from "../src/l1/RollupCore.sol";
import {RollupFactory} from "../src/l1/RollupFactory.sol";
import {Messages} from "../src/libraries/Messages.sol";
import {IDevToken, RollupTest} from "./utils/RollupTest.sol";

/// @notice Gas of the calls that matter, as whole transactions: run with `--isolate`. Each is one call in one test.
contract Gas_Test is RollupTest {
    IDevToken private _token;

    function setUp() public override {
        super.setUp();
        _token = IDevToken(_create("DevToken", ""));
        _token.mint(alice, 1e24);
        vm.prank(alice, alice);
        _token.approve(address(core), type(uint256).max);
        vm.prank(alice, alice);
        core.depositToL2{value: 10 ether}(address(0), 10 ether, "");
        vm.prank(alice, alice);
        core.depositToL2(address(_token), 10 ether, "");
        _mine(1, 12);
        _submitClaim(0);
        _mine(1, 12);
    }

    /// @dev A payload that does not compress further: no byte is zero.
    function _measureSubmit(uint256 _bytes, bool _claims, string memory _name) private {
        ILuxRollup.BatchHeader memory header = _nextHeader();
        if (_claims) header = _withClaim(header, keccak256("receipts"));
        bytes memory payload = new bytes(_bytes);
        for (uint256 i; i < _bytes; ++i) {
            payload[i] = 0x5a;
        }
        bytes memory data = _transactions(header, payload);
        _submit(_sign(header, data, SEQUENCER_KEY), data);
        vm.snapshotGasLastCall(_name);
    }

    function test_gas_submitBatch_empty_succeeds() external {
        _measureSubmit(0, true, "submitBatch, no payload, claim");
    }

    function test_gas_submitBatch_withoutClaim_succeeds() external {
        _measureSubmit(0, false, "submitBatch, no payload, no claim");
    }

    function test_gas_submitBatch_110KB_succeeds() external {
        _measureSubmit(110_000, true, "submitBatch, 110,000 bytes, claim");
    }

    function test_gas_submitBatch_120KB_succeeds() external {
        _measureSubmit(120_000, true, "submitBatch, 120,000 bytes, claim");
    }

    function test_gas_proposeStateRoot_succeeds() external {
        _submit(_nextHeader());
        vm.prank(proposer, proposer);
        core.proposeStateRoot(2, keccak256("root"), abi.encode(keccak256("t"), keccak256("r"), ""));
        vm.snapshotGasLastCall("proposeStateRoot");
    }

    function test_gas_finalizeStateRoot_succeeds() external {
        _finalizeNext();
        vm.snapshotGasLastCall("finalizeStateRoot");
    }

    function test_gas_depositEther_succeeds() external {
        vm.prank(alice, alice);
        core.depositToL2{value: 1 ether}(address(0), 1 ether, "");
        vm.snapshotGasLastCall("depositToL2, ETH");
    }

    function test_gas_depositToken_succeeds() external {
        vm.prank(alice, alice);
        core.depositToL2(address(_token), 1 ether, "");
        vm.snapshotGasLastCall("depositToL2, ERC-20");
    }

    function test_gas_sendMessageToL2_succeeds() external {
        vm.prank(alice, alice);
        bridge.sendMessageToL2{value: 1}(bob, new bytes(100));
        vm.snapshotGasLastCall("sendMessageToL2, 100 bytes");
    }

    function test_gas_initiateWithdrawal_succeeds() external {
        IMessageBridge.L2Message memory message = _withdrawal(address(0), bob, 1 ether, 0);
        uint256 batch = _submitClaim(_receiptRoot(message));
        bytes memory proof = abi.encode(message, _proof(message, batch));
        vm.prank(alice, alice);
        core.initiateWithdrawal(address(0), 1 ether, proof);
        vm.snapshotGasLastCall("initiateWithdrawal, ETH");
    }

    function test_gas_finalizeWithdrawal_ether_succeeds() external {
        _measurePayment(address(0), "finalizeWithdrawal, ETH");
    }

    function test_gas_finalizeWithdrawal_token_succeeds() external {
        _measurePayment(address(_token), "finalizeWithdrawal, ERC-20");
    }

    function test_gas_relayMessageFromL2_succeeds() external {
        IMessageBridge.L2Message memory message =
            IMessageBridge.L2Message(alice, bob, 1 ether, 200_000, new bytes(100), 0);
        uint256 batch = _submitClaim(_receiptRoot(message));
        IMessageBridge.MessageProof memory proof = _proof(message, batch);
        _finalizeNext();
        _finalizeNext();
        vm.prank(alice, alice);
        bridge.relayMessageFromL2(message, proof);
        vm.snapshotGasLastCall("relayMessageFromL2, 100 bytes");
    }

    function test_gas_deployRollup_succeeds() external {
        RollupFactory factory = RollupFactory(_create("RollupFactory", abi.encode(address(this), uint256(0))));
        factory.registerImplementation("general", implementation, IEvidence(address(0)), 0);
        factory.deployRollup("general", _config(ILuxRollup.RollupType.Optimistic), alice, bob, 2 days);
        vm.snapshotGasLastCall("deployRollup with a new timelock");
    }

    function _measurePayment(address _asset, string memory _name) private {
        _finalizeNext();
        uint256 id = _provenWithdrawal(_asset, bob, 1 ether, 0);
        vm.prank(alice, alice);
        core.finalizeWithdrawal(id, "");
        vm.snapshotGasLastCall(_name);
    }
}
