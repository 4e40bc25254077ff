//! What precompiles cost under Osaka's rules, known before they run.

use alloy_primitives::U256;
use revm::precompile::bls12_381_const as bls;
use revm::precompile::bls12_381_utils::msm_required_gas;
use revm::precompile::modexp::osaka_gas_calc;

/// EIP-7823: longest operand of modexp.
const MAX_MODEXP_BYTES: usize = 1_024;

/// Gas of calling precompile `number` with `input`; `None` when the input has a form that fails whatever the gas.
pub(super) fn price(number: u64, input: &[u8]) -> Option<u64> {
    let words = input.len().div_ceil(32) as u64;
    Some(match number {
        1 => 3_000,
        2 => 60 + 12 * words,
        3 => 600 + 120 * words,
        4 => 15 + 3 * words,
        5 => return modexp(input),
        6 => 150,
        7 => 6_000,
        8 => 45_000 + 34_000 * pairs(input, 192)?,
        9 => return blake2f(input),
        10 => 50_000,
        11 => bls::G1_ADD_BASE_GAS_FEE,
        12 => msm(input, bls::G1_MSM_INPUT_LENGTH, &bls::DISCOUNT_TABLE_G1_MSM, bls::G1_MSM_BASE_GAS_FEE)?,
        13 => bls::G2_ADD_BASE_GAS_FEE,
        14 => msm(input, bls::G2_MSM_INPUT_LENGTH, &bls::DISCOUNT_TABLE_G2_MSM, bls::G2_MSM_BASE_GAS_FEE)?,
        15 => bls::PAIRING_MULTIPLIER_BASE * pairs(input, bls::PAIRING_INPUT_LENGTH)? + bls::PAIRING_OFFSET_BASE,
        16 => bls::MAP_FP_TO_G1_BASE_GAS_FEE,
        17 => bls::MAP_FP2_TO_G2_BASE_GAS_FEE,
        256 => 6_900,
        _ => return None,
    })
}

fn pairs(input: &[u8], length: usize) -> Option<u64> {
    input.len().is_multiple_of(length).then(|| (input.len() / length) as u64)
}

fn msm(input: &[u8], length: usize, discounts: &[u16], price: u64) -> Option<u64> {
    Some(msm_required_gas(pairs(input, length)? as usize, discounts, price))
}

fn blake2f(input: &[u8]) -> Option<u64> {
    let (rounds, rest) = input.split_first_chunk::<4>()?;
    (rest.len() == 209).then(|| u32::from_be_bytes(*rounds).into())
}

fn modexp(input: &[u8]) -> Option<u64> {
    let length = |index: usize| usize::try_from(U256::from_be_bytes(word(input, 32 * index))).ok();
    let [base, exponent, modulus] = [length(0)?, length(1)?, length(2)?];
    if base.max(exponent).max(modulus) > MAX_MODEXP_BYTES {
        return None;
    }
    let head_bytes = exponent.min(32);
    // Its most significant 32 bytes, as a number.
    let head = U256::from_be_bytes(word(input, 96 + base)).wrapping_shr(256 - 8usize * head_bytes);
    let head = if head_bytes == 0 { U256::ZERO } else { head };
    Some(osaka_gas_calc(base as u64, exponent as u64, modulus as u64, &head))
}

/// 32 bytes of `input`, zeros after its end.
fn word(input: &[u8], start: usize) -> [u8; 32] {
    let mut word = [0; 32];
    let rest = input.get(start..).unwrap_or_default();
    let length = rest.len().min(32);
    word[..length].copy_from_slice(&rest[..length]);
    word
}

#[cfg(test)]
mod tests;
