//! Everything a worker keeps secret, from one seed: a restarted worker finds the same again.

use crate::Context;
use alloy_primitives::B256;
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

/// Whether every secret agreed with this key is zero.
pub(crate) fn is_small_order(public: &[u8; 32]) -> bool {
    // Any clamped scalar is a multiple of the cofactor.
    MontgomeryPoint(*public).mul_clamped([0; 32]).to_bytes() == [0; 32]
}

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

    #[test]
    fn small_orders() {
        let mut one = [0; 32];
        one[0] = 1;
        assert!(is_small_order(&[0; 32]) && is_small_order(&one));
        // p and p + 1, which are 0 and 1 written otherwise
        for low in [0xed, 0xee] {
            let mut above = [0xff; 32];
            (above[0], above[31]) = (low, 0x7f);
            assert!(is_small_order(&above));
        }
        // points of order 8
        for hex in [
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        ] {
            let point = alloy_primitives::hex::decode(hex).unwrap().try_into().unwrap();
            assert!(is_small_order(&point));
        }
        assert!(!is_small_order(&X25519_BASEPOINT.to_bytes()));
    }
}
