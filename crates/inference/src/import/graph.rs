//! Networks of floats, reduced to what integer models have operations for.

use super::Array;
use crate::ops::Window;

/// Position of a value in a graph.
pub type FloatId = usize;

/// A function of one number that becomes a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    Erf,
    Gelu,
    GeluTanh,
    Sigmoid,
    Tanh,
}

impl Function {
    const fn name(self) -> &'static str {
        match self {
            Self::Erf => "Erf",
            Self::Gelu | Self::GeluTanh => "Gelu",
            Self::Sigmoid => "Sigmoid",
            Self::Tanh => "Tanh",
        }
    }
}

/// What computes a value.
#[derive(Clone, Debug, PartialEq)]
pub enum FloatOp {
    /// Indices, or real numbers. The dimensions that the file gives, if it does; those without a number may vary.
    Input {
        indices: bool,
        dims: Option<Vec<Option<usize>>>,
    },
    Constant(Array),
    /// `x * weights^T + bias`, with weights `[N, K]`.
    Gemm {
        x: FloatId,
        weights: Array,
        bias: Vec<f32>,
    },
    /// `x * factor`
    Scale {
        x: FloatId,
        factor: f32,
    },
    MatMul {
        a: FloatId,
        b: FloatId,
    },
    /// Weights `[O, C, kernel]`.
    Conv {
        x: FloatId,
        weights: Array,
        bias: Vec<f32>,
        window: Window,
        groups: usize,
    },
    Add {
        a: FloatId,
        b: FloatId,
    },
    Mul {
        a: FloatId,
        b: FloatId,
    },
    Clip {
        x: FloatId,
        low: f32,
        high: f32,
    },
    Apply {
        x: FloatId,
        function: Function,
    },
    MaxPool {
        x: FloatId,
        window: Window,
    },
    /// Padding counts as zeros. A kernel of zero is the whole image.
    AveragePool {
        x: FloatId,
        window: Window,
    },
    /// As in ONNX: 0 keeps a dimension, -1 is what is left.
    Reshape {
        x: FloatId,
        shape: Vec<i64>,
    },
    /// The first `axis` dimensions become one, and the others another.
    Flatten {
        x: FloatId,
        axis: usize,
    },
    Transpose {
        x: FloatId,
        permutation: Vec<usize>,
    },
    Gather {
        data: FloatId,
        indices: FloatId,
    },
    LayerNorm {
        x: FloatId,
        gamma: Vec<f32>,
        beta: Vec<f32>,
        epsilon: f32,
    },
    Softmax {
        x: FloatId,
    },
    ArgMax {
        x: FloatId,
    },
}

impl FloatOp {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Input { .. } => "Input",
            Self::Constant(_) => "Constant",
            Self::Gemm { .. } => "Gemm",
            Self::Scale { .. } => "Scale",
            Self::MatMul { .. } => "MatMul",
            Self::Conv { .. } => "Conv",
            Self::Add { .. } => "Add",
            Self::Mul { .. } => "Mul",
            Self::Clip { .. } => "Clip",
            Self::Apply { function, .. } => function.name(),
            Self::MaxPool { .. } => "MaxPool",
            Self::AveragePool { .. } => "AveragePool",
            Self::Reshape { .. } => "Reshape",
            Self::Flatten { .. } => "Flatten",
            Self::Transpose { .. } => "Transpose",
            Self::Gather { .. } => "Gather",
            Self::LayerNorm { .. } => "LayerNorm",
            Self::Softmax { .. } => "Softmax",
            Self::ArgMax { .. } => "ArgMax",
        }
    }

    /// Numbers that were learned.
    fn parameters(&self) -> usize {
        match self {
            Self::Constant(array) => array.data.len(),
            Self::Gemm { weights, bias, .. } | Self::Conv { weights, bias, .. } => weights.data.len() + bias.len(),
            Self::LayerNorm { gamma, beta, .. } => gamma.len() + beta.len(),
            _ => 0,
        }
    }

    pub fn operands(&self) -> Vec<FloatId> {
        match self {
            Self::Input { .. } | Self::Constant(_) => vec![],
            Self::Gemm { x, .. }
            | Self::Scale { x, .. }
            | Self::Conv { x, .. }
            | Self::Clip { x, .. }
            | Self::Apply { x, .. }
            | Self::MaxPool { x, .. }
            | Self::AveragePool { x, .. }
            | Self::Reshape { x, .. }
            | Self::Flatten { x, .. }
            | Self::Transpose { x, .. }
            | Self::LayerNorm { x, .. }
            | Self::Softmax { x }
            | Self::ArgMax { x } => vec![*x],
            Self::MatMul { a, b } | Self::Add { a, b } | Self::Mul { a, b } => vec![*a, *b],
            Self::Gather { data, indices } => vec![*data, *indices],
        }
    }
}

/// A value with the name it has in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Float {
    pub name: String,
    pub op: FloatOp,
}

/// A network. Values refer to those before them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    pub values: Vec<Float>,
    pub inputs: Vec<FloatId>,
    pub outputs: Vec<FloatId>,
}

impl Graph {
    /// Outputs of the network in floats; an error says which node does not take its operands.
    pub fn run(&self, inputs: &[Array]) -> Result<Vec<Array>, String> {
        super::evaluate::outputs(self, inputs)
    }

    /// Numbers in the weights, biases and tables that nodes use.
    pub fn parameters(&self) -> usize {
        let used = self.values.iter().zip(self.uses()).filter(|(_, users)| !users.is_empty());
        used.map(|(value, _)| value.op.parameters()).sum()
    }

    /// The nodes that take each value; an output is taken once more.
    pub fn uses(&self) -> Vec<Vec<FloatId>> {
        let mut uses = vec![Vec::new(); self.values.len()];
        for (id, value) in self.values.iter().enumerate() {
            value.op.operands().into_iter().for_each(|operand| uses[operand].push(id));
        }
        self.outputs.iter().for_each(|output| uses[*output].push(self.values.len()));
        uses
    }
}
