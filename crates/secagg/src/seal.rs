//! The two shares that a worker gives to a neighbour, encrypted for it and committed to in public.

use crate::context::tagged;
use crate::secrets::{KeyPair, Secret, derive};
use crate::wire::Reader;
use crate::{DecodeError, ShareKind};
use alloy_primitives::B256;
use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit, Tag};
use curve25519_dalek::Scalar;
use zeroize::{Zeroize, Zeroizing};

const PLAIN_BYTES: usize = 64;
const CIPHER_BYTES: usize = PLAIN_BYTES + 16;

/// Encrypted shares, and what lets anyone check one of them once it is revealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub ciphertext: [u8; CIPHER_BYTES],
    /// Of the share of the self mask, and of the share of the mask key.
    pub commitments: [B256; 2],
}

/// What one worker holds of another's secrets.
pub(crate) struct Shares {
    pub self_mask: Scalar,
    pub mask_key: Scalar,
}

impl Zeroize for Shares {
    fn zeroize(&mut self) {
        self.self_mask.zeroize();
        self.mask_key.zeroize();
    }
}

/// Which shares: of whose secrets, for whom, in which round.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    pub round: B256,
    pub owner: u16,
    pub holder: u16,
}

impl Route {
    pub fn commit(&self, kind: ShareKind, share: &Scalar) -> B256 {
        let (owner, holder) = (self.owner.to_be_bytes(), self.holder.to_be_bytes());
        tagged("share", &[self.round.as_slice(), &[kind as u8], &owner, &holder, share.as_bytes()])
    }

    pub fn commit_both(&self, shares: &Shares) -> [B256; 2] {
        [self.commit(ShareKind::SelfMask, &shares.self_mask), self.commit(ShareKind::MaskKey, &shares.mask_key)]
    }

    /// `None` where the other's key is of small order.
    pub fn key(&self, own: &KeyPair, other: &[u8; 32]) -> Option<Secret> {
        let shared = own.agree(other)?;
        let (owner, holder) = (self.owner.to_be_bytes(), self.holder.to_be_bytes());
        Some(derive(self.round, shared.as_slice(), &[b"shares", &owner, &holder]))
    }

    pub fn seal(&self, key: &Secret, shares: &Shares) -> Sealed {
        encrypt(key, shares, self.commit_both(shares))
    }

    /// `None` where anything was changed, or the shares are not those committed to.
    pub fn open(&self, key: &Secret, sealed: &Sealed) -> Option<Shares> {
        let (cipher, tag) = sealed.ciphertext.split_at(PLAIN_BYTES);
        let mut plain = Zeroizing::new([0; PLAIN_BYTES]);
        plain.copy_from_slice(cipher);
        ChaCha20Poly1305::new((&**key).into())
            .decrypt_inout_detached(
                &[0; 12].into(),
                &associated(&sealed.commitments),
                InOutBuf::from(plain.as_mut_slice()),
                &Tag::try_from(tag).ok()?,
            )
            .ok()?;
        let scalar = |bytes: &[u8]| Option::from(Scalar::from_canonical_bytes(bytes.try_into().ok()?));
        let shares = Shares { self_mask: scalar(&plain[..32])?, mask_key: scalar(&plain[32..])? };
        (self.commit_both(&shares) == sealed.commitments).then_some(shares)
    }
}

/// The key seals nothing else, so the nonce is zero.
fn encrypt(key: &Secret, shares: &Shares, commitments: [B256; 2]) -> Sealed {
    let mut plain = Zeroizing::new([0; PLAIN_BYTES]);
    plain[..32].copy_from_slice(shares.self_mask.as_bytes());
    plain[32..].copy_from_slice(shares.mask_key.as_bytes());
    let tag = ChaCha20Poly1305::new((&**key).into())
        .encrypt_inout_detached(&[0; 12].into(), &associated(&commitments), InOutBuf::from(plain.as_mut_slice()))
        .expect("shares are far shorter than what one key may encrypt");
    let mut ciphertext = [0; CIPHER_BYTES];
    ciphertext[..PLAIN_BYTES].copy_from_slice(plain.as_slice());
    ciphertext[PLAIN_BYTES..].copy_from_slice(&tag);
    Sealed { ciphertext, commitments }
}

fn associated(commitments: &[B256; 2]) -> Vec<u8> {
    commitments.concat()
}

impl Sealed {
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.ciphertext);
        self.commitments.iter().for_each(|commitment| bytes.extend_from_slice(commitment.as_slice()));
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { ciphertext: reader.array()?, commitments: [reader.b256()?, reader.b256()?] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever seals them may not commit to other shares: their holder would be blamed for revealing what it was given.
    #[test]
    fn commitments_to_other_shares() {
        let route = Route { round: B256::ZERO, owner: 1, holder: 2 };
        let key = Zeroizing::new([3; 32]);
        let shares = Shares { self_mask: Scalar::from(4u8), mask_key: Scalar::from(5u8) };
        let fitting = route.commit_both(&shares);
        assert!(route.open(&key, &encrypt(&key, &shares, fitting)).is_some());
        let swapped = [fitting[1], fitting[0]];
        assert!(route.open(&key, &encrypt(&key, &shares, swapped)).is_none());
        let elsewhere = Route { holder: 3, ..route }.commit_both(&shares);
        assert!(route.open(&key, &encrypt(&key, &shares, elsewhere)).is_none());
        for one in 0..2 {
            let mut other = fitting;
            other[one] = B256::ZERO;
            assert!(route.open(&key, &encrypt(&key, &shares, other)).is_none());
        }
    }
}
