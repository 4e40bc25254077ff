// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "../src/interfaces/IAttestationVerifier.sol";
import {IEnclaveKeys} from "../src/interfaces/IEnclaveKeys.sol";
import {AttestedTest} from "./utils/AttestedTest.sol";

/// @notice Quorums that are not there all the time.
contract AttestationEvidence_Lapse_Test is AttestedTest {
    function _note() private {
        attestations.attest(address(market), ID, new bytes[](0));
    }

    function _set(IEnclaveKeys.Settings memory _settings) private {
        address governor_ = keys.governor();
        vm.prank(governor_);
        keys.setSettings(_settings);
    }

    /// @dev A key that expired and was registered again did not vouch all the time.
    function test_quorum_expiredAndBack_startsAgain() external {
        IAttestationVerifier.Attestation memory found = _found(IAttestationVerifier.Kind.Sgx);
        found.validUntil = uint64(block.timestamp + 20 minutes);
        keys.register(_tee(OTHER_SGX_KEY, found, block.timestamp));
        _mine(1, KEY_DELAY);
        uint256 until = block.timestamp + MARKET_PERIOD;
        _submit(_signatures(_by(OTHER_SGX_KEY), _by(SNP_KEY)));
        vm.assertEq(market.finalAt(ID), block.timestamp + ATTESTED_PERIOD);
        _mine(1, 11 minutes);
        vm.assertEq(market.finalAt(ID), until);
        keys.register(_tee(OTHER_SGX_KEY, IAttestationVerifier.Kind.Sgx));
        _mine(1, ATTESTED_PERIOD);
        _requireStatus(vm.addr(OTHER_SGX_KEY), IEnclaveKeys.KeyStatus.Usable);
        vm.assertEq(market.finalAt(ID), until);
        _note();
        _requireFinalAt(block.timestamp + ATTESTED_PERIOD);
    }

    function test_quorum_renewedInTime_holds() external {
        uint256 until = block.timestamp + ATTESTED_PERIOD;
        _submitQuorum();
        _mine(1, 10);
        keys.register(_tee(SGX_KEY, IAttestationVerifier.Kind.Sgx));
        _note();
        _requireFinalAt(until);
    }

    function test_quorum_platformDeniedAndBack_startsAgain() external {
        _submitQuorum();
        bytes32 platform = keys.getKey(vm.addr(SNP_KEY)).platform;
        _mine(1, 10);
        vm.assertEq(market.finalAt(ID), block.timestamp - 10 + ATTESTED_PERIOD);
        vm.startPrank(keys.governor(), keys.governor());
        keys.denyPlatform(platform, true);
        keys.denyPlatform(platform, false);
        vm.stopPrank();
        _mine(1, POLICY_DELAY);
        _requireStatus(vm.addr(SNP_KEY), IEnclaveKeys.KeyStatus.Usable);
        vm.assertEq(attestations.finalFrom(address(market), ID), NEVER);
        _note();
        vm.assertEq(attestations.finalFrom(address(market), ID), block.timestamp + ATTESTED_PERIOD);
    }

    /// @dev Anyone may note it: afterwards the quorum counts from when it is seen again.
    function test_quorum_lapseNoted_startsAgain() external {
        _submitQuorum();
        IEnclaveKeys.Settings memory settings = keys.settings();
        settings.quorum = 3;
        _set(settings);
        _note();
        (, uint256 quorumAt,) = attestations.attestedBy(address(market), ID);
        vm.assertEq(quorumAt, 0);
        settings.quorum = 2;
        _set(settings);
        _mine(1, POLICY_DELAY);
        vm.assertEq(attestations.finalFrom(address(market), ID), NEVER);
        _note();
        vm.assertEq(attestations.finalFrom(address(market), ID), block.timestamp + ATTESTED_PERIOD);
    }
}
