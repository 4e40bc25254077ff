// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {ILuxRollup} from "../../src/interfaces/ILuxRollup.sol";
import {IMessageBridge} from "../../src/interfaces/IMessageBridge.sol";

/// @notice Evidence that believes a proof which names the hash of the claim.
contract EvidenceDouble is IEvidence {
    Kind public kind;

    constructor(Kind _kind) {
        kind = _kind;
    }

    function challenge(Claim calldata _claim, bytes calldata _proof, address) external view returns (Verdict) {
        bool isRight = kind == Kind.Fault && keccak256(_proof) == keccak256(abi.encode(_claim));
        return isRight ? Verdict.Disproved : Verdict.Stands;
    }

    function reveal(Claim calldata, uint256, bytes calldata) external pure {
        revert("unknown dispute");
    }

    function openUntil(Claim calldata) external pure returns (uint256) {
        return 0;
    }

    function takeFailedChallenger(Claim calldata, uint256) external pure returns (address) {
        return address(0);
    }

    function proves(Claim calldata _claim, bytes calldata _proof) external view returns (bool) {
        return kind == Kind.Validity && keccak256(_proof) == keccak256(abi.encode(_claim));
    }
}

/// @notice Takes a tenth of every transfer.
contract FeeToken is ERC20 {
    constructor() ERC20("Fee", "FEE") {
        _mint(msg.sender, 1e24);
    }

    function _update(address _from, address _to, uint256 _value) internal override {
        if (_from != address(0)) {
            super._update(_from, address(0xfee), _value / 10);
            _value -= _value / 10;
        }
        super._update(_from, _to, _value);
    }
}

/// @notice Token without a standard name, with a huge symbol and no decimals.
contract HostileToken {
    mapping(address => uint256) public balanceOf;

    constructor() {
        balanceOf[msg.sender] = 1e24;
    }

    function name() external pure returns (bytes32) {
        return "Old style";
    }

    function symbol() external pure returns (string memory) {
        return string(new bytes(100_000));
    }

    function decimals() external pure {
        revert();
    }

    function transferFrom(address _from, address _to, uint256 _amount) external returns (bool) {
        balanceOf[_from] -= _amount;
        balanceOf[_to] += _amount;
        return true;
    }

    function transfer(address _to, uint256 _amount) external returns (bool) {
        balanceOf[msg.sender] -= _amount;
        balanceOf[_to] += _amount;
        return true;
    }
}

/// @notice Repeats, when it is paid or called, the call that it was told to.
contract Reenterer {
    address private _target;
    bytes private _data;
    bool public succeeded;
    uint256 public calls;

    function arm(address _to, bytes calldata _call) external {
        _target = _to;
        _data = _call;
    }

    function deposit(ILuxRollup _rollup, address _token, uint256 _amount, bytes calldata _userData) external payable {
        _rollup.depositToL2{value: msg.value}(_token, _amount, _userData);
    }

    receive() external payable {
        _reenter();
    }

    fallback() external payable {
        _reenter();
    }

    function _reenter() private {
        ++calls;
        if (_target == address(0)) return;
        (succeeded,) = _target.call(_data);
    }
}

/// @notice A target that fails until it is told not to, in a way of choice.
contract Target {
    enum Mode {
        Accept,
        Revert,
        BurnGas,
        ReturnBomb
    }

    Mode public mode;
    address public lastSender;
    uint256 public received;
    bytes public lastData;

    function setMode(Mode _mode) external {
        mode = _mode;
    }

    receive() external payable {
        _receive();
    }

    fallback() external payable {
        _receive();
    }

    function _receive() private {
        if (mode == Mode.Revert) revert();
        if (mode == Mode.BurnGas) assembly { invalid() }
        if (mode == Mode.ReturnBomb) assembly { revert(0, 1000000) }
        (bool success, bytes memory sender) = msg.sender.staticcall(abi.encodeWithSignature("xDomainMessageSender()"));
        require(success);
        lastSender = abi.decode(sender, (address));
        received += msg.value;
        lastData = msg.data;
    }
}
