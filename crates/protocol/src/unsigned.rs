//! Transactions split into what was signed and the signature, as payloads carry them.

use crate::{DecodeError, EthTransaction};
use alloc::vec::Vec;
use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_primitives::{Bytes, Signature, U256};
use alloy_rlp::Decodable;

/// A transaction as its sender signed it, and the signature apart: repeated fields of neighbouring transactions then
/// compress well, and the signing hash is the hash of bytes at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedTx {
    pub signed_bytes: Bytes,
    pub signature: Signature,
}

impl UnsignedTx {
    pub fn new(tx: &EthTransaction) -> Result<Self, DecodeError> {
        let signed_bytes = match tx {
            EthTransaction::Legacy(tx) => tx.tx().encoded_for_signing(),
            EthTransaction::Eip2930(tx) => tx.tx().encoded_for_signing(),
            EthTransaction::Eip1559(tx) => tx.tx().encoded_for_signing(),
            EthTransaction::Eip7702(tx) => tx.tx().encoded_for_signing(),
            EthTransaction::Eip4844(_) => return Err(DecodeError::Blob),
        };
        Ok(Self { signed_bytes: signed_bytes.into(), signature: *tx.signature() })
    }

    /// The signed transaction. Only the canonical signing bytes are accepted: re-encoding must reproduce them, so that
    /// two payloads never spell one transaction differently.
    pub fn to_transaction(&self) -> Result<EthTransaction, DecodeError> {
        let bytes: &[u8] = &self.signed_bytes;
        let (&first, body) = bytes.split_first().ok_or(DecodeError::Empty)?;
        match first {
            0xc0.. => self.assemble::<TxLegacy>(bytes),
            1 => self.assemble::<TxEip2930>(body),
            2 => self.assemble::<TxEip1559>(body),
            3 => Err(DecodeError::Blob),
            4 => self.assemble::<TxEip7702>(body),
            other => Err(DecodeError::Malformed(alloc::format!("unknown transaction type {other}"))),
        }
    }

    fn assemble<T>(&self, mut body: &[u8]) -> Result<EthTransaction, DecodeError>
    where
        T: Decodable + SignableTransaction<Signature>,
        EthTransaction: From<alloy_consensus::Signed<T>>,
    {
        let tx = T::decode(&mut body).map_err(|error| DecodeError::Malformed(alloc::format!("{error}")))?;
        let mut canonical = Vec::with_capacity(self.signed_bytes.len());
        tx.encode_for_signing(&mut canonical);
        if canonical != self.signed_bytes {
            return Err(DecodeError::Malformed("not the canonical signing bytes".into()));
        }
        Ok(tx.into_signed(self.signature).into())
    }

    pub(crate) fn signature_from_parts(rs: &[u8; 64], y_parity: bool) -> Signature {
        let (r, s) = rs.split_at(32);
        Signature::new(U256::from_be_slice(r), U256::from_be_slice(s), y_parity)
    }
}
