//! Batches as L1 accepts them, executed by a node's chain, with everything that their runs in the machine read.

use crate::load;
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_signer_local::PrivateKeySigner;
use eyre::{WrapErr, eyre};
use lux_chain::pool::{Pool, PoolConfig};
use lux_chain::{Chain, Genesis, GenesisAccount, Store, prepare_all};
use lux_node::{TrustedRoots, l2_genesis};
use lux_protocol::constants::DEFAULT_L2_CHAIN_ID;
use lux_protocol::contracts::RollupParams;
use lux_protocol::{
    BatchOutput, ClaimInput, PayloadBlock, UnsignedTx, decode_params, encode_payload, params_hash, payload_commitment,
};
use lux_stf::program::{BatchWitness, block_preimages};
use lux_stf::{BatchInput, L1Origin, StateSource, derive_blocks, sent_messages};
use lux_trie::NodeSource;
use std::path::Path;
use std::time::{Duration, Instant};

const GENESIS_TIMESTAMP: u64 = 1_700_000_000;
/// Of every transaction that is not a plain transfer.
const CALL_GAS: u64 = 3_000_000;

/// A genesis whose accounts are these signers, rich.
pub fn genesis(signers: &[PrivateKeySigner]) -> Genesis {
    let params = decode_params(&[]).expect("L1 takes no parameters as the default ones");
    let mut genesis =
        l2_genesis(&RollupParams { genesisTimestamp: GENESIS_TIMESTAMP, ..params }, TrustedRoots::Vendors);
    let balance = U256::from(10).pow(U256::from(20));
    let funded = |signer: &PrivateKeySigner| (signer.address(), GenesisAccount { balance, ..Default::default() });
    genesis.accounts.extend(signers.iter().map(funded));
    genesis
}

/// An empty chain in this folder.
pub fn open(folder: &Path, name: &str, genesis: &Genesis) -> eyre::Result<Chain> {
    let pool = PoolConfig::new(genesis.rules.chain_id, genesis.rules.gas_limit);
    let store = Store::open(&folder.join(name)).wrap_err("database")?;
    Ok(Chain::open(store, genesis, Pool::new(pool, genesis.base_fee))?)
}

/// A rollup that grows by batches.
pub struct Rollup {
    chain: Chain,
    signers: Vec<PrivateKeySigner>,
    nonces: Vec<u64>,
    parent: Header,
    parent_hashes: Vec<B256>,
    transaction_root: B256,
    l1_block: u64,
}

/// What L1 accepted, and what a node needs to run it.
pub struct Batch {
    pub transactions: usize,
    /// From the payload to durable blocks, as a node follows L1.
    pub executed_in: Duration,
    pub output: BatchOutput,
    claim: ClaimInput,
    parent: Header,
    parent_hashes: Vec<B256>,
    payload: Bytes,
}

impl Rollup {
    pub fn open(folder: &Path, accounts: u64) -> eyre::Result<Self> {
        let signers = (0..accounts).map(load::signer).collect::<eyre::Result<Vec<_>>>()?;
        let chain = open(folder, "rollup.redb", &genesis(&signers))?;
        let head = chain.head();
        Ok(Self {
            nonces: vec![0; signers.len()],
            signers,
            parent: head.header.clone(),
            parent_hashes: vec![head.hash],
            transaction_root: keccak256([head.hash.0, head.hash.0].concat()),
            l1_block: 0,
            chain,
        })
    }

    /// Address of an account; their number wraps around.
    pub fn account(&self, index: usize) -> Address {
        self.signers[index % self.signers.len()].address()
    }

    /// A transaction of an account with this input.
    pub fn call(&mut self, from: usize, to: Address, input: impl Into<Bytes>) -> eyre::Result<UnsignedTx> {
        self.send(from, TxKind::Call(to), 0, input.into())
    }

    pub fn pay(&mut self, from: usize, to: Address, value: u64) -> eyre::Result<UnsignedTx> {
        self.send(from, TxKind::Call(to), value, Bytes::new())
    }

    /// A deployment, and the address it gives.
    pub fn deploy(&mut self, from: usize, code: impl Into<Bytes>) -> eyre::Result<(Address, UnsignedTx)> {
        let index = from % self.signers.len();
        let address = self.signers[index].address().create(self.nonces[index]);
        Ok((address, self.send(from, TxKind::Create, 0, code.into())?))
    }

    fn send(&mut self, from: usize, to: TxKind, value: u64, input: Bytes) -> eyre::Result<UnsignedTx> {
        let index = from % self.signers.len();
        let nonce = self.nonces[index];
        self.nonces[index] += 1;
        let gas_limit = if input.is_empty() { 21_000 } else { CALL_GAS };
        let value = U256::from(value);
        let call = load::Call { chain_id: DEFAULT_L2_CHAIN_ID, nonce, to, value, input, gas_limit };
        Ok(UnsignedTx::new(&load::sign(&self.signers[index], call)?)?)
    }

    /// Adds a batch of blocks with these transactions, one second apart. Every transaction must succeed.
    pub fn batch(&mut self, blocks: Vec<Vec<UnsignedTx>>) -> eyre::Result<Batch> {
        self.l1_block += 1;
        let transactions = blocks.iter().map(Vec::len).sum();
        let parent_timestamp = self.parent.timestamp;
        let block = |(timestamp, transactions)| PayloadBlock {
            timestamp,
            l1_block_number: self.l1_block,
            message_count: 0,
            transactions,
        };
        let blocks: Vec<_> = (parent_timestamp + 1..).zip(blocks).map(block).collect();
        let timestamp = parent_timestamp + blocks.len() as u64;
        let origin = L1Origin::from_header(&self.parent).ok_or_else(|| eyre!("parent header"))?;
        let payload = encode_payload(&blocks, parent_timestamp, origin.block_number)?;

        let started = Instant::now();
        let input = BatchInput { payload: &payload, timestamp, l1_block_number: self.l1_block, messages: &[] };
        let (plans, valid) = derive_blocks(&input, parent_timestamp, origin);
        eyre::ensure!(valid, "the payload is invalid");
        let mut hashes = Vec::new();
        for (index, plan) in plans.iter().enumerate() {
            let prepared = prepare_all(&plan.transactions);
            let block = self.chain.writer().import(plan, Some(prepared), index + 1 == plans.len(), |_, _| Ok(()))?;
            hashes.push((block.hash, block.header.receipts_root));
        }
        let executed_in = started.elapsed();

        let output = self.output(&hashes, transactions)?;
        let head = self.chain.head();
        let claim = ClaimInput {
            parent_state_root: self.parent.state_root,
            parent_transaction_root: self.transaction_root,
            commitment: payload_commitment(&payload),
            parent_accumulator: B256::ZERO,
            accumulator: B256::ZERO,
            timestamp,
            l1_block_number: self.l1_block,
            params_hash: params_hash(&[]),
        };
        self.transaction_root = output.transaction_root;
        let parent = std::mem::replace(&mut self.parent, head.header.clone());
        let hashes = hashes.into_iter().map(|(hash, _)| hash).collect();
        let parent_hashes = std::mem::replace(&mut self.parent_hashes, hashes);
        Ok(Batch { transactions, executed_in, output, claim, parent, parent_hashes, payload })
    }

    fn output(&self, hashes: &[(B256, B256)], transactions: usize) -> eyre::Result<BatchOutput> {
        let (mut messages, mut successes) = (Vec::new(), 0);
        for (hash, _) in hashes {
            let receipts = self.chain.receipts(*hash)?.ok_or_else(|| eyre!("receipts of {hash}"))?;
            messages.extend(sent_messages(&receipts));
            successes += receipts.iter().filter(|receipt| receipt.success).count();
        }
        eyre::ensure!(successes >= transactions, "{successes} of {transactions} transactions succeeded");
        let root = self.chain.head().header.state_root;
        BatchOutput::new(root, hashes, &messages).ok_or_else(|| eyre!("a batch without blocks"))
    }

    /// Everything that the run of a batch reads, collected by running it natively.
    pub fn witness(&self, batch: &Batch) -> eyre::Result<BatchWitness> {
        let Batch { claim, parent, parent_hashes, payload, .. } = batch;
        let known = block_preimages(claim, parent, parent_hashes, &[], payload, &[]);
        let state = self.chain.state(B256::ZERO);
        let database = |hash: &B256| state.source().node(hash).or_else(|_| state.source().code(hash)).ok();
        let witness = BatchWitness::collect(claim, &known, database)?;
        eyre::ensure!(witness.output == batch.output, "the program gives another output than the chain");
        Ok(witness)
    }
}
