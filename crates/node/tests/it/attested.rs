//! State roots that enclaves of two vendors sign, whose attestations came to L1 as claims.

use crate::common::world::{ADMIN, BOB, CAROL, GENESIS, OPERATOR, Setup, quick};
use crate::common::{World, evm};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use lux_devnet::Mining;
use lux_l1::{MemoryJournal, TxManager, Wallet};
use lux_node::{
    Attester, OwnerCall, QuorumRequest, QuoteWatcher, TrustedRoots, accept_software, narrowest, open_quorum,
    quote_claimed, quote_claims, quote_question, registration_quote, submit_quote_claim,
};
use lux_protocol::contracts::{BatchStatus, IQuoteClaims, IRollupSettings, IRollupViews};
use lux_protocol::market::enclaves::IEnclaveKeys::{registerCall, revokeCall};
use lux_protocol::market::enclaves::{IAttestationEvidence, TEEAttestation, VerifiedAttestation};
use lux_tee::dev::{Request, attest};
use lux_tee::{Collateral, Kind, report_data_of_key};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const CHALLENGE_PERIOD: u64 = 3_600;
const ATTESTED_PERIOD: u64 = 600;

struct Enclave {
    key: Wallet,
    time: u64,
    attestation: Bytes,
    collateral: Collateral,
}

/// Software in an enclave of some vendor, and its key.
fn enclave(kind: Kind, time: u64) -> Enclave {
    let key = Wallet::from_hex(&keccak256([kind as u8]).to_string()).unwrap();
    let data = report_data_of_key(key.public_key().as_slice(), time);
    let (attestation, collateral) = attest(&Request::new(kind, b"node", data, time));
    Enclave { key, time, attestation: attestation.into(), collateral }
}

struct Scene {
    world: World,
    admin: TxManager,
    registry: Address,
    quotes: Address,
}

impl Scene {
    async fn new() -> Self {
        let setup = Setup { challenge_period: CHALLENGE_PERIOD, roots: TrustedRoots::Development, ..Setup::default() };
        let world = World::with_unclaimed_batches(setup, 1).await;
        let admin = manager(&world, ADMIN).await;
        let request =
            QuorumRequest { attested_period: ATTESTED_PERIOD, enclave_delay: Some(0), guardian: world.account(ADMIN) };
        world.devnet.set_mining(Mining::Automine).unwrap();
        let opened = open_quorum(&admin, world.rollup.address, &request, &mut |_| {}).await.unwrap();
        assert_eq!(opened, OwnerCall::Done);
        assert_eq!(open_quorum(&admin, world.rollup.address, &request, &mut |_| {}).await.unwrap(), OwnerCall::Done);
        let chain = world.devnet.chain();
        let settings = evm::view(&chain, world.rollup.address, IRollupViews::settingsCall {});
        let module = evm::view(&chain, settings, IRollupSettings::evidenceCall { kind: 2 });
        let registry = evm::view(&chain, module, IAttestationEvidence::keysCall {});
        let quotes = quote_claims(&world.client, world.rollup.address).await.unwrap().unwrap();
        let scene = Self { world, admin, registry, quotes };
        scene.catch_up();
        scene
    }

    /// Mining without pause took more blocks than seconds.
    fn catch_up(&self) {
        let head = self.world.devnet.chain().head().header.timestamp;
        self.world.now.fetch_max(head * 1000, Ordering::SeqCst);
    }

    fn wait(&self, seconds: u64) {
        self.world.advance_time(seconds);
        self.world.devnet.mine(1, None).unwrap();
    }

    async fn accept(&self, enclave: &Enclave) {
        let (_, question) = self.question(enclave).await;
        let found = VerifiedAttestation::abi_decode(&question.answer().unwrap()).unwrap();
        let policy = narrowest(found, &[], 1);
        accept_software(&self.admin, self.world.rollup.address, self.registry, policy, 0).await.unwrap();
    }

    async fn question(&self, enclave: &Enclave) -> (Address, lux_node::QuoteQuestion) {
        let (attestation, rollup) = (enclave.attestation.clone(), self.world.rollup.address);
        quote_question(&self.world.client, rollup, attestation, &enclave.collateral).await.unwrap()
    }

    async fn claim(&self, enclave: &Enclave) -> u64 {
        let (attestation, rollup) = (enclave.attestation.clone(), self.world.rollup.address);
        submit_quote_claim(&self.admin, rollup, attestation, &enclave.collateral).await.unwrap().0
    }

    async fn register(&self, enclave: &Enclave, claim: u64) -> bool {
        let claimed = quote_claimed(&self.world.client, self.world.rollup.address, 0, claim).await.unwrap();
        let found = VerifiedAttestation::abi_decode(&claimed.answer).unwrap();
        let attestation = TEEAttestation {
            mrEnclave: found.measurement,
            mrSigner: found.signer,
            publicKey: enclave.key.public_key().to_vec().into(),
            quote: registration_quote(claim, &claimed.answer),
            timestamp: U256::from(enclave.time),
        };
        let data = registerCall { attestation }.abi_encode();
        let hash = self.world.send_l1(BOB, self.registry, U256::ZERO, data);
        self.world.l1_success(hash).unwrap()
    }

    fn is_disproved(&self, claim: u64) -> bool {
        let call = IQuoteClaims::getClaimCall { id: U256::from(claim) };
        evm::view(&self.world.devnet.chain(), self.quotes, call).isDisproved
    }

    fn final_at(&self, batch: u64) -> u64 {
        let call = IRollupViews::finalAtCall { batchNumber: U256::from(batch) };
        evm::view(&self.world.devnet.chain(), self.world.rollup.address, call).to()
    }

    async fn attester(&self, keys: Vec<Wallet>) -> Attester {
        let (prover, rollup) = (self.world.op.node.prover(), Arc::new(self.world.rollup.clone()));
        Attester::new(prover, self.world.op.chain(), rollup, Arc::new(manager(&self.world, CAROL).await), keys)
    }

    async fn watcher(&self) -> QuoteWatcher {
        let rollup = Arc::new(self.world.rollup.clone());
        QuoteWatcher::new(rollup, Arc::new(manager(&self.world, OPERATOR).await))
    }
}

async fn manager(world: &World, who: usize) -> TxManager {
    let journal = Arc::new(MemoryJournal::default());
    TxManager::open(world.client.clone(), world.wallet(who), journal, quick(1), world.clock()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn quorum_of_two_vendors_makes_a_batch_final_sooner() {
    let mut scene = Scene::new().await;
    let time = scene.world.seconds();
    assert!(time > GENESIS);
    let enclaves = [enclave(Kind::Snp, time), enclave(Kind::Psa, time)];
    let mut claims = Vec::new();
    for enclave in &enclaves {
        scene.accept(enclave).await;
        claims.push(scene.claim(enclave).await);
        scene.catch_up();
    }
    let mut watcher = scene.watcher().await;
    watcher.step().await.unwrap();
    assert_eq!(watcher.disputed().count(), 0, "true claims");
    assert!(!scene.register(&enclaves[0], claims[0]).await, "open to challenges");
    scene.wait(CHALLENGE_PERIOD);
    for (enclave, claim) in enclaves.iter().zip(&claims) {
        assert!(scene.register(enclave, *claim).await);
    }

    scene.world.op.sync().await;
    assert!(scene.world.op.propose().await);
    scene.wait(0);
    scene.world.op.sync().await;
    let claimed = scene.world.devnet.chain().head().header.timestamp;
    let full = scene.final_at(1);
    assert!(full > claimed + ATTESTED_PERIOD);
    let mut first = scene.attester(vec![enclaves[0].key.clone()]).await;
    assert!(first.step().await.unwrap());
    scene.wait(1);
    assert!(!first.step().await.unwrap(), "once is enough");
    assert_eq!(scene.final_at(1), full, "one vendor shortens nothing");
    let mut second = scene.attester(vec![enclaves[1].key.clone()]).await;
    assert!(second.step().await.unwrap());
    scene.wait(1);
    let sooner = scene.final_at(1);
    assert!(sooner < full && sooner >= claimed + ATTESTED_PERIOD, "{sooner} {full}");

    assert!(!scene.world.op.propose().await, "not yet");
    scene.wait(sooner.saturating_sub(scene.world.seconds()));
    assert!(scene.world.op.propose().await);
    scene.wait(1);
    assert_eq!(scene.world.status(1), BatchStatus::Finalized);
    assert!(scene.world.seconds() < full);
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_key_gives_the_full_period_back() {
    let mut scene = Scene::new().await;
    let time = scene.world.seconds();
    let enclaves = [enclave(Kind::Snp, time), enclave(Kind::Psa, time)];
    let mut claims = Vec::new();
    for enclave in &enclaves {
        scene.accept(enclave).await;
        claims.push(scene.claim(enclave).await);
        scene.catch_up();
    }
    scene.wait(CHALLENGE_PERIOD);
    for (enclave, claim) in enclaves.iter().zip(&claims) {
        assert!(scene.register(enclave, *claim).await);
    }
    scene.world.op.sync().await;
    assert!(scene.world.op.propose().await);
    scene.wait(0);
    scene.world.op.sync().await;
    let full = scene.final_at(1);
    let mut both = scene.attester(enclaves.iter().map(|enclave| enclave.key.clone()).collect()).await;
    assert!(both.step().await.unwrap());
    scene.wait(ATTESTED_PERIOD + 1);
    assert!(scene.final_at(1) < full);
    let revoke = revokeCall { key: enclaves[1].key.address() }.abi_encode();
    scene.world.send_l1(ADMIN, scene.registry, U256::ZERO, revoke);
    assert_eq!(scene.final_at(1), full);
    assert!(!scene.world.op.propose().await, "not final");
}

/// A claim about a forged attestation, with the trace of the true run.
#[tokio::test(flavor = "multi_thread")]
async fn false_claim_about_an_attestation_falls() {
    let scene = Scene::new().await;
    let enclave = enclave(Kind::Psa, scene.world.seconds());
    let (quotes, question) = scene.question(&enclave).await;
    let mut said = VerifiedAttestation::abi_decode(&question.answer().unwrap()).unwrap();
    said.measurement = B256::repeat_byte(9);
    let claim = IQuoteClaims::claimCall {
        time: U256::from(question.time),
        attestation: question.attestation.clone(),
        collateral: question.collateral.clone(),
        answer: said.abi_encode().into(),
        trace: Bytes::new(),
    };
    let bond = evm::view(&scene.world.devnet.chain(), quotes, IQuoteClaims::bondCall {});
    let hash = scene.world.send_l1(BOB, quotes, bond, claim.abi_encode());
    assert_eq!(scene.world.l1_success(hash), Some(true));
    let mut watcher = scene.watcher().await;
    watcher.step().await.unwrap();
    assert!(scene.is_disproved(1), "in one transaction");
    scene.wait(CHALLENGE_PERIOD);
    watcher.step().await.unwrap();
    assert_eq!(watcher.disputed().count(), 0);
    assert!(!scene.register(&enclave, 1).await);
}
