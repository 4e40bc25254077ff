// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDistributedTrainingRollup} from "./IDistributedTrainingRollup.sol";
import {IEvidence} from "./IEvidence.sol";

/// @notice Types, events and errors of distributed training.
interface ITrainingTypes {
    /// @notice Rules of docs/training.md, by their numbers there.
    enum Rule {
        Mean,
        Median,
        TrimmedMean,
        Krum,
        Bulyan
    }

    /// @notice A cancelled job goes on with the rounds that have an aggregate, and begins none.
    enum JobStatus {
        None,
        Open,
        Cancelled,
        Ended
    }

    /// @notice `Collecting`: plaintext. `Keys`, `Masking`, `Unmasking`: secure aggregation. `Claimed`: has an aggregate that can be
    /// challenged. The last three are final.
    enum Phase {
        None,
        Collecting,
        Keys,
        Masking,
        Unmasking,
        Claimed,
        Final,
        Disproved,
        Abandoned
    }

    /// @notice What LP-500's `TrainingJob` leaves open. Seconds and wei.
    /// @param coordinator Aggregates first; zero for the creator.
    /// @param stake What a worker without an enclave locks.
    /// @param weights Commitment of the weights that the first round begins with; zero where the chain does not follow weights.
    /// @param terms Commitment of what workers must know beyond this: data, local steps, noise. Not read here.
    /// @param p1 Parameters of the rule, as in the description of a round.
    /// @param length Coordinates of an update; zero: the coordinator's first aggregate says.
    /// @param pointsCap Most data points that one contribution is paid for.
    /// @param epsilonMicros Privacy budget that workers keep, in millionths; zero for none. Not computed here.
    /// @param wordBits Zero for plaintext, 32 or 64 for secure aggregation with words of so many bits.
    /// @param normBound Bound on the norm of what is masked, noise included, that workers prove by docs/norm-proofs.md; zero where nobody does.
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

    /// @notice `round` is the one in work, `distributed` the last one that was paid. `attempts` counts runs of rounds. Sets of workers
    /// are bitmaps: worker `i` is bit `i`.
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

    /// @notice One run of a round. `until`: end of the phase. `eligible`: who might take part. `members`: who may, with secure
    /// aggregation those in the roster. `claim`: `keccak256(abi.encode(input, output, trace))`.
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

    /// @notice A worker of a job. `key`: the enclave's that vouches for it. `leftAt`: when it stopped taking part; zero before.
    struct Member {
        uint96 stake;
        uint40 leftAt;
        uint32 leftAttempt;
        uint8 index;
        bool isMember;
        bool isSlashed;
        address key;
    }

    /// @notice A disputed claim, kept for as long as anything can come of it.
    struct Dispute {
        IEvidence module;
        bytes32 input;
        bytes32 output;
        bytes32 trace;
    }

    /// @notice What governance sets. Seconds, wei, and hundredths of a percent.
    /// @param stake Of workers of jobs that set nothing.
    /// @param aggregateBond What whoever claims an aggregate locks; a challenger locks a tenth.
    struct Params {
        uint16 feeBps;
        uint32 challengePeriod;
        uint96 stake;
        uint96 aggregateBond;
    }

    /// @notice Why a worker is slashed. The first one `distributeRewards` finds in the report, the last two
    /// programs, by accusations.
    enum Misbehaviour {
        InvalidContribution,
        Equivocation,
        BothShares,
        NormBound,
        WrongShard
    }

    /// @notice What a worker signs at most once in a run: messages of docs/secure-aggregation.md, then those of EIP-712.
    enum Statement {
        AdvertiseKeys,
        ShareKeys,
        MaskedInput,
        Survivors,
        Unmask,
        GradientUpdate,
        AggregateVote
    }

    event Deposited(address indexed account, address indexed from, uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);

    event JobTermsSet(
        bytes32 indexed jobId, address indexed creator, IDistributedTrainingRollup.TrainingJob job, JobConfig config
    );
    event JobCancelled(bytes32 indexed jobId);
    event JobEnded(bytes32 indexed jobId, uint256 refund);

    /// @notice With `WorkerJoined` of LP-500: `index` is the worker's bit in sets.
    event WorkerStaked(bytes32 indexed jobId, address indexed worker, uint8 index, uint256 stake, address key);
    event WorkerLeft(bytes32 indexed jobId, address indexed worker, uint256 releaseAt);
    event StakeReleased(bytes32 indexed jobId, address indexed worker, uint256 amount);
    event WorkerSlashed(
        bytes32 indexed jobId,
        address indexed worker,
        address indexed reporter,
        Misbehaviour kind,
        uint256 stake,
        uint256 reward
    );

    event RoundOpened(bytes32 indexed jobId, uint256 indexed round, uint256 attempt, uint256 members, uint256 until);
    event RoundAbandoned(bytes32 indexed jobId, uint256 indexed round, uint256 attempt, Phase phase);
    /// @notice These were silent: they take part again after another `joinTrainingJob`.
    event WorkersDropped(bytes32 indexed jobId, uint256 attempt, uint256 workers);
    /// @notice With `GradientSubmitted` of LP-500: all that an aggregator needs besides the blob.
    event GradientCommitted(
        bytes32 indexed jobId,
        address indexed worker,
        uint256 attempt,
        IDistributedTrainingRollup.WorkerContribution contribution
    );

    event KeysPublished(bytes32 indexed jobId, uint256 attempt, uint256 members, bytes32 roster, bytes publicKeys);
    event BeaconDrawn(bytes32 indexed jobId, uint256 attempt, bytes32 beacon);
    event MaskedGradientCommitted(
        bytes32 indexed jobId,
        address indexed worker,
        uint256 attempt,
        bytes32 commitment,
        uint256 points,
        bytes message
    );
    event SharesRevealed(bytes32 indexed jobId, address indexed worker, uint256 attempt, bytes message);
    event AggregateVoted(
        bytes32 indexed jobId,
        address indexed worker,
        uint256 attempt,
        bytes32 aggregate,
        bytes32 weights,
        uint256 survivors
    );

    /// @notice All that a watcher needs to check the aggregate, besides the blobs. `description`: of the round, as docs/training.md has it;
    /// empty with secure aggregation.
    event AggregateClaimed(
        bytes32 indexed jobId,
        uint256 indexed round,
        uint256 attempt,
        address aggregator,
        uint256 contributors,
        bytes32 aggregate,
        uint256 challengeableUntil,
        bytes description,
        bytes convergenceProof
    );
    event AggregateChallenged(bytes32 indexed jobId, uint256 attempt, address indexed challenger);
    event TraceRevealed(bytes32 indexed jobId, uint256 attempt, uint256 indexed segment, bytes checkpoints);
    event AggregateDisproved(
        bytes32 indexed jobId,
        uint256 attempt,
        address indexed aggregator,
        address indexed challenger,
        uint256 bond,
        uint256 reward
    );
    event ChallengerSlashed(bytes32 indexed jobId, uint256 attempt, address indexed challenger, uint256 bond);
    event BondReturned(bytes32 indexed jobId, uint256 attempt, address indexed account, uint256 bond);

    /// @notice `attempt`: the run in work, or zero.
    event Announced(bytes32 indexed jobId, address indexed sender, uint256 attempt, uint8 step, bytes content);

    event WorkerRewarded(bytes32 indexed jobId, address indexed worker, uint256 round, uint256 amount);
    event RewardsDistributed(bytes32 indexed jobId, uint256 indexed round, uint256 paid, uint256 fee);

    event ParamsSet(Params params);
    event ProgramSet(uint8 indexed version, bytes32 program);
    event EvidenceSet(IEvidence.Kind indexed kind, address module);
    event EnclaveKeysSet(address registry);
    event FeesCollected(address indexed treasury, uint256 amount);

    error Training_NotGovernor();
    error Training_InvalidParams();
    error Training_NothingToDo();
    error Training_InsufficientBalance(uint256 balance, uint256 needed);
    error Training_AmountTooLarge();
    error Training_InvalidJob();
    error Training_JobExists();
    error Training_WrongStatus(JobStatus status);
    error Training_WrongPhase(Phase phase);
    error Training_WrongRound(uint256 round);
    error Training_TooEarly(uint256 until);
    error Training_TooLate(uint256 until);
    error Training_NotCreator();
    error Training_NotCoordinator(uint256 until);
    error Training_NotMember(address worker);
    error Training_AlreadyMember();
    error Training_JobFull();
    error Training_WorkerSlashed();
    error Training_KeyNotUsable(address key);
    error Training_AlreadySubmitted();
    error Training_InvalidContribution(address worker);
    error Training_InvalidEncoding();
    error Training_TooLong(uint256 limit);
    error Training_WrongOrder();
    error Training_TooFew(uint256 found, uint256 needed);
    error Training_NoProgram();
    error Training_WrongLength(uint256 length);
    error Training_WrongWeights();
    error Training_WrongReport();
    error Training_EvidenceNotAccepted(uint8 kind);
    error Training_InvalidProof();
    error Training_WrongClaim();
    error Training_NotDisputed();
    error Training_NotAggregator();
    error Training_NotProvable(Misbehaviour kind);
}
