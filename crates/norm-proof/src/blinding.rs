use crate::hash::{Stream, tagged, wide_scalar};
use crate::{Terms, Word};
use alloc::vec::Vec;
use alloy_primitives::B256;
use curve25519_dalek::Scalar;
use zeroize::Zeroizing;

/// Words that the masked vector has after its coordinates.
pub const LIMBS: usize = 32;

/// What hides an update in its commitment. It travels in the masked vector, in limbs so small that their sums do not wrap around.
pub struct Blinding(Zeroizing<[u16; LIMBS]>);

impl Blinding {
    /// From the 32 random bytes that a worker has for the round: a restarted worker finds the same.
    pub fn derive(seed: &[u8; 32], round: B256) -> Self {
        let bytes = Zeroizing::new(Stream::new(tagged("blinding", &[seed, round.as_slice()])).array::<{ 2 * LIMBS }>());
        let (limbs, _) = bytes.as_chunks();
        Self(Zeroizing::new(core::array::from_fn(|index| u16::from_le_bytes(limbs[index]))))
    }

    /// The vector to mask: coordinates, then limbs.
    pub fn entries<W: Word>(&self, update: &[i32]) -> Vec<W> {
        let coordinates = update.iter().map(|coordinate| W::from_coordinate(*coordinate));
        coordinates.chain(self.0.iter().map(|limb| W::from_limb(*limb))).collect()
    }

    pub(crate) fn scalar(&self) -> Zeroizing<Scalar> {
        Zeroizing::new(combine(self.0.iter().map(|limb| u64::from(*limb))))
    }

    /// Key of everything random in a proof. Another statement or update has other nonces; the same has the same proof.
    pub(crate) fn nonces(&self, statement: B256, update: &[i32]) -> Stream {
        let limbs: Zeroizing<Vec<u8>> = Zeroizing::new(self.0.iter().flat_map(|limb| limb.to_le_bytes()).collect());
        let update: Zeroizing<Vec<u8>> = Zeroizing::new(update.iter().flat_map(|x| x.to_le_bytes()).collect());
        Stream::new(tagged("nonces", &[&limbs, statement.as_slice(), &update]))
    }
}

/// The scalar that sums of limbs stand for.
pub(crate) fn combine(limbs: impl Iterator<Item = u64>) -> Scalar {
    (0u32..).zip(limbs).map(|(index, limb)| wide_scalar("limb", index) * Scalar::from(limb)).sum()
}

impl Terms {
    /// Coordinates and limbs of a vector or sum of the right length.
    pub(crate) fn split<'a, W>(&self, words: &'a [W]) -> Option<(&'a [W], &'a [W])> {
        (words.len() == self.entries() as usize).then(|| words.split_at(self.length() as usize))
    }
}
