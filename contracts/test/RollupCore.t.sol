// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {ILuxRollup} from "../src/interfaces/ILuxRollup.sol";
import {IRollupCore} from "../src/interfaces/IRollupCore.sol";
import {IRollupSettings} from "../src/interfaces/IRollupSettings.sol";
import {ExpiringPause} from "../src/l1/ExpiringPause.sol";
import {MessageBridge} from "../src/l1/MessageBridge.sol";
import {RollupCore} from "../src/l1/RollupCore.sol";
import {RollupSettings} from "../src/l1/RollupSettings.sol";
import {SequencerRegistry} from "../src/l1/SequencerRegistry.sol";
import {RollupTest} from "./utils/RollupTest.sol";

contract RollupCore_Initialize_Test is RollupTest {
    function test_initialize_lpConfig_succeeds() external view {
        ILuxRollup.RollupConfig memory expected = _config(ILuxRollup.RollupType.Optimistic);
        vm.assertEq(abi.encode(core.config()), abi.encode(expected));
        vm.assertEq(core.finalizedStateRoot(), GENESIS_STATE_ROOT);
        vm.assertEq(uint256(core.getBatchStatus(0)), uint256(IRollupCore.BatchStatus.Finalized));
        vm.assertEq(uint256(core.getBatchStatus(1)), uint256(IRollupCore.BatchStatus.None));
        vm.assertEq(core.owner(), governor);
        vm.assertEq(settings.guardian(), governor);
        vm.assertEq(core.genesisL1Block(), 1000);
        IRollupSettings.RollupParams memory params = core.params();
        vm.assertEq(params.l2ChainId, 0x4c5832);
        vm.assertEq(params.messageGasLimit, 500_000);
        vm.assertEq(core.initCodeHash(), keccak256(""));
    }

    function test_initialize_params_succeeds() external {
        ILuxRollup.RollupConfig memory config = _config(ILuxRollup.RollupType.Hybrid);
        IRollupSettings.RollupParams memory params =
            IRollupSettings.RollupParams(7, 30_000_000, 5, 1_699_999_999, keccak256("block"), 10, 20, 300_000);
        config.initCode = abi.encode(params);
        _deployRollup(config);
        vm.assertEq(abi.encode(core.params()), abi.encode(params));
        vm.assertEq(core.initCodeHash(), keccak256(config.initCode));
        IRollupCore.Batch memory genesis = core.getBatch(0);
        vm.assertEq(genesis.transactionRoot, keccak256(abi.encode(params.genesisBlockHash, params.genesisBlockHash)));
        vm.assertEq(genesis.timestamp, params.genesisTimestamp);
        ILuxRollup.BatchHeader memory header;
        header.stateRoot = GENESIS_STATE_ROOT;
        header.transactionRoot = genesis.transactionRoot;
        header.timestamp = genesis.timestamp;
        header.l1BlockNumber = core.genesisL1Block();
        vm.assertEq(core.batchHash(header), genesis.batchHash);
    }

    function test_initialize_invalidParams_reverts() external {
        for (uint256 i; i < 7; ++i) {
            IRollupSettings.RollupParams memory params =
                IRollupSettings.RollupParams(7, 30_000_000, 5, 1, 0, 10, 20, 300_000);
            if (i == 0) params.l2ChainId = 0;
            if (i == 1) params.l2GasLimit = 29_999_999;
            if (i == 2) params.inclusionWindow = 0;
            if (i == 3) params.fallbackWindow = 366 days;
            if (i == 4) params.messageGasLimit = 299_999;
            if (i == 5) params.messageGasLimit = 10_000_001;
            if (i == 6) params.genesisTimestamp = uint64(block.timestamp + 601);
            ILuxRollup.RollupConfig memory config = _config(ILuxRollup.RollupType.Optimistic);
            config.initCode = abi.encode(params);
            RollupCore fresh = RollupCore(_proxy(implementation));
            vm.expectRevert(RollupSettings.RollupSettings_InvalidConfig.selector);
            fresh.initialize(config);
        }
    }

    function test_initialize_twice_reverts() external {
        ILuxRollup.RollupConfig memory config = _config(ILuxRollup.RollupType.Optimistic);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        core.initialize(config);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        RollupCore(implementation).initialize(config);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        settings.initialize(config, alice);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        bridge.initialize(alice, alice, 1);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        tokenBridge.initialize(alice, alice);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        registry.initialize(alice, alice, 1, 1);
    }
}

contract RollupCore_SubmitBatch_Test is RollupTest {
    function test_submitBatch_withClaim_succeeds() external {
        ILuxRollup.BatchHeader memory header = _withClaim(_nextHeader(), keccak256("r"));
        vm.expectEmit(address(core));
        emit ILuxRollup.BatchSubmitted(1, core.batchHash(header));
        vm.expectEmit(address(core));
        emit ILuxRollup.StateRootProposed(1, header.stateRoot);
        _submit(header);
        IRollupCore.Batch memory batch = core.getBatch(1);
        vm.assertEq(batch.batchHash, core.batchHash(header));
        vm.assertEq(batch.stateRoot, header.stateRoot);
        vm.assertEq(batch.transactionRoot, header.transactionRoot);
        vm.assertEq(batch.receiptRoot, header.receiptRoot);
        vm.assertEq(batch.commitment, core.payloadCommitment(""));
        vm.assertEq(batch.claimant, sequencer);
        vm.assertEq(batch.proposedAt, block.timestamp);
        vm.assertEq(uint256(core.getBatchStatus(1)), uint256(IRollupCore.BatchStatus.Proposed));
        vm.assertEq(core.lastBatch(), 1);
    }

    function test_submitBatch_withoutClaim_succeeds() external {
        _submit(_nextHeader());
        vm.assertEq(uint256(core.getBatchStatus(1)), uint256(IRollupCore.BatchStatus.Submitted));
        vm.assertEq(core.getBatch(1).claimant, address(0));
    }

    function testFuzz_submitBatch_payload_succeeds(bytes calldata _payload) external {
        ILuxRollup.BatchHeader memory header = _nextHeader();
        bytes memory data = _transactions(header, _payload);
        _submit(_sign(header, data, SEQUENCER_KEY), data);
        vm.assertEq(core.getBatch(1).commitment, core.payloadCommitment(_payload));
    }

    function test_submitBatch_otherTransactions_reverts() external {
        ILuxRollup.BatchHeader memory header = _nextHeader();
        bytes memory data = _transactions(header, "payload");
        header = _sign(header, data, SEQUENCER_KEY);
        data[data.length - 1] = "D";
        vm.expectRevert(RollupCore.RollupCore_InvalidSignature.selector);
        _submit(header, data);
    }

    function test_submitBatch_otherKey_reverts() external {
        ILuxRollup.BatchHeader memory header = _nextHeader();
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, STRANGER_KEY);
        vm.expectRevert(RollupCore.RollupCore_InvalidSignature.selector);
        _submit(header, data);
    }

    function test_submitBatch_otherChain_reverts() external {
        ILuxRollup.BatchHeader memory header = _nextHeader();
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, SEQUENCER_KEY);
        vm.chainId(2);
        vm.expectRevert(RollupCore.RollupCore_InvalidSignature.selector);
        _submit(header, data);
    }

    function test_submitBatch_otherAccumulator_reverts() external {
        vm.prank(alice, alice);
        core.depositToL2{value: 1}(address(0), 1, "");
        _mine(1, 12);
        ILuxRollup.BatchHeader memory header = _nextHeader();
        bytes memory data = abi.encodePacked(uint8(0), bytes32(0), uint32(0));
        header = _sign(header, data, SEQUENCER_KEY);
        vm.expectRevert(RollupCore.RollupCore_WrongAccumulator.selector);
        _submit(header, data);
        _submit(_nextHeader());
        vm.assertEq(core.getBatch(1).messageCount, 1);
    }

    function test_submitBatch_inclusionWindow_reverts() external {
        vm.prank(alice, alice);
        core.depositToL2{value: 1}(address(0), 1, "");
        uint256 depositBlock = block.number;
        _mine(INCLUSION_WINDOW, 12 * INCLUSION_WINDOW);
        // The message is due as soon as no L1 block before it can be named.
        ILuxRollup.BatchHeader memory header = _nextHeader();
        header.l1BlockNumber = depositBlock - 1;
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, SEQUENCER_KEY);
        vm.expectRevert(MessageBridge.MessageBridge_OutOfInclusionWindow.selector);
        _submit(header, data);
        header = _nextHeader();
        header.l1BlockNumber = depositBlock;
        _submit(header);
        vm.assertEq(core.getBatch(1).messageCount, 1);
    }

    function test_submitBatch_messageGas_bounded() external {
        uint256 first = block.number;
        uint256 gasOfOne;
        uint256 last;
        // Seven entries per block stay under the price's target; each asks for the gas of a message with no data.
        for (uint256 gas; gas <= bridge.BATCH_GAS_LIMIT();) {
            uint256 before = bridge.queueGasLeft();
            for (uint256 i; i < 7; ++i) {
                bridge.sendMessageToL2(bob, "");
            }
            gasOfOne = (before - bridge.queueGasLeft()) / 7;
            gas += 7 * gasOfOne;
            last = block.number;
            _mine(1, 12);
        }
        vm.assertLe((last - first) * 7 * gasOfOne, bridge.BATCH_GAS_LIMIT());
        _mine(INCLUSION_WINDOW, 12);

        // The last block's entries are too much, an earlier end is too early: what fits is taken, however late.
        bytes4[2] memory reasons = [
            MessageBridge.MessageBridge_TooManyEntries.selector,
            MessageBridge.MessageBridge_OutOfInclusionWindow.selector
        ];
        uint256[2] memory ends = [last, last - 2];
        for (uint256 i; i < 2; ++i) {
            ILuxRollup.BatchHeader memory refused = _nextHeader();
            refused.l1BlockNumber = ends[i];
            bytes memory data = _transactions(refused, "");
            refused = _sign(refused, data, SEQUENCER_KEY);
            vm.expectRevert(reasons[i]);
            _submit(refused, data);
        }
        ILuxRollup.BatchHeader memory header = _nextHeader();
        header.l1BlockNumber = last - 1;
        _submit(header);
        vm.assertEq(core.getBatch(1).messageCount, (last - first) * 7);
        header = _nextHeader();
        _submit(header);
        vm.assertEq(core.getBatch(2).messageCount, (last - first + 1) * 7);
    }

    /// @dev A batch is at most as late as others may take its sequencer's place; what is new goes on however long nothing came.
    function test_submitBatch_late_reverts() external {
        _submit(_nextHeader());
        _mine(1, FALLBACK_WINDOW + 601);
        ILuxRollup.BatchHeader memory header = _nextHeader();
        header.timestamp = block.timestamp - FALLBACK_WINDOW - 601;
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, SEQUENCER_KEY);
        vm.expectRevert(RollupCore.RollupCore_InvalidTimestamp.selector);
        _submit(header, data);
        header.timestamp += 1;
        _submit(header);
        _mine(1, 300 days);
        _submit(_nextHeader());
    }

    function test_submitBatch_badHeader_reverts() external {
        _submit(_nextHeader());
        _mine(1, 12);
        bytes4[7] memory reasons = [
            RollupCore.RollupCore_WrongBatchNumber.selector,
            RollupCore.RollupCore_WrongBatchNumber.selector,
            RollupCore.RollupCore_WrongParent.selector,
            RollupCore.RollupCore_InvalidTimestamp.selector,
            RollupCore.RollupCore_InvalidTimestamp.selector,
            RollupCore.RollupCore_InvalidL1Block.selector,
            RollupCore.RollupCore_InvalidL1Block.selector
        ];
        for (uint256 i; i < reasons.length; ++i) {
            ILuxRollup.BatchHeader memory header = _nextHeader();
            if (i == 0) header.batchNumber = 1;
            if (i == 1) header.batchNumber = 3;
            if (i == 2) header.parentBatchHash = core.getBatch(0).batchHash;
            if (i == 3) header.timestamp = core.getBatch(1).timestamp - 1;
            if (i == 4) header.timestamp = block.timestamp + 601;
            if (i == 5) header.l1BlockNumber = block.number;
            if (i == 6) header.l1BlockNumber = core.getBatch(1).l1BlockNumber - 1;
            bytes memory data = _transactions(header, "");
            header = _sign(header, data, SEQUENCER_KEY);
            vm.expectRevert(reasons[i]);
            _submit(header, data);
        }
    }

    function test_submitBatch_badTransactions_reverts() external {
        ILuxRollup.BatchHeader memory header = _nextHeader();
        bytes[3] memory data = [
            bytes(hex"00"), abi.encodePacked(uint8(1), bytes32(0), uint32(0)), _transactions(header, new bytes(120_001))
        ];
        bytes4[3] memory reasons = [
            RollupCore.RollupCore_UnknownDataKind.selector,
            RollupCore.RollupCore_UnknownDataKind.selector,
            RollupCore.RollupCore_PayloadTooLarge.selector
        ];
        for (uint256 i; i < data.length; ++i) {
            header = _sign(header, data[i], SEQUENCER_KEY);
            vm.expectRevert(reasons[i]);
            _submit(header, data[i]);
        }
    }

    function test_submitBatch_notTopLevel_reverts() external {
        ILuxRollup.BatchHeader memory header = _nextHeader();
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, SEQUENCER_KEY);
        vm.prank(alice, bob);
        vm.expectRevert(RollupCore.RollupCore_NotTopLevelCall.selector);
        core.submitBatch(header, data);
        vm.etch(alice, hex"ef01000000000000000000000000000000000000000000");
        vm.expectRevert(RollupCore.RollupCore_NotTopLevelCall.selector);
        _submit(header, data);
    }

    function test_submitBatch_otherEncoding_reverts() external {
        ILuxRollup.BatchHeader memory header = _nextHeader();
        bytes memory data = _transactions(header, "payload");
        header = _sign(header, data, SEQUENCER_KEY);
        bytes memory call = abi.encodeCall(core.submitBatch, (header, data));
        _expectRejected(bytes.concat(call, hex"00"));
        // The same values with a gap of one word between the header and the transactions.
        bytes memory gapped = bytes.concat(
            core.submitBatch.selector,
            abi.encode(uint256(0x40), uint256(0x40 + 0x1c0)),
            _slice(call, 4 + 64, 4 + 64 + 0x1a0),
            bytes32(0),
            _slice(call, 4 + 64 + 0x1a0, call.length)
        );
        _expectRejected(gapped);
        header.signature = bytes.concat(header.signature, hex"00");
        _expectRejected(abi.encodeCall(core.submitBatch, (header, data)));
        vm.prank(alice, alice);
        (bool success,) = address(core).call(call);
        vm.assertTrue(success);
    }

    function test_submitBatch_incompleteClaim_reverts() external {
        ILuxRollup.BatchHeader memory header = _nextHeader();
        header.receiptRoot = keccak256("r");
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, SEQUENCER_KEY);
        vm.expectRevert(RollupCore.RollupCore_IncompleteClaim.selector);
        _submit(header, data);
    }

    function test_submitBatch_claimAfterNoClaim_reverts() external {
        _submit(_nextHeader());
        _mine(1, 12);
        ILuxRollup.BatchHeader memory header = _withClaim(_nextHeader(), 0);
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, SEQUENCER_KEY);
        vm.expectRevert(RollupCore.RollupCore_ParentWithoutClaim.selector);
        _submit(header, data);
    }

    function test_submitBatch_claimOnZK_reverts() external {
        _deployRollup(_config(ILuxRollup.RollupType.ZKRollup));
        ILuxRollup.BatchHeader memory header = _withClaim(_nextHeader(), 0);
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, SEQUENCER_KEY);
        vm.expectRevert(RollupCore.RollupCore_NoValidityProof.selector);
        _submit(header, data);
    }

    function test_submitBatch_fallback_succeeds() external {
        ILuxRollup.BatchHeader memory header = _nextHeader();
        header.sequencer = stranger;
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, STRANGER_KEY);
        vm.expectRevert(RollupCore.RollupCore_NotSequencer.selector);
        _submit(header, data);
        _mine(1, FALLBACK_WINDOW);
        vm.expectRevert(SequencerRegistry.SequencerRegistry_BondTooLow.selector);
        _submit(header, data);
        vm.prank(stranger, stranger);
        registry.postBond{value: STAKE / 10}();
        _submit(header, data);
        vm.assertEq(core.lastBatch(), 1);
        vm.prank(stranger, stranger);
        vm.expectRevert(
            abi.encodeWithSelector(
                SequencerRegistry.SequencerRegistry_BondLocked.selector, block.timestamp + CHALLENGE_PERIOD
            )
        );
        registry.withdrawBond();
        // The window starts again; the sequencer is not shut out by it.
        _mine(1, 12);
        header = _nextHeader();
        header.sequencer = stranger;
        data = _transactions(header, "");
        header = _sign(header, data, STRANGER_KEY);
        vm.expectRevert(RollupCore.RollupCore_NotSequencer.selector);
        _submit(header, data);
        _submit(_nextHeader());
    }

    function test_submitBatch_exitingSequencer_reverts() external {
        vm.prank(sequencer, sequencer);
        registry.requestExit();
        ILuxRollup.BatchHeader memory header = _nextHeader();
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, SEQUENCER_KEY);
        vm.expectRevert(RollupCore.RollupCore_NotSequencer.selector);
        _submit(header, data);
    }

    function test_submitBatch_paused_reverts() external {
        uint8 part = settings.PAUSE_SUBMISSION();
        vm.prank(governor, governor);
        settings.pause(part, 7 days);
        ILuxRollup.BatchHeader memory header = _nextHeader();
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, SEQUENCER_KEY);
        vm.expectRevert(abi.encodeWithSelector(ExpiringPause.ExpiringPause_Paused.selector, block.timestamp + 7 days));
        _submit(header, data);
        _mine(1, 7 days);
        _submit(_nextHeader());
    }

    function _expectRejected(bytes memory _call) private {
        vm.prank(alice, alice);
        (bool success, bytes memory reason) = address(core).call(_call);
        vm.assertFalse(success);
        vm.assertEq(reason, abi.encodeWithSelector(RollupCore.RollupCore_NonCanonicalCalldata.selector));
    }

    function _slice(bytes memory _data, uint256 _from, uint256 _to) private pure returns (bytes memory ret_) {
        ret_ = new bytes(_to - _from);
        for (uint256 i; i < ret_.length; ++i) {
            ret_[i] = _data[_from + i];
        }
    }
}

contract RollupCore_ProposeStateRoot_Test is RollupTest {
    bytes32 private constant ROOT = keccak256("root");

    function _claimData() private pure returns (bytes memory) {
        return abi.encode(keccak256("t"), keccak256("r"), "");
    }

    function test_proposeStateRoot_proposer_succeeds() external {
        _submit(_nextHeader());
        vm.prank(proposer, proposer);
        vm.expectEmit(address(core));
        emit ILuxRollup.StateRootProposed(1, ROOT);
        core.proposeStateRoot(1, ROOT, _claimData());
        vm.assertEq(core.getBatch(1).claimant, proposer);
        vm.assertEq(uint256(core.getBatchStatus(1)), uint256(IRollupCore.BatchStatus.Proposed));
    }

    function test_proposeStateRoot_sequencer_succeeds() external {
        _submit(_nextHeader());
        vm.prank(sequencer, sequencer);
        core.proposeStateRoot(1, ROOT, _claimData());
    }

    function test_proposeStateRoot_strangerInTime_reverts() external {
        vm.prank(stranger, stranger);
        registry.postBond{value: STAKE / 10}();
        _submit(_nextHeader());
        vm.prank(stranger, stranger);
        vm.expectRevert(RollupCore.RollupCore_NotProposer.selector);
        core.proposeStateRoot(1, ROOT, _claimData());
        _mine(1, FALLBACK_WINDOW);
        vm.prank(stranger, stranger);
        core.proposeStateRoot(1, ROOT, _claimData());
        vm.prank(stranger, stranger);
        vm.expectRevert();
        registry.withdrawBond();
    }

    function test_proposeStateRoot_anyoneWithBond_succeeds() external {
        ILuxRollup.RollupConfig memory config = _config(ILuxRollup.RollupType.Optimistic);
        config.proposer = address(0);
        _deployRollup(config);
        _submit(_nextHeader());
        vm.prank(stranger, stranger);
        vm.expectRevert(SequencerRegistry.SequencerRegistry_BondTooLow.selector);
        core.proposeStateRoot(1, ROOT, _claimData());
        vm.prank(stranger, stranger);
        registry.postBond{value: STAKE / 10}();
        vm.prank(stranger, stranger);
        core.proposeStateRoot(1, ROOT, _claimData());
    }

    function test_proposeStateRoot_outOfOrder_reverts() external {
        _submit(_nextHeader());
        _mine(1, 12);
        _submit(_nextHeader());
        vm.startPrank(proposer, proposer);
        vm.expectRevert(RollupCore.RollupCore_ParentWithoutClaim.selector);
        core.proposeStateRoot(2, ROOT, _claimData());
        vm.expectRevert(RollupCore.RollupCore_NotProposed.selector);
        core.proposeStateRoot(3, ROOT, _claimData());
        vm.expectRevert(RollupCore.RollupCore_NotProposed.selector);
        core.proposeStateRoot(1, 0, _claimData());
        core.proposeStateRoot(1, ROOT, _claimData());
        vm.expectRevert(RollupCore.RollupCore_ParentWithoutClaim.selector);
        core.proposeStateRoot(1, ROOT, _claimData());
        core.proposeStateRoot(2, ROOT, _claimData());
        vm.stopPrank();
    }

    function test_proposeStateRoot_zkWithoutProof_reverts() external {
        _deployRollup(_config(ILuxRollup.RollupType.ZKRollup));
        _submit(_nextHeader());
        vm.prank(proposer, proposer);
        vm.expectRevert(RollupCore.RollupCore_InvalidProof.selector);
        core.proposeStateRoot(1, ROOT, _claimData());
        vm.prank(governor, governor);
        settings.setEvidence(IEvidence.Kind.Validity, IEvidence(address(0)));
        vm.prank(proposer, proposer);
        vm.expectRevert(RollupCore.RollupCore_NoValidityProof.selector);
        core.proposeStateRoot(1, ROOT, _claimData());
    }

    function test_proposeStateRoot_zkByAnyone_succeeds() external {
        _deployRollup(_config(ILuxRollup.RollupType.ZKRollup));
        _submit(_nextHeader());
        IEvidence.Claim memory claim = _expectedClaim(1, keccak256("t"), keccak256("r"));
        vm.prank(stranger, stranger);
        core.proposeStateRoot(1, ROOT, abi.encode(keccak256("t"), keccak256("r"), abi.encode(claim)));
        core.finalizeStateRoot(1);
        vm.assertEq(core.finalizedStateRoot(), ROOT);
    }

    /// @dev The claim by the letter of docs/protocol.md, with an empty trace.
    function _expectedClaim(uint256 _n, bytes32 _transactionRoot, bytes32 _receipts)
        private
        view
        returns (IEvidence.Claim memory claim_)
    {
        IRollupCore.Batch memory parent = core.getBatch(_n - 1);
        IRollupCore.Batch memory batch = core.getBatch(_n);
        claim_.trace = keccak256(abi.encode(uint256(1), uint256(1), bytes32(0)));
        claim_.claimedAt = block.timestamp;
        claim_.input = keccak256(
            abi.encode(
                parent.stateRoot,
                parent.transactionRoot,
                batch.commitment,
                bridge.accumulatorOf(parent.messageCount),
                bridge.accumulatorOf(batch.messageCount),
                batch.timestamp,
                batch.l1BlockNumber,
                keccak256("")
            )
        );
        claim_.output = keccak256(abi.encode(ROOT, _transactionRoot, _receipts));
    }
}

contract RollupCore_ChallengeStateRoot_Test is RollupTest {
    function test_challengeStateRoot_disproved_succeeds() external {
        _submitClaim(0);
        _mine(1, 12);
        uint256 batch = _submitClaim(0);
        _mine(1, 12);
        _submitClaim(0);
        bytes32 batchHash = core.getBatch(batch).batchHash;
        bytes32 descendantHash = core.getBatch(3).batchHash;
        bytes memory proof = _proofOf(batch);
        vm.prank(challenger, challenger);
        vm.expectEmit(address(core));
        emit ILuxRollup.StateRootChallenged(batch, challenger);
        vm.expectEmit(address(core));
        emit IRollupCore.BatchRejected(batch, batchHash);
        core.challengeStateRoot(batch, proof);
        vm.assertEq(uint256(core.getBatchStatus(1)), uint256(IRollupCore.BatchStatus.Proposed));
        vm.assertEq(uint256(core.getBatchStatus(2)), uint256(IRollupCore.BatchStatus.Rejected));
        vm.assertEq(uint256(core.getBatchStatus(3)), uint256(IRollupCore.BatchStatus.Rejected));
        vm.assertEq(uint256(core.getBatchStatus(4)), uint256(IRollupCore.BatchStatus.None));
        vm.assertEq(core.lastBatch(), 1);
        vm.assertEq(challenger.balance, STAKE / 2);
        vm.assertEq(treasury.balance, STAKE / 2);
        vm.assertEq(registry.stakeOf(sequencer), 0);
        (,, IRollupCore.BatchStatus status) = core.canonicalBatch(batchHash);
        vm.assertEq(uint256(status), uint256(IRollupCore.BatchStatus.None));
        (,, status) = core.canonicalBatch(descendantHash);
        vm.assertEq(uint256(status), uint256(IRollupCore.BatchStatus.None));
    }

    function test_challengeStateRoot_paysOnce_reverts() external {
        _submitClaim(0);
        bytes memory proof = _proofOf(1);
        vm.prank(challenger, challenger);
        core.challengeStateRoot(1, proof);
        vm.prank(challenger, challenger);
        vm.expectRevert(RollupCore.RollupCore_NotProposed.selector);
        core.challengeStateRoot(1, proof);
        vm.assertEq(challenger.balance, STAKE / 2);
    }

    function test_challengeStateRoot_exitingClaimant_succeeds() external {
        _submitClaim(0);
        vm.prank(sequencer, sequencer);
        registry.requestExit();
        _mine(1, CHALLENGE_PERIOD - 1);
        _reject(1);
        vm.assertEq(challenger.balance, STAKE / 2);
        _mine(1, 1);
        vm.prank(sequencer, sequencer);
        registry.withdraw();
        vm.assertEq(sequencer.balance, 0);
    }

    function test_challengeStateRoot_bondedStranger_succeeds() external {
        _submitClaim(0);
        bytes memory proof = _proofOf(1);
        vm.prank(stranger, stranger);
        vm.expectRevert(RollupCore.RollupCore_BondRequired.selector);
        core.challengeStateRoot(1, proof);
        vm.startPrank(stranger, stranger);
        registry.postBond{value: STAKE / 10}();
        core.challengeStateRoot(1, proof);
        registry.withdrawBond();
        vm.stopPrank();
        vm.assertEq(stranger.balance, 1000 ether + STAKE / 2);
    }

    function test_challengeStateRoot_strangerClaim_succeeds() external {
        vm.prank(stranger, stranger);
        registry.postBond{value: 11 ether}();
        _submit(_nextHeader());
        _mine(1, FALLBACK_WINDOW);
        vm.prank(stranger, stranger);
        core.proposeStateRoot(1, keccak256("root"), abi.encode(0, 0, ""));
        _reject(1);
        vm.assertEq(challenger.balance, 5.5 ether);
        vm.assertEq(registry.stakeOf(sequencer), STAKE);
    }

    function test_challengeStateRoot_invalidProof_reverts() external {
        _submitClaim(0);
        vm.prank(challenger, challenger);
        vm.expectRevert(RollupCore.RollupCore_InvalidProof.selector);
        core.challengeStateRoot(1, "nonsense");
        vm.assertEq(uint256(core.getBatchStatus(1)), uint256(IRollupCore.BatchStatus.Proposed));
    }

    function test_challengeStateRoot_noModule_reverts() external {
        vm.prank(governor, governor);
        settings.setEvidence(IEvidence.Kind.Fault, IEvidence(address(0)));
        _submitClaim(0);
        bytes memory proof = _proofOf(1);
        vm.prank(challenger, challenger);
        vm.expectRevert(RollupCore.RollupCore_NoFaultProof.selector);
        core.challengeStateRoot(1, proof);
    }

    function test_challengeStateRoot_late_reverts() external {
        _submitClaim(0);
        bytes memory proof = _proofOf(1);
        _mine(1, CHALLENGE_PERIOD);
        vm.prank(challenger, challenger);
        vm.expectRevert(RollupCore.RollupCore_ChallengePeriodOver.selector);
        core.challengeStateRoot(1, proof);
    }

    function test_challengeStateRoot_finalized_reverts() external {
        _submitClaim(0);
        bytes memory proof = _proofOf(1);
        _finalizeNext();
        vm.prank(challenger, challenger);
        vm.expectRevert(RollupCore.RollupCore_NotProposed.selector);
        core.challengeStateRoot(1, proof);
    }

    function test_challengeStateRoot_resubmission_succeeds() external {
        ILuxRollup.BatchHeader memory header = _withClaim(_nextHeader(), 0);
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, SEQUENCER_KEY);
        _submit(header, data);
        _reject(1);
        vm.deal(sequencer, STAKE);
        vm.prank(sequencer, sequencer);
        registry.join{value: STAKE}();
        // The disproved header is refused although it is well signed; another one takes its place.
        vm.expectRevert(RollupCore.RollupCore_DisprovedHeader.selector);
        _submit(header, data);
        header.stateRoot = keccak256("truth");
        _submit(header);
        vm.assertEq(uint256(core.getBatchStatus(1)), uint256(IRollupCore.BatchStatus.Proposed));
        _finalizeNext();
        vm.assertEq(core.finalizedStateRoot(), keccak256("truth"));
    }

    function test_challengeStateRoot_sameDataAgain_succeeds() external {
        ILuxRollup.BatchHeader memory header = _nextHeader();
        bytes memory data = _transactions(header, "");
        header = _sign(header, data, SEQUENCER_KEY);
        _submit(header, data);
        vm.prank(proposer, proposer);
        core.proposeStateRoot(1, keccak256("lie"), abi.encode(0, 0, ""));
        _reject(1);
        _submit(header, data);
        vm.assertEq(uint256(core.getBatchStatus(1)), uint256(IRollupCore.BatchStatus.Submitted));
        vm.prank(proposer, proposer);
        core.proposeStateRoot(1, keccak256("truth"), abi.encode(0, 0, ""));
        _finalizeNext();
        vm.assertEq(core.finalizedStateRoot(), keccak256("truth"));
    }
}

contract RollupCore_FinalizeStateRoot_Test is RollupTest {
    function test_finalizeStateRoot_afterPeriod_succeeds() external {
        ILuxRollup.BatchHeader memory header = _withClaim(_nextHeader(), 0);
        _submit(header);
        _mine(1, CHALLENGE_PERIOD);
        vm.expectEmit(address(core));
        emit ILuxRollup.StateRootFinalized(1, header.stateRoot);
        core.finalizeStateRoot(1);
        vm.assertEq(core.finalizedStateRoot(), header.stateRoot);
        vm.assertEq(uint256(core.getBatchStatus(1)), uint256(IRollupCore.BatchStatus.Finalized));
    }

    function testFuzz_finalizeStateRoot_early_reverts(uint256 _seconds) external {
        _submitClaim(0);
        _mine(1, _seconds % CHALLENGE_PERIOD);
        vm.expectRevert(RollupCore.RollupCore_ChallengePeriodRunning.selector);
        core.finalizeStateRoot(1);
    }

    function test_finalizeStateRoot_lastSecond_reverts() external {
        _submitClaim(0);
        _mine(1, CHALLENGE_PERIOD - 1);
        vm.expectRevert(RollupCore.RollupCore_ChallengePeriodRunning.selector);
        core.finalizeStateRoot(1);
        _mine(1, 1);
        core.finalizeStateRoot(1);
    }

    function test_finalizeStateRoot_outOfOrder_reverts() external {
        _submitClaim(0);
        _submitClaim(0);
        _mine(1, CHALLENGE_PERIOD);
        vm.expectRevert(RollupCore.RollupCore_WrongBatchNumber.selector);
        core.finalizeStateRoot(2);
        core.finalizeStateRoot(1);
        vm.expectRevert(RollupCore.RollupCore_WrongBatchNumber.selector);
        core.finalizeStateRoot(1);
        core.finalizeStateRoot(2);
    }

    function test_finalizeStateRoot_unproposed_reverts() external {
        _submit(_nextHeader());
        _mine(1, CHALLENGE_PERIOD);
        vm.expectRevert(RollupCore.RollupCore_NotProposed.selector);
        core.finalizeStateRoot(1);
        vm.prank(proposer, proposer);
        core.proposeStateRoot(1, keccak256("root"), abi.encode(0, 0, ""));
        vm.expectRevert(RollupCore.RollupCore_ChallengePeriodRunning.selector);
        core.finalizeStateRoot(1);
    }

    function test_finalizeStateRoot_everythingPaused_succeeds() external {
        _submitClaim(0);
        _mine(1, CHALLENGE_PERIOD);
        vm.prank(governor, governor);
        settings.pause(7, 7 days);
        core.finalizeStateRoot(1);
    }
}

contract RollupCore_ProveStateRoot_Test is RollupTest {
    function test_proveStateRoot_hybrid_succeeds() external {
        _deployRollup(_config(ILuxRollup.RollupType.Hybrid));
        _submitClaim(0);
        _submitClaim(0);
        core.proveStateRoot(2, _proofOf(2));
        vm.assertEq(core.lastFinalized(), 0);
        core.proveStateRoot(1, _proofOf(1));
        vm.assertEq(core.lastFinalized(), 1);
        core.finalizeStateRoot(2);
        vm.assertEq(core.lastFinalized(), 2);
    }

    function test_proveStateRoot_invalid_reverts() external {
        _deployRollup(_config(ILuxRollup.RollupType.Hybrid));
        _submitClaim(0);
        vm.expectRevert(RollupCore.RollupCore_InvalidProof.selector);
        core.proveStateRoot(1, "nonsense");
        vm.expectRevert(RollupCore.RollupCore_NotProposed.selector);
        core.proveStateRoot(2, "");
    }

    function test_proveStateRoot_optimistic_reverts() external {
        _submitClaim(0);
        bytes memory proof = _proofOf(1);
        vm.expectRevert(RollupCore.RollupCore_NoValidityProof.selector);
        core.proveStateRoot(1, proof);
    }

    function test_proveStateRoot_forgottenAfterRejection_succeeds() external {
        _deployRollup(_config(ILuxRollup.RollupType.Hybrid));
        _submitClaim(0);
        _submitClaim(0);
        core.proveStateRoot(2, _proofOf(2));
        _reject(1);
        vm.deal(sequencer, STAKE);
        vm.prank(sequencer, sequencer);
        registry.join{value: STAKE}();
        ILuxRollup.BatchHeader memory header = _withClaim(_nextHeader(), 0);
        header.stateRoot = keccak256("truth");
        _submit(header);
        _submitClaim(0);
        vm.assertFalse(core.getBatch(2).proven);
    }
}
