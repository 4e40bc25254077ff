//! Nodes, prepared: what each computes of its result, a part at a time.

mod broadcast;
mod conv;
mod gemm;
mod layer_norm;
mod lookup;
mod matmul;
mod moves;
mod pool;
mod products;
mod softmax;

use super::part::Part;
use crate::Tensor;
pub(super) use broadcast::{Broadcast, Combine};
pub(super) use conv::Conv;
pub(super) use gemm::Gemm;
pub(super) use layer_norm::LayerNorm;
pub(super) use lookup::Lookup;
pub(super) use matmul::MatMul;
pub(super) use moves::{ArgMax, Gather, Transpose};
pub(super) use pool::{Fold, Pool};
pub(super) use softmax::Softmax;
use std::sync::Arc;

/// An index outside of its table.
pub(super) type BadIndex = i64;

/// What a node takes, in order, without what was prepared.
pub(super) type Operands = Vec<Arc<Tensor>>;

pub(super) trait Step: std::fmt::Debug + Send + Sync {
    /// Elements of the result that are only computed together.
    fn granule(&self) -> usize;

    /// Whether a part of the result takes only the same part of this operand.
    fn is_local(&self, operand: usize) -> bool;

    /// About how long the whole takes, in instructions on vectors.
    fn work(&self) -> usize;

    /// Computes elements from `start` on. Both ends are multiples of the granule, or the end of the result.
    fn compute(&self, operands: &[Arc<Tensor>], start: usize, out: Part<'_>) -> Result<(), BadIndex>;
}

/// Applies `f` to runs of rows: at most `most` at a time, of about the same length.
fn blocks(rows: usize, most: usize, mut f: impl FnMut(usize, usize)) {
    let count = rows.div_ceil(most);
    for block in 0..count {
        let (start, end) = (rows * block / count, rows * (block + 1) / count);
        f(start, end - start);
    }
}
