// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IIntelCertificates} from "../src/interfaces/IIntelCertificates.sol";
import {IIntelTcb} from "../src/interfaces/IIntelTcb.sol";
import {
    Part,
    Tee_Absent,
    Tee_Invalid,
    Tee_Issuer,
    Tee_KeyUsage,
    Tee_NotNewer,
    Tee_Root,
    Tee_Signature,
    Tee_Time,
    Tee_TooLong,
    Tee_TrailingBytes
} from "../src/libraries/tee/Parts.sol";
import {IAttestationVerifier} from "../src/interfaces/IAttestationVerifier.sol";
import {TeeTest} from "./utils/TeeTest.sol";

contract IntelCertificates_submitPckChain_Test is TeeTest {
    function test_submitPckChain_anyone_succeeds() external {
        Fixture memory sgx = _fixture("sgx");
        vm.prank(address(0xbeef));
        certificates.submitPckChain(sgx.chain);
        IIntelCertificates.PckChain memory found = certificates.pckChain(keccak256(sgx.chain));
        vm.assertEq(keccak256(abi.encode(found)), keccak256(abi.encode(certificates.verifyPckChain(sgx.chain))));
        vm.assertTrue(found.fmspc == "luxdev" && found.pceId == 0 && found.pceSvn == 5);
        vm.assertTrue(found.components == 0x05050505050505050505050505050505);
        vm.assertTrue(found.serial == 0x0102 && found.issuerSerial == 2);
    }

    /// @dev Chains that are not valid now say so when they are used.
    function test_submitPckChain_anyTime_succeeds() external {
        vm.warp(start + 365 days);
        certificates.submitPckChain(_fixture("sgx").chain);
    }

    function testFuzz_submitPckChain_changedByte_reverts(uint256 _at, uint8 _change) external {
        vm.assume(_change != 0);
        bytes memory chain = _fixture("sgx").chain;
        uint256 place = _at % chain.length;
        chain[place] ^= bytes1(_change);
        // One blank is as good as another.
        vm.assume(!_isBlank(chain[place]));
        vm.expectRevert();
        certificates.verifyPckChain(chain);
    }

    function test_submitPckChain_otherRoot_reverts() external {
        certificates = IIntelCertificates(_create("IntelCertificates", abi.encode(bytes32(uint256(1)))));
        bytes memory chain = _fixture("sgx").chain;
        vm.expectRevert(abi.encodeWithSelector(Tee_Root.selector, Part.PckRoot, root));
        certificates.submitPckChain(chain);
    }

    function test_submitPckChain_bytesBehind_reverts() external {
        bytes memory chain = bytes.concat(_fixture("sgx").chain, hex"0a20000d", "x");
        vm.expectRevert(abi.encodeWithSelector(Tee_TrailingBytes.selector, Part.PckChain));
        certificates.submitPckChain(chain);
    }

    function test_submitPckChain_tooLong_reverts() external {
        bytes memory chain = new bytes((32 << 10) + 1);
        vm.expectRevert(abi.encodeWithSelector(Tee_TooLong.selector, Part.PckChain, chain.length, 32 << 10));
        certificates.submitPckChain(chain);
    }

    function test_submitPckChain_empty_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(Tee_Invalid.selector, Part.PckChain, bytes32("PEM")));
        certificates.submitPckChain("");
    }

    function _isBlank(bytes1 _letter) private pure returns (bool) {
        return _letter == 0x20 || _letter == 0x0a || _letter == 0x0d || _letter == 0x09 || _letter == 0x00;
    }
}

contract IntelCertificates_submitRevocationList_Test is TeeTest {
    Fixture private _sgx;

    function setUp() public override {
        super.setUp();
        _sgx = _fixture("sgx");
    }

    function test_submitRevocationList_newer_replaces() external {
        _submitPckList(_sgx);
        bytes32 authority = certificates.verifyPckChain(_sgx.chain).issuer;
        vm.assertFalse(certificates.isRevoked(authority, 0x0102));
        vm.warp(start + 1 days);
        _submitPckList(_fixture("sgxRevoked"));
        vm.assertTrue(certificates.isRevoked(authority, 0x0102));
        vm.assertFalse(certificates.isRevoked(authority, 0x0103));
        vm.assertEq(certificates.revocationList(authority).validFrom, start + 1 days);
    }

    function test_submitRevocationList_older_reverts() external {
        vm.warp(start + 1 days);
        _submitPckList(_fixture("sgxRevoked"));
        vm.expectRevert(abi.encodeWithSelector(Tee_NotNewer.selector, Part.RevocationList));
        _submitPckList(_sgx);
    }

    function test_submitRevocationList_same_reverts() external {
        _submitPckList(_sgx);
        vm.expectRevert(abi.encodeWithSelector(Tee_NotNewer.selector, Part.RevocationList));
        _submitPckList(_sgx);
    }

    function test_submitRevocationList_notValidYet_reverts() external {
        Fixture memory later = _fixture("sgxLater");
        vm.expectRevert(abi.encodeWithSelector(Tee_Time.selector, Part.RevocationList, start + 1 days, start + 31 days));
        _submitPckList(later);
    }

    function test_submitRevocationList_expired_reverts() external {
        vm.warp(start + 30 days + 1);
        vm.expectRevert(abi.encodeWithSelector(Tee_Time.selector, Part.RevocationList, start - 60, start + 30 days));
        _submitPckList(_sgx);
    }

    function test_submitRevocationList_otherIssuer_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(Tee_Issuer.selector, Part.RevocationList));
        certificates.submitRevocationList(_sgx.pckList, _array(_sgx.root));
    }

    function test_submitRevocationList_issuerWithoutRoot_reverts() external {
        vm.expectPartialRevert(Tee_Root.selector);
        certificates.submitRevocationList(_sgx.pckList, _array(_sgx.issuer));
    }

    function test_submitRevocationList_noIssuer_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(Tee_TooLong.selector, Part.ListIssuer, 0, 2));
        certificates.submitRevocationList(_sgx.pckList, new bytes[](0));
    }

    function testFuzz_submitRevocationList_changedByte_reverts(uint256 _at, uint8 _change) external {
        vm.assume(_change != 0);
        bytes memory list = _sgx.pckList;
        list[_at % list.length] ^= bytes1(_change);
        vm.expectRevert();
        certificates.submitRevocationList(list, _array(_sgx.issuer, _sgx.root));
    }

    function test_isRevoked_noList_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(Tee_Absent.selector, Part.RevocationList, bytes32(uint256(1))));
        certificates.isRevoked(bytes32(uint256(1)), 1);
    }
}

contract IntelTcb_submit_Test is TeeTest {
    Fixture private _sgx;

    function setUp() public override {
        super.setUp();
        _sgx = _fixture("sgx");
    }

    function test_submitTcbInfo_newer_replaces() external {
        _submitTcbInfo(_sgx);
        vm.warp(start + 1 days);
        _submitTcbInfo(_fixture("sgxLater"));
        IIntelTcb.Entry memory found = tcb.tcbInfo(IAttestationVerifier.Kind.Sgx, "luxdev", 0);
        vm.assertEq(found.issued, start + 1 days);
        vm.assertEq(found.validUntil, start + 31 days);
        vm.expectRevert(abi.encodeWithSelector(Tee_NotNewer.selector, Part.TcbInfo));
        _submitTcbInfo(_sgx);
    }

    function test_submitQeIdentity_newer_replaces() external {
        _submitQeIdentity(_sgx);
        vm.warp(start + 1 days);
        _submitQeIdentity(_fixture("sgxLater"));
        vm.assertEq(tcb.qeIdentity(IAttestationVerifier.Kind.Sgx).issued, start + 1 days);
        vm.expectRevert(abi.encodeWithSelector(Tee_NotNewer.selector, Part.QeIdentity));
        _submitQeIdentity(_sgx);
    }

    function test_submitTcbInfo_same_reverts() external {
        _submitTcbInfo(_sgx);
        vm.expectRevert(abi.encodeWithSelector(Tee_NotNewer.selector, Part.TcbInfo));
        _submitTcbInfo(_sgx);
    }

    function test_submitTcbInfo_notValidNow_reverts() external {
        bytes memory reason = abi.encodeWithSelector(Tee_Time.selector, Part.TcbInfo, start - 60, start + 30 days);
        vm.warp(start - 61);
        vm.expectRevert(reason);
        _submitTcbInfo(_sgx);
        vm.warp(start + 30 days + 1);
        vm.expectRevert(reason);
        _submitTcbInfo(_sgx);
    }

    function testFuzz_submitTcbInfo_changedByte_reverts(uint256 _at, uint8 _change) external {
        vm.assume(_change != 0);
        _sgx.tcbInfo[_at % _sgx.tcbInfo.length] ^= bytes1(_change);
        vm.expectRevert(abi.encodeWithSelector(Tee_Signature.selector, Part.TcbInfo));
        _submitTcbInfo(_sgx);
    }

    function testFuzz_submitQeIdentity_changedByte_reverts(uint256 _at, uint8 _change) external {
        vm.assume(_change != 0);
        _sgx.qeIdentity[_at % _sgx.qeIdentity.length] ^= bytes1(_change);
        vm.expectRevert(abi.encodeWithSelector(Tee_Signature.selector, Part.QeIdentity));
        _submitQeIdentity(_sgx);
    }

    function testFuzz_submitTcbInfo_changedSigner_reverts(uint256 _at, uint8 _change) external {
        vm.assume(_change != 0);
        _sgx.signer[_at % _sgx.signer.length] ^= bytes1(_change);
        vm.expectRevert();
        _submitTcbInfo(_sgx);
    }

    /// @dev The key of the PCK issuer may sign certificates, and nothing else.
    function test_submitTcbInfo_authorityAsSigner_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(Tee_KeyUsage.selector, Part.TcbSigner));
        tcb.submitTcbInfo(_sgx.tcbInfo, _sgx.tcbInfoSignature, _sgx.issuer, _sgx.root);
    }

    function test_submitTcbInfo_issuerAsRoot_reverts() external {
        vm.expectPartialRevert(Tee_Root.selector);
        tcb.submitTcbInfo(_sgx.tcbInfo, _sgx.tcbInfoSignature, _sgx.signer, _sgx.issuer);
    }

    function test_submitTcbInfo_signatureLength_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(Tee_Invalid.selector, Part.TcbInfo, bytes32("signature")));
        tcb.submitTcbInfo(_sgx.tcbInfo, bytes.concat(_sgx.tcbInfoSignature, hex"00"), _sgx.signer, _sgx.root);
    }

    /// @dev What is signed as one text is not the other.
    function test_submitQeIdentity_tcbInfo_reverts() external {
        vm.expectRevert();
        tcb.submitQeIdentity(_sgx.tcbInfo, _sgx.tcbInfoSignature, _sgx.signer, _sgx.root);
        vm.expectRevert();
        tcb.submitTcbInfo(_sgx.qeIdentity, _sgx.qeIdentitySignature, _sgx.signer, _sgx.root);
    }
}
