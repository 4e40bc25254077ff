//! Windows that slide over images.

use super::ValueId;
use super::values::shape_problem;
use crate::codec::fields;
use crate::{Problem, TensorType};

fields! {
    /// A window over the last two dimensions of `[batch, channels, height, width]`; pairs are (vertical, horizontal).
    Window {
        kernel: [u32; 2],
        stride: [u32; 2],
        /// Steps between the elements of the kernel.
        dilation: [u32; 2],
        /// Top, left, bottom, right: each less than the kernel's extent.
        padding: [u32; 4],
    }
}

/// Largest of any field.
const MAX: u32 = 1 << 15;

impl Window {
    /// Elements of the kernel.
    pub fn area(&self) -> usize {
        self.kernel[0] as usize * self.kernel[1] as usize
    }

    /// Height and width of what comes out of `x`.
    pub(crate) fn results(&self, value: ValueId, x: &TensorType) -> Result<[u32; 2], Problem> {
        let &[_, _, height, width] = x.shape.dims() else {
            return Err(shape_problem(value, x, "not [batch, channels, height, width]"));
        };
        let mut results = [0; 2];
        for (axis, size) in [height, width].into_iter().enumerate() {
            let (kernel, stride, dilation) = (self.kernel[axis], self.stride[axis], self.dilation[axis]);
            if ![kernel, stride, dilation].iter().all(|field| (1..=MAX).contains(field)) {
                return Err(Problem::Parameter("kernel, stride or dilation"));
            }
            let extent = (kernel - 1) * dilation + 1;
            let (before, after) = (self.padding[axis], self.padding[axis + 2]);
            if before >= extent || after >= extent {
                return Err(Problem::Parameter("padding: a window would lie outside of the image"));
            }
            let padded = u64::from(size) + u64::from(before) + u64::from(after);
            let room =
                padded.checked_sub(extent.into()).ok_or_else(|| shape_problem(value, x, "smaller than the kernel"))?;
            results[axis] = (room / u64::from(stride)) as u32 + 1;
        }
        Ok(results)
    }

    /// Where element `offset` of the window at `position` comes from along an axis of `size`; `None` is padding.
    #[inline(always)]
    pub(crate) fn source(&self, axis: usize, position: usize, offset: usize, size: usize) -> Option<usize> {
        let padded = position * self.stride[axis] as usize + offset * self.dilation[axis] as usize;
        padded.checked_sub(self.padding[axis] as usize).filter(|index| *index < size)
    }
}
