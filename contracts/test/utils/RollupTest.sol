// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LibClone} from "solady/utils/LibClone.sol";
import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {ILuxRollup} from "../../src/interfaces/ILuxRollup.sol";
import {IMessageBridge} from "../../src/interfaces/IMessageBridge.sol";
import {IRollupCore} from "../../src/interfaces/IRollupCore.sol";
import {IRollupSettings} from "../../src/interfaces/IRollupSettings.sol";
import {L1TokenBridge} from "../../src/l1/L1TokenBridge.sol";
import {MessageBridge} from "../../src/l1/MessageBridge.sol";
import {RollupCore} from "../../src/l1/RollupCore.sol";
import {RollupSettings} from "../../src/l1/RollupSettings.sol";
import {SequencerRegistry} from "../../src/l1/SequencerRegistry.sol";
import {Merkle} from "../../src/libraries/Merkle.sol";
import {Messages} from "../../src/libraries/Messages.sol";
import {Predeploys} from "../../src/libraries/Predeploys.sol";
import {EvidenceDouble} from "./Doubles.sol";
import {Vm} from "./Vm.sol";

interface IDevToken {
    function mint(address _to, uint256 _amount) external;
    function approve(address _spender, uint256 _amount) external returns (bool);
    function balanceOf(address _account) external view returns (uint256);
    function transfer(address _to, uint256 _amount) external returns (bool);
}

/// @notice Contracts as they are deployed: from `artifacts/`, not from what forge compiled.
abstract contract ArtifactTest {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bool public constant IS_TEST = true;

    function _artifact(string memory _name) internal view returns (string memory) {
        return vm.readFile(string.concat("artifacts/", _name, ".json"));
    }

    function _create(string memory _name, bytes memory _arguments) internal returns (address ret_) {
        bytes memory code = bytes.concat(vm.parseJsonBytes(_artifact(_name), ".bytecode"), _arguments);
        assembly ("memory-safe") {
            ret_ := create(0, add(code, 32), mload(code))
        }
        require(ret_ != address(0), "creation failed");
    }

    function _runtime(string memory _name) internal view returns (bytes memory) {
        return vm.parseJsonBytes(_artifact(_name), ".deployedBytecode");
    }

    function _proxy(address _implementation) internal returns (address) {
        return LibClone.deployERC1967(_implementation);
    }
}

/// @notice A rollup on a fresh chain, and the means to move it on.
abstract contract RollupTest is ArtifactTest {
    uint256 internal constant SEQUENCER_KEY = 0x5e9;
    uint256 internal constant STRANGER_KEY = 0x57a;
    uint256 internal constant CHALLENGE_PERIOD = 7 days;
    uint256 internal constant STAKE = 100 ether;
    uint256 internal constant INCLUSION_WINDOW = 7200;
    uint256 internal constant FALLBACK_WINDOW = 1 days;
    bytes32 internal constant GENESIS_STATE_ROOT = keccak256("genesis");
    bytes32 internal constant RECEIPTS_ROOT = keccak256("receipts");

    address internal sequencer = vm.addr(SEQUENCER_KEY);
    address internal stranger = vm.addr(STRANGER_KEY);
    address internal proposer = address(0xa001);
    address internal challenger = address(0xa002);
    address internal alice = address(0xa003);
    address internal bob = address(0xa004);
    address internal governor = address(0xa005);
    address internal treasury = address(0xa006);

    address internal implementation;
    RollupCore internal core;
    RollupSettings internal settings;
    MessageBridge internal bridge;
    L1TokenBridge internal tokenBridge;
    SequencerRegistry internal registry;
    EvidenceDouble internal fault;
    EvidenceDouble internal validity;

    function setUp() public virtual {
        vm.roll(1000);
        vm.warp(1_700_000_000);
        implementation = _deployImplementation();
        _deployRollup(_config(ILuxRollup.RollupType.Optimistic));
    }

    function _deployImplementation() internal returns (address) {
        address settingsImplementation = _create(
            "RollupSettings",
            abi.encode(_create("MessageBridge", ""), _create("L1TokenBridge", ""), _create("SequencerRegistry", ""))
        );
        return _create("RollupCore", abi.encode(settingsImplementation));
    }

    function _config(ILuxRollup.RollupType _type) internal view returns (ILuxRollup.RollupConfig memory) {
        return ILuxRollup.RollupConfig({
            rollupType: _type,
            executionMode: ILuxRollup.ExecutionMode.General,
            sequencer: sequencer,
            proposer: proposer,
            challenger: challenger,
            challengePeriod: CHALLENGE_PERIOD,
            minStake: STAKE,
            genesisStateRoot: GENESIS_STATE_ROOT,
            initCode: ""
        });
    }

    function _deployRollup(ILuxRollup.RollupConfig memory _rollupConfig) internal {
        core = RollupCore(_proxy(implementation));
        vm.prank(governor);
        core.initialize(_rollupConfig);
        settings = RollupSettings(address(core.settings()));
        bridge = MessageBridge(core.bridge());
        tokenBridge = L1TokenBridge(core.tokenBridge());
        registry = SequencerRegistry(core.registry());
        fault = new EvidenceDouble(IEvidence.Kind.Fault);
        validity = new EvidenceDouble(IEvidence.Kind.Validity);
        vm.startPrank(governor, governor);
        settings.setTreasury(treasury);
        settings.setEvidence(IEvidence.Kind.Fault, fault);
        settings.setEvidence(IEvidence.Kind.Validity, validity);
        vm.stopPrank();
        vm.deal(sequencer, STAKE);
        vm.prank(sequencer, sequencer);
        registry.join{value: STAKE}();
        vm.deal(alice, 1000 ether);
        vm.deal(bob, 1000 ether);
        vm.deal(stranger, 1000 ether);
        _mine(1, 12);
    }

    function _mine(uint256 _blocks, uint256 _seconds) internal {
        vm.roll(block.number + _blocks);
        vm.warp(block.timestamp + _seconds);
    }

    // --- Batches ---

    /// @dev A valid header without a claim for the next batch, up to the previous L1 block.
    function _nextHeader() internal view returns (ILuxRollup.BatchHeader memory ret_) {
        uint256 last = core.lastBatch();
        ret_.batchNumber = last + 1;
        ret_.parentBatchHash = core.getBatch(last).batchHash;
        ret_.timestamp = block.timestamp;
        ret_.l1BlockNumber = block.number - 1;
        ret_.sequencer = sequencer;
    }

    function _withClaim(ILuxRollup.BatchHeader memory _header, bytes32 _root)
        internal
        pure
        returns (ILuxRollup.BatchHeader memory)
    {
        _header.stateRoot = keccak256(abi.encode("state", _header.batchNumber));
        _header.transactionRoot = keccak256(abi.encode("transactions", _header.batchNumber));
        _header.receiptRoot = _root;
        return _header;
    }

    function _transactions(ILuxRollup.BatchHeader memory _header, bytes memory _payload)
        internal
        view
        returns (bytes memory)
    {
        (, bytes32 accumulator) = bridge.queueAt(_header.l1BlockNumber);
        return abi.encodePacked(uint8(0), accumulator, uint32(0), _payload);
    }

    function _sign(ILuxRollup.BatchHeader memory _header, bytes memory _data, uint256 _key)
        internal
        view
        returns (ILuxRollup.BatchHeader memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_key, core.batchDigest(_header, keccak256(_data)));
        _header.signature = abi.encodePacked(r, s, v);
        return _header;
    }

    function _submit(ILuxRollup.BatchHeader memory _header, bytes memory _data) internal {
        vm.prank(alice, alice);
        core.submitBatch(_header, _data);
    }

    /// @dev Submits the header signed by the sequencer with an empty payload.
    function _submit(ILuxRollup.BatchHeader memory _header) internal returns (uint256) {
        bytes memory data = _transactions(_header, "");
        _submit(_sign(_header, data, SEQUENCER_KEY), data);
        return _header.batchNumber;
    }

    function _submitClaim(bytes32 _root) internal returns (uint256) {
        return _submit(_withClaim(_nextHeader(), _root));
    }

    function _finalizeNext() internal {
        _mine(1, CHALLENGE_PERIOD);
        core.finalizeStateRoot(core.lastFinalized() + 1);
    }

    function _proofOf(uint256 _batchNumber) internal view returns (bytes memory) {
        return abi.encode(core.claimOf(_batchNumber));
    }

    function _reject(uint256 _batchNumber) internal {
        bytes memory proof = _proofOf(_batchNumber);
        vm.prank(challenger, challenger);
        core.challengeStateRoot(_batchNumber, proof);
    }

    // --- Messages ---

    function _withdrawal(address _token, address _recipient, uint256 _amount, uint256 _nonce)
        internal
        pure
        returns (IMessageBridge.L2Message memory)
    {
        return IMessageBridge.L2Message({
            sender: Predeploys.L2_TOKEN_BRIDGE,
            target: Predeploys.L1_ROLLUP,
            value: _token == address(0) ? _amount : 0,
            gasLimit: 200_000,
            data: abi.encode(_token, _recipient, _amount),
            nonce: _nonce
        });
    }

    /// @dev Receipt root of a batch that sends only this message.
    function _receiptRoot(IMessageBridge.L2Message memory _message) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECEIPTS_ROOT, Messages.hash(_message)));
    }

    function _proof(IMessageBridge.L2Message memory _message, uint256 _batchNumber)
        internal
        view
        returns (IMessageBridge.MessageProof memory)
    {
        return IMessageBridge.MessageProof({
            batchHash: core.getBatch(_batchNumber).batchHash,
            messageHash: Messages.hash(_message),
            merkleProof: abi.encode(RECEIPTS_ROOT),
            messageIndex: 0
        });
    }

    function _prove(IMessageBridge.L2Message memory _message, uint256 _batchNumber) internal returns (uint256) {
        (address token,, uint256 amount) = abi.decode(_message.data, (address, address, uint256));
        core.initiateWithdrawal(token, amount, abi.encode(_message, _proof(_message, _batchNumber)));
        return uint256(Messages.hash(_message));
    }

    /// @dev A proved withdrawal in a final batch.
    function _provenWithdrawal(address _token, address _recipient, uint256 _amount, uint256 _nonce)
        internal
        returns (uint256 id_)
    {
        IMessageBridge.L2Message memory message = _withdrawal(_token, _recipient, _amount, _nonce);
        uint256 batch = _submitClaim(_receiptRoot(message));
        id_ = _prove(message, batch);
        _finalizeNext();
    }
}
