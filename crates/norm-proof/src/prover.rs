use crate::blinding::Blinding;
use crate::fold::fold;
use crate::hash::Stream;
use crate::multiply::multiply_secret;
use crate::projection::{Projection, ROWS};
use crate::proof::{Answers, Commitments, Masks, absorb_projections};
use crate::relation::{Relation, SQUARES, TAIL, scalar, squares};
use crate::{Element, Proof, ProveError, Setup, Statement};
use alloc::vec::Vec;
use curve25519_dalek::{RistrettoPoint, Scalar};
use zeroize::Zeroizing;

/// What hides a projection is at least this, and below it and twice as much: so is, nearly, what is shown.
const LEAST_FLOOD: u128 = 1 << 112;

impl Setup {
    /// That `update`, of which `statement.vector` is the masked form with this blinding, is no longer than the bound.
    ///
    /// The same question gets the same proof; nothing random is needed but the blinding.
    pub fn prove(&self, statement: &Statement, update: &[i32], blinding: &Blinding) -> Result<Proof, ProveError> {
        let squares = Zeroizing::new(self.slack(update)?);
        let mut nonces = blinding.nonces(statement.digest(&self.terms), update);
        let mut transcript = statement.transcript(&self.terms);

        let floods: Zeroizing<[u128; ROWS]> = Zeroizing::new(core::array::from_fn(|_| flood(&mut nonces)));
        let mut x: Zeroizing<Vec<Scalar>> = Zeroizing::new(update.iter().map(|x| scalar((*x).into())).collect());
        x.resize(self.terms.padded(), Scalar::ZERO);
        let tail = squares.iter().map(|root| scalar(*root)).chain(floods.iter().map(|flood| Scalar::from(*flood)));
        let tail: Zeroizing<Vec<Scalar>> = Zeroizing::new(tail.collect());
        let (alpha, delta) = (blinding.scalar(), Zeroizing::new(nonces.scalar()));
        let commitments = Commitments { update: self.commit_vector(&x, &alpha), tail: self.commit_tail(&tail, &delta) };
        commitments.absorb(&mut transcript);

        let projection = Projection::new(transcript.seed("projection"), self.terms.padded() + SQUARES);
        let padding = core::iter::repeat_n(0, self.terms.padded() - update.len());
        let coordinates = update.iter().map(|x| i64::from(*x)).chain(padding).chain(squares.iter().copied());
        let sums = Zeroizing::new(projection.apply(coordinates));
        let projections = core::array::from_fn(|row| floods[row].wrapping_add_signed(sums[row].into()));
        absorb_projections(&projections, &mut transcript);

        let relation = Relation::new(&self.terms, &projection, transcript.challenge("rows"));
        let mut random = |count: usize| Zeroizing::new((0..count).map(|_| nonces.scalar()).collect::<Vec<Scalar>>());
        let (s, s_tail, blindings) = (random(x.len()), random(TAIL), random(4));
        let coefficients = [relation.mixed([&x, &tail], [&s, &s_tail]), relation.pure([&s, &s_tail])];
        let masks = Masks {
            vector: self.commit_vector(&s, &blindings[0]),
            tail: self.commit_tail(&s_tail, &blindings[1]),
            values: [
                self.commit_value(&coefficients[0], &blindings[2]),
                self.commit_value(&coefficients[1], &blindings[3]),
            ],
        };
        masks.absorb(&mut transcript);

        let point = transcript.challenge("point");
        let masked = |x: &Scalar, s: &Scalar| x + point * s;
        let y: Vec<Scalar> = x.iter().zip(s.iter()).map(|(x, s)| masked(x, s)).collect();
        let answers = Answers {
            vector_blinding: masked(&alpha, &blindings[0]),
            tail_blinding: masked(&delta, &blindings[1]),
            value_blinding: point * (blindings[2] + point * blindings[3]),
            value: relation.vector_value(&y),
            tail: core::array::from_fn(|index| masked(&tail[index], &s_tail[index])),
        };
        answers.absorb(&mut transcript);

        let value = transcript.challenge("value") * self.generators.value;
        let folding = fold(&mut transcript, &value, &self.generators.vector, &relation.vector, &y, self.threads);
        Ok(Proof { commitments, projections, masks, answers, folding })
    }

    fn slack(&self, update: &[i32]) -> Result<[i64; SQUARES], ProveError> {
        let expected = self.terms.length();
        if update.len() != expected as usize {
            return Err(ProveError::Length { found: update.len(), expected });
        }
        let squared_norm: u128 = update.iter().map(|x| u128::from(x.unsigned_abs()).pow(2)).sum();
        let rest = u64::try_from(squared_norm).ok().and_then(|norm| self.terms.squared_bound().checked_sub(norm));
        rest.map(squares).ok_or(ProveError::TooLong { squared_norm, bound: self.terms.bound() })
    }

    pub(crate) fn commit_vector(&self, values: &[Scalar], blinding: &Scalar) -> Element {
        self.commit(values, &self.generators.vector, blinding)
    }

    pub(crate) fn commit_tail(&self, values: &[Scalar], blinding: &Scalar) -> Element {
        self.commit(values, &self.generators.tail, blinding)
    }

    pub(crate) fn commit_value(&self, value: &Scalar, blinding: &Scalar) -> Element {
        self.commit(&[*value], &[self.generators.value], blinding)
    }

    fn commit(&self, values: &[Scalar], generators: &[RistrettoPoint], blinding: &Scalar) -> Element {
        (multiply_secret(values, generators, self.threads) + blinding * self.generators.blinding).into()
    }
}

pub(crate) fn flood(nonces: &mut Stream) -> u128 {
    LEAST_FLOOD + (u128::from_le_bytes(nonces.array()) & (2 * LEAST_FLOOD - 1))
}
