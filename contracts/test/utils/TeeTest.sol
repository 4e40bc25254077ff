// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "../../src/interfaces/IAttestationVerifier.sol";
import {IIntelCertificates} from "../../src/interfaces/IIntelCertificates.sol";
import {IIntelTcb} from "../../src/interfaces/IIntelTcb.sol";
import {ArtifactTest} from "./RollupTest.sol";

/// @notice Contracts under the development root, and quotes with their collateral: `crates/tee/examples/contract_fixtures.rs`.
abstract contract TeeTest is ArtifactTest {
    struct Fixture {
        bytes quote;
        bytes chain;
        bytes issuer;
        bytes root;
        bytes signer;
        bytes tcbInfo;
        bytes tcbInfoSignature;
        bytes qeIdentity;
        bytes qeIdentitySignature;
        bytes pckList;
        bytes rootList;
    }

    IIntelCertificates internal certificates;
    IIntelTcb internal tcb;
    IAttestationVerifier internal verifier;
    uint256 internal start;
    bytes32 internal root;

    string private _json;

    function setUp() public virtual {
        _json = vm.readFile("test/tee.json");
        start = vm.parseJsonUint(_json, ".now");
        root = vm.parseJsonBytes32(_json, ".root");
        vm.warp(start);
        certificates = IIntelCertificates(_create("IntelCertificates", abi.encode(root)));
        tcb = IIntelTcb(_create("IntelTcb", abi.encode(certificates)));
        verifier = IAttestationVerifier(_create("DcapVerifier", abi.encode(tcb)));
    }

    function _fixture(string memory _name) internal view returns (Fixture memory) {
        return Fixture({
            quote: _bytes(_name, "quote"),
            chain: _bytes(_name, "chain"),
            issuer: _bytes(_name, "issuer"),
            root: _bytes(_name, "root"),
            signer: _bytes(_name, "signer"),
            tcbInfo: _bytes(_name, "tcbInfo"),
            tcbInfoSignature: _bytes(_name, "tcbInfoSignature"),
            qeIdentity: _bytes(_name, "qeIdentity"),
            qeIdentitySignature: _bytes(_name, "qeIdentitySignature"),
            pckList: _bytes(_name, "pckList"),
            rootList: _bytes(_name, "rootList")
        });
    }

    /// @dev Everything but the PCK chain.
    function _submit(Fixture memory _of) internal {
        _submitRootList(_of);
        _submitPckList(_of);
        _submitTcbInfo(_of);
        _submitQeIdentity(_of);
    }

    function _submitRootList(Fixture memory _of) internal {
        certificates.submitRevocationList(_of.rootList, _array(_of.root));
    }

    function _submitPckList(Fixture memory _of) internal {
        certificates.submitRevocationList(_of.pckList, _array(_of.issuer, _of.root));
    }

    function _submitTcbInfo(Fixture memory _of) internal {
        tcb.submitTcbInfo(_of.tcbInfo, _of.tcbInfoSignature, _of.signer, _of.root);
    }

    function _submitQeIdentity(Fixture memory _of) internal {
        tcb.submitQeIdentity(_of.qeIdentity, _of.qeIdentitySignature, _of.signer, _of.root);
    }

    function _array(bytes memory _one) internal pure returns (bytes[] memory ret_) {
        ret_ = new bytes[](1);
        ret_[0] = _one;
    }

    function _array(bytes memory _one, bytes memory _other) internal pure returns (bytes[] memory ret_) {
        ret_ = new bytes[](2);
        (ret_[0], ret_[1]) = (_one, _other);
    }

    function _slice(bytes memory _data, uint256 _from, uint256 _length) internal pure returns (bytes memory ret_) {
        ret_ = new bytes(_length);
        for (uint256 i; i < _length; ++i) {
            ret_[i] = _data[_from + i];
        }
    }

    function _bytes(string memory _name, string memory _field) private view returns (bytes memory) {
        return vm.parseJsonBytes(_json, string.concat(".", _name, ".", _field));
    }
}
