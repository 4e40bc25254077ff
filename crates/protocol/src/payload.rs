//! Batch payload codec (`docs/protocol.md`, "Batch").

use crate::UnsignedTx;
use crate::constants::{MAX_CONTENT_BYTES, MAX_PAYLOAD_BLOCKS, MAX_PAYLOAD_BYTES, PAYLOAD_VERSION};
use alloc::vec::Vec;
use alloy_primitives::{Bytes, Signature};
use alloy_rlp::{Decodable, Encodable, Header, RlpEncodable};
use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};

/// What a batch says of one L2 block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadBlock {
    /// Seconds.
    pub timestamp: u64,
    pub l1_block_number: u64,
    /// Queue entries the block consumes.
    pub message_count: u64,
    pub transactions: Vec<UnsignedTx>,
}

/// Why a payload is invalid. Such a batch derives to blocks without user transactions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    #[error("payload has {0} bytes, more than {MAX_PAYLOAD_BYTES}")]
    TooLong(usize),
    #[error("payload version {0:?} is not {PAYLOAD_VERSION}")]
    Version(Option<u8>),
    #[error("payload does not inflate within {MAX_CONTENT_BYTES} bytes")]
    Inflate,
    #[error("content is not well-formed: {0}")]
    Rlp(alloy_rlp::Error),
    #[error("payload has {0} blocks; 1 to {MAX_PAYLOAD_BLOCKS} are allowed")]
    BlockCount(usize),
    #[error("signature columns do not match the number of transactions")]
    Signatures,
    #[error("a timestamp or L1 block number overflows")]
    Overflow,
}

#[derive(RlpEncodable)]
struct RlpBlock {
    timestamp_delta: u64,
    l1_delta: u64,
    message_count: u64,
    transactions: Vec<Bytes>,
}

/// Encodes blocks that follow a block with `parent_timestamp` and `parent_l1`.
///
/// Fails when the result is over the limits, or when timestamps or L1 numbers decrease.
pub fn encode_payload(blocks: &[PayloadBlock], parent_timestamp: u64, parent_l1: u64) -> Result<Bytes, PayloadError> {
    let (mut timestamp, mut l1) = (parent_timestamp, parent_l1);
    let mut rows = Vec::with_capacity(blocks.len());
    let (mut parity, mut signatures, mut count) = (Vec::new(), Vec::new(), 0usize);
    for block in blocks {
        let delta = |to: u64, from: u64| to.checked_sub(from).ok_or(PayloadError::Overflow);
        rows.push(RlpBlock {
            timestamp_delta: delta(block.timestamp, timestamp)?,
            l1_delta: delta(block.l1_block_number, l1)?,
            message_count: block.message_count,
            transactions: block.transactions.iter().map(|tx| tx.signed_bytes.clone()).collect(),
        });
        (timestamp, l1) = (block.timestamp, block.l1_block_number);
        for tx in &block.transactions {
            if count.is_multiple_of(8) {
                parity.push(0u8);
            }
            parity[count / 8] |= u8::from(tx.signature.v()) << (count % 8);
            signatures.extend_from_slice(&tx.signature.r().to_be_bytes::<32>());
            signatures.extend_from_slice(&tx.signature.s().to_be_bytes::<32>());
            count += 1;
        }
    }
    if blocks.is_empty() || blocks.len() > MAX_PAYLOAD_BLOCKS {
        return Err(PayloadError::BlockCount(blocks.len()));
    }
    let (parity, signatures) = (Bytes::from(parity), Bytes::from(signatures));
    let payload_length = rows.length() + parity.length() + signatures.length();
    let mut content = Vec::with_capacity(payload_length + 8);
    Header { list: true, payload_length }.encode(&mut content);
    rows.encode(&mut content);
    parity.encode(&mut content);
    signatures.encode(&mut content);
    if content.len() > MAX_CONTENT_BYTES {
        return Err(PayloadError::Inflate);
    }
    let mut payload = alloc::vec![PAYLOAD_VERSION];
    payload.extend(compress_to_vec(&content, 6));
    if payload.len() > MAX_PAYLOAD_BYTES {
        return Err(PayloadError::TooLong(payload.len()));
    }
    Ok(payload.into())
}

/// Decodes a payload that follows a block with `parent_timestamp` and `parent_l1`.
///
/// Memory is bounded by [`MAX_CONTENT_BYTES`] and a constant factor of it, whatever the bytes.
pub fn decode_payload(
    payload: &[u8],
    parent_timestamp: u64,
    parent_l1: u64,
) -> Result<Vec<PayloadBlock>, PayloadError> {
    if payload.len() > MAX_PAYLOAD_BYTES {
        return Err(PayloadError::TooLong(payload.len()));
    }
    let compressed = match payload.split_first() {
        Some((&PAYLOAD_VERSION, rest)) => rest,
        other => return Err(PayloadError::Version(other.map(|(version, _)| *version))),
    };
    let content = decompress_to_vec_with_limit(compressed, MAX_CONTENT_BYTES).map_err(|_| PayloadError::Inflate)?;
    let content = Bytes::from(content);
    let columns = Columns::decode(&content).map_err(PayloadError::Rlp)?;
    let count = columns.signatures.len() / 64;
    if columns.parity.len() != count.div_ceil(8) || columns.signatures.len() != count * 64 {
        return Err(PayloadError::Signatures);
    }
    let (mut timestamp, mut l1) = (parent_timestamp, parent_l1);
    let (mut rows, mut blocks, mut index) = (columns.rows, Vec::new(), 0);
    while !rows.is_empty() {
        if blocks.len() == MAX_PAYLOAD_BLOCKS {
            return Err(PayloadError::BlockCount(blocks.len() + 1));
        }
        let row = Row::decode(&mut rows).map_err(PayloadError::Rlp)?;
        timestamp = timestamp.checked_add(row.timestamp_delta).ok_or(PayloadError::Overflow)?;
        l1 = l1.checked_add(row.l1_delta).ok_or(PayloadError::Overflow)?;
        let (mut list, mut transactions) = (row.transactions, Vec::new());
        while !list.is_empty() {
            let bytes = Header::decode_bytes(&mut list, false).map_err(PayloadError::Rlp)?;
            // Before it is kept: a list of empty transactions would take many times its own length.
            let signature = columns.signature(index).ok_or(PayloadError::Signatures)?;
            transactions.push(UnsignedTx { signed_bytes: content.slice_ref(bytes), signature });
            index += 1;
        }
        let message_count = row.message_count;
        blocks.push(PayloadBlock { timestamp, l1_block_number: l1, message_count, transactions });
    }
    if blocks.is_empty() {
        return Err(PayloadError::BlockCount(0));
    }
    if index != count {
        return Err(PayloadError::Signatures);
    }
    Ok(blocks)
}

/// The content, its blocks not yet decoded.
struct Columns<'a> {
    rows: &'a [u8],
    parity: &'a [u8],
    signatures: &'a [u8],
}

impl<'a> Columns<'a> {
    fn decode(mut content: &'a [u8]) -> alloy_rlp::Result<Self> {
        let mut body = Header::decode_bytes(&mut content, true)?;
        let rows = Header::decode_bytes(&mut body, true)?;
        let parity = Header::decode_bytes(&mut body, false)?;
        let signatures = Header::decode_bytes(&mut body, false)?;
        if !body.is_empty() || !content.is_empty() {
            return Err(alloy_rlp::Error::UnexpectedLength);
        }
        Ok(Self { rows, parity, signatures })
    }

    fn signature(&self, index: usize) -> Option<Signature> {
        let rs = self.signatures.as_chunks::<64>().0.get(index)?;
        let parity = self.parity.get(index / 8)? >> (index % 8) & 1;
        Some(UnsignedTx::signature_from_parts(rs, parity == 1))
    }
}

/// A block, its transactions not yet decoded.
struct Row<'a> {
    timestamp_delta: u64,
    l1_delta: u64,
    message_count: u64,
    transactions: &'a [u8],
}

impl<'a> Row<'a> {
    fn decode(rows: &mut &'a [u8]) -> alloy_rlp::Result<Self> {
        let mut row = Header::decode_bytes(rows, true)?;
        let (timestamp_delta, l1_delta) = (u64::decode(&mut row)?, u64::decode(&mut row)?);
        let message_count = u64::decode(&mut row)?;
        let transactions = Header::decode_bytes(&mut row, true)?;
        if !row.is_empty() {
            return Err(alloy_rlp::Error::UnexpectedLength);
        }
        Ok(Self { timestamp_delta, l1_delta, message_count, transactions })
    }
}

#[cfg(test)]
mod tests;
