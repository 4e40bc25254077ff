//! What the calls of the machine cost under Osaka's rules.

/// A power of three numbers of 384 bits.
pub(super) const MODEXP_384: u64 = 72 * 511;

/// EIP-7883: gas of a power, where base and modulus have at most `length` bytes and the exponent begins with another than zero.
pub(super) fn modexp(length: usize, exponent: &[u8]) -> u64 {
    let words = length.div_ceil(8) as u64;
    let complexity = if length <= 32 { 16 } else { 2 * words * words };
    let head_bits = 8 * exponent.len().min(32) as u64 - u64::from(exponent[0].leading_zeros());
    let iterations = 16 * exponent.len().saturating_sub(32) as u64 + head_bits - 1;
    (complexity * iterations.max(1)).max(500)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;
    use proptest::prelude::*;
    use revm::precompile::modexp::osaka_gas_calc;

    #[test]
    fn longest_of_384_bits() {
        assert_eq!(modexp(48, &[0xff; 48]), MODEXP_384);
    }

    proptest! {
        #[test]
        fn revm_agrees(
            base in 0..1_025_usize,
            modulus in 1..1_025_usize,
            first in 1_u8..,
            rest in prop::collection::vec(any::<u8>(), 0..100),
        ) {
            let exponent = [&[first][..], &rest].concat();
            let head = U256::from_be_slice(&exponent[..exponent.len().min(32)]);
            let theirs = osaka_gas_calc(base as u64, exponent.len() as u64, modulus as u64, &head);
            prop_assert_eq!(modexp(base.max(modulus), &exponent), theirs);
        }
    }
}
