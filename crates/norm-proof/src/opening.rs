use crate::blinding::combine;
use crate::multiply::multiply;
use crate::{Element, OpenError, Setup, Word};
use alloc::vec::Vec;
use curve25519_dalek::{RistrettoPoint, Scalar};

impl Setup {
    /// The sum of the survivors' updates, from the unmasked sum: only if it is the sum of what is in their commitments.
    ///
    /// `commitments` are those of the survivors' verified proofs, one of each.
    pub fn open<'a, W: Word>(
        &self,
        commitments: impl IntoIterator<Item = &'a Element>,
        sum: &[W],
    ) -> Result<Vec<i64>, OpenError> {
        let length = OpenError::Length { found: sum.len(), expected: self.terms.entries() };
        let (coordinates, limbs) = self.terms.split(sum).ok_or(length)?;
        let opened: Vec<i64> = coordinates.iter().map(|word| word.signed()).collect();
        let scalars: Vec<Scalar> = opened.iter().map(|coordinate| public(*coordinate)).collect();
        let generators = &self.generators.vector[..coordinates.len()];
        let blinding = combine(limbs.iter().map(|limb| limb.unsigned()));
        let found = multiply(&scalars, generators, self.threads) + blinding * self.generators.blinding;
        let committed: RistrettoPoint = commitments.into_iter().map(|commitment| commitment.point).sum();
        if found == committed { Ok(opened) } else { Err(OpenError::Mismatch) }
    }
}

/// Of what is public, so that time may depend on it.
fn public(number: i64) -> Scalar {
    let magnitude = Scalar::from(number.unsigned_abs());
    if number < 0 { -magnitude } else { magnitude }
}
