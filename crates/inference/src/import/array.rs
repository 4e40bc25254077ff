//! Float tensors.

/// A tensor of floats, row-major. Integers are held as floats too: indices are below 2^24.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}

impl Array {
    /// `None` when the shape does not fit the data.
    pub fn new(shape: impl Into<Vec<usize>>, data: impl Into<Vec<f32>>) -> Option<Self> {
        let (shape, data) = (shape.into(), data.into());
        let elements = shape.iter().try_fold(1usize, |product, dim| product.checked_mul(*dim))?;
        (elements == data.len()).then_some(Self { shape, data })
    }

    /// A constant of one element, whatever its shape.
    pub fn scalar(&self) -> Option<f32> {
        if let [value] = self.data[..] { Some(value) } else { None }
    }

    /// Largest absolute value.
    pub fn magnitude(&self) -> f32 {
        self.data.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()))
    }

    pub fn last(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// Rows and columns swapped.
    pub(crate) fn transposed(&self) -> Self {
        self.permuted(&[1, 0])
    }

    pub(crate) fn permuted(&self, permutation: &[usize]) -> Self {
        let mut strides = vec![1; self.shape.len()];
        for axis in (1..self.shape.len()).rev() {
            strides[axis - 1] = strides[axis] * self.shape[axis];
        }
        let shape: Vec<usize> = permutation.iter().map(|axis| self.shape[*axis]).collect();
        let strides: Vec<usize> = permutation.iter().map(|axis| strides[*axis]).collect();
        let element = |index: usize| {
            let (mut rest, mut at) = (index, 0);
            for axis in (0..shape.len()).rev() {
                at += rest % shape[axis] * strides[axis];
                rest /= shape[axis];
            }
            self.data[at]
        };
        let data = (0..self.data.len()).map(element).collect();
        Self { shape, data }
    }
}
