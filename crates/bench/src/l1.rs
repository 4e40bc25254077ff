//! The contracts that run chunks, on an EVM without a chain around it.

use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_sol_types::{SolCall, SolValue, sol};
use eyre::{WrapErr, bail, ensure};
use lux_executor::{executor_code, init_code, program_id, rom_contracts};
use lux_machine::Program;
use lux_node::artifacts;
use revm::context::TxEnv;
use revm::context::result::{ExecutionResult, Output};
use revm::database::InMemoryDB;
use revm::handler::{MainnetContext, MainnetEvm};
use revm::primitives::hardfork::SpecId;
use revm::{Context, ExecuteCommitEvm, InspectEvm, Inspector, MainBuilder, MainContext};

sol! {
    function register(uint256 entry, bytes32 memoryRoot, uint256 textWords, address[] roms) returns (bytes32);
    function run(bytes32 program, bytes32 start, bytes proof) view returns (bytes32 end, uint8 status);
}

const SENDER: Address = Address::repeat_byte(0xee);
/// Most gas that a transaction may have since Osaka.
const GAS: u64 = 1 << 24;

pub struct L1<I = ()> {
    evm: MainnetEvm<MainnetContext<InMemoryDB>, I>,
    verifier: Address,
    program: B256,
    nonce: u64,
}

/// A chunk's run on L1.
#[derive(Debug, Clone, Copy)]
pub struct ChunkRun {
    pub end: B256,
    /// Of the whole transaction.
    pub gas: u64,
    /// Of the calldata.
    pub bytes: usize,
}

impl<I: Inspector<MainnetContext<InMemoryDB>>> L1<I> {
    /// An L1 that knows this program. The inspector watches runs of chunks.
    pub fn new(program: &Program, inspector: I) -> eyre::Result<Self> {
        let evm = Context::mainnet()
            .with_db(InMemoryDB::default())
            .modify_cfg_chained(|cfg| cfg.set_spec_and_mainnet_gas_params(SpecId::OSAKA))
            .modify_block_chained(|block| block.gas_limit = u64::MAX)
            .build_mainnet_with_inspector(inspector);
        let mut l1 = Self { evm, verifier: Address::ZERO, program: program_id(program), nonce: 0 };
        let executor = l1.create(init_code(&executor_code()).to_vec())?;
        let rom = l1.create([&artifacts::program_rom().bytecode[..], &executor.abi_encode()].concat())?;
        l1.verifier = l1.create([&artifacts::chunk_verifier().bytecode[..], &rom.abi_encode()].concat())?;
        let codes = rom_contracts(program);
        let roms = codes.iter().map(|code| l1.create(init_code(code).to_vec()));
        let call = registerCall {
            entry: U256::from(program.entry()),
            memoryRoot: program.memory_root(),
            textWords: U256::from(program.text().len()),
            roms: roms.collect::<eyre::Result<_>>()?,
        };
        let output = l1.commit(TxKind::Call(rom), call.abi_encode().into())?;
        ensure!(output.data()[..] == l1.program[..], "L1 and the executor disagree about the program's identity");
        Ok(l1)
    }

    /// Runs a chunk as the judge of a claim does.
    pub fn run(&mut self, start: B256, proof: Bytes) -> eyre::Result<ChunkRun> {
        let data: Bytes = runCall { program: self.program, start, proof }.abi_encode().into();
        let bytes = data.len();
        let transaction = self.transaction(TxKind::Call(self.verifier), data);
        let result = self.evm.inspect_tx(transaction).wrap_err("L1")?.result;
        let gas = result.tx_gas_used();
        let Some(output) = result.is_success().then(|| result.output()).flatten() else { bail!("{result:?}") };
        Ok(ChunkRun { end: runCall::abi_decode_returns(output)?.end, gas, bytes })
    }

    pub const fn inspector(&self) -> &I {
        &self.evm.inspector
    }

    fn create(&mut self, code: Vec<u8>) -> eyre::Result<Address> {
        match self.commit(TxKind::Create, code.into())? {
            Output::Create(_, Some(address)) => Ok(address),
            other => bail!("no contract: {other:?}"),
        }
    }

    fn commit(&mut self, kind: TxKind, data: Bytes) -> eyre::Result<Output> {
        let transaction = self.transaction(kind, data);
        self.nonce += 1;
        match self.evm.transact_commit(transaction).wrap_err("L1")? {
            ExecutionResult::Success { output, .. } => Ok(output),
            other => bail!("{other:?}"),
        }
    }

    fn transaction(&self, kind: TxKind, data: Bytes) -> TxEnv {
        TxEnv::builder().caller(SENDER).kind(kind).data(data).gas_limit(GAS).nonce(self.nonce).gas_price(0).build_fill()
    }
}
