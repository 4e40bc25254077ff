//! The loop that runs instructions.

use crate::{
    Host, Op, RunError,
    alu::*,
    code::{Code, cell_of, index_of, is_page_end},
    ecall::{Call, Outcome, Registers},
    memory::Memory,
    meter::Meter,
    params::*,
};
use alloy_primitives::B256;

/// Why the loop stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The chunk has ended.
    Chunk,
    /// One instruction was run, and the chunk goes on.
    Step,
    Halted(B256),
    Faulted,
}

/// What the loop works on.
pub(crate) struct Interpreter<'a> {
    pub(crate) code: &'a Code,
    pub(crate) pc: &'a mut u32,
    pub(crate) x: &'a mut Registers,
    pub(crate) memory: &'a mut Memory,
    pub(crate) meter: &'a mut Meter,
}

impl Interpreter<'_> {
    /// Runs to the end of the chunk, or a single instruction.
    ///
    /// After an error the program counter is that of the `ECALL` that could not be run.
    #[allow(clippy::cognitive_complexity)]
    pub(crate) fn run<const SINGLE: bool>(self, host: &mut dyn Host) -> Result<Stop, RunError> {
        let Self { code, pc, x: registers, memory, meter } = self;
        let cells = code.cells();
        let mut x = *registers;
        meter.fetch(*pc);
        let mut at = cell_of(*pc);
        // Instructions since this cell are not in the weight yet.
        let mut start = at;

        let result = 'run: loop {
            let Some(&cell) = cells.get(at) else { break Ok(Stop::Faulted) };
            let rd = (cell.rd & 63) as usize;
            let a = x[(cell.rs1 & 63) as usize];
            let b = x[(cell.rs2 & 63) as usize];
            let imm = cell.imm as i64 as u64;

            // A third of all instructions follow one with the same operation, by loading numbers byte by byte and by saving
            // registers. So operations that come in runs look at the next cell themselves. No run leaves its code page: the
            // cell behind that is illegal.
            macro_rules! repeat {
                ($op:path, |$cell:ident, $a:ident, $b:ident, $imm:ident| $body:expr) => {{
                    let mut $cell = cell;
                    loop {
                        let $a = x[($cell.rs1 & 63) as usize];
                        let $b = x[($cell.rs2 & 63) as usize];
                        let $imm = $cell.imm as i64 as u64;
                        $body;
                        at += 1;
                        match cells.get(at) {
                            Some(&next) if !SINGLE && next.op == $op => $cell = next,
                            _ => break,
                        }
                    }
                }};
            }
            macro_rules! set_all {
                ($op:path, |$a:ident, $b:ident, $imm:ident| $value:expr) => {
                    repeat!($op, |cell, $a, $b, $imm| x[(cell.rd & 63) as usize] = $value)
                };
            }
            macro_rules! load_all {
                ($op:path, $type:ty) => {
                    repeat!($op, |cell, a, _b, imm| match memory.load(meter, a.wrapping_add(imm)) {
                        Ok(bytes) => x[(cell.rd & 63) as usize] = <$type>::from_le_bytes(bytes).into(),
                        Err(_) => break 'run Ok(Stop::Faulted),
                    })
                };
            }
            macro_rules! store_all {
                ($op:path, $type:ty) => {
                    repeat!($op, |cell, a, b, imm| {
                        if memory.store(meter, a.wrapping_add(imm), (b as $type).to_le_bytes()).is_err() {
                            break 'run Ok(Stop::Faulted);
                        }
                    })
                };
            }
            macro_rules! set {
                ($value:expr) => {{
                    x[rd] = $value;
                    at += 1;
                }};
            }
            macro_rules! jump {
                ($target:expr, $more:expr) => {{
                    let target: u32 = $target;
                    meter.weight += (at - start) as u64 + 1;
                    meter.add($more);
                    at = cell_of(target);
                    start = at;
                    if meter.weight >= meter.limit {
                        break Ok(Stop::Chunk);
                    }
                    meter.fetch(target);
                }};
            }
            // The word behind a code page is not an instruction: the next one is on another page.
            macro_rules! cross {
                () => {{
                    meter.weight += (at - start) as u64;
                    meter.add(1);
                    at += 1;
                    start = at;
                    if meter.weight >= meter.limit {
                        break Ok(Stop::Chunk);
                    }
                    meter.fetch(index_of(at));
                }};
            }
            macro_rules! branch {
                ($taken:expr) => {
                    if $taken { jump!(cell.imm as u32, rd as u64) } else { at += 1 }
                };
            }
            macro_rules! load {
                ($type:ty as $wide:ty) => {
                    match memory.load(meter, a.wrapping_add(imm)) {
                        Ok(bytes) => set!(<$type>::from_le_bytes(bytes) as $wide as u64),
                        Err(_) => break Ok(Stop::Faulted),
                    }
                };
            }
            macro_rules! store {
                ($type:ty) => {
                    match memory.store(meter, a.wrapping_add(imm), (b as $type).to_le_bytes()) {
                        Ok(()) => at += 1,
                        Err(_) => break Ok(Stop::Faulted),
                    }
                };
            }

            match cell.op {
                Op::Lui => set!(imm),
                Op::Auipc => set!(address(at).wrapping_add(imm)),
                Op::Jal => {
                    x[rd] = address(at) + 4;
                    jump!(cell.imm as u32, cell.rs2.into())
                }
                Op::Jalr => {
                    x[rd] = address(at) + 4;
                    jump!((a.wrapping_add(imm) >> 2) as u32 % TEXT_INDICES, 1)
                }
                Op::Beq => branch!(a == b),
                Op::Bne => branch!(a != b),
                Op::Blt => branch!((a as i64) < b as i64),
                Op::Bge => branch!(a as i64 >= b as i64),
                Op::Bltu => branch!(a < b),
                Op::Bgeu => branch!(a >= b),
                Op::Lb => load!(i8 as i64),
                Op::Lh => load!(i16 as i64),
                Op::Lw => load!(i32 as i64),
                Op::Ld => load_all!(Op::Ld, u64),
                Op::Lbu => load_all!(Op::Lbu, u8),
                Op::Lhu => load!(u16 as u64),
                Op::Lwu => load!(u32 as u64),
                Op::Sb => store_all!(Op::Sb, u8),
                Op::Sh => store!(u16),
                Op::Sw => store!(u32),
                Op::Sd => store_all!(Op::Sd, u64),
                Op::Addi => set_all!(Op::Addi, |a, _b, imm| a.wrapping_add(imm)),
                Op::Slti => set!(((a as i64) < imm as i64).into()),
                Op::Sltiu => set!((a < imm).into()),
                Op::Xori => set!(a ^ imm),
                Op::Ori => set!(a | imm),
                Op::Andi => set!(a & imm),
                Op::Slli => set_all!(Op::Slli, |a, _b, imm| a << (imm & 63)),
                Op::Srli => set!(a >> (imm & 63)),
                Op::Srai => set!((a as i64 >> (imm & 63)) as u64),
                Op::Add => set!(a.wrapping_add(b)),
                Op::Sub => set!(a.wrapping_sub(b)),
                Op::Sll => set!(a << (b & 63)),
                Op::Slt => set!(((a as i64) < b as i64).into()),
                Op::Sltu => set!((a < b).into()),
                Op::Xor => set!(a ^ b),
                Op::Srl => set!(a >> (b & 63)),
                Op::Sra => set!((a as i64 >> (b & 63)) as u64),
                Op::Or => set_all!(Op::Or, |a, b, _imm| a | b),
                Op::And => set!(a & b),
                Op::Addiw => set!(word(a.wrapping_add(imm))),
                Op::Slliw => set!(word(a << (imm & 31))),
                Op::Srliw => set!(word((a as u32 >> (imm & 31)).into())),
                Op::Sraiw => set!((a as i32 >> (imm & 31)) as u64),
                Op::Addw => set!(word(a.wrapping_add(b))),
                Op::Subw => set!(word(a.wrapping_sub(b))),
                Op::Sllw => set!(word(a << (b & 31))),
                Op::Srlw => set!(word((a as u32 >> (b & 31)).into())),
                Op::Sraw => set!((a as i32 >> (b & 31)) as u64),
                Op::Mul => set!(a.wrapping_mul(b)),
                Op::Mulh => set!(mulh(a, b)),
                Op::Mulhsu => set!(mulhsu(a, b)),
                Op::Mulhu => set!(mulhu(a, b)),
                Op::Div => set!(div(a, b)),
                Op::Divu => set!(divu(a, b)),
                Op::Rem => set!(rem(a, b)),
                Op::Remu => set!(remu(a, b)),
                Op::Mulw => set!(word(a.wrapping_mul(b))),
                Op::Divw => set!(divw(a, b)),
                Op::Divuw => set!(divuw(a, b)),
                Op::Remw => set!(remw(a, b)),
                Op::Remuw => set!(remuw(a, b)),
                Op::Fence | Op::FenceI => at += 1,
                Op::Ecall => {
                    meter.weight += (at - start) as u64;
                    start = at;
                    match (Call { x: &mut x, memory, meter, host }).run() {
                        Ok(Outcome::Done) => at += 1,
                        Ok(Outcome::DoneLast) => {
                            at += 1;
                            break Ok(Stop::Chunk);
                        }
                        Ok(Outcome::Deferred) => break Ok(Stop::Chunk),
                        Ok(Outcome::Halted(output)) => {
                            at += 1;
                            break Ok(Stop::Halted(output));
                        }
                        Ok(Outcome::Faulted) => break Ok(Stop::Faulted),
                        Err(error) => break Err(error),
                    }
                }
                Op::Illegal if is_page_end(at) => {
                    cross!();
                    continue;
                }
                Op::Illegal => break Ok(Stop::Faulted),
            }
            if SINGLE {
                if is_page_end(at) {
                    cross!();
                }
                break Ok(Stop::Step);
            }
        };
        meter.weight += (at - start) as u64;
        *pc = index_of(at);
        *registers = x;
        result
    }
}

/// Address of a cell's word.
#[inline(always)]
const fn address(cell: usize) -> u64 {
    TEXT_BASE + 4 * index_of(cell) as u64
}
