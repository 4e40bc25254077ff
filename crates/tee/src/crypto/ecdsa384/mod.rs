//! ECDSA on P-384 for the machine, which has a call for powers of numbers but none for this curve.

mod curve;
mod field;
#[cfg(test)]
mod tests;

use super::backend;
use curve::{Point, combine};
use field::{Element, bytes, limbs, multiply};

/// Of the points.
const ORDER: [u8; 48] =
    *b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
    \xc7\x63\x4d\x81\xf4\x37\x2d\xdf\x58\x1a\x0d\xb2\x48\xb0\xa7\x7a\xec\xec\x19\x6a\xcc\xc5\x29\x73";
const GENERATOR: [[u8; 48]; 2] = [
    *b"\xaa\x87\xca\x22\xbe\x8b\x05\x37\x8e\xb1\xc7\x1e\xf3\x20\xad\x74\x6e\x1d\x3b\x62\x8b\xa7\x9b\x98\
    \x59\xf7\x41\xe0\x82\x54\x2a\x38\x55\x02\xf2\x5d\xbf\x55\x29\x6c\x3a\x54\x5e\x38\x72\x76\x0a\xb7",
    *b"\x36\x17\xde\x4a\x96\x26\x2c\x6f\x5d\x9e\x98\xbf\x92\x92\xdc\x29\xf8\xf4\x1d\xbd\x28\x9a\x14\x7c\
    \xe9\xda\x31\x13\xb5\xf0\xb8\xc0\x0a\x60\xb1\xce\x1d\x7e\x81\x9d\x7a\x43\x1d\x7c\x90\xea\x0e\x5f",
];

/// A signature of `hash` by the key with these coordinates: a point of the curve. `r` and `s` are below the order, and not zero.
pub(super) fn verify(key: [&[u8; 48]; 2], hash: &[u8; 48], r: &[u8; 48], s: &[u8; 48]) -> Option<()> {
    let point = |[x, y]: [&[u8; 48]; 2]| Point::Finite(Element::from_bytes(x), Element::from_bytes(y));
    let mut exponent = ORDER;
    exponent[47] -= 2;
    let inverse = limbs(&backend::power(s, &exponent, &ORDER)?);
    let share = |number| {
        let product: [u8; 96] = bytes(&multiply(&limbs(number), &inverse));
        backend::power(&product, &[1], &ORDER).map(|bytes| limbs(&bytes))
    };
    let [generator_x, generator_y] = &GENERATOR;
    let sum = combine([(&share(hash)?, point([generator_x, generator_y])), (&share(r)?, point(key))])?;
    let Point::Finite(x, _) = sum else { return None };
    (backend::power(&x.to_bytes(), &[1], &ORDER)? == *r).then_some(())
}
