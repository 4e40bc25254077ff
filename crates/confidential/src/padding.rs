//! Padding that hides the length of a plaintext but for its bucket: Padmé (Nikitin et al., PURBs, 2019), at least 256 bytes. It
//! adds 12 % at most above that.

use crate::ConfidentialError;
use zeroize::Zeroizing;

const LENGTH_BYTES: usize = 8;
const LEAST_BYTES: usize = 256;
/// Longest plaintext.
const MAX_BYTES: usize = 1 << 40;

/// Bytes that a plaintext of this length has with its length and padding.
pub(crate) const fn padded_bytes(length: usize) -> usize {
    let total = if length > MAX_BYTES { MAX_BYTES } else { length } + LENGTH_BYTES;
    if total <= LEAST_BYTES {
        return LEAST_BYTES;
    }
    let exponent = total.ilog2();
    let low_bits = exponent - exponent.ilog2() - 1;
    let mask = (1 << low_bits) - 1;
    (total + mask) & !mask
}

/// `u64 length ‖ plaintext ‖ zeros`
pub(crate) fn pad(plaintext: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut padded = Zeroizing::new(Vec::with_capacity(padded_bytes(plaintext.len())));
    padded.extend((plaintext.len() as u64).to_be_bytes());
    padded.extend(plaintext);
    padded.resize(padded_bytes(plaintext.len()), 0);
    padded
}

/// The plaintext; one padded plaintext has one form.
pub(crate) fn unpad(padded: &[u8]) -> Result<&[u8], ConfidentialError> {
    let (length, rest) = padded.split_first_chunk::<LENGTH_BYTES>().ok_or(ConfidentialError::Padding)?;
    let length = usize::try_from(u64::from_be_bytes(*length)).map_err(|_| ConfidentialError::Padding)?;
    let (plaintext, zeros) = rest.split_at_checked(length).ok_or(ConfidentialError::Padding)?;
    let is_exact = padded.len() == padded_bytes(length) && zeros.iter().all(|byte| *byte == 0);
    if is_exact { Ok(plaintext) } else { Err(ConfidentialError::Padding) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_few_and_narrow() {
        assert_eq!([0, 1, 248].map(padded_bytes), [256; 3]);
        assert_eq!(padded_bytes(249), 264 + 8);
        assert_eq!(padded_bytes(usize::MAX), padded_bytes(MAX_BYTES));
        let mut buckets = std::collections::BTreeSet::new();
        for length in 249..100_000 {
            let padded = padded_bytes(length);
            assert!(padded >= length + 8 && (padded - length - 8) * 100 <= 12 * (length + 8), "{length}: {padded}");
            buckets.insert(padded);
        }
        assert!(buckets.len() < 200, "{}", buckets.len());
    }

    #[test]
    fn one_plaintext_has_one_padding() {
        for length in [0, 1, 248, 249, 1_000] {
            let plaintext = vec![7; length];
            let padded = pad(&plaintext);
            assert_eq!(unpad(&padded).unwrap(), plaintext);
            let longer = [padded.as_slice(), &[0]].concat();
            let mut not_zero = padded.to_vec();
            *not_zero.last_mut().unwrap() = 1;
            let mut too_long = padded.to_vec();
            too_long[0] = 0xff;
            for bad in [&longer, &padded[..padded.len() - 1].to_vec(), &too_long, &padded[..7].to_vec()] {
                assert_eq!(unpad(bad), Err(ConfidentialError::Padding));
            }
            if padded.len() > length + 8 {
                assert_eq!(unpad(&not_zero), Err(ConfidentialError::Padding));
            }
        }
    }
}
