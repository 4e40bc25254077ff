//! Every level that the processor has, compared with plain code.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn all_levels_agree(rows in 1..=ROWS, steps in 1usize..40, seed: [u8; 32]) {
        let depth = 4 * steps;
        let mut state = seed.iter().fold(1u64, |state, byte| state.wrapping_mul(257).wrapping_add((*byte).into()));
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Extremes often.
            match state >> 61 { 0 => 0x7fff, 1 => -0x8000, _ => (state >> 40) as i16 }
        };
        let bytes: Vec<i8> = (0..depth * PANEL).map(|_| (next() >> 8) as i8).collect();
        let words: Vec<i16> = (0..depth * PANEL).map(|_| next() >> 6).collect();
        let (unsigned, signed): (Vec<u8>, Vec<i16>) =
            (0..rows * depth).map(|_| { let x = next(); ((x >> 8) as u8, x >> 2) }).unzip();
        let run = |sums: &dyn Fn(&mut Sums)| { let mut out = [[0; PANEL]; ROWS]; sums(&mut out); out };
        for level in Level::available() {
            prop_assert_eq!(
                run(&|out| sums_i16(level, &signed, &bytes, depth, out)),
                run(&|out| plain(&signed, &bytes, depth, 2, out))
            );
            prop_assert_eq!(
                run(&|out| sums_i16(level, &signed, &words, depth, out)),
                run(&|out| plain(&signed, &words, depth, 2, out))
            );
            if level.unsigned_left() {
                prop_assert_eq!(
                    run(&|out| sums_u8(level, &unsigned, &bytes, depth, out)),
                    run(&|out| plain(&unsigned, &bytes, depth, 4, out))
                );
            }
        }
    }
}
