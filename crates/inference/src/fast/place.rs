//! What a thread computes with.

use super::part::Part;
use super::prepare::{Node, Prepared};
use super::segments::Segment;
use super::spares::Spares;
use super::steps::{BadIndex, Operands};
use crate::Tensor;
use std::ops::Range;
use std::sync::Arc;

/// The values that a thread has, and buffers for more.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub values: Vec<Option<Arc<Tensor>>>,
    pub spares: Spares,
}

/// A node whose index is outside of its table.
pub(super) type BadNode = (usize, BadIndex);

impl Place {
    pub fn value(&self, prepared: &Prepared, value: usize) -> Arc<Tensor> {
        let found = self.values[value].as_ref().or(prepared.constants[value].as_ref());
        found.expect("checked: nodes take what is before them, until the last one has").clone()
    }

    /// Computes some units of a segment. Results have room for all of them, so that they are where they belong.
    pub fn compute(&mut self, prepared: &Prepared, segment: &Segment, units: Range<usize>) -> Result<(), BadNode> {
        for (index, spent) in segment.nodes.iter().zip(&segment.spent) {
            let node = &prepared.nodes[*index];
            let operands: Operands = node.operands.iter().map(|operand| self.value(prepared, *operand)).collect();
            let mut result = self.spares.take(node.dtype, node.len);
            let range = elements(node, segment, &units);
            let part = Part::of(&mut result, range.start, range.len());
            node.step.compute(&operands, range.start, part).map_err(|bad| (*index, bad))?;
            drop(operands);
            self.values[node.value] = Some(Arc::new(result));
            self.release(spent.iter().copied());
        }
        Ok(())
    }

    /// Takes over what others computed of a segment, and gives the buffers back to them.
    pub fn join(&mut self, prepared: &Prepared, segment: &Segment, units: Range<usize>, other: &mut Self) {
        for index in &segment.nodes {
            let node = &prepared.nodes[*index];
            let Some(theirs) = other.values[node.value].take() else { continue };
            let own = self.values[node.value].as_mut().and_then(Arc::get_mut).expect("nobody else has it yet");
            let range = elements(node, segment, &units);
            Part::of(own, range.start, range.len()).copy(&theirs, range.start);
            other.spares.release(theirs);
        }
    }

    /// Keeps the buffers of values that nobody takes any more.
    pub fn release(&mut self, values: impl IntoIterator<Item = usize>) {
        for value in values {
            self.values[value].take().into_iter().for_each(|value| self.spares.release(value));
        }
    }
}

/// The part of a node's result that these units are.
fn elements(node: &Node, segment: &Segment, units: &Range<usize>) -> Range<usize> {
    node.start(units.start, segment.units)..node.start(units.end, segment.units)
}
