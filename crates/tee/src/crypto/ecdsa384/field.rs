//! Numbers modulo the prime of P-384, 2^384 − 2^128 − 2^96 + 2^32 − 1.

use super::super::backend;

/// Least significant limb first.
pub(super) type Limbs = [u64; 6];

pub(super) const PRIME: Limbs = [0x0000_0000_ffff_ffff, 0xffff_ffff_0000_0000, 0xffff_ffff_ffff_fffe, !0, !0, !0];

const PRIME_MINUS_TWO: Limbs = [PRIME[0] - 2, PRIME[1], PRIME[2], PRIME[3], PRIME[4], PRIME[5]];

/// A number below the prime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element(Limbs);

impl Element {
    pub(super) const ZERO: Self = Self([0; 6]);
    pub(super) const ONE: Self = Self([1, 0, 0, 0, 0, 0]);

    /// Of a number that is below the prime.
    pub(super) fn from_bytes(bytes: &[u8; 48]) -> Self {
        Self(limbs(bytes))
    }

    pub(super) fn to_bytes(self) -> [u8; 48] {
        bytes(&self.0)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        let (sum, carry) = add(&self.0, &other.0);
        Self(match carry || sum.iter().rev().ge(PRIME.iter().rev()) {
            true => subtract(&sum, &PRIME).0,
            false => sum,
        })
    }

    pub(super) fn minus(self, other: Self) -> Self {
        let (difference, borrow) = subtract(&self.0, &other.0);
        Self(if borrow { add(&difference, &PRIME).0 } else { difference })
    }

    pub(super) fn times(self, other: Self) -> Self {
        Self(reduce(&multiply(&self.0, &other.0)))
    }

    pub(super) fn squared(self) -> Self {
        Self(reduce(&square(&self.0)))
    }

    /// Nothing where the machine does not answer; zero has zero.
    pub(super) fn inverted(self) -> Option<Self> {
        backend::power_of_words(&PRIME_MINUS_TWO, &self.0, &PRIME).map(Self)
    }
}

pub(super) fn limbs(bytes: &[u8; 48]) -> Limbs {
    let (words, _) = bytes.as_chunks();
    core::array::from_fn(|index| u64::from_be_bytes(words[5 - index]))
}

/// Most significant byte first.
pub(super) fn bytes<const LIMBS: usize, const BYTES: usize>(limbs: &[u64; LIMBS]) -> [u8; BYTES] {
    let mut out = [0; BYTES];
    for (bytes, limb) in out.rchunks_exact_mut(8).zip(limbs) {
        bytes.copy_from_slice(&limb.to_be_bytes());
    }
    out
}

fn add(a: &Limbs, b: &Limbs) -> (Limbs, bool) {
    let (mut out, mut carry) = ([0; 6], false);
    for index in 0..6 {
        (out[index], carry) = a[index].carrying_add(b[index], carry);
    }
    (out, carry)
}

fn subtract(a: &Limbs, b: &Limbs) -> (Limbs, bool) {
    let (mut out, mut borrow) = ([0; 6], false);
    for index in 0..6 {
        (out[index], borrow) = a[index].borrowing_sub(b[index], borrow);
    }
    (out, borrow)
}

pub(super) fn multiply(a: &Limbs, b: &Limbs) -> [u64; 12] {
    let mut out = [0; 12];
    for row in 0..6 {
        let mut carry = 0;
        for index in 0..6 {
            (out[row + index], carry) = product(a[row], b[index], out[row + index], carry);
        }
        out[row + 6] = carry;
    }
    out
}

/// Half of the products of different limbs, twice, and those of each with itself.
fn square(a: &Limbs) -> [u64; 12] {
    let mut out = [0; 12];
    for row in 0..6 {
        let mut carry = 0;
        for index in row + 1..6 {
            (out[row + index], carry) = product(a[row], a[index], out[row + index], carry);
        }
        out[row + 6] = carry;
    }
    let (mut shifted_out, mut carry) = (0, false);
    for index in 0..6 {
        let (low, high) = product(a[index], a[index], 0, 0);
        let pair = [out[2 * index], out[2 * index + 1]];
        (out[2 * index], carry) = (pair[0] << 1 | shifted_out).carrying_add(low, carry);
        (out[2 * index + 1], carry) = (pair[1] << 1 | pair[0] >> 63).carrying_add(high, carry);
        shifted_out = pair[1] >> 63;
    }
    out
}

/// The product and what is added to it: lower and upper limb.
const fn product(a: u64, b: u64, add: u64, carry: u64) -> (u64, u64) {
    let sum = a as u128 * b as u128 + add as u128 + carry as u128;
    (sum as u64, (sum >> 64) as u64)
}

/// Sums and differences of words of 32 bits, as FIPS 186-4 has them in D.2.4.
fn reduce(product: &[u64; 12]) -> Limbs {
    let word = |index: usize| i64::from((product[index / 2] >> (32 * (index % 2))) as u32);
    let high: [i64; 12] = core::array::from_fn(|index| word(12 + index));
    let [a, b, c, d, e, f, g, h, i, j, k, l] = high;
    let mut sums = [
        a + i + j - l,
        b + k + l - a - i,
        c + l - b - j,
        d + a + i + j - c - k - l,
        e + a + b + i + 2 * j + k - d - 2 * l,
        f + b + c + j + 2 * k + l - e,
        g + c + d + k + 2 * l - f,
        h + d + e + l - g,
        i + e + f - h,
        j + f + g - i,
        k + g + h - j,
        l + h + i - k,
    ];
    for (index, sum) in sums.iter_mut().enumerate() {
        *sum += word(index);
    }
    loop {
        let mut carry = 0;
        for sum in &mut sums {
            carry += *sum;
            *sum = carry & 0xffff_ffff;
            carry >>= 32;
        }
        if carry == 0 {
            break;
        }
        // 2^384 is 2^128 + 2^96 − 2^32 + 1.
        for (index, times) in [(0, 1), (1, -1), (3, 1), (4, 1)] {
            sums[index] += times * carry;
        }
    }
    let reduced = core::array::from_fn(|index| (sums[2 * index] | sums[2 * index + 1] << 32) as u64);
    match reduced.iter().rev().ge(PRIME.iter().rev()) {
        true => subtract(&reduced, &PRIME).0,
        false => reduced,
    }
}
