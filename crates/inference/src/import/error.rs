//! Why a network cannot be imported.

use crate::ModelError;

/// Failure of an import or a quantisation.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ImportError {
    #[error("not an ONNX file, or a cut one: {0}; export or copy it again")]
    Protobuf(String),
    #[error("the ONNX file has no graph")]
    NoGraph,
    #[error("{0} nodes and weights; at most {max} are allowed", max = crate::limits::MAX_VALUES)]
    TooLarge(usize),
    #[error("node {node}: the operation {operation} is not supported")]
    UnsupportedOperation { node: String, operation: String },
    #[error("node {node} ({operation}): {problem}")]
    Node { node: String, operation: String, problem: String },
    #[error("weights {name}: {problem}")]
    Weights { name: String, problem: &'static str },
    #[error("there is no value {0}; the file is cut or its nodes are not in order")]
    UnknownValue(String),
    #[error("sample {sample}: {problem}")]
    Sample { sample: usize, problem: String },
    #[error("no samples to calibrate with; give some inputs the network will meet")]
    NoSamples,
    #[error("{name}: {error}")]
    Model { name: String, error: ModelError },
    #[error("{name}: a step of its result would be {factor} of the steps it is made of, which no multiplier expresses")]
    Factor { name: String, factor: f64 },
}
