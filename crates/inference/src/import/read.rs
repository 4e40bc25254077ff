//! ONNX to [`Graph`].

use super::graph::{Float, FloatId, FloatOp, Function, Graph};
use super::onnx::{AttributeProto, DimensionProto, FLOAT, INT32, INT64, ModelProto, NodeProto, TensorProto};
use super::{Array, ImportError};
use crate::limits::MAX_VALUES;
use crate::ops::Window;
use prost::Message;
use std::collections::HashMap;

/// Reads a network with weights inside of the file.
///
/// # Errors
///
/// If the file is none, or has something that integer models have no operation for; the error names it.
pub fn read_onnx(file: &[u8]) -> Result<Graph, ImportError> {
    let model = ModelProto::decode(file).map_err(|error| ImportError::Protobuf(error.to_string()))?;
    let onnx = model.graph.ok_or(ImportError::NoGraph)?;
    let count = onnx.node.len() + onnx.initializer.len();
    if count > MAX_VALUES {
        return Err(ImportError::TooLarge(count));
    }
    let mut importer = Importer::default();
    for tensor in &onnx.initializer {
        let array = array(tensor)?;
        importer.define(&tensor.name, FloatOp::Constant(array));
    }
    for input in onnx.input.iter().filter(|input| !importer.names.contains_key(&input.name)).collect::<Vec<_>>() {
        let kind = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
        let element = kind.map_or(FLOAT, |kind| kind.elem_type);
        let number = |dim: &DimensionProto| dim.dim_value.and_then(|size| usize::try_from(size).ok());
        let dims = kind.and_then(|kind| kind.shape.as_ref()).map(|shape| shape.dim.iter().map(number).collect());
        let id = importer.define(&input.name, FloatOp::Input { indices: [INT32, INT64].contains(&element), dims });
        importer.graph.inputs.push(id);
    }
    for node in &onnx.node {
        importer.node(node)?;
    }
    for output in &onnx.output {
        let id = importer.value(&output.name)?;
        importer.graph.outputs.push(id);
    }
    Ok(importer.graph)
}

/// The weights of a tensor.
fn array(tensor: &TensorProto) -> Result<Array, ImportError> {
    let problem = |problem| ImportError::Weights { name: tensor.name.clone(), problem };
    if tensor.data_location != 0 {
        return Err(problem("they are in another file; save the network with its weights inside"));
    }
    let raw = &tensor.raw_data;
    let data: Vec<f32> = match tensor.data_type {
        FLOAT if raw.is_empty() => tensor.float_data.clone(),
        FLOAT => raw.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        INT64 if raw.is_empty() => tensor.int64_data.iter().map(|v| *v as f32).collect(),
        INT64 => raw.as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes) as f32).collect(),
        INT32 if raw.is_empty() => tensor.int32_data.iter().map(|v| *v as f32).collect(),
        INT32 => raw.as_chunks::<4>().0.iter().map(|bytes| i32::from_le_bytes(*bytes) as f32).collect(),
        _ => return Err(problem("their type is not supported: only float32, int32 and int64 are")),
    };
    if data.is_empty() {
        return Err(problem("they are empty"));
    }
    if !data.iter().all(|x| x.is_finite()) {
        return Err(problem("they are not finite"));
    }
    let shape: Option<Vec<usize>> = tensor.dims.iter().map(|dim| usize::try_from(*dim).ok()).collect();
    shape.and_then(|shape| Array::new(shape, data)).ok_or_else(|| problem("their number does not fit their shape"))
}

#[derive(Default)]
struct Importer {
    graph: Graph,
    names: HashMap<String, FloatId>,
}

/// A node, with what is asked about it.
struct Node<'a>(&'a NodeProto);

impl Node<'_> {
    fn attribute(&self, name: &str) -> Option<&AttributeProto> {
        self.0.attribute.iter().find(|attribute| attribute.name == name)
    }

    fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |attribute| attribute.i)
    }

    fn float(&self, name: &str, default: f32) -> f32 {
        self.attribute(name).map_or(default, |attribute| attribute.f)
    }

    fn ints(&self, name: &str) -> Option<&[i64]> {
        self.attribute(name).map(|attribute| &attribute.ints[..])
    }

    fn text(&self, name: &str) -> &[u8] {
        self.attribute(name).map_or(b"", |attribute| &attribute.s)
    }

    fn fail<T>(&self, problem: impl Into<String>) -> Result<T, ImportError> {
        let name = if self.0.name.is_empty() { self.0.output.first() } else { Some(&self.0.name) };
        let node = name.cloned().unwrap_or_default();
        Err(ImportError::Node { node, operation: self.0.op_type.clone(), problem: problem.into() })
    }

    fn pair(&self, name: &str, default: i64) -> Result<[u32; 2], ImportError> {
        match self
            .ints(name)
            .unwrap_or(&[default, default])
            .iter()
            .map(|v| u32::try_from(*v))
            .collect::<Result<Vec<_>, _>>()
        {
            Ok(pair) if pair.len() == 2 => Ok([pair[0], pair[1]]),
            _ => self.fail(format!("{name} must be two numbers: only images are supported")),
        }
    }

    fn window(&self, kernel: [u32; 2]) -> Result<Window, ImportError> {
        if ![&b""[..], b"NOTSET", b"VALID"].contains(&self.text("auto_pad")) || self.int("ceil_mode", 0) != 0 {
            return self.fail("auto_pad and ceil_mode are not supported; export with explicit padding");
        }
        let pads =
            self.ints("pads").unwrap_or(&[0; 4]).iter().map(|v| u32::try_from(*v)).collect::<Result<Vec<_>, _>>();
        let Ok(Ok(padding)) = pads.map(<[u32; 4]>::try_from) else {
            return self.fail("pads must be four numbers, none negative");
        };
        Ok(Window { kernel, stride: self.pair("strides", 1)?, dilation: self.pair("dilations", 1)?, padding })
    }
}

impl Importer {
    fn define(&mut self, name: &str, op: FloatOp) -> FloatId {
        self.graph.values.push(Float { name: name.to_owned(), op });
        self.names.insert(name.to_owned(), self.graph.values.len() - 1);
        self.graph.values.len() - 1
    }

    fn value(&self, name: &str) -> Result<FloatId, ImportError> {
        self.names.get(name).copied().ok_or_else(|| ImportError::UnknownValue(name.to_owned()))
    }

    fn constant_of(&self, id: FloatId) -> Option<&Array> {
        if let FloatOp::Constant(array) = &self.graph.values[id].op { Some(array) } else { None }
    }

    /// Operand `index`, if the node has one.
    fn optional(&self, node: &Node<'_>, index: usize) -> Result<Option<FloatId>, ImportError> {
        node.0.input.get(index).filter(|name| !name.is_empty()).map(|name| self.value(name)).transpose()
    }

    fn operand(&self, node: &Node<'_>, index: usize) -> Result<FloatId, ImportError> {
        self.optional(node, index)?.map_or_else(|| node.fail(format!("it has no operand {index}")), Ok)
    }

    fn constant(&self, node: &Node<'_>, index: usize) -> Result<&Array, ImportError> {
        let id = self.operand(node, index)?;
        self.constant_of(id).map_or_else(|| node.fail(format!("operand {index} must be a constant")), Ok)
    }

    /// A constant vector; what is absent is `default`.
    fn vector(&self, node: &Node<'_>, index: usize, len: usize, default: f32) -> Result<Vec<f32>, ImportError> {
        if self.optional(node, index)?.is_none() {
            return Ok(vec![default; len]);
        }
        let array = self.constant(node, index)?;
        if array.data.len() == len {
            Ok(array.data.clone())
        } else {
            node.fail(format!("operand {index} must have {len} elements"))
        }
    }

    /// The dimensions of an image operation's weights are four.
    fn node(&mut self, proto: &NodeProto) -> Result<(), ImportError> {
        let node = Node(proto);
        let Some(name) = proto.output.first() else { return node.fail("it has no result") };
        if let "Identity" | "Dropout" = &proto.op_type[..] {
            let id = self.operand(&node, 0)?;
            self.names.insert(name.clone(), id);
            return Ok(());
        }
        if let "BatchNormalization" = &proto.op_type[..] {
            let id = self.fold_batch_norm(&node)?;
            // Nothing may take the value as it was before.
            self.names.retain(|_, known| *known != id);
            self.names.insert(name.clone(), id);
            return Ok(());
        }
        let op = self.operation(&node)?;
        self.define(name, op);
        Ok(())
    }

    fn operation(&self, node: &Node<'_>) -> Result<FloatOp, ImportError> {
        let x = || self.operand(node, 0);
        let apply = |function| Ok(FloatOp::Apply { x: x()?, function });
        match &node.0.op_type[..] {
            "Constant" => match node.attribute("value").and_then(|attribute| attribute.t.as_ref()) {
                Some(tensor) => Ok(FloatOp::Constant(array(tensor)?)),
                None => node.fail("only tensors are supported as constants"),
            },
            "Gemm" => self.gemm(node),
            "MatMul" => {
                let (a, b) = (x()?, self.operand(node, 1)?);
                Ok(match self.constant_of(b) {
                    Some(weights) if weights.shape.len() == 2 => {
                        FloatOp::Gemm { x: a, bias: vec![0.0; weights.shape[1]], weights: weights.transposed() }
                    }
                    _ => FloatOp::MatMul { a, b },
                })
            }
            "Conv" => {
                let weights = self.constant(node, 1)?.clone();
                let &[outputs, _, height, width] = &weights.shape[..] else {
                    return node.fail("its weights must have four dimensions: only images are supported");
                };
                let window = node.window([height as u32, width as u32])?;
                let groups = usize::try_from(node.int("group", 1)).unwrap_or(0);
                Ok(FloatOp::Conv { x: x()?, bias: self.vector(node, 2, outputs, 0.0)?, weights, window, groups })
            }
            "Add" | "Mul" | "Sub" | "Div" => self.arithmetic(node),
            "Relu" => Ok(FloatOp::Clip { x: x()?, low: 0.0, high: f32::MAX }),
            "Clip" => {
                let bound = |index: usize, default: f32| Ok(self.vector(node, index, 1, default)?[0]);
                Ok(FloatOp::Clip { x: x()?, low: bound(1, -f32::MAX)?, high: bound(2, f32::MAX)? })
            }
            "Erf" => apply(Function::Erf),
            "Gelu" if node.text("approximate") == b"tanh" => apply(Function::GeluTanh),
            "Gelu" => apply(Function::Gelu),
            "Sigmoid" => apply(Function::Sigmoid),
            "Tanh" => apply(Function::Tanh),
            "MaxPool" => Ok(FloatOp::MaxPool { x: x()?, window: node.window(node.pair("kernel_shape", 0)?)? }),
            "AveragePool" => {
                let window = node.window(node.pair("kernel_shape", 0)?)?;
                if window.padding != [0; 4] && node.int("count_include_pad", 0) == 0 {
                    return node.fail("padding must count: set count_include_pad, or no padding");
                }
                Ok(FloatOp::AveragePool { x: x()?, window })
            }
            "GlobalAveragePool" => {
                let window = Window { kernel: [0; 2], stride: [1; 2], dilation: [1; 2], padding: [0; 4] };
                Ok(FloatOp::AveragePool { x: x()?, window })
            }
            "Flatten" => Ok(FloatOp::Flatten { x: x()?, axis: usize::try_from(node.int("axis", 1)).unwrap_or(1) }),
            "Reshape" => {
                let shape = self.constant(node, 1)?.data.iter().map(|dim| *dim as i64).collect();
                Ok(FloatOp::Reshape { x: x()?, shape })
            }
            "Transpose" => match node.ints("perm") {
                Some(perm) => {
                    Ok(FloatOp::Transpose { x: x()?, permutation: perm.iter().map(|axis| *axis as usize).collect() })
                }
                None => node.fail("it needs a permutation"),
            },
            "Gather" if node.int("axis", 0) == 0 => Ok(FloatOp::Gather { data: x()?, indices: self.operand(node, 1)? }),
            "Gather" => node.fail("only axis 0 is supported"),
            "LayerNormalization" if node.int("axis", -1) == -1 => {
                let gamma = self.constant(node, 1)?.data.clone();
                let beta = self.vector(node, 2, gamma.len(), 0.0)?;
                Ok(FloatOp::LayerNorm { x: x()?, gamma, beta, epsilon: node.float("epsilon", 1e-5) })
            }
            "Softmax" if node.int("axis", -1) == -1 => Ok(FloatOp::Softmax { x: x()? }),
            "ArgMax" if node.int("axis", 0) == -1 && node.int("keepdims", 1) == 1 => Ok(FloatOp::ArgMax { x: x()? }),
            "LayerNormalization" | "Softmax" | "ArgMax" => node.fail("only the last axis (-1) is supported"),
            operation => {
                let node = if node.0.name.is_empty() { node.0.output[0].clone() } else { node.0.name.clone() };
                Err(ImportError::UnsupportedOperation { node, operation: operation.to_owned() })
            }
        }
    }

    fn gemm(&self, node: &Node<'_>) -> Result<FloatOp, ImportError> {
        let weights = self.constant(node, 1)?;
        if weights.shape.len() != 2 || node.int("transA", 0) != 0 {
            return node.fail("its weights must be a matrix, and transA 0");
        }
        let mut weights = if node.int("transB", 0) == 0 { weights.transposed() } else { weights.clone() };
        let (alpha, beta) = (node.float("alpha", 1.0), node.float("beta", 1.0));
        weights.data.iter_mut().for_each(|w| *w *= alpha);
        let bias = self.vector(node, 2, weights.shape[0], 0.0)?;
        Ok(FloatOp::Gemm { x: self.operand(node, 0)?, weights, bias: bias.iter().map(|b| b * beta).collect() })
    }

    fn arithmetic(&self, node: &Node<'_>) -> Result<FloatOp, ImportError> {
        let (a, b) = (self.operand(node, 0)?, self.operand(node, 1)?);
        let (left, right) = (self.constant_of(a).and_then(Array::scalar), self.constant_of(b).and_then(Array::scalar));
        match (&node.0.op_type[..], left, right) {
            ("Mul", _, Some(factor)) => Ok(FloatOp::Scale { x: a, factor }),
            ("Mul", Some(factor), _) => Ok(FloatOp::Scale { x: b, factor }),
            ("Div", _, Some(divisor)) if divisor != 0.0 => Ok(FloatOp::Scale { x: a, factor: 1.0 / divisor }),
            ("Mul", ..) => Ok(FloatOp::Mul { a, b }),
            ("Add", ..) => Ok(FloatOp::Add { a, b }),
            _ => node.fail("only division by a constant number is supported, and no subtraction"),
        }
    }

    /// Puts the normalisation into the weights of the convolution before it, whose value it then is.
    fn fold_batch_norm(&mut self, node: &Node<'_>) -> Result<FloatId, ImportError> {
        let id = self.operand(node, 0)?;
        let outputs = match &self.graph.values[id].op {
            FloatOp::Conv { bias, .. } | FloatOp::Gemm { bias, .. } => bias.len(),
            _ => return node.fail("it must follow a convolution or a Gemm"),
        };
        if !self.graph.uses()[id].is_empty() {
            return node.fail("another node takes what it normalises");
        }
        let parameters = [1, 2, 3, 4].map(|index| self.vector(node, index, outputs, 1.0));
        let [scale, shift, mean, variance] = parameters;
        let (scale, shift, mean, variance) = (scale?, shift?, mean?, variance?);
        let epsilon = node.float("epsilon", 1e-5);
        if let FloatOp::Conv { weights, bias, .. } | FloatOp::Gemm { weights, bias, .. } = &mut self.graph.values[id].op
        {
            let row = weights.data.len() / outputs;
            for channel in 0..outputs {
                let factor = scale[channel] / (variance[channel] + epsilon).sqrt();
                weights.data[channel * row..(channel + 1) * row].iter_mut().for_each(|w| *w *= factor);
                bias[channel] = (bias[channel] - mean[channel]) * factor + shift[channel];
            }
        }
        Ok(id)
    }
}
