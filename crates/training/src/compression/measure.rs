//! What compression saved, and what it cost.

/// Of one update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    pub plain_bytes: usize,
    pub sent_bytes: usize,
    /// Norm of the error over the norm of the update.
    pub relative_error: f64,
    /// Cosine of the angle between both: how much of a step in the right direction is left.
    pub cosine: f64,
}

impl Measure {
    /// How many times smaller.
    pub fn ratio(&self) -> f64 {
        self.plain_bytes as f64 / self.sent_bytes as f64
    }
}

/// Of an update of which `sent` was sent and `decoded` came out, both of one length. An update of zeros has no error.
pub fn measure(update: &[f32], sent: &[u8], decoded: &[f32]) -> Measure {
    let product = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    let error: f64 = update.iter().zip(decoded).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum();
    let (norm, norms) = (product(update, update), product(update, update) * product(decoded, decoded));
    Measure {
        plain_bytes: size_of_val(update),
        sent_bytes: sent.len(),
        relative_error: if norm > 0.0 { libm::sqrt(error / norm) } else { 0.0 },
        cosine: if norms > 0.0 { product(update, decoded) / libm::sqrt(norms) } else { 0.0 },
    }
}
