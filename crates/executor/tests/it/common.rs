//! L1 with the contracts on it.

use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_sol_types::{SolCall, SolValue, sol};
use lux_executor::{encode_proof, executor_code, init_code, program_id, rom_contracts};
use lux_machine::{ChunkProof, Host, Machine, Program, Status};
use revm::{
    Context, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext,
    context::{
        TxEnv,
        result::{ExecutionResult, Output},
    },
    database::InMemoryDB,
    handler::{MainnetContext, MainnetEvm},
    primitives::hardfork::SpecId,
};

sol! {
    function register(uint256 entry, bytes32 memoryRoot, uint256 textWords, address[] roms) returns (bytes32);
    function initialState(bytes32 program, bytes32 input) view returns (bytes32);
    function run(bytes32 program, bytes32 start, bytes proof) view returns (bytes32 end, uint8 status);
}

const SENDER: Address = Address::repeat_byte(0xee);
const GAS: u64 = 100_000_000;

pub struct L1 {
    evm: MainnetEvm<MainnetContext<InMemoryDB>>,
    rom: Address,
    verifier: Address,
    nonce: u64,
}

/// What `ChunkVerifier.run` gave, and the gas of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub end: B256,
    pub status: u8,
    pub gas: u64,
}

fn artifact(name: &str) -> Vec<u8> {
    let path = format!("{}/../../contracts/artifacts/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    json["bytecode"].as_str().unwrap().parse::<Bytes>().unwrap().to_vec()
}

impl L1 {
    pub fn new() -> Self {
        let evm = Context::mainnet()
            .with_db(InMemoryDB::default())
            .modify_cfg_chained(|cfg| {
                cfg.set_spec_and_mainnet_gas_params(SpecId::OSAKA);
                cfg.tx_gas_limit_cap = Some(u64::MAX);
            })
            .modify_block_chained(|block| block.gas_limit = u64::MAX)
            .build_mainnet();
        let mut l1 = Self { evm, rom: Address::ZERO, verifier: Address::ZERO, nonce: 0 };
        let executor = l1.create(init_code(&executor_code()).to_vec());
        l1.rom = l1.create([artifact("ProgramRom"), executor.abi_encode()].concat());
        l1.verifier = l1.create([artifact("ChunkVerifier"), l1.rom.abi_encode()].concat());
        l1
    }

    fn tx(&self, kind: TxKind, data: Bytes, gas: u64) -> TxEnv {
        TxEnv::builder().caller(SENDER).kind(kind).data(data).gas_limit(gas).nonce(self.nonce).gas_price(0).build_fill()
    }

    fn commit(&mut self, kind: TxKind, data: Bytes) -> Output {
        let tx = self.tx(kind, data, GAS);
        self.nonce += 1;
        match self.evm.transact_commit(tx).unwrap() {
            ExecutionResult::Success { output, .. } => output,
            other => panic!("{other:?}"),
        }
    }

    pub fn create(&mut self, code: Vec<u8>) -> Address {
        *self.commit(TxKind::Create, code.into()).address().unwrap()
    }

    pub fn register(&mut self, program: &Program) -> B256 {
        let roms = rom_contracts(program).iter().map(|code| self.create(init_code(code).to_vec())).collect();
        let call = registerCall {
            entry: U256::from(program.entry()),
            memoryRoot: program.memory_root(),
            textWords: U256::from(program.text().len()),
            roms,
        };
        let id = self.try_register(&call).unwrap();
        assert_eq!(id, program_id(program));
        id
    }

    /// What registering gives, if it is not refused.
    pub fn try_register(&mut self, call: &registerCall) -> Option<B256> {
        let tx = self.tx(TxKind::Call(self.rom), call.abi_encode().into(), GAS);
        self.nonce += 1;
        match self.evm.transact_commit(tx).unwrap() {
            ExecutionResult::Success { output, .. } => Some(B256::from_slice(output.data())),
            _ => None,
        }
    }

    fn view(&mut self, data: Bytes, gas: u64) -> Option<(Bytes, u64)> {
        let tx = self.tx(TxKind::Call(self.verifier), data, gas);
        // Less gas than the calldata costs is an error.
        match self.evm.transact(tx).ok()?.result {
            ExecutionResult::Success { output, gas, .. } => Some((output.into_data(), gas.tx_gas_used())),
            _ => None,
        }
    }

    pub fn initial_state(&mut self, program: B256, input: B256) -> B256 {
        let data = initialStateCall { program, input }.abi_encode().into();
        B256::from_slice(&self.view(data, GAS).unwrap().0)
    }

    pub fn run(&mut self, program: B256, start: B256, proof: Bytes) -> Option<Verdict> {
        self.run_with(program, start, proof, GAS)
    }

    pub fn run_with(&mut self, program: B256, start: B256, proof: Bytes, gas: u64) -> Option<Verdict> {
        let data = runCall { program, start, proof }.abi_encode().into();
        let (output, gas) = self.view(data, gas)?;
        let runReturn { end, status } = runCall::abi_decode_returns(&output).unwrap();
        Some(Verdict { end, status, gas })
    }
}

/// Totals over compared chunks.
#[derive(Debug, Default, Clone, Copy)]
pub struct Totals {
    pub chunks: u64,
    pub gas: u64,
    pub max_gas: u64,
    pub bytes: usize,
    pub max_bytes: usize,
    pub instructions: u64,
    pub weight: u64,
    pub pages: u64,
}

/// Runs the program on both sides, chunk by chunk.
pub fn compare(program: &Program, input: B256, host: &mut dyn Host, limit: u64) -> (Totals, Status) {
    let mut l1 = L1::new();
    let id = l1.register(program);
    compare_on(&mut l1, id, program, input, host, limit)
}

pub fn compare_on(
    l1: &mut L1,
    id: B256,
    program: &Program,
    input: B256,
    host: &mut dyn Host,
    limit: u64,
) -> (Totals, Status) {
    let mut machine = Machine::new(program, input);
    assert_eq!(l1.initial_state(id, input), machine.state_hash());
    let mut totals = Totals::default();
    while machine.status() == Status::Running && totals.chunks < limit {
        let proof = machine.prove_chunk(host).unwrap();
        machine.run_chunk(host).unwrap();
        assert_eq!(machine.state_hash(), proof.post);
        let bytes = encode_proof(&proof);
        let verdict = check(l1, id, &proof, &bytes, machine.status());
        totals.chunks += 1;
        totals.gas += verdict.gas;
        totals.max_gas = totals.max_gas.max(verdict.gas);
        totals.bytes += bytes.len();
        totals.max_bytes = totals.max_bytes.max(bytes.len());
    }
    totals.instructions = machine.statistics().instructions;
    totals.weight = machine.statistics().weight;
    totals.pages = machine.statistics().data_pages;
    (totals, machine.status())
}

fn check(l1: &mut L1, id: B256, proof: &ChunkProof, bytes: &Bytes, status: Status) -> Verdict {
    let Some(verdict) = l1.run(id, proof.pre, bytes.clone()) else {
        panic!("chunk from pc {} was not executed", proof.pc)
    };
    let expected = match status {
        Status::Running => 0,
        Status::Halted(_) => 1,
        Status::Faulted => 2,
    };
    assert_eq!((verdict.status, verdict.end), (expected, proof.post), "chunk from pc {}", proof.pc);
    verdict
}

/// A program of these words, entered at the first.
pub fn program(words: Vec<u32>) -> Program {
    Program::new(words, 0, vec![]).unwrap()
}
