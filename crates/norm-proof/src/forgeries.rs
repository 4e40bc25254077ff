//! A liar for each check: every one of these proofs is accepted by a verifier that leaves its check out.

use crate::fold::fold;
use crate::projection::{BITS, Projection, ROWS};
use crate::proof::{Answers, Commitments, Masks, absorb_projections};
use crate::relation::{Relation, SQUARES, TAIL};
use crate::{Proof, Setup, Statement, Terms, VerifyError};
use alloy_primitives::{B256, U256};
use curve25519_dalek::{RistrettoPoint, Scalar};
use std::num::NonZero;

/// The order of the group.
const ORDER: &str = "7237005577332262213973186563042994240857116359379907606001950938285454250989";
const LENGTH: u32 = 5;
const BOUND: u32 = 100;
const STATEMENT: Statement = Statement { round: B256::repeat_byte(1), worker: 2, vector: B256::repeat_byte(3) };

/// What a liar does otherwise than the protocol.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lie {
    /// Only its numbers are wrong.
    None,
    /// It says the value that the form should have.
    Value,
    /// It says another tail than it committed to, with projections that are in range.
    Tail,
    /// It hides the difference of the squares in its commitment, and folds as if no challenge were in the way.
    ValueInCommitment { challenged: bool },
    /// It moves a part of its update from one commitment to the other.
    Moved { back: bool },
}

struct Liar {
    setup: Setup,
    /// Padded.
    x: Vec<Scalar>,
    squares: [Scalar; SQUARES],
    flood: u128,
}

impl Liar {
    fn new(x: &[u64], squares: &[u64]) -> Self {
        let numbers = |numbers: &[u64], length| -> Vec<Scalar> {
            let zeros = std::iter::repeat(Scalar::ZERO);
            numbers.iter().map(|number| Scalar::from(*number)).chain(zeros).take(length).collect()
        };
        let terms = Terms::new::<u32>(LENGTH, BOUND, 10).unwrap();
        Self {
            x: numbers(x, terms.padded()),
            squares: numbers(squares, SQUARES).try_into().unwrap(),
            setup: Setup::new(terms, NonZero::<usize>::MIN),
            flood: 1 << 112,
        }
    }

    fn excess(&self) -> Scalar {
        let all = self.x.iter().chain(&self.squares).map(|number| number * number).sum::<Scalar>();
        all - Scalar::from(self.setup.terms.squared_bound())
    }

    fn verify(&self, lie: Lie) -> Result<(), VerifyError> {
        self.setup.verify(&STATEMENT, &self.prove(lie))
    }

    fn prove(&self, lie: Lie) -> Proof {
        let (terms, generators) = (&self.setup.terms, &self.setup.generators);
        let (mut transcript, one) = (STATEMENT.transcript(terms), Scalar::ONE);
        let mut tail: Vec<Scalar> = self.squares.to_vec();
        tail.resize(TAIL, Scalar::from(self.flood));
        let update = self.setup.commit_vector(&self.x, &one).point;
        let tail_commitment = self.setup.commit_tail(&tail, &one).point;
        let moved = Scalar::from(1_000_000u32) * generators.vector[0];
        let moved = if lie == (Lie::Moved { back: true }) { -moved } else { moved };
        let (update, tail_commitment): (RistrettoPoint, RistrettoPoint) = match lie {
            Lie::ValueInCommitment { .. } => (update + self.excess() * generators.value, tail_commitment),
            Lie::Moved { .. } => (update + moved, tail_commitment - moved),
            _ => (update, tail_commitment),
        };
        let commitments = Commitments { update: update.into(), tail: tail_commitment.into() };
        commitments.absorb(&mut transcript);

        let projection = Projection::new(transcript.seed("projection"), terms.padded() + SQUARES);
        let mut projections = [0; ROWS];
        for (row, projected) in projections.iter_mut().enumerate() {
            let columns = projection.combine(&std::array::from_fn(|other| Scalar::from(u8::from(other == row))));
            let sum: Scalar = columns.iter().zip(self.x.iter().chain(&self.squares)).map(|(bit, x)| bit * x).sum();
            if lie == Lie::Tail {
                *projected = self.flood;
                tail[SQUARES + row] = Scalar::from(self.flood) - sum;
            } else {
                *projected = u128::from_le_bytes(*(sum + tail[SQUARES + row]).as_bytes().first_chunk().unwrap());
            }
        }
        absorb_projections(&projections, &mut transcript);

        let relation = Relation::new(terms, &projection, transcript.challenge("rows"));
        let (s, s_tail) = (vec![Scalar::from(5u8); self.x.len()], vec![Scalar::from(7u8); TAIL]);
        let coefficients = [relation.mixed([&self.x, &tail], [&s, &s_tail]), relation.pure([&s, &s_tail])];
        let masks = Masks {
            vector: self.setup.commit_vector(&s, &one),
            tail: self.setup.commit_tail(&s_tail, &one),
            values: coefficients.map(|coefficient| self.setup.commit_value(&coefficient, &one)),
        };
        masks.absorb(&mut transcript);

        let point = transcript.challenge("point");
        let y: Vec<Scalar> = self.x.iter().zip(&s).map(|(x, s)| x + point * s).collect();
        let value = relation.vector_value(&y);
        let answers = Answers {
            vector_blinding: one + point,
            tail_blinding: one + point,
            value_blinding: point + point * point,
            value: match lie {
                Lie::Value | Lie::ValueInCommitment { .. } => value - self.excess(),
                _ => value,
            },
            tail: std::array::from_fn(|index| tail[index] + point * s_tail[index]),
        };
        answers.absorb(&mut transcript);

        let challenge = transcript.challenge("value");
        let challenge = if lie == (Lie::ValueInCommitment { challenged: false }) { one } else { challenge };
        let value = challenge * generators.value;
        let folding = fold(&mut transcript, &value, &generators.vector, &relation.vector, &y, self.setup.threads);
        Proof { commitments, projections, masks, answers, folding }
    }

    /// Whether all but the ranges of projections is as it should be.
    fn equations_hold(&self, lie: Lie) -> bool {
        self.setup.all_hold(&[(0, &STATEMENT, &self.prove(lie))])
    }
}

/// Numbers whose squares, with `x`'s, sum up to the bound's only modulo the order.
fn wrapping(x: u64) -> Option<[Scalar; SQUARES]> {
    let order: U256 = ORDER.parse().unwrap();
    let mut rest = order + U256::from(u64::from(BOUND).pow(2)) - U256::from(x * x);
    let roots = std::array::from_fn(|_| {
        let root = rest.root(2);
        rest -= root * root;
        Scalar::from_bytes_mod_order(root.to_le_bytes())
    });
    rest.is_zero().then_some(roots)
}

/// Twice as long as it may be, with squares of which the first wraps around.
fn wrapped() -> Liar {
    let (x, squares) = (200..300).find_map(|x| Some((x, wrapping(x)?))).unwrap();
    Liar { squares, ..Liar::new(&[x], &[]) }
}

#[test]
fn the_liar_can_tell_the_truth() {
    assert_eq!(Liar::new(&[60, 0, 80], &[]).verify(Lie::None), Ok(()));
    assert_eq!(Liar::new(&[60], &[80]).verify(Lie::None), Ok(()));
    // With projections as large as they may be.
    let largest = Liar { flood: (1 << BITS) - 201, ..Liar::new(&[60], &[80]) };
    assert_eq!(largest.verify(Lie::None), Ok(()));
}

#[test]
fn too_long_by_the_least() {
    assert_eq!(Liar::new(&[100, 1], &[]).verify(Lie::None), Err(VerifyError::Equations));
    assert_eq!(Liar::new(&[100], &[1]).verify(Lie::None), Err(VerifyError::Equations));
}

#[test]
fn a_value_that_the_form_does_not_have() {
    assert_eq!(Liar::new(&[200], &[]).verify(Lie::Value), Err(VerifyError::Equations));
}

#[test]
fn a_difference_hidden_in_the_commitment() {
    for challenged in [false, true] {
        let lie = Lie::ValueInCommitment { challenged };
        assert_eq!(Liar::new(&[200], &[]).verify(lie), Err(VerifyError::Equations));
    }
}

/// The equations hold, as they are modulo the order; the projections give it away.
#[test]
fn squares_that_wrap_around() {
    let liar = wrapped();
    assert_eq!(liar.excess(), Scalar::ZERO);
    assert!(liar.equations_hold(Lie::None));
    assert!(matches!(liar.verify(Lie::None), Err(VerifyError::Projection { .. })));
}

#[test]
fn a_projection_out_of_range() {
    let liar = Liar { flood: 1 << BITS, ..Liar::new(&[60], &[80]) };
    assert!(liar.equations_hold(Lie::None));
    assert_eq!(liar.verify(Lie::None), Err(VerifyError::Projection { row: 0 }));
}

/// What hides projections has to be fixed before they are known.
#[test]
fn a_tail_made_to_fit_the_projection() {
    assert_eq!(wrapped().verify(Lie::Tail), Err(VerifyError::Equations));
}

/// Entries that no update has hide nothing.
#[test]
fn squares_that_wrap_around_in_the_padding() {
    let mut liar = wrapped();
    liar.x[LENGTH as usize + 1] = std::mem::replace(&mut liar.squares[0], Scalar::ZERO);
    assert_eq!(liar.excess(), Scalar::ZERO);
    assert!(liar.equations_hold(Lie::None));
    assert!(matches!(liar.verify(Lie::None), Err(VerifyError::Projection { .. })));
}

/// Both commitments together would open.
#[test]
fn a_part_moved_between_commitments() {
    assert_eq!(Liar::new(&[60], &[80]).verify(Lie::Moved { back: false }), Err(VerifyError::Equations));
}

/// Two who are wrong by the same amount, the one upwards and the other downwards.
#[test]
fn liars_who_cancel_each_other() {
    let liar = Liar::new(&[60], &[80]);
    let proofs = [false, true].map(|back| liar.prove(Lie::Moved { back }));
    let claims = [(STATEMENT, &proofs[0]), (STATEMENT, &proofs[1])];
    let refused = liar.setup.verify_batch(&claims).unwrap_err();
    assert_eq!(refused.0, [(0, VerifyError::Equations), (1, VerifyError::Equations)]);
}
