//! One equation for any number of proofs.

use crate::fold::factors;
use crate::hash::{Stream, tagged};
use crate::multiply::{in_threads, multiply};
use crate::projection::{BITS, Projection};
use crate::proof::absorb_projections;
use crate::relation::{Relation, SQUARES, TAIL};
use crate::{Proof, Setup, Statement, VerifyError};
use alloc::vec::Vec;
use curve25519_dalek::traits::IsIdentity;
use curve25519_dalek::{RistrettoPoint, Scalar};

/// Proofs of a batch that show nothing, by their place in it, in ascending order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} of the proofs are refused, the first at place {}: {}", .0.len(), .0[0].0, .0[0].1)]
pub struct Refused(pub Vec<(usize, VerifyError)>);

impl Setup {
    pub fn verify(&self, statement: &Statement, proof: &Proof) -> Result<(), VerifyError> {
        self.verify_batch(&[(*statement, proof)]).map_err(|refused| refused.0[0].1.clone())
    }

    /// Of several workers' proofs at little more than the cost of one. What is wrong is named, at the cost of a few more.
    pub fn verify_batch(&self, claims: &[(Statement, &Proof)]) -> Result<(), Refused> {
        let mut refused = Vec::new();
        let mut whole = Vec::new();
        for (place, (statement, proof)) in claims.iter().enumerate() {
            match self.check_numbers(proof) {
                Ok(()) => whole.push((place, statement, *proof)),
                Err(error) => refused.push((place, error)),
            }
        }
        self.search(&whole, &mut refused);
        refused.sort_unstable_by_key(|(place, _)| *place);
        if refused.is_empty() { Ok(()) } else { Err(Refused(refused)) }
    }

    /// What no equation says. An entry that more folds than terms would add has no generator: it could have any square.
    fn check_numbers(&self, proof: &Proof) -> Result<(), VerifyError> {
        let (found, expected) = (proof.folding.folds.len(), self.terms.folds());
        if found != expected {
            return Err(VerifyError::Folds { found, expected });
        }
        match proof.projections.iter().position(|projection| projection >> BITS != 0) {
            Some(row) => Err(VerifyError::Projection { row }),
            None => Ok(()),
        }
    }

    /// Halves what does not hold until the wrong ones are found.
    fn search(&self, claims: &[(usize, &Statement, &Proof)], refused: &mut Vec<(usize, VerifyError)>) {
        match claims {
            _ if self.all_hold(claims) => {}
            [(place, ..)] => refused.push((*place, VerifyError::Equations)),
            _ => {
                let (left, right) = claims.split_at(claims.len() / 2);
                self.search(left, refused);
                self.search(right, refused);
            }
        }
    }

    /// Whether the equations hold, whatever the projections are.
    pub(crate) fn all_hold(&self, claims: &[(usize, &Statement, &Proof)]) -> bool {
        let said = |(_, statement, proof): &(usize, &Statement, &Proof)| {
            tagged("said", &[statement.digest(&self.terms).as_slice(), &proof.encode()])
        };
        let all: Vec<u8> = claims.iter().flat_map(|claim| said(claim).0).collect();
        let mut weights = Stream::new(tagged("batch", &[&all]));
        let weighted: Vec<_> = claims
            .iter()
            .map(|(_, statement, proof)| (*statement, *proof, [(); 3].map(|()| weights.scalar())))
            .collect();

        let size = weighted.len().div_ceil(self.threads.get()).max(1);
        let sums = in_threads(weighted.chunks(size), |claims| {
            let mut sum = Equation::new(self);
            claims.iter().for_each(|(statement, proof, weights)| sum.add(statement, proof, weights));
            sum
        });
        sums.into_iter().reduce(Equation::merge).is_none_or(|equation| equation.holds())
    }
}

/// A weighted sum of equations, as what each element is multiplied by; it must be zero.
struct Equation<'a> {
    setup: &'a Setup,
    vector: Vec<Scalar>,
    tail: Vec<Scalar>,
    value: Scalar,
    blinding: Scalar,
    scalars: Vec<Scalar>,
    points: Vec<RistrettoPoint>,
}

impl<'a> Equation<'a> {
    fn new(setup: &'a Setup) -> Self {
        Self {
            setup,
            vector: alloc::vec![Scalar::ZERO; setup.terms.padded()],
            tail: alloc::vec![Scalar::ZERO; TAIL],
            value: Scalar::ZERO,
            blinding: Scalar::ZERO,
            scalars: Vec::new(),
            points: Vec::new(),
        }
    }

    fn add(&mut self, statement: &Statement, proof: &Proof, [by_value, by_tail, by_vector]: &[Scalar; 3]) {
        let Proof { commitments, projections, masks, answers, folding } = proof;
        let terms = &self.setup.terms;
        let mut transcript = statement.transcript(terms);
        commitments.absorb(&mut transcript);
        let projection = Projection::new(transcript.seed("projection"), terms.padded() + SQUARES);
        absorb_projections(projections, &mut transcript);
        let relation = Relation::new(terms, &projection, transcript.challenge("rows"));
        masks.absorb(&mut transcript);
        let point = transcript.challenge("point");
        answers.absorb(&mut transcript);
        let value = transcript.challenge("value");
        let challenges = folding.challenges(&mut transcript);

        // The relation has the value that it must have.
        let found = answers.value + relation.tail_value(&answers.tail);
        self.value += by_value * (found - relation.constant(terms, projections));
        self.blinding += by_value * answers.value_blinding;
        self.push(-by_value * point, masks.values[0].point);
        self.push(-by_value * point * point, masks.values[1].point);

        // The masked tail opens its commitment.
        self.push(*by_tail, commitments.tail.point);
        self.push(by_tail * point, masks.tail.point);
        self.blinding -= by_tail * answers.tail_blinding;
        self.tail.iter_mut().zip(&answers.tail).for_each(|(sum, entry)| *sum -= by_tail * entry);

        // The masked update opens its own, and the form has the value that was said.
        self.push(*by_vector, commitments.update.point);
        self.push(by_vector * point, masks.vector.point);
        self.blinding -= by_vector * answers.vector_blinding;
        for (fold, challenge) in folding.folds.iter().zip(&challenges) {
            self.push(by_vector * challenge, fold.mixed.point);
            self.push(by_vector * (challenge * challenge - Scalar::ONE), fold.upper.point);
        }
        let (last, mut last_form) = (by_vector * folding.last, folding.last);
        for ((sum, factor), form) in self.vector.iter_mut().zip(factors(&challenges)).zip(&relation.vector) {
            *sum -= last * factor;
            last_form += factor * form;
        }
        self.value += value * (by_vector * answers.value - last * last_form);
    }

    fn push(&mut self, scalar: Scalar, point: RistrettoPoint) {
        self.scalars.push(scalar);
        self.points.push(point);
    }

    fn merge(mut self, other: Self) -> Self {
        let add =
            |sums: &mut [Scalar], others: &[Scalar]| sums.iter_mut().zip(others).for_each(|(sum, other)| *sum += other);
        add(&mut self.vector, &other.vector);
        add(&mut self.tail, &other.tail);
        self.value += other.value;
        self.blinding += other.blinding;
        self.scalars.extend(other.scalars);
        self.points.extend(other.points);
        self
    }

    fn holds(mut self) -> bool {
        let generators = &self.setup.generators;
        self.scalars.extend(&self.tail);
        self.points.extend(&generators.tail);
        self.scalars.extend([self.value, self.blinding]);
        self.points.extend([generators.value, generators.blinding]);
        let threads = self.setup.threads;
        let sum = multiply(&self.vector, &generators.vector, threads) + multiply(&self.scalars, &self.points, threads);
        sum.is_identity()
    }
}
