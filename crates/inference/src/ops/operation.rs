//! What every operation is.

use super::{
    Add, ArgMax, AveragePool, Conv2d, Gather, Gemm, LayerNorm, Lookup, MatMul, MaxPool, Mul, Rescale, Reshape, Softmax,
    Transpose, ValueId, Values,
};
use crate::codec::{Field, Reader};
use crate::run::{Backend, Run, RunError};
use crate::{ModelError, Problem, Tensor, TensorType};
use alloc::vec::Vec;

/// What a node takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Multiply-accumulates, or elements looked at where there are none.
    pub macs: u64,
    /// Buffers besides operands and result, bytes.
    pub scratch: u64,
}

/// An operation: what it demands and what it computes.
pub(crate) trait Define {
    fn operands(&self) -> Vec<ValueId>;

    /// The operand that is read in parts when it is a constant; others are read whole.
    fn streamed(&self) -> Option<ValueId> {
        None
    }

    /// Type of the result. Whatever passes can run on any values without overflow.
    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem>;

    /// Of a node that passed `check`. Constants that are read whole come on top.
    fn cost(&self, values: &Values<'_>, result: &TensorType) -> Cost;

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, result: &TensorType) -> Result<Tensor, RunError<B::Error>>;
}

macro_rules! operations {
    ($($code:literal $name:ident,)*) => {
        /// A node of the graph, with the values it takes.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Operation { $($name($name),)* }

        impl Operation {
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)* }
            }

            pub(crate) fn write(&self, out: &mut Vec<u8>) {
                match self { $(Self::$name(operation) => {
                    out.push($code);
                    operation.write(out);
                })* }
            }

            pub(crate) fn read(reader: &mut Reader<'_>, node: usize) -> Result<Self, ModelError> {
                match u8::read(reader, "the code of an operation")? {
                    $($code => $name::read(reader, stringify!($name)).map(Self::$name),)*
                    code => Err(ModelError::UnknownOperation { node, code }),
                }
            }

            /// The values it takes, in order.
            pub fn operands(&self) -> Vec<ValueId> {
                match self { $(Self::$name(operation) => operation.operands(),)* }
            }

            pub(crate) fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
                match self { $(Self::$name(operation) => operation.check(values),)* }
            }

            pub(crate) fn cost(&self, values: &Values<'_>, result: &TensorType) -> Cost {
                let (mut cost, streamed) = match self { $(
                    Self::$name(operation) => (operation.cost(values, result), operation.streamed()),
                )* };
                for value in self.operands() {
                    if values.is_constant(value) && streamed != Some(value) {
                        // Once as bytes and once as numbers.
                        cost.scratch += 2 * values.types[usize::from(value)].bytes() as u64;
                    }
                }
                cost
            }

            pub(crate) fn run<B: Backend>(
                &self,
                run: &mut Run<'_, B>,
                result: &TensorType,
            ) -> Result<Tensor, RunError<B::Error>> {
                match self { $(Self::$name(operation) => operation.run(run, result),)* }
            }
        }

        $(impl From<$name> for Operation {
            fn from(operation: $name) -> Self {
                Self::$name(operation)
            }
        })*
    };
}

operations! {
    1 Gemm,
    2 MatMul,
    3 Conv2d,
    4 Add,
    5 Mul,
    6 Rescale,
    7 MaxPool,
    8 AveragePool,
    9 Reshape,
    10 Transpose,
    11 Gather,
    12 LayerNorm,
    13 Softmax,
    14 Lookup,
    15 ArgMax,
}
