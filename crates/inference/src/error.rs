//! Why a model is none.

use crate::{DType, Shape, limits};

/// A model that cannot be used, and where it is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    #[error("the model has {0} bytes; at most {max} are allowed", max = limits::MAX_MODEL_BYTES)]
    TooLong(usize),
    #[error("not a model: it must begin with {:02x?}", crate::codec::MAGIC)]
    Magic,
    #[error("the model ends within {0}")]
    Truncated(&'static str),
    #[error("{0} bytes follow the end of the model")]
    TrailingBytes(usize),
    #[error("invalid {0}")]
    Field(&'static str),
    #[error("value {node}: no operation has the code {code}")]
    UnknownOperation { node: usize, code: u8 },
    #[error("{0} values; at most {max} are allowed", max = limits::MAX_VALUES)]
    TooManyValues(usize),
    #[error("{count} {what}; 1 to {max} are allowed", max = limits::MAX_PORTS)]
    Ports { what: &'static str, count: usize },
    #[error("output {output}: there is no value {value}, or it is no result of a node")]
    Output { output: usize, value: u16 },
    #[error("value {0} is neither used nor an output")]
    Unused(usize),
    #[error("value {node} ({operation}): {problem}")]
    Node { node: usize, operation: &'static str, problem: Problem },
    #[error("a run takes {0} multiply-accumulates; at most {max} are allowed", max = limits::MAX_MACS)]
    TooMuchWork(u64),
    #[error("a run takes {0} bytes of activations; at most {max} are allowed", max = limits::MAX_PEAK_BYTES)]
    TooMuchMemory(u64),
}

/// What is wrong with a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("it refers to value {0}, which does not come before it")]
    NotBefore(u16),
    #[error("value {0} must be a constant")]
    NotConstant(u16),
    #[error("value {value} has elements of type {found}, which it does not take")]
    DType { value: u16, found: DType },
    #[error("value {value} has the shape {found}, {expected}")]
    Shape { value: u16, found: Shape, expected: &'static str },
    #[error("invalid {0}")]
    Parameter(&'static str),
    #[error("its sums can exceed 64 bits")]
    Overflow,
    #[error("its result is too large")]
    ResultShape,
}
