//! What a person wants to know of each value of a model.

use lux_inference::{Definition, Model};

/// An input or a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Position among the model's values.
    pub value: usize,
    /// Name of the operation, or `Input`.
    pub name: &'static str,
    /// Operands that are inputs or results of nodes.
    pub operands: Vec<usize>,
    /// Operands that are constants.
    pub constants: Vec<usize>,
    pub macs: u64,
    /// Bytes of the constants.
    pub weight_bytes: u64,
    pub is_output: bool,
}

/// Inputs and nodes in order.
pub fn summarize(model: &Model) -> Vec<Summary> {
    let summary = |(value, definition): (usize, &Definition)| {
        let (name, operands) = match definition {
            Definition::Constant(_) => return None,
            Definition::Input(_) => ("Input", Vec::new()),
            Definition::Node(operation) => (operation.name(), operation.operands()),
        };
        let operands = operands.into_iter().map(usize::from);
        let (constants, operands): (Vec<_>, Vec<_>) = operands.partition(|operand| model.constant(*operand).is_some());
        let weight_bytes = constants.iter().map(|constant| model.types()[*constant].bytes() as u64).sum();
        let macs = model.cost(value).map_or(0, |cost| cost.macs);
        let is_output = model.outputs().iter().any(|output| usize::from(output.value) == value);
        Some(Summary { value, name, operands, constants, macs, weight_bytes, is_output })
    };
    model.definitions().iter().enumerate().filter_map(summary).collect()
}
