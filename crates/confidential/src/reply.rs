//! Answers for whoever sealed a request.
//!
//! The same request can come again, from someone who only saw it pass, and be answered differently: so each answer has a key of its
//! own, and who did not seal the request learns nothing from either.

use crate::content::Part;
use crate::padding::{pad, unpad};
use crate::{ConfidentialError, ContentKey, Context};
use alloy_primitives::keccak256;
use zeroize::Zeroizing;

const MAGIC: [u8; 8] = *b"LUXSREP\x01";
const SALT_BYTES: usize = 32;

/// Seals an answer to `request`, an envelope whose content key is `key`.
///
/// # Panics
/// Where the system has no random numbers.
#[expect(clippy::expect_used, reason = "nothing can be kept secret then")]
pub fn seal_reply(reply: &[u8], key: &ContentKey, context: &Context, request: &[u8]) -> Vec<u8> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).expect("the system has random numbers");
    let sealed = key.seal(Part::Reply(&keccak256(request), &salt), context, &pad(reply), &MAGIC);
    [MAGIC.as_slice(), &salt, &sealed].concat()
}

/// The answer in what [`seal_reply`] gave.
pub fn open_reply(
    sealed: &[u8],
    key: &ContentKey,
    context: &Context,
    request: &[u8],
) -> Result<Zeroizing<Vec<u8>>, ConfidentialError> {
    let rest = sealed.strip_prefix(&MAGIC).ok_or(ConfidentialError::Version)?;
    let (salt, ciphertext) = rest.split_first_chunk::<SALT_BYTES>().ok_or(ConfidentialError::Length)?;
    let padded = key.open(Part::Reply(&keccak256(request), salt), context, ciphertext, &MAGIC)?;
    Ok(Zeroizing::new(unpad(&padded)?.to_vec()))
}
