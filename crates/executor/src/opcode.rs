//! The EVM opcodes that the executor uses.

/// An opcode and what it does to the stack. Gas of those that touch memory or accounts is their fixed
/// part; of `MCOPY`, with a single word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opcode {
    pub(crate) byte: u8,
    pub(crate) pops: usize,
    pub(crate) pushes: usize,
    pub(crate) gas: u64,
}

pub(crate) const PUSH0: u8 = 0x5f;
pub(crate) const DUP1: u8 = 0x80;
pub(crate) const SWAP1: u8 = 0x90;

macro_rules! opcodes {
    ($($name:ident $byte:literal $pops:literal $pushes:literal $gas:literal)*) => {
        $(pub(crate) const $name: Opcode = Opcode { byte: $byte, pops: $pops, pushes: $pushes, gas: $gas };)*
    };
}

opcodes! {
    ADD 0x01 2 1 3
    MUL 0x02 2 1 5
    SUB 0x03 2 1 3
    DIV 0x04 2 1 5
    SDIV 0x05 2 1 5
    MOD 0x06 2 1 5
    SMOD 0x07 2 1 5
    SIGNEXTEND 0x0b 2 1 5
    LT 0x10 2 1 3
    GT 0x11 2 1 3
    SLT 0x12 2 1 3
    SGT 0x13 2 1 3
    EQ 0x14 2 1 3
    ISZERO 0x15 1 1 3
    AND 0x16 2 1 3
    OR 0x17 2 1 3
    XOR 0x18 2 1 3
    NOT 0x19 1 1 3
    BYTE 0x1a 2 1 3
    SHL 0x1b 2 1 3
    SHR 0x1c 2 1 3
    SAR 0x1d 2 1 3
    KECCAK256 0x20 2 1 30
    CALLDATALOAD 0x35 1 1 3
    CALLDATASIZE 0x36 0 1 2
    CALLDATACOPY 0x37 3 0 3
    EXTCODECOPY 0x3c 4 0 100
    RETURNDATASIZE 0x3d 0 1 2
    RETURNDATACOPY 0x3e 3 0 3
    POP 0x50 1 0 2
    MLOAD 0x51 1 1 3
    MSTORE 0x52 2 0 3
    MSTORE8 0x53 2 0 3
    JUMP 0x56 1 0 8
    JUMPI 0x57 2 0 10
    GAS 0x5a 0 1 2
    JUMPDEST 0x5b 0 0 1
    MCOPY 0x5e 3 0 6
    RETURN 0xf3 2 0 0
    STATICCALL 0xfa 6 1 100
    REVERT 0xfd 2 0 0
}
