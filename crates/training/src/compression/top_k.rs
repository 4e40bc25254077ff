//! The largest coordinates; what was not sent is added to the next update.

use super::wire::{DecodeError, Fields, floats, put_floats};

/// Keeps `kept` coordinates of every update, and what the others had.
#[derive(Clone, Debug, PartialEq)]
pub struct TopK {
    kept: usize,
    residual: Vec<f32>,
}

impl TopK {
    /// For updates of `length` coordinates, less than 2^32.
    pub fn new(kept: u32, length: usize) -> Self {
        Self { kept: length.min(kept as usize), residual: vec![0.0; length] }
    }

    /// `uint32 length ‖ uint32 index of each, ascending ‖ float32 of each`. Of equally large coordinates the first ones.
    ///
    /// # Panics
    ///
    /// When the vector has another length.
    pub fn encode(&mut self, vector: &[f32]) -> Vec<u8> {
        assert_eq!(vector.len(), self.residual.len(), "every update has the same length");
        self.residual.iter_mut().zip(vector).for_each(|(rest, x)| *rest += x);
        let mut order: Vec<u32> = (0..vector.len() as u32).collect();
        let size = |index: &u32| self.residual[*index as usize].abs();
        if self.kept < order.len() {
            order.select_nth_unstable_by(self.kept, |x, y| size(y).total_cmp(&size(x)).then(x.cmp(y)));
        }
        order.truncate(self.kept);
        order.sort_unstable();
        let mut out = (vector.len() as u32).to_le_bytes().to_vec();
        out.extend(order.iter().flat_map(|index| index.to_le_bytes()));
        let values: Vec<f32> = order.iter().map(|index| std::mem::take(&mut self.residual[*index as usize])).collect();
        put_floats(&mut out, &values);
        out
    }

    /// A vector of `length` coordinates, `kept` of which were sent.
    pub fn decode(bytes: &[u8], kept: u32, length: usize) -> Result<Vec<f32>, DecodeError> {
        let mut fields = Fields::new(bytes);
        fields.coordinates(length)?;
        let kept = length.min(kept as usize);
        let (indices, values) = fields.rest(8 * kept)?.split_at(4 * kept);
        let (indices, values) = (indices.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)), floats(values)?);
        let mut out = vec![0.0; length];
        let mut next = 0;
        for (index, value) in indices.zip(values) {
            let slot = out.get_mut(index as usize).filter(|_| index >= next);
            *slot.ok_or(DecodeError::Field("index"))? = value;
            next = index + 1;
        }
        Ok(out)
    }

    /// What was not sent yet.
    pub fn residual(&self) -> &[f32] {
        &self.residual
    }
}
