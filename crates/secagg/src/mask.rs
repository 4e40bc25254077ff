//! Masks: the keystream of ChaCha20 (RFC 8439) with a zero nonce, read as little-endian words.

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use zeroize::Zeroizing;

/// An integer modulo a power of two: `u32` or `u64`. Sums wrap around; the sender leaves room for all workers' values.
pub trait Word: sealed::Word {}
impl Word for u32 {}
impl Word for u64 {}

/// Whether a mask is added or taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Add,
    Subtract,
}

impl Sign {
    /// Of the mask that two workers share, in the vector of the first: the masks of both cancel.
    pub(crate) const fn between(worker: u16, peer: u16) -> Self {
        if worker < peer { Self::Add } else { Self::Subtract }
    }

    pub(crate) const fn flip(self) -> Self {
        match self {
            Self::Add => Self::Subtract,
            Self::Subtract => Self::Add,
        }
    }
}

/// Fits in the fastest cache beside the piece of the vector that it goes on.
const PIECE_BYTES: usize = 8 * 1024;

/// Adds or subtracts the mask of a key, piece by piece: no mask is ever in memory as a whole.
pub fn apply_mask<W: Word>(key: &[u8; 32], sign: Sign, vector: &mut [W]) {
    let mut stream = ChaCha20::new(key.into(), &[0; 12].into());
    let mut buffer = Zeroizing::new([0; PIECE_BYTES]);
    for piece in vector.chunks_mut(PIECE_BYTES / W::BYTES) {
        let bytes = &mut buffer[..piece.len() * W::BYTES];
        fill(&mut stream, bytes);
        W::combine(piece, bytes, sign);
    }
}

/// No generic function, so that this crate's optimisation applies to the cipher also where a caller is not optimised.
fn fill(stream: &mut ChaCha20, bytes: &mut [u8]) {
    stream.write_keystream(bytes);
}

/// Adds or subtracts a vector of little-endian words.
pub(crate) fn combine_bytes<W: Word>(vector: &mut [W], bytes: &[u8], sign: Sign) {
    W::combine(vector, bytes, sign);
}

/// Little-endian words, as they are sent.
pub fn words_to_bytes<W: Word>(words: &[W]) -> Vec<u8> {
    W::to_bytes(words)
}

mod sealed {
    pub trait Word: Copy + Default + Send + Sync + std::fmt::Debug + PartialEq + Eq {
        const BYTES: usize;
        /// Adds to or subtracts from words as many from bytes.
        fn combine(words: &mut [Self], bytes: &[u8], sign: super::Sign);
        fn to_bytes(words: &[Self]) -> Vec<u8>;
    }

    macro_rules! word {
        ($type:ty) => {
            impl Word for $type {
                const BYTES: usize = size_of::<$type>();

                fn combine(words: &mut [Self], bytes: &[u8], sign: super::Sign) {
                    let (masks, _) = bytes.as_chunks();
                    let masks = masks.iter().map(|mask| Self::from_le_bytes(*mask));
                    let pairs = words.iter_mut().zip(masks);
                    match sign {
                        super::Sign::Add => pairs.for_each(|(word, mask)| *word = word.wrapping_add(mask)),
                        super::Sign::Subtract => pairs.for_each(|(word, mask)| *word = word.wrapping_sub(mask)),
                    }
                }

                fn to_bytes(words: &[Self]) -> Vec<u8> {
                    words.iter().flat_map(|word| word.to_le_bytes()).collect()
                }
            }
        };
    }
    word!(u32);
    word!(u64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_added_can_be_subtracted(key: [u8; 32], vector in proptest::collection::vec(any::<u64>(), 0..5_000)) {
            let mut masked = vector.clone();
            apply_mask(&key, Sign::Add, &mut masked);
            apply_mask(&key, Sign::Subtract, &mut masked);
            prop_assert_eq!(masked, vector);
        }
    }

    /// RFC 8439, appendix A.1, test vectors 1 and 2: a zero key and nonce, blocks 0 and 1.
    #[test]
    fn the_mask_is_chacha20s_keystream() {
        let mut vector = [0u32; 32];
        apply_mask(&[0; 32], Sign::Add, &mut vector);
        assert_eq!(vector[..4], [0xade0b876, 0x903df1a0, 0xe56a5d40, 0x28bd8653]);
        assert_eq!(vector[16..20], [0xbee7079f, 0x7a385155, 0x7c97ba98, 0x0d082d73]);
        let mut wide = [0u64; 16];
        apply_mask(&[0; 32], Sign::Add, &mut wide);
        assert_eq!(words_to_bytes(&wide), words_to_bytes(&vector));
    }

    #[test]
    fn masks_of_two_workers_cancel() {
        assert_eq!(Sign::between(3, 8), Sign::between(8, 3).flip());
    }
}
