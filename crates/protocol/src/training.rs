//! Bindings of distributed training, which a `DistributedTrainingRollup` on L1 and a predeploy on L2 have in common.
#![allow(missing_docs, clippy::too_many_arguments, reason = "generated from Solidity")]

use alloy_sol_types::sol;

sol! {
    /// LP-500.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct TrainingJob {
        bytes32 jobId;
        bytes32 modelArchitectureHash;
        bytes32 datasetHash;
        uint256 numEpochs;
        uint256 batchSize;
        uint256 learningRate;
        uint256 minWorkers;
        uint256 rewardPool;
    }

    /// LP-500.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct WorkerContribution {
        address worker;
        bytes32 gradientHash;
        uint256 dataPointsProcessed;
        bytes32[] dataShardHashes;
        bytes aggregationProof;
    }

    /// LP-500.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct FederatedUpdate {
        bytes32 jobId;
        uint256 round;
        WorkerContribution[] contributions;
        bytes32 aggregatedGradientHash;
        bytes convergenceProof;
    }

    #[derive(Debug, PartialEq, Eq)]
    enum Rule { Mean, Median, TrimmedMean, Krum, Bulyan }

    #[derive(Debug, PartialEq, Eq)]
    enum JobStatus { None, Open, Cancelled, Ended }

    #[derive(Debug, PartialEq, Eq)]
    enum Phase { None, Collecting, Keys, Masking, Unmasking, Claimed, Final, Disproved, Abandoned }

    #[derive(Debug, PartialEq, Eq)]
    enum Misbehaviour { InvalidContribution, Equivocation, BothShares, NormBound, WrongShard }

    #[derive(Debug, PartialEq, Eq)]
    enum AccusationStatus { None, Open, Upheld, Disproved }

    #[derive(Debug, PartialEq, Eq)]
    enum Statement { AdvertiseKeys, ShareKeys, MaskedInput, Survivors, Unmask, GradientUpdate, AggregateVote }

    #[derive(Debug)]
    interface ITraining {
        #[derive(PartialEq, Eq)]
        struct JobConfig {
            address coordinator;
            uint96 stake;
            bytes32 weights;
            bytes32 terms;
            Rule rule;
            uint32 p1;
            uint32 p2;
            uint64 clip;
            int32 multiplier;
            uint8 shift;
            uint32 length;
            uint32 pointsCap;
            uint32 epsilonMicros;
            uint16 maxWorkers;
            uint8 wordBits;
            uint32 keyPeriod;
            uint32 collectPeriod;
            uint32 aggregatePeriod;
            uint32 normBound;
        }
        #[derive(PartialEq, Eq)]
        struct Job {
            address creator;
            uint96 remaining;
            uint96 roundReward;
            uint16 feeBps;
            uint16 minWorkers;
            uint32 rounds;
            uint32 round;
            uint32 distributed;
            JobStatus status;
            uint32 attempts;
            uint40 endedAt;
            uint256 active;
            uint256 occupied;
            JobConfig config;
        }
        #[derive(PartialEq, Eq)]
        struct Run {
            uint32 round;
            Phase phase;
            uint40 until;
            uint8 programVersion;
            bool isDisputed;
            uint32 length;
            uint64 totalPoints;
            uint64 rosterBlock;
            address aggregator;
            uint96 bond;
            uint256 eligible;
            uint256 members;
            uint256 submitted;
            uint256 revealed;
            uint256 voted;
            uint256 accepted;
            uint256 invalid;
            bytes32 roster;
            bytes32 beacon;
            bytes32 claim;
            bytes32 aggregate;
            bytes32 weights;
        }
        #[derive(PartialEq, Eq)]
        struct Member {
            uint96 stake;
            uint40 leftAt;
            uint32 leftAttempt;
            uint8 index;
            bool isMember;
            bool isSlashed;
            address key;
        }
        #[derive(PartialEq, Eq)]
        struct Dispute {
            address module;
            bytes32 input;
            bytes32 output;
            bytes32 trace;
        }
        #[derive(PartialEq, Eq)]
        struct Accusation {
            bytes32 jobId;
            address worker;
            uint40 until;
            Misbehaviour kind;
            AccusationStatus status;
            address accuser;
            uint96 bond;
            address module;
            bytes32 program;
            bytes32 input;
            bytes32 trace;
        }
        #[derive(PartialEq, Eq)]
        struct Params {
            uint16 feeBps;
            uint32 challengePeriod;
            uint96 stake;
            uint96 aggregateBond;
        }

        event TrainingJobCreated(bytes32 indexed jobId, uint256 rewardPool);
        event WorkerJoined(bytes32 indexed jobId, address indexed worker);
        event GradientSubmitted(bytes32 indexed jobId, address indexed worker, uint256 round);
        event ModelUpdated(bytes32 indexed jobId, uint256 round, bytes32 newWeightsHash);
        event Deposited(address indexed account, address indexed from, uint256 amount);
        event Withdrawn(address indexed account, uint256 amount);
        event JobTermsSet(bytes32 indexed jobId, address indexed creator, TrainingJob job, JobConfig config);
        event JobCancelled(bytes32 indexed jobId);
        event JobEnded(bytes32 indexed jobId, uint256 refund);
        event WorkerStaked(bytes32 indexed jobId, address indexed worker, uint8 index, uint256 stake, address key);
        event WorkerLeft(bytes32 indexed jobId, address indexed worker, uint256 releaseAt);
        event StakeReleased(bytes32 indexed jobId, address indexed worker, uint256 amount);
        event WorkerSlashed(
            bytes32 indexed jobId, address indexed worker, address indexed reporter, Misbehaviour kind, uint256 stake,
            uint256 reward
        );
        event RoundOpened(
            bytes32 indexed jobId, uint256 indexed round, uint256 attempt, uint256 members, uint256 until
        );
        event RoundAbandoned(bytes32 indexed jobId, uint256 indexed round, uint256 attempt, Phase phase);
        event WorkersDropped(bytes32 indexed jobId, uint256 attempt, uint256 workers);
        event GradientCommitted(
            bytes32 indexed jobId, address indexed worker, uint256 attempt, WorkerContribution contribution
        );
        event KeysPublished(
            bytes32 indexed jobId, uint256 attempt, uint256 members, bytes32 roster, bytes publicKeys
        );
        event BeaconDrawn(bytes32 indexed jobId, uint256 attempt, bytes32 beacon);
        event MaskedGradientCommitted(
            bytes32 indexed jobId, address indexed worker, uint256 attempt, bytes32 commitment, uint256 points,
            bytes message
        );
        event SharesRevealed(bytes32 indexed jobId, address indexed worker, uint256 attempt, bytes message);
        event AggregateVoted(
            bytes32 indexed jobId, address indexed worker, uint256 attempt, bytes32 aggregate, bytes32 weights,
            uint256 survivors
        );
        event AggregateClaimed(
            bytes32 indexed jobId, uint256 indexed round, uint256 attempt, address aggregator, uint256 contributors,
            bytes32 aggregate, uint256 challengeableUntil, bytes description, bytes convergenceProof
        );
        event AggregateChallenged(bytes32 indexed jobId, uint256 attempt, address indexed challenger);
        event TraceRevealed(bytes32 indexed jobId, uint256 attempt, uint256 indexed segment, bytes checkpoints);
        event AggregateDisproved(
            bytes32 indexed jobId, uint256 attempt, address indexed aggregator, address indexed challenger,
            uint256 bond, uint256 reward
        );
        event ChallengerSlashed(bytes32 indexed jobId, uint256 attempt, address indexed challenger, uint256 bond);
        event BondReturned(bytes32 indexed jobId, uint256 attempt, address indexed account, uint256 bond);
        event Announced(
            bytes32 indexed jobId, address indexed sender, uint256 attempt, uint8 step, bytes content
        );
        event WorkerRewarded(bytes32 indexed jobId, address indexed worker, uint256 round, uint256 amount);
        event RewardsDistributed(bytes32 indexed jobId, uint256 indexed round, uint256 paid, uint256 fee);
        event AccusationProgramSet(Misbehaviour indexed kind, bytes32 program);
        event Accused(
            bytes32 indexed accusation, bytes32 indexed jobId, address indexed worker, uint256 attempt,
            Accusation claim, bytes trace
        );
        event AccusationChallenged(bytes32 indexed accusation, address indexed challenger);
        event AccusationTraceRevealed(bytes32 indexed accusation, uint256 indexed segment, bytes checkpoints);
        event AccusationUpheld(bytes32 indexed accusation, address indexed accuser, uint256 bond);
        event AccusationDisproved(
            bytes32 indexed accusation, address indexed accuser, address indexed challenger, uint256 bond,
            uint256 reward
        );
        event AccusationChallengerSlashed(bytes32 indexed accusation, address indexed challenger, uint256 bond);
        event AccusationBondReturned(bytes32 indexed accusation, address indexed account, uint256 bond);
        event ParamsSet(Params params);
        event ProgramSet(uint8 indexed version, bytes32 program);
        event EvidenceSet(uint8 indexed kind, address module);
        event EnclaveKeysSet(address registry);
        event FeesCollected(address indexed treasury, uint256 amount);

        function createTrainingJob(TrainingJob calldata job) external returns (bytes32);
        function joinTrainingJob(bytes32 jobId, bytes calldata workerAttestation) external;
        function submitGradientUpdate(bytes32 jobId, WorkerContribution calldata contribution) external;
        function aggregateGradients(bytes32 jobId, FederatedUpdate calldata update) external;
        function initSecureAggregation(bytes32 jobId, bytes calldata publicKeys) external;
        function submitEncryptedGradient(bytes32 jobId, bytes calldata encryptedGradient) external;
        function revealAggregationKey(bytes32 jobId, bytes calldata keyShare) external;
        function distributeRewards(bytes32 jobId, uint256 round) external;
        function deposit(address account) external payable;
        function withdraw(uint256 amount) external;
        function createTrainingJobWith(
            TrainingJob calldata job, JobConfig calldata config
        ) external returns (bytes32);
        function cancelTrainingJob(bytes32 jobId) external;
        function leaveTrainingJob(bytes32 jobId) external;
        function releaseStake(bytes32 jobId) external;
        function advance(bytes32 jobId) external;
        function balanceOf(address account) external view returns (uint256);
        function slashMaliciousWorker(address worker, bytes calldata misbehaviorProof) external;
        function getAggregatedGradient(bytes32 jobId, uint256 round) external view returns (bytes32);
        function collectFees() external;
        function announce(bytes32 jobId, uint8 step, bytes calldata content) external;
        function challengeAggregate(bytes32 jobId, uint256 attempt, bytes calldata counterProof) external;
        function revealTrace(bytes32 jobId, uint256 attempt, uint256 segment, bytes calldata checkpoints) external;
        function slashFailedChallenger(bytes32 jobId, uint256 attempt, uint256 segment) external;
        function reclaimBond(bytes32 jobId, uint256 attempt) external;
        function setAccusationProgram(Misbehaviour kind, bytes32 program) external;
        function accuse(
            bytes32 jobId, uint256 attempt, address worker, Misbehaviour kind, bytes calldata trace
        ) external returns (bytes32 accusation);
        function challengeAccusation(bytes32 accusation, bytes calldata proof) external;
        function revealAccusationTrace(bytes32 accusation, uint256 segment, bytes calldata checkpoints) external;
        function slashAccusationChallenger(bytes32 accusation, uint256 segment) external;
        function reclaimAccusationBond(bytes32 accusation) external;
        function accusationProgram(Misbehaviour kind) external view returns (bytes32);
        function getAccusation(bytes32 accusation) external view returns (Accusation memory);
        function accusationFinalAt(bytes32 accusation) external view returns (uint256);
        function accusationsOf(bytes32 jobId, address worker) external view returns (uint256);
        function accusationBondOf(bytes32 accusation, address challenger) external view returns (uint256);
        function accusationInput(bytes32 jobId, uint256 attempt, address worker) external view returns (bytes32);
        function setParams(Params calldata params) external;
        function setProgram(bytes32 program) external;
        function setEvidence(uint8 kind, address module) external;
        function setEnclaveKeys(address registry) external;
        function governor() external view returns (address);
        function treasury() external view returns (address);
        function trainingParams() external view returns (Params memory);
        function aggregateProgram() external view returns (uint8 version, bytes32 program);
        function trainingEvidence(uint8 kind) external view returns (address);
        function enclaveKeys() external view returns (address);
        function collectableFees() external view returns (uint256);
        function getJob(bytes32 jobId) external view returns (Job memory);
        function getRun(bytes32 jobId, uint256 attempt) external view returns (Run memory);
        function attemptOf(bytes32 jobId, uint256 round) external view returns (uint256);
        function getMember(bytes32 jobId, address worker) external view returns (Member memory);
        function workerAt(bytes32 jobId, uint256 index) external view returns (address);
        function contributionOf(bytes32 jobId, uint256 attempt, uint256 index) external view returns (bytes32);
        function getDispute(bytes32 jobId, uint256 attempt) external view returns (Dispute memory);
        function bondOf(bytes32 jobId, uint256 attempt, address challenger) external view returns (uint256);
        function finalAt(bytes32 jobId, uint256 attempt) external view returns (uint256);
        function secureDomains(bytes32 jobId, uint256 attempt) external view returns (bytes32 context, bytes32 round);
        function gradientDigest(
            bytes32 jobId, uint256 attempt, WorkerContribution calldata contribution
        ) external view returns (bytes32);
        function voteDigest(
            bytes32 jobId, uint256 attempt, bytes32 aggregate, bytes32 weights, uint256 survivors
        ) external view returns (bytes32);
    }

    /// What a rollup with an extension has besides.
    #[derive(Debug)]
    interface IExtendedRollup {
        function callTrainingL2(bytes calldata data) external returns (uint256 queueIndex);
    }
}
