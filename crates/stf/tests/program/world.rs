//! A chain as a node has it, fed with batches.

use crate::guest;
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_signer_local::PrivateKeySigner;
use lux_chain::pool::{Pool, PoolConfig};
use lux_chain::{Chain, Genesis, GenesisAccount, Store, stored_bytes};
use lux_protocol::constants::{
    ATTESTATION_EVIDENCE, ATTESTATION_VERIFIER, BRIDGED_ERC20, COMPUTE_MARKET, ENCLAVE_KEYS, FEE_VAULT, L1_BLOCK,
    L2_MESSAGE_BRIDGE, L2_TOKEN_BRIDGE, TRAINING, TRAINING_DISPUTES,
};
use lux_protocol::{
    BatchOutput, ClaimInput, PayloadBlock, QueueEntry, Receipt, UnsignedTx, accumulate, decode_params, encode_payload,
    params_hash, payload_commitment,
};
use lux_stf::program::{BatchWitness, block_preimages};
use lux_stf::{BatchInput, L1Origin, Rules, StateSource, derive_blocks, sent_messages};
use lux_trie::NodeSource;

pub struct World {
    pub chain: Chain,
    parent: Header,
    parent_hashes: Vec<B256>,
    transaction_root: B256,
    accumulator: B256,
    pub messages: u64,
    l1_block: u64,
    guest: bool,
}

/// What a batch did.
pub struct Report {
    pub witness: BatchWitness,
    pub receipts: Vec<Vec<Receipt>>,
    pub valid: bool,
}

pub fn artifact(name: &str) -> (Bytes, Bytes) {
    let path = format!("{}/../../contracts/artifacts/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let code = |key: &str| json[key].as_str().unwrap().parse().unwrap();
    (code("bytecode"), code("deployedBytecode"))
}

pub fn signer(index: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&keccak256(index.to_be_bytes())).unwrap()
}

impl World {
    /// A rollup whose first `accounts` signers have 100 ether, with `extra` accounts.
    pub fn new(accounts: u64, extra: Vec<(Address, GenesisAccount)>) -> Self {
        let predeploys = [
            (L2_MESSAGE_BRIDGE, "L2MessageBridge"),
            (L2_TOKEN_BRIDGE, "L2TokenBridge"),
            (L1_BLOCK, "L1Block"),
            (FEE_VAULT, "FeeVault"),
            (BRIDGED_ERC20, "BridgedERC20"),
            (COMPUTE_MARKET, "ComputeMarketL2"),
            (ATTESTATION_VERIFIER, "AttestationVerifierL2"),
            (ENCLAVE_KEYS, "EnclaveKeysL2"),
            (ATTESTATION_EVIDENCE, "AttestationEvidenceL2"),
            (TRAINING, "TrainingL2"),
            (TRAINING_DISPUTES, "TrainingDisputesL2"),
        ];
        let predeploys = predeploys.map(|(address, name)| {
            let roots = (address == ATTESTATION_VERIFIER).then(|| stored_bytes(0, &lux_tee::dev::roots().encode()));
            let storage = roots.unwrap_or_default();
            (address, GenesisAccount { nonce: 1, code: artifact(name).1, storage, ..Default::default() })
        });
        let rich = (0..accounts).map(|index| {
            let balance = U256::from(10).pow(U256::from(20));
            (signer(index).address(), GenesisAccount { balance, ..Default::default() })
        });
        let rules = Rules::rollup(&decode_params(&[]).unwrap());
        let accounts = predeploys.into_iter().chain(rich).chain(extra).collect();
        let genesis = Genesis { rules, timestamp: 1_000, base_fee: 1_000_000_000, accounts };
        let pool = Pool::new(PoolConfig::new(rules.chain_id, rules.gas_limit), 0);
        let chain = Chain::open(Store::in_memory().unwrap(), &genesis, pool).unwrap();
        let head = chain.head();
        Self {
            parent: head.header.clone(),
            parent_hashes: vec![head.hash],
            transaction_root: keccak256([head.hash.0, head.hash.0].concat()),
            accumulator: B256::ZERO,
            messages: 0,
            l1_block: 0,
            chain,
            guest: true,
        }
    }

    pub fn balance(&self, address: Address) -> U256 {
        let mut state = self.chain.state(self.parent.state_root);
        state.account(address).unwrap().map_or(U256::ZERO, |account| account.balance)
    }

    /// Without the machine, which is slow in builds that are not optimised.
    pub fn native_only(mut self) -> Self {
        self.guest = false;
        self
    }

    /// A batch of blocks with these transactions, one second apart; the first one consumes `entries`.
    pub fn batch(&mut self, blocks: Vec<Vec<UnsignedTx>>, entries: Vec<QueueEntry>) -> Report {
        let (mut timestamp, mut count) = (self.parent.timestamp, entries.len() as u64);
        let l1_block_number = self.l1_block + 1;
        let blocks: Vec<_> = blocks
            .into_iter()
            .map(|transactions| {
                timestamp += 1;
                PayloadBlock { timestamp, l1_block_number, message_count: std::mem::take(&mut count), transactions }
            })
            .collect();
        let origin = L1Origin::from_header(&self.parent).unwrap();
        let payload = encode_payload(&blocks, self.parent.timestamp, origin.block_number).unwrap();
        self.submit(&payload, timestamp, entries)
    }

    /// An entry to be consumed by the next batch.
    pub fn entry(&mut self, sender: Address, target: Address, value: u64, gas_limit: u64, data: Bytes) -> QueueEntry {
        self.messages += 1;
        QueueEntry {
            sender,
            target,
            mint: U256::from(value),
            value: U256::from(value),
            gas_limit,
            data,
            index: self.messages - 1,
            l1_block_number: self.l1_block + 1,
        }
    }

    /// What L1 accepted: executes it as a node does, runs the program on it, and compares.
    pub fn submit(&mut self, payload: &[u8], timestamp: u64, entries: Vec<QueueEntry>) -> Report {
        self.l1_block += 1;
        let rules = *self.chain.rules();
        let input = BatchInput { payload, timestamp, l1_block_number: self.l1_block, messages: &entries };
        let origin = L1Origin::from_header(&self.parent).unwrap();
        let (plans, valid) = derive_blocks(&input, self.parent.timestamp, origin);
        let (mut roots, mut messages, mut receipts) = (vec![], vec![], vec![]);
        let mut gas_used = 0;
        for mut plan in plans {
            plan.restrict(&rules, gas_used);
            let block = self.chain.writer().import(&plan, None, false, |_, _| Ok(())).unwrap();
            gas_used += block.header.gas_used;
            roots.push((block.hash, block.header.receipts_root));
            receipts.push(self.chain.receipts(block.hash).unwrap().unwrap());
            messages.extend(sent_messages(receipts.last().unwrap()));
        }
        let head = self.chain.head();
        let output = BatchOutput::new(head.header.state_root, &roots, &messages).unwrap();

        let accumulator = entries.iter().fold(self.accumulator, |acc, entry| accumulate(acc, entry.hash()));
        let claim = ClaimInput {
            parent_state_root: self.parent.state_root,
            parent_transaction_root: self.transaction_root,
            commitment: payload_commitment(payload),
            parent_accumulator: self.accumulator,
            accumulator,
            timestamp,
            l1_block_number: self.l1_block,
            params_hash: params_hash(&[]),
        };
        let known = block_preimages(&claim, &self.parent, &self.parent_hashes, &[], payload, &entries);
        let state = self.chain.state(B256::ZERO);
        let database = |hash: &B256| state.source().node(hash).or_else(|_| state.source().code(hash)).ok();
        let witness = BatchWitness::collect(&claim, &known, database).unwrap();
        assert_eq!(witness.output, output);
        if self.guest {
            guest::check(&witness);
        }

        self.parent = head.header.clone();
        self.parent_hashes = roots.into_iter().map(|(hash, _)| hash).collect();
        self.transaction_root = output.transaction_root;
        self.accumulator = accumulator;
        Report { witness, receipts, valid }
    }
}
