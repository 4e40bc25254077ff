//! Networks as ONNX files, which `model import` and others read. Field numbers are those of `onnx.proto`.

use crate::{Checkpoint, network::Layer};
use prost::Message;

#[derive(Clone, PartialEq, Message)]
struct Model {
    #[prost(int64, tag = "1")]
    ir_version: i64,
    #[prost(message, optional, tag = "7")]
    graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    opset_import: Vec<Opset>,
}

#[derive(Clone, PartialEq, Message)]
struct Opset {
    #[prost(int64, tag = "2")]
    version: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Graph {
    #[prost(message, repeated, tag = "1")]
    node: Vec<Node>,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    input: Vec<Value>,
    #[prost(message, repeated, tag = "12")]
    output: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Node {
    #[prost(string, repeated, tag = "1")]
    input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    output: Vec<String>,
    #[prost(string, tag = "3")]
    name: String,
    #[prost(string, tag = "4")]
    op_type: String,
    #[prost(message, repeated, tag = "5")]
    attribute: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Message)]
struct Attribute {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(int64, tag = "3")]
    i: i64,
    #[prost(int32, tag = "20")]
    kind: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Tensor {
    #[prost(int64, repeated, tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    data_type: i32,
    #[prost(string, tag = "8")]
    name: String,
    #[prost(bytes = "vec", tag = "9")]
    raw_data: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Message)]
struct Kind {
    #[prost(message, optional, tag = "1")]
    tensor: Option<TensorKind>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorKind {
    #[prost(int32, tag = "1")]
    element: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<Shape>,
}

#[derive(Clone, PartialEq, Message)]
struct Shape {
    #[prost(message, repeated, tag = "1")]
    dim: Vec<Dimension>,
}

#[derive(Clone, PartialEq, Message)]
struct Dimension {
    #[prost(int64, optional, tag = "1")]
    size: Option<i64>,
}

const FLOAT: i32 = 1;
/// An attribute that is a whole number.
const INT: i32 = 2;

impl Checkpoint {
    /// The network as an ONNX file: from `x`, one example, to `logits`, of which the largest is the answer.
    pub fn to_onnx(&self) -> Vec<u8> {
        let layers = self.architecture.layers();
        let (mut node, mut initializer, mut from) = (Vec::new(), Vec::new(), "x".to_owned());
        for (index, layer) in layers.iter().enumerate() {
            initializer.extend(self.tensors(index, layer));
            let last = index + 1 == layers.len();
            let sum = if last { "logits".to_owned() } else { format!("sum{index}") };
            let input = vec![from, format!("layer{index}.weight"), format!("layer{index}.bias")];
            node.push(operation("Gemm", input, &sum, vec![Attribute { name: "transB".into(), i: 1, kind: INT }]));
            from = format!("hidden{index}");
            if !last {
                node.push(operation("Relu", vec![sum], &from, Vec::new()));
            }
        }
        let input = vec![value("x", self.architecture.inputs)];
        let output = vec![value("logits", self.architecture.classes)];
        let graph = Graph { node, name: "network".into(), initializer, input, output };
        Model { ir_version: 8, graph: Some(graph), opset_import: vec![Opset { version: 17 }] }.encode_to_vec()
    }

    fn tensors(&self, index: usize, layer: &Layer) -> [Tensor; 2] {
        let tensor = |name: &str, dims: &[usize], from: usize, to: usize| Tensor {
            dims: dims.iter().map(|dim| *dim as i64).collect(),
            data_type: FLOAT,
            name: format!("layer{index}.{name}"),
            raw_data: self.parameters[from..to].iter().flat_map(|x| x.to_le_bytes()).collect(),
        };
        let end = layer.biases + layer.outputs;
        [
            tensor("weight", &[layer.outputs, layer.inputs], layer.weights, layer.biases),
            tensor("bias", &[layer.outputs], layer.biases, end),
        ]
    }
}

fn operation(kind: &str, input: Vec<String>, output: &str, attribute: Vec<Attribute>) -> Node {
    Node { input, output: vec![output.to_owned()], name: output.to_owned(), op_type: kind.to_owned(), attribute }
}

fn value(name: &str, size: usize) -> Value {
    let dim = [1, size].map(|size| Dimension { size: Some(size as i64) }).to_vec();
    let tensor = TensorKind { element: FLOAT, shape: Some(Shape { dim }) };
    Value { name: name.to_owned(), kind: Some(Kind { tensor: Some(tensor) }) }
}
