//! Trained networks: imported, quantised, encoded, decoded and run, and how much of their accuracy is left.
#![allow(clippy::unwrap_used)]

use lux_inference::fast::Engine;
use lux_inference::import::{Array, Calibration, FloatOp, Graph, compare, quantize, read_onnx};
use lux_inference::run::execute;
use lux_inference::{Bundle, Model};

#[path = "../it/guest.rs"]
mod guest;
mod onnx;
#[path = "../it/witness.rs"]
mod witness;

const CALIBRATION: usize = 128;

/// What is in the folder `models`: see `train.py` there.
struct Digits {
    images: Vec<Vec<f32>>,
    labels: &'static [u8],
}

fn digits() -> Digits {
    let pixels = include_bytes!("../../models/digits.u8");
    let images = pixels.chunks_exact(64).map(|image| image.iter().map(|pixel| f32::from(*pixel) / 16.0).collect());
    Digits { images: images.collect(), labels: include_bytes!("../../models/digits.labels") }
}

impl Digits {
    fn samples(&self, shape: &[usize]) -> Vec<Vec<Array>> {
        self.images.iter().map(|image| vec![Array::new(shape, image.clone()).unwrap()]).collect()
    }

    /// Share of the test images whose label is the largest output.
    fn accuracy(&self, answer: impl Fn(&[f32]) -> Vec<f32>) -> f64 {
        let tested = self.images.iter().zip(self.labels).skip(CALIBRATION);
        let best = |y: &[f32]| (0..y.len()).fold(0, |best, index| if y[index] > y[best] { index } else { best });
        let right = tested.clone().filter(|(image, label)| best(&answer(image)) == usize::from(**label)).count();
        right as f64 / tested.count() as f64
    }
}

fn imported(onnx: &[u8], shape: &[usize]) -> (Graph, Bundle, Digits) {
    let (graph, digits) = (read_onnx(onnx).unwrap(), digits());
    let samples = digits.samples(shape);
    let calibration = Calibration::new(&graph, &samples[..CALIBRATION]).unwrap();
    let bundle = quantize(&graph, &calibration).unwrap();
    (graph, bundle, digits)
}

fn check(onnx: &[u8], shape: &[usize]) {
    let (graph, bundle, digits) = imported(onnx, shape);
    let report = compare(&graph, &bundle, &digits.samples(shape)[CALIBRATION..]).unwrap();
    println!("{report}");
    assert!(report.cosine > 0.999 && report.agreement > 0.98, "{report}");

    let loaded = Bundle::new(Model::decode(&bundle.model.encode()).unwrap(), bundle.blobs.clone()).unwrap();
    assert_eq!(loaded, bundle);
    let engine = Engine::new(&loaded, 2);
    let float = digits.accuracy(|image| graph.run(&[Array::new(shape, image).unwrap()]).unwrap().remove(0).data);
    let integer = digits.accuracy(|image| {
        let input = loaded.model.quantize_input(&[image]).unwrap();
        let output = engine.run(&input).unwrap();
        assert_eq!(execute(&loaded.model, &input, &mut loaded.weights()).unwrap(), output);
        loaded.model.dequantize_output(&output).remove(0)
    });
    println!("accuracy: float {float:.4}, integer {integer:.4}; {:?}", loaded.model.plan().macs);
    assert!(float > 0.97 && integer >= 0.97 * float);

    let input = loaded.model.quantize_input(&[&digits.images[CALIBRATION]]).unwrap();
    println!("on the machine: {:?}", guest::check(&loaded, &input));
}

#[test]
fn what_is_in_the_file() {
    let mlp = read_onnx(include_bytes!("../../models/mlp.onnx")).unwrap();
    assert_eq!(mlp.parameters(), 64 * 32 + 32 + 32 * 10 + 10);
    let names: Vec<_> = mlp.values.iter().map(|value| value.op.name()).filter(|name| *name != "Constant").collect();
    assert_eq!(names, ["Input", "Gemm", "Clip", "Gemm"]);
    let cnn = read_onnx(include_bytes!("../../models/cnn.onnx")).unwrap();
    for (graph, shape) in [(&mlp, &[1, 64][..]), (&cnn, &[1, 1, 8, 8])] {
        let dims = Some(shape.iter().copied().map(Some).collect());
        assert_eq!(graph.values[graph.inputs[0]].op, FloatOp::Input { indices: false, dims });
    }
}

#[test]
fn multilayer_perceptron() {
    check(include_bytes!("../../models/mlp.onnx"), &[1, 64]);
}

#[test]
fn convolutional_network() {
    check(include_bytes!("../../models/cnn.onnx"), &[1, 1, 8, 8]);
}
