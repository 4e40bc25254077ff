//! Bytes on L1 per ERC-20 transfer.

use crate::load::{self, Call};
use crate::report::Report;
use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::SolCall;
use lux_node::MAX_BLOCK_TRANSACTION_BYTES;
use lux_protocol::contracts::IERC20::transferCall;
use lux_protocol::{PayloadBlock, UnsignedTx, encode_payload};

/// Asked of the encoding.
const TARGET: f64 = 100.0;
const SENDERS: u64 = 200;

/// A payload full of transfers of one token, recipients random (nothing to compress in them), amounts of seven digits.
pub fn run(report: &mut Report) -> eyre::Result<()> {
    let token = Address::repeat_byte(0x42);
    let signers = (0..SENDERS).map(load::signer).collect::<eyre::Result<Vec<_>>>()?;
    let (mut transactions, mut bytes, mut index) = (Vec::new(), 0, 0u64);
    while bytes < MAX_BLOCK_TRANSACTION_BYTES {
        let seed = keccak256(index.to_be_bytes());
        let recipient = Address::from_slice(&seed[..20]);
        let amount = U256::from_be_slice(&seed[20..28]) % U256::from(10_000_000u64);
        let call = Call {
            chain_id: 5_003_314,
            nonce: index / SENDERS,
            to: token.into(),
            value: U256::ZERO,
            input: transferCall { to: recipient, amount }.abi_encode().into(),
            gas_limit: 60_000,
        };
        let tx = load::sign(&signers[(index % SENDERS) as usize], call)?;
        bytes += load::raw(&tx).len();
        transactions.push(UnsignedTx::new(&tx)?);
        index += 1;
    }
    let count = transactions.len() as f64;
    let block = PayloadBlock { timestamp: 1, l1_block_number: 1, message_count: 0, transactions };
    let payload = encode_payload(&[block], 0, 0)?;
    let per_transfer = payload.len() as f64 / count;
    report.size("payload bytes per ERC-20 transfer", per_transfer, Some(TARGET));
    report.size("  of which not signature", per_transfer - 64.0, None);
    Ok(())
}
