use super::*;
use alloc::vec;
use alloc::vec::Vec;
use revm::precompile::{Precompiles, u64_to_address};

/// Prices are compared where the call succeeds: a failing one reports none.
fn check(number: u64, input: &[u8]) -> bool {
    let precompile = Precompiles::osaka().get(&u64_to_address(number)).unwrap();
    let ours = price(number, input);
    let theirs = precompile.execute(input, u64::MAX, 0).unwrap();
    if ours.is_none() {
        assert!(theirs.is_halt(), "{number}: {input:?}");
    }
    if theirs.is_success() {
        assert_eq!(ours, Some(theirs.gas_used), "{number}: {input:?}");
        let short = precompile.execute(input, theirs.gas_used.saturating_sub(1), 0).unwrap();
        assert!(theirs.gas_used == 0 || short.halt_reason().is_some_and(|reason| reason.is_oog()));
    }
    theirs.is_success()
}

#[test]
fn prices_are_revms() {
    // Zeros are a valid input of a suitable length for most: points at infinity.
    let lengths =
        [0, 1, 31, 32, 33, 64, 96, 128, 160, 192, 213, 256, 288, 320, 384, 512, 576, 768, 1_600, 2_880, 5_760];
    let mut succeeded = vec![];
    for number in (1..=17).chain([256]) {
        let any = lengths.iter().filter(|length| check(number, &vec![0; **length])).count();
        succeeded.push((number, any > 0));
    }
    // Only a valid proof has a price to compare here.
    succeeded.retain(|(number, any)| !any && *number != 10);
    assert!(succeeded.is_empty(), "{succeeded:?}");
}

#[test]
fn modexp_prices_are_revms() {
    for base in [0usize, 1, 32, 33, 100, 1_024, 1_025] {
        for exponent in [0usize, 1, 31, 32, 33, 200, 1_024] {
            for modulus in [0usize, 1, 40, 1_024] {
                for fill in [0u8, 1, 0xff] {
                    let mut input: Vec<u8> = [base, exponent, modulus]
                        .iter()
                        .flat_map(|length| U256::from(*length).to_be_bytes::<32>())
                        .collect();
                    // Often too short: the rest counts as zeros.
                    input.resize(96 + base + exponent / 2 + 1, fill);
                    check(5, &input);
                }
            }
        }
    }
    assert_eq!(price(5, &[0xff; 96]), None);
}

#[test]
fn blake2f_prices_are_revms() {
    let mut input = vec![0; 213];
    input[3] = 12;
    assert!(check(9, &input));
    input[212] = 2;
    assert!(!check(9, &input));
}
