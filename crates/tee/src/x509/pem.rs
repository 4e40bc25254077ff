//! PEM: certificates as text.

use super::{MAX_CERTIFICATE_BYTES, MAX_CHAIN, MAX_CRL_BYTES};
use crate::{CertificateProblem, Problem, TeeError};
use alloc::string::String;
use alloc::vec::Vec;
use base64ct::{Base64, Encoding};

const PART: &str = "PEM text";
const DASHES: &str = "-----";
/// More than any bundle of a chain and its revocation lists has.
const MAX_BLOCKS: usize = 16;

/// One block of a PEM text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What follows `BEGIN`, such as `CERTIFICATE`.
    pub label: String,
    pub bytes: Vec<u8>,
}

/// Every block of `text`. Between and after them nothing but white space and zero bytes is allowed.
pub fn blocks(text: &[u8]) -> Result<Vec<Block>, TeeError> {
    let invalid = || TeeError::invalid(PART, "PEM");
    let text = core::str::from_utf8(text).map_err(|_| invalid())?;
    let mut rest = text.trim_matches(blank);
    let mut blocks = Vec::new();
    while !rest.is_empty() {
        if blocks.len() == MAX_BLOCKS {
            return Err(TeeError::malformed(PART, Problem::TooLong { len: MAX_BLOCKS + 1, max: MAX_BLOCKS }));
        }
        let after = rest.strip_prefix(DASHES).and_then(|rest| rest.strip_prefix("BEGIN ")).ok_or_else(invalid)?;
        let (label, after) = after.split_once(DASHES).ok_or_else(invalid)?;
        let (body, after) = after.split_once("-----END ").ok_or_else(invalid)?;
        let after = after.strip_prefix(label).and_then(|after| after.strip_prefix(DASHES)).ok_or_else(invalid)?;
        blocks.push(Block { label: label.into(), bytes: decode(body).ok_or_else(invalid)? });
        rest = after.trim_start_matches(blank);
    }
    Ok(blocks)
}

/// The certificates of a chain.
pub(crate) fn certificates(part: &'static str, text: &[u8]) -> Result<Vec<Vec<u8>>, TeeError> {
    let max = MAX_CHAIN * MAX_CERTIFICATE_BYTES * 2;
    if text.len() > max {
        return Err(TeeError::malformed(part, Problem::TooLong { len: text.len(), max }));
    }
    let blocks = blocks(text)?;
    if blocks.len() > MAX_CHAIN {
        return Err(TeeError::certificate(part, CertificateProblem::ChainLength(blocks.len())));
    }
    let bytes = |block: Block| match block.label == "CERTIFICATE" {
        true => Ok(block.bytes),
        false => Err(TeeError::invalid(part, "PEM: only certificates belong here")),
    };
    blocks.into_iter().map(bytes).collect()
}

fn decode(body: &str) -> Option<Vec<u8>> {
    let text: String = body.chars().filter(|letter| !matches!(letter, '\r' | '\n')).collect();
    (text.len() <= MAX_CRL_BYTES * 2).then(|| Base64::decode_vec(&text).ok())?
}

const fn blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n' | '\0')
}
