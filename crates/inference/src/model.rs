//! A model: the graph, its shapes and tables, and the commitments of its weights.

use crate::codec::{Field, MAGIC, Reader, fields};
use crate::limits::{MAX_MODEL_BYTES, MAX_PORTS, MAX_VALUES};
use crate::ops::{Operation, ValueId, Values};
use crate::plan::Plan;
use crate::{DType, ModelError, Scale, Shape, TensorType};
use alloc::vec::Vec;
use alloy_primitives::B256;

fields! {
    /// Values that a run is given.
    Input {
        dtype: DType,
        shape: Shape,
        scale: Scale,
    }
}

fields! {
    /// Weights: a blob of the elements, little-endian.
    Constant {
        dtype: DType,
        shape: Shape,
        commitment: B256,
    }
}

fields! {
    /// A value that a run returns.
    Output {
        value: ValueId,
        scale: Scale,
    }
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Definition {
    Input(Input),
    Constant(Constant),
    Node(Operation),
}

const INPUT: u8 = 0x80;
const CONSTANT: u8 = 0x81;

/// A checked model. Whatever its weights and its input are, a run neither overflows nor takes more than [`Plan`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    definitions: Vec<Definition>,
    outputs: Vec<Output>,
    types: Vec<TensorType>,
    plan: Plan,
}

impl Model {
    /// Values refer to those before them by position.
    ///
    /// # Errors
    ///
    /// If a node is not sound, a value is unused, or the model breaks a limit.
    pub fn new(definitions: Vec<Definition>, outputs: Vec<Output>) -> Result<Self, ModelError> {
        if definitions.len() > MAX_VALUES {
            return Err(ModelError::TooManyValues(definitions.len()));
        }
        let inputs = definitions.iter().filter(|definition| matches!(definition, Definition::Input(_))).count();
        for (what, count) in [("inputs", inputs), ("outputs", outputs.len())] {
            if !(1..=MAX_PORTS).contains(&count) {
                return Err(ModelError::Ports { what, count });
            }
        }
        let types = types(&definitions)?;
        for (index, output) in outputs.iter().enumerate() {
            if !matches!(definitions.get(usize::from(output.value)), Some(Definition::Node(_))) {
                return Err(ModelError::Output { output: index, value: output.value });
            }
        }
        let plan = Plan::new(&definitions, &outputs, &types)?;
        let model = Self { definitions, outputs, types, plan };
        let length = model.encode().len();
        if length > MAX_MODEL_BYTES { Err(ModelError::TooLong(length)) } else { Ok(model) }
    }

    /// # Errors
    ///
    /// If the bytes are not the encoding of a model, or it is not sound.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        if bytes.len() > MAX_MODEL_BYTES {
            return Err(ModelError::TooLong(bytes.len()));
        }
        let mut reader = Reader(bytes);
        if reader.take(MAGIC.len(), "its first bytes")? != MAGIC {
            return Err(ModelError::Magic);
        }
        let count = usize::from(u16::read(&mut reader, "the number of values")?);
        if count > MAX_VALUES {
            return Err(ModelError::TooManyValues(count));
        }
        let mut definitions = Vec::new();
        for index in 0..count {
            definitions.push(match reader.0.first() {
                Some(&INPUT | &CONSTANT) => match u8::read(&mut reader, "value")? {
                    INPUT => Definition::Input(Input::read(&mut reader, "input")?),
                    _ => Definition::Constant(Constant::read(&mut reader, "constant")?),
                },
                _ => Definition::Node(Operation::read(&mut reader, index)?),
            });
        }
        let count = u8::read(&mut reader, "the number of outputs")?;
        let outputs = (0..count).map(|_| Output::read(&mut reader, "output")).collect::<Result<_, _>>()?;
        if !reader.0.is_empty() {
            return Err(ModelError::TrailingBytes(reader.0.len()));
        }
        Self::new(definitions, outputs)
    }

    /// The only encoding of this model.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        (self.definitions.len() as u16).write(&mut out);
        for definition in &self.definitions {
            match definition {
                Definition::Input(input) => {
                    out.push(INPUT);
                    input.write(&mut out);
                }
                Definition::Constant(constant) => {
                    out.push(CONSTANT);
                    constant.write(&mut out);
                }
                Definition::Node(operation) => operation.write(&mut out),
            }
        }
        (self.outputs.len() as u8).write(&mut out);
        self.outputs.iter().for_each(|output| output.write(&mut out));
        out
    }

    /// The commitment of the encoding.
    pub fn hash(&self) -> B256 {
        crate::blob::commitment(&self.encode())
    }

    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// Of all values.
    pub fn types(&self) -> &[TensorType] {
        &self.types
    }

    /// What a run takes.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Inputs by their position among the values.
    pub fn inputs(&self) -> impl Iterator<Item = (usize, &Input)> {
        self.definitions.iter().enumerate().filter_map(|(index, definition)| match definition {
            Definition::Input(input) => Some((index, input)),
            _ => None,
        })
    }

    /// Constants by their position among the values.
    pub fn constants(&self) -> impl Iterator<Item = (usize, &Constant)> {
        self.definitions.iter().enumerate().filter_map(|(index, definition)| match definition {
            Definition::Constant(constant) => Some((index, constant)),
            _ => None,
        })
    }

    /// The constant at this position among the values.
    pub fn constant(&self, index: usize) -> Option<&Constant> {
        match self.definitions.get(index) {
            Some(Definition::Constant(constant)) => Some(constant),
            _ => None,
        }
    }

    /// Length of the input: the data of all inputs in order.
    pub fn input_bytes(&self) -> usize {
        self.inputs().map(|(index, _)| self.types[index].bytes()).sum()
    }

    /// Length of the output: the data of all outputs in order.
    pub fn output_bytes(&self) -> usize {
        self.outputs.iter().map(|output| self.types[usize::from(output.value)].bytes()).sum()
    }
}

/// Types of all values; a node that is not sound has none.
fn types(definitions: &[Definition]) -> Result<Vec<TensorType>, ModelError> {
    let mut types = Vec::with_capacity(definitions.len());
    for (node, definition) in definitions.iter().enumerate() {
        let result = match definition {
            Definition::Input(Input { dtype, shape, .. }) | Definition::Constant(Constant { dtype, shape, .. }) => {
                TensorType { dtype: *dtype, shape: shape.clone() }
            }
            Definition::Node(operation) => {
                let problem = |problem| ModelError::Node { node, operation: operation.name(), problem };
                operation.check(&Values { types: &types, definitions }).map_err(problem)?
            }
        };
        types.push(result);
    }
    Ok(types)
}
