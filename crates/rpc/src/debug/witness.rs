//! `debug_executionWitness`: what it takes to execute a block without a database.

use crate::args::Args;
use crate::error::{self, RpcResult};
use crate::register::Registrar;
use crate::rpc::Rpc;
use alloy_eips::BlockId;
use alloy_primitives::{B256, Bytes};
use lux_chain::{Block, NodeDb};
use lux_protocol::Transaction;
use lux_stf::{BlockExecutor, StateSource, StateTrie};
use lux_trie::NodeSource;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// The state that executing a block reads, with the parent's header that commits to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExecutionWitness {
    /// Trie nodes, RLP.
    pub state: Vec<Bytes>,
    pub codes: Vec<Bytes>,
    /// Addresses and slots behind the hashed keys that were read.
    pub keys: Vec<Bytes>,
    /// RLP.
    pub headers: Vec<Bytes>,
}

pub(crate) fn register(methods: &mut Registrar) {
    methods.execute("debug_executionWitness", 1, |rpc, args: &Args<'_>| {
        let block = rpc.block(args.required::<BlockId>(0)?)?.ok_or_else(|| error::server("block not found"))?;
        witness(rpc, &block)
    });
    methods.execute("debug_executionWitnessByBlockHash", 1, |rpc, args: &Args<'_>| {
        let block = rpc.block_by_hash(args.required::<B256>(0)?)?.ok_or_else(|| error::server("block not found"))?;
        witness(rpc, &block)
    });
}

/// Remembers what was read through it.
struct Recording {
    source: NodeDb,
    nodes: RefCell<BTreeMap<B256, Bytes>>,
    codes: RefCell<BTreeMap<B256, Bytes>>,
}

impl NodeSource for Recording {
    type Error = String;

    fn node(&self, hash: &B256) -> Result<Bytes, String> {
        let node = self.source.node(hash)?;
        self.nodes.borrow_mut().insert(*hash, node.clone());
        Ok(node)
    }
}

impl StateSource for Recording {
    fn code(&self, hash: &B256) -> Result<Bytes, String> {
        let code = self.source.code(hash)?;
        self.codes.borrow_mut().insert(*hash, code.clone());
        Ok(code)
    }
}

fn witness(rpc: &Rpc, block: &Block) -> RpcResult<ExecutionWitness> {
    if block.number() == 0 {
        return Err(error::server("genesis is not executed"));
    }
    let rules = *rpc.chain().rules();
    let parent = rpc.require_header(block.header.parent_hash.into())?.header;
    let source = rpc.state(parent.state_root).source().clone();
    let recording = Recording { source, nodes: RefCell::default(), codes: RefCell::default() };
    let state = StateTrie::new(&recording, parent.state_root);
    let attributes = rules.attributes_of(&block.header);
    let mut executor = BlockExecutor::new(rules, attributes, state).map_err(error::replay)?;
    let deadline = Instant::now() + rpc.limits.execution_timeout;
    for (tx, sender) in block.transactions.iter().zip(&block.senders) {
        if Instant::now() >= deadline {
            return Err(error::timeout());
        }
        match tx {
            Transaction::Deposit(deposit) => executor.deposit(deposit.clone()).map_err(error::replay)?,
            Transaction::Ethereum(tx) => drop(executor.transact(tx.clone(), *sender).map_err(error::replay)?),
        }
    }
    let mut keys = BTreeSet::new();
    for (address, slots) in executor.overlay().touched() {
        keys.insert(Bytes::copy_from_slice(address.as_slice()));
        keys.extend(slots.map(|slot| Bytes::from(slot.to_be_bytes::<32>())));
    }
    // Closing the block reads too: where an entry goes, its neighbour moves up.
    let (executed, state) = executor.finish().map_err(error::replay)?;
    drop(state);
    if executed.hash != block.hash {
        return Err(error::internal("a stored block executes to another one"));
    }
    Ok(ExecutionWitness {
        state: recording.nodes.into_inner().into_values().collect(),
        codes: recording.codes.into_inner().into_values().collect(),
        keys: keys.into_iter().collect(),
        headers: vec![alloy_rlp::encode(parent).into()],
    })
}
