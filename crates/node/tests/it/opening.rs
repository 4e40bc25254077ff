//! What `deploy` opens on L1, market or training, when it dies at every step.

use crate::common::world::{ADMIN, CAROL, Setup, deploy_request, faulty, quick};
use crate::common::{Fault, World, evm};
use alloy_primitives::{Address, B256, U256};
use lux_chain::pool::AccountState;
use lux_devnet::Mining;
use lux_executor::program_id;
use lux_l1::{L1Client, MemoryJournal, TxManager};
use lux_machine::Program;
use lux_node::{DeployRequest, Deployment, OpenRequest, Service, deploy};
use lux_protocol::contracts::IRollupViews;
use lux_protocol::market::contract::{IComputeMarket, Purpose};
use lux_protocol::market::enclaves::IAttestationEvidence;
use lux_protocol::training::{ITraining, Misbehaviour};
use std::sync::Arc;

alloy_sol_types::sol! {
    function getMinDelay() view returns (uint256);
    function rollup() view returns (address);
}

pub const PERIOD: u64 = 600;
/// Requests between two deaths: a whole deployment takes seconds here.
const STRIDE: usize = 11;

/// A program that gives its input back; `unused` words make others of it.
pub fn echo(unused: u32) -> Program {
    // li a7, 0; ecall; lui a0, unused
    Program::new(vec![0x0000_0893, 0x0000_0073, 0x537 | unused << 12], 0, vec![]).unwrap()
}

pub fn opening(service: Service, unused: u32) -> OpenRequest {
    let norm = (service == Service::Training).then(|| norm(unused));
    let program = echo(unused);
    OpenRequest { service, program, norm, challenge_period: PERIOD, enclave_delay: None, guardian: None }
}

/// Another one.
fn norm(unused: u32) -> Program {
    echo(unused + 100_000)
}

fn setup(service: Service, unused: u32) -> Setup {
    Setup { fault_proofs: true, opening: Some(opening(service, unused)), ..Setup::default() }
}

/// A further rollup of the same factory, with another program and another admin.
fn second(world: &World, name: String, service: Service, unused: u32) -> DeployRequest {
    let request = deploy_request(&setup(service, unused), &world.devnet);
    let (factory, admin) = (Some(world.deployment.factory), world.account(CAROL));
    DeployRequest { name, factory, admin, timelock_delay: 86_400, ..request }
}

async fn deploy_with(world: &World, client: L1Client, journal: &MemoryJournal, request: &DeployRequest) -> Deployment {
    let journal = Arc::new(journal.clone());
    let manager = TxManager::open(client, world.wallet(ADMIN), journal, quick(1), world.clock()).await.unwrap();
    deploy(&manager, request, &mut |_, _, _| {}).await.unwrap()
}

fn admin_nonce(world: &World) -> u64 {
    world.devnet.chain().nonce_and_balance(world.account(ADMIN)).unwrap().0
}

struct Opened {
    version: u8,
    program: B256,
    challenge_period: u32,
    fault_proof: Address,
    keys: Address,
}

fn opened(world: &World, service: Service, at: Address) -> Opened {
    let chain = world.devnet.chain();
    match service {
        Service::Market => {
            let set = evm::view(&chain, at, IComputeMarket::computeProgramCall { purpose: Purpose::Infer });
            let module = evm::view(&chain, at, IComputeMarket::computeEvidenceCall { kind: 2 });
            Opened {
                version: set.version,
                program: set.program,
                challenge_period: evm::view(&chain, at, IComputeMarket::marketParamsCall {}).challengePeriod,
                fault_proof: evm::view(&chain, at, IComputeMarket::computeEvidenceCall { kind: 0 }),
                keys: evm::view(&chain, module, IAttestationEvidence::keysCall {}),
            }
        }
        Service::Training => {
            let set = evm::view(&chain, at, ITraining::aggregateProgramCall {});
            Opened {
                version: set.version,
                program: set.program,
                challenge_period: evm::view(&chain, at, ITraining::trainingParamsCall {}).challengePeriod,
                fault_proof: evm::view(&chain, at, ITraining::trainingEvidenceCall { kind: 0 }),
                keys: evm::view(&chain, at, ITraining::enclaveKeysCall {}),
            }
        }
    }
}

/// The service is open once, and its owner is the admin with the delay that was asked for.
fn check(world: &World, service: Service, deployment: &Deployment, program: &Program) {
    let chain = world.devnet.chain();
    let found = opened(world, service, deployment.rollup);
    assert_eq!((found.version, found.program), (1, program_id(program)));
    if service == Service::Training {
        let norm =
            evm::view(&chain, deployment.rollup, ITraining::accusationProgramCall { kind: Misbehaviour::NormBound });
        assert_ne!(norm, B256::ZERO);
        assert_ne!(norm, found.program);
    }
    assert_eq!(u64::from(found.challenge_period), PERIOD);
    assert_ne!(found.fault_proof, Address::ZERO);
    assert_eq!(evm::view(&chain, found.keys, rollupCall {}), deployment.rollup);
    assert_eq!(evm::view(&chain, deployment.rollup, IRollupViews::ownerCall {}), deployment.timelock);
    assert_eq!(evm::view(&chain, deployment.timelock, getMinDelayCall {}), U256::from(86_400));
}

async fn deployment_that_dies_is_resumed(service: Service, transactions: u64) {
    let world = World::with(setup(service, 0)).await;
    world.devnet.set_mining(Mining::Automine).unwrap();
    for fault in [Fault::DieBefore, Fault::DieAfter] {
        for skip in (0..).step_by(STRIDE) {
            let unused = 1 + 2 * skip as u32 + u32::from(fault == Fault::DieAfter);
            let (request, journal) = (second(&world, format!("{unused}"), service, unused), MemoryJournal::default());
            let before = admin_nonce(&world);
            let (faults, client) = faulty(&world.methods);
            faults.plan(skip, fault);
            let first = faults.run(deploy_with(&world, client, &journal, &request)).await;
            let was_hit = !faults.clear();
            // A new process with the journal of the old one.
            let deployment = deploy_with(&world, world.client.clone(), &journal, &request).await;
            assert!(first.is_err() == was_hit && first.is_ok_and(|first| first == deployment) != was_hit);
            check(&world, service, &deployment, &echo(unused));
            assert_eq!(admin_nonce(&world) - before, transactions, "request {skip}, {fault:?}");
            if !was_hit {
                println!("a deployment makes at most {skip} requests");
                break;
            }
        }
    }
}

/// ROM contract, registration, StateTransition, rollup, what checks attestations (5), and the owner's operation (2): none of them twice.
#[tokio::test(flavor = "multi_thread")]
async fn deployment_of_a_market_is_resumed() {
    deployment_that_dies_is_resumed(Service::Market, 11).await;
}

/// The same without a contract for attestations of results, but with a second program.
#[tokio::test(flavor = "multi_thread")]
async fn deployment_of_training_is_resumed() {
    deployment_that_dies_is_resumed(Service::Training, 12).await;
}
