//! What each node of a model takes.

use crate::ops::{Cost, Values};
use crate::{Definition, Model};

impl Model {
    /// What the node at this position among the values takes; `None` for inputs, constants, and positions beyond the last.
    /// The sum of all `macs` is that of the plan.
    pub fn cost(&self, node: usize) -> Option<Cost> {
        let (definitions, types) = (self.definitions(), self.types());
        match definitions.get(node) {
            Some(Definition::Node(operation)) => Some(operation.cost(&Values { types, definitions }, &types[node])),
            _ => None,
        }
    }
}
