//! HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, one message for each encapsulation.

use crate::content::{CONTENT_KEY_BYTES, ContentKey};
use crate::{ConfidentialError, Context, DecryptionKey, EncryptionKey};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use curve25519_dalek::montgomery::MontgomeryPoint;
use hkdf::{Hkdf, HkdfExtract};
use sha2::Sha256;
use zeroize::Zeroizing;

pub(crate) type Secret = Zeroizing<[u8; 32]>;

const ENCAPSULATED_BYTES: usize = 32;
/// Encapsulated key, then the content key with its tag.
pub(crate) const WRAPPED_BYTES: usize = ENCAPSULATED_BYTES + CONTENT_KEY_BYTES + 16;
const LABEL: &[u8] = b"LUX_SEALED_KEY_V1";

const VERSION: &[u8] = b"HPKE-v1";
const KEM: &[u8] = b"KEM\x00\x20";
const SUITE: &[u8] = b"HPKE\x00\x20\x00\x01\x00\x03";

/// `LabeledExtract`
fn extract(suite: &[u8], salt: &[u8], label: &[u8], material: &[u8]) -> Hkdf<Sha256> {
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    [VERSION, suite, label, material].iter().for_each(|part| extract.input_ikm(part));
    extract.finalize().1
}

/// `LabeledExpand`
fn expand<const N: usize>(suite: &[u8], key: &Hkdf<Sha256>, label: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; N]> {
    let length = (N as u16).to_be_bytes();
    let parts = [&[&length, VERSION, suite, label], info].concat();
    let mut expanded = Zeroizing::new([0; N]);
    let done = key.expand_multi_info(&parts, expanded.as_mut_slice());
    done.unwrap_or_else(|_| unreachable!("HKDF-SHA256 gives 8,160 bytes"));
    expanded
}

/// `DeriveKeyPair`
pub(crate) fn derive_private(material: &[u8; 32]) -> Secret {
    expand(KEM, &extract(KEM, b"", b"dkp_prk", material), b"sk", &[])
}

pub(crate) fn public_of(private: &Secret) -> [u8; 32] {
    MontgomeryPoint::mul_base_clamped(**private).to_bytes()
}

/// What both ends of an encapsulation know; `None` where a point of small order makes that nothing.
fn shared_secret(private: &Secret, other: &[u8; 32], encapsulated: &[u8; 32], recipient: &[u8; 32]) -> Option<Secret> {
    let shared = Zeroizing::new(MontgomeryPoint(*other).mul_clamped(**private).to_bytes());
    let is_nothing = shared.iter().fold(0, |bits, byte| bits | byte) == 0;
    let key = extract(KEM, b"", b"eae_prk", shared.as_slice());
    (!is_nothing).then(|| expand(KEM, &key, b"shared_secret", &[encapsulated, recipient]))
}

/// `KeySchedule` of the base mode, for the first message.
fn cipher(shared: &Secret, info: &[u8]) -> (ChaCha20Poly1305, Nonce) {
    let hash = |label: &[u8], data: &[u8]| {
        let mut extract = HkdfExtract::<Sha256>::new(None);
        [VERSION, SUITE, label, data].iter().for_each(|part| extract.input_ikm(part));
        extract.finalize().0
    };
    let (psk_id, info) = (hash(b"psk_id_hash", b""), hash(b"info_hash", info));
    let context: [&[u8]; 3] = [&[0], &psk_id, &info];
    let secret = extract(SUITE, shared.as_slice(), b"secret", b"");
    let key: Secret = expand(SUITE, &secret, b"key", &context);
    let nonce: Zeroizing<[u8; 12]> = expand(SUITE, &secret, b"base_nonce", &context);
    (ChaCha20Poly1305::new((&*key).into()), Nonce::from(*nonce))
}

/// `SealBase` with this ephemeral key; `None` for a recipient that is a point of small order.
fn seal(ephemeral: &Secret, to: &[u8; 32], info: &[u8], aad: &[u8], message: &[u8]) -> Option<([u8; 32], Vec<u8>)> {
    let encapsulated = public_of(ephemeral);
    let (cipher, nonce) = cipher(&shared_secret(ephemeral, to, &encapsulated, to)?, info);
    Some((encapsulated, cipher.encrypt(&nonce, Payload { msg: message, aad }).ok()?))
}

/// `OpenBase`
fn open(
    private: &Secret,
    encapsulated: &[u8; 32],
    info: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let shared = shared_secret(private, encapsulated, encapsulated, &public_of(private))?;
    let (cipher, nonce) = cipher(&shared, info);
    cipher.decrypt(&nonce, Payload { msg: sealed, aad }).ok().map(Zeroizing::new)
}

fn info(context: &Context) -> Vec<u8> {
    [LABEL, context.as_slice()].concat()
}

/// Wraps a content key for one recipient.
pub(crate) fn wrap(
    key: &ContentKey,
    to: &EncryptionKey,
    context: &Context,
    aad: &[u8],
) -> Result<[u8; WRAPPED_BYTES], ConfidentialError> {
    let ephemeral = derive_private(&ContentKey::random().into_secret());
    let sealed = seal(&ephemeral, &to.0, &info(context), aad, key.as_slice());
    let (encapsulated, sealed) = sealed.ok_or(ConfidentialError::InvalidKey(*to))?;
    let mut wrapped = [0; WRAPPED_BYTES];
    wrapped[..ENCAPSULATED_BYTES].copy_from_slice(&encapsulated);
    wrapped[ENCAPSULATED_BYTES..].copy_from_slice(&sealed);
    Ok(wrapped)
}

pub(crate) fn unwrap(
    wrapped: &[u8; WRAPPED_BYTES],
    key: &DecryptionKey,
    context: &Context,
    aad: &[u8],
) -> Result<ContentKey, ConfidentialError> {
    let (mut encapsulated, sealed) = ([0; ENCAPSULATED_BYTES], &wrapped[ENCAPSULATED_BYTES..]);
    encapsulated.copy_from_slice(&wrapped[..ENCAPSULATED_BYTES]);
    let opened = open(&key.private, &encapsulated, &info(context), aad, sealed);
    opened.and_then(|opened| ContentKey::from_slice(&opened)).ok_or(ConfidentialError::WrongContext)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;

    const INFO: [u8; 20] = hex!("4f6465206f6e2061204772656369616e2055726e");
    const PLAINTEXT: &[u8] = b"Beauty is truth, truth beauty";

    /// RFC 9180, A.2.1: base mode, sequence number 0.
    #[test]
    fn the_published_vector_comes_out_at_both_ends() {
        let ephemeral = derive_private(&hex!("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b"));
        let private = derive_private(&hex!("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df"));
        assert_eq!(*private, hex!("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb"));
        let encapsulated = hex!("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
        let recipient = hex!("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");
        assert_eq!((public_of(&ephemeral), public_of(&private)), (encapsulated, recipient));
        let shared = shared_secret(&ephemeral, &recipient, &encapsulated, &recipient).unwrap();
        assert_eq!(*shared, hex!("0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7"));
        let (_, nonce) = cipher(&shared, &INFO);
        assert_eq!(nonce.as_slice(), hex!("5c4d98150661b848853b547f"));
        let sealed = hex!("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28");
        let (enc, ours) = seal(&ephemeral, &recipient, &INFO, b"Count-0", PLAINTEXT).unwrap();
        assert_eq!((enc, ours.as_slice()), (encapsulated, sealed.as_slice()));
        assert_eq!(open(&private, &encapsulated, &INFO, b"Count-0", &sealed).unwrap().as_slice(), PLAINTEXT);
        assert!(open(&private, &encapsulated, &INFO, b"Count-1", &sealed).is_none());
        assert!(open(&private, &encapsulated, b"", b"Count-0", &sealed).is_none());
        assert!(open(&ephemeral, &encapsulated, &INFO, b"Count-0", &sealed).is_none());
    }

    #[test]
    fn points_of_small_order_are_refused() {
        let (key, context) = (ContentKey::random(), Context::at_rest([1; 32].into()));
        let enclave = DecryptionKey::derive(&[7; 32]);
        for point in [[0; 32], hex!("0100000000000000000000000000000000000000000000000000000000000000")] {
            let to = EncryptionKey(point.into());
            assert_eq!(wrap(&key, &to, &context, b""), Err(ConfidentialError::InvalidKey(to)));
            let mut wrapped = wrap(&key, &enclave.public(), &context, b"").unwrap();
            wrapped[..32].copy_from_slice(&point);
            assert_eq!(unwrap(&wrapped, &enclave, &context, b"").unwrap_err(), ConfidentialError::WrongContext);
        }
    }

    #[test]
    fn no_two_envelopes_have_one_ephemeral_key() {
        let (key, context) = (ContentKey::random(), Context::at_rest([1; 32].into()));
        let to = DecryptionKey::derive(&[7; 32]).public();
        assert_ne!(wrap(&key, &to, &context, b"").unwrap()[..32], wrap(&key, &to, &context, b"").unwrap()[..32]);
    }
}
