//! Products one weight row at a time: little memory, no assumption about the processor.

use super::{Backend, Product, Right};
use crate::Tensor;
use crate::tensor::{Element, each_dtype};
use alloc::{vec, vec::Vec};

pub(crate) fn multiply<B: Backend>(backend: &mut B, product: &Product<'_>, y: &mut Tensor) -> Result<(), B::Error> {
    let depth = product.depth;
    let (left, start) = (product.left.tensor, product.left.start);
    match product.right {
        Right::Activations(right) => {
            each_dtype!(right.tensor, elements => {
                let rows = &elements[right.start..right.start + product.columns * depth];
                for (column, weights) in rows.chunks_exact(depth).enumerate() {
                    each_dtype!(left, left => multiply_column(product, column, &left[start..], weights, y));
                }
            });
        }
        Right::Weights { constant, dtype, first_row } => {
            let mut bytes = vec![0; depth * dtype.bytes()];
            for column in 0..product.columns {
                backend.read(constant, (first_row + column) * bytes.len(), &mut bytes)?;
                let weights = Tensor::from_bytes(dtype, &bytes);
                each_dtype!(&weights, weights => {
                    each_dtype!(left, left => multiply_column(product, column, &left[start..], weights, y));
                });
            }
        }
    }
    Ok(())
}

fn multiply_column<A: Element, W: Element>(
    product: &Product<'_>,
    column: usize,
    left: &[A],
    weights: &[W],
    y: &mut Tensor,
) {
    for (row, left) in left.chunks_exact(product.depth).take(product.rows).enumerate() {
        product.store(y, row, column, dot(left, weights));
    }
}

/// Four at a time, because compilers do not unroll for the machine.
#[inline(always)]
fn dot<A: Element, W: Element>(a: &[A], b: &[W]) -> i64 {
    let (a_blocks, a_rest) = a.as_chunks::<4>();
    let (b_blocks, b_rest) = b.as_chunks::<4>();
    let product = |a: A, b: W| -> i64 { a.into() * b.into() };
    let blocks = a_blocks.iter().zip(b_blocks);
    let sum: i64 = blocks
        .map(|(a, b)| product(a[0], b[0]) + product(a[1], b[1]) + product(a[2], b[2]) + product(a[3], b[3]))
        .sum();
    sum + a_rest.iter().zip(b_rest).map(|(a, b)| product(*a, *b)).sum::<i64>()
}

/// Weights in memory, by their position among the values; computes products in the plain way.
#[derive(Clone, Debug, Default)]
pub struct Blobs(pub alloc::collections::BTreeMap<usize, Vec<u8>>);

/// There are no weights for this value, or they are too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("value {0} has no weights, or too few")]
pub struct NoWeights(pub usize);

impl Blobs {
    pub(crate) fn copy(&self, constant: usize, offset: usize, out: &mut [u8]) -> Result<(), NoWeights> {
        let blob = self.0.get(&constant).and_then(|blob| blob.get(offset..offset + out.len()));
        out.copy_from_slice(blob.ok_or(NoWeights(constant))?);
        Ok(())
    }
}

impl Backend for Blobs {
    type Error = NoWeights;

    fn read(&mut self, constant: usize, offset: usize, out: &mut [u8]) -> Result<(), NoWeights> {
        self.copy(constant, offset, out)
    }
}
