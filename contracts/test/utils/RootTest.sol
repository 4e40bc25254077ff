// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEnclaveKeys} from "../../src/interfaces/IEnclaveKeys.sol";
import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {AttestedTest} from "./AttestedTest.sol";

/// @notice Disproves by the claim itself, as others do, and opens a dispute that ends when it is told to.
contract DisputeDouble is IEvidence {
    uint256 private _openUntil;
    address private _failed;

    function kind() external pure returns (Kind) {
        return Kind.Fault;
    }

    function challenge(Claim calldata _claim, bytes calldata _proof, address) external returns (Verdict) {
        if (keccak256(_proof) == keccak256(abi.encode(_claim))) return Verdict.Disproved;
        if (keccak256(_proof) != keccak256("ask")) return Verdict.Stands;
        _openUntil = type(uint256).max;
        return Verdict.Open;
    }

    function answer(uint256 _until) external {
        _openUntil = _until;
    }

    function openUntil(Claim calldata) external view returns (uint256) {
        return _openUntil;
    }

    function reveal(Claim calldata, uint256, bytes calldata) external {}

    function fail(address _challenger) external {
        _failed = _challenger;
    }

    function takeFailedChallenger(Claim calldata, uint256) external view returns (address) {
        return _failed;
    }

    function proves(Claim calldata, bytes calldata) external pure returns (bool) {
        return false;
    }
}

/// @notice A rollup on L1 whose claims enclaves attest, by the module that its market has too.
abstract contract RootTest is AttestedTest {
    uint256 internal constant ROOT_PERIOD = 2 days;

    DisputeDouble internal disputes;

    function setUp() public virtual override {
        super.setUp();
        disputes = new DisputeDouble();
        vm.startPrank(governor, governor);
        settings.setEvidence(IEvidence.Kind.Fault, disputes);
        settings.setEvidence(IEvidence.Kind.Attestation, attestations);
        settings.setAttestedPeriod(uint64(ROOT_PERIOD));
        settings.setProgram(keccak256("stf"));
        vm.stopPrank();
    }

    function _isOnL1() internal pure override returns (bool) {
        return true;
    }

    function _claimBatch() internal returns (uint256) {
        return _submitClaim(RECEIPTS_ROOT);
    }

    /// @dev By hand, as a signer does it.
    function _rootStatement(uint256 _batch) internal view returns (IEnclaveKeys.Statement memory) {
        IEvidence.Claim memory claim = core.claimOf(_batch);
        bytes32 id = keccak256(abi.encode(_batch, core.getBatch(_batch).batchHash, claim.output));
        return IEnclaveKeys.Statement(address(settings), id, claim.program, claim.input, claim.output);
    }

    function _attestRoot(uint256 _batch, uint256 _key) internal {
        settings.attestStateRoot(_batch, _signatures(_sign(_key, _rootStatement(_batch))));
    }

    function _quorum(uint256 _batch) internal {
        IEnclaveKeys.Statement memory said = _rootStatement(_batch);
        settings.attestStateRoot(_batch, _signatures(_sign(SGX_KEY, said), _sign(SNP_KEY, said)));
    }
}
