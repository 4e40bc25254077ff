//! A proof is of one round, one worker, one vector, under one job's terms, and has one encoding.

use crate::scene::{WORKERS, prove, setup, statement, terms};
use alloy_primitives::B256;
use lux_norm_proof::{DecodeError, Proof, Setup, Statement, Terms, VerifyError};
use proptest::prelude::*;
use std::num::NonZero;

const UPDATE: [i32; 3] = [6, -7, 0];

#[test]
fn replays() {
    let setup = setup(3, 10);
    let proof = prove(&setup, 4, &UPDATE);
    let statement = statement(4);
    let others = [
        Statement { round: B256::repeat_byte(2), ..statement },
        Statement { worker: 5, ..statement },
        Statement { vector: B256::repeat_byte(9), ..statement },
    ];
    assert_eq!(setup.verify(&statement, &proof), Ok(()));
    for other in others {
        assert_eq!(setup.verify(&other, &proof), Err(VerifyError::Equations));
    }
}

/// Also under terms that are easier, and with as many folds.
#[test]
fn other_terms() {
    let proof = prove(&setup(3, 10), 4, &UPDATE);
    for other in [terms(3, 11), terms(3, 9), terms(4, 10)] {
        assert_eq!(Proof::size(&other), proof.encode().len());
        let other = Setup::new(other, NonZero::<usize>::MIN);
        assert_eq!(other.verify(&statement(4), &proof), Err(VerifyError::Equations));
    }
    // What more workers would change is the words that sums need, not what one proves.
    let more = Setup::new(Terms::new::<u64>(3, 10, WORKERS + 1).unwrap(), NonZero::<usize>::MIN);
    assert_eq!(more.verify(&statement(4), &proof), Ok(()));
}

/// A proof that was decoded under longer terms holds under them alone.
#[test]
fn other_lengths() {
    let (short, long) = (setup(3, 10), setup(8, 10));
    let proof = prove(&long, 4, &[6, -7, 0, 0, 0, 0, 0, 0]);
    assert_eq!(short.verify(&statement(4), &proof), Err(VerifyError::Folds { found: 3, expected: 2 }));
    let proof = prove(&short, 4, &UPDATE);
    assert_eq!(long.verify(&statement(4), &proof), Err(VerifyError::Folds { found: 2, expected: 3 }));
}

/// One bit of every 16 bytes, and so of every field.
#[test]
fn every_field_counts() {
    let setup = setup(3, 10);
    let terms = setup.terms();
    let bytes = prove(&setup, 4, &UPDATE).encode();
    let (mut undecoded, mut refused) = (0, 0);
    for start in (0..bytes.len()).step_by(16) {
        let mut changed = bytes.clone();
        changed[start + (start / 16) % 16.min(bytes.len() - start)] ^= 1 << (start / 16 % 8);
        match Proof::decode(&changed, terms) {
            Err(_) => undecoded += 1,
            Ok(proof) => {
                assert_ne!(setup.verify(&statement(4), &proof), Ok(()), "changed at {start}");
                refused += 1;
            }
        }
    }
    assert!(undecoded > 0 && refused > 300, "{undecoded} and {refused}");
}

#[test]
fn bytes_that_are_no_proof() {
    let setup = setup(3, 10);
    let terms = setup.terms();
    let bytes = prove(&setup, 4, &UPDATE).encode();
    let expected = bytes.len();
    for found in [0, 1, expected - 1, expected + 1, 10 * expected] {
        let mut other = bytes.clone();
        other.resize(found, 0);
        assert_eq!(Proof::decode(&other, terms), Err(DecodeError::Length { found, expected }));
    }
    let with = |place: usize, byte: u8| {
        let mut other = bytes.clone();
        other[place] = byte;
        Proof::decode(&other, terms)
    };
    assert_eq!(with(0, 2), Err(DecodeError::Version(2)));
    // Odd numbers are negative, which no encoding of an element is.
    assert_eq!(with(1, bytes[1] | 1), Err(DecodeError::Element("commitment")));
    assert_eq!(with(expected - 1, 0xff), Err(DecodeError::Scalar("last entry")));
}

proptest! {
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), Proof::size(&terms(1, 10)))) {
        let mut bytes = bytes;
        bytes[0] = 1;
        if let Ok(proof) = Proof::decode(&bytes, &terms(1, 10)) {
            prop_assert_eq!(proof.encode(), bytes);
        }
    }
}
