//! Attestations on L2: through the precompile and the predeploy, natively and on the machine.

use crate::batches::successes;
use crate::code;
use crate::guest::{PROGRAM, host};
use crate::transactions::Wallets;
use crate::world::{Report, World};
use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::{Revert, SolCall, SolError, sol};
use lux_machine::Machine;
use lux_protocol::constants::{ATTESTATION_PRECOMPILE, ATTESTATION_VERIFIER};
use lux_stf::MAX_ATTESTATION_INPUT;
use lux_tee::dev::{Request, attest, roots};
use lux_tee::{Kind, Roots, authenticate};

sol! {
    function authenticate(bytes quote, bytes collateral);
    function roots() returns (bytes);
}

/// Of the first block after genesis.
const NOW: u64 = 1_001;
const KINDS: [Kind; 6] = [Kind::Sgx, Kind::Tdx, Kind::Snp, Kind::Nitro, Kind::Psa, Kind::Cca];
/// What a transaction may use (EIP-7825).
const GAS: u64 = 16_000_000;
/// Weight per unit of gas; `docs/protocol.md`, "Limits".
const MAX_WEIGHT_PER_GAS: u64 = 150;

/// What a contract sees of a call.
#[derive(Debug, PartialEq)]
struct Answer {
    success: bool,
    data: Bytes,
}

impl Answer {
    fn reason(&self) -> String {
        assert!(!self.success);
        Revert::abi_decode(&self.data).unwrap().reason
    }
}

struct Scene {
    world: World,
    wallets: Wallets,
    caller: Address,
}

impl Scene {
    fn new(world: World) -> Self {
        let (mut world, mut wallets) = (world, Wallets::default());
        let (caller, deploy) = wallets.deploy(&world, 0, code::creation(&code::CALLER));
        world.batch(vec![vec![deploy]], vec![]);
        Self { world, wallets, caller }
    }

    /// Calls from a contract, all in one block.
    fn calls(&mut self, calls: &[(Address, Vec<u8>)]) -> (Vec<Answer>, Report) {
        let txs = calls.iter().map(|(to, data)| {
            let input = [&to.into_word().0[..], data].concat();
            self.wallets.send(&self.world, 1, self.caller.into(), 0, input.into(), GAS)
        });
        let txs = txs.collect();
        let report = self.world.batch(vec![txs], vec![]);
        assert!(successes(&report).iter().all(|success| *success));
        let answer = |log: &alloy_primitives::Log| Answer {
            success: log.topics()[0] != B256::ZERO,
            data: log.data.data.clone(),
        };
        (report.receipts[0].iter().map(|receipt| answer(&receipt.logs[0])).collect(), report)
    }
}

fn request(kind: Kind) -> Request {
    Request::new(kind, b"software", [7; 64], NOW)
}

/// Input of the precompile.
fn input(roots: &Roots, attestation: &[u8], collateral: &[u8]) -> Vec<u8> {
    let behind_length = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
    [behind_length(&roots.encode()), behind_length(attestation), collateral.to_vec()].concat()
}

fn attested(request: &Request) -> Vec<u8> {
    let (attestation, collateral) = attest(request);
    input(&roots(), &attestation, &collateral.encode())
}

/// The predeploy, the precompile and the library have one answer; so has the machine, which runs every batch as well.
#[test]
fn every_kind() {
    let mut scene = Scene::new(World::new(2, vec![]));
    for kind in KINDS {
        let (attestation, collateral) = attest(&request(kind));
        let expected = authenticate(&attestation, &collateral, NOW, &roots()).unwrap().abi_encode();
        let collateral = collateral.encode();
        let call = authenticateCall { quote: attestation.clone().into(), collateral: collateral.clone().into() };
        let stranger = input(&Roots::vendors(), &attestation, &collateral);
        let calls = [
            (ATTESTATION_VERIFIER, call.abi_encode()),
            (ATTESTATION_PRECOMPILE, input(&roots(), &attestation, &collateral)),
            (ATTESTATION_PRECOMPILE, stranger),
        ];
        let (answers, _) = scene.calls(&calls);
        for answer in &answers[..2] {
            assert_eq!(*answer, Answer { success: true, data: expected.clone().into() }, "{}", kind.name());
        }
        assert!(answers[2].reason().contains("accepted"), "{}", kind.name());
    }
}

#[test]
fn what_is_refused() {
    let mut scene = Scene::new(World::new(2, vec![]));
    let (attestation, collateral) = attest(&request(Kind::Sgx));
    let collateral = collateral.encode();
    let mut damaged = attestation.clone();
    damaged[120] ^= 1;
    // Valid for 30 days: a year ago, and in a year.
    let at = |now: u64| attested(&Request::new(Kind::Sgx, b"software", [7; 64], now));
    let cases = [
        (input(&roots(), &damaged, &collateral), "the signature of the quote does not verify"),
        (input(&roots(), &attestation, &[0xc0]), "collateral: invalid RLP"),
        (input(&roots(), b"garbage", &collateral), "no attestation of a known kind"),
        (input(&roots(), &[], &[]), "collateral: invalid RLP"),
        (at(NOW + 40_000_000), "is not within"),
        (vec![], "the input is not roots and attestation"),
        (vec![0xff; 100], "the input is not roots and attestation"),
        (vec![0; 8], "roots: invalid RLP"),
    ];
    let calls: Vec<_> = cases.iter().map(|(input, _)| (ATTESTATION_PRECOMPILE, input.clone())).collect();
    let (answers, _) = scene.calls(&calls);
    for (answer, (_, reason)) in answers.iter().zip(&cases) {
        assert!(answer.reason().contains(reason), "{} instead of {reason}", answer.reason());
    }
    // Too long: out of gas, and all that was given is gone. The longest says what is wrong.
    let sizes = [MAX_ATTESTATION_INPUT, MAX_ATTESTATION_INPUT + 1];
    let (answers, _) = scene.calls(&sizes.map(|size| (ATTESTATION_PRECOMPILE, vec![0; size])));
    assert_eq!(answers[0].reason(), "roots: invalid RLP");
    assert_eq!(answers[1], Answer { success: false, data: Bytes::new() });
}

#[test]
fn the_predeploy_names_its_roots() {
    let mut scene = Scene::new(World::new(2, vec![]).native_only());
    let call = authenticateCall { quote: b"garbage".into(), collateral: Bytes::new() };
    let calls = [(ATTESTATION_VERIFIER, rootsCall {}.abi_encode()), (ATTESTATION_VERIFIER, call.abi_encode())];
    let (answers, _) = scene.calls(&calls);
    assert_eq!(rootsCall::abi_decode_returns(&answers[0].data).unwrap()[..], roots().encode());
    // What the precompile says comes out of the predeploy.
    assert!(answers[1].reason().contains("invalid RLP"), "{}", answers[1].reason());
}

/// Run with `--nocapture` to see the figures. Those of long lists have what takes longest to read: as many names of advisories, as
/// long, as there may be, which are compared with each other, and entries with extensions.
#[test]
fn the_price_bounds_the_machine() {
    let mut scene = Scene::new(World::new(2, vec![]).native_only());
    let mut measure = |data: Vec<u8>| {
        let (answers, report) = scene.calls(&[(ATTESTATION_PRECOMPILE, data)]);
        let mut machine = Machine::new(&PROGRAM, report.witness.input);
        machine.run(&mut host(&report.witness), u64::MAX).unwrap();
        // Chunks that the machine cuts are what one transaction on L1 can verify, whatever they run (`docs/machine.md`).
        let statistics = *machine.statistics();
        let gas = report.receipts[0][0].cumulative_gas_used;
        (answers.into_iter().next().expect("one call"), gas, statistics.weight, statistics.chunks)
    };
    let long = |kind, others| Request { others, ..request(kind) };
    let dear = |kind, others, extensions| Request { others, advisories: 64, extensions, ..request(kind) };
    let cases = KINDS.map(request).into_iter().chain([
        long(Kind::Sgx, 300),
        long(Kind::Tdx, 200),
        long(Kind::Snp, 2_500),
        dear(Kind::Sgx, 0, 0),
        dear(Kind::Tdx, 0, 0),
        dear(Kind::Sgx, 200, 1),
        dear(Kind::Sgx, 40, 100),
        dear(Kind::Tdx, 30, 100),
        dear(Kind::Snp, 60, 100),
    ]);
    for request in cases {
        let data = attested(&request);
        let bytes = data.len();
        let price = price_of(request.kind, attest(&request).0.len(), bytes);
        // The transaction itself is paid by its data: one that is refused at the first bytes.
        let mut refused = data.clone();
        refused[0] = 0xff;
        let (_, _, transaction, _) = measure(refused);
        let (answer, gas, weight, chunks) = measure(data);
        let weight = weight - transaction;
        let each = weight / price;
        println!(
            "{} with {bytes} bytes: {price} gas, {gas} with the transaction, {weight} weight, {chunks} chunks, {each} per gas",
            request.kind.name()
        );
        assert!(answer.success, "{}", answer.reason());
        assert!(gas > price && each <= MAX_WEIGHT_PER_GAS, "{}", request.kind.name());
    }
}

/// As `docs/tee.md` has it, under the development roots, which have a key of P-256 and one of P-384.
fn price_of(kind: Kind, attestation: usize, bytes: usize) -> u64 {
    let words = |bytes: usize| 64 * bytes.div_ceil(32) as u64;
    let signatures = match kind {
        Kind::Sgx | Kind::Tdx => 58_500,
        Kind::Snp => 74_000,
        // The development chain has three certificates.
        Kind::Nitro => 56_000,
        Kind::Psa => 18_500 + 2 * words(attestation),
        Kind::Cca => 32_500 + 2 * words(attestation),
    };
    4_000 + words(bytes) + signatures
}
