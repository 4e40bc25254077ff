//! Memory of the executor, its input, and the fields of ROM words.

use crate::asm::Item;

// Memory. What is below `CODE` has a fixed place; code pages grow upwards, buffers lie above the last one.

/// Register `r` is at `32 r`, sign-extended; `x0` is never written.
pub(crate) const fn register(r: u8) -> u64 {
    32 * r as u64
}

/// Register number of the place where writes to `x0` go.
pub(crate) const SINK: u8 = 32;
/// Pages touched so far.
pub(crate) const TOUCHED: u64 = 0x420;
/// Pages that the chunk is charged for.
pub(crate) const CHARGED: u64 = 0x440;
/// Where the next code page goes.
pub(crate) const CODE_END: u64 = 0x460;
/// Calldata offset of the next preimage.
pub(crate) const PREIMAGES: u64 = 0x480;
/// Calldata offset of the touch order.
pub(crate) const ORDER: u64 = 0x4a0;
// Variables of an `ECALL`.
pub(crate) const LENGTH: u64 = 0x4c0;
pub(crate) const POINTER: u64 = 0x4e0;
pub(crate) const CURSOR: u64 = 0x500;
pub(crate) const RETURN_TO: u64 = 0x520;
/// Whether bytes go from the buffer to the pages.
pub(crate) const OUTWARDS: u64 = 0x560;
/// Pages touched since the chunk has as many as end it.
pub(crate) const SPARE: u64 = 0x540;
/// Slot of the first page. Byte `o` of the page in slot `s` is at `512 s + 511 - o`.
pub(crate) const FIRST_SLOT: u64 = 3;
/// Table of code pages, 4 bytes each: 0, or the page's address and [`ENTRY_BIAS`].
pub(crate) const CODE_TABLE: u64 = 0x1_0000;
/// Code pages.
pub(crate) const CODE: u64 = 0x1_2000;

const _: () = assert!(
    (FIRST_SLOT + MAX_PAGES) * 512 <= CODE_TABLE && OUTWARDS < FIRST_SLOT * 512 && 2 * (FIRST_SLOT + MAX_PAGES) <= 256
);
const _: () = assert!(CODE_TABLE + 4 * 2048 == CODE && CODE_TABLE & 0x1fff == 0);

// The page table begins where the room for code pages and buffers ends, and has a byte per page: 0, or twice its slot.
// A `MLOAD` that ends with a page's entry and the one behind it shows the address of the slot under a mask.

pub(crate) const SLOT_MASK: u64 = 0xfe00;
/// Before the entry, in that `MLOAD`.
pub(crate) const ENTRY_LEAD: u64 = 30;
/// The stack has the address that shows the last page's entry: pages are counted down from it. This is how far it lies
/// behind the start of the table.
pub(crate) const LAST_ENTRY: u64 = PAGE_MASK - ENTRY_LEAD;
/// Room that an `ECALL` needs besides its longest bytes: distance of the buffer, padding, and output of a precompile.
pub(crate) const CALL_ROOM: u64 = 64 + 64 + MAX_PRECOMPILE_OUTPUT;
/// Room of a code page, what goes on behind it included; and of what the last one writes beyond.
pub(crate) const CODE_PAGE_ROOM: u64 = CODE_PAGE_BYTES + 8;
pub(crate) const CODE_PAGE_TAIL: u64 = 24;

// Input.

/// Address of the contract that holds the addresses of the ROM contracts.
pub(crate) const INPUT_ROMS: u64 = 0;
/// Number of code pages.
pub(crate) const INPUT_CODE_PAGES: u64 = 0x20;
/// Program counter and registers, a word each.
pub(crate) const INPUT_STATE: u64 = 0x40;
/// Number of pages, number of touches, a byte each; room for code pages and buffers in words of 32 bytes, in two bytes;
/// then three bytes for each page.
pub(crate) const INPUT_COUNTS: u64 = 0x440;
pub(crate) const INPUT_PAGES: u64 = 0x444;
/// Flag of a page of zeros, which has no data.
pub(crate) const ZERO_FLAG: u32 = 1 << 23;

// Machine.

/// Indices of pages.
pub(crate) const PAGE_MASK: u64 = 0x3_ffff;
/// Addresses.
pub(crate) const ADDRESS_MASK: u64 = 512 * PAGE_MASK + 511;
pub(crate) const CHUNK_WEIGHT: u64 = 45_000;
pub(crate) const CHUNK_PAGES: u64 = 106;
pub(crate) const SPARE_PAGES: u64 = 18;
pub(crate) const MAX_PAGES: u64 = CHUNK_PAGES + SPARE_PAGES;
pub(crate) const CODE_PAGE_WORDS: usize = 256;
pub(crate) const CODE_PAGE_BYTES: u64 = 8 * CODE_PAGE_WORDS as u64;
/// Weight of the first fetch from a code page; so many before it weigh one more.
pub(crate) const CODE_PAGE_WEIGHT: u64 = 32;
pub(crate) const CODE_PAGES_PER_WEIGHT: u64 = 8;
/// Weight of a taken jump that is no branch or jump without link within its code page.
pub(crate) const FAR_WEIGHT: u64 = 2;
pub(crate) const TEXT_BASE: u64 = 0x0800_0000;
pub(crate) const MAX_ECALL_BYTES: u64 = 24_576;
pub(crate) const MAX_PRECOMPILE_GAS: u64 = 4_500_000;
pub(crate) const MAX_PRECOMPILE_OUTPUT: u64 = 1024;
/// Code pages in a ROM contract.
pub(crate) const PAGES_PER_ROM: u64 = 11;

// Jumps. The address of the target is `entry - field` where the field holds `JUMP_BASE + 8 (255 - offset)`. So an
// entry is 0 or above every count that can be left in a chunk, and one comparison finds both a missing page and the end.

pub(crate) const JUMP_BASE: u64 = 0x8_0000;
pub(crate) const ENTRY_BIAS: u64 = JUMP_BASE + 8 * 255;

const _: () = assert!(CODE + ENTRY_BIAS > 8 * CHUNK_WEIGHT);

// Fields of a ROM word: its lowest bit there, its mask where it is used.

pub(crate) const REGISTER_MASK: u64 = 0x7e0;
/// Register that is written, second operand of branches.
pub(crate) const A: i32 = 0;
/// First operand.
pub(crate) const B: i32 = 6;
/// Second operand.
pub(crate) const C: i32 = 12;
/// Immediate of arithmetic (16 bits), of loads, stores and `JR` (27 bits, complemented).
pub(crate) const IMM: i32 = 18;
/// Of stores: address of the bytes in the register that is stored (10 bits), the register itself for `SB`.
pub(crate) const STORED: i32 = 0;
pub(crate) const STORED_MASK: u64 = 0x3ff;
/// First operand of stores.
pub(crate) const STORE_BASE: i32 = 10;
/// Constant of `LI` (40 bits).
pub(crate) const CONSTANT: i32 = 6;
/// Immediate of `JALR` (16 bits).
pub(crate) const JALR_IMM: i32 = 12;
/// Index of the word after a `JALR` (19 bits).
pub(crate) const JALR_LINK: i32 = 28;
/// Index of the word after a `JAL` (19 bits).
pub(crate) const JAL_LINK: i32 = 25;
/// Index of an `ECALL` (19 bits).
pub(crate) const INDEX: i32 = 0;

/// Distance that a jump within its code page goes, in bytes and minus 8 (16 bits, signed).
pub(crate) const DISPLACEMENT: i32 = 12;

/// Where a word has the index of its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TargetFields {
    /// Code page (11 bits).
    pub(crate) page: i32,
    /// 255 - offset in the page (8 bits).
    pub(crate) offset: i32,
    /// Whether the constants around them are in the word.
    pub(crate) based: bool,
}

/// Of branches and jumps without link to another code page.
pub(crate) const BRANCH: TargetFields = TargetFields { page: 12, offset: 27, based: true };
/// Of `JAL`.
pub(crate) const JAL: TargetFields = TargetFields { page: 6, offset: 17, based: false };

/// Items below everything else on the stack.
pub(crate) const CONSTANTS: [Item; 6] =
    [Item::Touch, Item::Low64, Item::PageTable, Item::SlotMask, Item::PageMask, Item::RegisterMask];
