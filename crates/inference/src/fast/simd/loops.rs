//! Plain loops, compiled once for every level: what is vectorised, and how, is the compiler's.

use super::Level;
use crate::Requantize;
use crate::tensor::Element;

/// Defines functions with the level as first argument.
macro_rules! per_level {
    ($($(#[$doc:meta])* fn $name:ident[$($generics:tt)*]($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block)*) => {$(
        $(#[$doc])*
        pub(in crate::fast) fn $name<$($generics)*>(level: Level, $($arg: $type),*) $(-> $result)? {
            #[inline(always)]
            fn plain<$($generics)*>($($arg: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            fn avx2<$($generics)*>($($arg: $type),*) $(-> $result)? {
                plain($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
            fn avx512<$($generics)*>($($arg: $type),*) $(-> $result)? {
                plain($($arg),*)
            }

            match level {
                Level::Plain => plain($($arg),*),
                #[cfg(target_arch = "x86_64")]
                // SAFETY: this level is made only where AVX2 was detected.
                Level::Avx2 => unsafe { avx2($($arg),*) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: these levels are made only where all of this was detected.
                Level::VnniWide | Level::Vnni => unsafe { avx512($($arg),*) },
            }
        }
    )*};
}

/// A rounding shift of sums that fit 32 bits with their rounding, and a saturation.
#[derive(Clone, Copy, Debug)]
pub(in crate::fast) struct Short {
    round: i32,
    shift: u8,
    low: i32,
    high: i32,
}

impl Short {
    /// `None` when sums up to `largest` do not fit.
    pub fn new(output: &Requantize, largest: i64) -> Option<Self> {
        let (shift, low, high) = (output.shift, output.low, output.high);
        let round = if (1..32).contains(&shift) { 1i64 << (shift - 1) } else { 0 };
        let fits = shift < 32 && largest.checked_add(round)? <= i64::from(i32::MAX);
        fits.then_some(Self { round: round as i32, shift, low, high })
    }

    #[inline(always)]
    fn apply(&self, sum: i32) -> i32 {
        ((sum + self.round) >> self.shift).clamp(self.low, self.high)
    }
}

#[inline(always)]
fn short<E: Element>(x: E) -> i32 {
    let wide: i64 = x.into();
    wide as i32
}

#[inline(always)]
fn element<E: Element>(v: i32) -> E {
    E::from_i64(i64::from(v))
}

per_level! {
    fn widen[E: Element](x: &[E], y: &mut [i16]) {
        y.iter_mut().zip(x).for_each(|(y, x)| *y = short(*x) as i16);
    }

    /// `y = output(a * factors[0] + b * factors[1])`
    fn add[A: Element, B: Element, Y: Element](a: &[A], b: &[B], factors: [i32; 2], output: Short, y: &mut [Y]) {
        for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
            *y = element(output.apply(short(*a) * factors[0] + short(*b) * factors[1]));
        }
    }

    /// `y = output(x * factor + offset)`
    fn scale[X: Element, Y: Element](x: &[X], factor: i32, offset: i32, output: Short, y: &mut [Y]) {
        y.iter_mut().zip(x).for_each(|(y, x)| *y = element(output.apply(short(*x) * factor + offset)));
    }

    /// Sum, and sum of squares, of at most 2^15 narrow elements.
    fn moments[X: Element](x: &[X]) -> (i64, i64) {
        let sum: i32 = x.iter().map(|x| short(*x)).sum();
        let squares: i64 = x.iter().map(|x| i64::from(short(*x) * short(*x))).sum();
        (i64::from(sum), squares)
    }

    /// `y = output((n * x - sum) * root * gamma + beta)`, with `row` the three of them.
    fn normalize[X: Element, Y: Element](x: &[X], row: [i64; 3], gamma: &[i16], beta: &[i64], output: Requantize, y: &mut [Y]) {
        let [n, sum, root] = row;
        for (((y, x), gamma), beta) in y.iter_mut().zip(x).zip(gamma).zip(beta) {
            let x: i64 = (*x).into();
            *y = Y::from_i64(output.apply((n * x - sum) * root * i64::from(*gamma) + beta));
        }
    }

    /// Largest absolute value.
    fn magnitude[X: Element](x: &[X]) -> i64 {
        x.iter().map(|x| Into::<i64>::into(*x).abs()).max().unwrap_or_default()
    }

    fn largest[X: Element + Ord](x: &[X]) -> i64 {
        x.iter().copied().max().map_or(0, Into::into)
    }

    /// `y = floor((2 * e * one + total) / (2 * total))`. The numbers of each line are integers below 2^52, which `f64` holds; a
    /// quotient of such numbers that is below an integer rounds to one below it too, so that the floor is exact.
    fn shares[Y: Element](e: &[f64], one: f64, total: f64, y: &mut [Y]) {
        let (twice, divisor) = (2.0 * one, 2.0 * total);
        for (y, e) in y.iter_mut().zip(e) {
            *y = element(((e * twice + total) / divisor) as i32);
        }
    }

    /// `y = output((sum + offset) * multiplier)`, where the sums with their offsets fit 32 bits.
    fn finish_plain[Y: Element](sums: &[i32], offsets: &[i32], multipliers: &[i32], output: Requantize, y: &mut [Y]) {
        for (((y, sum), offset), multiplier) in y.iter_mut().zip(sums).zip(offsets).zip(multipliers) {
            *y = Y::from_i64(output.apply(i64::from(sum + offset) * i64::from(*multiplier)));
        }
    }
}
