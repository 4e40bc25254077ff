// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../src/interfaces/IAIComputeRollup.sol";
import {IAttestationVerifier} from "../src/interfaces/IAttestationVerifier.sol";
import {IComputeMarket} from "../src/interfaces/IComputeMarket.sol";
import {IEnclaveKeys} from "../src/interfaces/IEnclaveKeys.sol";
import {EnclaveTest} from "./utils/EnclaveTest.sol";

/// @notice Attested results, keys that come and go, and policies that end, in any order.
contract AttestationHandler is EnclaveTest {
    uint256 private constant KEYS = 9;

    bytes32[] private _ids;
    mapping(bytes32 => uint256) public submittedAt;
    mapping(bytes32 => uint256[]) private _signers;
    uint256 public early;
    uint256 public unfounded;
    uint256 public shortened;
    uint256 public full;

    constructor() {
        setUp();
        for (uint256 i; i < KEYS; ++i) {
            keys.register(_tee(100 + i, _kindOf(i)));
        }
        _mine(1, KEY_DELAY);
    }

    function submit(uint256 _first, uint256 _second, bool _both) external {
        bytes32 id = keccak256(abi.encode(_ids.length));
        _offerFor(TEE_MODEL, id);
        (uint256 first, uint256 second) = (_first % KEYS, _second % KEYS);
        bytes memory one = _sign(100 + first, _statement(id, OUTPUT));
        bytes[] memory some = _both ? _signatures(one, _sign(100 + second, _statement(id, OUTPUT))) : _signatures(one);
        IAIComputeRollup.ComputeResult memory result = _attested(TEE_MODEL, id, some);
        vm.prank(worker);
        try market.submitComputeResult(result) {
            _ids.push(id);
            submittedAt[id] = block.timestamp;
            _signers[id].push(first);
            if (_both) _signers[id].push(second);
        } catch {
            vm.prank(requester);
            market.refundTask(id);
        }
    }

    function attest(uint256 _which, uint256 _key) external {
        if (_ids.length == 0) return;
        bytes32 id = _ids[_which % _ids.length];
        bytes[] memory one = _signatures(_sign(100 + _key % KEYS, _statement(id, OUTPUT)));
        try attestations.attest(address(market), id, one) {
            _signers[id].push(_key % KEYS);
        } catch {}
    }

    /// @dev Rarely, or nothing else is left.
    function revoke(uint256 _key, uint256 _chance) external {
        if (_chance % 8 != 0) return;
        vm.prank(guard);
        keys.revoke(vm.addr(100 + _key % KEYS));
    }

    function endPolicy(uint256 _which, uint256 _chance) external {
        if (_chance % 16 != 0) return;
        bytes32 policy = _policyOf(_kindOf(_which % 3));
        vm.prank(guard);
        try keys.endPolicy(policy) {} catch {}
    }

    function renew(uint256 _key) external {
        try keys.register(_tee(100 + _key % KEYS, _kindOf(_key % KEYS))) {} catch {}
    }

    function advance(uint256 _seconds) external {
        _mine(1, 1 + _seconds % 2 hours);
    }

    function finalize(uint256 _which) external {
        if (_ids.length == 0) return;
        bytes32 id = _ids[_which % _ids.length];
        if (_statusOf(id) != IComputeMarket.TaskStatus.Submitted) return;
        uint256 vendors = _usableVendors(id);
        _finalize(id);
        if (_statusOf(id) != IComputeMarket.TaskStatus.Final) return;
        uint256 age = block.timestamp - submittedAt[id];
        if (age >= MARKET_PERIOD) {
            ++full;
            return;
        }
        ++shortened;
        if (age < ATTESTED_PERIOD) ++early;
        if (vendors < 2) ++unfounded;
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

contract Attestation_Invariants_Test {
    AttestationHandler private _handler;
    bool public constant IS_TEST = true;

    function setUp() external {
        _handler = new AttestationHandler();
    }

    function targetContracts() external view returns (address[] memory ret_) {
        ret_ = new address[](1);
        ret_[0] = address(_handler);
    }

    /// @dev The predeploys' own addresses are no callers.
    function targetSenders() external pure returns (address[] memory ret_) {
        ret_ = new address[](1);
        ret_[0] = address(0xca11e4);
    }

    /// @notice Nothing is paid before the shorter period is over.
    function invariant_neverEarly() external view {
        require(_handler.early() == 0, "paid early");
    }

    /// @notice Nothing is paid before the full period without usable keys of two vendors.
    function invariant_neverByOneVendor() external view {
        require(_handler.unfounded() == 0, "paid by one vendor");
    }

    /// @notice Shows that the handler gets anywhere.
    function test_handler_reaches_succeeds() external {
        _handler.submit(0, 2, true);
        _handler.submit(3, 0, false);
        _handler.submit(0, 1, true);
        _handler.attest(1, 5);
        _handler.advance(1 hours);
        _handler.finalize(0);
        require(_handler.shortened() == 1, "not shortened");
        _handler.revoke(5, 0);
        _handler.finalize(1);
        require(_handler.shortened() == 1, "shortened after revocation");
        for (uint256 i; i < 13; ++i) {
            _handler.advance(2 hours - 1);
        }
        _handler.finalize(1);
        require(_handler.full() == 1, "not paid");
    }
}
