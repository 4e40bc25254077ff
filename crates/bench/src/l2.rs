//! An L2 with a contract that L1 governs, with a mempool, and nothing around it.

use crate::batches::{genesis, open};
use crate::load::{self, Call};
use crate::process::processor_seconds;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::{SolCall, SolValue};
use eyre::{ensure, eyre};
use lux_chain::{BlockLimits, BuildRequest, Chain};
use lux_node::{MAX_BLOCK_TRANSACTION_BYTES, artifacts};
use lux_protocol::constants::{DEFAULT_L2_CHAIN_ID, L1_ROLLUP_SENDER};
use lux_protocol::{Deposit, PayloadBlock, Transaction, UnsignedTx, encode_payload};
use lux_stf::{L1Origin, recover_sender};
use std::time::{Duration, Instant};

/// Most gas that a transaction may have since Osaka.
const MAX_GAS: u64 = 1 << 24;
const RESPONSE_PERIOD: u64 = 86_400;
/// Bytes of transactions that fit a payload even where nothing compresses.
const MAX_PAYLOAD_INPUT: usize = 110_000;

/// What an account asks of the contract.
pub struct Ask {
    pub from: usize,
    pub value: U256,
    pub data: Bytes,
    pub gas_limit: u64,
}

impl Ask {
    /// A call about so many tasks, or workers.
    pub fn new(from: usize, call: impl SolCall, about: usize) -> Self {
        let gas_limit = (about as u64 * 400_000).min(MAX_GAS);
        Self { from, value: U256::ZERO, data: call.abi_encode().into(), gas_limit }
    }
}

/// What some calls took together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    pub transactions: usize,
    pub gas: u64,
    /// Of the payload on L1, compressed.
    pub bytes: usize,
    /// In the mempool.
    pub admitted: Duration,
    /// From the mempool to durable blocks.
    pub built: Duration,
    /// Of the processors meanwhile, seconds.
    pub processor: f64,
}

pub struct L2 {
    chain: Chain,
    signers: Vec<PrivateKeySigner>,
    nonces: Vec<u64>,
    time: u64,
    contract: Address,
    event: B256,
    /// Events of the kind that is counted.
    pub events: usize,
    _folder: tempfile::TempDir,
}

impl L2 {
    /// Where `governed` says what L1 sets up, given the module for fault proofs, which judges nothing. Counts an event.
    pub fn open(
        accounts: usize,
        contract: Address,
        event: B256,
        governed: impl FnOnce(Address) -> Vec<Vec<u8>>,
    ) -> eyre::Result<Self> {
        let signers = (0..accounts as u64).map(load::signer).collect::<eyre::Result<Vec<_>>>()?;
        let folder = tempfile::tempdir()?;
        let chain = open(folder.path(), "l2.redb", &genesis(&signers))?;
        let time = chain.head().header.timestamp;
        let nonces = vec![0; signers.len()];
        let mut this = Self { chain, signers, nonces, time, contract, event, events: 0, _folder: folder };
        // Nobody disputes here: what would judge has no verifier.
        let code = artifacts::fault_proof().bytecode;
        let arguments = (Address::ZERO, U256::from(RESPONSE_PERIOD)).abi_encode_params();
        let module = this.signers[0].address().create(0);
        let create = Call {
            chain_id: DEFAULT_L2_CHAIN_ID,
            nonce: 0,
            to: alloy_primitives::TxKind::Create,
            value: U256::ZERO,
            input: [&code[..], &arguments].concat().into(),
            gas_limit: MAX_GAS / 2,
        };
        this.nonces[0] = 1;
        this.admit(&load::raw(&load::sign(&this.signers[0], create)?))?;
        this.build(Vec::new())?;
        let calls = (1..).zip(governed(module)).map(|(number, data)| from_l1(number, contract, data));
        this.build(calls.collect())?;
        Ok(this)
    }

    pub fn signer(&self, account: usize) -> &PrivateKeySigner {
        &self.signers[account]
    }

    pub fn address(&self, account: usize) -> Address {
        self.signers[account].address()
    }

    /// Lets time pass.
    pub const fn wait(&mut self, seconds: u64) {
        self.time += seconds;
    }

    /// Calls of the contract, through the mempool; all must succeed.
    pub fn ask(&mut self, asks: Vec<Ask>) -> eyre::Result<Took> {
        let transactions = asks.len();
        let (mut raw, mut unsigned) = (Vec::with_capacity(transactions), Vec::with_capacity(transactions));
        for Ask { from, value, data, gas_limit } in asks {
            let nonce = self.nonces[from];
            self.nonces[from] += 1;
            let to = self.contract.into();
            let call = Call { chain_id: DEFAULT_L2_CHAIN_ID, nonce, to, value, input: data, gas_limit };
            let signed = load::sign(&self.signers[from], call)?;
            let encoded = load::raw(&signed);
            unsigned.push((UnsignedTx::new(&signed)?, encoded.len()));
            raw.push(encoded);
        }
        let bytes = payload_bytes(unsigned)?;
        let started = Instant::now();
        raw.iter().try_for_each(|bytes| self.admit(bytes))?;
        let admitted = started.elapsed();
        let mut took = Took { admitted, bytes, ..Took::default() };
        while self.chain.pool().status().pending > 0 {
            let block = self.build(Vec::new())?;
            took.transactions += block.transactions;
            took.gas += block.gas;
            took.built += block.built;
            took.processor += block.processor;
        }
        ensure!(
            took.transactions == transactions,
            "{} of {transactions} transactions are in blocks",
            took.transactions
        );
        Ok(took)
    }

    fn admit(&self, raw: &[u8]) -> eyre::Result<()> {
        let tx = Transaction::decode_ethereum(raw)?;
        let sender = recover_sender(&tx).ok_or_else(|| eyre!("signature"))?;
        self.chain.pool().add(tx, sender, &self.chain)?;
        Ok(())
    }

    /// A block, whose transactions must all succeed.
    fn build(&mut self, deposits: Vec<Deposit>) -> eyre::Result<Took> {
        self.time += 1;
        let request = BuildRequest {
            timestamp: self.time,
            l1_origin: Some(L1Origin::default()),
            deposits,
            limits: BlockLimits { transaction_bytes: MAX_BLOCK_TRANSACTION_BYTES, ..BlockLimits::NONE },
            use_pool: true,
        };
        let (started, processor) = (Instant::now(), processor_seconds()?);
        let (block, _) = self.chain.writer().build(request)?;
        let (built, processor) = (started.elapsed(), processor_seconds()? - processor);
        let receipts = self.chain.receipts(block.hash)?.ok_or_else(|| eyre!("no receipts of {}", block.hash))?;
        let failed = receipts.iter().filter(|receipt| !receipt.success).count();
        ensure!(failed == 0, "{failed} transactions of block {} failed", block.number());
        let logs = receipts.iter().flat_map(|receipt| &receipt.logs);
        self.events += logs.filter(|log| log.topics().first() == Some(&self.event)).count();
        let (transactions, gas) = (receipts.len(), block.header.gas_used);
        Ok(Took { transactions, gas, built, processor, ..Took::default() })
    }
}

/// What L1 gets of these transactions, given with their lengths, in as few payloads as they fit.
fn payload_bytes(transactions: Vec<(UnsignedTx, usize)>) -> eyre::Result<usize> {
    let (mut bytes, mut batch, mut size) = (0, Vec::new(), 0);
    let encoded = |transactions: Vec<UnsignedTx>| {
        let block = PayloadBlock { timestamp: 1, l1_block_number: 1, message_count: 0, transactions };
        Ok::<_, eyre::Report>(encode_payload(&[block], 0, 0)?.len())
    };
    for (transaction, length) in transactions {
        if size + length > MAX_PAYLOAD_INPUT && !batch.is_empty() {
            bytes += encoded(std::mem::take(&mut batch))?;
            size = 0;
        }
        batch.push(transaction);
        size += length;
    }
    Ok(bytes + encoded(batch)?)
}

/// A message of the rollup on L1, whose owner governs the contract.
fn from_l1(number: u8, to: Address, data: Vec<u8>) -> Deposit {
    Deposit {
        source_hash: B256::with_last_byte(number),
        from: L1_ROLLUP_SENDER,
        to,
        mint: U256::ZERO,
        value: U256::ZERO,
        gas_limit: 1_000_000,
        data: data.into(),
    }
}
