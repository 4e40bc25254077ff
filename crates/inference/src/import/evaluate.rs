//! The float network itself: the reference that quantised ones are measured against.

use super::Array;
use super::graph::{FloatOp, Graph};
use crate::limits::{MAX_ELEMENTS, MAX_PEAK_BYTES};
use crate::ops::Window;
use crate::{DType, Shape, TensorType};

/// Elements of a result: an integer model keeps a byte at least for each.
const MAX_RESULT: usize = MAX_PEAK_BYTES as usize;

/// Elements of a result, if it is no larger than a model can have.
fn elements(shape: &[usize]) -> Option<usize> {
    let elements = shape.iter().try_fold(1usize, |product, dim| product.checked_mul(*dim))?;
    (elements <= MAX_RESULT).then_some(elements)
}

/// All values of the network; an error says which node does not take its operands.
pub(super) fn evaluate(graph: &Graph, inputs: &[Array]) -> Result<Vec<Array>, String> {
    if inputs.len() != graph.inputs.len() {
        return Err(format!("{} inputs; the network has {}", inputs.len(), graph.inputs.len()));
    }
    let mut values: Vec<Array> = Vec::with_capacity(graph.values.len());
    let (mut inputs, mut computed) = (inputs.iter(), 0);
    for value in &graph.values {
        let result = match &value.op {
            FloatOp::Input { .. } => inputs.next().cloned(),
            op => compute(op, &values),
        };
        let sound = result.filter(|array| !array.data.is_empty() && array.data.iter().all(|x| x.is_finite()));
        let array = sound.ok_or_else(|| {
            let name = &value.name;
            format!("{name} has no finite result of at most {MAX_RESULT} elements: its operands do not fit, or it is too large")
        })?;
        computed += if matches!(value.op, FloatOp::Constant(_)) { 0 } else { array.data.len() as u64 };
        if computed > MAX_ELEMENTS {
            return Err(format!("{} and the values before it have more than {MAX_ELEMENTS} elements", value.name));
        }
        values.push(array);
    }
    Ok(values)
}

/// Outputs of the network.
pub(super) fn outputs(graph: &Graph, inputs: &[Array]) -> Result<Vec<Array>, String> {
    let values = evaluate(graph, inputs)?;
    Ok(graph.outputs.iter().map(|output| values[*output].clone()).collect())
}

fn compute(op: &FloatOp, values: &[Array]) -> Option<Array> {
    match op {
        FloatOp::Input { .. } => None,
        FloatOp::Constant(array) => Some(array.clone()),
        FloatOp::Gemm { x, weights, bias } => {
            let x = &values[*x];
            let mut y = matmul(x, x.last(), weights, weights.shape[0], true)?;
            y.data.chunks_exact_mut(bias.len()).for_each(|row| row.iter_mut().zip(bias).for_each(|(y, b)| *y += b));
            Some(y)
        }
        FloatOp::MatMul { a, b } => {
            let (a, b) = (&values[*a], &values[*b]);
            let rank = a.shape.len();
            let fits = rank >= 2 && b.shape.len() == rank && a.shape[..rank - 2] == b.shape[..rank - 2];
            fits.then(|| matmul(a, a.last(), b, b.last(), false))?
        }
        FloatOp::Conv { x, weights, bias, window, groups } => conv(&values[*x], weights, bias, window, *groups),
        FloatOp::Scale { x, factor } => Some(map(&values[*x], |x| x * factor)),
        FloatOp::Clip { x, low, high } => Some(map(&values[*x], |x| x.max(*low).min(*high))),
        FloatOp::Apply { x, function } => Some(map(&values[*x], |x| function.apply(x.into()) as f32)),
        FloatOp::Add { a, b } => broadcast(&values[*a], &values[*b], |a, b| a + b),
        FloatOp::Mul { a, b } => broadcast(&values[*a], &values[*b], |a, b| a * b),
        FloatOp::MaxPool { x, window } => pool(&values[*x], window, f32::MIN, f32::max, 1.0),
        FloatOp::AveragePool { x, window } => {
            let window = whole(window, &values[*x].shape)?;
            pool(&values[*x], &window, 0.0, |sum, x| sum + x, 1.0 / window.area() as f32)
        }
        FloatOp::Reshape { x, shape } => reshape(&values[*x], shape),
        FloatOp::Flatten { x, axis } => {
            let x = &values[*x];
            let outer = x.shape.get(..*axis)?.iter().product();
            Array::new([outer, x.data.len() / usize::max(outer, 1)], x.data.clone())
        }
        FloatOp::Transpose { x, permutation } => {
            let mut sorted = permutation.clone();
            sorted.sort_unstable();
            sorted.into_iter().eq(0..values[*x].shape.len()).then(|| values[*x].permuted(permutation))
        }
        FloatOp::Gather { data, indices } => {
            let (data, indices) = (&values[*data], &values[*indices]);
            let row = data.data.len() / data.shape.first()?;
            let shape = [&indices.shape[..], &data.shape[1..]].concat();
            elements(&shape)?;
            let row_at = |index: &f32| {
                let start = (*index as usize).checked_mul(row)?;
                data.data.get(start..start.checked_add(row)?)
            };
            let rows: Option<Vec<&[f32]>> = indices.data.iter().map(row_at).collect();
            Array::new(shape, rows?.concat())
        }
        FloatOp::LayerNorm { x, gamma, beta, epsilon } => {
            let x = &values[*x];
            let rows = (x.last() == gamma.len()).then(|| x.data.chunks_exact(gamma.len()))?;
            let data: Vec<f32> = rows
                .flat_map(|row| {
                    let mean = row.iter().sum::<f32>() / row.len() as f32;
                    let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / row.len() as f32;
                    let root = (variance + epsilon).sqrt();
                    row.iter().zip(gamma.iter().zip(beta)).map(move |(x, (g, b))| (x - mean) / root * g + b)
                })
                .collect();
            Array::new(x.shape.clone(), data)
        }
        FloatOp::Softmax { x } => {
            let x = &values[*x];
            let softmax = |row: &[f32]| {
                let largest = row.iter().copied().fold(f32::MIN, f32::max);
                let exponentials: Vec<f32> = row.iter().map(|x| (x - largest).exp()).collect();
                let sum: f32 = exponentials.iter().sum();
                exponentials.into_iter().map(move |e| e / sum)
            };
            Array::new(x.shape.clone(), x.data.chunks_exact(x.last()).flat_map(softmax).collect::<Vec<_>>())
        }
        FloatOp::ArgMax { x } => {
            let x = &values[*x];
            let best =
                |row: &[f32]| (0..row.len()).fold(0, |best, index| if row[index] > row[best] { index } else { best });
            let mut shape = x.shape.clone();
            *shape.last_mut()? = 1;
            Array::new(shape, x.data.chunks_exact(x.last()).map(|row| best(row) as f32).collect::<Vec<_>>())
        }
    }
}

fn map(x: &Array, f: impl Fn(f32) -> f32) -> Array {
    Array { shape: x.shape.clone(), data: x.data.iter().map(|x| f(*x)).collect() }
}

/// `b` is one matrix for each of `a`'s, or a single one when it has two dimensions.
fn matmul(a: &Array, depth: usize, b: &Array, columns: usize, transposed: bool) -> Option<Array> {
    let rank = a.shape.len();
    if rank == 0 || b.shape.len() < 2 {
        return None;
    }
    let of_b = b.shape[b.shape.len() - if transposed { 1 } else { 2 }];
    if depth == 0 || columns == 0 || of_b != depth {
        return None;
    }
    let rows = if b.shape.len() == 2 { a.data.len() / depth } else { a.shape[rank - 2] };
    let b = if transposed { b.transposed() } else { b.clone() };
    let mut data = vec![0.0; elements(&[a.data.len() / depth, columns])?];
    for (index, (row, y)) in a.data.chunks_exact(depth).zip(data.chunks_exact_mut(columns)).enumerate() {
        let matrix = &b.data[index / rows * depth * columns..];
        for (x, weights) in row.iter().zip(matrix.chunks_exact(columns)) {
            y.iter_mut().zip(weights).for_each(|(y, w)| *y += x * w);
        }
    }
    let mut shape = a.shape.clone();
    shape[rank - 1] = columns;
    Array::new(shape, data)
}

/// A kernel of zero is the whole image.
pub(super) fn whole(window: &Window, shape: &[usize]) -> Option<Window> {
    let &[_, _, height, width] = shape else { return None };
    let kernel = if window.kernel == [0; 2] { [height as u32, width as u32] } else { window.kernel };
    Some(Window { kernel, ..window.clone() })
}

/// Height and width of a result; `None` where the integer operation would refuse them too.
fn results(window: &Window, shape: &[usize]) -> Option<[usize; 2]> {
    let dims: Vec<u32> = shape.iter().map(|dim| u32::try_from(*dim).ok()).collect::<Option<_>>()?;
    let x = TensorType { dtype: DType::I8, shape: Shape::new(dims)? };
    let [height, width] = window.results(0, &x).ok()?.map(|size| size as usize);
    elements(&[shape[0], shape[1], height, width])?;
    Some([height, width])
}

fn conv(x: &Array, weights: &Array, bias: &[f32], window: &Window, groups: usize) -> Option<Array> {
    let [height, width] = results(window, &x.shape)?;
    let (outputs, channels) = (weights.shape[0], weights.shape[1]);
    if groups == 0 || x.shape[1] != channels * groups || !outputs.is_multiple_of(groups) {
        return None;
    }
    let [kernel_height, kernel_width] = window.kernel.map(|size| size as usize);
    let count = elements(&[x.shape[0], outputs, height, width])?;
    let mut data = Vec::with_capacity(count);
    for index in 0..count {
        let (j, i, o) = (index % width, index / width % height, index / width / height % outputs);
        let first = index / width / height / outputs * x.shape[1] + o / (outputs / groups) * channels;
        let mut sum = bias[o];
        for channel in 0..channels {
            for u in 0..kernel_height {
                let Some(row) = window.source(0, i, u, x.shape[2]) else { continue };
                for v in 0..kernel_width {
                    let Some(column) = window.source(1, j, v, x.shape[3]) else { continue };
                    sum += x.data[((first + channel) * x.shape[2] + row) * x.shape[3] + column]
                        * weights.data[((o * channels + channel) * kernel_height + u) * kernel_width + v];
                }
            }
        }
        data.push(sum);
    }
    Array::new([x.shape[0], outputs, height, width], data)
}

fn pool(x: &Array, window: &Window, start: f32, fold: impl Fn(f32, f32) -> f32, factor: f32) -> Option<Array> {
    let [height, width] = results(window, &x.shape)?;
    let [kernel_height, kernel_width] = window.kernel.map(|size| size as usize);
    let (rows, columns) = (x.shape[2], x.shape[3]);
    let element = |index: usize| {
        let (j, i, image) = (index % width, index / width % height, index / width / height);
        let mut folded = start;
        for row in (0..kernel_height).filter_map(|u| window.source(0, i, u, rows)) {
            for column in (0..kernel_width).filter_map(|v| window.source(1, j, v, columns)) {
                folded = fold(folded, x.data[(image * rows + row) * columns + column]);
            }
        }
        folded * factor
    };
    let count = x.shape[0] * x.shape[1] * height * width;
    Array::new([x.shape[0], x.shape[1], height, width], (0..count).map(element).collect::<Vec<_>>())
}

fn reshape(x: &Array, shape: &[i64]) -> Option<Array> {
    let dim = |(axis, dim): (usize, &i64)| {
        if *dim == 0 { x.shape.get(axis).copied() } else { Some(dim.unsigned_abs() as usize) }
    };
    let mut dims: Vec<usize> = shape.iter().enumerate().map(dim).collect::<Option<_>>()?;
    if let Some(open) = shape.iter().position(|dim| *dim < 0) {
        dims[open] = 1;
        let others = dims.iter().try_fold(1usize, |product, dim| product.checked_mul(*dim))?;
        dims[open] = x.data.len().checked_div(others)?;
    }
    Array::new(dims, x.data.clone())
}

fn broadcast(a: &Array, b: &Array, f: impl Fn(f32, f32) -> f32) -> Option<Array> {
    let rank = a.shape.len().max(b.shape.len());
    let dim = |x: &Array, axis: usize| (axis + x.shape.len()).checked_sub(rank).map_or(1, |axis| x.shape[axis]);
    let shape: Vec<usize> = (0..rank).map(|axis| dim(a, axis).max(dim(b, axis))).collect();
    let fits = |x: &Array| (0..rank).all(|axis| [1, shape[axis]].contains(&dim(x, axis)));
    let at = |x: &Array, index: usize| {
        let (mut rest, mut position, mut step) = (index, 0, 1);
        for axis in (0..rank).rev() {
            let size = dim(x, axis);
            position += rest % shape[axis] % size * step;
            rest /= shape[axis];
            step *= size;
        }
        x.data[position]
    };
    if !fits(a) || !fits(b) {
        return None;
    }
    let data: Vec<f32> = (0..elements(&shape)?).map(|index| f(at(a, index), at(b, index))).collect();
    Array::new(shape, data)
}
