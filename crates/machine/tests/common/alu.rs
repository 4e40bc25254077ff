//! Arithmetic by the letter of the specification, over integers that cannot overflow.

use lux_machine::Op;

/// Result of an operation on two operands, `None` if it is none of these. Immediates are operands like registers.
pub fn result(op: Op, a: u64, b: u64) -> Option<u64> {
    let (sa, sb) = (a as i64 as i128, b as i64 as i128);
    let (ua, ub) = (a as u128, b as u128);
    let (wa, wb) = (a as i32 as i128, b as i32 as i128);
    let (va, vb) = ((a as u32) as u128, (b as u32) as u128);
    let power = 1u128 << (b % 64);
    let power_w = 1u128 << (b % 32);
    Some(match op {
        Op::Add | Op::Addi => low(sa + sb),
        Op::Sub => low(sa - sb),
        Op::Slt | Op::Slti => (sa < sb) as u64,
        Op::Sltu | Op::Sltiu => (ua < ub) as u64,
        Op::Xor | Op::Xori => (a | b) & !(a & b),
        Op::Or | Op::Ori => !(!a & !b),
        Op::And | Op::Andi => !(!a | !b),
        Op::Sll | Op::Slli => (ua * power) as u64,
        Op::Srl | Op::Srli => (ua / power) as u64,
        Op::Sra | Op::Srai => low(sa.div_euclid(power as i128)),
        Op::Addw | Op::Addiw => word(wa + wb),
        Op::Subw => word(wa - wb),
        Op::Sllw | Op::Slliw => word((va * power_w) as i128),
        Op::Srlw | Op::Srliw => word((va / power_w) as i128),
        Op::Sraw | Op::Sraiw => word(wa.div_euclid(power_w as i128)),
        Op::Mul => low((ua * ub) as i128),
        Op::Mulh => low((sa * sb).div_euclid(1 << 64)),
        Op::Mulhsu => low((sa * ub as i128).div_euclid(1 << 64)),
        Op::Mulhu => (ua * ub / (1 << 64)) as u64,
        Op::Div => low(quotient(sa, sb)),
        Op::Divu => ua.checked_div(ub).map_or(u64::MAX, |q| q as u64),
        Op::Rem => low(remainder(sa, sb)),
        Op::Remu => ua.checked_rem(ub).map_or(a, |r| r as u64),
        Op::Mulw => word(wa * wb),
        Op::Divw => word(quotient(wa, wb)),
        Op::Divuw => va.checked_div(vb).map_or(u64::MAX, |q| word(q as i128)),
        Op::Remw => word(remainder(wa, wb)),
        Op::Remuw => word(va.checked_rem(vb).unwrap_or(va) as i128),
        _ => return None,
    })
}

/// Whether a branch is taken, `None` if it is no branch.
pub fn is_taken(op: Op, a: u64, b: u64) -> Option<bool> {
    let (sa, sb) = (a as i64 as i128, b as i64 as i128);
    Some(match op {
        Op::Beq => sa == sb,
        Op::Bne => sa != sb,
        Op::Blt => sa - sb < 0,
        Op::Bge => sa - sb >= 0,
        Op::Bltu => (a as i128) - (b as i128) < 0,
        Op::Bgeu => (a as i128) - (b as i128) >= 0,
        _ => return None,
    })
}

fn quotient(a: i128, b: i128) -> i128 {
    if b == 0 { -1 } else { a / b }
}

fn remainder(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { a - b * (a / b) }
}

fn low(value: i128) -> u64 {
    value.rem_euclid(1 << 64) as u64
}

fn word(value: i128) -> u64 {
    let value = value.rem_euclid(1 << 32);
    low(if value >> 31 == 1 { value - (1 << 32) } else { value })
}
