//! A vector opens a commitment, and a quadratic form of it has a value: shown by folding the vector in halves.

use crate::Element;
use crate::hash::Transcript;
use crate::multiply::{fold_points, multiply};
use crate::relation::inner;
use alloc::vec::Vec;
use core::num::NonZero;
use curve25519_dalek::{RistrettoPoint, Scalar};

/// What the prover says in each fold, and the one entry that is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folding {
    pub folds: Vec<Fold>,
    pub last: Scalar,
}

/// The parts of the folded claim that grow with the challenge and with its square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fold {
    pub mixed: Element,
    pub upper: Element,
}

impl Fold {
    fn challenge(&self, transcript: &mut Transcript) -> Scalar {
        transcript.absorb("fold", [*self.mixed.as_bytes(), *self.upper.as_bytes()].as_flattened());
        transcript.challenge("fold")
    }
}

/// That `<y, G> + (<y, y> + <y, a>) value` is what the verifier computes. The vector is masked already: nothing of it is secret.
pub(crate) fn fold(
    transcript: &mut Transcript,
    value: &RistrettoPoint,
    generators: &[RistrettoPoint],
    a: &[Scalar],
    y: &[Scalar],
    threads: NonZero<usize>,
) -> Folding {
    let (mut generators, mut a, mut y) = (generators.to_vec(), a.to_vec(), y.to_vec());
    let mut folds = Vec::new();
    while y.len() > 1 {
        let half = y.len() / 2;
        let ((g0, g1), (a0, a1), (y0, y1)) = (generators.split_at(half), a.split_at(half), y.split_at(half));
        let cross = inner(y0, y1);
        let mixed = multiply(y0, g1, threads)
            + multiply(y1, g0, threads)
            + (cross + cross + inner(y0, a1) + inner(y1, a0)) * value;
        let upper = multiply(y1, g1, threads) + (inner(y1, y1) + inner(y1, a1)) * value;
        let fold = Fold { mixed: mixed.into(), upper: upper.into() };
        let challenge = fold.challenge(transcript);
        folds.push(fold);
        let folded = |low: &[Scalar], high: &[Scalar]| low.iter().zip(high).map(|(l, h)| l + challenge * h).collect();
        (generators, a, y) = (fold_points(g0, g1, challenge, threads), folded(a0, a1), folded(y0, y1));
    }
    Folding { folds, last: y[0] }
}

impl Folding {
    /// The verifier's challenges, first fold first.
    pub fn challenges(&self, transcript: &mut Transcript) -> Vec<Scalar> {
        self.folds.iter().map(|fold| fold.challenge(transcript)).collect()
    }
}

/// What each generator is multiplied by in the one that is left.
pub(crate) fn factors(challenges: &[Scalar]) -> Vec<Scalar> {
    let mut factors = alloc::vec![Scalar::ONE];
    for challenge in challenges.iter().rev() {
        let upper: Vec<Scalar> = factors.iter().map(|factor| factor * challenge).collect();
        factors.extend(upper);
    }
    factors
}
