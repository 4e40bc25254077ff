//! Receipts with the consensus encoding of Ethereum, and the deposit's.

use crate::Deposit;
use alloc::vec::Vec;
use alloy_primitives::{Bloom, Log, logs_bloom};
use alloy_rlp::{BufMut, Decodable, Encodable, Header, RlpDecodable, RlpEncodable};

/// Outcome of a transaction in a block. Its RLP form (without the bloom) is for storage; consensus uses [`Self::encode_2718`].
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct Receipt {
    /// EIP-2718 type of the transaction.
    pub tx_type: u8,
    pub success: bool,
    pub cumulative_gas_used: u64,
    pub logs: Vec<Log>,
}

impl Receipt {
    pub fn bloom(&self) -> Bloom {
        logs_bloom(&self.logs)
    }

    /// The form that goes into the receipts trie.
    pub fn encode_2718(&self, out: &mut dyn BufMut) {
        if self.tx_type != 0 {
            out.put_u8(self.tx_type);
        }
        let bloom = self.bloom();
        let payload_length =
            self.success.length() + self.cumulative_gas_used.length() + bloom.length() + self.logs.length();
        Header { list: true, payload_length }.encode(out);
        self.success.encode(out);
        self.cumulative_gas_used.encode(out);
        bloom.encode(out);
        self.logs.encode(out);
    }

    /// Inverse of [`Self::encode_2718`]; the bloom is recomputed and must match.
    pub fn decode_2718(mut bytes: &[u8]) -> alloy_rlp::Result<Self> {
        let tx_type = match bytes.first() {
            Some(&first) if first <= 4 || first == Deposit::TYPE => {
                bytes = &bytes[1..];
                first
            }
            _ => 0,
        };
        let mut body = Header::decode_bytes(&mut bytes, true)?;
        let success = bool::decode(&mut body)?;
        let cumulative_gas_used = u64::decode(&mut body)?;
        let bloom = Bloom::decode(&mut body)?;
        let logs = Vec::<Log>::decode(&mut body)?;
        let receipt = Self { tx_type, success, cumulative_gas_used, logs };
        if !body.is_empty() || !bytes.is_empty() || receipt.bloom() != bloom {
            return Err(alloy_rlp::Error::Custom("receipt has left-over bytes or a wrong bloom"));
        }
        Ok(receipt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloy_consensus::{Eip658Value, Receipt as AlloyReceipt, ReceiptEnvelope, TxReceipt};
    use alloy_eips::Encodable2718;
    use alloy_primitives::{Address, B256, LogData};

    #[test]
    fn encodes_as_alloy_does_and_back() {
        let log = Log {
            address: Address::repeat_byte(3),
            data: LogData::new_unchecked(vec![B256::repeat_byte(4)], vec![5; 70].into()),
        };
        for (tx_type, logs) in [(0u8, vec![]), (2, vec![log.clone()]), (4, vec![log.clone(), log])] {
            let ours = Receipt { tx_type, success: tx_type != 4, cumulative_gas_used: 50_000, logs: logs.clone() };
            let theirs = AlloyReceipt { status: Eip658Value::Eip658(ours.success), cumulative_gas_used: 50_000, logs }
                .into_with_bloom();
            let theirs = match tx_type {
                0 => ReceiptEnvelope::Legacy(theirs),
                2 => ReceiptEnvelope::Eip1559(theirs),
                _ => ReceiptEnvelope::Eip7702(theirs),
            };
            let mut bytes = Vec::new();
            ours.encode_2718(&mut bytes);
            assert_eq!(bytes, theirs.encoded_2718());
            assert_eq!(Receipt::decode_2718(&bytes).unwrap(), ours);
        }
    }
}
