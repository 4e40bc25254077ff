//! HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, one message for each encapsulation.

use crate::content::{CONTENT_KEY_BYTES, ContentKey};
use crate::{ConfidentialError, Context, DecryptionKey, EncryptionKey};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal};
use zeroize::Zeroizing;

pub(crate) type Kem = X25519HkdfSha256;
pub(crate) type Private = <Kem as hpke::Kem>::PrivateKey;
pub(crate) type Public = <Kem as hpke::Kem>::PublicKey;
type Encapsulated = <Kem as hpke::Kem>::EncappedKey;

const ENCAPSULATED_BYTES: usize = 32;
/// Encapsulated key, then the content key with its tag.
pub(crate) const WRAPPED_BYTES: usize = ENCAPSULATED_BYTES + CONTENT_KEY_BYTES + 16;
const LABEL: &[u8] = b"LUX_SEALED_KEY_V1";

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
    let sealed = single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeS::Base,
        &to.public()?,
        &info(context),
        key.as_slice(),
        aad,
    );
    // A point of small order gives no secret.
    let (encapsulated, sealed) = sealed.map_err(|_| ConfidentialError::InvalidKey(*to))?;
    let mut wrapped = [0; WRAPPED_BYTES];
    wrapped[..ENCAPSULATED_BYTES].copy_from_slice(&encapsulated.to_bytes());
    wrapped[ENCAPSULATED_BYTES..].copy_from_slice(&sealed);
    Ok(wrapped)
}

pub(crate) fn unwrap(
    wrapped: &[u8; WRAPPED_BYTES],
    key: &DecryptionKey,
    context: &Context,
    aad: &[u8],
) -> Result<ContentKey, ConfidentialError> {
    let (encapsulated, sealed) = wrapped.split_at(ENCAPSULATED_BYTES);
    let open = || {
        let encapsulated = Encapsulated::from_bytes(encapsulated)?;
        single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            &key.private,
            &encapsulated,
            &info(context),
            sealed,
            aad,
        )
    };
    let opened: Zeroizing<Vec<u8>> = open().map_err(|_| ConfidentialError::WrongContext)?.into();
    ContentKey::from_slice(&opened).ok_or(ConfidentialError::WrongContext)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;

    /// RFC 9180, A.2.1: base mode, sequence number 0.
    #[test]
    fn the_published_vector_opens() {
        let private = hex!("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb");
        let encapsulated = hex!("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
        let sealed = hex!(
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"
        );
        let open = |private: &[u8], aad: &[u8]| {
            single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
                &OpModeR::Base,
                &Private::from_bytes(private).unwrap(),
                &Encapsulated::from_bytes(&encapsulated).unwrap(),
                &hex!("4f6465206f6e2061204772656369616e2055726e"),
                &sealed,
                aad,
            )
        };
        assert_eq!(open(&private, b"Count-0").unwrap(), b"Beauty is truth, truth beauty");
        assert!(open(&private, b"Count-1").is_err());
        assert!(open(&[7; 32], b"Count-0").is_err());
    }

    #[test]
    fn points_of_small_order_are_refused() {
        let (key, context) = (ContentKey::random(), Context::at_rest([1; 32].into()));
        for point in [[0; 32], hex!("0100000000000000000000000000000000000000000000000000000000000000")] {
            let to = EncryptionKey(point.into());
            assert_eq!(wrap(&key, &to, &context, b""), Err(ConfidentialError::InvalidKey(to)));
        }
    }
}
