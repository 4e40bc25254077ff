//! What a run takes, known before it begins.

use crate::limits::{MAX_MACS, MAX_PEAK_BYTES};
use crate::model::{Definition, Output};
use crate::ops::Values;
use crate::{ModelError, TensorType};
use alloc::{vec, vec::Vec};

/// Cost of a run, and how long each value is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Multiply-accumulates; operations without them count the elements they look at.
    pub macs: u64,
    /// Most bytes of activations and buffers at a time.
    pub peak_bytes: u64,
    /// Bytes of all constants.
    pub constant_bytes: u64,
    /// For each value, the last node that takes it; an output is needed by a node beyond the last.
    pub(crate) last_use: Vec<usize>,
}

impl Plan {
    pub(crate) fn new(
        definitions: &[Definition],
        outputs: &[Output],
        types: &[TensorType],
    ) -> Result<Self, ModelError> {
        let last_use = last_uses(definitions, outputs)?;
        let values = Values { types, definitions };
        let bytes = |index: usize| types[index].bytes() as u64;
        let is_constant = |index: &usize| matches!(definitions[*index], Definition::Constant(_));
        let inputs = (0..definitions.len()).filter(|index| matches!(definitions[*index], Definition::Input(_)));
        let given: u64 = inputs.map(bytes).sum();
        let (mut live, mut macs, mut peak) = (given, 0u64, given);
        for (node, definition) in definitions.iter().enumerate() {
            let Definition::Node(operation) = definition else { continue };
            let cost = operation.cost(&values, &types[node]);
            macs = macs.saturating_add(cost.macs);
            live += bytes(node);
            peak = peak.max(live.saturating_add(cost.scratch));
            let mut done = operation.operands();
            done.sort_unstable();
            done.dedup();
            let done = done.into_iter().map(usize::from).filter(|operand| last_use[*operand] == node);
            live -= done.filter(|operand| !is_constant(operand)).map(bytes).sum::<u64>();
        }
        let returned: u64 = outputs.iter().map(|output| bytes(usize::from(output.value))).sum();
        // The bytes of the input stay where they are until the end.
        let peak_bytes = peak.max(live + returned) + given;
        if macs > MAX_MACS {
            return Err(ModelError::TooMuchWork(macs));
        }
        if peak_bytes > MAX_PEAK_BYTES {
            return Err(ModelError::TooMuchMemory(peak_bytes));
        }
        let constant_bytes = (0..definitions.len()).filter(is_constant).map(bytes).sum();
        Ok(Self { macs, peak_bytes, constant_bytes, last_use })
    }
}

fn last_uses(definitions: &[Definition], outputs: &[Output]) -> Result<Vec<usize>, ModelError> {
    let mut last_use = vec![None; definitions.len()];
    for (node, definition) in definitions.iter().enumerate() {
        if let Definition::Node(operation) = definition {
            operation.operands().into_iter().for_each(|operand| last_use[usize::from(operand)] = Some(node));
        }
    }
    outputs.iter().for_each(|output| last_use[usize::from(output.value)] = Some(definitions.len()));
    let used = |(index, last): (usize, Option<usize>)| last.ok_or(ModelError::Unused(index));
    last_use.into_iter().enumerate().map(used).collect()
}
