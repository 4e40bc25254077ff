//! Every level that the processor has, compared with plain code.

use super::*;
use crate::DType;
use proptest::prelude::*;

proptest! {
    #[test]
    fn all_levels_agree(rows in 1..=ROWS, panels in 1usize..=3, steps in 1usize..40, seed: [u8; 32]) {
        let depth = 4 * steps;
        let mut state = seed.iter().fold(1u64, |state, byte| state.wrapping_mul(257).wrapping_add((*byte).into()));
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Extremes often.
            match state >> 61 { 0 => 0x7fff, 1 => -0x8000, _ => (state >> 40) as i16 }
        };
        let bytes: Vec<i8> = (0..panels * depth * PANEL).map(|_| (next() >> 8) as i8).collect();
        let words: Vec<i16> = (0..panels * depth * PANEL).map(|_| next() >> 6).collect();
        let (unsigned, signed): (Vec<u8>, Vec<i16>) =
            (0..rows * depth).map(|_| { let x = next(); ((x >> 8) as u8, x >> 2) }).unzip();
        let run = |sums: &dyn Fn(&mut [Sums])| { let mut out = vec![[[0; PANEL]; ROWS]; panels]; sums(&mut out); out };
        for level in Level::available() {
            let left = ..rows.min(level.rows()) * depth;
            let (unsigned, signed) = (&unsigned[left], &signed[left]);
            prop_assert_eq!(
                run(&|out| sums_i16(level, signed, &bytes, depth, out)),
                run(&|out| sums_i16(Level::Plain, signed, &bytes, depth, out))
            );
            prop_assert_eq!(
                run(&|out| sums_i16(level, signed, &words, depth, out)),
                run(&|out| sums_i16(Level::Plain, signed, &words, depth, out))
            );
            if level.unsigned_left() {
                let plain = |out: &mut [Sums]| {
                    each_panel(&bytes, depth, out, |right, out| plain(unsigned, right, depth, 4, out));
                };
                prop_assert_eq!(run(&|out| sums_u8(level, unsigned, &bytes, depth, out)), run(&plain));
            }
        }
    }
}

/// Numbers of a type, extremes often.
fn numbers(dtype: DType) -> impl Strategy<Value = Vec<i64>> {
    let one = prop_oneof![Just(dtype.min()), Just(dtype.max()), dtype.min()..=dtype.max(), -9i64..9];
    proptest::collection::vec(one, PANEL..=4 * PANEL)
}

fn output() -> impl Strategy<Value = Requantize> {
    let dtype = prop_oneof![Just(DType::I8), Just(DType::I16), Just(DType::I32)];
    (dtype, 0u8..=61, any::<bool>()).prop_map(|(dtype, shift, relu)| {
        let full = Requantize::full(dtype, shift);
        if relu { Requantize { low: 0, ..full } } else { full }
    })
}

fn of<E: Element>(values: &[i64]) -> Vec<E> {
    values.iter().map(|v| E::from_i64(*v)).collect()
}

/// Sums, offsets whose sums with them fit 32 bits, and multipliers.
fn panel() -> impl Strategy<Value = Vec<(i32, i32, i16)>> {
    let one = prop_oneof![Just((i32::MAX, 0)), Just((-i32::MAX, 0)), (-1i32 << 30..1 << 30, -1i32 << 30..1 << 30)];
    let multiplier = prop_oneof![Just(i16::MIN), Just(i16::MAX), any::<i16>()];
    let one = (one, multiplier).prop_map(|((sum, offset), multiplier)| (sum, offset, multiplier));
    proptest::collection::vec(one, PANEL)
}

/// How far apart rows are: with room that is not to be written.
const STRIDE: usize = PANEL + 3;

/// Two rows of the same sums.
fn rows<Y: Element>(
    level: Level,
    sums: &[i32; PANEL],
    factors: (&[i32; PANEL], &[i32; PANEL]),
    output: &Requantize,
    width: usize,
) -> Vec<i64> {
    let mut y = vec![Y::from_i64(99); 2 * STRIDE];
    finish(level, &[*sums; 2], factors, output, Window { y: &mut y, stride: STRIDE, width });
    y.into_iter().map(Into::into).collect()
}

/// What [`rows`] has to give.
fn two<Y: Element>(width: usize, expected: &[i64]) -> Vec<i64> {
    let mut y = vec![99; 2 * STRIDE];
    for row in y.chunks_exact_mut(STRIDE) {
        row[..width].iter_mut().zip(expected).for_each(|(y, v)| *y = Y::from_i64(*v).into());
    }
    y
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn rounding_is_the_same_at_all_levels(panel in panel(), output in output(), usual in 15u8..34, width in 1..=PANEL) {
        for output in [output, Requantize { shift: usual, ..output }] {
            let expected: Vec<i64> = panel[..width]
                .iter()
                .map(|(sum, offset, multiplier)| output.apply(i64::from(sum + offset) * i64::from(*multiplier)))
                .collect();
            let sums: [i32; PANEL] = std::array::from_fn(|column| panel[column].0);
            let offsets: [i32; PANEL] = std::array::from_fn(|column| panel[column].1);
            let multipliers: [i32; PANEL] = std::array::from_fn(|column| panel[column].2.into());
            for level in Level::available() {
                let factors = (&offsets, &multipliers);
                prop_assert_eq!(rows::<i32>(level, &sums, factors, &output, width), two::<i32>(width, &expected));
                prop_assert_eq!(rows::<i16>(level, &sums, factors, &output, width), two::<i16>(width, &expected));
                prop_assert_eq!(rows::<i8>(level, &sums, factors, &output, width), two::<i8>(width, &expected));
            }
        }
    }

    #[test]
    fn loops_are_what_they_say_at_all_levels(
        (a, b) in (numbers(DType::I16), numbers(DType::I8)), factors: [i16; 2], output in output(), root in 0i64..1 << 36,
    ) {
        let (narrow, bytes) = (of::<i16>(&a), of::<i8>(&b));
        let wide = factors.map(i64::from);
        let largest = (wide[0].abs() << 15) + (wide[1].abs() << 7);
        for level in Level::available() {
            if let Some(short) = Short::new(&output, largest) {
                let mut y = vec![0i32; a.len().min(b.len())];
                add(level, &narrow, &bytes, factors.map(i32::from), short, &mut y);
                let expected: Vec<i64> =
                    a.iter().zip(&b).map(|(a, b)| output.apply(a * wide[0] + b * wide[1])).collect();
                prop_assert_eq!(&of::<i32>(&expected), &y);
                let (mut y, offset) = (vec![0i32; a.len()], wide[1] * b[0]);
                scale(level, &narrow, factors[0].into(), offset as i32, short, &mut y);
                let expected: Vec<i64> = a.iter().map(|a| output.apply(a * wide[0] + offset)).collect();
                prop_assert_eq!(&of::<i32>(&expected), &y);
            }
            let sums = (a.iter().sum::<i64>(), a.iter().map(|a| a * a).sum::<i64>());
            prop_assert_eq!(moments(level, &narrow), sums);
            prop_assert_eq!(magnitude(level, &narrow), a.iter().map(|a| a.abs()).max().unwrap());
            let (n, sum) = (a.len() as i64, sums.0);
            let (gamma, beta) = (vec![factors[0]; a.len()], vec![wide[1] << 20; a.len()]);
            let mut y = vec![0i32; a.len()];
            // As far as the roots of such rows go.
            let root = root >> 16;
            normalize(level, &narrow, [n, sum, root], &gamma, &beta, output, &mut y);
            let expected: Vec<i64> =
                a.iter().map(|a| output.apply((n * a - sum) * root * wide[0] + (wide[1] << 20))).collect();
            prop_assert_eq!(&of::<i32>(&expected), &y);
        }
    }

    #[test]
    fn tables_are_read_alike(table in proptest::array::uniform32(any::<[i8; 8]>()), x in proptest::collection::vec(any::<i8>(), 1..200)) {
        let table: [i8; 256] = table.concat().try_into().unwrap();
        let expected: Vec<i8> = x.iter().map(|x| table[(i32::from(*x) + 128) as usize]).collect();
        for level in Level::available() {
            let mut y = vec![0; x.len()];
            lookup_bytes(level, &table, &x, &mut y);
            prop_assert_eq!(&y, &expected);
        }
    }

    /// Quotients just below integers, at them and just above.
    #[test]
    fn shares_round_down(divisor in 1u64..1 << 34, quotients in proptest::collection::vec((0u64..=32_767, -2i64..=2), 8), one in 1u64..=32_767) {
        let es: Vec<u64> = quotients
            .iter()
            .map(|(q, step)| ((q * divisor / one) as i64 + step).clamp(0, divisor as i64) as u64)
            .collect();
        let floats: Vec<f64> = es.iter().map(|e| *e as f64).collect();
        let expected: Vec<i16> = es.iter().map(|e| ((2 * e * one + divisor) / (2 * divisor)) as i16).collect();
        for level in Level::available() {
            let mut y = vec![0i16; es.len()];
            shares(level, &floats, one as f64, divisor as f64, &mut y);
            prop_assert_eq!(&y, &expected);
        }
    }
}
