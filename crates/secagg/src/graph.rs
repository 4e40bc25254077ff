use alloy_primitives::B256;
use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};

/// Who shares secrets and masks with whom: a Harary graph over the workers in random order.
///
/// Each worker's neighbours are the `degree / 2` before and after it in a ring; all others where the degree is one less than the
/// number of workers.
#[derive(Clone, Debug)]
pub struct Graph(Vec<Vec<u16>>);

impl Graph {
    pub(crate) fn new(workers: u16, degree: u16, seed: B256) -> Self {
        let ring = shuffled(workers, seed);
        let mut graph = vec![Vec::new(); ring.len()];
        for (place, worker) in ring.iter().enumerate() {
            let neighbours = &mut graph[usize::from(*worker)];
            neighbours.extend(around(ring.len(), degree.into()).map(|step| ring[(place + step) % ring.len()]));
            neighbours.sort_unstable();
        }
        Self(graph)
    }

    /// Neighbours of a worker, ascending, without itself.
    pub fn neighbours(&self, worker: u16) -> &[u16] {
        &self.0[usize::from(worker)]
    }

    /// Which of `owner`'s neighbours `holder` is.
    pub(crate) fn place(&self, owner: u16, holder: u16) -> Option<usize> {
        self.neighbours(owner).binary_search(&holder).ok()
    }
}

/// Steps along the ring to a worker's neighbours.
fn around(workers: usize, degree: usize) -> impl Iterator<Item = usize> {
    let (before, after) = match degree + 1 == workers {
        true => (0, workers - 1),
        false => (degree / 2, degree / 2),
    };
    (1..=after).chain(workers - before..workers)
}

/// Fisher and Yates's shuffle with the keystream of `seed`.
fn shuffled(workers: u16, seed: B256) -> Vec<u16> {
    let mut stream = ChaCha20::new(&seed.0.into(), &[0; 12].into());
    let mut below = |bound: u64| {
        // The largest multiple of the bound, so that the remainder is uniform.
        let limit = u64::MAX - u64::MAX % bound;
        loop {
            let mut word = [0; 8];
            stream.write_keystream(&mut word);
            let word = u64::from_le_bytes(word);
            if word < limit {
                return (word % bound) as usize;
            }
        }
    };
    let mut ring: Vec<_> = (0..workers).collect();
    for last in (1..ring.len()).rev() {
        ring.swap(last, below(last as u64 + 1));
    }
    ring
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn regular_and_symmetric(half in 1u16..20, more in 2u16..40, seed: [u8; 32]) {
            let (degree, workers) = (2 * half, 2 * half + more);
            let graph = Graph::new(workers, degree, seed.into());
            for worker in 0..workers {
                let neighbours = graph.neighbours(worker);
                prop_assert_eq!(neighbours.len(), usize::from(degree));
                prop_assert!(neighbours.is_sorted_by(|a, b| a < b) && !neighbours.contains(&worker));
                prop_assert!(neighbours.iter().all(|other| graph.neighbours(*other).contains(&worker)));
            }
        }
    }

    #[test]
    fn complete() {
        let graph = Graph::new(6, 5, B256::ZERO);
        assert_eq!(graph.neighbours(2), [0, 1, 3, 4, 5]);
    }

    #[test]
    fn the_seed_decides() {
        let ring = |byte| Graph::new(200, 20, B256::repeat_byte(byte)).neighbours(7).to_vec();
        assert_eq!(ring(1), ring(1));
        assert_ne!(ring(1), ring(2));
    }
}
