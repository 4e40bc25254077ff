use crate::scene::{WORKERS, prove, setup, statement};
use lux_norm_proof::{Proof, Refused, Statement, VerifyError};
use proptest::prelude::*;
use std::sync::LazyLock;

static PROOFS: LazyLock<Vec<Proof>> = LazyLock::new(|| {
    let setup = setup(3, 10);
    (0..WORKERS).map(|worker| prove(&setup, worker, &[i32::from(worker), -4, 1])).collect()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// All that are wrong are named, and nobody else.
    #[test]
    fn the_wrong_ones_are_named(liars in proptest::collection::btree_set(0..WORKERS, 0..4)) {
        let setup = setup(3, 10);
        // A liar shows another's proof.
        let shown = |worker: u16| if liars.contains(&worker) { (worker + 1) % WORKERS } else { worker };
        let claims: Vec<(Statement, &Proof)> =
            (0..WORKERS).map(|worker| (statement(worker), &PROOFS[usize::from(shown(worker))])).collect();
        let named = liars.iter().map(|liar| (usize::from(*liar), VerifyError::Equations)).collect::<Vec<_>>();
        let expected = if named.is_empty() { Ok(()) } else { Err(Refused(named)) };
        prop_assert_eq!(setup.verify_batch(&claims), expected);
    }
}

#[test]
fn no_proofs_and_one_twice() {
    let setup = setup(3, 10);
    assert_eq!(setup.verify_batch(&[]), Ok(()));
    let claim = (statement(2), &PROOFS[2]);
    assert_eq!(setup.verify_batch(&[claim, claim]), Ok(()));
}

/// What is refused before any equation is named like the others.
#[test]
fn both_kinds_of_refusal() {
    let setup = setup(3, 10);
    let mut bytes = PROOFS[1].encode();
    // The highest byte of the first projection.
    bytes[1 + 64 + 15] = 1;
    let wide = Proof::decode(&bytes, setup.terms()).unwrap();
    let claims = [(statement(0), &PROOFS[1]), (statement(1), &wide), (statement(2), &PROOFS[2])];
    let refused = setup.verify_batch(&claims).unwrap_err();
    assert_eq!(refused.0, [(0, VerifyError::Equations), (1, VerifyError::Projection { row: 0 })]);
    assert!(refused.to_string().starts_with("2 of the proofs are refused, the first at place 0"));
}
