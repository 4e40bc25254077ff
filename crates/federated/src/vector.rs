//! Vectors of fixed-point coordinates as blobs: 4 bytes each, little-endian (docs/training.md, "Updates").

use lux_training::limits::MAX_COORDINATE;

pub fn encode_vector(coordinates: &[i32]) -> Vec<u8> {
    coordinates.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// Exactly `length` coordinates, each in range.
pub fn decode_vector(bytes: &[u8], length: usize) -> Option<Vec<i32>> {
    let (words, rest) = bytes.as_chunks::<4>();
    let coordinates: Vec<i32> = words.iter().map(|word| i32::from_le_bytes(*word)).collect();
    let valid = rest.is_empty() && coordinates.len() == length;
    (valid && coordinates.iter().all(|x| x.unsigned_abs() <= MAX_COORDINATE.unsigned_abs())).then_some(coordinates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trip(coordinates in proptest::collection::vec(-MAX_COORDINATE..=MAX_COORDINATE, 0..50)) {
            let bytes = encode_vector(&coordinates);
            prop_assert_eq!(decode_vector(&bytes, coordinates.len() + 1), None);
            prop_assert_eq!(decode_vector(&[bytes.as_slice(), &[0]].concat(), coordinates.len()), None);
            prop_assert_eq!(decode_vector(&bytes, coordinates.len()), Some(coordinates));
        }
    }

    #[test]
    fn out_of_range() {
        assert_eq!(decode_vector(&encode_vector(&[MAX_COORDINATE + 1]), 1), None);
        assert_eq!(decode_vector(&encode_vector(&[i32::MIN]), 1), None);
    }
}
