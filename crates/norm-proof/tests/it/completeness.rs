use crate::scene::{blinding, prove, setup, statement, terms};
use lux_norm_proof::{MAX_BOUND, MAX_LENGTH, Proof, ProveError, Setup, Terms, TermsError};
use lux_training::{Clip, FixedPoint};
use proptest::prelude::*;
use std::num::NonZero;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever clipping leaves can be proven, on any number of threads with the same result.
    #[test]
    fn clipped_updates(
        values in proptest::collection::vec(-2_000f32..2_000.0, 1..70), bound in 1u32..100_000, threads in 1usize..4,
    ) {
        let mut update = FixedPoint::new(8).unwrap().encode(&values).unwrap();
        Clip::new(bound.into()).unwrap().apply(&mut update);
        let terms = terms(update.len() as u32, bound);
        let setup = Setup::new(terms, NonZero::new(threads).unwrap());
        let proof = prove(&setup, 3, &update);
        prop_assert_eq!(setup.verify(&statement(3), &proof), Ok(()));
        let bytes = proof.encode();
        prop_assert_eq!(bytes.len(), Proof::size(&terms));
        prop_assert_eq!(Proof::decode(&bytes, &terms), Ok(proof.clone()));
        prop_assert_eq!(prove(&crate::scene::setup(terms.length(), bound), 3, &update), proof);
    }

    /// Exactly the updates that are short enough.
    #[test]
    fn the_bound_is_exact(update in proptest::collection::vec(-40i32..=40, 4), bound in 1u32..80) {
        let squared_norm: u128 = update.iter().map(|x| u128::from(x.unsigned_abs()).pow(2)).sum();
        let setup = setup(4, bound);
        match setup.prove(&statement(0), &update, &blinding(0)) {
            Ok(proof) => {
                prop_assert!(squared_norm <= u128::from(bound).pow(2));
                prop_assert_eq!(setup.verify(&statement(0), &proof), Ok(()));
            }
            Err(error) => {
                prop_assert!(squared_norm > u128::from(bound).pow(2));
                prop_assert_eq!(error, ProveError::TooLong { squared_norm, bound });
            }
        }
    }
}

#[test]
fn the_largest_numbers() {
    let terms = Terms::new::<u64>(3, MAX_BOUND, u16::MAX).unwrap();
    let setup = Setup::new(terms, NonZero::<usize>::MIN);
    for update in [[i32::MAX, 0, 0], [-i32::MAX, 0, 0], [0, 0, 0], [1_000_000_000, -1_000_000_000, 1_000_000_000]] {
        assert_eq!(setup.verify(&statement(1), &prove(&setup, 1, &update)), Ok(()));
    }
    for update in [[i32::MIN, 0, 0], [i32::MIN; 3], [i32::MAX, 1, 0]] {
        let refused = setup.prove(&statement(1), &update, &blinding(1));
        assert!(matches!(refused, Err(ProveError::TooLong { .. })));
    }
    let short = setup.prove(&statement(1), &[1, 2], &blinding(1));
    assert_eq!(short, Err(ProveError::Length { found: 2, expected: 3 }));
}

#[test]
fn terms_that_cannot_be() {
    assert_eq!(Terms::new::<u32>(0, 1, 3), Err(TermsError::Length(0)));
    assert_eq!(Terms::new::<u32>(MAX_LENGTH + 1, 1, 3), Err(TermsError::Length(MAX_LENGTH + 1)));
    assert_eq!(Terms::new::<u32>(1, 0, 3), Err(TermsError::Bound(0)));
    assert_eq!(Terms::new::<u64>(1, MAX_BOUND + 1, 3), Err(TermsError::Bound(MAX_BOUND + 1)));
    // Sums of four reach 2^31 with 2^29 each, and a little less does not.
    let error = TermsError::Sum { workers: 4, bound: 1 << 29, bits: 32 };
    assert_eq!(Terms::new::<u32>(1, 1 << 29, 4), Err(error));
    assert!(Terms::new::<u32>(1, (1 << 29) - 1, 4).is_ok());
    assert!(Terms::new::<u64>(MAX_LENGTH, MAX_BOUND, u16::MAX).is_ok());
}
