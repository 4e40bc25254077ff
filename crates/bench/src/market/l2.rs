//! An L2 whose market is open, with a mempool, and nothing around it.

use crate::batches::{genesis, open};
use crate::load::{self, Call};
use crate::process::processor_seconds;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use eyre::{ensure, eyre};
use lux_chain::{BlockLimits, BuildRequest, Chain};
use lux_compute::infer_program_id;
use lux_node::{MAX_BLOCK_TRANSACTION_BYTES, artifacts};
use lux_protocol::constants::{COMPUTE_MARKET, DEFAULT_L2_CHAIN_ID, L1_ROLLUP_SENDER};
use lux_protocol::market::EvidenceKind;
use lux_protocol::market::contract::IComputeMarket::{TaskFinalized, setEvidenceCall, setProgramCall};
use lux_protocol::market::contract::Purpose;
use lux_protocol::{Deposit, Transaction};
use lux_stf::{L1Origin, recover_sender};
use std::time::{Duration, Instant};

/// Most gas that a transaction may have since Osaka.
const MAX_GAS: u64 = 1 << 24;
const RESPONSE_PERIOD: u64 = 86_400;

/// What an account asks of the market.
pub struct Ask {
    pub from: usize,
    pub value: U256,
    pub data: Bytes,
    pub gas_limit: u64,
}

impl Ask {
    /// A call about so many tasks.
    pub fn new(from: usize, call: impl SolCall, tasks: usize) -> Self {
        let gas_limit = (tasks as u64 * 400_000).min(MAX_GAS);
        Self { from, value: U256::ZERO, data: call.abi_encode().into(), gas_limit }
    }
}

/// What some calls took together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    pub transactions: usize,
    pub gas: u64,
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
    /// `TaskFinalized` events.
    pub paid: usize,
    _folder: tempfile::TempDir,
}

impl L2 {
    /// Open for tasks of the inference program.
    pub fn open(accounts: usize) -> eyre::Result<Self> {
        let signers = (0..accounts as u64).map(load::signer).collect::<eyre::Result<Vec<_>>>()?;
        let folder = tempfile::tempdir()?;
        let chain = open(folder.path(), "market.redb", &genesis(&signers))?;
        let time = chain.head().header.timestamp;
        let mut this = Self { chain, nonces: vec![0; signers.len()], signers, time, paid: 0, _folder: folder };
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
        let evidence = setEvidenceCall { kind: EvidenceKind::Fault as u8, module };
        let program = setProgramCall { purpose: Purpose::Infer, program: infer_program_id() };
        this.build(vec![from_l1(1, evidence.abi_encode()), from_l1(2, program.abi_encode())])?;
        Ok(this)
    }

    pub fn address(&self, account: usize) -> Address {
        self.signers[account].address()
    }

    /// Lets time pass.
    pub const fn wait(&mut self, seconds: u64) {
        self.time += seconds;
    }

    /// Calls of the market, through the mempool; all must succeed.
    pub fn ask(&mut self, asks: Vec<Ask>) -> eyre::Result<Took> {
        let transactions = asks.len();
        let mut raw = Vec::with_capacity(transactions);
        for Ask { from, value, data, gas_limit } in asks {
            let nonce = self.nonces[from];
            self.nonces[from] += 1;
            let to = COMPUTE_MARKET.into();
            let call = Call { chain_id: DEFAULT_L2_CHAIN_ID, nonce, to, value, input: data, gas_limit };
            raw.push(load::raw(&load::sign(&self.signers[from], call)?));
        }
        let started = Instant::now();
        raw.iter().try_for_each(|bytes| self.admit(bytes))?;
        let admitted = started.elapsed();
        let mut took = Took { admitted, ..Took::default() };
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
        self.paid += logs.filter(|log| log.topics().first() == Some(&TaskFinalized::SIGNATURE_HASH)).count();
        let gas = block.header.gas_used;
        Ok(Took { transactions: receipts.len(), gas, admitted: Duration::ZERO, built, processor })
    }
}

/// A message of the rollup on L1, whose owner governs the market.
fn from_l1(number: u8, data: Vec<u8>) -> Deposit {
    Deposit {
        source_hash: B256::with_last_byte(number),
        from: L1_ROLLUP_SENDER,
        to: COMPUTE_MARKET,
        mint: U256::ZERO,
        value: U256::ZERO,
        gas_limit: 1_000_000,
        data: data.into(),
    }
}
