//! The proof and its bytes.

use crate::fold::{Fold, Folding};
use crate::hash::Transcript;
use crate::projection::ROWS;
use crate::relation::TAIL;
use crate::{DecodeError, Element, Terms};
use alloc::vec::Vec;
use curve25519_dalek::Scalar;

const VERSION: u8 = 1;
/// All but the folds.
const FIXED: usize = 1 + 2 * 32 + ROWS * 16 + 4 * 32 + (4 + TAIL + 1) * 32;

/// That the update in a commitment is no longer than the bound. docs/norm-proofs.md has the meaning of the fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub(crate) commitments: Commitments,
    pub(crate) projections: [u128; ROWS],
    pub(crate) masks: Masks,
    pub(crate) answers: Answers,
    pub(crate) folding: Folding,
}

/// `A` and `D`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commitments {
    pub update: Element,
    pub tail: Element,
}

/// `S`, `S'`, `T_1` and `T_2`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Masks {
    pub vector: Element,
    pub tail: Element,
    pub values: [Element; 2],
}

/// `μ`, `μ'`, `τ`, `t` and `q'`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answers {
    pub vector_blinding: Scalar,
    pub tail_blinding: Scalar,
    pub value_blinding: Scalar,
    pub value: Scalar,
    pub tail: [Scalar; TAIL],
}

impl Commitments {
    pub fn absorb(&self, transcript: &mut Transcript) {
        transcript.absorb("commitments", [*self.update.as_bytes(), *self.tail.as_bytes()].as_flattened());
    }
}

impl Masks {
    const fn elements(&self) -> [&Element; 4] {
        [&self.vector, &self.tail, &self.values[0], &self.values[1]]
    }

    pub fn absorb(&self, transcript: &mut Transcript) {
        transcript.absorb("masks", self.elements().map(|element| *element.as_bytes()).as_flattened());
    }
}

impl Answers {
    fn scalars(&self) -> impl Iterator<Item = &Scalar> {
        [&self.vector_blinding, &self.tail_blinding, &self.value_blinding, &self.value].into_iter().chain(&self.tail)
    }

    pub fn absorb(&self, transcript: &mut Transcript) {
        let bytes: Vec<u8> = self.scalars().flat_map(Scalar::to_bytes).collect();
        transcript.absorb("answers", &bytes);
    }
}

pub(crate) fn absorb_projections(projections: &[u128; ROWS], transcript: &mut Transcript) {
    transcript.absorb("projections", projections.map(u128::to_le_bytes).as_flattened());
}

impl Proof {
    /// To the update. The sum of all survivors' is what the masked sum opens.
    pub const fn commitment(&self) -> &Element {
        &self.commitments.update
    }

    /// Bytes of a proof under these terms.
    pub const fn size(terms: &Terms) -> usize {
        FIXED + 64 * terms.folds()
    }

    /// The content of `aggregationProof`.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = alloc::vec![VERSION];
        bytes.extend(self.commitments.update.as_bytes());
        bytes.extend(self.commitments.tail.as_bytes());
        bytes.extend(self.projections.iter().flat_map(|projection| projection.to_le_bytes()));
        bytes.extend(self.masks.elements().iter().flat_map(|element| element.as_bytes()));
        bytes.extend(self.answers.scalars().flat_map(Scalar::to_bytes));
        bytes.extend(
            self.folding.folds.iter().flat_map(|fold| [*fold.mixed.as_bytes(), *fold.upper.as_bytes()].concat()),
        );
        bytes.extend(self.folding.last.to_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8], terms: &Terms) -> Result<Self, DecodeError> {
        let expected = Self::size(terms);
        if bytes.len() != expected {
            return Err(DecodeError::Length { found: bytes.len(), expected });
        }
        let mut fields = Fields(bytes);
        let [version] = fields.array();
        if version != VERSION {
            return Err(DecodeError::Version(version));
        }
        let commitments = Commitments { update: fields.element("commitment")?, tail: fields.element("tail")? };
        let projections = core::array::from_fn(|_| u128::from_le_bytes(fields.array()));
        let masks = Masks {
            vector: fields.element("mask of the update")?,
            tail: fields.element("mask of the tail")?,
            values: [fields.element("first value")?, fields.element("second value")?],
        };
        let answers = Answers {
            vector_blinding: fields.scalar("blinding of the update")?,
            tail_blinding: fields.scalar("blinding of the tail")?,
            value_blinding: fields.scalar("blinding of the value")?,
            value: fields.scalar("value")?,
            tail: {
                let mut tail = [Scalar::ZERO; TAIL];
                tail.iter_mut().try_for_each(|entry| fields.scalar("masked tail").map(|scalar| *entry = scalar))?;
                tail
            },
        };
        let mut fold = |_| Ok(Fold { mixed: fields.element("fold")?, upper: fields.element("fold")? });
        let folds = (0..terms.folds()).map(&mut fold).collect::<Result<_, _>>()?;
        Ok(Self {
            commitments,
            projections,
            masks,
            answers,
            folding: Folding { folds, last: fields.scalar("last entry")? },
        })
    }
}

/// What is left of bytes whose number was checked.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const SIZE: usize>(&mut self) -> [u8; SIZE] {
        let (head, rest) = self.0.split_first_chunk().expect("the length was checked");
        self.0 = rest;
        *head
    }

    fn element(&mut self, field: &'static str) -> Result<Element, DecodeError> {
        Element::named(self.array(), field)
    }

    fn scalar(&mut self, field: &'static str) -> Result<Scalar, DecodeError> {
        Scalar::from_canonical_bytes(self.array()).into_option().ok_or(DecodeError::Scalar(field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::B256;
    use curve25519_dalek::RistrettoPoint;

    fn challenge(absorb: impl Fn(&mut Transcript)) -> Scalar {
        let mut transcript = Transcript::new(B256::ZERO);
        absorb(&mut transcript);
        transcript.challenge("next")
    }

    /// A challenge that does not depend on a part of what it challenges would let a liar choose that part afterwards.
    #[test]
    fn every_part_of_a_message_changes_the_challenge() {
        let (some, other) = (
            Element::from(RistrettoPoint::mul_base(&Scalar::ONE)),
            Element::from(RistrettoPoint::mul_base(&Scalar::from(2u8))),
        );
        let pick = |place: usize, changed: usize| if place == changed { other } else { some };
        let commitments = |changed| {
            let commitments = Commitments { update: pick(0, changed), tail: pick(1, changed) };
            challenge(|transcript| commitments.absorb(transcript))
        };
        let masks = |changed| {
            let values = [pick(2, changed), pick(3, changed)];
            let masks = Masks { vector: pick(0, changed), tail: pick(1, changed), values };
            challenge(|transcript| masks.absorb(transcript))
        };
        let fold = |changed| {
            let folds = vec![Fold { mixed: pick(0, changed), upper: pick(1, changed) }];
            challenge(|transcript| drop(Folding { folds: folds.clone(), last: Scalar::ONE }.challenges(transcript)))
        };
        let projections = |changed| {
            let projections = std::array::from_fn(|row| u128::from(row == changed));
            challenge(|transcript| absorb_projections(&projections, transcript))
        };
        let answers = |changed| {
            let at = |place: usize| Scalar::from(u8::from(place == changed));
            let (vector_blinding, tail_blinding, value_blinding, value) = (at(0), at(1), at(2), at(3));
            let tail = std::array::from_fn(|entry| at(4 + entry));
            let answers = Answers { vector_blinding, tail_blinding, value_blinding, value, tail };
            challenge(|transcript| answers.absorb(transcript))
        };
        let differ = |name, parts: usize, of: &dyn Fn(usize) -> Scalar| {
            let mut challenges: Vec<[u8; 32]> = (0..=parts).map(|changed| of(changed).to_bytes()).collect();
            challenges.sort_unstable();
            challenges.dedup();
            assert_eq!(challenges.len(), parts + 1, "{name}");
        };
        differ("commitments", 2, &commitments);
        differ("masks", 4, &masks);
        differ("fold", 2, &fold);
        differ("projections", ROWS, &projections);
        differ("answers", 4 + TAIL, &answers);
    }
}
