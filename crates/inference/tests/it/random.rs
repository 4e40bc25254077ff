//! Random models: every operation, many shapes, all of them valid.

use lux_inference::ops::*;
use lux_inference::{Bundle, DType, ModelBuilder, Output, Requantize, Scale, Shape, Tensor};

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 ^ self.0 >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 16
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// From `low` to `high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1) as u64) as i64
    }

    pub fn tensor(&mut self, dtype: DType, len: usize) -> Tensor {
        let values: Vec<i64> = (0..len).map(|_| self.element(dtype)).collect();
        Tensor::from_values(dtype, values.into_iter())
    }

    /// Extremes now and then.
    fn element(&mut self, dtype: DType) -> i64 {
        match self.below(16) {
            0 => dtype.min(),
            1 => dtype.max(),
            _ => self.between(dtype.min(), dtype.max()),
        }
    }

    fn narrow(&mut self) -> DType {
        if self.below(3) == 0 { DType::I16 } else { DType::I8 }
    }

    fn output(&mut self, shift: u8) -> Requantize {
        let dtype = [DType::I8, DType::I8, DType::I16, DType::I32][self.below(4)];
        let low = if self.below(3) == 0 { 0 } else { dtype.min() as i32 };
        Requantize { low, ..Requantize::full(dtype, shift + self.below(6) as u8) }
    }

    fn multiplier(&mut self) -> i16 {
        self.between(-100, 4_000) as i16
    }

    /// A model with an input and about `nodes` nodes, and an input for it.
    pub fn model(&mut self, nodes: usize) -> (Bundle, Vec<u8>) {
        let mut graph = Graph {
            builder: ModelBuilder::default(),
            results: Vec::new(),
            used: Vec::new(),
            sound: ModelBuilder::default(),
        };
        let dims = [1 + self.below(2), 1 + self.below(6), 1 + self.below(9), 1 + self.below(9)].map(|dim| dim as u32);
        let dtype = self.narrow();
        let input = graph.builder.input(dtype, Shape::new(dims).unwrap(), Scale::ONE);
        let (multiplier, output) = (self.multiplier(), Requantize::full(DType::I8, 8));
        graph.add(Rescale { x: input, multiplier, output });
        for _ in 0..nodes {
            self.node(&mut graph);
        }
        let unused: Vec<u16> = graph.results.iter().copied().filter(|value| !graph.used.contains(value)).collect();
        let outputs = unused.iter().take(16).map(|value| Output { value: *value, scale: Scale::ONE }).collect();
        let input = self.tensor(dtype, dims.iter().product::<u32>() as usize);
        let mut bytes = Vec::new();
        input.write_bytes(&mut bytes);
        (graph.builder.finish(outputs).unwrap(), bytes)
    }

    fn node(&mut self, graph: &mut Graph) {
        let x = graph.results[graph.results.len() - 1 - self.below(graph.results.len().min(3))];
        let kind = graph.builder.type_of(x).clone();
        let (dims, last) = (kind.shape.dims().to_vec(), kind.shape.last());
        let (multiplier, one) = (self.multiplier(), |n: usize| Shape::new([n as u32]).unwrap());
        let narrow = kind.dtype != DType::I32;
        match self.below(15) {
            0 if narrow => {
                let (n, dtype) = (1 + self.below(20), self.narrow());
                let weights = Shape::new([n as u32, last as u32]).unwrap();
                let weights = graph.builder.constant(weights, &self.tensor(dtype, n * last));
                let bias = graph.builder.constant(one(n), &self.tensor(DType::I32, n));
                let multipliers = graph.builder.constant(one(n), &self.tensor(DType::I16, n));
                graph.add(Gemm { x, weights, bias, multipliers, output: self.output(22) });
            }
            1 if narrow && dims.len() >= 2 => {
                graph.add(MatMul { a: x, b: x, transposed: true, multiplier, output: self.output(18) });
                let columns = [&dims[..dims.len() - 2], &[last as u32, 1 + self.below(18) as u32]].concat();
                let shape = Shape::new(columns).unwrap();
                let b = graph.builder.constant(shape.clone(), &self.tensor(DType::I8, shape.elements()));
                graph.add(MatMul { a: x, b, transposed: false, multiplier, output: self.output(18) });
            }
            2 if narrow && dims.len() == 4 => {
                let Some(window) = self.window(&dims, true) else { return };
                let groups = if self.below(2) == 0 { dims[1] } else { 1 };
                let (n, channels) = (groups * (1 + self.below(3) as u32), dims[1] / groups);
                let weights = Shape::new([n, channels, window.kernel[0], window.kernel[1]]).unwrap();
                let dtype = self.narrow();
                let weights = graph.builder.constant(weights.clone(), &self.tensor(dtype, weights.elements()));
                let bias = graph.builder.constant(one(n as usize), &self.tensor(DType::I32, n as usize));
                let multipliers = graph.builder.constant(one(n as usize), &self.tensor(DType::I16, n as usize));
                graph.add(Conv2d { x, weights, bias, multipliers, window, groups, output: self.output(22) });
            }
            3 => {
                let b = graph.builder.constant(one(last), &self.tensor(DType::I16, last));
                graph.add(Add { a: x, b, multipliers: [multiplier, self.multiplier()], output: self.output(12) });
            }
            4 if narrow => {
                let b = graph.builder.constant(one(1), &self.tensor(DType::I16, 1));
                graph.add(Mul { a: b, b: x, multiplier, output: self.output(16) });
            }
            5 => {
                let output = Requantize { shift: self.below(14) as u8, ..self.output(0) };
                graph.add(Rescale { x, multiplier, output });
            }
            6 | 7 if dims.len() == 4 => {
                let Some(window) = self.window(&dims, false) else { return };
                if self.below(2) == 0 {
                    graph.add(MaxPool { x, window });
                } else {
                    graph.add(AveragePool { x, window, multiplier, output: self.output(10) });
                }
            }
            8 => {
                let four = [1, dims[0], kind.shape.elements() as u32 / dims[0] / last as u32, last as u32];
                graph.add(Reshape { x, shape: Shape::new(four).unwrap() });
            }
            9 => {
                let mut permutation: Vec<u8> = (0..dims.len() as u8).collect();
                permutation.rotate_left(self.below(dims.len()));
                graph.add(Transpose { x, permutation });
            }
            10 => {
                let count = 1 + self.below(4);
                let indices: Vec<i32> = (0..count).map(|_| self.below(dims[0] as usize) as i32).collect();
                let indices = graph.builder.constant(one(count), &Tensor::I32(indices));
                graph.add(Gather { data: x, indices });
            }
            11 if narrow => {
                let gamma = graph.builder.constant(one(last), &self.tensor(DType::I16, last));
                let beta = graph.builder.constant(one(last), &self.tensor(DType::I32, last));
                let (epsilon, precision, beta_shift) = (1 + self.next(), self.below(41) as u8, self.below(20) as u8);
                graph.add(LayerNorm { x, gamma, beta, epsilon, precision, beta_shift, output: self.output(40) });
            }
            12 if narrow => {
                let coarse =
                    (0..1 + self.below(200)).map(|i| (60_000 >> (i / 3).min(31)) as u16 | u16::from(i == 0)).collect();
                let fine = Box::new(core::array::from_fn(|i| 65_535 - 200 * i as u16));
                let (dtype, one) = if self.below(2) == 0 { (DType::I8, 127) } else { (DType::I16, 32_767) };
                graph.add(Softmax { x, coarse, fine, one, dtype });
            }
            13 if kind.dtype == DType::I8 => {
                let table = Box::new(core::array::from_fn(|_| self.between(-128, 127) as i16));
                graph.add(Lookup { x, table, dtype: self.narrow() });
            }
            14 => graph.add(ArgMax { x }),
            _ => {}
        }
    }

    fn window(&mut self, dims: &[u32], dilated: bool) -> Option<Window> {
        let kernel = [1 + self.below(3) as u32, 1 + self.below(3) as u32];
        let dilation = if dilated { [1 + self.below(2) as u32, 1] } else { [1, 1] };
        let extent = |axis: usize| (kernel[axis] - 1) * dilation[axis] + 1;
        let mut padding = [0; 4];
        for (side, padding) in padding.iter_mut().enumerate() {
            *padding = self.below(extent(side % 2) as usize) as u32;
        }
        let fits = (0..2).all(|axis| dims[2 + axis] + padding[axis] + padding[axis + 2] >= extent(axis));
        let stride = [1 + self.below(2) as u32, 1 + self.below(2) as u32];
        fits.then_some(Window { kernel, stride, dilation, padding })
    }
}

struct Graph {
    builder: ModelBuilder,
    results: Vec<u16>,
    used: Vec<u16>,
    /// As it was after the last node that it took.
    sound: ModelBuilder,
}

impl Graph {
    fn add(&mut self, operation: impl Into<Operation>) {
        let operation = operation.into();
        let operands = operation.operands();
        // What a model cannot take, such as sums that could overflow, is left out, with its constants.
        if let Ok(value) = self.builder.node(operation) {
            self.used.extend(operands);
            self.results.push(value);
            self.sound = self.builder.clone();
        } else {
            self.builder = self.sound.clone();
        }
    }
}
