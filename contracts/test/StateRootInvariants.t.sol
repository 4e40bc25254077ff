// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "../src/interfaces/IAttestationVerifier.sol";
import {IEnclaveKeys} from "../src/interfaces/IEnclaveKeys.sol";
import {RootTest} from "./utils/RootTest.sol";

/// @notice Claims about batches, keys that sign and end, disputes and finality, in any order.
contract StateRootHandler is RootTest {
    uint256 private constant KEYS = 9;

    mapping(uint256 => uint256) private _claimedAt;
    mapping(bytes32 => uint256[]) private _signers;
    uint256 private _openUntil;
    uint256 public early;
    uint256 public unfounded;
    uint256 public disputed;
    uint256 public shortened;
    uint256 public full;

    constructor() {
        setUp();
        for (uint256 i; i < KEYS; ++i) {
            keys.register(_tee(100 + i, _kindOf(i)));
        }
        _mine(1, KEY_DELAY);
    }

    function claim() external {
        if (registry.stakeOf(sequencer) == 0) {
            vm.deal(sequencer, STAKE);
            vm.prank(sequencer, sequencer);
            registry.join{value: STAKE}();
        }
        _mine(1, 12);
        _claimedAt[_claimBatch()] = block.timestamp;
    }

    function attest(uint256 _which, uint256 _key) external {
        uint256 batch = _batchOf(_which);
        if (batch == 0) return;
        IEnclaveKeys.Statement memory said = _rootStatement(batch);
        try settings.attestStateRoot(batch, _signatures(_sign(100 + _key % KEYS, said))) {
            _signers[said.taskId].push(_key % KEYS);
        } catch {}
    }

    function ask(uint256 _which, uint256 _chance) external {
        uint256 batch = _batchOf(_which);
        if (batch == 0 || _chance % 8 != 0) return;
        vm.prank(challenger, challenger);
        try core.challengeStateRoot(batch, "ask") {
            _openUntil = type(uint256).max;
        } catch {}
    }

    function answer(uint256 _seconds) external {
        _openUntil = block.timestamp + _seconds % 2 days;
        disputes.answer(_openUntil);
    }

    function reject(uint256 _which, uint256 _chance) external {
        uint256 batch = _batchOf(_which);
        if (batch == 0 || _chance % 8 != 0) return;
        bytes memory proof = _proofOf(batch);
        vm.prank(challenger, challenger);
        try core.challengeStateRoot(batch, proof) {} catch {}
    }

    /// @dev Rarely, or nothing else is left.
    function revoke(uint256 _key, uint256 _chance) external {
        if (_chance % 8 != 0) return;
        vm.prank(guard);
        keys.revoke(vm.addr(100 + _key % KEYS));
    }

    function advance(uint256 _seconds) external {
        _mine(1, 1 + _seconds % 1 days);
    }

    function finalize() external {
        uint256 batch = core.lastFinalized() + 1;
        if (batch > core.lastProposed()) return;
        uint256 vendors = _usableVendors(_rootStatement(batch).taskId);
        bool isDisputed = core.getBatch(batch).disputed;
        try core.finalizeStateRoot(batch) {
            uint256 age = block.timestamp - _claimedAt[batch];
            if (isDisputed && (block.timestamp < _openUntil || age < CHALLENGE_PERIOD)) ++disputed;
            if (age >= CHALLENGE_PERIOD) {
                ++full;
                return;
            }
            ++shortened;
            if (age < ROOT_PERIOD) ++early;
            if (vendors < 2) ++unfounded;
        } catch {}
    }

    function _batchOf(uint256 _which) private view returns (uint256) {
        uint256 open = core.lastProposed() - core.lastFinalized();
        return open == 0 ? 0 : core.lastFinalized() + 1 + _which % open;
    }

    /// @dev Counted apart from the contract: Intel's and AMD's.
    function _usableVendors(bytes32 _id) private view returns (uint256) {
        bool intel;
        bool amd;
        for (uint256 i; i < _signers[_id].length; ++i) {
            uint256 signer = _signers[_id][i];
            (IEnclaveKeys.KeyStatus status,) = keys.statusOf(vm.addr(100 + signer));
            if (status != IEnclaveKeys.KeyStatus.Usable) continue;
            if (_kindOf(signer) == IAttestationVerifier.Kind.Snp) amd = true;
            else intel = true;
        }
        return (intel ? 1 : 0) + (amd ? 1 : 0);
    }

    function _kindOf(uint256 _index) private pure returns (IAttestationVerifier.Kind) {
        return IAttestationVerifier.Kind(1 + _index % 3);
    }
}

contract StateRoot_Invariants_Test {
    StateRootHandler private _handler;
    bool public constant IS_TEST = true;

    function setUp() external {
        _handler = new StateRootHandler();
    }

    function targetContracts() external view returns (address[] memory ret_) {
        ret_ = new address[](1);
        ret_[0] = address(_handler);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() external view returns (FuzzSelector[] memory ret_) {
        ret_ = new FuzzSelector[](1);
        ret_[0].addr = address(_handler);
        ret_[0].selectors = new bytes4[](8);
        ret_[0].selectors[0] = StateRootHandler.claim.selector;
        ret_[0].selectors[1] = StateRootHandler.attest.selector;
        ret_[0].selectors[2] = StateRootHandler.ask.selector;
        ret_[0].selectors[3] = StateRootHandler.answer.selector;
        ret_[0].selectors[4] = StateRootHandler.reject.selector;
        ret_[0].selectors[5] = StateRootHandler.revoke.selector;
        ret_[0].selectors[6] = StateRootHandler.advance.selector;
        ret_[0].selectors[7] = StateRootHandler.finalize.selector;
    }

    function targetSenders() external pure returns (address[] memory ret_) {
        ret_ = new address[](1);
        ret_[0] = address(0xca11e4);
    }

    /// @notice Nothing is final below the minimum, by one vendor, or while it is disputed.
    function invariant_quorumAndSilence() external view {
        require(_handler.early() == 0, "final early");
        require(_handler.unfounded() == 0, "final by one vendor");
        require(_handler.disputed() == 0, "final in a dispute");
    }

    /// @notice Shows that the handler gets anywhere.
    function test_handler_reaches_succeeds() external {
        _handler.claim();
        _handler.claim();
        _handler.attest(0, 0);
        _handler.attest(0, 2);
        _handler.attest(1, 0);
        _handler.attest(1, 5);
        _handler.advance(1 days - 1);
        _handler.finalize();
        require(_handler.shortened() == 0, "early");
        _handler.advance(1 days - 1);
        _handler.finalize();
        require(_handler.shortened() == 1, "not shortened");
        _handler.ask(0, 0);
        _handler.finalize();
        _handler.answer(1);
        for (uint256 i; i < 5; ++i) {
            _handler.advance(1 days - 1);
        }
        _handler.finalize();
        require(_handler.shortened() == 1 && _handler.full() == 1, "not final");
    }
}
