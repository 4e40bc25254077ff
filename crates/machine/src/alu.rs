//! Multiplication and division.

pub(crate) const fn mulh(a: u64, b: u64) -> u64 {
    ((a as i64 as i128 * b as i64 as i128) >> 64) as u64
}

pub(crate) const fn mulhsu(a: u64, b: u64) -> u64 {
    ((a as i64 as i128 * b as i128) >> 64) as u64
}

pub(crate) const fn mulhu(a: u64, b: u64) -> u64 {
    ((a as u128 * b as u128) >> 64) as u64
}

pub(crate) const fn div(a: u64, b: u64) -> u64 {
    if b == 0 { u64::MAX } else { (a as i64).wrapping_div(b as i64) as u64 }
}

pub(crate) const fn divu(a: u64, b: u64) -> u64 {
    match a.checked_div(b) {
        Some(quotient) => quotient,
        None => u64::MAX,
    }
}

pub(crate) const fn rem(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { (a as i64).wrapping_rem(b as i64) as u64 }
}

pub(crate) const fn remu(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { a % b }
}

/// Sign-extends the low 32 bits.
pub(crate) const fn word(a: u64) -> u64 {
    a as i32 as u64
}

pub(crate) const fn divw(a: u64, b: u64) -> u64 {
    if b as u32 == 0 { u64::MAX } else { (a as i32).wrapping_div(b as i32) as u64 }
}

pub(crate) const fn divuw(a: u64, b: u64) -> u64 {
    match (a as u32).checked_div(b as u32) {
        Some(quotient) => word(quotient as u64),
        None => u64::MAX,
    }
}

pub(crate) const fn remw(a: u64, b: u64) -> u64 {
    if b as u32 == 0 { word(a) } else { (a as i32).wrapping_rem(b as i32) as u64 }
}

pub(crate) const fn remuw(a: u64, b: u64) -> u64 {
    if b as u32 == 0 { word(a) } else { word((a as u32 % b as u32) as u64) }
}
