//! Rules against their plain definitions, their bounds, and what does not depend on the order of workers.

use crate::noise::Noise;
use crate::scene::run;
use lux_training::limits::{MAX_COORDINATE, MAX_POINTS, MAX_WORKERS};
use lux_training::{Rule, RuleError, Slices};
use proptest::prelude::*;

fn krum(updates: &[Vec<i32>], faults: usize, selected: usize) -> Vec<usize> {
    let score = |x: &Vec<i32>, at: usize| {
        let others = updates.iter().enumerate().filter(|(other, _)| *other != at);
        let squares = |y: &Vec<i32>| x.iter().zip(y).map(|(x, y)| i128::from(x - y).pow(2)).sum::<i128>();
        let mut distances: Vec<i128> = others.map(|(_, y)| squares(y)).collect();
        distances.sort_unstable();
        distances[..updates.len() - faults - 2].iter().sum::<i128>()
    };
    let mut order: Vec<(i128, usize)> = updates.iter().enumerate().map(|(at, x)| (score(x, at), at)).collect();
    order.sort_unstable();
    let mut chosen: Vec<usize> = order[..selected].iter().map(|(_, at)| *at).collect();
    chosen.sort_unstable();
    chosen
}

/// To the nearest integer, halves up, without the arithmetic of the crate.
fn rounded(sum: i128, count: i128) -> i32 {
    ((2 * sum + count) as f64 / (2 * count) as f64).floor() as i32
}

fn rows() -> impl Strategy<Value = (Vec<Vec<i32>>, u32)> {
    (3usize..14, 1usize..2_200, 1u32..1 << 20, any::<u64>()).prop_map(|(workers, length, most, seed)| {
        let mut noise = Noise(seed);
        ((0..workers).map(|_| noise.vector(length, most as i32)).collect(), noise.bits() as u32)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn krum_is_its_definition((updates, choice) in rows()) {
        let n = updates.len() as u32;
        let faults = choice % ((n - 3) / 2 + 1);
        let selected = choice / 7 % (n - faults - 2) + 1;
        let (out, outcome) = run(Rule::Krum { faults, selected }, &updates, &vec![1; n as usize]).unwrap();
        prop_assert_eq!(&outcome.accepted, &krum(&updates, faults as usize, selected as usize));
        let sum = |at: usize| outcome.accepted.iter().map(|worker| i128::from(updates[*worker][at])).sum::<i128>();
        let expected: Vec<i32> = (0..out.len()).map(|at| rounded(sum(at), i128::from(selected))).collect();
        prop_assert_eq!(out, expected);
    }

    #[test]
    fn columns_are_their_definitions((updates, choice) in rows()) {
        let n = updates.len();
        let points: Vec<u32> = (0..n as u32).map(|worker| choice.rotate_left(worker) % 1_000 + 1).collect();
        let trim = choice as usize % n.div_ceil(2);
        let (mean, _) = run(Rule::Mean { cap: 500 }, &updates, &points).unwrap();
        let (median, _) = run(Rule::Median, &updates, &points).unwrap();
        let (trimmed, _) = run(Rule::TrimmedMean { trim: trim as u32 }, &updates, &points).unwrap();
        let total: u32 = points.iter().map(|points| points.min(&500)).sum();
        for at in 0..mean.len() {
            let mut column: Vec<i128> = updates.iter().map(|update| i128::from(update[at])).collect();
            let weighted = column.iter().zip(&points).map(|(x, points)| x * i128::from(*points.min(&500))).sum::<i128>();
            prop_assert_eq!(mean[at], rounded(weighted, i128::from(total)));
            column.sort_unstable();
            let middle = column[n / 2] + column[(n - 1) / 2];
            prop_assert_eq!(median[at], rounded(middle, 2));
            let kept = &column[trim..n - trim];
            prop_assert_eq!(trimmed[at], rounded(kept.iter().sum(), kept.len() as i128));
        }
    }

    /// Krum with two neighbours or more has no ties among random updates.
    #[test]
    fn order_of_workers_does_not_matter((updates, choice) in rows().prop_filter("neighbours", |(rows, _)| rows.len() > 5)) {
        let n = updates.len();
        let order: Vec<usize> = (0..n).map(|at| (at * 5 + choice as usize) % n).collect();
        prop_assume!(n % 5 != 0);
        let moved: Vec<Vec<i32>> = order.iter().map(|worker| updates[*worker].clone()).collect();
        let faults = ((n - 3) / 2).min(n - 4) as u32;
        for rule in [Rule::Median, Rule::TrimmedMean { trim: 1 }, Rule::Mean { cap: 9 }, Rule::Krum { faults, selected: 1 }] {
            let (out, outcome) = run(rule, &updates, &vec![3; n]).unwrap();
            let (out_moved, outcome_moved) = run(rule, &moved, &vec![3; n]).unwrap();
            prop_assert_eq!(out, out_moved);
            let mut accepted: Vec<usize> = outcome_moved.accepted.iter().map(|at| order[*at]).collect();
            accepted.sort_unstable();
            prop_assert_eq!(outcome.accepted, accepted);
            let scores: Vec<_> = order.iter().map(|worker| outcome.scores[*worker]).collect();
            prop_assert_eq!(scores, outcome_moved.scores);
        }
    }
}

#[test]
fn bounds_are_enforced() {
    for faults in 0..5u32 {
        let (krum, bulyan) = (2 * faults as usize + 3, 4 * faults as usize + 3);
        let krum_rule = Rule::Krum { faults, selected: 1 };
        assert_eq!(krum_rule.check(krum), Ok(()));
        assert_eq!(krum_rule.check(krum - 1), Err(RuleError::TooFewWorkers { workers: krum - 1, needed: krum }));
        let rule = Rule::Bulyan { faults };
        assert_eq!(rule.check(bulyan), Ok(()));
        assert_eq!(rule.check(bulyan - 1), Err(RuleError::TooFewWorkers { workers: bulyan - 1, needed: bulyan }));
        let rule = Rule::TrimmedMean { trim: faults };
        assert_eq!(rule.check(2 * faults as usize + 1), Ok(()));
        assert!(rule.check(2 * faults as usize).is_err());
    }
    assert!(Rule::Krum { faults: 1, selected: 5 }.check(8).is_ok());
    assert!(Rule::Krum { faults: 1, selected: 6 }.check(8).is_err());
    assert!(Rule::Krum { faults: 1, selected: 0 }.check(8).is_err());
    assert!(Rule::Krum { faults: u32::MAX, selected: 1 }.check(8).is_err());
    assert_eq!(Rule::Median.check(MAX_WORKERS + 1), Err(RuleError::TooManyWorkers(MAX_WORKERS + 1)));
    assert!(Rule::Median.check(0).is_err());
    assert!(Rule::Mean { cap: 0 }.check(1).is_err());
    assert!(Rule::Mean { cap: MAX_POINTS + 1 }.check(1).is_err());
    assert_eq!(run(Rule::Mean { cap: 1 }, &[vec![1]], &[0]), Err(RuleError::NoPoints));
    assert_eq!(run(Rule::Median, &[vec![1]], &[]), Err(RuleError::Points { points: 0, workers: 1 }));
}

/// What is invalid takes no part: a round at its rule's bound ends with the first.
#[test]
fn slack_for_invalid_contributions() {
    let krum = Rule::Krum { faults: 2, selected: 1 };
    assert_eq!(krum.check_with_invalid(7, 0), Ok(()));
    assert_eq!(krum.check_with_invalid(7, 1), Err(RuleError::TooFewWorkers { workers: 6, needed: 7 }));
    assert_eq!(krum.check_with_invalid(9, 2), Ok(()));
    assert!(krum.check_with_invalid(9, 3).is_err());
    assert!(krum.check_with_invalid(9, usize::MAX).is_err());
    // As many as can be selected of all cannot be of fewer.
    let most = Rule::Krum { faults: 1, selected: 5 };
    assert_eq!(most.check_with_invalid(8, 0), Ok(()));
    assert!(matches!(most.check_with_invalid(8, 1), Err(RuleError::Selected { most: 4, .. })));
    assert!(Rule::Median.check_with_invalid(MAX_WORKERS + 1, 2).is_err(), "all of them may be valid");
}

#[test]
fn ties_go_to_the_lowest_index() {
    let updates = vec![vec![5; 3], vec![9; 3], vec![9; 3], vec![5; 3], vec![7; 3]];
    let (_, outcome) = run(Rule::Krum { faults: 1, selected: 1 }, &updates, &[1; 5]).unwrap();
    assert_eq!(outcome.accepted, [0], "0 to 3 are as near to their nearest and to the middle");
    let (out, outcome) = run(Rule::Bulyan { faults: 0 }, &updates[..3], &[1; 3]).unwrap();
    assert_eq!((out, outcome.accepted), (vec![8; 3], vec![0, 1, 2]));
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let most = MAX_COORDINATE;
    let updates: Vec<Vec<i32>> =
        (0..MAX_WORKERS).map(|worker| vec![if worker % 2 == 0 { most } else { -most }; 1_030]).collect();
    let points = vec![MAX_POINTS; MAX_WORKERS];
    let (mean, outcome) = run(Rule::Mean { cap: MAX_POINTS }, &updates, &points).unwrap();
    assert!(mean.iter().all(|x| *x == 0));
    assert!(outcome.scores.iter().all(|score| score.distance == 1 << 16 && score.cosine == 0));
    let same = vec![vec![-most; 1_030]; MAX_WORKERS];
    assert!(run(Rule::Mean { cap: MAX_POINTS }, &same, &points).unwrap().0.iter().all(|x| *x == -most));
    let (out, outcome) = run(Rule::Krum { faults: 500, selected: 1 }, &updates, &points).unwrap();
    assert_eq!((out[0], outcome.accepted), (most, vec![0]));
    let (_, outcome) = run(Rule::Median, &same[..3], &[1; 3]).unwrap();
    assert_eq!((outcome.scores[0].distance, outcome.scores[0].cosine), (0, 1 << 14));
}

#[test]
fn what_is_out_of_range_is_refused() {
    let updates = [[MAX_COORDINATE, -MAX_COORDINATE], [0, MAX_COORDINATE + 1], [i32::MIN, 0]];
    assert!(Slices::new(&[&updates[0]]).is_some());
    assert!(Slices::new(&[&updates[0], &updates[1]]).is_none());
    assert!(Slices::new(&[&updates[2]]).is_none());
    assert!(Slices::new(&[&[1, 2], &[1]]).is_none());
}
