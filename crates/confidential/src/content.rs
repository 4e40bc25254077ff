//! The key of one envelope, and what is derived from it.

use crate::{ConfidentialError, Context};
use alloy_primitives::B256;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroizing;

pub(crate) const CONTENT_KEY_BYTES: usize = 32;
const SALT: &[u8] = b"LUX_SEALED_V1";

/// 32 random bytes, for one envelope only. `Debug` does not show them; they are erased when they go.
#[derive(Clone)]
pub struct ContentKey(Zeroizing<[u8; CONTENT_KEY_BYTES]>);

/// Keys that are derived, each for one message: the nonce is zero.
#[derive(Clone, Copy)]
pub(crate) enum Part<'a> {
    Payload,
    /// The output for the input with this blob commitment.
    Output(&'a B256),
    /// An answer to the request with this hash: 32 bytes at random tell it from others to the same request.
    Reply(&'a B256, &'a [u8; 32]),
}

impl ContentKey {
    /// # Panics
    /// Where the system has no random numbers.
    #[expect(clippy::expect_used, reason = "nothing can be kept secret then")]
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; CONTENT_KEY_BYTES]);
        getrandom::fill(bytes.as_mut_slice()).expect("the system has random numbers");
        Self(bytes)
    }

    /// `None` for anything but 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(crate) fn into_secret(self) -> Zeroizing<[u8; CONTENT_KEY_BYTES]> {
        self.0
    }

    pub fn as_slice(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// ChaCha20-Poly1305 alone lets one ciphertext open under two keys: whoever opens with this key compares.
    pub(crate) fn commitment(&self, context: &Context) -> B256 {
        B256::new(*self.derive(&[b"commitment", context.as_slice()]))
    }

    pub(crate) fn seal(&self, part: Part<'_>, context: &Context, message: &[u8], aad: &[u8]) -> Vec<u8> {
        let sealed = self.cipher(part, context).encrypt(&Nonce::default(), Payload { msg: message, aad });
        sealed.unwrap_or_else(|_| unreachable!("ChaCha20-Poly1305 takes 256 GB"))
    }

    pub(crate) fn open(
        &self,
        part: Part<'_>,
        context: &Context,
        sealed: &[u8],
        aad: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, ConfidentialError> {
        let opened = self.cipher(part, context).decrypt(&Nonce::default(), Payload { msg: sealed, aad });
        opened.map(Zeroizing::new).map_err(|_| ConfidentialError::Tampered)
    }

    fn cipher(&self, part: Part<'_>, context: &Context) -> ChaCha20Poly1305 {
        let key = match part {
            Part::Payload => self.derive(&[b"payload", context.as_slice()]),
            Part::Output(input) => self.derive(&[b"output", context.as_slice(), input.as_slice()]),
            Part::Reply(request, salt) => self.derive(&[b"reply", context.as_slice(), request.as_slice(), salt]),
        };
        ChaCha20Poly1305::new((&*key).into())
    }

    fn derive(&self, info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut derived = Zeroizing::new([0; 32]);
        let expanded = Hkdf::<Sha256>::new(Some(SALT), self.as_slice()).expand_multi_info(info, derived.as_mut_slice());
        expanded.unwrap_or_else(|_| unreachable!("HKDF-SHA256 gives 8,160 bytes"));
        derived
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey")
    }
}
