//! Operations against the formulas of `docs/inference.md`, written down once more in the plainest way.

use crate::random::Random;
use lux_inference::ops::*;
use lux_inference::run::execute;
use lux_inference::{DType, ModelBuilder, Output, Requantize, Scale, Shape, Tensor};
use proptest::prelude::*;

/// One operation on an input.
fn run(x: &Tensor, dims: &[u32], operation: impl FnOnce(&mut ModelBuilder, ValueId) -> Operation) -> Vec<i64> {
    let mut builder = ModelBuilder::default();
    let input = builder.input(x.dtype(), Shape::new(dims).unwrap(), Scale::ONE);
    let operation = operation(&mut builder, input);
    let y = builder.node(operation).unwrap();
    let dtype = builder.type_of(y).dtype;
    let bundle = builder.finish(vec![Output { value: y, scale: Scale::ONE }]).unwrap();
    let mut bytes = Vec::new();
    x.write_bytes(&mut bytes);
    let output = execute(&bundle.model, &bytes, &mut bundle.weights()).unwrap();
    Tensor::from_bytes(dtype, &output).iter().collect()
}

fn requantize(v: i128, to: Requantize) -> i64 {
    let rounded = if to.shift == 0 { v } else { (v + (1 << (to.shift - 1))).div_euclid(1 << to.shift) };
    rounded.clamp(to.low.into(), to.high.into()) as i64
}

proptest! {
    #[test]
    fn convolution(
        seed: u64, (groups, channels, each) in (1u32..3, 1u32..4, 1u32..4), size in [1u32..9, 1u32..9],
        kernel in [1u32..4, 1u32..4], stride in [1u32..3, 1u32..3], dilation in [1u32..3, 1u32..3], pads in [0u32..5, 0u32..5, 0u32..5, 0u32..5],
    ) {
        let mut random = Random::new(seed);
        let extent = [0, 1].map(|axis| (kernel[axis] - 1) * dilation[axis] + 1);
        let padding = [0, 1, 2, 3].map(|side| pads[side] % extent[side % 2]);
        let room = [0, 1].map(|axis| (size[axis] + padding[axis] + padding[axis + 2]).checked_sub(extent[axis]));
        prop_assume!(room[0].is_some() && room[1].is_some());
        let results = [0, 1].map(|axis| (room[axis].unwrap() / stride[axis] + 1) as usize);
        let (outputs, inputs) = (groups * each, groups * channels);
        let window = Window { kernel, stride, dilation, padding };
        let area = (kernel[0] * kernel[1]) as usize;
        let x = random.tensor(DType::I8, (2 * inputs * size[0] * size[1]) as usize);
        let weights = random.tensor(DType::I16, outputs as usize * channels as usize * area);
        let (bias, multipliers) = (random.tensor(DType::I32, outputs as usize), random.tensor(DType::I16, outputs as usize));
        let output = Requantize::full(DType::I16, 24);
        let found = run(&x, &[2, inputs, size[0], size[1]], |builder, x| {
            let weights = builder.constant(Shape::new([outputs, channels, kernel[0], kernel[1]]).unwrap(), &weights);
            let bias = builder.constant(Shape::new([outputs]).unwrap(), &bias);
            let multipliers = builder.constant(Shape::new([outputs]).unwrap(), &multipliers);
            Conv2d { x, weights, bias, multipliers, window, groups, output }.into()
        });
        let mut at = 0;
        for b in 0..2 {
            for o in 0..outputs as usize {
                for i in 0..results[0] {
                    for j in 0..results[1] {
                        let mut sum = i128::from(bias.get(o));
                        for c in 0..channels as usize {
                            for u in 0..kernel[0] as usize {
                                for v in 0..kernel[1] as usize {
                                    let row = (i * stride[0] as usize + u * dilation[0] as usize).wrapping_sub(padding[0] as usize);
                                    let column = (j * stride[1] as usize + v * dilation[1] as usize).wrapping_sub(padding[1] as usize);
                                    if row < size[0] as usize && column < size[1] as usize {
                                        let channel = b * inputs as usize + o / each as usize * channels as usize + c;
                                        let x = x.get((channel * size[0] as usize + row) * size[1] as usize + column);
                                        let w = weights.get((o * channels as usize + c) * area + u * kernel[1] as usize + v);
                                        sum += i128::from(x * w);
                                    }
                                }
                            }
                        }
                        prop_assert_eq!(found[at], requantize(sum * i128::from(multipliers.get(o)), output));
                        at += 1;
                    }
                }
            }
        }
        prop_assert_eq!(at, found.len());
    }

    #[test]
    fn softmax(seed: u64, n in 1usize..40, wide: bool) {
        let mut random = Random::new(seed);
        let x = random.tensor(if wide { DType::I16 } else { DType::I8 }, 3 * n);
        let coarse: Vec<u16> = (0..1 + random.below(255)).map(|i| random.next() as u16 | u16::from(i == 0)).collect();
        let fine: Box<[u16; 256]> = Box::new(core::array::from_fn(|i| random.next() as u16 | u16::from(i == 0)));
        let (c, f) = (coarse.clone(), fine.clone());
        let found = run(&x, &[3, n as u32], |_, x| Softmax { x, coarse, fine, one: 32_767, dtype: DType::I16 }.into());
        for row in 0..3 {
            let elements: Vec<i64> = (0..n).map(|i| x.get(row * n + i)).collect();
            let d = elements.iter().map(|x| (elements.iter().max().unwrap() - x).min(256 * c.len() as i64 - 1) as usize);
            let e: Vec<i128> = d.map(|d| i128::from(c[d / 256]) * i128::from(f[d % 256])).collect();
            let t: i128 = e.iter().sum();
            for i in 0..n {
                let remainder = 2 * e[i] * 32_767 + t - 2 * t * i128::from(found[row * n + i]);
                prop_assert!((0..2 * t).contains(&remainder));
            }
        }
    }

    #[test]
    fn layer_norm(seed: u64, n in 1usize..40, epsilon in 1u64..1 << 60, precision in 0u8..=40, beta_shift in 0u8..=30, wide: bool) {
        let mut random = Random::new(seed);
        let x = random.tensor(if wide { DType::I16 } else { DType::I8 }, 2 * n);
        let (g, b) = (random.tensor(DType::I16, n), random.tensor(DType::I32, n));
        let epsilon = epsilon >> random.below(60) | 1;
        let output = Requantize::full(DType::I32, 20);
        let found = run(&x, &[2, n as u32], |builder, x| {
            let gamma = builder.constant(Shape::new([n as u32]).unwrap(), &g);
            let beta = builder.constant(Shape::new([n as u32]).unwrap(), &b);
            LayerNorm { x, gamma, beta, epsilon, precision, beta_shift, output }.into()
        });
        for row in 0..2 {
            let x: Vec<i128> = (0..n).map(|i| x.get(row * n + i).into()).collect();
            let (s, n) = (x.iter().sum::<i128>(), n as i128);
            let w = n * x.iter().map(|x| x * x).sum::<i128>() - s * s + i128::from(epsilon);
            // By bisection: the largest whose square times `w` is not above.
            let (mut r, mut beyond) = (0i128, (1 << precision) + 1);
            while beyond - r > 1 {
                let middle = (r + beyond) / 2;
                let above = (middle * middle).checked_mul(w).is_none_or(|v| v > 1 << (2 * precision));
                if above { beyond = middle } else { r = middle }
            }
            for (i, x) in x.iter().enumerate() {
                let v = (n * x - s) * r * i128::from(g.get(i)) + (i128::from(b.get(i)) << beta_shift);
                prop_assert_eq!(found[row * n as usize + i], requantize(v, output));
            }
        }
    }
}
