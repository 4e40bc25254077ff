// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AttestationVerifierL2} from "../src/tee/AttestationVerifierL2.sol";
import {ArtifactTest} from "./utils/RollupTest.sol";

/// @notice Here is no precompiled contract: with it, the tests of `crates/stf` run the verifier.
contract AttestationVerifierL2_Test is ArtifactTest {
    function test_roots_any_succeeds(bytes calldata _roots) external {
        require(keccak256(_verifier(_roots).roots()) == keccak256(_roots), "roots");
    }

    function test_authenticate_noPrecompile_reverts(bytes calldata _quote) external {
        AttestationVerifierL2 verifier = _verifier("roots");
        vm.expectRevert(AttestationVerifierL2.AttestationVerifierL2_NoAnswer.selector);
        verifier.authenticate(_quote, "");
    }

    function _verifier(bytes memory _roots) private returns (AttestationVerifierL2) {
        return AttestationVerifierL2(_create("AttestationVerifierL2", abi.encode(_roots)));
    }
}
