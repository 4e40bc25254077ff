//! Functions of one element, as tables.

use super::values::result_shape;
use super::{Cost, Define, ValueId, Values};
use crate::codec::fields;
use crate::run::{Backend, Run, RunError};
use crate::tensor::each_dtype;
use crate::{DType, Problem, Tensor, TensorType};
use alloc::{boxed::Box, vec, vec::Vec};

fields! {
    /// `y = table[x + 128]`
    Lookup {
        /// int8
        x: ValueId,
        /// Values that the type of `y` holds.
        table: Box<[i16; 256]>,
        /// Of `y`: int8 or int16.
        dtype: DType,
    }
}

impl Define for Lookup {
    fn operands(&self) -> Vec<ValueId> {
        vec![self.x]
    }

    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
        let x = values.get(self.x, &[DType::I8])?;
        let held = self.dtype.min()..=self.dtype.max();
        if self.dtype == DType::I32 || !self.table.iter().all(|entry| held.contains(&i64::from(*entry))) {
            return Err(Problem::Parameter("table or type of the result"));
        }
        Ok(TensorType { dtype: self.dtype, shape: result_shape(x.shape.dims())? })
    }

    fn cost(&self, _: &Values<'_>, result: &TensorType) -> Cost {
        Cost { macs: result.shape.elements() as u64, scratch: 0 }
    }

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, result: &TensorType) -> Result<Tensor, RunError<B::Error>> {
        let x = run.tensor(self.x)?;
        let entry = |x: i64| i64::from(self.table[(x + 128) as usize & 255]);
        Ok(each_dtype!(&*x, elements => {
            Tensor::from_values(result.dtype, elements.iter().map(|x| entry((*x).into())))
        }))
    }
}
