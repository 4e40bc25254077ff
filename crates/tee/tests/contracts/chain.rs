//! L1 with the contracts on it.

use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue, sol};
use lux_tee::IntelCollateral;
use revm::{
    Context, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext,
    context::{BlockEnv, TxEnv, result::ExecutionResult},
    database::InMemoryDB,
    handler::{MainnetContext, MainnetEvm},
    primitives::hardfork::SpecId,
};

sol! {
    #[derive(Debug, PartialEq, Eq)]
    struct Attestation {
        uint8 kind;
        uint8 status;
        uint16 weaknesses;
        uint32 evaluation;
        uint64 validFrom;
        uint64 validUntil;
        bytes32 measurement;
        bytes32 signer;
        bytes32 attributes;
        bytes32 platform;
        bytes32 root;
        bytes32[] registers;
        uint64[] svns;
        bytes32[] advisories;
        bytes reportData;
    }

    function authenticate(bytes quote, bytes collateral) view returns (Attestation memory);
    function submitPckChain(bytes text);
    function submitRevocationList(bytes list, bytes[] issuers);
    function submitTcbInfo(bytes text, bytes signature, bytes signer, bytes root);
    function submitQeIdentity(bytes text, bytes signature, bytes signer, bytes root);
}

const SENDER: Address = Address::repeat_byte(0xee);
const GAS: u64 = 100_000_000;

/// What the verifier returned, or the name of its error; and the gas of the call with its calldata.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    pub result: Result<Attestation, String>,
    pub gas: u64,
}

pub struct L1 {
    evm: MainnetEvm<MainnetContext<InMemoryDB>>,
    certificates: Address,
    tcb: Address,
    verifier: Address,
    nonce: u64,
}

impl L1 {
    /// The contracts under one root, at a time.
    pub fn new(root: B256, now: u64) -> Self {
        let block = BlockEnv { gas_limit: u64::MAX, timestamp: U256::from(now), ..Default::default() };
        let evm = evm(InMemoryDB::default(), block);
        let zero = Address::ZERO;
        let mut l1 = Self { evm, certificates: zero, tcb: zero, verifier: zero, nonce: 0 };
        l1.certificates = l1.create("IntelCertificates", &root.abi_encode());
        l1.tcb = l1.create("IntelTcb", &l1.certificates.abi_encode());
        l1.verifier = l1.create("DcapVerifier", &l1.tcb.abi_encode());
        l1
    }

    /// Another chain in the same state.
    pub fn fork(&self) -> Self {
        let (db, block) = (self.evm.ctx.journaled_state.database.clone(), self.evm.ctx.block.clone());
        Self { evm: evm(db, block), ..*self }
    }

    pub fn warp(&mut self, now: u64) {
        self.evm.ctx.block.timestamp = U256::from(now);
    }

    /// Submits everything but the PCK chain.
    pub fn submit(&mut self, collateral: &IntelCollateral, pck_chain: &[u8]) -> Result<(), String> {
        for (to, call) in self.submissions(collateral, pck_chain) {
            self.commit(to, call)?;
        }
        Ok(())
    }

    /// The calls that submit collateral. A list comes with the issuer that the PCK chain names.
    pub fn submissions(&self, collateral: &IntelCollateral, pck_chain: &[u8]) -> Vec<(Address, Bytes)> {
        let chain: Vec<Bytes> =
            lux_tee::blocks(pck_chain).unwrap().into_iter().map(|block| block.bytes.into()).collect();
        let pair = |chain: &[Bytes]| (chain[0].clone(), chain[1].clone());
        let root_list = submitRevocationListCall { list: collateral.root_crl.clone(), issuers: chain[2..].to_vec() };
        let pck_list = submitRevocationListCall { list: collateral.pck_crl.clone(), issuers: chain[1..].to_vec() };
        let (signer, root) = pair(&collateral.tcb_info_chain);
        let info = submitTcbInfoCall {
            text: collateral.tcb_info.clone(),
            signature: collateral.tcb_info_signature.into(),
            signer,
            root,
        };
        let (signer, root) = pair(&collateral.qe_identity_chain);
        let identity = submitQeIdentityCall {
            text: collateral.qe_identity.clone(),
            signature: collateral.qe_identity_signature.into(),
            signer,
            root,
        };
        vec![
            (self.certificates, root_list.abi_encode().into()),
            (self.certificates, pck_list.abi_encode().into()),
            (self.tcb, info.abi_encode().into()),
            (self.tcb, identity.abi_encode().into()),
        ]
    }

    pub fn submit_chain(&mut self, text: &[u8]) -> Result<u64, String> {
        let call = submitPckChainCall { text: text.to_vec().into() };
        self.commit(self.certificates, call.abi_encode().into())
    }

    pub fn authenticate(&mut self, quote: &[u8]) -> Verdict {
        let call = authenticateCall { quote: quote.to_vec().into(), collateral: Bytes::new() };
        let tx = self.tx(TxKind::Call(self.verifier), call.abi_encode().into());
        let outcome = self.evm.transact(tx).unwrap().result;
        let gas = outcome.tx_gas_used();
        let result = success(outcome).map(|output| authenticateCall::abi_decode_returns(&output).unwrap());
        Verdict { result, gas }
    }

    /// Whether a call would succeed; nothing changes.
    pub fn would_take(&mut self, to: Address, call: Bytes) -> Result<(), String> {
        let tx = self.tx(TxKind::Call(to), call);
        success(self.evm.transact(tx).unwrap().result).map(|_| ())
    }

    /// The gas of the transaction.
    pub fn commit(&mut self, to: Address, call: Bytes) -> Result<u64, String> {
        let tx = self.tx(TxKind::Call(to), call);
        self.nonce += 1;
        let outcome = self.evm.transact_commit(tx).unwrap();
        let gas = outcome.tx_gas_used();
        success(outcome).map(|_| gas)
    }

    fn create(&mut self, name: &str, arguments: &[u8]) -> Address {
        let path = format!("{}/../../contracts/artifacts/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let code: Bytes = json["bytecode"].as_str().unwrap().parse().unwrap();
        let tx = self.tx(TxKind::Create, [&code[..], arguments].concat().into());
        self.nonce += 1;
        match self.evm.transact_commit(tx).unwrap() {
            ExecutionResult::Success { output, .. } => *output.address().unwrap(),
            other => panic!("{name}: {other:?}"),
        }
    }

    fn tx(&self, kind: TxKind, data: Bytes) -> TxEnv {
        TxEnv::builder().caller(SENDER).kind(kind).data(data).gas_limit(GAS).nonce(self.nonce).gas_price(0).build_fill()
    }
}

fn evm(db: InMemoryDB, block: BlockEnv) -> MainnetEvm<MainnetContext<InMemoryDB>> {
    Context::mainnet()
        .with_db(db)
        .with_block(block)
        .modify_cfg_chained(|cfg| {
            cfg.set_spec_and_mainnet_gas_params(SpecId::OSAKA);
            cfg.tx_gas_limit_cap = Some(u64::MAX);
        })
        .build_mainnet()
}

fn success(outcome: ExecutionResult) -> Result<Bytes, String> {
    match outcome {
        ExecutionResult::Success { output, .. } => Ok(output.into_data()),
        ExecutionResult::Revert { output, .. } => Err(error_name(&output)),
        ExecutionResult::Halt { reason, .. } => panic!("{reason:?}"),
    }
}

/// The name of the error in what a call reverted with. Everything that is refused is refused by name.
fn error_name(output: &[u8]) -> String {
    const ERRORS: [&str; 23] = [
        "Truncated(uint8)",
        "TrailingBytes(uint8)",
        "TooLong(uint8,uint256,uint256)",
        "Invalid(uint8,bytes32)",
        "Missing(uint8,bytes32)",
        "Duplicate(uint8,bytes32)",
        "Unsupported(uint8,uint256)",
        "Signature(uint8)",
        "Issuer(uint8)",
        "NotAuthority(uint8)",
        "PathLength(uint8)",
        "KeyUsage(uint8)",
        "CriticalExtension(uint8)",
        "Root(uint8,bytes32)",
        "Time(uint8,uint64,uint64)",
        "Revoked(uint8,uint160)",
        "RevokedPlatform()",
        "PartialList()",
        "Mismatch(uint8,bytes32)",
        "NoLevel(uint8)",
        "Absent(uint8,bytes32)",
        "NotNewer(uint8)",
        "CollateralNotWanted()",
    ];
    let found = ERRORS.iter().find(|error| output.starts_with(&keccak256(format!("Tee_{error}"))[..4]));
    let error = found.unwrap_or_else(|| panic!("no error of the contracts: {}", alloy_primitives::hex::encode(output)));
    error.split('(').next().unwrap().to_owned()
}
