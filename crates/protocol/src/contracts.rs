//! Bindings of the L1 and L2 contracts, as far as the node calls them.
#![allow(missing_docs, clippy::too_many_arguments, reason = "generated from Solidity")]

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::{SolStruct, eip712_domain, sol};

sol! {
    #[derive(Debug, PartialEq, Eq)]
    enum RollupType { Optimistic, ZKRollup, Hybrid, Sovereign }
    #[derive(Debug, PartialEq, Eq)]
    enum ExecutionMode { General, AICompute, DistributedTraining, Confidential }
    #[derive(Debug, PartialEq, Eq)]
    enum BatchStatus { None, Submitted, Proposed, Challenged, Rejected, Finalized }

    #[derive(Debug, PartialEq, Eq)]
    struct RollupConfig {
        RollupType rollupType;
        ExecutionMode executionMode;
        address sequencer;
        address proposer;
        address challenger;
        uint256 challengePeriod;
        uint256 minStake;
        bytes32 genesisStateRoot;
        bytes initCode;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct RollupParams {
        uint64 l2ChainId;
        uint64 l2GasLimit;
        uint64 minBaseFee;
        uint64 genesisTimestamp;
        bytes32 genesisBlockHash;
        uint64 inclusionWindow;
        uint64 fallbackWindow;
        uint64 messageGasLimit;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct BatchHeader {
        uint256 batchNumber;
        bytes32 parentBatchHash;
        bytes32 stateRoot;
        bytes32 transactionRoot;
        bytes32 receiptRoot;
        uint256 timestamp;
        uint256 l1BlockNumber;
        address sequencer;
        bytes signature;
    }

    #[derive(Debug)]
    interface ILuxRollup {
        function initialize(RollupConfig calldata config) external;
        function submitBatch(BatchHeader calldata header, bytes calldata transactions) external;
        function proposeStateRoot(uint256 batchNumber, bytes32 stateRoot, bytes calldata proof) external;
        function challengeStateRoot(uint256 batchNumber, bytes calldata fraudProof) external;
        function finalizeStateRoot(uint256 batchNumber) external;
        function depositToL2(address token, uint256 amount, bytes calldata userData) external payable;
        function forceTransaction(address target, uint256 value, bytes calldata data) external payable;
        function initiateWithdrawal(address token, uint256 amount, bytes calldata proof) external;
        function finalizeWithdrawal(uint256 withdrawalId, bytes calldata proof) external;

        event BatchSubmitted(uint256 indexed batchNumber, bytes32 indexed batchHash);
        event StateRootProposed(uint256 indexed batchNumber, bytes32 stateRoot);
        event StateRootChallenged(uint256 indexed batchNumber, address challenger);
        event StateRootFinalized(uint256 indexed batchNumber, bytes32 stateRoot);
        event BatchRejected(uint256 indexed batchNumber, bytes32 indexed batchHash);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface IMessageBridge {
        struct L2Message {
            address sender;
            address target;
            uint256 value;
            uint256 gasLimit;
            bytes data;
            uint256 nonce;
        }
        struct MessageProof {
            bytes32 batchHash;
            bytes32 messageHash;
            bytes merkleProof;
            uint256 messageIndex;
        }
        function sendMessageToL2(address target, bytes calldata data) external payable returns (uint256);
        function relayMessageToL2(L2Message calldata message, bytes calldata signature) external;
        function sendMessageToL1(address target, bytes calldata data) external returns (bytes32);
        function relayMessageFromL2(L2Message calldata message, MessageProof calldata proof) external;
        function getMessageStatus(bytes32 messageHash) external view returns (uint8);
        function isMessageExecuted(bytes32 messageHash) external view returns (bool);

        event MessageEnqueued(
            uint256 indexed index, address indexed sender, address indexed target,
            uint256 mint, uint256 value, uint256 gasLimit, bytes data, bytes32 accumulator
        );
        event MessageSentToL1(
            bytes32 indexed messageHash, address indexed sender, address indexed target,
            uint256 value, uint256 gasLimit, bytes data, uint256 nonce
        );
    }

    #[derive(Debug)]
    interface IRollupViews {
        function config() external view returns (RollupConfig memory);
        function params() external view returns (RollupParams memory);
        function bridge() external view returns (address);
        function tokenBridge() external view returns (address);
        function registry() external view returns (address);
        function genesisL1Block() external view returns (uint64);
        function lastBatch() external view returns (uint256);
        function lastProposed() external view returns (uint256);
        function lastFinalized() external view returns (uint256);
        function lastSubmittedAt() external view returns (uint256);
        function getBatchStatus(uint256 batchNumber) external view returns (BatchStatus);
        function finalizedStateRoot() external view returns (bytes32);
        function finalAt(uint256 batchNumber) external view returns (uint256);
        function claimOf(uint256 batchNumber) external view returns (Claim memory);
        function settings() external view returns (address);
        function owner() external view returns (address);

        event ClaimProposed(
            uint256 indexed batchNumber, bytes32 stateRoot, bytes32 transactionRoot, bytes32 receiptRoot, bytes trace
        );
    }

    /// `IEvidence.Claim`: `output = program(input)`, and the checkpoints of that run.
    #[derive(Debug, PartialEq, Eq)]
    struct Claim {
        bytes32 program;
        bytes32 input;
        bytes32 output;
        bytes32 trace;
        /// Seconds: a claim made again is another one.
        uint256 claimedAt;
    }

    /// The part of `IRollupCore` that the two sides of a dispute use.
    #[derive(Debug)]
    interface IRollupDisputes {
        #[derive(PartialEq, Eq)]
        struct Batch {
            bytes32 batchHash;
            bytes32 stateRoot;
            bytes32 transactionRoot;
            bytes32 receiptRoot;
            bytes32 commitment;
            bytes32 trace;
            uint64 timestamp;
            uint64 l1BlockNumber;
            uint64 submittedAt;
            uint64 proposedAt;
            address claimant;
            uint64 messageCount;
            uint16 programVersion;
            bool claimInHeader;
            bool proven;
            bool disputed;
        }
        function getBatch(uint256 batchNumber) external view returns (Batch memory);
        function revealTrace(uint256 batchNumber, uint256 segment, bytes calldata checkpoints) external;
        function slashFailedChallenger(uint256 batchNumber, uint256 segment) external;

        event TraceRevealed(uint256 indexed batchNumber, uint256 indexed segment, bytes checkpoints);
    }

    #[derive(Debug)]
    interface IRollupSettings {
        function programVersion() external view returns (uint16);
        function programs(uint256 version) external view returns (bytes32);
        function evidence(uint8 kind) external view returns (address);
        function setEvidence(uint8 kind, address module) external;
        function setProgram(bytes32 program) external;
        function attestedPeriod() external view returns (uint64);
        function setAttestedPeriod(uint64 period) external;
        function attestStateRoot(uint256 batchNumber, bytes[] calldata signatures) external;
        function attestedClaimOf(uint256 batchNumber) external view returns (Claim memory);
    }

    /// Attestations that L1 cannot check itself, as claims of the program `verify-quote`.
    #[derive(Debug)]
    interface IQuoteClaims {
        event QuoteClaimed(
            uint256 indexed id,
            address indexed claimant,
            uint256 time,
            bytes attestation,
            bytes collateral,
            bytes answer,
            bytes trace
        );
        event QuoteTraceRevealed(uint256 indexed id, uint256 indexed segment, bytes checkpoints);

        struct QuoteClaim {
            bytes32 input;
            bytes32 output;
            bytes32 trace;
            address claimant;
            uint40 claimedAt;
            bool isDisputed;
            bool isDisproved;
            bool isPaid;
        }

        function getClaim(uint256 id) external view returns (QuoteClaim memory);
        function claim(
            uint256 time, bytes calldata attestation, bytes calldata collateral, bytes calldata answer, bytes calldata trace
        ) external payable returns (uint256 id);
        function challenge(uint256 id, bytes calldata proof) external payable;
        function reclaim(uint256 id, address account) external;
        function withdraw(address account) external;
        function openUntil(uint256 id) external view returns (uint256);
        function evidenceClaim(uint256 id) external view returns (Claim memory);
        function claimCount() external view returns (uint256);
        function verifier() external view returns (address);
        function faultProof() external view returns (address);
        function program() external view returns (bytes32);
        function roots() external view returns (bytes32);
        function challengePeriod() external view returns (uint256);
        function bond() external view returns (uint256);
    }

    /// `FaultProof.Trace`: what a trace commitment is of.
    #[derive(Debug, PartialEq, Eq)]
    struct TraceOpening {
        uint256 chunks;
        uint256 stride;
        bytes32 root;
    }

    /// `FaultProof.Disproof`: the body of a challenge that ends a claim.
    #[derive(Debug, PartialEq, Eq)]
    struct Disproof {
        uint256 chunk;
        TraceOpening trace;
        bytes32 before;
        bytes beforePath;
        bytes32 after_;
        bytes afterPath;
        bytes execution;
    }

    /// `FaultProof.Move`: what a challenge is.
    #[derive(Debug, PartialEq, Eq)]
    enum Move { Disprove, RequestSegment, Timeout }

    #[derive(Debug)]
    interface IFaultProof {
        /// A segment that somebody asked for; `root` is zero until it is revealed.
        #[derive(PartialEq, Eq)]
        struct Segment {
            address challenger;
            uint64 deadline;
            bool settled;
            bytes32 root;
        }
        function verifier() external view returns (address);
        function responsePeriod() external view returns (uint256);
        function segmentOf(address holder, Claim calldata claim, uint256 segment) external view returns (Segment memory);

        event SegmentRequested(address indexed holder, bytes32 indexed claim, uint256 segment);
    }

    #[derive(Debug)]
    interface IProgramRom {
        #[derive(PartialEq, Eq)]
        struct RegisteredProgram {
            address roms;
            uint32 textWords;
            uint32 entry;
            bytes32 memoryRoot;
        }
        function register(
            uint256 entry, bytes32 memoryRoot, uint256 textWords, address[] calldata romContracts
        ) external returns (bytes32 program);
        /// All zero where the program is not registered.
        function programOf(bytes32 program) external view returns (RegisteredProgram memory);
    }

    #[derive(Debug)]
    interface IChunkVerifier {
        function PROGRAM_ROM() external view returns (address);
    }

    #[derive(Debug)]
    interface IRollupFactory {
        #[derive(PartialEq, Eq)]
        struct Implementation {
            address rollup;
            address faultProof;
            bytes32 program;
        }
        function registerImplementation(
            bytes32 implementationId, address implementation, address faultProof, bytes32 program
        ) external;
        function implementations(bytes32 implementationId) external view returns (Implementation memory);
        function implementationCount() external view returns (uint256);
        function isActive() external view returns (bool);
        function deployRollup(
            bytes32 implementationId, RollupConfig calldata config, address admin, address guardian, uint256 delaySeconds
        ) external returns (address rollup, address timelock);

        event RollupDeployed(address indexed rollup, bytes32 indexed implementationId, address deployer);
        event TimelockDeployed(address indexed rollup, address timelock, uint256 delay);
    }

    #[derive(Debug)]
    interface ISequencerRegistry {
        function join() external payable;
        function requestExit() external;
        function withdraw() external;
        function postBond() external payable;
        function activeSequencer() external view returns (address);
        function requiredBond() external view returns (uint256);
        function isEligible(address account) external view returns (bool);
        function hasBond(address account) external view returns (bool);
        function stakeOf(address account) external view returns (uint256);
        function exitDelay() external view returns (uint256);
    }

    #[derive(Debug)]
    interface IL1TokenBridge {
        #[derive(PartialEq, Eq)]
        struct Withdrawal {
            bytes32 receiptRoot;
            address token;
            uint64 batchNumber;
            bool paid;
            address recipient;
            uint256 amount;
        }
        function withdrawals(uint256 withdrawalId) external view returns (Withdrawal memory);
    }

    #[derive(Debug)]
    interface IERC20 {
        function approve(address spender, uint256 amount) external returns (bool);
        function allowance(address owner, address spender) external view returns (uint256);
        function balanceOf(address account) external view returns (uint256);
        function transfer(address to, uint256 amount) external returns (bool);
    }

    #[derive(Debug)]
    interface IL2TokenBridge {
        function withdraw(address l1Token, uint256 amount, address recipient) external payable;
    }
}

/// Shapes that exist only to be hashed and signed (EIP-712).
mod typed {
    alloy_sol_types::sol! {
        struct BatchHeader {
            uint256 batchNumber;
            bytes32 parentBatchHash;
            bytes32 stateRoot;
            bytes32 transactionRoot;
            bytes32 receiptRoot;
            uint256 timestamp;
            uint256 l1BlockNumber;
            address sequencer;
        }
        struct SignedBatch {
            bytes32 batchHash;
            bytes32 transactionsHash;
        }
    }
}

impl BatchHeader {
    /// EIP-712 struct hash of the header without its signature: the identity of a batch.
    pub fn batch_hash(&self) -> B256 {
        typed::BatchHeader {
            batchNumber: self.batchNumber,
            parentBatchHash: self.parentBatchHash,
            stateRoot: self.stateRoot,
            transactionRoot: self.transactionRoot,
            receiptRoot: self.receiptRoot,
            timestamp: self.timestamp,
            l1BlockNumber: self.l1BlockNumber,
            sequencer: self.sequencer,
        }
        .eip712_hash_struct()
    }

    /// What the sequencer signs: header and data together.
    pub fn signing_digest(&self, transactions: &[u8], l1_chain_id: u64, rollup: Address) -> B256 {
        let domain = eip712_domain! {
            name: "LuxRollup",
            version: "1",
            chain_id: l1_chain_id,
            verifying_contract: rollup,
        };
        typed::SignedBatch { batchHash: self.batch_hash(), transactionsHash: keccak256(transactions) }
            .eip712_signing_hash(&domain)
    }
}
