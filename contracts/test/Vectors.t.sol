// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {ILuxRollup} from "../src/interfaces/ILuxRollup.sol";
import {IMessageBridge} from "../src/interfaces/IMessageBridge.sol";
import {MessageBridge} from "../src/l1/MessageBridge.sol";
import {RollupCore} from "../src/l1/RollupCore.sol";
import {BatchLib} from "../src/libraries/BatchLib.sol";
import {Merkle} from "../src/libraries/Merkle.sol";
import {Messages} from "../src/libraries/Messages.sol";
import {RollupTest} from "./utils/RollupTest.sol";

/// @notice The contracts against `vectors.json`, which ethers wrote and the node's tests read too.
contract Vectors_Test is RollupTest {
    string private _json;

    function setUp() public override {
        super.setUp();
        _json = vm.readFile("test/vectors.json");
        vm.chainId(_uint(".domain.chainId"));
    }

    function test_vectors_batches_succeeds() external {
        address where = _address(".domain.rollup");
        vm.etch(where, implementation.code);
        RollupCore rollup = RollupCore(where);
        vm.assertEq(rollup.domainSeparator(), _word(".domain.separator"));
        uint256 count;
        for (; _has(string.concat(".batches", _index(count))); ++count) {
            string memory path = string.concat(".batches", _index(count));
            ILuxRollup.BatchHeader memory header = ILuxRollup.BatchHeader({
                batchNumber: _uint(string.concat(path, ".batchNumber")),
                parentBatchHash: _word(string.concat(path, ".parentBatchHash")),
                stateRoot: _word(string.concat(path, ".stateRoot")),
                transactionRoot: _word(string.concat(path, ".transactionRoot")),
                receiptRoot: _word(string.concat(path, ".receiptRoot")),
                timestamp: _uint(string.concat(path, ".timestamp")),
                l1BlockNumber: _uint(string.concat(path, ".l1BlockNumber")),
                sequencer: _address(string.concat(path, ".sequencer")),
                signature: _bytes(string.concat(path, ".signature"))
            });
            bytes memory trace = _bytes(string.concat(path, ".trace"));
            vm.assertEq(BatchLib.traceCommitment(trace), _word(string.concat(path, ".traceCommitment")));
            bytes memory transactions = abi.encodePacked(
                uint8(0),
                _word(string.concat(path, ".accumulator")),
                uint32(trace.length),
                trace,
                _payload(_uint(string.concat(path, ".payloadLength")))
            );
            bytes32 digest = rollup.batchDigest(header, keccak256(transactions));
            vm.assertEq(rollup.batchHash(header), _word(string.concat(path, ".batchHash")));
            vm.assertEq(keccak256(transactions), _word(string.concat(path, ".transactionsHash")));
            vm.assertEq(digest, _word(string.concat(path, ".digest")));
            bytes memory signature = header.signature;
            (bytes32 r, bytes32 s) = (Merkle.word(signature, 0), Merkle.word(signature, 1));
            vm.assertEq(ecrecover(digest, uint8(signature[64]), r, s), header.sequencer);
        }
        vm.assertEq(count, 2);
    }

    function test_vectors_genesis_succeeds() external {
        vm.roll(_uint(".genesis.l1BlockNumber"));
        vm.warp(1_700_000_000);
        ILuxRollup.RollupConfig memory config = _config(ILuxRollup.RollupType.Optimistic);
        config.genesisStateRoot = _word(".genesis.stateRoot");
        config.initCode = _bytes(".genesis.initCode");
        _deployRollup(config);
        vm.assertEq(core.initCodeHash(), _word(".genesis.initCodeHash"));
        vm.assertEq(core.getBatch(0).transactionRoot, _word(".genesis.transactionRoot"));
        vm.assertEq(core.getBatch(0).batchHash, _word(".genesis.batchHash"));
    }

    function test_vectors_payloads_succeeds() external view {
        for (uint256 i; i < 8; ++i) {
            string memory path = string.concat(".payloads", _index(i));
            bytes memory payload = _payload(_uint(string.concat(path, ".payloadLength")));
            vm.assertEq(core.payloadCommitment(payload), _word(string.concat(path, ".commitment")));
        }
    }

    function test_vectors_merkle_succeeds() external view {
        for (uint256 i; i < 9; ++i) {
            string memory path = string.concat(".merkle", _index(i));
            bytes32[] memory leaves = vm.parseJsonBytes32Array(_json, string.concat(path, ".leaves"));
            vm.assertEq(Merkle.root(leaves), _word(string.concat(path, ".root")));
        }
    }

    function test_vectors_queue_succeeds() external {
        for (uint256 i; i < 3; ++i) {
            string memory path = string.concat(".queue", _index(i));
            address sender = _address(string.concat(path, ".sender"));
            uint256 value = _uint(string.concat(path, ".value"));
            bytes memory data = _bytes(string.concat(path, ".data"));
            vm.assertEq(_uint(string.concat(path, ".gasLimit")), 500_000 + 40 * data.length);
            vm.roll(_uint(string.concat(path, ".l1BlockNumber")));
            uint256 mint = _uint(string.concat(path, ".mint"));
            vm.deal(address(tokenBridge), mint);
            vm.prank(address(tokenBridge));
            bridge.enqueue{value: mint}(sender, _address(string.concat(path, ".target")), value, data);
            vm.assertEq(bridge.accumulatorOf(i + 1), _word(string.concat(path, ".accumulator")));
        }
    }

    function test_vectors_messages_succeeds() external {
        for (uint256 i; i < 5; ++i) {
            string memory path = string.concat(".messages", _index(i));
            vm.assertEq(Messages.hash(_message(path)), _word(string.concat(path, ".messageHash")));
        }
        uint256 batch = _submitClaim(_word(".messageProofs.receiptRoot"));
        _finalizeNext();
        vm.deal(address(bridge), 10);
        for (uint256 i; i < 5; ++i) {
            IMessageBridge.L2Message memory message = _message(string.concat(".messages", _index(i)));
            IMessageBridge.MessageProof memory proof = IMessageBridge.MessageProof({
                batchHash: core.getBatch(batch).batchHash,
                messageHash: Messages.hash(message),
                merkleProof: _bytes(string.concat(".messageProofs.proofs", _index(i))),
                messageIndex: i
            });
            bridge.relayMessageFromL2(message, proof);
            vm.assertTrue(bridge.isMessageExecuted(proof.messageHash));
        }
    }

    function test_vectors_signedMessage_succeeds() external {
        address where = _address(".domain.bridge");
        vm.etch(where, address(bridge).code);
        bytes32 slot = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;
        vm.store(where, slot, vm.load(address(bridge), slot));
        MessageBridge(where).initialize(address(core), address(tokenBridge), 500_000);
        IMessageBridge.L2Message memory message = _message(".signedMessage");
        _setNonce(where, message.sender, message.nonce);
        IMessageBridge(where).relayMessageToL2(message, _bytes(".signedMessage.signature"));
    }

    /// @dev `nonces` of the bridge is found by its storage layout snapshot.
    function _setNonce(address _at, address _signer, uint256 _nonce) private {
        string memory slots = vm.readFile("snapshots/storage/MessageBridge.json");
        uint256 slot = type(uint256).max;
        for (uint256 i; vm.keyExistsJson(slots, _index(i)); ++i) {
            if (keccak256(bytes(_label(slots, i))) == keccak256("nonces")) {
                slot = vm.parseJsonUint(slots, string.concat(_index(i), ".slot"));
            }
        }
        vm.store(_at, keccak256(abi.encode(_signer, slot)), bytes32(_nonce));
    }

    function _label(string memory _layout, uint256 _i) private pure returns (string memory) {
        return vm.parseJsonString(_layout, string.concat(_index(_i), ".label"));
    }

    function _message(string memory _path) private view returns (IMessageBridge.L2Message memory) {
        return IMessageBridge.L2Message({
            sender: _address(string.concat(_path, ".sender")),
            target: _address(string.concat(_path, ".target")),
            value: _uint(string.concat(_path, ".value")),
            gasLimit: _uint(string.concat(_path, ".gasLimit")),
            data: _bytes(string.concat(_path, ".data")),
            nonce: _uint(string.concat(_path, ".nonce"))
        });
    }

    function _payload(uint256 _length) private pure returns (bytes memory ret_) {
        ret_ = new bytes(_length);
        for (uint256 i; i < _length; ++i) {
            ret_[i] = bytes1(uint8(31 * i + 7 * (i / 4096)));
        }
    }

    function _index(uint256 _i) private pure returns (string memory) {
        return string.concat("[", vm.toString(_i), "]");
    }

    function _has(string memory _path) private view returns (bool) {
        return vm.keyExistsJson(_json, _path);
    }

    function _uint(string memory _path) private view returns (uint256) {
        return vm.parseJsonUint(_json, _path);
    }

    function _word(string memory _path) private view returns (bytes32) {
        return vm.parseJsonBytes32(_json, _path);
    }

    function _address(string memory _path) private view returns (address) {
        return vm.parseJsonAddress(_json, _path);
    }

    function _bytes(string memory _path) private view returns (bytes memory) {
        return vm.parseJsonBytes(_json, _path);
    }
}
