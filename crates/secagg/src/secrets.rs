//! Everything a worker keeps secret, from one seed: a restarted worker finds the same again.

use crate::Context;
use alloy_primitives::{B256, hex};
use curve25519_dalek::{MontgomeryPoint, Scalar};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// HKDF with SHA-256; what it is for goes into `info`.
pub(crate) fn derive<const N: usize>(salt: B256, secret: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; N]> {
    let mut output = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::new(Some(salt.as_slice()), secret)
        .expand_multi_info(info, output.as_mut_slice())
        .expect("lengths here are far below the limit of 8,160 bytes");
    output
}

pub(crate) fn derive_scalar(salt: B256, secret: &[u8], info: &[&[u8]]) -> Zeroizing<Scalar> {
    Zeroizing::new(Scalar::from_bytes_mod_order_wide(&derive(salt, secret, info)))
}

/// A pair of X25519 keys.
pub(crate) struct KeyPair {
    secret: Secret,
    pub public: [u8; 32],
}

impl KeyPair {
    /// For the encryption of shares.
    pub fn cipher(context: &Context, seed: &[u8; 32]) -> Self {
        Self::of(derive(context.digest(), seed, &[b"cipher key"]))
    }

    /// For pairwise masks; whoever has enough shares of `scalar` finds it too.
    pub fn mask(context: &Context, scalar: &Scalar) -> Self {
        Self::of(derive(context.digest(), scalar.as_bytes(), &[b"mask key"]))
    }

    fn of(secret: Secret) -> Self {
        let public = MontgomeryPoint::mul_base_clamped(*secret).to_bytes();
        Self { secret, public }
    }

    /// X25519; `None` where the other key is of small order.
    pub fn agree(&self, public: &[u8; 32]) -> Option<Secret> {
        let shared = Zeroizing::new(MontgomeryPoint(*public).mul_clamped(*self.secret).to_bytes());
        (*shared != [0; 32]).then_some(shared)
    }
}

/// The scalar from which a worker's mask key comes.
pub(crate) fn mask_scalar(context: &Context, seed: &[u8; 32]) -> Zeroizing<Scalar> {
    derive_scalar(context.digest(), seed, &[b"mask scalar"])
}

/// Whether every secret agreed with this key is zero: the seven ways to write, without its unused highest bit, a coordinate of a
/// point whose order divides the cofactor. Far cheaper than to multiply.
pub(crate) fn is_small_order(public: &[u8; 32]) -> bool {
    let mut public = *public;
    public[31] &= 0x7f;
    SMALL_ORDER.contains(&public)
}

const SMALL_ORDER: [[u8; 32]; 7] = [
    [0; 32],
    hex!("0100000000000000000000000000000000000000000000000000000000000000"),
    hex!("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    hex!("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    // 2^255 - 20, -19 and -18
    hex!("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    hex!("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    hex!("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
];

/// Key of the mask that two workers share; the lower index first.
pub(crate) fn pairwise_mask(round: B256, shared: &Secret, worker: u16, peer: u16) -> Secret {
    let (low, high) = (worker.min(peer).to_be_bytes(), worker.max(peer).to_be_bytes());
    derive(round, shared.as_slice(), &[b"pairwise mask", &low, &high])
}

/// Key of a worker's own mask.
pub(crate) fn self_mask(round: B256, scalar: &Scalar) -> Secret {
    derive(round, scalar.as_bytes(), &[b"self mask"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::X25519_BASEPOINT;

    #[test]
    fn two_workers_agree() {
        let context = Context { chain_id: 1, job: B256::ZERO, round: 1 };
        let (one, other) = (KeyPair::cipher(&context, &[1; 32]), KeyPair::cipher(&context, &[2; 32]));
        assert_eq!(one.agree(&other.public), other.agree(&one.public));
        let later = KeyPair::cipher(&Context { round: 2, ..context }, &[1; 32]);
        assert_ne!(one.public, later.public);
    }

    /// RFC 7748, section 5.2, first vector of X25519.
    #[test]
    fn rfc_7748() {
        let bytes = |hex: &str| -> [u8; 32] { alloy_primitives::hex::decode(hex).unwrap().try_into().unwrap() };
        let scalar = bytes("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
        let point = bytes("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
        let shared = bytes("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
        assert_eq!(*KeyPair::of(Zeroizing::new(scalar)).agree(&point).unwrap(), shared);
    }

    /// The list is what multiplication says.
    #[test]
    fn small_orders() {
        let keys = KeyPair::of(Zeroizing::new([7; 32]));
        for mut key in SMALL_ORDER {
            assert!(is_small_order(&key) && keys.agree(&key).is_none());
            key[31] |= 0x80;
            assert!(is_small_order(&key) && keys.agree(&key).is_none());
            for byte in 0..32 {
                let mut other = key;
                other[byte] ^= 0x10;
                assert_eq!(is_small_order(&other), keys.agree(&other).is_none());
            }
        }
        assert!(!is_small_order(&X25519_BASEPOINT.to_bytes()));
    }
}
