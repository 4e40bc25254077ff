//! Execution of a case: the same natively and on the machine.

use crate::Case;
use crate::block_hashes::BlockHashes;
use crate::precompiles::ForkPrecompiles;
use alloc::vec::Vec;
use alloy_consensus::Transaction as _;
use alloy_eips::Decodable2718;
use alloy_primitives::{B256, keccak256};
use alloy_rlp::Decodable;
use core::cell::RefCell;
use lux_oracle::{MAX_PREIMAGE_BYTES, Oracle};
use lux_protocol::EthTransaction;
use lux_stf::program::{OracleSource, ProgramError};
use lux_stf::{ChainKind, ExecutionError, Overlay, StateTrie, build_evm, recover_sender, tx_env};
use revm::context::TxEnv;
use revm::handler::MainnetContext;
use revm::{Context, ExecuteCommitEvm};

/// Usual length of an encoded case.
const CASE_BYTES: usize = 384;

/// What a transaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub state_root: B256,
    /// Hash of the RLP of the logs.
    pub logs_hash: B256,
    /// Whether the transaction could be part of a block.
    pub valid: bool,
}

impl Outcome {
    /// Output of the program.
    pub fn hash(&self) -> B256 {
        keccak256([&self.state_root[..], &self.logs_hash[..], &[u8::from(self.valid)]].concat())
    }
}

/// Output of the case with this input; zero when there is no such case. The only failure is a missing preimage.
pub fn run_case<O: Oracle>(input: B256, oracle: &O) -> Result<B256, O::Error> {
    match execute_case(input, oracle) {
        Ok(outcome) => Ok(outcome.hash()),
        Err(ProgramError::Oracle(error)) => Err(error),
        Err(ProgramError::Malformed(_) | ProgramError::Execution(_)) => Ok(B256::ZERO),
    }
}

/// What [`run_case`] hashes, or why there is nothing.
pub fn execute_case<O: Oracle>(input: B256, oracle: &O) -> Result<Outcome, ProgramError<O::Error>> {
    let rlp = oracle.preimage(&input, CASE_BYTES).map_err(ProgramError::Oracle)?;
    let case = Case::decode(&mut &rlp[..]).map_err(|_| ProgramError::Malformed("case"))?;
    let mut transaction = Vec::new();
    for piece in &case.transaction {
        let piece = oracle.preimage(piece, MAX_PREIMAGE_BYTES).map_err(ProgramError::Oracle)?;
        transaction.extend_from_slice(&piece);
    }

    let failure = RefCell::new(None);
    let state = StateTrie::new(OracleSource::new(oracle, &failure), case.state_root);
    let failed = |error| failure.take().map_or(ProgramError::Execution(error), ProgramError::Oracle);
    let cfg = case.cfg_env();
    let context: MainnetContext<_> = Context::new(BlockHashes(Overlay::new(state)), cfg.spec);
    let context = context.with_block(case.block_env(&cfg)).with_cfg(cfg);
    let mut evm = build_evm(context, ChainKind::Ethereum, ()).with_precompiles(ForkPrecompiles::new(case.fork));

    let result = match decode(&transaction) {
        None => Err(ExecutionError::Invalid("malformed or not signed".into())),
        Some(tx) => evm.transact_commit(tx).map_err(ExecutionError::from),
    };
    let (valid, logs) = match result {
        // Logs of a failed transaction are not part of its receipt.
        Ok(result) => (true, if result.is_success() { result.into_logs() } else { Vec::new() }),
        Err(ExecutionError::Invalid(_)) => (false, Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let (mut state, changes) = evm.ctx.journaled_state.database.0.into_changes();
    state.apply(&changes).map_err(|error| failed(error.into()))?;
    Ok(Outcome { state_root: state.root(), logs_hash: keccak256(alloy_rlp::encode(&logs)), valid })
}

/// A signed transaction in EIP-2718 form. Unlike the chain's, it may have blobs.
fn decode(mut bytes: &[u8]) -> Option<TxEnv> {
    let tx = EthTransaction::decode_2718(&mut bytes).ok()?;
    let sender = recover_sender(&tx)?;
    bytes.is_empty().then(|| TxEnv {
        blob_hashes: tx.blob_versioned_hashes().unwrap_or_default().to_vec(),
        max_fee_per_blob_gas: tx.max_fee_per_blob_gas().unwrap_or_default(),
        ..tx_env(&tx, sender)
    })
}
