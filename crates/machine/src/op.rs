//! The operations of RV64IM.

macro_rules! operations {
    ($($name:ident $mnemonic:literal)*) => {
        /// An operation of RV64IM.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Op {
            $(#[doc = concat!("`", $mnemonic, "`")] $name,)*
        }

        impl Op {
            /// Every operation.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Name in assembly.
            pub const fn mnemonic(self) -> &'static str {
                match self {
                    $(Self::$name => $mnemonic,)*
                }
            }
        }
    };
}

operations! {
    Lui "lui" Auipc "auipc" Jal "jal" Jalr "jalr"
    Beq "beq" Bne "bne" Blt "blt" Bge "bge" Bltu "bltu" Bgeu "bgeu"
    Lb "lb" Lh "lh" Lw "lw" Ld "ld" Lbu "lbu" Lhu "lhu" Lwu "lwu"
    Sb "sb" Sh "sh" Sw "sw" Sd "sd"
    Addi "addi" Slti "slti" Sltiu "sltiu" Xori "xori" Ori "ori" Andi "andi"
    Slli "slli" Srli "srli" Srai "srai"
    Add "add" Sub "sub" Sll "sll" Slt "slt" Sltu "sltu" Xor "xor" Srl "srl" Sra "sra" Or "or" And "and"
    Addiw "addiw" Slliw "slliw" Srliw "srliw" Sraiw "sraiw"
    Addw "addw" Subw "subw" Sllw "sllw" Srlw "srlw" Sraw "sraw"
    Mul "mul" Mulh "mulh" Mulhsu "mulhsu" Mulhu "mulhu" Div "div" Divu "divu" Rem "rem" Remu "remu"
    Mulw "mulw" Divw "divw" Divuw "divuw" Remw "remw" Remuw "remuw"
    Fence "fence" FenceI "fence.i" Ecall "ecall"
    Illegal ".word"
}
