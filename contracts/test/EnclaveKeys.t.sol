// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../src/interfaces/IAIComputeRollup.sol";
import {IAttestationVerifier} from "../src/interfaces/IAttestationVerifier.sol";
import {IEnclaveKeys} from "../src/interfaces/IEnclaveKeys.sol";
import {AttestationVerifierDouble, EnclaveTest} from "./utils/EnclaveTest.sol";

contract EnclaveKeys_Register_Test is EnclaveTest {
    IAttestationVerifier.Kind private constant SGX = IAttestationVerifier.Kind.Sgx;

    /// @dev Refused with this reason, to `register` and to the view of LP-500.
    function _refuse(IAIComputeRollup.TEEAttestation memory _refused, bytes memory _reason) private {
        vm.assertFalse(market.verifyTEEAttestation(_refused));
        vm.expectRevert(_reason);
        keys.register(_refused);
    }

    function _refuse(IAIComputeRollup.TEEAttestation memory _refused, bytes4 _reason) private {
        _refuse(_refused, abi.encodeWithSelector(_reason));
    }

    function _refuse(IAttestationVerifier.Attestation memory _what, bytes4 _reason) private {
        _refuse(_tee(SGX_KEY, _what, block.timestamp), _reason);
    }

    function _refuse(IAttestationVerifier.Attestation memory _what) private {
        _refuse(_what, IEnclaveKeys.EnclaveKeys_NoPolicy.selector);
    }

    function _accept(IAttestationVerifier.Attestation memory _what) private {
        vm.assertTrue(market.verifyTEEAttestation(_tee(SGX_KEY, _what, block.timestamp)));
    }

    /// @dev The only policy, usable now.
    function _only(IEnclaveKeys.Software memory _of, IEnclaveKeys.Terms memory _with) private {
        bytes32 old = _policyOf(SGX);
        (,, uint256 usableFrom) = keys.getPolicy(old);
        vm.startPrank(keys.governor(), keys.governor());
        if (usableFrom != 0) keys.endPolicy(old);
        keys.addPolicy(_of, _with);
        vm.stopPrank();
        _mine(1, POLICY_DELAY);
    }

    function test_register_usableAfterDelay_succeeds() external {
        IAIComputeRollup.TEEAttestation memory attestation = _tee(SGX_KEY, SGX);
        vm.assertTrue(market.verifyTEEAttestation(attestation));
        address key = keys.register(attestation);
        vm.assertEq(key, vm.addr(SGX_KEY));
        vm.assertEq(keys.getKey(key).policy, _policyOf(SGX));
        _requireStatus(key, IEnclaveKeys.KeyStatus.Waiting);
        _mine(1, KEY_DELAY - 1);
        _requireStatus(key, IEnclaveKeys.KeyStatus.Waiting);
        _mine(1, 1);
        _requireStatus(key, IEnclaveKeys.KeyStatus.Usable);
        _requireStatus(vm.addr(TDX_KEY), IEnclaveKeys.KeyStatus.Unknown);
    }

    /// @dev LP-500's test has `Date.now()`.
    function test_register_milliseconds_succeeds() external {
        uint256 time = block.timestamp * 1000 + 7;
        address key = keys.register(_tee(SGX_KEY, _found(SGX), time));
        vm.assertEq(uint256(keys.getKey(key).attestedAt), block.timestamp);
    }

    function test_register_prefixedKey_succeeds() external {
        bytes memory publicKey = bytes.concat(hex"04", _publicKey(SGX_KEY));
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.reportData = _boundData(publicKey, block.timestamp);
        vm.assertEq(keys.register(_unbound(publicKey, found, block.timestamp)), vm.addr(SGX_KEY));
    }

    function testFuzz_register_otherKey_reverts(bytes memory _bytes) external {
        vm.assume(_bytes.length != 64 && (_bytes.length != 65 || _bytes[0] != 0x04));
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.reportData = _boundData(_bytes, block.timestamp);
        _refuse(_unbound(_bytes, found, block.timestamp), IEnclaveKeys.EnclaveKeys_InvalidPublicKey.selector);
    }

    function test_register_forged_reverts() external {
        IAIComputeRollup.TEEAttestation memory attestation = _tee(SGX_KEY, SGX);
        attestation.quote[0] = 0x01;
        _refuse(attestation, AttestationVerifierDouble.Forged.selector);
    }

    function test_register_withCollateral_succeeds() external {
        IAIComputeRollup.TEEAttestation memory attestation = _tee(SGX_KEY, SGX);
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.reportData = _boundData(attestation.publicKey, attestation.timestamp);
        bytes memory quote = bytes.concat(hex"00", abi.encode(found, bytes("collateral")));
        attestation.quote = quote;
        _refuse(attestation, AttestationVerifierDouble.Forged.selector);
        attestation.quote = abi.encode(quote, "other collateral");
        _refuse(attestation, AttestationVerifierDouble.Forged.selector);
        attestation.quote = abi.encode(quote, "collateral");
        vm.assertEq(keys.register(attestation), vm.addr(SGX_KEY));
    }

    function test_register_wrongMeasurement_reverts() external {
        IAIComputeRollup.TEEAttestation memory attestation = _tee(SGX_KEY, SGX);
        attestation.mrEnclave = keccak256("other");
        _refuse(attestation, abi.encodeWithSelector(IEnclaveKeys.EnclaveKeys_WrongMeasurement.selector, SOFTWARE));
    }

    function test_register_wrongSigner_reverts() external {
        IAIComputeRollup.TEEAttestation memory attestation = _tee(SGX_KEY, SGX);
        attestation.mrSigner = keccak256("other");
        _refuse(attestation, abi.encodeWithSelector(IEnclaveKeys.EnclaveKeys_WrongSigner.selector, SIGNER));
    }

    function test_register_otherKeysQuote_reverts() external {
        IAIComputeRollup.TEEAttestation memory attestation = _tee(SGX_KEY, SGX);
        attestation.publicKey = _publicKey(OTHER_SGX_KEY);
        _refuse(attestation, IEnclaveKeys.EnclaveKeys_WrongReportData.selector);
    }

    /// @dev An old quote does not get younger by another timestamp.
    function test_register_otherTimestamp_reverts() external {
        IAIComputeRollup.TEEAttestation memory attestation = _tee(SGX_KEY, SGX);
        _mine(1, 1 days);
        attestation.timestamp = block.timestamp;
        _refuse(attestation, IEnclaveKeys.EnclaveKeys_WrongReportData.selector);
    }

    function test_register_otherReportData_reverts() external {
        bytes memory publicKey = _publicKey(SGX_KEY);
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.reportData = _boundData(publicKey, block.timestamp);
        found.reportData[63] = 0x01;
        _refuse(_unbound(publicKey, found, block.timestamp), IEnclaveKeys.EnclaveKeys_WrongReportData.selector);
        found.reportData = "";
        _refuse(_unbound(publicKey, found, block.timestamp), IEnclaveKeys.EnclaveKeys_WrongReportData.selector);
        found.reportData = abi.encodePacked(keccak256(publicKey), bytes32(0));
        _refuse(_unbound(publicKey, found, block.timestamp), IEnclaveKeys.EnclaveKeys_WrongReportData.selector);
    }

    function test_register_stale_reverts() external {
        IAIComputeRollup.TEEAttestation memory attestation = _tee(SGX_KEY, SGX);
        _mine(1, 1 hours);
        vm.assertTrue(market.verifyTEEAttestation(attestation));
        _mine(1, 1);
        _refuse(attestation, abi.encodeWithSelector(IEnclaveKeys.EnclaveKeys_Stale.selector, attestation.timestamp));
    }

    function test_register_fromFuture_reverts() external {
        uint256 limit = block.timestamp + 5 minutes;
        vm.assertTrue(market.verifyTEEAttestation(_tee(SGX_KEY, _found(SGX), limit)));
        bytes memory reason = abi.encodeWithSelector(IEnclaveKeys.EnclaveKeys_FromFuture.selector, limit + 1);
        _refuse(_tee(SGX_KEY, _found(SGX), limit + 1), reason);
        _refuse(_tee(SGX_KEY, _found(SGX), (limit + 1) * 1000), reason);
        reason = abi.encodeWithSelector(IEnclaveKeys.EnclaveKeys_FromFuture.selector, type(uint256).max);
        _refuse(_tee(SGX_KEY, _found(SGX), block.timestamp + (1 << 64)), reason);
    }

    function test_register_outsideValidity_reverts() external {
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.validUntil = uint64(block.timestamp);
        _accept(found);
        found.validUntil = uint64(block.timestamp - 1);
        bytes4 selector = IEnclaveKeys.EnclaveKeys_OutsideValidity.selector;
        bytes memory reason = abi.encodeWithSelector(selector, found.validFrom, found.validUntil);
        _refuse(_tee(SGX_KEY, found, block.timestamp), reason);
        (found.validFrom, found.validUntil) = (uint64(block.timestamp + 1), uint64(block.timestamp + 2));
        reason = abi.encodeWithSelector(selector, found.validFrom, found.validUntil);
        _refuse(_tee(SGX_KEY, found, block.timestamp), reason);
    }

    function test_register_deniedPlatform_reverts() external {
        IAttestationVerifier.Attestation memory found = _found(SGX);
        vm.prank(guard);
        keys.denyPlatform(found.platform, true);
        bytes memory reason = abi.encodeWithSelector(IEnclaveKeys.EnclaveKeys_PlatformDenied.selector, found.platform);
        _refuse(_tee(SGX_KEY, found, block.timestamp), reason);
    }

    function test_register_otherSoftware_reverts() external {
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.measurement = keccak256("other");
        _refuse(found);
        found = _found(SGX);
        found.signer = keccak256("other");
        _refuse(found);
        found = _found(SGX);
        found.kind = IAttestationVerifier.Kind.Nitro;
        _refuse(found);
        found = _found(SGX);
        found.attributes = keccak256("other");
        _refuse(found);
        _accept(_found(SGX));
    }

    function test_register_otherRegisters_reverts() external {
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.registers[1] = keccak256("other");
        _refuse(found);
        found.registers = new bytes32[](1);
        found.registers[0] = keccak256("rtmr0");
        _refuse(found);
        found.registers = new bytes32[](3);
        (found.registers[0], found.registers[1]) = (keccak256("rtmr0"), keccak256("rtmr1"));
        _refuse(found);
    }

    function test_register_unpinnedRegister_succeeds() external {
        IEnclaveKeys.Software memory software = _software(SGX);
        software.unpinned = 2;
        _only(software, _terms());
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.registers[1] = keccak256("anything");
        _accept(found);
        found.registers[0] = keccak256("anything");
        _refuse(found);
    }

    function test_register_oldPlatform_reverts() external {
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.svns[1] = 3;
        _refuse(found);
        found.svns = new uint64[](1);
        found.svns[0] = 100;
        _refuse(found);
        found = _found(SGX);
        found.evaluation = 16;
        _refuse(found);
    }

    function testFuzz_register_status_succeeds(uint8 _status, uint8 _statuses) external {
        uint8 revoked = uint8(IAttestationVerifier.TcbStatus.Revoked);
        (_status, _statuses) = (_status % 8, _statuses & ~(uint8(1) << revoked));
        IEnclaveKeys.Terms memory terms = _terms();
        terms.statuses = _statuses;
        _only(_software(SGX), terms);
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.status = IAttestationVerifier.TcbStatus(_status);
        if (_statuses & (1 << _status) != 0 && _status != revoked) _accept(found);
        else _refuse(found);
    }

    /// @dev Debug is bit 0: never unless named.
    function testFuzz_register_weakness_succeeds(uint16 _weaknesses, uint16 _tolerated) external {
        IEnclaveKeys.Terms memory terms = _terms();
        terms.tolerated = _tolerated;
        terms.strength = 4;
        _only(_software(SGX), terms);
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.weaknesses = _weaknesses;
        if (_weaknesses & ~_tolerated == 0) _accept(found);
        else _refuse(found);
    }

    function test_register_debug_reverts() external {
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.weaknesses = 1;
        _refuse(found);
    }

    function test_register_advisory_succeeds() external {
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.advisories = new bytes32[](1);
        found.advisories[0] = keccak256("INTEL-SA-00334");
        _refuse(found);
        IEnclaveKeys.Terms memory terms = _terms();
        terms.advisories = new bytes32[](2);
        (terms.advisories[0], terms.advisories[1]) = (keccak256("INTEL-SA-00615"), keccak256("INTEL-SA-00334"));
        _only(_software(SGX), terms);
        _accept(found);
        found.advisories[0] = keccak256("INTEL-SA-00001");
        _refuse(found);
    }

    function test_register_beforePolicysDelay_reverts() external {
        IEnclaveKeys.Software memory software = _software(IAttestationVerifier.Kind.Nitro);
        address governor_ = keys.governor();
        vm.prank(governor_);
        keys.addPolicy(software, _terms());
        _mine(1, POLICY_DELAY - 1);
        IAttestationVerifier.Attestation memory found = _found(IAttestationVerifier.Kind.Nitro);
        _refuse(found);
        _mine(1, 1);
        _accept(found);
    }

    function test_register_replay_reverts() external {
        IAIComputeRollup.TEEAttestation memory attestation = _tee(SGX_KEY, SGX);
        keys.register(attestation);
        vm.expectRevert(abi.encodeWithSelector(IEnclaveKeys.EnclaveKeys_NotNewer.selector, attestation.timestamp));
        keys.register(attestation);
    }

    /// @dev Whoever saw it was first, with collateral that is nearly over.
    function test_register_longerCollateral_succeeds() external {
        IAttestationVerifier.Attestation memory found = _found(SGX);
        uint64 until = found.validUntil;
        found.validUntil = uint64(block.timestamp + KEY_DELAY + 10);
        address key = keys.register(_tee(SGX_KEY, found, block.timestamp));
        uint256 attestedAt = block.timestamp;
        _mine(1, KEY_DELAY - 1);
        found.validUntil = until;
        keys.register(_tee(SGX_KEY, found, attestedAt));
        vm.assertEq(uint256(keys.getKey(key).validUntil), until);
        // It did not begin to wait again.
        _requireStatus(key, IEnclaveKeys.KeyStatus.Waiting);
        _mine(1, 1);
        _requireStatus(key, IEnclaveKeys.KeyStatus.Usable);
        found.validUntil = until + 1;
        found.evaluation = 18;
        keys.register(_tee(SGX_KEY, found, attestedAt));
        _requireStatus(key, IEnclaveKeys.KeyStatus.Usable);
    }

    function test_register_noLongerCollateral_reverts() external {
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.evaluation = 18;
        uint256 attestedAt = block.timestamp;
        keys.register(_tee(SGX_KEY, found, attestedAt));
        bytes memory reason = abi.encodeWithSelector(IEnclaveKeys.EnclaveKeys_NotNewer.selector, attestedAt);
        uint64 until = found.validUntil;
        for (uint256 i; i < 4; ++i) {
            found.validUntil = i == 0 ? until - 1 : i == 1 ? until : until + 1;
            found.evaluation = i == 2 ? 17 : 18;
            IAIComputeRollup.TEEAttestation memory again = _tee(SGX_KEY, found, i == 3 ? attestedAt - 1 : attestedAt);
            vm.expectRevert(reason);
            keys.register(again);
        }
    }

    /// @dev Another attestation does not make a key wait longer either.
    function test_register_newerWhileWaiting_keepsDelay() external {
        address key = keys.register(_tee(SGX_KEY, SGX));
        _mine(1, KEY_DELAY - 1);
        keys.register(_tee(SGX_KEY, SGX));
        _mine(1, 1);
        _requireStatus(key, IEnclaveKeys.KeyStatus.Usable);
    }

    function test_register_renewal_succeeds() external {
        address key = _enroll(SGX_KEY, SGX);
        keys.register(_tee(SGX_KEY, SGX));
        _requireStatus(key, IEnclaveKeys.KeyStatus.Usable);
        _mine(1, 30 days);
        _requireStatus(key, IEnclaveKeys.KeyStatus.Usable);
        _mine(1, 1);
        _requireStatus(key, IEnclaveKeys.KeyStatus.Expired);
        keys.register(_tee(SGX_KEY, SGX));
        _requireStatus(key, IEnclaveKeys.KeyStatus.Waiting);
    }

    function test_register_otherPlatform_waits() external {
        address key = _enroll(SGX_KEY, SGX);
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.platform = keccak256("other platform");
        keys.register(_tee(SGX_KEY, found, block.timestamp));
        _requireStatus(key, IEnclaveKeys.KeyStatus.Waiting);
    }

    function test_register_otherPolicy_waits() external {
        address key = _enroll(SGX_KEY, SGX);
        IEnclaveKeys.Software memory software = _software(SGX);
        software.attributes = keccak256("other attributes");
        address governor = keys.governor();
        vm.prank(governor, governor);
        keys.addPolicy(software, _terms());
        _mine(1, POLICY_DELAY);
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.attributes = software.attributes;
        keys.register(_tee(SGX_KEY, found, block.timestamp));
        _requireStatus(key, IEnclaveKeys.KeyStatus.Waiting);
    }

    function test_register_revoked_reverts() external {
        address key = _enroll(SGX_KEY, SGX);
        vm.prank(guard);
        keys.revoke(key);
        _refuse(_tee(SGX_KEY, SGX), abi.encodeWithSelector(IEnclaveKeys.EnclaveKeys_Revoked.selector, key));
    }
}

contract EnclaveKeys_Use_Test is EnclaveTest {
    IAttestationVerifier.Kind private constant SGX = IAttestationVerifier.Kind.Sgx;
    address private _key;

    function setUp() public override {
        super.setUp();
        IEnclaveKeys.Terms memory terms = _terms();
        terms.tolerated = 3;
        terms.statuses = 3;
        terms.advisories = new bytes32[](1);
        terms.advisories[0] = keccak256("INTEL-SA-00334");
        vm.startPrank(keys.governor(), keys.governor());
        keys.endPolicy(_policyOf(SGX));
        keys.addPolicy(_software(SGX), terms);
        vm.stopPrank();
        _mine(1, POLICY_DELAY);
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.status = IAttestationVerifier.TcbStatus.SwHardeningNeeded;
        found.weaknesses = 2;
        found.advisories = terms.advisories;
        _key = keys.register(_tee(SGX_KEY, found, block.timestamp));
        _mine(1, KEY_DELAY);
        _requireStatus(_key, IEnclaveKeys.KeyStatus.Usable);
    }

    function _policy() private view returns (bytes32 policy_, IEnclaveKeys.Terms memory terms_) {
        policy_ = keys.getKey(_key).policy;
        (, terms_,) = keys.getPolicy(policy_);
    }

    /// @dev The guardian asks for more, and the key ends.
    function _tighten(IEnclaveKeys.Terms memory _with) private {
        (bytes32 policy,) = _policy();
        vm.prank(guard);
        keys.tightenPolicy(policy, _with);
        _requireStatus(_key, IEnclaveKeys.KeyStatus.PolicyRefuses);
    }

    function test_use_statusNoLongerAccepted_fails() external {
        (, IEnclaveKeys.Terms memory terms) = _policy();
        terms.statuses = 1;
        _tighten(terms);
    }

    function test_use_weaknessNoLongerTolerated_fails() external {
        (, IEnclaveKeys.Terms memory terms) = _policy();
        terms.tolerated = 1;
        _tighten(terms);
    }

    function test_use_evaluationRaised_fails() external {
        (, IEnclaveKeys.Terms memory terms) = _policy();
        terms.minEvaluation = 18;
        _tighten(terms);
    }

    function test_use_svnRaised_fails() external {
        (, IEnclaveKeys.Terms memory terms) = _policy();
        terms.minSvns[1] = 5;
        _tighten(terms);
    }

    function test_use_advisoryNoLongerNamed_fails() external {
        (, IEnclaveKeys.Terms memory terms) = _policy();
        terms.advisories = new bytes32[](0);
        _tighten(terms);
    }

    function test_use_policyEnded_fails() external {
        (bytes32 policy, IEnclaveKeys.Terms memory terms) = _policy();
        vm.prank(guard);
        keys.endPolicy(policy);
        _requireStatus(_key, IEnclaveKeys.KeyStatus.PolicyEnded);
        address governor_ = keys.governor();
        vm.prank(governor_);
        keys.addPolicy(_software(SGX), terms);
        _mine(1, POLICY_DELAY);
        // Added again, it has none of its earlier keys.
        _requireStatus(_key, IEnclaveKeys.KeyStatus.PolicyEnded);
    }

    function test_use_platformDenied_fails() external {
        bytes32 platform = keys.getKey(_key).platform;
        vm.prank(guard);
        keys.denyPlatform(platform, true);
        _requireStatus(_key, IEnclaveKeys.KeyStatus.PlatformDenied);
        vm.prank(guard);
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_NotGovernor.selector);
        keys.denyPlatform(platform, false);
        address governor_ = keys.governor();
        vm.prank(governor_);
        keys.denyPlatform(platform, false);
        _mine(1, POLICY_DELAY - 1);
        _requireStatus(_key, IEnclaveKeys.KeyStatus.PlatformDenied);
        // Once more changes nothing, and a denial in between begins anew.
        vm.prank(governor_);
        keys.denyPlatform(platform, false);
        _mine(1, 1);
        _requireStatus(_key, IEnclaveKeys.KeyStatus.Usable);
        (, uint256 since) = keys.usableSince(_key);
        vm.assertEq(since, block.timestamp);
    }

    function test_use_collateralExpired_fails() external {
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.validUntil = uint64(block.timestamp + 1 days);
        keys.register(_tee(OTHER_SGX_KEY, found, block.timestamp));
        _mine(1, 1 days);
        _requireStatus(vm.addr(OTHER_SGX_KEY), IEnclaveKeys.KeyStatus.Usable);
        _mine(1, 1);
        _requireStatus(vm.addr(OTHER_SGX_KEY), IEnclaveKeys.KeyStatus.Expired);
    }

    /// @dev Arm's tokens have no time.
    function test_use_noEndOfValidity_expires() external {
        IAttestationVerifier.Attestation memory found = _found(SGX);
        found.validUntil = type(uint64).max;
        keys.register(_tee(OTHER_SGX_KEY, found, block.timestamp));
        _mine(1, 30 days);
        _requireStatus(vm.addr(OTHER_SGX_KEY), IEnclaveKeys.KeyStatus.Usable);
        _mine(1, 1);
        _requireStatus(vm.addr(OTHER_SGX_KEY), IEnclaveKeys.KeyStatus.Expired);
    }

    function test_use_shorterLifetime_fails() external {
        IEnclaveKeys.Settings memory settings = keys.settings();
        settings.keyLifetime = uint32(KEY_DELAY - 1);
        address governor_ = keys.governor();
        vm.prank(governor_);
        keys.setSettings(settings);
        _requireStatus(_key, IEnclaveKeys.KeyStatus.Expired);
    }

    function test_revokeByHolder_succeeds() external {
        bytes memory signature = _sign(SGX_KEY, _revocation(address(keys), _key));
        keys.revokeByHolder(_key, signature);
        _requireStatus(_key, IEnclaveKeys.KeyStatus.Revoked);
    }

    function test_revokeByHolder_otherSignature_reverts() external {
        bytes[4] memory wrong;
        wrong[0] = _sign(TDX_KEY, _revocation(address(keys), _key));
        wrong[1] = _sign(SGX_KEY, _revocation(address(market), _key));
        wrong[2] = _sign(SGX_KEY, _revocation(address(keys), vm.addr(TDX_KEY)));
        wrong[3] = _malleated(_sign(SGX_KEY, _revocation(address(keys), _key)));
        for (uint256 i; i < 4; ++i) {
            vm.expectRevert(IEnclaveKeys.EnclaveKeys_InvalidSignature.selector);
            keys.revokeByHolder(_key, wrong[i]);
        }
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_InvalidSignature.selector);
        keys.revokeByHolder(address(0), "");
        bytes memory elsewhere = _sign(SGX_KEY, _revocation(address(keys), _key));
        vm.chainId(77);
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_InvalidSignature.selector);
        keys.revokeByHolder(_key, elsewhere);
    }

    function test_revoke_stranger_reverts() external {
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_NotGuardian.selector);
        vm.prank(stranger);
        keys.revoke(_key);
    }
}

contract EnclaveKeys_Policies_Test is EnclaveTest {
    IAttestationVerifier.Kind private constant SGX = IAttestationVerifier.Kind.Sgx;

    function _add(IEnclaveKeys.Software memory _of, IEnclaveKeys.Terms memory _with) private {
        address governor_ = keys.governor();
        vm.prank(governor_);
        keys.addPolicy(_of, _with);
    }

    function _refuseAdd(IEnclaveKeys.Software memory _of, IEnclaveKeys.Terms memory _with) private {
        address governor_ = keys.governor();
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_InvalidPolicy.selector);
        vm.prank(governor_);
        keys.addPolicy(_of, _with);
    }

    function test_addPolicy_invalid_reverts() external {
        IEnclaveKeys.Terms memory terms = _terms();
        IEnclaveKeys.Software memory software = _software(SGX);
        _refuseAdd(software, terms);
        terms.statuses |= uint8(1) << uint8(IAttestationVerifier.TcbStatus.Revoked);
        _refuseAdd(software, terms);
        terms = _terms();
        terms.minSvns = new uint64[](33);
        _refuseAdd(software, terms);
        terms = _terms();
        terms.advisories = new bytes32[](33);
        _refuseAdd(software, terms);
        software.registers = new bytes32[](33);
        _refuseAdd(software, _terms());
        software = _software(SGX);
        software.measurement = 0;
        _refuseAdd(software, _terms());
        _refuseAdd(_software(IAttestationVerifier.Kind.None), _terms());
    }

    function test_addPolicy_tooMany_reverts() external {
        IEnclaveKeys.Terms memory terms = _terms();
        for (uint8 i; i < 31; ++i) {
            terms.strength = 100 + i;
            _add(_software(SGX), terms);
        }
        terms.strength = 200;
        _refuseAdd(_software(SGX), terms);
    }

    function test_addPolicy_notGovernor_reverts() external {
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_NotGovernor.selector);
        vm.prank(guard);
        keys.addPolicy(_software(IAttestationVerifier.Kind.Nitro), _terms());
    }

    function test_endPolicy_ofSeveral_succeeds() external {
        IEnclaveKeys.Terms memory terms = _terms();
        terms.strength = 6;
        _add(_software(SGX), terms);
        bytes32 second = _policyOf(_software(SGX), terms);
        vm.prank(guard);
        keys.endPolicy(_policyOf(SGX));
        bytes32[] memory left = keys.policiesOf(SGX, SOFTWARE, SIGNER);
        vm.assertEq(left.length, 1);
        vm.assertEq(left[0], second);
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_UnknownPolicy.selector);
        vm.prank(guard);
        keys.endPolicy(_policyOf(SGX));
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_UnknownPolicy.selector);
        vm.prank(guard);
        keys.tightenPolicy(_policyOf(SGX), _terms());
        // Once more, with its delay.
        _add(_software(SGX), _terms());
        (,, uint256 usableFrom) = keys.getPolicy(_policyOf(SGX));
        vm.assertEq(usableFrom, block.timestamp + POLICY_DELAY);
    }

    function test_endPolicy_stranger_reverts() external {
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_NotGuardian.selector);
        vm.prank(stranger);
        keys.endPolicy(_policyOf(SGX));
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_NotGuardian.selector);
        vm.prank(stranger);
        keys.tightenPolicy(_policyOf(SGX), _terms());
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_NotGuardian.selector);
        vm.prank(stranger);
        keys.denyPlatform("platform", true);
    }

    function _refuseTightening(IEnclaveKeys.Terms memory _with) private {
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_NotTighter.selector);
        vm.prank(guard);
        keys.tightenPolicy(_policyOf(SGX), _with);
    }

    function test_tightenPolicy_loosens_reverts() external {
        IEnclaveKeys.Terms memory terms = _terms();
        terms.statuses = 2;
        _refuseTightening(terms);
        terms = _terms();
        terms.tolerated = 1;
        _refuseTightening(terms);
        terms = _terms();
        terms.minEvaluation = 16;
        _refuseTightening(terms);
        terms = _terms();
        terms.strength = 6;
        _refuseTightening(terms);
        terms = _terms();
        terms.minSvns[0] = 2;
        _refuseTightening(terms);
        terms.minSvns = new uint64[](0);
        _refuseTightening(terms);
        terms = _terms();
        terms.advisories = new bytes32[](1);
        _refuseTightening(terms);
    }

    /// @dev What is looser in one respect waits, what is stricter in all or the same does not.
    function test_setSettings_looser_waits() external {
        IEnclaveKeys.Settings memory old = keys.settings();
        old.attestedPeriod += 100;
        address governor_ = keys.governor();
        vm.prank(governor_);
        keys.setSettings(old);
        vm.assertEq(uint256(keys.settings().attestedPeriod), old.attestedPeriod);
        for (uint256 i; i < 7; ++i) {
            IEnclaveKeys.Settings memory next = keys.settings();
            if (i == 0) --next.policyDelay;
            if (i == 1) --next.keyDelay;
            if (i == 2) ++next.maxAge;
            if (i == 3) ++next.maxLead;
            if (i == 4) ++next.keyLifetime;
            if (i == 5) --next.attestedPeriod;
            if (i == 6) --next.quorum;
            bytes32 before = keccak256(abi.encode(keys.settings()));
            vm.prank(governor_);
            keys.setSettings(next);
            uint256 delay = keys.settings().policyDelay;
            _mine(1, delay - 1);
            vm.assertEq(keccak256(abi.encode(keys.settings())), before);
            _mine(1, 1);
            vm.assertEq(keccak256(abi.encode(keys.settings())), keccak256(abi.encode(next)));
            // Back again, for the next one to be looser.
            next.quorum = 3;
            vm.prank(governor_);
            keys.setSettings(next);
            vm.assertEq(uint256(keys.settings().quorum), 3);
        }
    }

    /// @dev The stricter ones replace what waits.
    function test_setSettings_stricter_replaces() external {
        IEnclaveKeys.Settings memory settings = keys.settings();
        settings.attestedPeriod = 60;
        address governor_ = keys.governor();
        vm.prank(governor_);
        keys.setSettings(settings);
        settings.attestedPeriod = uint32(ATTESTED_PERIOD);
        settings.quorum = 3;
        vm.prank(governor_);
        keys.setSettings(settings);
        vm.assertEq(uint256(keys.settings().quorum), 3);
        _mine(1, 2 * POLICY_DELAY);
        vm.assertEq(uint256(keys.settings().attestedPeriod), ATTESTED_PERIOD);
    }

    /// @dev Nothing rests on them yet.
    function test_setSettings_beforePolicies_atOnce() external {
        (IEnclaveKeys fresh,) = _deployOther();
        address governor_ = fresh.governor();
        IEnclaveKeys.Settings memory settings = fresh.settings();
        (settings.policyDelay, settings.attestedPeriod) = (0, 60);
        vm.startPrank(governor_, governor_);
        fresh.setSettings(settings);
        fresh.setVerifier(IAttestationVerifier(address(this)));
        vm.stopPrank();
        vm.assertEq(uint256(fresh.settings().attestedPeriod), 60);
        vm.assertEq(address(fresh.verifier()), address(this));
    }

    /// @dev A sequencer publishes a result late, keeps the challenge out as long as L1 lets it, and falls silent: each takes a day.
    function test_settings_defaults_outlastCensorship() external {
        (IEnclaveKeys fresh,) = _deployOther();
        uint256 inclusion = INCLUSION_WINDOW * 12;
        uint256 fallbackWindow = 1 days;
        vm.assertTrue(uint256(fresh.settings().attestedPeriod) >= inclusion + 2 * fallbackWindow + 1 days);
    }

    function test_restrictedAt_succeeds() external {
        uint256 start = keys.restrictedAt();
        address governor_ = keys.governor();
        _add(_software(IAttestationVerifier.Kind.Nitro), _terms());
        vm.prank(governor_);
        keys.denyPlatform("platform", false);
        vm.prank(governor_);
        keys.setVerifier(IAttestationVerifier(address(this)));
        vm.assertEq(uint256(keys.restrictedAt()), start);
        IEnclaveKeys.Settings memory settings = keys.settings();
        for (uint256 i; i < 5; ++i) {
            _mine(1, 10);
            vm.startPrank(i == 4 ? governor_ : guard, i == 4 ? governor_ : guard);
            if (i == 0) keys.tightenPolicy(_policyOf(SGX), _terms());
            if (i == 1) keys.endPolicy(_policyOf(SGX));
            if (i == 2) keys.denyPlatform("platform", true);
            if (i == 3) keys.revoke(vm.addr(SGX_KEY));
            if (i == 4) keys.setSettings(settings);
            vm.stopPrank();
            vm.assertEq(uint256(keys.restrictedAt()), block.timestamp);
        }
        settings.keyDelay = 0;
        _mine(1, 10);
        vm.prank(governor_);
        keys.setSettings(settings);
        vm.assertEq(uint256(keys.restrictedAt()), block.timestamp - 10);
    }

    function _deployOther() private returns (IEnclaveKeys, address) {
        return (IEnclaveKeys(_create("EnclaveKeysL1", abi.encode(core, this))), address(core));
    }

    function test_setVerifier_succeeds() external {
        IAIComputeRollup.TEEAttestation memory attestation = _tee(SGX_KEY, SGX);
        address first = address(keys.verifier());
        address governor_ = keys.governor();
        vm.prank(governor_);
        keys.setVerifier(IAttestationVerifier(address(this)));
        _mine(1, POLICY_DELAY - 1);
        vm.assertEq(address(keys.verifier()), first);
        _mine(1, 1);
        vm.assertEq(address(keys.verifier()), address(this));
        attestation = _tee(SGX_KEY, SGX);
        vm.assertFalse(market.verifyTEEAttestation(attestation));
        vm.prank(governor_);
        keys.setVerifier(IAttestationVerifier(address(0)));
        vm.assertEq(address(keys.verifier()), address(this));
        _mine(1, POLICY_DELAY);
        vm.assertEq(address(keys.verifier()), first);
        vm.assertTrue(market.verifyTEEAttestation(_tee(SGX_KEY, SGX)));
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_NotGovernor.selector);
        vm.prank(guard);
        keys.setVerifier(IAttestationVerifier(address(this)));
    }

    function test_setSettings_outOfBounds_reverts() external {
        IEnclaveKeys.Settings[6] memory wrong;
        for (uint256 i; i < 6; ++i) {
            wrong[i] = keys.settings();
        }
        wrong[0].quorum = 1;
        wrong[1].quorum = 5;
        wrong[2].attestedPeriod = 59;
        wrong[3].maxAge = 0;
        wrong[4].keyLifetime = 0;
        wrong[5].policyDelay = 31 days;
        address governor_ = keys.governor();
        for (uint256 i; i < 6; ++i) {
            vm.expectRevert(IEnclaveKeys.EnclaveKeys_InvalidSettings.selector);
            vm.prank(governor_);
            keys.setSettings(wrong[i]);
        }
        IEnclaveKeys.Settings memory settings = keys.settings();
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_NotGovernor.selector);
        vm.prank(guard);
        keys.setSettings(settings);
        vm.expectRevert(IEnclaveKeys.EnclaveKeys_NotGovernor.selector);
        vm.prank(guard);
        keys.setGuardian(guard);
        settings.policyDelay = 0;
        vm.prank(governor_);
        keys.setSettings(settings);
        _mine(1, POLICY_DELAY);
        _add(_software(IAttestationVerifier.Kind.Nitro), _terms());
        keys.register(_tee(SGX_KEY, IAttestationVerifier.Kind.Nitro));
    }
}
