//! Which nodes a thread computes its part of, one after the other, before it waits for others.

use super::prepare::Node;
use std::collections::{HashSet, VecDeque};

/// Nodes of which each takes the same part of those before it, and all of what others made.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// Positions of the nodes, in an order in which each finds its operands.
    pub nodes: Vec<usize>,
    /// Parts that all results can be cut into.
    pub units: usize,
    /// Whether the parts are of different sizes: other nodes would be cut elsewhere.
    uneven: bool,
    /// About how long it takes, in instructions on vectors.
    pub work: usize,
    /// Values from before it.
    pub takes: Vec<usize>,
    /// For each node, values of the segment that nothing takes after it.
    pub spent: Vec<Vec<usize>>,
    /// Values from before it that nothing takes after it.
    pub done: Vec<usize>,
}

/// Nodes do not join others if that leaves fewer parts than this.
const FEWEST_UNITS: usize = 8;
/// Nodes that others may overtake.
const OVERTAKEN: usize = 64;

/// What is known of the values while nodes are put into segments.
struct Schedule {
    /// Nodes that are still to take each value; one more for outputs.
    users: Vec<usize>,
    bytes: Vec<u64>,
    live: u64,
}

/// All nodes, in segments. A node goes before others that it does not depend on where it fits the segment at hand, and the values at a time do not
/// exceed `most` bytes through that.
pub(super) fn segments(nodes: &[Node], values: usize, outputs: &[usize], most: u64) -> Vec<Segment> {
    let mut schedule = Schedule { users: vec![0; values], bytes: vec![0; values], live: 0 };
    for node in nodes {
        node.operands.iter().for_each(|operand| schedule.users[*operand] += 1);
        schedule.bytes[node.value] = (node.len * node.dtype.bytes()) as u64;
    }
    outputs.iter().for_each(|output| schedule.users[*output] += 1);
    let mut missing: HashSet<usize> = nodes.iter().map(|node| node.value).collect();
    let mut rest: VecDeque<usize> = (0..nodes.len()).collect();
    let mut segments = Vec::new();
    while !rest.is_empty() {
        let (mut segment, mut own, mut overtaken) = (Segment::default(), HashSet::new(), Vec::new());
        while overtaken.len() < OVERTAKEN {
            let Some(index) = rest.pop_front() else { break };
            let node = &nodes[index];
            let fits = overtaken.is_empty() || schedule.live + schedule.bytes[node.value] <= most;
            if fits && segment.joins(node, &own, &missing) {
                segment.add(index, node, &mut own, &mut schedule);
            } else {
                overtaken.push(index);
            }
        }
        overtaken.into_iter().rev().for_each(|index| rest.push_front(index));
        segment.takes.sort_unstable();
        segment.takes.dedup();
        for value in &own {
            missing.remove(value);
        }
        segments.push(segment);
    }
    segments
}

impl Segment {
    /// Whether a node can be computed here: there is all that it takes, in parts only where it takes parts.
    fn joins(&self, node: &Node, own: &HashSet<usize>, missing: &HashSet<usize>) -> bool {
        let mut operands = node.operands.iter().enumerate();
        let there =
            operands.all(|(at, value)| !missing.contains(value) || (own.contains(value) && node.step.is_local(at)));
        there && (self.nodes.is_empty() || self.common(node).is_some())
    }

    /// Parts that the results of the nodes so far and of one more can be cut into, if that one does not take too many away.
    fn common(&self, node: &Node) -> Option<usize> {
        let units = gcd(self.units, node.units());
        let enough = units == self.units || units >= FEWEST_UNITS;
        (enough && !self.uneven && node.is_even()).then_some(units)
    }

    fn add(&mut self, index: usize, node: &Node, own: &mut HashSet<usize>, schedule: &mut Schedule) {
        if self.nodes.is_empty() {
            (self.units, self.uneven) = (node.units(), !node.is_even());
        } else {
            self.units = gcd(self.units, node.units());
        }
        self.nodes.push(index);
        self.work += node.step.work();
        own.insert(node.value);
        schedule.live += schedule.bytes[node.value];
        let mut spent = Vec::new();
        for value in &node.operands {
            let users = &mut schedule.users[*value];
            *users -= 1;
            let is_own = own.contains(value);
            if !is_own {
                self.takes.push(*value);
            }
            if *users == 0 {
                schedule.live -= schedule.bytes[*value];
                if is_own { spent.push(*value) } else { self.done.push(*value) }
            }
        }
        self.spent.push(spent);
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
