//! The execution engine without RPC, and derivation from payloads.

use crate::batches::{genesis, open};
use crate::load;
use crate::report::Report;
use alloy_primitives::Address;
use eyre::eyre;
use lux_chain::{BlockLimits, BuildRequest, Chain, prepare_all};
use lux_node::{MAX_BLOCK_TRANSACTION_BYTES, payload_blocks};
use lux_protocol::constants::DEFAULT_L2_CHAIN_ID;
use lux_protocol::encode_payload;
use lux_stf::{BatchInput, L1Origin, derive_blocks, recover_sender};
use std::time::Instant;

const ACCOUNTS: u64 = 1_000;
const PER_ACCOUNT: u64 = 40;
/// Asked of the engine and of derivation, transactions per second.
const TARGET: f64 = 10_000.0;

pub fn run(report: &mut Report) -> eyre::Result<()> {
    let signers = (0..ACCOUNTS).map(load::signer).collect::<eyre::Result<Vec<_>>>()?;
    let genesis = genesis(&signers);
    let folder = tempfile::tempdir()?;
    let sequencer = open(folder.path(), "sequencer.redb", &genesis)?;
    let transactions = load::transfers(&signers, DEFAULT_L2_CHAIN_ID, 0, PER_ACCOUNT)?;
    let count = transactions.len() as f64;
    let raw: Vec<_> = transactions.iter().map(load::raw).collect();

    let started = Instant::now();
    for bytes in &raw {
        let tx = lux_protocol::Transaction::decode_ethereum(bytes)?;
        let sender: Address = recover_sender(&tx).ok_or_else(|| eyre!("signature"))?;
        sequencer.pool().add(tx, sender, &sequencer)?;
    }
    let admitted = started.elapsed();
    let started = Instant::now();
    let mut full = true;
    while full || sequencer.pool().status().pending > 0 {
        let request = BuildRequest {
            timestamp: 1_700_000_000 + sequencer.head().number(),
            l1_origin: Some(L1Origin::default()),
            deposits: Vec::new(),
            limits: BlockLimits { transaction_bytes: MAX_BLOCK_TRANSACTION_BYTES, ..BlockLimits::NONE },
            use_pool: true,
        };
        full = sequencer.writer().build(request)?.1;
    }
    let built = started.elapsed();
    report.rate("pool admission (decode, recover, checks), one thread", count / admitted.as_secs_f64(), None);
    report.rate("block building to durable blocks, transfers", count / built.as_secs_f64(), Some(TARGET));

    let follower = open(folder.path(), "follower.redb", &genesis)?;
    derive(report, &sequencer, &follower, count)
}

/// Payloads of one block each, derived on a second chain; every hash must be equal.
fn derive(report: &mut Report, sequencer: &Chain, follower: &Chain, count: f64) -> eyre::Result<()> {
    let mut payloads = Vec::new();
    for number in 1..=sequencer.head().number() {
        let parent = sequencer.block(number - 1)?.ok_or_else(|| eyre!("block {number}"))?;
        let blocks = payload_blocks(sequencer, number, number)?;
        let timestamp = blocks[0].timestamp;
        payloads.push((encode_payload(&blocks, parent.header.timestamp, 0)?, timestamp));
    }
    let bytes: usize = payloads.iter().map(|(payload, _)| payload.len()).sum();
    let started = Instant::now();
    for (index, (payload, timestamp)) in payloads.iter().enumerate() {
        let parent = follower.head();
        let input = BatchInput { payload, timestamp: *timestamp, l1_block_number: 0, messages: &[] };
        let (plans, valid) = derive_blocks(&input, parent.header.timestamp, parent.l1_origin());
        if !valid {
            return Err(eyre!("payload {index} is invalid"));
        }
        let mut writer = follower.writer();
        for plan in &plans {
            let prepared = prepare_all(&plan.transactions);
            // As a node does: durable once per L1 block that carries batches, here one in eight.
            writer.import(plan, Some(prepared), index % 8 == 7, |_, _| Ok(()))?;
        }
    }
    let elapsed = started.elapsed();
    if follower.head().hash != sequencer.head().hash {
        return Err(eyre!("derivation gave another chain"));
    }
    report.rate("derivation from payloads, transfers", count / elapsed.as_secs_f64(), Some(TARGET));
    report.size("payload bytes per ETH transfer (64 of them signature)", bytes as f64 / count, None);
    Ok(())
}
