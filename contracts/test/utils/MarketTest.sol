// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../../src/interfaces/IAIComputeRollup.sol";
import {IComputeMarket} from "../../src/interfaces/IComputeMarket.sol";
import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {ILuxRollup} from "../../src/interfaces/ILuxRollup.sol";
import {BatchLib} from "../../src/libraries/BatchLib.sol";
import {MarketFlags} from "../../src/libraries/MarketFlags.sol";
import {Predeploys} from "../../src/libraries/Predeploys.sol";
import {EvidenceDouble} from "./Doubles.sol";
import {RollupTest} from "./RollupTest.sol";

/// @notice A market with a model, a worker and a requester. On L2 unless a test says otherwise.
abstract contract MarketTest is RollupTest {
    bytes32 internal constant MODEL = keccak256("model");
    bytes32 internal constant INPUT = keccak256("input");
    bytes32 internal constant OUTPUT = keccak256("output");
    bytes32 internal constant INFER = keccak256("infer");
    uint256 internal constant FLOPS = 100e12;
    uint256 internal constant PRICE = 100 gwei;
    uint256 internal constant GAS = 1_000_000;
    uint256 internal constant LOCKED = GAS * PRICE;
    uint256 internal constant CLAIM_BOND = LOCKED / 10;
    uint256 internal constant MIN_STAKE = 1 ether;
    uint256 internal constant BOND = MIN_STAKE / 10;
    uint256 internal constant MARKET_PERIOD = 1 days;
    uint256 internal constant TIMEOUT = 1 hours;
    uint256 internal constant WINDOW = 10 minutes;
    uint256 internal constant FEE = LOCKED * 1_500 / 10_000;
    uint256 internal constant OWNER_KEY = 0x0a11;

    IComputeMarket internal market;
    EvidenceDouble internal inferFault;
    EvidenceDouble internal inferValidity;
    address internal requester = address(0xb001);
    address internal worker = address(0xb002);
    address internal worker2 = address(0xb003);
    address internal watcher = address(0xb004);
    address internal modelOwner = vm.addr(OWNER_KEY);

    function setUp() public virtual override {
        super.setUp();
        market = _deployMarket();
        inferFault = new EvidenceDouble(IEvidence.Kind.Fault);
        inferValidity = new EvidenceDouble(IEvidence.Kind.Validity);
        vm.startPrank(market.governor(), market.governor());
        market.setEvidence(IEvidence.Kind.Fault, inferFault);
        market.setEvidence(IEvidence.Kind.Validity, inferValidity);
        market.setProgram(IComputeMarket.Purpose.Infer, INFER);
        vm.stopPrank();
        _fund(requester, 10 ether);
        _fund(worker, 10 ether);
        _fund(worker2, 10 ether);
        _fund(watcher, 10 ether);
        _stake(worker, MIN_STAKE);
        _stake(worker2, MIN_STAKE);
        vm.prank(modelOwner);
        market.registerModel(MODEL, "");
    }

    function _deployMarket() internal virtual returns (IComputeMarket) {
        vm.etch(Predeploys.COMPUTE_MARKET, _runtime("ComputeMarketL2"));
        return IComputeMarket(Predeploys.COMPUTE_MARKET);
    }

    /// @dev A rollup with a market on L1, in the place of `core`.
    function _deployAIRollup() internal returns (IComputeMarket) {
        address settingsImplementation = _create(
            "RollupSettings",
            abi.encode(_create("MessageBridge", ""), _create("L1TokenBridge", ""), _create("SequencerRegistry", ""))
        );
        implementation = _create("AIComputeRollup", abi.encode(settingsImplementation, _create("ComputeMarketL1", "")));
        _deployRollup(_config(ILuxRollup.RollupType.Optimistic));
        return IComputeMarket(address(core));
    }

    function _fund(address _account, uint256 _amount) internal {
        vm.deal(_account, _amount * 3);
        vm.prank(_account);
        market.deposit{value: _amount}(_account);
    }

    function _stake(address _worker, uint256 _amount) internal {
        vm.prank(_worker);
        market.stake{value: _amount}();
    }

    function _task(bytes32 _taskId) internal pure returns (IAIComputeRollup.ComputeTask memory task_) {
        task_.taskId = _taskId;
        task_.modelHash = MODEL;
        task_.inputDataHash = abi.encodePacked(INPUT);
        task_.requiredFlops = FLOPS;
        task_.maxGasPrice = PRICE;
    }

    function _claimInput(bytes32 _model, bytes32 _input) internal pure returns (bytes32) {
        return keccak256(abi.encode(_model, _input));
    }

    /// @dev A result with an empty trace: one chunk.
    function _result(bytes32 _taskId, bytes32 _output)
        internal
        pure
        returns (IAIComputeRollup.ComputeResult memory result_)
    {
        result_.taskId = _taskId;
        result_.outputHash = _output;
        result_.zkProof = abi.encode(uint8(0), _claimInput(MODEL, INPUT), "", "");
        result_.gasUsed = GAS;
    }

    function _offer(bytes32 _taskId) internal {
        vm.prank(requester);
        market.submitComputeTask(_task(_taskId));
    }

    function _claim(address _worker, bytes32 _taskId) internal {
        vm.prank(_worker);
        market.claimTask(_taskId);
    }

    function _answer(address _worker, bytes32 _taskId, bytes32 _output) internal {
        IAIComputeRollup.ComputeResult memory result = _result(_taskId, _output);
        vm.prank(_worker);
        market.submitComputeResult(result);
    }

    function _one(bytes32 _taskId) internal pure returns (bytes32[] memory ids_) {
        ids_ = new bytes32[](1);
        ids_[0] = _taskId;
    }

    function _finalize(bytes32 _taskId) internal {
        market.finalizeTasks(_one(_taskId));
    }

    /// @dev What the double takes for a disproof: the claim itself.
    function _counterProof(bytes32 _taskId) internal view returns (bytes memory) {
        (bytes32 input, bytes32 trace) = (_claimInput(MODEL, INPUT), BatchLib.traceCommitment(1, 1, 0));
        return abi.encode(uint8(0), input, trace, abi.encode(market.taskClaim(_taskId, input, trace)));
    }

    function _disprove(address _challenger, bytes32 _taskId) internal {
        bytes memory proof = _counterProof(_taskId);
        vm.prank(_challenger);
        market.challengeComputation(_taskId, proof);
    }

    function _balance(address _account) internal view returns (uint256) {
        return market.getAccount(_account).balance;
    }

    function _statusOf(bytes32 _taskId) internal view returns (IComputeMarket.TaskStatus) {
        return market.getTask(_taskId).progress.status;
    }

    function _requireStatus(bytes32 _taskId, IComputeMarket.TaskStatus _status) internal view {
        vm.assertEq(uint256(_statusOf(_taskId)), uint256(_status));
    }

    function _params() internal view returns (IComputeMarket.Params memory) {
        return market.marketParams();
    }

    function _setParams(IComputeMarket.Params memory _new) internal {
        address governor_ = market.governor();
        vm.prank(governor_);
        market.setParams(_new);
    }

    function _registerModel(bytes32 _hash, uint8 _flags, uint48 _gasPrice) internal {
        vm.prank(modelOwner);
        market.registerModel(_hash, abi.encode(IComputeMarket.ModelTerms(_flags, 1e8, _gasPrice, "ipfs://model")));
    }
}
