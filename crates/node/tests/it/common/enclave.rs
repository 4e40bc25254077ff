//! A rollup with a registry of enclave keys on L1, a sequencer whose key is in it, and what takes encrypted transactions.

use super::world::{ADMIN, ALICE, BOB, quick};
use super::{Setup, World, ether, evm};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, sol};
use lux_confidential::{
    ContentKey, Context, EncryptionKey, Envelope, RollupContext, encryption_key_of, open_reply, state_root_registry,
};
use lux_devnet::Mining;
use lux_l1::{MemoryJournal, TxManager, Wallet};
use lux_node::{OwnerCall, QuorumRequest, TrustedRoots, accept_software, narrowest, open_quorum};
use lux_protocol::EthTransaction;
use lux_protocol::contracts::IQuoteClaims;
use lux_protocol::market::EncryptionKey as Named;
use lux_protocol::market::enclaves::IAttestationVerifier::authenticateCall;
use lux_protocol::market::enclaves::IEnclaveKeys::{self, registerCall, setEncryptionKeyCall, verifierCall};
use lux_protocol::market::enclaves::TEEAttestation;
use lux_sealed::{Enclaves, Inbox, InboxConfig, InboxLimits, InboxStore, Reply, SealedError};
use lux_tee::dev::{Request, attest};
use lux_tee::{Collateral, IntelFiles, IntelSubmission, Kind, report_data_of_key};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

sol! {
    interface IIntel {
        function TCB() external view returns (address tcb);
        function CERTIFICATES() external view returns (address certificates);
        function submitPckChain(bytes calldata text) external;
        function submitRevocationList(bytes calldata list, bytes[] calldata issuers) external;
        function submitTcbInfo(
            bytes calldata text, bytes calldata signature, bytes calldata signer, bytes calldata root
        ) external;
        function submitQeIdentity(
            bytes calldata text, bytes calldata signature, bytes calldata signer, bytes calldata root
        ) external;
    }
}

/// Seconds for which others may encrypt to the key.
pub const KEY_SECONDS: u64 = 20 * 86_400;

pub struct SealedWorld {
    pub world: World,
    pub registry: Address,
    pub enclave: Wallet,
    pub measurement: B256,
    folder: TempDir,
}

/// An envelope, and what opens the answer to it.
pub struct Sealed {
    pub envelope: Vec<u8>,
    key: ContentKey,
    context: Context,
}

impl SealedWorld {
    pub async fn new() -> Self {
        let setup = Setup {
            fault_proofs: true,
            roots: TrustedRoots::Development,
            l1_confirmations: 0,
            finalized_depth: 2,
            ..Setup::default()
        };
        let world = World::with(setup).await;
        world.devnet.set_mining(Mining::Automine).unwrap();
        let journal = Arc::new(MemoryJournal::default());
        let admin = TxManager::open(world.client.clone(), world.wallet(ADMIN), journal, quick(1), world.clock());
        let admin = admin.await.unwrap();
        let request = QuorumRequest { attested_period: 0, enclave_delay: Some(0), guardian: world.account(ADMIN) };
        let rollup = world.rollup.address;
        assert_eq!(open_quorum(&admin, rollup, &request, &mut |_| {}).await.unwrap(), OwnerCall::Done);
        assert_eq!(open_quorum(&admin, rollup, &request, &mut |_| {}).await.unwrap(), OwnerCall::Done);
        let registry = state_root_registry(&world.client, rollup).await.unwrap().unwrap();
        let enclave = Wallet::from_hex(&keccak256("enclave").to_string()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut scene = Self { world, registry, enclave, measurement: B256::ZERO, folder };
        scene.register(&admin).await;
        scene.world.devnet.set_mining(Mining::Manual).unwrap();
        let head = scene.world.devnet.chain().head().header.timestamp;
        scene.world.now.fetch_max(head * 1000, std::sync::atomic::Ordering::SeqCst);
        scene.world.deposit(ALICE, ether(10), scene.world.account(ALICE), &[]);
        scene.world.deposit(BOB, ether(10), scene.world.account(BOB), &[]);
        scene.world.mine_l1(2);
        scene.world.op.sync().await;
        scene.world.build(1);
        scene
    }

    async fn register(&mut self, admin: &TxManager) {
        let (chain, key) = (self.world.devnet.chain(), self.enclave.public_key());
        let now = chain.head().header.timestamp;
        let bound = report_data_of_key(key.as_slice(), now);
        let (attestation, collateral) = attest(&Request::new(Kind::Sgx, b"sequencer", bound, now));
        let verifier = evm::view(&chain, self.registry, verifierCall {});
        self.submit(verifier, &attestation, &collateral);
        let quote = Bytes::from(attestation);
        let call = authenticateCall { quote: quote.clone(), collateral: Bytes::new() };
        let found = self.world.client.view(verifier, call).await.unwrap();
        self.measurement = found.measurement;
        let attestation = TEEAttestation {
            mrEnclave: found.measurement,
            mrSigner: found.signer,
            publicKey: key.to_vec().into(),
            quote,
            timestamp: U256::from(now),
        };
        let policy = narrowest(found, &[], 1);
        accept_software(admin, self.world.rollup.address, self.registry, policy, 0).await.unwrap();
        self.l1(registerCall { attestation }.abi_encode());
        self.name_key(now + KEY_SECONDS);
    }

    fn submit(&self, verifier: Address, attestation: &[u8], collateral: &Collateral) {
        let chain = self.world.devnet.chain();
        let intel = evm::view(&chain, verifier, IQuoteClaims::verifierCall {});
        let tcb = evm::view(&chain, intel, IIntel::TCBCall {});
        let certificates = evm::view(&chain, intel, IIntel::CERTIFICATESCall {});
        let mut files = IntelFiles::default();
        files.add(attestation).unwrap();
        files.add(&collateral.encode()).unwrap();
        for part in files.submissions().unwrap() {
            let (to, data) = match part {
                IntelSubmission::PckChain(text) => (certificates, IIntel::submitPckChainCall { text }.abi_encode()),
                IntelSubmission::RevocationList { list, issuers } => {
                    (certificates, IIntel::submitRevocationListCall { list, issuers }.abi_encode())
                }
                IntelSubmission::TcbInfo(lux_tee::SignedText { text, signature, signer, root }) => {
                    let signature = signature.into();
                    (tcb, IIntel::submitTcbInfoCall { text, signature, signer, root }.abi_encode())
                }
                IntelSubmission::QeIdentity(lux_tee::SignedText { text, signature, signer, root }) => {
                    let signature = signature.into();
                    (tcb, IIntel::submitQeIdentityCall { text, signature, signer, root }.abi_encode())
                }
            };
            let hash = self.world.send_l1(BOB, to, U256::ZERO, data);
            assert_eq!(self.world.l1_success(hash), Some(true));
        }
    }

    /// A transaction to the registry, mined.
    fn l1(&self, data: Vec<u8>) {
        let hash = self.world.send_l1(BOB, self.registry, U256::ZERO, data);
        assert_eq!(self.world.l1_success(hash), Some(true));
    }

    fn name_key(&self, not_after: u64) {
        let (key, public) = (self.enclave.address(), encryption_key_of(&self.enclave).public());
        let named = Named { key, publicKey: public.0, notAfter: U256::from(not_after) };
        let chain_id = self.world.devnet.chain().rules().chain_id;
        let signature = self.enclave.sign_hash(&named.digest(chain_id, self.registry)).unwrap();
        let not_after = alloy_primitives::aliases::U40::from(not_after);
        let encryption = IEnclaveKeys::EncryptionKey { publicKey: public.0, notAfter: not_after };
        self.l1(setEncryptionKeyCall { key, encryption, signature: signature.as_bytes().into() }.abi_encode());
    }

    pub fn public(&self) -> EncryptionKey {
        encryption_key_of(&self.enclave).public()
    }

    pub fn rollup(&self) -> RollupContext {
        RollupContext {
            l1_chain_id: self.world.rollup.l1_chain_id,
            rollup: self.world.rollup.address,
            l2_chain_id: self.world.rollup.params.l2ChainId,
        }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("sealed.redb")
    }

    pub async fn inbox(&self) -> Inbox {
        self.inbox_of(&self.enclave, InboxLimits::default()).await
    }

    pub async fn inbox_of(&self, enclave: &Wallet, limits: InboxLimits) -> Inbox {
        self.inbox_in(InboxStore::open(&self.path()).unwrap(), enclave, limits).await
    }

    /// With a disk of its own, and an empty pool.
    pub async fn empty_inbox(&self) -> Inbox {
        self.world.op.node.chain.pool().clear();
        self.inbox_in(InboxStore::in_memory().unwrap(), &self.enclave, InboxLimits::default()).await
    }

    async fn inbox_in(&self, store: InboxStore, enclave: &Wallet, limits: InboxLimits) -> Inbox {
        let enclaves = std::slice::from_ref(enclave);
        let enclaves = Enclaves::open(self.world.client.clone(), self.registry, enclaves, self.world.clock());
        let config = InboxConfig { rollup: self.rollup(), limits };
        Inbox::open(self.world.op.node.chain.clone(), enclaves.await.unwrap(), store, config).unwrap()
    }

    /// A transfer of ALICE's.
    pub fn transfer(&self, value: u64) -> EthTransaction {
        self.world.op.sign(&self.world.key(ALICE), Some(self.world.account(BOB)), U256::from(value), Bytes::new())
    }

    pub fn seal(&self, tx: &EthTransaction) -> Sealed {
        seal(&raw(tx), self.public(), Context::transaction(&self.rollup()))
    }
}

pub fn raw(tx: &EthTransaction) -> Vec<u8> {
    alloy_eips::eip2718::Encodable2718::encoded_2718(tx)
}

pub fn seal(plaintext: &[u8], to: EncryptionKey, context: Context) -> Sealed {
    let key = ContentKey::random();
    let envelope = Envelope::seal(plaintext, &key, &[to], &context).unwrap();
    Sealed { envelope, key, context }
}

impl Sealed {
    /// What the answer says: the result in JSON, or the error's message.
    pub fn open(&self, answer: &[u8]) -> Result<String, String> {
        let reply = open_reply(answer, &self.key, &self.context, &self.envelope).unwrap();
        let reply: Reply = serde_json::from_slice(&reply).unwrap();
        reply.into_result().map(|value| value.get().into()).map_err(|error| error.message().into())
    }

    pub fn send(&self, inbox: &Inbox) -> Result<String, String> {
        self.open(&inbox.send(&self.envelope).unwrap())
    }

    pub fn refused(&self, inbox: &Inbox) -> SealedError {
        inbox.send(&self.envelope).unwrap_err()
    }
}
