// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "../src/interfaces/IAttestationVerifier.sol";
import {
    Part,
    Tee_Absent,
    Tee_CollateralNotWanted,
    Tee_Revoked,
    Tee_Signature,
    Tee_Time,
    Tee_TooLong,
    Tee_TrailingBytes,
    Tee_Truncated
} from "../src/libraries/tee/Parts.sol";
import {TeeTest} from "./utils/TeeTest.sol";

contract DcapVerifier_authenticate_Test is TeeTest {
    /// @dev The window of the fixtures.
    uint64 private constant BEFORE = 60;
    uint64 private constant AFTER = 30 days;
    /// @dev Of the PCK certificate.
    uint160 private constant SERIAL = 0x0102;

    Fixture private _sgx;

    function setUp() public override {
        super.setUp();
        _sgx = _fixture("sgx");
        _submit(_sgx);
    }

    function test_authenticate_sgx_succeeds() external view {
        IAttestationVerifier.Attestation memory found = verifier.authenticate(_sgx.quote, "");
        vm.assertTrue(found.kind == IAttestationVerifier.Kind.Sgx);
        vm.assertTrue(found.status == IAttestationVerifier.TcbStatus.UpToDate);
        vm.assertEq(found.weaknesses, 0);
        vm.assertEq(found.evaluation, 1);
        vm.assertEq(found.validFrom, start - BEFORE);
        vm.assertEq(found.validUntil, start + AFTER);
        vm.assertEq(found.measurement, sha256("lux-tee fixture"));
        vm.assertEq(found.signer, sha256("lux-tee development signer"));
        vm.assertEq(found.attributes, keccak256(_slice(_sgx.quote, 96, 16)));
        vm.assertEq(found.platform, keccak256("luxdev"));
        vm.assertEq(found.root, root);
        vm.assertEq(found.registers.length, 4);
        vm.assertEq(found.registers[0], keccak256(_slice(_sgx.quote, 240, 64)));
        vm.assertEq(found.registers[1], keccak256(_slice(_sgx.quote, 64, 4)));
        vm.assertEq(found.registers[2], keccak256(_slice(_sgx.quote, 352, 16)));
        vm.assertEq(found.registers[3], keccak256(_slice(_sgx.quote, 80, 16)));
        vm.assertEq(found.svns.length, 4);
        vm.assertEq(found.svns[3], 0);
        vm.assertEq(found.svns[0] << 16 | found.svns[1] << 8 | found.svns[2], 0x010405);
        vm.assertEq(found.advisories.length, 0);
        vm.assertEq(found.reportData, abi.encode(bytes32(_sevens()), bytes32(_sevens())));
    }

    function test_authenticate_tdx_succeeds() external {
        Fixture memory tdx = _fixture("tdx");
        _submitTcbInfo(tdx);
        _submitQeIdentity(tdx);
        IAttestationVerifier.Attestation memory found = verifier.authenticate(tdx.quote, "");
        vm.assertTrue(found.kind == IAttestationVerifier.Kind.Tdx);
        vm.assertTrue(found.status == IAttestationVerifier.TcbStatus.UpToDate);
        vm.assertEq(found.weaknesses, 0);
        vm.assertEq(found.measurement, sha256(_slice(tdx.quote, 184, 48)));
        vm.assertEq(found.signer, sha256(_slice(tdx.quote, 64, 48)));
        vm.assertEq(found.attributes, keccak256(_slice(tdx.quote, 168, 16)));
        vm.assertEq(found.registers.length, 8);
        for (uint256 i; i < 4; ++i) {
            vm.assertEq(found.registers[i], keccak256(_slice(tdx.quote, 376 + 48 * i, 48)));
        }
        for (uint256 i = 4; i < 7; ++i) {
            vm.assertEq(found.registers[i], keccak256(_slice(tdx.quote, 232 + 48 * (i - 4), 48)));
        }
        vm.assertEq(found.registers[7], keccak256(""));
        vm.assertEq(keccak256(abi.encode(found.svns)), keccak256(abi.encode(_svns(5, 4, 5))));
        vm.assertEq(found.reportData, abi.encode(bytes32(_sevens()), bytes32(_sevens())));
    }

    function test_authenticate_storedChain_isSame() external {
        IAttestationVerifier.Attestation memory cold = verifier.authenticate(_sgx.quote, "");
        certificates.submitPckChain(_sgx.chain);
        IAttestationVerifier.Attestation memory warm = verifier.authenticate(_sgx.quote, "");
        vm.assertEq(keccak256(abi.encode(cold)), keccak256(abi.encode(warm)));
    }

    function test_authenticate_debug_isWeakness() external view {
        vm.assertEq(verifier.authenticate(_fixture("sgxDebug").quote, "").weaknesses, 1);
    }

    function test_authenticate_outOfDate_isStated() external view {
        IAttestationVerifier.Attestation memory found = verifier.authenticate(_fixture("sgxOutOfDate").quote, "");
        vm.assertTrue(found.status == IAttestationVerifier.TcbStatus.OutOfDate);
        vm.assertEq(found.advisories.length, 1);
        vm.assertEq(found.advisories[0], keccak256("DEV-SA-00001"));
    }

    function testFuzz_authenticate_changedByte_reverts(uint256 _at, uint8 _change, bool _stored) external {
        vm.assume(_change != 0);
        if (_stored) certificates.submitPckChain(_sgx.chain);
        bytes memory quote = _sgx.quote;
        uint256 place = _at % quote.length;
        quote[place] ^= bytes1(_change);
        vm.expectRevert();
        verifier.authenticate(quote, "");
    }

    function test_authenticate_changedBody_reverts() external {
        bytes memory quote = _sgx.quote;
        quote[112] ^= 0x01;
        vm.expectRevert(abi.encodeWithSelector(Tee_Signature.selector, Part.Quote));
        verifier.authenticate(quote, "");
    }

    function test_authenticate_changedQeReport_reverts() external {
        bytes memory quote = _sgx.quote;
        // Its reserved bytes, which nothing else looks at.
        quote[564 + 300] ^= 0x01;
        vm.expectRevert(abi.encodeWithSelector(Tee_Signature.selector, Part.QuotingEnclave));
        verifier.authenticate(quote, "");
    }

    function testFuzz_authenticate_truncated_reverts(uint256 _length) external {
        bytes memory quote = _slice(_sgx.quote, 0, _length % _sgx.quote.length);
        vm.expectRevert();
        verifier.authenticate(quote, "");
    }

    function test_authenticate_header_reverts() external {
        bytes memory quote = _slice(_sgx.quote, 0, 47);
        vm.expectRevert(abi.encodeWithSelector(Tee_Truncated.selector, Part.Quote));
        verifier.authenticate(quote, "");
    }

    function test_authenticate_zerosBehind_succeeds() external view {
        verifier.authenticate(bytes.concat(_sgx.quote, new bytes(45)), "");
    }

    function testFuzz_authenticate_bytesBehind_reverts(uint256 _zeros, bytes1 _byte) external {
        vm.assume(_byte != 0);
        bytes memory quote = bytes.concat(_sgx.quote, new bytes(_zeros % 70), _byte);
        vm.expectRevert(abi.encodeWithSelector(Tee_TrailingBytes.selector, Part.Quote));
        verifier.authenticate(quote, "");
    }

    function test_authenticate_tooLong_reverts() external {
        uint256 max = 32 << 10;
        bytes memory quote = bytes.concat(_sgx.quote, new bytes(max + 1 - _sgx.quote.length));
        vm.expectRevert(abi.encodeWithSelector(Tee_TooLong.selector, Part.Quote, max + 1, max));
        verifier.authenticate(quote, "");
    }

    function test_authenticate_collateral_reverts() external {
        vm.expectRevert(Tee_CollateralNotWanted.selector);
        verifier.authenticate(_sgx.quote, hex"c0");
    }

    function test_authenticate_ends_succeeds() external {
        vm.warp(start - BEFORE);
        verifier.authenticate(_sgx.quote, "");
        vm.warp(start + AFTER);
        verifier.authenticate(_sgx.quote, "");
    }

    function test_authenticate_outside_reverts() external {
        bytes memory reason = abi.encodeWithSelector(Tee_Time.selector, Part.PckChain, start - BEFORE, start + AFTER);
        vm.warp(start - BEFORE - 1);
        vm.expectRevert(reason);
        verifier.authenticate(_sgx.quote, "");
        vm.warp(start + AFTER + 1);
        vm.expectRevert(reason);
        verifier.authenticate(_sgx.quote, "");
    }

    /// @dev The chain is valid again; what is stored beside it is as old as before, and is renewed part by part.
    function test_authenticate_oldCollateral_revertsUntilRenewed() external {
        Fixture memory later = _fixture("sgxLater");
        vm.warp(start + AFTER + 1);
        _expectOld(later, Part.RevocationList);
        _submitRootList(later);
        _expectOld(later, Part.RevocationList);
        _submitPckList(later);
        _expectOld(later, Part.TcbInfo);
        _submitTcbInfo(later);
        _expectOld(later, Part.QeIdentity);
        _submitQeIdentity(later);
        verifier.authenticate(later.quote, "");
    }

    function test_authenticate_revoked_reverts() external {
        Fixture memory later = _fixture("sgxRevoked");
        certificates.submitPckChain(_sgx.chain);
        vm.warp(start + 1 days);
        verifier.authenticate(_sgx.quote, "");
        _submitPckList(later);
        vm.expectRevert(abi.encodeWithSelector(Tee_Revoked.selector, Part.PckCertificate, SERIAL));
        verifier.authenticate(_sgx.quote, "");
    }

    function test_authenticate_nothingStored_reverts() external {
        super.setUp();
        _expectAbsent(Part.RevocationList);
        _submitRootList(_sgx);
        _expectAbsent(Part.RevocationList);
        _submitPckList(_sgx);
        _expectAbsent(Part.TcbInfo);
        // Of the other kind.
        _submitTcbInfo(_fixture("tdx"));
        _expectAbsent(Part.TcbInfo);
        _submitTcbInfo(_sgx);
        _expectAbsent(Part.QeIdentity);
        _submitQeIdentity(_fixture("tdx"));
        _expectAbsent(Part.QeIdentity);
        _submitQeIdentity(_sgx);
        verifier.authenticate(_sgx.quote, "");
    }

    function _expectOld(Fixture memory _of, Part _part) private {
        vm.expectRevert(abi.encodeWithSelector(Tee_Time.selector, _part, start - BEFORE, start + AFTER));
        verifier.authenticate(_of.quote, "");
    }

    function _expectAbsent(Part _part) private {
        try verifier.authenticate(_sgx.quote, "") {
            revert("authentic without collateral");
        } catch (bytes memory reason) {
            vm.assertEq(_slice(reason, 0, 36), abi.encodeWithSelector(Tee_Absent.selector, _part));
        }
    }

    function _svns(uint64 _first, uint64 _second, uint64 _third) private pure returns (uint64[] memory ret_) {
        ret_ = new uint64[](3);
        (ret_[0], ret_[1], ret_[2]) = (_first, _second, _third);
    }

    function _sevens() private pure returns (uint256) {
        return type(uint256).max / 255 * 7;
    }
}
