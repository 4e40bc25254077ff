//! RSASSA-PSS of RFC 8017 with SHA-384, MGF1 with SHA-384 and 48 bytes of salt, as AMD signs.
//!
//! The padding is here and not a library's, since the machine raises to powers by a system call that no library makes.

use super::{RSA_BYTES, backend};
use sha2::{Digest, Sha384};

const HASH_BYTES: usize = 48;
/// Padding, a byte 1 and the salt.
const BLOCK_BYTES: usize = RSA_BYTES - HASH_BYTES - 1;
const PADDING_BYTES: usize = BLOCK_BYTES - HASH_BYTES - 1;
/// 65,537.
const EXPONENT: [u8; 3] = [1, 0, 1];
/// The encoded message has one bit less than a modulus of 4,096 bits.
const FIRST_BYTE_MASK: u8 = 0x7f;

/// `signature` of `message` by the key with this odd modulus of 4,096 bits and the exponent 65,537.
pub(crate) fn verify_rsa_pss(modulus: &[u8; RSA_BYTES], message: &[u8], signature: &[u8]) -> Option<()> {
    let signature: &[u8; RSA_BYTES] = signature.try_into().ok()?;
    if signature >= modulus {
        return None;
    }
    let encoded = backend::power(signature, &EXPONENT, modulus)?;
    let (masked, rest) = encoded.split_at(BLOCK_BYTES);
    let (hash, trailer) = rest.split_at(HASH_BYTES);
    if trailer != [0xbc] || masked[0] & !FIRST_BYTE_MASK != 0 {
        return None;
    }
    let mut block = [0; BLOCK_BYTES];
    for (index, piece) in block.chunks_mut(HASH_BYTES).enumerate() {
        let mask = Sha384::new().chain_update(hash).chain_update((index as u32).to_be_bytes()).finalize();
        piece.copy_from_slice(&mask[..piece.len()]);
    }
    for (byte, masked) in block.iter_mut().zip(masked) {
        *byte ^= masked;
    }
    block[0] &= FIRST_BYTE_MASK;
    let (padding, rest) = block.split_at(PADDING_BYTES);
    let (one, salt) = rest.split_at(1);
    if padding.iter().any(|byte| *byte != 0) || one != [1] {
        return None;
    }
    let signed = Sha384::new().chain_update([0; 8]).chain_update(Sha384::digest(message)).chain_update(salt);
    (signed.finalize()[..] == *hash).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rsa::pkcs1::DecodeRsaPrivateKey;
    use rsa::signature::Verifier;
    use rsa::traits::PublicKeyParts;
    use rsa::{BigUint, Pss, RsaPrivateKey, pss};

    fn key() -> RsaPrivateKey {
        RsaPrivateKey::from_pkcs1_der(include_bytes!("../dev/amd.rsa.der")).unwrap()
    }

    fn sign(key: &RsaPrivateKey, message: &[u8], salt: usize) -> Vec<u8> {
        let padding = Pss::new_with_salt::<rsa::sha2::Sha384>(salt);
        key.sign_with_rng(&mut Counter(0), padding, &Sha384::digest(message)).unwrap()
    }

    fn library(key: &RsaPrivateKey, message: &[u8], signature: &[u8]) -> Option<()> {
        let signature = pss::Signature::try_from(signature).ok()?;
        pss::VerifyingKey::<rsa::sha2::Sha384>::new(key.to_public_key()).verify(message, &signature).ok()
    }

    fn modulus(key: &RsaPrivateKey) -> [u8; RSA_BYTES] {
        key.n().to_bytes_be().try_into().unwrap()
    }

    /// The library is the judge; a key has few signatures, since each takes its time.
    #[test]
    fn the_library_agrees() {
        let key = key();
        let modulus = modulus(&key);
        let good = sign(&key, b"message", 48);
        assert_eq!(verify_rsa_pss(&modulus, b"message", &good), Some(()));
        let (short, long) = (sign(&key, b"message", 47), sign(&key, b"message", 49));
        let above = (BigUint::from_bytes_be(&good) + key.n()).to_bytes_be();
        let cut = &good[..511];
        for signature in [&good, &short, &long, &above, cut, &[0; 512], &modulus, &[]] {
            for message in [&b"message"[..], b"other"] {
                let verdict = verify_rsa_pss(&modulus, message, signature);
                assert_eq!(verdict, library(&key, message, signature));
                assert_eq!(verdict.is_some(), signature == good.as_slice() && message == b"message");
            }
        }
    }

    /// Every part of what is padded matters: signed with the private key, whatever it is.
    #[test]
    fn damaged_padding_is_refused() {
        let key = key();
        let modulus = modulus(&key);
        let good = backend::power(&sign(&key, b"message", 48), &EXPONENT, &modulus).unwrap();
        for (at, bit) in
            [(0, 0x80), (0, 0x40), (1, 1), (200, 1), (414, 1), (415, 1), (462, 1), (463, 1), (510, 1), (511, 1)]
        {
            let mut encoded = good;
            encoded[at] ^= bit;
            let number = BigUint::from_bytes_be(&encoded);
            if number >= *key.n() {
                continue;
            }
            let mut signature = rsa::hazmat::rsa_decrypt::<Counter>(None, &key, &number).unwrap().to_bytes_be();
            while signature.len() < RSA_BYTES {
                signature.insert(0, 0);
            }
            assert_eq!(verify_rsa_pss(&modulus, b"message", &signature), None, "byte {at}");
            assert_eq!(library(&key, b"message", &signature), None, "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn no_byte_can_be_changed(at in 0..RSA_BYTES, bits in 1_u8..) {
            let key = key();
            let mut signature = sign(&key, b"message", 48);
            signature[at] ^= bits;
            prop_assert_eq!(verify_rsa_pss(&modulus(&key), b"message", &signature), None);
            prop_assert_eq!(library(&key, b"message", &signature), None);
        }
    }

    struct Counter(u8);

    impl rsa::rand_core::CryptoRng for Counter {}

    impl rsa::rand_core::RngCore for Counter {
        fn next_u32(&mut self) -> u32 {
            self.0 = self.0.wrapping_add(1);
            self.0.into()
        }

        fn next_u64(&mut self) -> u64 {
            self.next_u32().into()
        }

        fn fill_bytes(&mut self, out: &mut [u8]) {
            out.fill_with(|| self.next_u32() as u8);
        }

        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
            self.fill_bytes(out);
            Ok(())
        }
    }
}
