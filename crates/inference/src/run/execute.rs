//! A run, node by node.

use super::{Backend, Product, Right, RunError};
use crate::model::{Definition, Model};
use crate::ops::ValueId;
use crate::{DType, Tensor, TensorType};
use alloc::{rc::Rc, vec, vec::Vec};

/// A run in progress.
pub struct Run<'a, B> {
    model: &'a Model,
    backend: &'a mut B,
    values: Vec<Option<Rc<Tensor>>>,
}

/// Output of `model` for `input`: the data of all outputs in order.
///
/// # Errors
///
/// If the input is none for this model, or the backend lacks weights.
pub fn execute<B: Backend>(model: &Model, input: &[u8], backend: &mut B) -> Result<Vec<u8>, RunError<B::Error>> {
    let (found, expected) = (input.len(), model.input_bytes());
    if found != expected {
        return Err(RunError::InputLength { found, expected });
    }
    let mut run = Run { model, backend, values: vec![None; model.types().len()] };
    let mut rest = input;
    for (index, _) in model.inputs() {
        let (data, tail) = rest.split_at(model.types()[index].bytes());
        run.values[index] = Some(Rc::new(Tensor::from_bytes(model.types()[index].dtype, data)));
        rest = tail;
    }
    for (node, definition) in model.definitions().iter().enumerate() {
        if let Definition::Node(operation) = definition {
            let result = operation.run(&mut run, &model.types()[node])?;
            run.values[node] = Some(Rc::new(result));
            for operand in operation.operands().into_iter().map(usize::from) {
                if model.plan().last_use[operand] == node {
                    run.values[operand] = None;
                }
            }
        }
    }
    let mut out = Vec::with_capacity(model.output_bytes());
    for output in model.outputs() {
        run.tensor(output.value)?.write_bytes(&mut out);
    }
    Ok(out)
}

impl<B: Backend> Run<'_, B> {
    pub(crate) fn type_of(&self, value: ValueId) -> &TensorType {
        &self.model.types()[usize::from(value)]
    }

    /// All elements of a value.
    pub(crate) fn tensor(&mut self, value: ValueId) -> Result<Rc<Tensor>, RunError<B::Error>> {
        if let Some(tensor) = &self.values[usize::from(value)] {
            return Ok(tensor.clone());
        }
        let elements = self.type_of(value).shape.elements();
        self.constant(value, 0, elements).map(Rc::new)
    }

    /// Some elements of a value.
    pub(crate) fn elements(&mut self, value: ValueId, start: usize, len: usize) -> Result<Tensor, RunError<B::Error>> {
        match &self.values[usize::from(value)] {
            Some(tensor) => Ok(tensor.slice(start, len)),
            None => self.constant(value, start, len),
        }
    }

    fn constant(&mut self, value: ValueId, start: usize, len: usize) -> Result<Tensor, RunError<B::Error>> {
        let dtype = self.type_of(value).dtype;
        let mut bytes = vec![0; len * dtype.bytes()];
        self.backend.read(value.into(), start * dtype.bytes(), &mut bytes).map_err(RunError::Weights)?;
        Ok(Tensor::from_bytes(dtype, &bytes))
    }

    /// A constant of this type, as the model was checked to have.
    pub(crate) fn i32s(&mut self, value: ValueId) -> Result<Vec<i32>, RunError<B::Error>> {
        let tensor = self.constant(value, 0, self.type_of(value).shape.elements())?;
        Ok(if let Tensor::I32(elements) = tensor { elements } else { unreachable!("checked: {}", DType::I32) })
    }

    /// As [`Self::i32s`].
    pub(crate) fn i16s(&mut self, value: ValueId) -> Result<Vec<i16>, RunError<B::Error>> {
        let tensor = self.constant(value, 0, self.type_of(value).shape.elements())?;
        Ok(if let Tensor::I16(elements) = tensor { elements } else { unreachable!("checked: {}", DType::I16) })
    }

    pub(crate) fn weights(&self, value: ValueId, first_row: usize) -> Right<'static> {
        Right::Weights { constant: value.into(), dtype: self.type_of(value).dtype, first_row }
    }

    pub(crate) fn multiply(&mut self, product: &Product<'_>, y: &mut Tensor) -> Result<(), RunError<B::Error>> {
        self.backend.multiply(product, y).map_err(RunError::Weights)
    }
}
