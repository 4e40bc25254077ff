//! Execution of one block.

use crate::limits::{log_footprint, transaction_footprint};
use crate::signature::recover;
use crate::state::{StateError, StateSource, StateTrie};
use crate::{
    BlockAttributes, BlockPlan, ChainEvm, ChainKind, Changes, MAX_BLOCK_FOOTPRINT, Overlay, Rules, block_env,
    build_evm, cfg_env, prepare_deposit, set_deposit_checks, tx_env,
};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloy_consensus::constants::EMPTY_OMMER_ROOT_HASH;
use alloy_consensus::{Header, Transaction as _};
use alloy_eips::eip2935::HISTORY_STORAGE_ADDRESS;
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, B256, Bloom, Bytes, U256, keccak256};
use alloy_sol_types::{SolEvent, SolValue};
use alloy_trie::{EMPTY_ROOT_HASH, root::ordered_trie_root_encoded};
use lux_protocol::constants::{FEE_VAULT, L1_BLOCK, L2_MESSAGE_BRIDGE};
use lux_protocol::contracts::IMessageBridge::MessageSentToL1;
use lux_protocol::{Deposit, EthTransaction, Receipt, Transaction};
use revm::context::ContextTr;
use revm::context::result::{EVMError, ExecutionResult};
use revm::handler::MainnetContext;
use revm::primitives::hardfork::SpecId;
use revm::{Context, ExecuteCommitEvm, SystemCallCommitEvm};

/// Why a block or a transaction could not be executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecutionError {
    /// The transaction cannot be part of the block now; the block goes on without it.
    #[error("{0}")]
    Invalid(String),
    /// The transaction cannot be part of this block any more, but may be of the next.
    #[error("the block has no room for the transaction: {0}")]
    BlockFull(&'static str),
    /// The state could not be read: nothing can go on.
    #[error(transparent)]
    State(#[from] StateError),
    /// The EVM failed in a way no transaction can cause.
    #[error("EVM failure: {0}")]
    Evm(String),
}

impl From<EVMError<StateError>> for ExecutionError {
    fn from(error: EVMError<StateError>) -> Self {
        match error {
            EVMError::Transaction(error) => Self::Invalid(error.to_string()),
            EVMError::Database(StateError::TooMuchCode) => Self::Invalid(StateError::TooMuchCode.to_string()),
            EVMError::Database(error) => Self::State(error),
            other => Self::Evm(other.to_string()),
        }
    }
}

/// A block with everything that follows from it.
#[derive(Clone, Debug)]
pub struct ExecutedBlock {
    pub header: Header,
    pub hash: B256,
    pub transactions: Vec<Transaction>,
    pub senders: Vec<Address>,
    pub receipts: Vec<Receipt>,
    pub changes: Changes,
}

type Evm<S> = ChainEvm<MainnetContext<Overlay<StateTrie<S>>>>;

/// A block in the making.
pub struct BlockExecutor<S: StateSource> {
    rules: Rules,
    attributes: BlockAttributes,
    evm: Evm<S>,
    transactions: Vec<Transaction>,
    senders: Vec<Address>,
    receipts: Vec<Receipt>,
    gas_used: u64,
    /// Gas for which base fee was paid: all but deposits'.
    paid_gas: u64,
}

impl<S: StateSource> BlockExecutor<S> {
    /// Opens the block after `attributes.parent_hash`, on whose state `state` stands, and makes its system calls.
    pub fn new(rules: Rules, attributes: BlockAttributes, state: StateTrie<S>) -> Result<Self, ExecutionError> {
        let overlay = Overlay::for_chain(state, rules.kind);
        let context: MainnetContext<Overlay<StateTrie<S>>> = Context::new(overlay, SpecId::OSAKA);
        let context = context.with_block(block_env(&attributes)).with_cfg(cfg_env(&rules));
        let mut evm = build_evm(context, rules.kind, ());
        evm.system_call_commit(HISTORY_STORAGE_ADDRESS, Bytes::copy_from_slice(attributes.parent_hash.as_slice()))?;
        if let Some(origin) = attributes.l1_origin {
            let data = (U256::from(origin.block_number), U256::from(origin.message_count)).abi_encode();
            evm.system_call_commit(L1_BLOCK, data.into())?;
        }
        Ok(Self {
            rules,
            attributes,
            evm,
            transactions: Vec::new(),
            senders: Vec::new(),
            receipts: Vec::new(),
            gas_used: 0,
            paid_gas: 0,
        })
    }

    pub fn attributes(&self) -> &BlockAttributes {
        &self.attributes
    }

    pub fn gas_left(&self) -> u64 {
        self.attributes.gas_limit.saturating_sub(self.gas_used)
    }

    /// Runs a deposit. It is always included.
    pub fn deposit(&mut self, deposit: Deposit) -> Result<(), ExecutionError> {
        self.evm.ctx.db_mut().begin_transaction();
        let tx = prepare_deposit(self.evm.ctx.db_mut(), &deposit, self.rules.chain_id)?;
        set_deposit_checks(&mut self.evm.ctx.cfg, true);
        let result = self.evm.transact_commit(tx);
        set_deposit_checks(&mut self.evm.ctx.cfg, false);
        match result.map_err(ExecutionError::from) {
            Ok(result) => self.record(result, Transaction::Deposit(deposit.clone()), deposit.from, 0),
            Err(ExecutionError::Invalid(_)) => {
                let overlay = self.evm.ctx.db_mut();
                overlay.modify(deposit.from, |account| account.nonce = account.nonce.saturating_add(1))?;
                let (from, gas) = (deposit.from, deposit.gas_limit);
                self.push(Transaction::Deposit(deposit), from, false, gas, Vec::new());
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Runs a user's transaction; one that is refused leaves no trace. Returns the gas it used.
    pub fn transact(&mut self, tx: EthTransaction, sender: Address) -> Result<u64, ExecutionError> {
        if matches!(tx, EthTransaction::Eip4844(_)) {
            return Err(ExecutionError::Invalid("blob transactions are not supported".into()));
        }
        if tx.gas_limit() > self.gas_left() {
            return Err(ExecutionError::BlockFull("its gas limit exceeds what is left"));
        }
        if self.rules.kind == ChainKind::Rollup && self.overlay().footprint() > MAX_BLOCK_FOOTPRINT {
            return Err(ExecutionError::BlockFull("the footprint of the block has reached its limit"));
        }
        self.evm.ctx.db_mut().begin_transaction();
        let before = self.gas_used;
        match self.evm.transact_commit(tx_env(&tx, sender)) {
            Ok(result) => {
                let gas = result.tx_gas_used();
                self.record(result, Transaction::Ethereum(tx), sender, gas);
            }
            Err(EVMError::Database(StateError::TooMuchCode)) => self.fail(tx, sender)?,
            Err(error) => return Err(error.into()),
        }
        Ok(self.gas_used - before)
    }

    /// Records a valid transaction that stopped at a limit of the machine: as out of gas, it costs its whole gas limit.
    fn fail(&mut self, tx: EthTransaction, sender: Address) -> Result<(), ExecutionError> {
        let (gas, base_fee) = (tx.gas_limit(), self.attributes.base_fee);
        let price = tx.effective_gas_price(Some(base_fee));
        let cost = |price: u128| U256::from(price) * U256::from(gas);
        let (paid, tip) = (cost(price), cost(price.saturating_sub(base_fee.into())));
        let beneficiary = self.attributes.beneficiary;
        let overlay = self.evm.ctx.db_mut();
        overlay.modify(sender, |account| {
            account.nonce = account.nonce.saturating_add(1);
            account.balance = account.balance.saturating_sub(paid);
        })?;
        overlay.modify(beneficiary, |account| account.balance = account.balance.saturating_add(tip))?;
        self.paid_gas += gas;
        self.push(Transaction::Ethereum(tx), sender, false, gas, Vec::new());
        Ok(())
    }

    fn record(&mut self, result: ExecutionResult, tx: Transaction, sender: Address, paid_gas: u64) {
        self.paid_gas += paid_gas;
        let (success, gas) = (result.is_success(), result.tx_gas_used());
        // Logs of a failed transaction are not part of its receipt.
        let logs = if success { result.into_logs() } else { Vec::new() };
        self.push(tx, sender, success, gas, logs);
    }

    fn push(&mut self, tx: Transaction, sender: Address, success: bool, gas: u64, logs: Vec<alloy_primitives::Log>) {
        self.gas_used = self.gas_used.saturating_add(gas);
        self.evm.ctx.db_mut().add_footprint(transaction_footprint(tx.encoded_2718_len()) + log_footprint(&logs));
        self.receipts.push(Receipt { tx_type: tx.tx_type(), success, cumulative_gas_used: self.gas_used, logs });
        self.transactions.push(tx);
        self.senders.push(sender);
    }

    /// State as it is after what ran so far, to be changed outside any transaction.
    pub fn state_mut(&mut self) -> &mut Overlay<StateTrie<S>> {
        self.evm.ctx.db_mut()
    }

    /// State after what ran so far.
    pub fn overlay(&self) -> &Overlay<StateTrie<S>> {
        &self.evm.ctx.journaled_state.database
    }

    /// State as it is after what ran so far, for tracing.
    pub fn into_overlay(self) -> Overlay<StateTrie<S>> {
        self.evm.ctx.journaled_state.database
    }

    /// Closes the block: fees, roots, header. Returns the state after it with its new nodes not yet committed.
    pub fn finish(mut self) -> Result<(ExecutedBlock, StateTrie<S>), ExecutionError> {
        if self.rules.kind == ChainKind::Rollup && self.paid_gas > 0 {
            let fees = U256::from(self.attributes.base_fee) * U256::from(self.paid_gas);
            self.evm.ctx.db_mut().modify(FEE_VAULT, |vault| vault.balance = vault.balance.saturating_add(fees))?;
        }
        let Self { attributes, evm, transactions, senders, receipts, gas_used, .. } = self;
        let (mut state, changes) = evm.ctx.journaled_state.database.into_changes();
        state.apply(&changes)?;
        let encoded_txs: Vec<Vec<u8>> = transactions.iter().map(Transaction::encoded_2718).collect();
        let mut logs_bloom = Bloom::ZERO;
        let encoded_receipts: Vec<Vec<u8>> = receipts
            .iter()
            .map(|receipt| {
                logs_bloom |= receipt.bloom();
                let mut out = Vec::with_capacity(300);
                receipt.encode_2718(&mut out);
                out
            })
            .collect();
        let header = Header {
            parent_hash: attributes.parent_hash,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: attributes.beneficiary,
            state_root: state.root(),
            transactions_root: ordered_trie_root_encoded(&encoded_txs),
            receipts_root: ordered_trie_root_encoded(&encoded_receipts),
            logs_bloom,
            number: attributes.number,
            gas_limit: attributes.gas_limit,
            gas_used,
            timestamp: attributes.timestamp,
            extra_data: attributes.extra_data,
            mix_hash: attributes.prev_randao,
            base_fee_per_gas: Some(attributes.base_fee),
            withdrawals_root: Some(EMPTY_ROOT_HASH),
            blob_gas_used: Some(0),
            excess_blob_gas: Some(0),
            parent_beacon_block_root: Some(B256::ZERO),
            requests_hash: Some(EMPTY_REQUESTS_HASH),
            ..Default::default()
        };
        let hash = header.hash_slow();
        Ok((ExecutedBlock { header, hash, transactions, senders, receipts, changes }, state))
    }
}

/// Executes a derived block. Transactions that are invalid when their turn comes are skipped. `senders` may hold the
/// recovered sender of each transaction (recovery is most of the work and runs in parallel natively).
pub fn execute_plan<S: StateSource>(
    rules: Rules,
    parent: &Header,
    parent_hash: B256,
    plan: &BlockPlan,
    prepared: Option<Vec<Option<(EthTransaction, Address)>>>,
    state: StateTrie<S>,
) -> Result<(ExecutedBlock, StateTrie<S>), ExecutionError> {
    let attributes = rules.next_block(parent, parent_hash, plan.timestamp, Some(plan.l1_origin));
    let mut executor = BlockExecutor::new(rules, attributes, state)?;
    for entry in &plan.messages {
        executor.deposit(entry.to_deposit())?;
    }
    // One at a time unless they were prepared: decoded transactions take several times the memory.
    let mut prepared = prepared.map(Vec::into_iter);
    for unsigned in &plan.transactions {
        let next = match &mut prepared {
            Some(prepared) => prepared.next().flatten(),
            None => prepare(unsigned),
        };
        let Some((tx, sender)) = next else { continue };
        match executor.transact(tx, sender) {
            Ok(_) | Err(ExecutionError::Invalid(_) | ExecutionError::BlockFull(_)) => {}
            Err(error) => return Err(error),
        }
    }
    executor.finish()
}

/// A payload transaction with its sender, or `None` when it is invalid by itself.
pub fn prepare(unsigned: &lux_protocol::UnsignedTx) -> Option<(EthTransaction, Address)> {
    // Only the canonical bytes are a transaction, so that they are what was signed.
    let tx = unsigned.to_transaction().ok()?;
    let sender = recover(&unsigned.signature, keccak256(&unsigned.signed_bytes))?;
    Some((tx, sender))
}

/// Hashes of the L2 -> L1 messages that `receipts` carry, in log order.
pub fn sent_messages(receipts: &[Receipt]) -> Vec<B256> {
    receipts
        .iter()
        .flat_map(|receipt| &receipt.logs)
        .filter(|log| {
            log.address == L2_MESSAGE_BRIDGE && log.topics().first() == Some(&MessageSentToL1::SIGNATURE_HASH)
        })
        .filter_map(|log| log.topics().get(1).copied())
        .collect()
}
