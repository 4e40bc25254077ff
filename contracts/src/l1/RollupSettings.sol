// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "solady/auth/Ownable.sol";
import {LibClone} from "solady/utils/LibClone.sol";
import {IAttestationEvidence} from "../interfaces/IAttestationEvidence.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {IL1TokenBridge} from "../interfaces/IL1TokenBridge.sol";
import {ILuxRollup} from "../interfaces/ILuxRollup.sol";
import {IMessageQueue} from "../interfaces/IMessageQueue.sol";
import {IRollupCore} from "../interfaces/IRollupCore.sol";
import {IRollupSettings} from "../interfaces/IRollupSettings.sol";
import {ISequencerRegistry} from "../interfaces/ISequencerRegistry.sol";
import {BatchLib} from "../libraries/BatchLib.sol";
import {Companion} from "./Companion.sol";
import {ExpiringPause} from "./ExpiringPause.sol";

/// @notice Configuration and governance of one rollup. Its owner (a timelock) upgrades the rollup and its companions,
/// registers evidence, and names program, treasury and guardian; the configuration itself never changes.
contract RollupSettings is IRollupSettings, Companion, Ownable, ExpiringPause {
    uint256 private constant MAX_PERIOD_SECONDS = 365 days;
    uint256 private constant MIN_ATTESTED_SECONDS = 60;
    address private constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;

    address private immutable BRIDGE_IMPLEMENTATION;
    address private immutable TOKEN_BRIDGE_IMPLEMENTATION;
    address private immutable REGISTRY_IMPLEMENTATION;

    ILuxRollup.RollupConfig private _config;
    RollupParams private _params;
    address public treasury;
    uint16 public programVersion;
    mapping(uint256 => bytes32) public programs;
    mapping(IEvidence.Kind => IEvidence) public evidence;
    /// @inheritdoc IRollupSettings
    uint64 public attestedPeriod;

    error RollupSettings_InvalidConfig();
    error RollupSettings_InvalidTreasury();
    error RollupSettings_WrongEvidenceKind();
    error RollupSettings_InvalidPeriod();
    error RollupSettings_NotAttestable();
    error RollupCore_SovereignHasNoBridge();

    constructor(address _bridge, address _tokenBridge, address _registry) {
        BRIDGE_IMPLEMENTATION = _bridge;
        TOKEN_BRIDGE_IMPLEMENTATION = _tokenBridge;
        REGISTRY_IMPLEMENTATION = _registry;
    }

    /// @notice Stores the configuration of the calling rollup and deploys its other companions.
    function initialize(ILuxRollup.RollupConfig calldata config_, address _owner)
        external
        initializer
        returns (Setup memory setup_)
    {
        RollupParams memory p = config_.initCode.length == 0
            ? RollupParams(0x4c5832, 400_000_000, 1_000_000, 0, 0, 7_200, 86_400, 500_000)
            : abi.decode(config_.initCode, (RollupParams));
        // A block must hold every deposit, a message must fit the queue, and times must not overflow.
        if (
            p.l2ChainId == 0 || p.l2GasLimit < 30_000_000 || p.l2GasLimit > 1e9 || p.inclusionWindow == 0
                || p.fallbackWindow > MAX_PERIOD_SECONDS || p.messageGasLimit < 300_000
                || p.messageGasLimit > 10_000_000 || p.genesisTimestamp > block.timestamp + 600
                || config_.challengePeriod > MAX_PERIOD_SECONDS
        ) revert RollupSettings_InvalidConfig();

        _initializeCompanion(msg.sender);
        _initializeOwner(_owner);
        _setGuardian(_owner);
        treasury = BURN_ADDRESS;
        _config = config_;
        _params = p;

        _deployCompanions(setup_, p.messageGasLimit);
        ISequencerRegistry(setup_.registry)
            .initialize(msg.sender, config_.sequencer, config_.minStake, config_.challengePeriod);
        setup_.initCodeHash = keccak256(config_.initCode);
        setup_.genesisTimestamp = p.genesisTimestamp;
        setup_.inclusionWindow = p.inclusionWindow;
        setup_.fallbackWindow = p.fallbackWindow;

        bytes32 transactionRoot = keccak256(abi.encode(p.genesisBlockHash, p.genesisBlockHash));
        setup_.genesisTransactionRoot = transactionRoot;
        setup_.genesisHash =
            BatchLib.genesisHash(config_.genesisStateRoot, transactionRoot, p.genesisTimestamp, block.number);
    }

    /// @notice Registers the module for a kind of evidence; zero removes it.
    function setEvidence(IEvidence.Kind _kind, IEvidence _module) external onlyOwner {
        if (address(_module) != address(0) && _module.kind() != _kind) revert RollupSettings_WrongEvidenceKind();
        evidence[_kind] = _module;
        emit EvidenceSet(_kind, address(_module));
    }

    /// @notice Sets the state transition program of the batches submitted from now on.
    function setProgram(bytes32 _program) external onlyOwner {
        uint16 version = ++programVersion;
        programs[version] = _program;
        emit ProgramSet(version, _program);
    }

    /// @inheritdoc IRollupSettings
    function setAttestedPeriod(uint64 _seconds) external onlyOwner {
        if (_seconds != 0 && (_seconds < MIN_ATTESTED_SECONDS || _seconds > MAX_PERIOD_SECONDS)) {
            revert RollupSettings_InvalidPeriod();
        }
        attestedPeriod = _seconds;
        emit AttestedPeriodSet(_seconds);
    }

    /// @inheritdoc IRollupSettings
    /// @dev The module knows these claims as this contract's, so that it takes them for no other holder's, such as a market's.
    function attestStateRoot(uint256 _batchNumber, bytes[] calldata _signatures) external {
        IAttestationEvidence module = IAttestationEvidence(address(evidence[IEvidence.Kind.Attestation]));
        IRollupCore.BatchStatus status = IRollupCore(rollup).getBatchStatus(_batchNumber);
        bool isOpen = status == IRollupCore.BatchStatus.Proposed || status == IRollupCore.BatchStatus.Challenged;
        if (address(module) == address(0) || !isOpen) revert RollupSettings_NotAttestable();
        (IEvidence.Claim memory claim,) = _attestedClaim(_batchNumber);
        bytes32 id = bytes32(claim.claimedAt);
        (bytes32 digest,,) = module.attestedBy(address(this), id);
        if (digest != 0) module.attest(address(this), id, _signatures);
        else if (!module.proves(claim, abi.encode(_signatures))) revert RollupSettings_NotAttestable();
        emit StateRootAttested(_batchNumber, id);
    }

    /// @notice Sets who receives fees and half of what is slashed.
    function setTreasury(address _treasury) external onlyOwner {
        if (_treasury == address(0)) revert RollupSettings_InvalidTreasury();
        treasury = _treasury;
        emit TreasurySet(_treasury);
    }

    /// @notice Sets who may pause.
    function setGuardian(address _guardian) external onlyOwner {
        _setGuardian(_guardian);
    }

    /// @inheritdoc IRollupSettings
    function config() external view returns (ILuxRollup.RollupConfig memory) {
        return _config;
    }

    /// @inheritdoc IRollupSettings
    function params() external view returns (RollupParams memory) {
        return _params;
    }

    /// @inheritdoc IRollupSettings
    function owner() public view override(IRollupSettings, Ownable) returns (address) {
        return Ownable.owner();
    }

    /// @inheritdoc IRollupSettings
    /// @dev What enclaves say has to be open to fault proofs.
    function attestedUntil(uint256 _batchNumber) external view returns (uint256) {
        IEvidence module = evidence[IEvidence.Kind.Attestation];
        bool isOff = attestedPeriod == 0 || address(module) == address(0);
        if (isOff || address(evidence[IEvidence.Kind.Fault]) == address(0)) return type(uint256).max;
        (IEvidence.Claim memory claim, uint256 proposedAt) = _attestedClaim(_batchNumber);
        uint256 attested = IAttestationEvidence(address(module)).finalFrom(address(this), bytes32(claim.claimedAt));
        uint256 least = proposedAt + attestedPeriod;
        return attested > least ? attested : least;
    }

    /// @inheritdoc IRollupSettings
    function attestedClaimOf(uint256 _batchNumber) external view returns (IEvidence.Claim memory claim_) {
        (claim_,) = _attestedClaim(_batchNumber);
    }

    /// @inheritdoc IRollupSettings
    /// @dev Reverts while a deposit of this value is not possible.
    function requireDepositsOpen(uint256 _value) external view {
        _requireNotPaused(PAUSE_DEPOSITS);
        if (_value != 0) _requireBridge();
    }

    /// @inheritdoc IRollupSettings
    /// @dev Reverts while no withdrawal is possible.
    function requireWithdrawalsOpen() external view {
        _requireNotPaused(PAUSE_WITHDRAWALS);
        _requireBridge();
    }

    /// @inheritdoc IRollupSettings
    /// @dev Reverts while no batch can be submitted.
    function requireSubmissionOpen() external view returns (uint16) {
        _requireNotPaused(PAUSE_SUBMISSION);
        return programVersion;
    }

    /// @dev The claim about a batch, named by what tells it apart from others about a batch of this number.
    function _attestedClaim(uint256 _batchNumber)
        private
        view
        returns (IEvidence.Claim memory claim_, uint256 proposedAt_)
    {
        claim_ = IRollupCore(rollup).claimOf(_batchNumber);
        IRollupCore.Batch memory batch = IRollupCore(rollup).getBatch(_batchNumber);
        claim_.claimedAt = uint256(keccak256(abi.encode(_batchNumber, batch.batchHash, claim_.output)));
        proposedAt_ = batch.proposedAt;
    }

    function _deployCompanions(Setup memory _setup, uint64 _messageGasLimit) private {
        _setup.bridge = LibClone.deployERC1967(BRIDGE_IMPLEMENTATION);
        _setup.tokenBridge = LibClone.deployERC1967(TOKEN_BRIDGE_IMPLEMENTATION);
        _setup.registry = LibClone.deployERC1967(REGISTRY_IMPLEMENTATION);
        IMessageQueue(_setup.bridge).initialize(msg.sender, _setup.tokenBridge, _messageGasLimit);
        IL1TokenBridge(_setup.tokenBridge).initialize(msg.sender, _setup.bridge);
        emit CompanionsDeployed(msg.sender, _setup.bridge, _setup.tokenBridge, _setup.registry);
    }

    /// @dev L1 believes nothing about a sovereign rollup, so it cannot pay anything out.
    function _requireBridge() private view {
        if (_config.rollupType == ILuxRollup.RollupType.Sovereign) revert RollupCore_SovereignHasNoBridge();
    }

    function _guardInitializeOwner() internal pure override returns (bool) {
        return true;
    }
}
