//! Where the boxes of a graph go: rows by the longest way from an input, columns so that no line runs through a box.

use crate::Summary;
use std::collections::HashMap;

/// Place of a box. Its value goes down in its column as far as the row above its last user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub row: usize,
    pub column: usize,
}

/// Places of all, in their order.
pub(crate) fn layout(summaries: &[Summary]) -> Vec<Place> {
    let positions: HashMap<usize, usize> =
        summaries.iter().enumerate().map(|(at, summary)| (summary.value, at)).collect();
    let operands = |at: usize| summaries[at].operands.iter().map(|operand| positions[operand]);
    let mut rows = vec![0; summaries.len()];
    let mut last_use = vec![0; summaries.len()];
    for at in 0..summaries.len() {
        rows[at] = operands(at).map(|operand| rows[operand] + 1).max().unwrap_or(0);
        operands(at).for_each(|operand| last_use[operand] = last_use[operand].max(rows[at]));
    }
    let mut order: Vec<usize> = (0..summaries.len()).collect();
    order.sort_by_key(|at| rows[*at]);

    let mut places = vec![Place { row: 0, column: 0 }; summaries.len()];
    // The first row in which each column is free again.
    let mut free_from: Vec<usize> = Vec::new();
    for at in order {
        let row = rows[at];
        let wanted = operands(at).map(|operand| places[operand].column).min().unwrap_or(0);
        let free = free_from.iter().enumerate().filter(|(_, from)| **from <= row).map(|(column, _)| column);
        let column = free.min_by_key(|column| column.abs_diff(wanted)).unwrap_or(free_from.len());
        if column == free_from.len() {
            free_from.push(0);
        }
        free_from[column] = last_use[at].max(row + 1);
        places[at] = Place { row, column };
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn summary(value: usize, operands: Vec<usize>) -> Summary {
        let (constants, macs, weight_bytes) = (vec![], 0, 0);
        Summary { value, name: "Add", operands, constants, macs, weight_bytes, is_output: false }
    }

    proptest! {
        #[test]
        fn no_line_runs_through_a_box(picks in proptest::collection::vec(proptest::collection::vec(0usize..40, 0..3), 1..120)) {
            let operands = |at: usize, picks: Vec<usize>| picks.into_iter().filter(|pick| *pick < at).map(|pick| at - 1 - pick).collect();
            let summaries: Vec<_> =
                picks.into_iter().enumerate().map(|(at, picks)| summary(at, operands(at, picks))).collect();
            let places = layout(&summaries);
            for (at, summary) in summaries.iter().enumerate() {
                for operand in &summary.operands {
                    let from = places[*operand];
                    prop_assert!(from.row < places[at].row);
                    let crossed = places.iter().any(|box_| {
                        box_.column == from.column && (from.row + 1..places[at].row).contains(&box_.row)
                    });
                    prop_assert!(!crossed, "{operand} to {at}");
                }
                prop_assert!(!places[..at].contains(&places[at]), "two boxes in one place");
            }
        }
    }

    #[test]
    fn what_passes_a_node_has_a_column_of_its_own() {
        let summaries = [summary(0, vec![]), summary(1, vec![0]), summary(2, vec![1]), summary(3, vec![2, 0])];
        let places: Vec<_> = layout(&summaries).iter().map(|place| (place.row, place.column)).collect();
        assert_eq!(places, [(0, 0), (1, 1), (2, 1), (3, 0)]);
    }
}
