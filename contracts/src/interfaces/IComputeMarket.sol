// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "./IAIComputeRollup.sol";
import {IEvidence} from "./IEvidence.sol";

/// @notice The compute market: LP-500's AI functions, which `AIComputeRollup` offers on L1 and a predeploy on L2, and what
/// they need around them. docs/ai-compute.md has the rules.
interface IComputeMarket {
    /// @notice `Submitted`: has a result that can still be challenged. The last three are final.
    enum TaskStatus {
        None,
        Open,
        Claimed,
        Submitted,
        Final,
        Disproved,
        Refunded
    }

    /// @notice What a requester pays at most: `gasLimit * gasPrice` wei, which are locked.
    struct Offer {
        address requester;
        uint32 gasLimit;
        uint64 gasPrice;
    }

    /// @notice `until`: expiry of an open task, end of a claim's window, or end of the challenge period of a result.
    struct Progress {
        address worker;
        uint40 until;
        uint32 gasUsed;
        TaskStatus status;
        uint8 programVersion;
        uint8 flags;
    }

    /// @notice `commitment` is the claim input, and with a result `keccak256(abi.encode(claim input, trace commitment))`.
    struct Task {
        Offer offer;
        Progress progress;
        bytes32 commitment;
        bytes32 output;
    }

    /// @notice `balance` is free, `stake` is what a worker loses; `disputes` counts results with an open dispute.
    struct Account {
        uint96 balance;
        uint96 stake;
        uint40 exitAt;
        uint16 disputes;
        bool isSlashed;
    }

    /// @notice Terms of a model. `gasPrice` zero: the requester's `maxGasPrice` is the price. `flags`: `MarketFlags`.
    struct Model {
        address owner;
        uint40 flopsPerGas;
        uint48 gasPrice;
        uint8 flags;
    }

    /// @notice What `modelMetadata` encodes; empty metadata stands for the default terms.
    struct ModelTerms {
        uint8 flags;
        uint40 flopsPerGas;
        uint48 gasPrice;
        string location;
    }

    /// @notice What governance sets. Seconds, wei, and hundredths of a percent.
    struct Params {
        uint16 feeBps;
        uint32 challengePeriod;
        uint32 taskTimeout;
        uint32 claimWindow;
        uint96 minStake;
    }

    /// @notice What a task runs: an inference, or the step that makes a new model from an old one.
    enum Purpose {
        Infer,
        Aggregate
    }

    /// @notice A disputed claim, kept for as long as anything can come of it.
    struct Dispute {
        IEvidence module;
        bytes32 input;
        bytes32 trace;
    }

    event Deposited(address indexed account, address indexed from, uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);
    event Staked(address indexed worker, uint256 stake);
    event ExitRequested(address indexed worker, uint256 exitAt);
    event StakeWithdrawn(address indexed worker, uint256 amount);

    /// @notice All that a worker needs besides the blobs; `inputDataHash` as the requester gave it.
    event TaskOffered(
        bytes32 indexed taskId,
        bytes32 indexed modelHash,
        bytes inputDataHash,
        uint256 gasLimit,
        uint256 gasPrice,
        uint256 expiresAt,
        uint8 programVersion,
        uint8 flags
    );
    event TaskClaimed(bytes32 indexed taskId, address indexed worker, uint256 until);
    /// @notice `zkProof` as the worker gave it: all that a watcher needs to check the result, besides the blobs.
    event ResultEvidence(
        bytes32 indexed taskId, address indexed worker, uint256 gasUsed, uint256 challengeableUntil, bytes zkProof
    );
    event TaskFinalized(bytes32 indexed taskId, address indexed worker, uint256 payment, uint256 fee);
    /// @notice `penalty` comes from a worker who claimed the task and did not deliver.
    event TaskRefunded(bytes32 indexed taskId, address indexed requester, uint256 amount, uint256 penalty);

    event ComputationChallenged(bytes32 indexed taskId, address indexed challenger);
    event TraceRevealed(bytes32 indexed taskId, uint256 indexed segment, bytes checkpoints);
    event ResultDisproved(
        bytes32 indexed taskId, address indexed worker, address indexed challenger, uint256 stake, uint256 reward
    );
    event ChallengerSlashed(bytes32 indexed taskId, address indexed challenger, uint256 bond);
    event BondReturned(bytes32 indexed taskId, address indexed challenger, uint256 bond);

    event ModelTermsSet(bytes32 indexed modelHash, uint8 flags, uint256 flopsPerGas, uint256 gasPrice, string location);
    event ModelUpdated(bytes32 indexed modelHash, bytes32 indexed successor, bytes32 deltaCommitment, string location);

    event ParamsSet(Params params);
    event ProgramSet(Purpose indexed purpose, uint8 indexed version, bytes32 program);
    event EvidenceSet(IEvidence.Kind indexed kind, address module);
    event FeesCollected(address indexed treasury, uint256 amount);

    error ComputeMarket_NotGovernor();
    error ComputeMarket_InvalidParams();
    error ComputeMarket_NothingToDo();
    error ComputeMarket_InsufficientBalance(uint256 balance, uint256 needed);
    error ComputeMarket_AmountTooLarge();
    error ComputeMarket_NotEligible();
    error ComputeMarket_StakeTooLow(uint256 minStake);
    error ComputeMarket_ExitRunning(uint256 exitAt);
    error ComputeMarket_InvalidTask();
    error ComputeMarket_NotRequester();
    error ComputeMarket_InvalidInputData();
    error ComputeMarket_InvalidPrice();
    error ComputeMarket_TaskExists();
    error ComputeMarket_NoProgram();
    error ComputeMarket_WrongStatus(TaskStatus status);
    error ComputeMarket_TooLate(uint256 until);
    error ComputeMarket_TooEarly(uint256 until);
    error ComputeMarket_NotWorker();
    error ComputeMarket_InvalidResult();
    error ComputeMarket_WrongInput();
    error ComputeMarket_WrongOutput();
    error ComputeMarket_TraceTooLarge();
    error ComputeMarket_EvidenceNotAccepted(uint8 kind);
    error ComputeMarket_InvalidProof();
    error ComputeMarket_NoAttestation();
    error ComputeMarket_WrongClaim();
    error ComputeMarket_WorkerSlashed();
    error ComputeMarket_NotDisputed();
    error ComputeMarket_UnknownModel();
    error ComputeMarket_InvalidModel();
    error ComputeMarket_ModelExists();
    error ComputeMarket_InvalidUpdate();

    // --- LP-500 ---

    function submitComputeTask(IAIComputeRollup.ComputeTask calldata _task) external returns (bytes32);
    function submitComputeResult(IAIComputeRollup.ComputeResult calldata _result) external;
    function verifyTEEAttestation(IAIComputeRollup.TEEAttestation calldata _attestation) external view returns (bool);
    function challengeComputation(bytes32 _taskId, bytes calldata _counterProof) external;
    function registerModel(bytes32 _modelHash, bytes calldata _modelMetadata) external;
    function updateModelWeights(bytes32 _modelHash, bytes calldata _deltaWeights, bytes calldata _proof) external;
    function getTaskResult(bytes32 _taskId) external view returns (bytes32);

    // --- Accounts ---

    /// @notice Adds the ETH of this call to the free balance of `_account`.
    function deposit(address _account) external payable;

    /// @notice Pays out of the caller's free balance.
    function withdraw(uint256 _amount) external;

    /// @notice Adds the ETH of this call to the caller's stake, which must reach the minimum.
    function stake() external payable;

    /// @notice Stops working; the stake is free when no result of the caller can be challenged any more.
    function requestExit() external;

    /// @notice Moves the stake to the free balance after the exit period.
    function withdrawStake() external;

    /// @notice Sends the fees to the treasury. Anyone may call.
    function collectFees() external;

    // --- Tasks ---

    /// @notice A task whose program is `aggregate`; its input data is the delta that leads to a successor of the model.
    function submitAggregateTask(IAIComputeRollup.ComputeTask calldata _task) external returns (bytes32);

    function submitComputeTasks(IAIComputeRollup.ComputeTask[] calldata _tasks) external;
    function submitComputeResults(IAIComputeRollup.ComputeResult[] calldata _results) external;

    /// @notice Reserves an open task for the caller, who locks a bond until the result is there.
    function claimTask(bytes32 _taskId) external;

    /// @notice The same for many; passes over those that are not open.
    function claimTasks(bytes32[] calldata _taskIds) external;

    /// @notice Gives the locked amount back: the requester may cancel an open task, anyone may end an expired or lapsed one.
    function refundTask(bytes32 _taskId) external;

    /// @notice Pays for results that can no longer be challenged; passes over those that are not ready.
    function finalizeTasks(bytes32[] calldata _taskIds) external;

    // --- Disputes ---

    /// @notice Answers a challenge that asked for a segment; only for the worker.
    function revealTrace(bytes32 _taskId, uint256 _segment, bytes calldata _checkpoints) external;

    /// @notice Takes the bond of a challenger who asked for a segment, got it, and disproved nothing.
    function slashFailedChallenger(bytes32 _taskId, uint256 _segment) external;

    /// @notice Gives the caller's bond back when the disputed result was disproved or is void.
    function reclaimBond(bytes32 _taskId) external;

    // --- Governance ---

    function setParams(Params calldata _params) external;

    /// @notice Sets the program of the tasks submitted from now on; zero: no such tasks.
    function setProgram(Purpose _purpose, bytes32 _program) external;

    /// @notice Registers the module for a kind of evidence; zero removes it.
    function setEvidence(IEvidence.Kind _kind, IEvidence _module) external;

    // --- Views ---

    function governor() external view returns (address);
    function treasury() external view returns (address);
    function marketParams() external view returns (Params memory);
    function computeProgram(Purpose _purpose) external view returns (uint8 version_, bytes32 program_);
    function computeEvidence(IEvidence.Kind _kind) external view returns (IEvidence);
    function collectableFees() external view returns (uint256);
    function challengeBond() external view returns (uint256);

    function getTask(bytes32 _taskId) external view returns (Task memory);
    function getAccount(address _account) external view returns (Account memory);
    function getModel(bytes32 _modelHash) external view returns (Model memory);
    function parentOf(bytes32 _modelHash) external view returns (bytes32);

    /// @notice What a task on these terms locks: `gasLimit * gasPrice`. Reverts where it would be refused.
    function quote(bytes32 _modelHash, uint256 _requiredFlops, uint256 _maxGasPrice)
        external
        view
        returns (uint256 gasLimit_, uint256 gasPrice_);

    /// @notice The claim that evidence for or against a result is about.
    function taskClaim(bytes32 _taskId, bytes32 _input, bytes32 _trace) external view returns (IEvidence.Claim memory);
    function getDispute(bytes32 _taskId) external view returns (Dispute memory);
    function bondOf(bytes32 _taskId, address _challenger) external view returns (uint256);

    /// @notice Time from which a result is paid; the largest number while a challenge is unanswered.
    function finalAt(bytes32 _taskId) external view returns (uint256);
}
