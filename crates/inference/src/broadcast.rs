//! Element-wise operations on tensors of different shapes: aligned at the last dimension, missing dimensions and those of
//! size 1 are repeated.

use crate::ops::ValueId;
use crate::tensor::each_dtype;
use crate::{Problem, Shape, Tensor, TensorType};
use alloc::{vec, vec::Vec};

/// Shape of the result; `value` is that of `b`, for the error.
pub(crate) fn result_dims(a: &TensorType, value: ValueId, b: &TensorType) -> Result<Shape, Problem> {
    let rank = a.shape.rank().max(b.shape.rank());
    let dim =
        |t: &TensorType, axis: usize| (axis + t.shape.rank()).checked_sub(rank).map_or(1, |axis| t.shape.dims()[axis]);
    let dims: Option<Vec<u32>> = (0..rank)
        .map(|axis| match (dim(a, axis), dim(b, axis)) {
            (a, b) if a == b || b == 1 => Some(a),
            (1, b) => Some(b),
            _ => None,
        })
        .collect();
    let expected = "which does not broadcast with the left operand";
    let dims = dims.ok_or(Problem::Shape { value, found: b.shape.clone(), expected })?;
    Shape::new(dims).ok_or(Problem::ResultShape)
}

/// Steps through an operand as the result is walked along its axes; zero where it is repeated.
fn steps(shape: &Shape, result: &Shape) -> Vec<usize> {
    let mut steps = vec![0; result.rank()];
    let skipped = result.rank() - shape.rank();
    for (axis, stride) in shape.strides().into_iter().enumerate() {
        if shape.dim(axis) > 1 {
            steps[skipped + axis] = stride;
        }
    }
    steps
}

/// Applies `f` to pairs of elements.
pub(crate) fn broadcast(
    operands: [&Tensor; 2],
    shapes: [&Shape; 2],
    result: &TensorType,
    f: impl Fn(i64, i64) -> i64,
) -> Tensor {
    let [a, b] = operands;
    if shapes[0] == shapes[1] {
        return each_dtype!(a, a => each_dtype!(b, b => {
            let pairs = a.iter().zip(b);
            Tensor::from_values(result.dtype, pairs.map(|(a, b)| f((*a).into(), (*b).into())))
        }));
    }
    let [step_a, step_b] = shapes.map(|shape| steps(shape, &result.shape));
    let (mut position, mut at_a, mut at_b) = (vec![0; result.shape.rank()], 0, 0);
    let elements = (0..result.shape.elements()).map(|_| {
        let element = f(a.get(at_a), b.get(at_b));
        for axis in (0..position.len()).rev() {
            position[axis] += 1;
            at_a += step_a[axis];
            at_b += step_b[axis];
            if position[axis] < result.shape.dim(axis) {
                break;
            }
            at_a -= step_a[axis] * position[axis];
            at_b -= step_b[axis] * position[axis];
            position[axis] = 0;
        }
        element
    });
    Tensor::from_values(result.dtype, elements)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;

    fn sum(a: &[u32], b: &[u32]) -> Option<(Vec<u32>, Vec<i64>)> {
        let of = |dims: &[u32]| TensorType { dtype: DType::I32, shape: Shape::new(dims).unwrap() };
        let values = |t: &TensorType| Tensor::from_values(DType::I32, 0..t.shape.elements() as i64);
        let (a, b) = (of(a), of(b));
        let result = TensorType { dtype: DType::I32, shape: result_dims(&a, 0, &b).ok()? };
        let y = broadcast([&values(&a), &values(&b)], [&a.shape, &b.shape], &result, |a, b| 10 * a + b);
        Some((result.shape.dims().to_vec(), y.iter().collect()))
    }

    #[test]
    fn shapes_align_at_the_end() {
        assert_eq!(sum(&[2, 3], &[3]), Some((vec![2, 3], vec![0, 11, 22, 30, 41, 52])));
        assert_eq!(sum(&[2, 1], &[1, 2]), Some((vec![2, 2], vec![0, 1, 10, 11])));
        assert_eq!(sum(&[1], &[2, 2]), Some((vec![2, 2], vec![0, 1, 2, 3])));
        assert_eq!(sum(&[2, 1, 2], &[2, 1]), Some((vec![2, 2, 2], vec![0, 10, 1, 11, 20, 30, 21, 31])));
        assert_eq!(sum(&[2, 3], &[2]), None);
    }
}
