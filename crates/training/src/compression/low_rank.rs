//! A matrix as the product of a random one, which its seed stands for, and a small one.

use super::Seed;
use super::wire::{DecodeError, Fields, finite, floats, put_floats};
use chacha20::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

/// For updates that are matrices, row after row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowRank {
    rows: u32,
    columns: u32,
    /// 1 to `rows`.
    rank: u32,
}

impl LowRank {
    /// `None` for no rank, a higher one than there are rows (and so independent directions), or more than 2^32 - 1 coordinates.
    pub fn new(rows: u32, columns: u32, rank: u32) -> Option<Self> {
        let fits = rows.checked_mul(columns).is_some_and(|product| product > 0);
        (fits && (1..=rows).contains(&rank)).then_some(Self { rows, columns, rank })
    }

    /// `uint32 rows · columns ‖ seed ‖ Qᵀ · matrix in float32`, where `Q` has `rank` orthonormal columns.
    ///
    /// # Panics
    ///
    /// When the matrix has other dimensions.
    pub fn encode(&self, matrix: &[f32], seed: Seed) -> Vec<u8> {
        let columns = self.columns as usize;
        assert_eq!(matrix.len(), self.length(), "a matrix of these dimensions");
        let mut out = (matrix.len() as u32).to_le_bytes().to_vec();
        out.extend(seed);
        for direction in self.directions(seed) {
            let mut projected = vec![0.0; columns];
            for (row, weight) in matrix.chunks_exact(columns).zip(&direction) {
                projected.iter_mut().zip(row).for_each(|(sum, x)| *sum += weight * f64::from(*x));
            }
            let projected: Vec<f32> = projected.into_iter().map(|x| x as f32).collect();
            put_floats(&mut out, &projected);
        }
        out
    }

    /// `rows / rank · Q · (Qᵀ · matrix)`.
    pub fn decode(&self, bytes: &[u8]) -> Result<Vec<f32>, DecodeError> {
        let (columns, length) = (self.columns as usize, self.length());
        let mut fields = Fields::new(bytes);
        fields.coordinates(length)?;
        let seed = fields.seed()?;
        let projected = floats(fields.rest(4 * self.rank as usize * columns)?)?;
        let mut out = vec![0.0; length];
        let factor = f64::from(self.rows) / f64::from(self.rank);
        for (projected, direction) in projected.chunks_exact(columns).zip(self.directions(seed)) {
            for (row, weight) in out.chunks_exact_mut(columns).zip(direction) {
                let weight = (weight * factor) as f32;
                row.iter_mut().zip(projected).for_each(|(sum, x)| *sum += weight * x);
            }
        }
        finite(out)
    }

    fn length(&self) -> usize {
        self.rows as usize * self.columns as usize
    }

    /// Columns of random signs, made orthonormal one after the other (Gram and Schmidt). Flips and permutations of rows change
    /// nothing about their distribution, so `Q·Qᵀ` has the mean `rank / rows`. What depends on those before it is
    /// left out.
    fn directions(&self, seed: Seed) -> Vec<Vec<f64>> {
        let mut rng = ChaCha20Rng::from_seed(seed);
        let mut directions: Vec<Vec<f64>> = Vec::new();
        while directions.len() < self.rank as usize {
            let mut direction: Vec<f64> =
                (0..self.rows).map(|_| if rng.next_u32() & 1 == 0 { 1.0 } else { -1.0 }).collect();
            // Twice, as the first time leaves what rounding took.
            for _ in 0..2 {
                for other in &directions {
                    let shared: f64 = direction.iter().zip(other).map(|(x, y)| x * y).sum();
                    direction.iter_mut().zip(other).for_each(|(x, y)| *x -= shared * y);
                }
            }
            let norm = libm::sqrt(direction.iter().map(|x| x * x).sum());
            if norm > 1e-6 {
                direction.iter_mut().for_each(|x| *x /= norm);
                directions.push(direction);
            }
        }
        directions
    }
}
