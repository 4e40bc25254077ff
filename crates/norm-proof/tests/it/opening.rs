use crate::scene::{WORKERS, blinding, prove, setup};
use lux_norm_proof::{Element, OpenError, Proof, Setup, Terms, Word};
use proptest::prelude::*;
use std::num::NonZero;

const BOUND: u32 = 50_000_000;

fn add<W: Copy>(sum: &mut [W], entries: &[W], add: impl Fn(W, W) -> W) {
    sum.iter_mut().zip(entries).for_each(|(sum, entry)| *sum = add(*sum, *entry));
}

fn opens<W: Word>(setup: &Setup, updates: &[Vec<i32>], wrapping_add: impl Fn(W, W) -> W + Copy) {
    let mut sum = blinding(0).entries::<W>(&updates[0]);
    let mut commitments = vec![*prove(setup, 0, &updates[0]).commitment()];
    for (worker, update) in (0..).zip(updates).skip(1) {
        add(&mut sum, &blinding(worker).entries::<W>(update), wrapping_add);
        commitments.push(*prove(setup, worker, update).commitment());
    }
    let plain: Vec<i64> =
        (0..updates[0].len()).map(|entry| updates.iter().map(|update| i64::from(update[entry])).sum()).collect();
    assert_eq!(setup.open(&commitments, &sum), Ok(plain));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn sums_of_updates(
        updates in proptest::collection::vec(proptest::collection::vec(-20_000_000i32..20_000_000, 6), 1..5),
    ) {
        opens(&setup(6, BOUND), &updates, u32::wrapping_add);
        let wide = Terms::new::<u64>(6, BOUND, u16::MAX).unwrap();
        opens(&Setup::new(wide, NonZero::<usize>::MIN), &updates, u64::wrapping_add);
    }
}

/// As large as the words take.
#[test]
fn extreme_sums() {
    let most = (i32::MAX / i32::from(WORKERS)) as u32;
    let setup = setup(2, most);
    for coordinate in [most as i32, -(most as i32)] {
        opens(&setup, &vec![vec![coordinate, 0]; WORKERS.into()], u32::wrapping_add);
    }
}

#[test]
fn every_entry_and_every_commitment_counts() {
    let setup = setup(3, 100);
    let updates = [[1, 2, 3], [-30, 0, 40], [0, 0, 0]];
    let commitments: Vec<Element> =
        (0..).zip(&updates).map(|(worker, update)| *prove(&setup, worker, update).commitment()).collect();
    let mut sum = vec![0u32; setup.terms().entries() as usize];
    for (worker, update) in (0..).zip(&updates) {
        add(&mut sum, &blinding(worker).entries(update), u32::wrapping_add);
    }
    assert_eq!(setup.open(&commitments, &sum), Ok(vec![-29, 2, 43]));
    for entry in 0..sum.len() {
        for change in [1, 1 << 31, u32::MAX] {
            let mut other = sum.clone();
            other[entry] = other[entry].wrapping_add(change);
            assert_eq!(setup.open(&commitments, &other), Err(OpenError::Mismatch), "entry {entry}");
        }
    }
    assert_eq!(setup.open(&commitments[1..], &sum), Err(OpenError::Mismatch));
    assert_eq!(setup.open(commitments.iter().chain(&commitments[..1]), &sum), Err(OpenError::Mismatch));
    let expected = setup.terms().entries();
    let found = sum.len() - 1;
    assert_eq!(setup.open(&commitments, &sum[1..]), Err(OpenError::Length { found, expected }));
}

/// Commitments of another implementation come as bytes.
#[test]
fn commitments_as_bytes() {
    let setup = setup(3, 100);
    let proof: Proof = prove(&setup, 0, &[1, 2, 3]);
    assert_eq!(Element::decode(*proof.commitment().as_bytes()).as_ref(), Ok(proof.commitment()));
    assert!(Element::decode([0xff; 32]).is_err());
}
