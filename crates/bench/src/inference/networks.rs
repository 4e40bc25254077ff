//! The networks that are measured.

use eyre::{WrapErr, eyre};
use lux_inference::import::{Array, Calibration, quantize, read_onnx};
use lux_inference::ops::{AveragePool, Conv2d, Gemm, Lookup, Reshape, Window};
use lux_inference::{Bundle, DType, ModelBuilder, Output, Requantize, Scale, Shape, Tensor};
use std::path::Path;

const TOKENS: usize = 32;

/// LeNet-5 for images of 32 by 32, with 61,706 parameters of any value.
pub fn lenet_5() -> eyre::Result<Bundle> {
    let mut noise = Noise(1);
    let mut builder = ModelBuilder::default();
    let output = Requantize::full(DType::I8, 16);
    let mut x = builder.input(DType::I8, shape(&[1, 1, 32, 32])?, Scale::ONE);
    for dims in [[6, 1, 5, 5], [16, 6, 5, 5]] {
        let [weights, bias, multipliers] = noise.linear(&mut builder, &dims)?;
        let window = Window { kernel: [5, 5], stride: [1, 1], dilation: [1, 1], padding: [0; 4] };
        x = builder.node(Conv2d { x, weights, bias, multipliers, window, groups: 1, output })?;
        x = builder.node(tanh(x))?;
        let window = Window { kernel: [2, 2], stride: [2, 2], dilation: [1, 1], padding: [0; 4] };
        x = builder.node(AveragePool { x, window, multiplier: 1 << 14, output })?;
    }
    x = builder.node(Reshape { x, shape: shape(&[1, 400])? })?;
    for dims in [[120, 400], [84, 120], [10, 84]] {
        let [weights, bias, multipliers] = noise.linear(&mut builder, &dims)?;
        x = builder.node(Gemm { x, weights, bias, multipliers, output })?;
        if dims[0] > 10 {
            x = builder.node(tanh(x))?;
        }
    }
    Ok(builder.finish(vec![Output { value: x, scale: Scale::ONE }])?)
}

fn tanh(x: u16) -> Lookup {
    let entry = |index: usize| ((index as f64 - 128.0) / 32.0).tanh() * 127.0;
    Lookup { x, table: Box::new(std::array::from_fn(|index| entry(index).round() as i16)), dtype: DType::I8 }
}

fn shape(dims: &[u32]) -> eyre::Result<Shape> {
    Shape::new(dims).ok_or_else(|| eyre!("no shape: {dims:?}"))
}

struct Noise(u64);

impl Noise {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i64 % bound
    }

    /// Weights, biases and multipliers of a layer.
    fn linear(&mut self, builder: &mut ModelBuilder, dims: &[u32]) -> eyre::Result<[u16; 3]> {
        let (outputs, elements) = (dims[0] as usize, dims.iter().product::<u32>() as usize);
        let mut tensor = |dtype, len, low: i64, high: i64| {
            let values: Vec<i64> = (0..len).map(|_| low + self.below(high - low + 1)).collect();
            Tensor::from_values(dtype, values.into_iter())
        };
        let weights = builder.constant(shape(dims)?, &tensor(DType::I8, elements, -127, 127));
        let bias = builder.constant(shape(&dims[..1])?, &tensor(DType::I32, outputs, -1_000, 1_000));
        let multipliers = builder.constant(shape(&dims[..1])?, &tensor(DType::I16, outputs, 64, 400));
        Ok([weights, bias, multipliers])
    }
}

/// MiniLM quantised from what `models/minilm.py` wrote, and an input.
pub fn minilm(folder: &Path) -> eyre::Result<(Bundle, Vec<u8>)> {
    let read = |name: &str| std::fs::read(folder.join(name)).wrap_err_with(|| folder.join(name).display().to_string());
    let ids = read("minilm.ids")?;
    let ids: Vec<f32> = ids.as_chunks::<4>().0.iter().map(|id| i32::from_le_bytes(*id) as f32).collect();
    let samples = ids.chunks_exact(TOKENS).map(|ids| Some(vec![Array::new([TOKENS], ids)?]));
    let samples: Vec<_> = samples.take(8).collect::<Option<_>>().ok_or_else(|| eyre!("the ids are cut"))?;
    let graph = read_onnx(&read("minilm.onnx")?)?;
    let bundle = quantize(&graph, &Calibration::new(&graph, &samples)?)?;
    let input = bundle.model.quantize_input(&[&samples[0][0].data]).ok_or_else(|| eyre!("the sample does not fit"))?;
    Ok((bundle, input))
}
