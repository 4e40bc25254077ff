//! ONNX files made here: shapes that must be supported, and files that are not.

use lux_inference::import::onnx::{
    AttributeProto, FLOAT, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto,
};
use lux_inference::import::{Array, Calibration, ImportError, compare, quantize, read_onnx};
use proptest::prelude::*;
use prost::Message;

fn noise(len: usize, seed: u64) -> Vec<f32> {
    let step = |state: &mut u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((*state >> 40) as f32 / (1 << 23) as f32 - 1.0)
    };
    std::iter::repeat_n((), len).scan(seed, |state, ()| step(state)).collect()
}

#[derive(Default)]
struct Builder(GraphProto);

impl Builder {
    fn weights(&mut self, name: &str, dims: &[i64]) -> String {
        let len = dims.iter().product::<i64>() as usize;
        let fan_in = (len as f32 / dims[0] as f32).max(1.0).sqrt();
        let data = noise(len, len as u64).iter().map(|x| x / fan_in).collect();
        let tensor = TensorProto {
            dims: dims.to_vec(),
            data_type: FLOAT,
            float_data: data,
            name: name.to_owned(),
            ..Default::default()
        };
        self.0.initializer.push(tensor);
        name.to_owned()
    }

    fn node(&mut self, op: &str, inputs: &[&str], attributes: &[(&str, &[i64])]) -> String {
        let name = format!("{}{}", op.to_lowercase(), self.0.node.len());
        let attribute = |(name, ints): &(&str, &[i64])| AttributeProto {
            name: (*name).to_owned(),
            i: ints[0],
            ints: ints.to_vec(),
            ..Default::default()
        };
        self.0.node.push(NodeProto {
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: op.to_owned(),
            attribute: attributes.iter().map(attribute).collect(),
        });
        name
    }

    fn finish(mut self, output: &str) -> Vec<u8> {
        self.0.input.push(ValueInfoProto { name: "x".to_owned(), r#type: None });
        self.0.output.push(ValueInfoProto { name: output.to_owned(), r#type: None });
        ModelProto { graph: Some(self.0) }.encode_to_vec()
    }
}

/// LeNet-5: two convolutions of 5 by 5, three dense layers; `padding` makes up for smaller images.
fn lenet(padding: i64) -> Vec<u8> {
    let mut b = Builder::default();
    let mut y = "x".to_owned();
    for (name, dims, padding) in [("c1", [6, 1, 5, 5], padding), ("c3", [16, 6, 5, 5], 0)] {
        let (w, bias) = (b.weights(name, &dims), b.weights(&format!("{name}.bias"), &dims[..1]));
        let conv = b.node("Conv", &[&y, &w, &bias], &[("pads", &[padding; 4])]);
        let tanh = b.node("Tanh", &[&conv], &[]);
        y = b.node("AveragePool", &[&tanh], &[("kernel_shape", &[2, 2]), ("strides", &[2, 2])]);
    }
    y = b.node("Flatten", &[&y], &[]);
    for (name, dims) in [("f5", [120, 400]), ("f6", [84, 120]), ("f7", [10, 84])] {
        let (w, bias) = (b.weights(name, &dims), b.weights(&format!("{name}.bias"), &dims[..1]));
        y = b.node("Gemm", &[&y, &w, &bias], &[("transB", &[1])]);
        if name != "f7" {
            y = b.node("Tanh", &[&y], &[]);
        }
    }
    b.finish(&y)
}

#[test]
fn lenet_5_of_both_sizes() {
    for (size, padding) in [(28, 2), (32, 0)] {
        let graph = read_onnx(&lenet(padding)).unwrap();
        let sample = |seed| vec![Array::new([1, 1, size, size], noise(size * size, seed)).unwrap()];
        let samples: Vec<_> = (0..24).map(sample).collect();
        let bundle = quantize(&graph, &Calibration::new(&graph, &samples[..8]).unwrap()).unwrap();
        assert_eq!(bundle.model.plan().macs / 1_000, 429, "416,520 in the layers, and the pools and tables");
        let report = compare(&graph, &bundle, &samples[8..]).unwrap();
        println!("LeNet-5, {size}: {report}; {:?}", crate::guest::check(&bundle, &vec![7; size * size]));
        assert!(report.cosine > 0.999, "{report}");
    }
}

#[test]
fn what_is_not_supported_is_named() {
    let error = |op: &str, attributes: &[(&str, &[i64])]| {
        let mut b = Builder::default();
        let y = b.node(op, &["x"], attributes);
        read_onnx(&b.finish(&y)).unwrap_err().to_string()
    };
    assert_eq!(error("LSTM", &[]), "node lstm0: the operation LSTM is not supported");
    assert_eq!(error("Softmax", &[("axis", &[1])]), "node softmax0 (Softmax): only the last axis (-1) is supported");
    assert_eq!(
        error("BatchNormalization", &[]),
        "node batchnormalization0 (BatchNormalization): it must follow a convolution or a Gemm"
    );
    assert_eq!(read_onnx(&[]), Err(ImportError::NoGraph));
    let mut cyclic = Builder::default();
    let y = cyclic.node("Relu", &["relu0"], &[]);
    assert_eq!(read_onnx(&cyclic.finish(&y)), Err(ImportError::UnknownValue("relu0".to_owned())));
    let mut external = Builder::default();
    external.weights("w", &[2]);
    external.0.initializer[0].data_location = 1;
    assert!(read_onnx(&external.finish("x")).unwrap_err().to_string().contains("another file"));
}

/// What a calibration with one image makes of a network.
fn calibrated(file: &[u8]) -> Result<(), ImportError> {
    let graph = read_onnx(file)?;
    let calibration = Calibration::new(&graph, [vec![Array::new([1, 1, 8, 8], noise(64, 3)).unwrap()]])?;
    quantize(&graph, &calibration).map(drop)
}

#[test]
fn huge_shapes_are_refused_before_they_are_made() {
    let error = |file: Vec<u8>, named: &str| {
        let error = calibrated(&file).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    };
    let far: &[(&str, &[i64])] = &[("dilations", &[16_000; 2]), ("pads", &[15_999; 4])];
    let mut b = Builder::default();
    let w = b.weights("w", &[64, 1, 2, 2]);
    let y = b.node("Conv", &["x", &w], far);
    error(b.finish(&y), "conv0 has no finite result of at most");
    let mut b = Builder::default();
    let column = b.node("Reshape", &["x", "shape"], &[]);
    b.0.initializer.push(TensorProto {
        name: "shape".into(),
        dims: vec![2],
        data_type: FLOAT,
        float_data: vec![64.0, 1.0],
        ..Default::default()
    });
    let w = b.weights("w", &[1, 1_000_000]);
    let y = b.node("MatMul", &[&column, &w], &[]);
    error(b.finish(&y), "matmul1 has no finite result of at most");
    // Each is small enough, and all together are not.
    let mut b = Builder::default();
    let w = b.weights("w", &[1, 1, 2, 2]);
    let mut y = b.node("Conv", &["x", &w], &[("dilations", &[5_000; 2]), ("pads", &[4_999; 4])]);
    for _ in 0..16 {
        y = b.node("Relu", &[&y], &[]);
    }
    error(b.finish(&y), "and the values before it have more than 268435456 elements");
    for (op, attributes) in [
        ("MaxPool", &[("kernel_shape", &[i64::MAX, 1][..])][..]),
        ("MaxPool", &[("kernel_shape", &[2, 2]), ("pads", &[-1; 4])]),
        ("AveragePool", &[("kernel_shape", &[2, 2]), ("strides", &[0, 0])]),
        ("Transpose", &[("perm", &[0, 1, 2, -3])]),
        ("Flatten", &[("axis", &[9])]),
    ] {
        let mut b = Builder::default();
        let y = b.node(op, &["x"], attributes);
        error(b.finish(&y), &format!("{}0", op.to_lowercase()));
    }
}

/// A node of some kind that may or may not fit the values before it.
type AnyNode = (usize, [usize; 2], Vec<i64>);

fn any_graph(nodes: &[AnyNode]) -> Vec<u8> {
    const OPS: [&str; 21] = [
        "Gemm",
        "MatMul",
        "Conv",
        "BatchNormalization",
        "Add",
        "Mul",
        "Div",
        "Relu",
        "Clip",
        "Erf",
        "Gelu",
        "MaxPool",
        "AveragePool",
        "GlobalAveragePool",
        "Flatten",
        "Reshape",
        "Transpose",
        "Gather",
        "LayerNormalization",
        "Softmax",
        "ArgMax",
    ];
    const ATTRIBUTES: [&str; 12] = [
        "axis",
        "perm",
        "pads",
        "strides",
        "dilations",
        "kernel_shape",
        "group",
        "transB",
        "count_include_pad",
        "keepdims",
        "ceil_mode",
        "transA",
    ];
    let mut b = Builder::default();
    let mut values = vec!["x".to_owned()];
    values.push(b.weights("image", &[4, 1, 3, 3]));
    values.push(b.weights("matrix", &[8, 8]));
    values.push(b.weights("vector", &[8]));
    for (op, operands, numbers) in nodes {
        let operands = operands.map(|operand| values[operand % values.len()].clone());
        let attributes: Vec<_> = numbers
            .chunks(3)
            .map(|few| (ATTRIBUTES[few[0].unsigned_abs() as usize % ATTRIBUTES.len()], few.repeat(2)))
            .collect();
        // As many numbers as such an attribute has, so that most of them are read.
        let attributes: Vec<(&str, &[i64])> = attributes
            .iter()
            .map(|(name, numbers)| (*name, &numbers[..numbers.len().min(if *name == "pads" { 4 } else { 2 })]))
            .collect();
        let (inputs, op) = ([&operands[0][..], &operands[1]], OPS[op % OPS.len()]);
        values.push(b.node(op, &inputs, &attributes));
    }
    let last = values.pop().unwrap();
    b.finish(&last)
}

proptest! {
    /// Graphs of operations that are all supported, with operands and attributes that mostly are not.
    #[test]
    fn operations_put_together_at_random(nodes in proptest::collection::vec(
        (any::<usize>(), any::<[usize; 2]>(), proptest::collection::vec(
            prop_oneof![-2i64..5, Just(i64::MAX), Just(i64::MIN), 1i64..1 << 40], 0..9)),
        1..10,
    )) {
        let _ = calibrated(&any_graph(&nodes));
    }
}

proptest! {
    /// Whatever the file is, there is a model or an error.
    #[test]
    fn changed_files(flips in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..12), cut in any::<usize>(), head: bool) {
        let mut file = include_bytes!("../../models/cnn.onnx").to_vec();
        // Most bytes are weights; the nodes are in front of them.
        let range = if head { 1_200 } else { file.len() };
        flips.into_iter().for_each(|(at, byte)| file[at % range] = byte);
        if cut.is_multiple_of(5) {
            file.truncate(cut % range);
        }
        let _ = calibrated(&file);
    }
}
