//! Bytes that only their recipients open (`docs/confidential.md`, "Envelope").

use crate::content::Part;
use crate::hybrid::{WRAPPED_BYTES, unwrap, wrap};
use crate::padding::{pad, padded_bytes, unpad};
use crate::{ConfidentialError, ContentKey, Context, DecryptionKey, EncryptionKey};
use alloy_primitives::B256;
use zeroize::Zeroizing;

/// Enclaves that one envelope is for.
pub const MAX_RECIPIENTS: usize = 16;

const MAGIC: [u8; 8] = *b"LUXSEAL\x01";
/// Magic, number of recipients, commitment to the content key.
const HEAD_BYTES: usize = 8 + 1 + 32;
const ENTRY_BYTES: usize = 32 + WRAPPED_BYTES;
const TAG_BYTES: usize = 16;

/// Bytes of an envelope with so many recipients, by the length of its plaintext.
pub const fn sealed_bytes(plaintext: usize, recipients: usize) -> usize {
    HEAD_BYTES + recipients * ENTRY_BYTES + padded_bytes(plaintext) + TAG_BYTES
}

/// An envelope as it was read; nothing of it is believed before it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// All before the ciphertext.
    header: &'a [u8],
    commitment: B256,
    entries: Vec<(EncryptionKey, [u8; WRAPPED_BYTES])>,
    ciphertext: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Seals a plaintext under a content key that was used for nothing else. Without recipients, only who has the content key
    /// opens it.
    pub fn seal(
        plaintext: &[u8],
        key: &ContentKey,
        recipients: &[EncryptionKey],
        context: &Context,
    ) -> Result<Vec<u8>, ConfidentialError> {
        check_recipients(recipients)?;
        let mut bytes = Vec::with_capacity(sealed_bytes(plaintext.len(), recipients.len()));
        let commitment = key.commitment(context);
        bytes.extend(MAGIC);
        bytes.push(recipients.len() as u8);
        bytes.extend(commitment);
        for recipient in recipients {
            bytes.extend(recipient.0);
            bytes.extend(wrap(key, recipient, context, commitment.as_slice())?);
        }
        let ciphertext = key.seal(Part::Payload, context, &pad(plaintext), &bytes);
        bytes.extend(ciphertext);
        Ok(bytes)
    }

    /// Reads an envelope of at most `limit` bytes.
    pub fn decode(bytes: &'a [u8], limit: usize) -> Result<Self, ConfidentialError> {
        if bytes.len() > limit {
            return Err(ConfidentialError::TooLarge { bytes: bytes.len(), limit });
        }
        let rest = bytes.strip_prefix(&MAGIC).ok_or(ConfidentialError::Version)?;
        let (count, rest) = rest.split_first().ok_or(ConfidentialError::Length)?;
        let (commitment, rest) = rest.split_first_chunk::<32>().ok_or(ConfidentialError::Length)?;
        let count = usize::from(*count);
        if count > MAX_RECIPIENTS {
            return Err(ConfidentialError::TooManyRecipients(count));
        }
        let (wrapped, ciphertext) = rest.split_at_checked(count * ENTRY_BYTES).ok_or(ConfidentialError::Length)?;
        if ciphertext.len() < padded_bytes(0) + TAG_BYTES {
            return Err(ConfidentialError::Length);
        }
        let entry = |entry: &[u8; ENTRY_BYTES]| {
            let (mut key, mut wrapped) = ([0; 32], [0; WRAPPED_BYTES]);
            key.copy_from_slice(&entry[..32]);
            wrapped.copy_from_slice(&entry[32..]);
            (EncryptionKey(key.into()), wrapped)
        };
        let entries: Vec<_> = wrapped.as_chunks::<ENTRY_BYTES>().0.iter().map(entry).collect();
        check_recipients(&entries.iter().map(|(key, _)| *key).collect::<Vec<_>>())?;
        let header = &bytes[..bytes.len() - ciphertext.len()];
        Ok(Self { header, commitment: B256::from(commitment), entries, ciphertext })
    }

    pub fn recipients(&self) -> impl Iterator<Item = EncryptionKey> {
        self.entries.iter().map(|(key, _)| *key)
    }

    /// The content key, as one of the recipients.
    pub fn content_key(&self, key: &DecryptionKey, context: &Context) -> Result<ContentKey, ConfidentialError> {
        let own = key.public();
        let entry = self.entries.iter().find(|(recipient, _)| *recipient == own);
        let (_, wrapped) = entry.ok_or(ConfidentialError::NotRecipient(own))?;
        unwrap(wrapped, key, context, self.commitment.as_slice())
    }

    /// Content key and plaintext, by the first of the keys that it is for.
    pub fn open_by(
        &self,
        keys: &[DecryptionKey],
        context: &Context,
    ) -> Result<(ContentKey, Zeroizing<Vec<u8>>), ConfidentialError> {
        let own = keys.iter().find(|key| self.recipients().any(|recipient| recipient == key.public())).or(keys.first());
        let key = self.content_key(own.ok_or(ConfidentialError::NoKey)?, context)?;
        let plaintext = self.open(&key, context)?;
        Ok((key, plaintext))
    }

    /// The plaintext. All who can open an envelope find the same one.
    pub fn open(&self, key: &ContentKey, context: &Context) -> Result<Zeroizing<Vec<u8>>, ConfidentialError> {
        if key.commitment(context) != self.commitment {
            return Err(ConfidentialError::OtherContentKey);
        }
        let padded = key.open(Part::Payload, context, self.ciphertext, self.header)?;
        Ok(Zeroizing::new(unpad(&padded)?.to_vec()))
    }
}

fn check_recipients(recipients: &[EncryptionKey]) -> Result<(), ConfidentialError> {
    if recipients.len() > MAX_RECIPIENTS {
        return Err(ConfidentialError::TooManyRecipients(recipients.len()));
    }
    let twice = recipients.iter().enumerate().find(|(at, recipient)| recipients[..*at].contains(recipient));
    twice.map_or(Ok(()), |(_, recipient)| Err(ConfidentialError::RecipientTwice(*recipient)))
}
