use crate::Terms;
use crate::generators::Generators;
use core::num::NonZero;

/// What proofs of a job's rounds are made and verified with: 160 bytes for each coordinate, and worth keeping.
pub struct Setup {
    pub(crate) terms: Terms,
    pub(crate) generators: Generators,
    pub(crate) threads: NonZero<usize>,
}

impl Setup {
    pub fn new(terms: Terms, threads: NonZero<usize>) -> Self {
        Self { terms, generators: Generators::new(terms.padded(), threads), threads }
    }

    pub const fn terms(&self) -> &Terms {
        &self.terms
    }
}
