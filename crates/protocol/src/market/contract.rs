//! Bindings of the market, which an `AIComputeRollup` on L1 and a predeploy on L2 have in common.
#![allow(missing_docs, clippy::too_many_arguments, reason = "generated from Solidity")]

use alloy_sol_types::sol;

sol! {
    /// LP-500.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct TEEAttestation {
        bytes32 mrEnclave;
        bytes32 mrSigner;
        bytes publicKey;
        bytes quote;
        uint256 timestamp;
    }

    /// LP-500.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct ComputeTask {
        bytes32 taskId;
        bytes32 modelHash;
        bytes inputDataHash;
        uint256 requiredFlops;
        uint256 maxGasPrice;
        address requester;
        TEEAttestation attestation;
    }

    /// LP-500.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct ComputeResult {
        bytes32 taskId;
        bytes32 outputHash;
        bytes zkProof;
        TEEAttestation attestation;
        uint256 gasUsed;
    }

    #[derive(Debug, PartialEq, Eq)]
    enum TaskStatus { None, Open, Claimed, Submitted, Final, Disproved, Refunded }

    #[derive(Debug, PartialEq, Eq)]
    enum Purpose { Infer, Aggregate }

    #[derive(Debug)]
    interface IComputeMarket {
        #[derive(PartialEq, Eq)]
        struct Offer {
            address requester;
            uint32 gasLimit;
            uint64 gasPrice;
        }
        #[derive(PartialEq, Eq)]
        struct Progress {
            address worker;
            uint40 until;
            uint32 gasUsed;
            TaskStatus status;
            uint8 programVersion;
            uint8 flags;
        }
        #[derive(PartialEq, Eq)]
        struct Task {
            Offer offer;
            Progress progress;
            bytes32 commitment;
            bytes32 output;
        }
        #[derive(PartialEq, Eq)]
        struct Account {
            uint96 balance;
            uint96 stake;
            uint40 exitAt;
            uint16 disputes;
            bool isSlashed;
        }
        #[derive(PartialEq, Eq)]
        struct Model {
            address owner;
            uint40 flopsPerGas;
            uint48 gasPrice;
            uint8 flags;
        }
        #[derive(PartialEq, Eq)]
        struct Dispute {
            address module;
            bytes32 input;
            bytes32 trace;
        }
        /// `IEvidence.Claim`.
        #[derive(PartialEq, Eq)]
        struct TaskClaim {
            bytes32 program;
            bytes32 input;
            bytes32 output;
            bytes32 trace;
            uint256 claimedAt;
        }
        #[derive(PartialEq, Eq)]
        struct Params {
            uint16 feeBps;
            uint32 challengePeriod;
            uint32 taskTimeout;
            uint32 claimWindow;
            uint96 minStake;
        }

        event TaskOffered(
            bytes32 indexed taskId, bytes32 indexed modelHash, bytes inputDataHash, uint256 gasLimit,
            uint256 gasPrice, uint256 expiresAt, uint8 programVersion, uint8 flags
        );
        event ComputeTaskSubmitted(bytes32 indexed taskId, address indexed requester);
        event ComputeResultSubmitted(bytes32 indexed taskId, bytes32 outputHash);
        event TaskClaimed(bytes32 indexed taskId, address indexed worker, uint256 until);
        event ResultEvidence(
            bytes32 indexed taskId, address indexed worker, uint256 gasUsed, uint256 challengeableUntil, bytes zkProof
        );
        event TaskFinalized(bytes32 indexed taskId, address indexed worker, uint256 payment, uint256 fee);
        event TaskRefunded(bytes32 indexed taskId, address indexed requester, uint256 amount, uint256 penalty);
        event ComputationChallenged(bytes32 indexed taskId, address indexed challenger);
        event TraceRevealed(bytes32 indexed taskId, uint256 indexed segment, bytes checkpoints);
        event ResultDisproved(
            bytes32 indexed taskId, address indexed worker, address indexed challenger, uint256 stake, uint256 reward
        );
        event ProgramSet(Purpose indexed purpose, uint8 indexed version, bytes32 program);
        event ModelTermsSet(
            bytes32 indexed modelHash, uint8 flags, uint256 flopsPerGas, uint256 gasPrice, string location
        );

        function submitComputeTask(ComputeTask calldata task) external returns (bytes32);
        function submitComputeResult(ComputeResult calldata result) external;
        function submitComputeTasks(ComputeTask[] calldata tasks) external;
        function submitComputeResults(ComputeResult[] calldata results) external;
        function submitAggregateTask(ComputeTask calldata task) external returns (bytes32);
        function verifyTEEAttestation(TEEAttestation calldata attestation) external view returns (bool);
        function challengeComputation(bytes32 taskId, bytes calldata counterProof) external;
        function registerModel(bytes32 modelHash, bytes calldata modelMetadata) external;
        function updateModelWeights(bytes32 modelHash, bytes calldata deltaWeights, bytes calldata proof) external;
        function getTaskResult(bytes32 taskId) external view returns (bytes32);

        function deposit(address account) external payable;
        function withdraw(uint256 amount) external;
        function stake() external payable;
        function requestExit() external;
        function withdrawStake() external;
        function collectFees() external;

        function claimTask(bytes32 taskId) external;
        function claimTasks(bytes32[] calldata taskIds) external;
        function refundTask(bytes32 taskId) external;
        function finalizeTasks(bytes32[] calldata taskIds) external;
        function revealTrace(bytes32 taskId, uint256 segment, bytes calldata checkpoints) external;
        function slashFailedChallenger(bytes32 taskId, uint256 segment) external;
        function reclaimBond(bytes32 taskId) external;

        function setParams(Params calldata params) external;
        function setProgram(Purpose purpose, bytes32 program) external;
        function setEvidence(uint8 kind, address module) external;

        function governor() external view returns (address);
        function treasury() external view returns (address);
        function marketParams() external view returns (Params memory);
        function computeProgram(Purpose purpose) external view returns (uint8 version, bytes32 program);
        function computeEvidence(uint8 kind) external view returns (address);
        function challengeBond() external view returns (uint256);
        function getTask(bytes32 taskId) external view returns (Task memory);
        function getAccount(address account) external view returns (Account memory);
        function getModel(bytes32 modelHash) external view returns (Model memory);
        function quote(
            bytes32 modelHash, uint256 requiredFlops, uint256 maxGasPrice
        ) external view returns (uint256 gasLimit, uint256 gasPrice);
        function taskClaim(bytes32 taskId, bytes32 input, bytes32 trace) external view returns (TaskClaim memory);
        function getDispute(bytes32 taskId) external view returns (Dispute memory);
        function bondOf(bytes32 taskId, address challenger) external view returns (uint256);
        function finalAt(bytes32 taskId) external view returns (uint256);
    }

    /// What an `AIComputeRollup` has besides.
    #[derive(Debug)]
    interface IAIComputeRollup {
        function callComputeMarketL2(bytes calldata data) external returns (uint256 queueIndex);
        function callEnclaveKeysL2(bytes calldata data) external returns (uint256 queueIndex);
    }
}
