// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../../src/interfaces/IAIComputeRollup.sol";
import {IAttestationEvidence} from "../../src/interfaces/IAttestationEvidence.sol";
import {IAttestationVerifier} from "../../src/interfaces/IAttestationVerifier.sol";
import {IComputeMarket} from "../../src/interfaces/IComputeMarket.sol";
import {IEnclaveKeys} from "../../src/interfaces/IEnclaveKeys.sol";
import {EnclaveTest} from "./EnclaveTest.sol";

/// @notice A task that wants enclaves, and keys of two vendors.
abstract contract AttestedTest is EnclaveTest {
    bytes32 internal constant ID = keccak256("task1");
    uint256 internal constant NEVER = type(uint256).max;

    function setUp() public virtual override {
        super.setUp();
        _enroll(SGX_KEY, IAttestationVerifier.Kind.Sgx);
        _enroll(TDX_KEY, IAttestationVerifier.Kind.Tdx);
        _enroll(SNP_KEY, IAttestationVerifier.Kind.Snp);
        _offerFor(TEE_MODEL, ID);
    }

    function _by(uint256 _key) internal view returns (bytes memory) {
        return _sign(_key, _statement(ID, OUTPUT));
    }

    function _submit(bytes[] memory _with) internal {
        IAIComputeRollup.ComputeResult memory result = _attested(TEE_MODEL, ID, _with);
        vm.prank(worker);
        market.submitComputeResult(result);
    }

    function _submitQuorum() internal {
        _submit(_signatures(_by(SGX_KEY), _by(SNP_KEY)));
    }

    /// @dev Open to challenges until then, and paid from then on.
    function _requireFinalAt(uint256 _time) internal {
        vm.assertEq(market.finalAt(ID), _time);
        _mine(1, _time - block.timestamp - 1);
        _finalize(ID);
        _requireStatus(ID, IComputeMarket.TaskStatus.Submitted);
        _mine(1, 1);
        _finalize(ID);
        _requireStatus(ID, IComputeMarket.TaskStatus.Final);
    }

    function _isOnL1() internal pure virtual returns (bool) {
        return false;
    }

    function _deployMarket() internal override returns (IComputeMarket) {
        return _isOnL1() ? _deployAIRollup() : super._deployMarket();
    }

    function _deployTee(address _verifier) internal override returns (IEnclaveKeys keys_, IAttestationEvidence) {
        if (!_isOnL1()) return super._deployTee(_verifier);
        keys_ = IEnclaveKeys(_create("EnclaveKeysL1", abi.encode(market, _verifier)));
        return (keys_, IAttestationEvidence(_create("AttestationEvidenceL1", abi.encode(keys_))));
    }
}
