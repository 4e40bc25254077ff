//! Points of P-384, y² = x³ − 3x + b, by their coordinates: raising to a power is one call of the machine, so that an
//! inversion costs about as much as two multiplications, and projective coordinates would cost more.

use super::field::{Element, Limbs};

/// Bits of the window of a multiplication.
const WIDTH: usize = 5;
/// Odd multiples below 2^(WIDTH − 1) of a point.
const MULTIPLES: usize = 1 << (WIDTH - 2);
/// Of a number of 384 bits; its last digit may carry.
const DIGITS: usize = 385;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    Infinity,
    Finite(Element, Element),
}

impl Point {
    fn negated(self) -> Self {
        match self {
            Self::Infinity => self,
            Self::Finite(x, y) => Self::Finite(x, Element::ZERO.minus(y)),
        }
    }

    /// No point has order two, so that `y` is not zero.
    fn doubled(self) -> Option<Self> {
        let Self::Finite(x, y) = self else { return Some(self) };
        let square_less_one = x.squared().minus(Element::ONE);
        let slope = square_less_one.plus(square_less_one).plus(square_less_one).times(y.plus(y).inverted()?);
        Some(third(slope, (x, y), x))
    }

    fn plus(self, other: Self) -> Option<Self> {
        let (Self::Finite(x, y), Self::Finite(other_x, other_y)) = (self, other) else {
            return Some(if self == Self::Infinity { other } else { self });
        };
        if x == other_x {
            return if y == other_y { self.doubled() } else { Some(Self::Infinity) };
        }
        let slope = other_y.minus(y).times(other_x.minus(x).inverted()?);
        Some(third(slope, (x, y), other_x))
    }

    /// `(self + other) + self`, for which the first sum's `y` is not needed.
    fn doubled_plus(self, other: Self) -> Option<Self> {
        if let (Self::Finite(x, y), Self::Finite(other_x, other_y)) = (self, other)
            && x != other_x
        {
            let slope = other_y.minus(y).times(other_x.minus(x).inverted()?);
            let sum_x = slope.squared().minus(x).minus(other_x);
            if sum_x != x {
                let slope = y.plus(y).times(x.minus(sum_x).inverted()?).minus(slope);
                return Some(third(slope, (x, y), sum_x));
            }
        }
        self.doubled()?.plus(other)
    }
}

/// The sum of the points where a line meets the curve: of one of them, and another one's `x`.
fn third(slope: Element, (x, y): (Element, Element), other_x: Element) -> Point {
    let sum_x = slope.squared().minus(x).minus(other_x);
    Point::Finite(sum_x, slope.times(x.minus(sum_x)).minus(y))
}

/// The sum of the products.
pub(super) fn combine(terms: [(&Limbs, Point); 2]) -> Option<Point> {
    let mut prepared = [([0; DIGITS], [Point::Infinity; MULTIPLES]); 2];
    for ((digits, multiples), (factor, point)) in prepared.iter_mut().zip(terms) {
        (*digits, *multiples) = (signed_digits(factor), odd_multiples(point)?);
    }
    let mut sum = Point::Infinity;
    for at in (0..DIGITS).rev() {
        let mut due = prepared.iter().filter_map(|(digits, multiples)| match digits[at] {
            0 => None,
            digit => {
                let multiple = multiples[usize::from(digit.unsigned_abs() / 2)];
                Some(if digit < 0 { multiple.negated() } else { multiple })
            }
        });
        sum = match due.next() {
            Some(point) => sum.doubled_plus(point)?,
            None => sum.doubled()?,
        };
        if let Some(point) = due.next() {
            sum = sum.plus(point)?;
        }
    }
    Some(sum)
}

fn odd_multiples(point: Point) -> Option<[Point; MULTIPLES]> {
    let twice = point.doubled()?;
    let mut multiples = [point; MULTIPLES];
    for index in 1..MULTIPLES {
        multiples[index] = multiples[index - 1].plus(twice)?;
    }
    Some(multiples)
}

/// Digits for ascending powers of two, zero or odd, at most one of `WIDTH` in succession not zero (the width-w NAF).
fn signed_digits(number: &Limbs) -> [i8; DIGITS] {
    let bit = |at: usize| if at < 384 { (number[at / 64] >> (at % 64)) as i8 & 1 } else { 0 };
    let (mut digits, mut carry, mut at) = ([0; DIGITS], 0, 0);
    while at < DIGITS {
        if bit(at) == carry {
            at += 1;
            continue;
        }
        let window = (0..WIDTH).fold(carry, |window, next| window + (bit(at + next) << next));
        carry = i8::from(window >= 1 << (WIDTH - 1));
        digits[at] = window - (carry << WIDTH);
        at += WIDTH;
    }
    digits
}
