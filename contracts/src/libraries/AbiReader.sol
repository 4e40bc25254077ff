// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Reads ABI-encoded data where they lie in the calldata: nothing is copied, and bytes that are no such data are
/// refused by name, which `abi.decode` does not do.
/// @dev `_data` is the encoding of a list of parameters; `_head` is the position in it of a parameter's first word.
library AbiReader {
    /// @dev What should be at `position` is not, or not in whole.
    error AbiReader_OutOfBounds(uint256 position);

    /// @notice The word at a position.
    function word(bytes calldata _data, uint256 _position) internal pure returns (bytes32 ret_) {
        if (_data.length < 32 || _position > _data.length - 32) revert AbiReader_OutOfBounds(_position);
        // Memory map: none; the word lies within `_data`.
        assembly ("memory-safe") {
            ret_ := calldataload(add(_data.offset, _position))
        }
    }

    /// @notice A parameter of type `bytes`.
    function bytesAt(bytes calldata _data, uint256 _head) internal pure returns (bytes calldata) {
        uint256 position = uint256(word(_data, _head));
        uint256 length = uint256(word(_data, position));
        // `position + 32` is within `_data`, as a word was read there.
        if (length > _data.length - position - 32) revert AbiReader_OutOfBounds(position);
        return _data[position + 32:position + 32 + length];
    }

    /// @notice A parameter of type `bytes[]`. Element `i` is `bytesAt(elements_, 32 * i)`.
    function arrayAt(bytes calldata _data, uint256 _head)
        internal
        pure
        returns (uint256 count_, bytes calldata elements_)
    {
        uint256 position = uint256(word(_data, _head));
        count_ = uint256(word(_data, position));
        elements_ = _data[position + 32:];
        if (count_ > elements_.length / 32) revert AbiReader_OutOfBounds(position);
    }
}
