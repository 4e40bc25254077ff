// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TeeTest} from "./utils/TeeTest.sol";

/// @notice Gas of checking attestations on L1 and of submitting what that needs, as whole transactions.
contract TeeGas_Test is TeeTest {
    Fixture private _sgx;
    Fixture private _tdx;

    function setUp() public override {
        super.setUp();
        (_sgx, _tdx) = (_fixture("sgx"), _fixture("tdx"));
        _submit(_sgx);
        _submitTcbInfo(_tdx);
        _submitQeIdentity(_tdx);
    }

    function test_gas_authenticate_sgxWarm_succeeds() external {
        certificates.submitPckChain(_sgx.chain);
        verifier.authenticate(_sgx.quote, "");
        vm.snapshotGasLastCall("authenticate, SGX, chain stored");
    }

    function test_gas_authenticate_sgxCold_succeeds() external {
        verifier.authenticate(_sgx.quote, "");
        vm.snapshotGasLastCall("authenticate, SGX, chain not stored");
    }

    function test_gas_authenticate_tdxWarm_succeeds() external {
        certificates.submitPckChain(_tdx.chain);
        verifier.authenticate(_tdx.quote, "");
        vm.snapshotGasLastCall("authenticate, TDX, chain stored");
    }

    function test_gas_authenticate_tdxCold_succeeds() external {
        verifier.authenticate(_tdx.quote, "");
        vm.snapshotGasLastCall("authenticate, TDX, chain not stored");
    }

    function test_gas_submitPckChain_succeeds() external {
        certificates.submitPckChain(_sgx.chain);
        vm.snapshotGasLastCall("submitPckChain");
    }

    function test_gas_submitRevocationList_succeeds() external {
        vm.warp(start + 1 days);
        _submitPckList(_fixture("sgxRevoked"));
        vm.snapshotGasLastCall("submitRevocationList, one entry");
    }

    function test_gas_submitTcbInfo_succeeds() external {
        vm.warp(start + 1 days);
        _submitTcbInfo(_fixture("sgxLater"));
        vm.snapshotGasLastCall("submitTcbInfo, two levels");
    }

    function test_gas_submitQeIdentity_succeeds() external {
        vm.warp(start + 1 days);
        _submitQeIdentity(_fixture("sgxLater"));
        vm.snapshotGasLastCall("submitQeIdentity");
    }
}
