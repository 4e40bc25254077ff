//! Real numbers as integers with a stated scale.

use crate::limits::MAX_COORDINATE;

/// `x` is the integer nearest to `x · 2^fraction_bits`, halves away from zero, and at most
/// [`MAX_COORDINATE`](crate::limits::MAX_COORDINATE) in absolute value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedPoint(u8);

/// A number that is none, or infinite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("coordinate {0} is not finite: lower the learning rate, or look at the data")]
pub struct NotFinite(pub usize);

impl FixedPoint {
    /// At most 30 bits.
    pub const fn new(fraction_bits: u8) -> Option<Self> {
        if fraction_bits > 30 { None } else { Some(Self(fraction_bits)) }
    }

    pub fn encode(self, values: &[f32]) -> Result<Vec<i32>, NotFinite> {
        let encode = |(index, x): (usize, &f32)| {
            let scaled = libm::round(f64::from(*x) * f64::from(1u32 << self.0));
            let most = f64::from(MAX_COORDINATE);
            if scaled.is_finite() { Ok(scaled.clamp(-most, most) as i32) } else { Err(NotFinite(index)) }
        };
        values.iter().enumerate().map(encode).collect()
    }

    pub fn decode(self, coordinates: &[i32]) -> Vec<f32> {
        coordinates.iter().map(|x| (f64::from(*x) / f64::from(1u32 << self.0)) as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_and_bounded() {
        let fixed = FixedPoint::new(16).unwrap();
        let values = [0.5, -1.25, 1e-9, 1.5 / 65_536.0, -2.5 / 65_536.0, 1e30, -1e30];
        let encoded = fixed.encode(&values).unwrap();
        assert_eq!(encoded, [32_768, -81_920, 0, 2, -3, MAX_COORDINATE, -MAX_COORDINATE]);
        assert_eq!(fixed.decode(&encoded)[..2], values[..2]);
        assert_eq!(fixed.encode(&[0.0, f32::NAN]), Err(NotFinite(1)));
        assert_eq!(fixed.encode(&[f32::INFINITY]), Err(NotFinite(0)));
        assert_eq!(FixedPoint::new(31), None);
    }
}
