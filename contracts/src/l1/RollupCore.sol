// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "solady/utils/ECDSA.sol";
import {LibClone} from "solady/utils/LibClone.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {UUPSUpgradeable} from "solady/utils/UUPSUpgradeable.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {IL1TokenBridge} from "../interfaces/IL1TokenBridge.sol";
import {ILuxRollup} from "../interfaces/ILuxRollup.sol";
import {IMessageQueue} from "../interfaces/IMessageQueue.sol";
import {IRollupCore} from "../interfaces/IRollupCore.sol";
import {IRollupSettings} from "../interfaces/IRollupSettings.sol";
import {ISequencerRegistry} from "../interfaces/ISequencerRegistry.sol";
import {BatchLib} from "../libraries/BatchLib.sol";

/// @notice A rollup on L1: chain of batches, claims about them, evidence against and for claims, deposits, withdrawals.
/// @dev Runs behind an ERC-1967 proxy; `initialize` deploys the companions, so that one call yields a complete rollup.
contract RollupCore is IRollupCore, Initializable, UUPSUpgradeable, ReentrancyGuardTransient {
    uint256 private constant MAX_PAYLOAD_BYTES = 120_000;
    uint256 private constant MAX_TRACE_BYTES = 65_544;
    uint256 private constant MAX_CLOCK_DRIFT_SECONDS = 600;
    /// @dev Data kind, accumulator and length of the trace in front of trace and payload.
    uint256 private constant PREFIX_BYTES = 37;
    /// @dev Marks a header whose claim was disproved in `_batchNumbers`.
    uint256 private constant DISPROVED = type(uint256).max;

    address private immutable SETTINGS_IMPLEMENTATION;

    IRollupSettings public settings;
    address public bridge;
    address public tokenBridge;
    address public registry;
    bytes32 public initCodeHash;

    /// @dev Copies of what `settings` holds.
    address private _proposer;
    uint64 private _inclusionWindow;
    RollupType private _rollupType;
    address private _challenger;
    uint64 private _fallbackWindow;
    uint64 private _challengePeriod;
    uint64 public genesisL1Block;

    uint64 private _lastBatch;
    uint64 private _lastProposed;
    uint64 private _lastFinalized;
    uint64 private _lastSubmittedAt;

    mapping(uint256 => Batch) private _batches;
    mapping(bytes32 => uint256) private _batchNumbers;
    uint256[40] private __gap;

    error RollupCore_NotOwner();
    error RollupCore_NotTopLevelCall();
    error RollupCore_NonCanonicalCalldata();
    error RollupCore_WrongBatchNumber();
    error RollupCore_WrongParent();
    error RollupCore_InvalidTimestamp();
    error RollupCore_InvalidL1Block();
    error RollupCore_WrongAccumulator();
    error RollupCore_UnknownDataKind();
    error RollupCore_PayloadTooLarge();
    error RollupCore_TraceTooLarge();
    error RollupCore_NotSequencer();
    error RollupCore_InvalidSignature();
    error RollupCore_IncompleteClaim();
    error RollupCore_ParentWithoutClaim();
    error RollupCore_DisprovedHeader();
    error RollupCore_NotProposer();
    error RollupCore_NotProposed();
    error RollupCore_ChallengePeriodOver();
    error RollupCore_ChallengePeriodRunning();
    error RollupCore_BondRequired();
    error RollupCore_NoFaultProof();
    error RollupCore_NoValidityProof();
    error RollupCore_InvalidProof();
    error RollupCore_WrongValue();

    constructor(address _settings) {
        SETTINGS_IMPLEMENTATION = _settings;
        _disableInitializers();
    }

    /// @inheritdoc ILuxRollup
    /// @dev The caller becomes owner and guardian.
    function initialize(RollupConfig calldata _config) external virtual initializer {
        _initializeRollup(_config);
    }

    function _initializeRollup(RollupConfig calldata _config) internal onlyInitializing {
        settings = IRollupSettings(LibClone.deployERC1967(SETTINGS_IMPLEMENTATION));
        IRollupSettings.Setup memory setup = settings.initialize(_config, msg.sender);
        bridge = setup.bridge;
        tokenBridge = setup.tokenBridge;
        registry = setup.registry;
        initCodeHash = setup.initCodeHash;
        _proposer = _config.proposer;
        _inclusionWindow = setup.inclusionWindow;
        _rollupType = _config.rollupType;
        _challenger = _config.challenger;
        _fallbackWindow = setup.fallbackWindow;
        _challengePeriod = uint64(_config.challengePeriod);
        genesisL1Block = uint64(block.number);
        _lastSubmittedAt = uint64(block.timestamp);

        Batch memory genesis;
        genesis.batchHash = setup.genesisHash;
        genesis.stateRoot = _config.genesisStateRoot;
        genesis.transactionRoot = setup.genesisTransactionRoot;
        genesis.timestamp = setup.genesisTimestamp;
        genesis.l1BlockNumber = uint64(block.number);
        genesis.submittedAt = uint64(block.timestamp);
        genesis.proposedAt = uint64(block.timestamp);
        _batches[0] = genesis;
    }

    // --- Batches ---

    /// @inheritdoc ILuxRollup
    /// @dev Anyone may carry a batch that its sequencer signed. `_transactions` = data kind, accumulator, length of the
    /// trace, trace, payload.
    function submitBatch(BatchHeader calldata _header, bytes calldata _transactions) external virtual {
        uint16 programVersion = settings.requireSubmissionOpen();
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert RollupCore_NotTopLevelCall();
        _requireCanonicalCalldata(_header, _transactions);

        uint256 number = uint256(_lastBatch) + 1;
        bytes32 headerHash = BatchLib.hash(_header);
        if (_header.batchNumber != number) revert RollupCore_WrongBatchNumber();
        if (_batchNumbers[headerHash] == DISPROVED) revert RollupCore_DisprovedHeader();

        Batch memory batch;
        batch.messageCount = _checkHeader(_header, _batches[number - 1], _transactions);
        _checkSequencer(_header, headerHash, _transactions);
        bytes calldata trace;
        (trace, batch.commitment) = _split(_transactions);
        batch.batchHash = headerHash;
        batch.timestamp = uint64(_header.timestamp);
        batch.l1BlockNumber = uint64(_header.l1BlockNumber);
        batch.submittedAt = uint64(block.timestamp);
        batch.programVersion = programVersion;
        batch.claimInHeader = _header.stateRoot != 0;
        _batches[number] = batch;
        _batchNumbers[headerHash] = number;
        _lastBatch = uint64(number);
        _lastSubmittedAt = uint64(block.timestamp);
        emit BatchSubmitted(number, headerHash);

        _claimInHeader(number, _header, trace);
    }

    /// @inheritdoc ILuxRollup
    /// @dev `_proof = abi.encode(transactionRoot, receiptRoot, evidence)`; `evidence` is a validity proof on a ZK rollup,
    /// otherwise the trace.
    function proposeStateRoot(uint256 _batchNumber, bytes32 _stateRoot, bytes calldata _proof)
        external
        virtual
        nonReentrant
    {
        if (_batchNumber > _lastBatch || _stateRoot == 0) revert RollupCore_NotProposed();
        (bytes32 transactionRoot, bytes32 receiptRoot, bytes memory evidence) =
            abi.decode(_proof, (bytes32, bytes32, bytes));
        if (_rollupType == RollupType.ZKRollup) {
            _claim(_batchNumber, _stateRoot, transactionRoot, receiptRoot, "", msg.sender);
            _prove(_batchNumber, evidence);
            emit ClaimProposed(_batchNumber, _stateRoot, transactionRoot, receiptRoot, "");
        } else {
            if (evidence.length > MAX_TRACE_BYTES) revert RollupCore_TraceTooLarge();
            _claim(_batchNumber, _stateRoot, transactionRoot, receiptRoot, evidence, msg.sender);
            _checkProposer(_batches[_batchNumber].submittedAt);
            emit ClaimProposed(_batchNumber, _stateRoot, transactionRoot, receiptRoot, evidence);
        }
    }

    /// @inheritdoc ILuxRollup
    /// @dev The proof holds and the batch is rejected; or, where the trace is too coarse for that, the claimant has to reveal.
    function challengeStateRoot(uint256 _batchNumber, bytes calldata _fraudProof) external virtual nonReentrant {
        IEvidence module = settings.evidence(IEvidence.Kind.Fault);
        RollupType rollupType = _rollupType;
        if (address(module) == address(0) || (rollupType != RollupType.Optimistic && rollupType != RollupType.Hybrid)) {
            revert RollupCore_NoFaultProof();
        }
        _requireProposed(_batchNumber);
        Batch storage batch = _batches[_batchNumber];
        if (block.timestamp >= _challengeableUntil(_batchNumber)) revert RollupCore_ChallengePeriodOver();
        if (msg.sender != _challenger && !ISequencerRegistry(registry).hasBond(msg.sender)) {
            revert RollupCore_BondRequired();
        }
        IEvidence.Verdict verdict = module.challenge(claimOf(_batchNumber), _fraudProof, msg.sender);
        if (verdict == IEvidence.Verdict.Stands) revert RollupCore_InvalidProof();
        if (verdict == IEvidence.Verdict.Open) {
            batch.disputed = true;
            emit StateRootChallenged(_batchNumber, msg.sender);
            if (msg.sender != _challenger) ISequencerRegistry(registry).useBond(msg.sender);
            return;
        }

        _lastBatch = uint64(_batchNumber - 1);
        _lastProposed = uint64(_batchNumber - 1);
        if (batch.claimInHeader) _batchNumbers[batch.batchHash] = DISPROVED;
        emit StateRootChallenged(_batchNumber, msg.sender);
        emit BatchRejected(_batchNumber, batch.batchHash);
        ISequencerRegistry(registry).slash(batch.claimant, msg.sender);
    }

    /// @inheritdoc IRollupCore
    function revealTrace(uint256 _batchNumber, uint256 _segment, bytes calldata _checkpoints)
        external
        virtual
        nonReentrant
    {
        _requireProposed(_batchNumber);
        if (msg.sender != _batches[_batchNumber].claimant) revert RollupCore_NotProposer();
        settings.evidence(IEvidence.Kind.Fault).reveal(claimOf(_batchNumber), _segment, _checkpoints);
        emit TraceRevealed(_batchNumber, _segment, _checkpoints);
    }

    /// @inheritdoc IRollupCore
    function slashFailedChallenger(uint256 _batchNumber, uint256 _segment) external virtual nonReentrant {
        if (_batchNumber > _lastProposed) revert RollupCore_NotProposed();
        address challenger =
            settings.evidence(IEvidence.Kind.Fault).takeFailedChallenger(claimOf(_batchNumber), _segment);
        if (challenger == address(0) || challenger == _challenger) revert RollupCore_NoFaultProof();
        ISequencerRegistry(registry).slash(challenger, _batches[_batchNumber].claimant);
    }

    /// @inheritdoc ILuxRollup
    function finalizeStateRoot(uint256 _batchNumber) external virtual nonReentrant {
        if (_batchNumber != uint256(_lastFinalized) + 1) revert RollupCore_WrongBatchNumber();
        if (_batchNumber > _lastProposed) revert RollupCore_NotProposed();
        if (block.timestamp < finalAt(_batchNumber)) revert RollupCore_ChallengePeriodRunning();
        _finalize(_batchNumber);
    }

    /// @notice Accepts a validity proof of a claim and finalises it if its parent is final.
    function proveStateRoot(uint256 _batchNumber, bytes calldata _proof) external virtual nonReentrant {
        RollupType rollupType = _rollupType;
        if (rollupType != RollupType.Hybrid && rollupType != RollupType.ZKRollup) revert RollupCore_NoValidityProof();
        _requireProposed(_batchNumber);
        _prove(_batchNumber, _proof);
        if (_batchNumber == uint256(_lastFinalized) + 1) _finalize(_batchNumber);
    }

    // --- Deposits and withdrawals ---

    /// @inheritdoc ILuxRollup
    /// @dev Token zero is ETH, `_userData` = target and call data.
    function depositToL2(address _token, uint256 _amount, bytes calldata _userData)
        external
        payable
        virtual
        nonReentrant
    {
        IL1TokenBridge bridge_ = IL1TokenBridge(tokenBridge);
        if (msg.value != (_token == address(0) ? _amount : 0)) revert RollupCore_WrongValue();
        if (_token == address(0)) {
            bridge_.depositEther{value: msg.value}(msg.sender, _amount, _userData);
        } else {
            settings.requireDepositsOpen(_amount);
            uint256 before = SafeTransferLib.balanceOf(_token, address(bridge_));
            SafeTransferLib.safeTransferFrom(_token, msg.sender, address(bridge_), _amount);
            uint256 received = SafeTransferLib.balanceOf(_token, address(bridge_)) - before;
            bridge_.depositToken(_token, msg.sender, received, _userData);
        }
    }

    /// @inheritdoc IRollupCore
    function forceTransaction(address _target, uint256 _value, bytes calldata _data)
        external
        payable
        virtual
        nonReentrant
    {
        IL1TokenBridge(tokenBridge).depositEther{value: msg.value}(msg.sender, _value, abi.encodePacked(_target, _data));
    }

    /// @inheritdoc ILuxRollup
    /// @dev First step: proves that the withdrawal is in a batch with a claim. `_proof = abi.encode(message, proof)`.
    function initiateWithdrawal(address _token, uint256 _amount, bytes calldata _proof) external virtual nonReentrant {
        settings.requireWithdrawalsOpen();
        IL1TokenBridge(tokenBridge).prove(_token, _amount, _proof);
    }

    /// @inheritdoc ILuxRollup
    /// @dev Second step: pays once the batch is final. `_withdrawalId` is the message hash; the proof is not used.
    function finalizeWithdrawal(uint256 _withdrawalId, bytes calldata) external virtual nonReentrant {
        settings.requireWithdrawalsOpen();
        IL1TokenBridge(tokenBridge).pay(_withdrawalId);
    }

    // --- Views ---

    /// @inheritdoc IRollupCore
    function owner() public view returns (address) {
        return settings.owner();
    }

    /// @inheritdoc IRollupCore
    function config() external view returns (RollupConfig memory) {
        _forwardToSettings();
    }

    /// @inheritdoc IRollupCore
    function params() external view returns (IRollupSettings.RollupParams memory) {
        _forwardToSettings();
    }

    /// @inheritdoc IRollupCore
    function lastBatch() external view returns (uint256) {
        return _lastBatch;
    }

    /// @inheritdoc IRollupCore
    function lastProposed() external view returns (uint256) {
        return _lastProposed;
    }

    /// @inheritdoc IRollupCore
    function lastFinalized() external view returns (uint256) {
        return _lastFinalized;
    }

    /// @inheritdoc IRollupCore
    function lastSubmittedAt() external view returns (uint256) {
        return _lastSubmittedAt;
    }

    /// @inheritdoc IRollupCore
    function finalizedStateRoot() external view returns (bytes32) {
        return _batches[_lastFinalized].stateRoot;
    }

    /// @inheritdoc IRollupCore
    /// @dev Batches above the last one were rejected: rejection only lowers `lastBatch`.
    function getBatchStatus(uint256 _batchNumber) public view returns (BatchStatus) {
        if (_batchNumber <= _lastFinalized) return BatchStatus.Finalized;
        if (_batchNumber <= _lastProposed) {
            return block.timestamp < _disputeOpenUntil(_batchNumber) ? BatchStatus.Challenged : BatchStatus.Proposed;
        }
        if (_batchNumber <= _lastBatch) return BatchStatus.Submitted;
        return _batches[_batchNumber].batchHash == 0 ? BatchStatus.None : BatchStatus.Rejected;
    }

    /// @inheritdoc IRollupCore
    /// @dev A quorum of enclaves shortens the period of a claim that nobody disputes, for as long as they are believed.
    function finalAt(uint256 _batchNumber) public view returns (uint256) {
        if (_batchNumber > _lastProposed) return type(uint256).max;
        Batch storage batch = _batches[_batchNumber];
        if (batch.proven) return batch.proposedAt;
        uint256 until = _challengeableUntil(_batchNumber);
        if (batch.disputed || block.timestamp >= until) return until;
        uint256 attested = settings.attestedUntil(_batchNumber);
        return attested < until ? attested : until;
    }

    /// @inheritdoc IRollupCore
    function getBatch(uint256 _batchNumber) external view returns (Batch memory) {
        return _batches[_batchNumber];
    }

    /// @inheritdoc IRollupCore
    function receiptRootOf(uint256 _batchNumber) external view returns (bytes32 receiptRoot_, BatchStatus status_) {
        return (_batches[_batchNumber].receiptRoot, getBatchStatus(_batchNumber));
    }

    /// @inheritdoc IRollupCore
    /// @dev Number, receipt root and status of a batch that was not rejected; all zero for any other hash.
    function canonicalBatch(bytes32 _batchHash)
        external
        view
        returns (uint256 batchNumber_, bytes32 receiptRoot_, BatchStatus status_)
    {
        uint256 number = _batchNumbers[_batchHash];
        if (number > _lastBatch || _batches[number].batchHash != _batchHash) return (0, 0, BatchStatus.None);
        return (number, _batches[number].receiptRoot, getBatchStatus(number));
    }

    /// @inheritdoc IRollupCore
    /// @dev The claim that evidence for or against the batch is about.
    function claimOf(uint256 _batchNumber) public view returns (IEvidence.Claim memory claim_) {
        if (_batchNumber == 0 || _batches[_batchNumber].proposedAt == 0) revert RollupCore_NotProposed();
        Batch storage batch = _batches[_batchNumber];
        Batch storage parent = _batches[_batchNumber - 1];
        IMessageQueue queue = IMessageQueue(bridge);
        claim_.program = settings.programs(batch.programVersion);
        claim_.input = keccak256(
            abi.encode(
                parent.stateRoot,
                parent.transactionRoot,
                batch.commitment,
                queue.accumulatorOf(parent.messageCount),
                queue.accumulatorOf(batch.messageCount),
                batch.timestamp,
                batch.l1BlockNumber,
                initCodeHash
            )
        );
        claim_.output = keccak256(abi.encode(batch.stateRoot, batch.transactionRoot, batch.receiptRoot));
        claim_.trace = batch.trace;
        claim_.claimedAt = batch.proposedAt;
    }

    /// @inheritdoc IRollupCore
    function batchHash(BatchHeader calldata _header) external pure returns (bytes32) {
        return BatchLib.hash(_header);
    }

    /// @inheritdoc IRollupCore
    function batchDigest(BatchHeader calldata _header, bytes32 _transactionsHash) external view returns (bytes32) {
        return BatchLib.typedHash(BatchLib.signedHash(BatchLib.hash(_header), _transactionsHash));
    }

    /// @inheritdoc IRollupCore
    function domainSeparator() external view returns (bytes32) {
        return BatchLib.domainSeparator();
    }

    /// @inheritdoc IRollupCore
    function payloadCommitment(bytes calldata _payload) external pure returns (bytes32) {
        return BatchLib.commitment(_payload);
    }

    // --- Internals ---

    /// @dev Accepts exactly the encoding that every ABI encoder makes, so that no decoder can read anything else.
    function _requireCanonicalCalldata(BatchHeader calldata _header, bytes calldata _transactions) private pure {
        bytes calldata signature = _header.signature;
        uint256 headerStart;
        uint256 signatureStart;
        uint256 transactionsStart;
        assembly ("memory-safe") {
            headerStart := _header
            signatureStart := signature.offset
            transactionsStart := _transactions.offset
        }
        if (
            headerStart != 4 + 2 * 32 || signatureStart != headerStart + 10 * 32 || signature.length != 65
                || transactionsStart != signatureStart + 4 * 32
                || msg.data.length != transactionsStart + ((_transactions.length + 31) & ~uint256(31))
        ) revert RollupCore_NonCanonicalCalldata();
    }

    /// @dev Returns the number of queue entries that are consumed up to and including this batch.
    function _checkHeader(BatchHeader calldata _header, Batch storage _parent, bytes calldata _transactions)
        private
        view
        returns (uint64 messageCount_)
    {
        if (_header.parentBatchHash != _parent.batchHash) revert RollupCore_WrongParent();
        if (_header.timestamp < _parent.timestamp || _header.timestamp > block.timestamp + MAX_CLOCK_DRIFT_SECONDS) {
            revert RollupCore_InvalidTimestamp();
        }
        // Else periods on L2 could pass in one batch, whenever it came.
        if (_header.timestamp + _fallbackWindow + MAX_CLOCK_DRIFT_SECONDS < block.timestamp) {
            revert RollupCore_InvalidTimestamp();
        }
        if (_header.l1BlockNumber < _parent.l1BlockNumber || _header.l1BlockNumber >= block.number) {
            revert RollupCore_InvalidL1Block();
        }
        if (_transactions.length < PREFIX_BYTES || _transactions[0] != 0) revert RollupCore_UnknownDataKind();
        (uint256 count, bytes32 accumulator) =
            IMessageQueue(bridge).entriesBetween(_parent.l1BlockNumber, _header.l1BlockNumber, _inclusionWindow);
        if (accumulator != bytes32(_transactions[1:33])) revert RollupCore_WrongAccumulator();
        messageCount_ = uint64(count);
    }

    /// @dev The trace, and the commitment to the payload behind it.
    function _split(bytes calldata _transactions) private pure returns (bytes calldata trace_, bytes32 commitment_) {
        uint256 payloadStart = PREFIX_BYTES + uint32(bytes4(_transactions[33:]));
        if (payloadStart > _transactions.length || payloadStart > PREFIX_BYTES + MAX_TRACE_BYTES) {
            revert RollupCore_TraceTooLarge();
        }
        trace_ = _transactions[PREFIX_BYTES:payloadStart];
        if (_transactions.length - payloadStart > MAX_PAYLOAD_BYTES) revert RollupCore_PayloadTooLarge();
        commitment_ = BatchLib.commitment(_transactions[payloadStart:]);
    }

    function _checkSequencer(BatchHeader calldata _header, bytes32 _headerHash, bytes calldata _transactions) private {
        if (!ISequencerRegistry(registry).isEligible(_header.sequencer)) {
            if (block.timestamp < uint256(_lastSubmittedAt) + _fallbackWindow) revert RollupCore_NotSequencer();
            ISequencerRegistry(registry).useBond(_header.sequencer);
        }
        bytes32 digest = BatchLib.typedHash(BatchLib.signedHash(_headerHash, keccak256(_transactions)));
        address signer = ECDSA.tryRecoverCalldata(digest, _header.signature);
        if (signer == address(0) || signer != _header.sequencer) revert RollupCore_InvalidSignature();
    }

    function _checkProposer(uint256 _submittedAt) private {
        if (msg.sender == _proposer || ISequencerRegistry(registry).isEligible(msg.sender)) return;
        if (_proposer != address(0) && block.timestamp < _submittedAt + _fallbackWindow) {
            revert RollupCore_NotProposer();
        }
        ISequencerRegistry(registry).useBond(msg.sender);
    }

    function _claimInHeader(uint256 _batchNumber, BatchHeader calldata _header, bytes calldata _trace) private {
        if (_header.stateRoot != 0) {
            if (_rollupType == RollupType.ZKRollup) revert RollupCore_NoValidityProof();
            _claim(
                _batchNumber, _header.stateRoot, _header.transactionRoot, _header.receiptRoot, _trace, _header.sequencer
            );
        } else if (_header.transactionRoot != 0 || _header.receiptRoot != 0 || _trace.length != 0) {
            revert RollupCore_IncompleteClaim();
        }
    }

    function _claim(
        uint256 _batchNumber,
        bytes32 _stateRoot,
        bytes32 _transactionRoot,
        bytes32 _receiptRoot,
        bytes memory _trace,
        address _claimant
    ) private {
        if (_batchNumber != uint256(_lastProposed) + 1) revert RollupCore_ParentWithoutClaim();
        Batch storage batch = _batches[_batchNumber];
        batch.stateRoot = _stateRoot;
        batch.transactionRoot = _transactionRoot;
        batch.receiptRoot = _receiptRoot;
        batch.trace = BatchLib.traceCommitment(_trace);
        batch.disputed = false;
        batch.proposedAt = uint64(block.timestamp);
        batch.claimant = _claimant;
        _lastProposed = uint64(_batchNumber);
        emit StateRootProposed(_batchNumber, _stateRoot);
    }

    function _prove(uint256 _batchNumber, bytes memory _proof) private {
        IEvidence module = settings.evidence(IEvidence.Kind.Validity);
        if (address(module) == address(0)) revert RollupCore_NoValidityProof();
        if (!module.proves(claimOf(_batchNumber), _proof)) revert RollupCore_InvalidProof();
        _batches[_batchNumber].proven = true;
    }

    function _finalize(uint256 _batchNumber) private {
        _lastFinalized = uint64(_batchNumber);
        emit StateRootFinalized(_batchNumber, _batches[_batchNumber].stateRoot);
    }

    /// @dev Claimed and neither final nor rejected; disputed or not.
    function _requireProposed(uint256 _batchNumber) private view {
        if (_batchNumber <= _lastFinalized || _batchNumber > _lastProposed) revert RollupCore_NotProposed();
    }

    function _challengeableUntil(uint256 _batchNumber) private view returns (uint256) {
        uint256 until = uint256(_batches[_batchNumber].proposedAt) + _challengePeriod;
        uint256 open = _disputeOpenUntil(_batchNumber);
        return until > open ? until : open;
    }

    function _disputeOpenUntil(uint256 _batchNumber) private view returns (uint256) {
        if (!_batches[_batchNumber].disputed) return 0;
        IEvidence module = settings.evidence(IEvidence.Kind.Fault);
        return address(module) == address(0) ? 0 : module.openUntil(claimOf(_batchNumber));
    }

    /// @dev Answers with what `settings` answers to the same call, without decoding it.
    function _forwardToSettings() private view {
        address target = address(settings);
        // Memory map: call data, then the answer, past the free memory pointer; nothing else runs after this.
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            calldatacopy(scratch, 0, calldatasize())
            let success := staticcall(gas(), target, scratch, calldatasize(), 0, 0)
            returndatacopy(scratch, 0, returndatasize())
            if success { return(scratch, returndatasize()) }
            revert(scratch, returndatasize())
        }
    }

    function _authorizeUpgrade(address) internal view override {
        if (msg.sender != owner()) revert RollupCore_NotOwner();
    }
}
