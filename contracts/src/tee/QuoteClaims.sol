// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {IQuoteClaims} from "../interfaces/IQuoteClaims.sol";
import {IRollupCore} from "../interfaces/IRollupCore.sol";
import {BatchLib} from "../libraries/BatchLib.sol";

/// @notice Brings attestations of AMD and Arm to L1: claimed with a bond, disproved by one chunk of the program's run.
contract QuoteClaims is IQuoteClaims, ReentrancyGuardTransient {
    /// @dev Of a quote or token, of collateral and of an answer; `crates/tee` has the first limit.
    uint256 private constant MAX_ATTESTATION_BYTES = 32_768;
    uint256 private constant MAX_COLLATERAL_BYTES = 65_536;
    /// @dev As large as the trace of a batch.
    uint256 private constant MAX_TRACE_BYTES = 65_544;
    /// @dev How old the time may be that is asked about: collateral that has been replaced for longer does not help.
    uint256 private constant MAX_AGE_SECONDS = 1 hours;

    address public immutable rollup;
    IAttestationVerifier public immutable verifier;
    IEvidence public immutable faultProof;
    bytes32 public immutable program;
    bytes32 public immutable roots;
    uint256 public immutable challengePeriod;
    uint256 public immutable bond;

    uint256 public claimCount;
    mapping(uint256 => QuoteClaim) private _claims;
    mapping(uint256 => mapping(address => bool)) private _hasAsked;
    mapping(address => uint256) public balanceOf;

    constructor(
        address _rollup,
        IAttestationVerifier _verifier,
        IEvidence _faultProof,
        bytes32 _program,
        bytes32 _roots,
        uint256 _challengePeriod,
        uint256 _bond
    ) {
        rollup = _rollup;
        verifier = _verifier;
        faultProof = _faultProof;
        program = _program;
        roots = _roots;
        challengePeriod = _challengePeriod;
        bond = _bond;
    }

    /// @inheritdoc IQuoteClaims
    function claim(
        uint256 _time,
        bytes calldata _attestation,
        bytes calldata _collateral,
        bytes calldata _answer,
        bytes calldata _trace
    ) external payable returns (uint256 id_) {
        if (msg.value != bond) revert QuoteClaims_WrongBond(bond);
        if (_time > block.timestamp || _time + MAX_AGE_SECONDS < block.timestamp) revert QuoteClaims_WrongTime();
        if (
            _attestation.length > MAX_ATTESTATION_BYTES || _collateral.length > MAX_COLLATERAL_BYTES
                || _answer.length > MAX_COLLATERAL_BYTES || _trace.length > MAX_TRACE_BYTES
        ) revert QuoteClaims_TooLarge();
        id_ = ++claimCount;
        QuoteClaim storage made = _claims[id_];
        made.input =
            keccak256(abi.encode(_time, roots, BatchLib.commitment(_attestation), BatchLib.commitment(_collateral)));
        made.output = keccak256(_answer);
        made.trace = BatchLib.traceCommitment(_trace);
        made.claimant = msg.sender;
        made.claimedAt = uint40(block.timestamp);
        emit QuoteClaimed(id_, msg.sender, _time, _attestation, _collateral, _answer, _trace);
    }

    /// @inheritdoc IQuoteClaims
    function challenge(uint256 _id, bytes calldata _proof) external payable nonReentrant {
        if (block.timestamp >= openUntil(_id) || _claims[_id].isDisproved) revert QuoteClaims_NotOpen();
        QuoteClaim storage made = _claims[_id];
        IEvidence.Verdict verdict = faultProof.challenge(evidenceClaim(_id), _proof, msg.sender);
        if (verdict == IEvidence.Verdict.Stands) revert QuoteClaims_InvalidProof();
        if (msg.value != (verdict == IEvidence.Verdict.Open ? bond : 0)) revert QuoteClaims_WrongBond(bond);
        if (verdict == IEvidence.Verdict.Open) {
            made.isDisputed = true;
            _hasAsked[_id][msg.sender] = true;
            emit QuoteChallenged(_id, msg.sender);
        } else {
            made.isDisproved = true;
            emit QuoteDisproved(_id, msg.sender);
            _share(msg.sender);
        }
    }

    /// @inheritdoc IQuoteClaims
    function revealTrace(uint256 _id, uint256 _segment, bytes calldata _checkpoints) external nonReentrant {
        if (msg.sender != _claims[_id].claimant) revert QuoteClaims_NotClaimant();
        faultProof.reveal(evidenceClaim(_id), _segment, _checkpoints);
        emit QuoteTraceRevealed(_id, _segment, _checkpoints);
    }

    /// @inheritdoc IQuoteClaims
    function slashFailedChallenger(uint256 _id, uint256 _segment) external nonReentrant {
        if (_claims[_id].isDisproved) revert QuoteClaims_Nothing();
        address challenger = faultProof.takeFailedChallenger(evidenceClaim(_id), _segment);
        if (!_hasAsked[_id][challenger]) revert QuoteClaims_Nothing();
        _hasAsked[_id][challenger] = false;
        _share(_claims[_id].claimant);
    }

    /// @inheritdoc IQuoteClaims
    function reclaim(uint256 _id, address _account) external {
        QuoteClaim storage made = _claims[_id];
        if (made.isDisproved) {
            if (!_hasAsked[_id][_account]) revert QuoteClaims_Nothing();
            _hasAsked[_id][_account] = false;
        } else {
            _requireFinal(_id);
            if (made.isPaid || _account != made.claimant) revert QuoteClaims_Nothing();
            made.isPaid = true;
        }
        balanceOf[_account] += bond;
    }

    /// @inheritdoc IQuoteClaims
    function withdraw(address _account) external nonReentrant {
        uint256 amount = balanceOf[_account];
        if (amount == 0) revert QuoteClaims_Nothing();
        balanceOf[_account] = 0;
        emit Paid(_account, amount);
        SafeTransferLib.forceSafeTransferETH(_account, amount);
    }

    /// @inheritdoc IAttestationVerifier
    function authenticate(bytes calldata _quote, bytes calldata _collateral)
        external
        view
        returns (Attestation memory attestation_)
    {
        if (_collateral.length == 0) return verifier.authenticate(_quote, _collateral);
        (uint256 id, bytes memory answer) = abi.decode(_collateral, (uint256, bytes));
        _requireFinal(id);
        // The claim has the quote: none beside it can mislead anybody.
        if (_quote.length != 0 || keccak256(answer) != _claims[id].output) revert QuoteClaims_WrongAnswer();
        attestation_ = abi.decode(answer, (Attestation));
        // These L1 checks itself, with the newest collateral that anyone has brought.
        if (attestation_.kind == Kind.Sgx || attestation_.kind == Kind.Tdx) revert QuoteClaims_WrongAnswer();
    }

    /// @inheritdoc IQuoteClaims
    function presentedAt(bytes calldata _collateral) external view returns (uint256) {
        if (_collateral.length == 0) return block.timestamp;
        (uint256 id,) = abi.decode(_collateral, (uint256, bytes));
        return _claims[id].claimedAt;
    }

    /// @inheritdoc IQuoteClaims
    function openUntil(uint256 _id) public view returns (uint256 until_) {
        QuoteClaim memory made = _claims[_id];
        if (made.claimedAt == 0) return 0;
        until_ = made.claimedAt + challengePeriod;
        if (made.isDisproved) return type(uint256).max;
        if (!made.isDisputed) return until_;
        uint256 disputed = faultProof.openUntil(evidenceClaim(_id));
        return disputed > until_ ? disputed : until_;
    }

    /// @inheritdoc IQuoteClaims
    function getClaim(uint256 _id) external view returns (QuoteClaim memory) {
        return _claims[_id];
    }

    /// @inheritdoc IQuoteClaims
    /// @dev What the evidence is about; the id tells apart claims that say the same.
    function evidenceClaim(uint256 _id) public view returns (IEvidence.Claim memory) {
        QuoteClaim storage made = _claims[_id];
        return IEvidence.Claim(program, made.input, made.output, made.trace, _id);
    }

    function _requireFinal(uint256 _id) private view {
        if (_claims[_id].claimedAt == 0 || block.timestamp < openUntil(_id)) revert QuoteClaims_NotFinal();
    }

    /// @dev One bond: half for whoever was right, the rest for the treasury, so that nobody gains by losing to oneself.
    function _share(address _right) private {
        uint256 half = bond / 2;
        balanceOf[_right] += half;
        balanceOf[IRollupCore(rollup).settings().treasury()] += bond - half;
    }
}
