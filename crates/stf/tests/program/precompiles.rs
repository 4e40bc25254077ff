//! Every precompile, with inputs that it takes and inputs that it refuses.

use crate::batches::successes;
use crate::code;
use crate::transactions::Wallets;
use crate::world::World;
use alloy_primitives::{B256, Bytes, U256, hex};

fn input(number: u64, input: &[u8]) -> Bytes {
    [&B256::from(U256::from(number)).0[..], input].concat().into()
}

fn cases() -> Vec<(u64, Vec<u8>)> {
    let mut cases = vec![];
    // Zeros of every suitable length: points at infinity, empty messages.
    for number in (1..=18).chain([256, 257]) {
        for length in [0, 1, 32, 64, 96, 128, 160, 192, 213, 256, 288, 384, 512] {
            cases.push((number, vec![0; length]));
        }
        cases.push((number, vec![0xff; 384]));
    }
    let ecrecover = hex!(
        "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c000000000000000000000000000000000000000000000000000000000000001c"
        "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75feeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549"
    );
    cases.push((1, ecrecover.to_vec()));
    cases.push((1, [&ecrecover[..], b"more"].concat()));
    // 3^5 mod 7, and with operands that are too long
    let modexp = |base: u64, exponent: u64, modulus: u64, data: &[u8]| {
        let words: Vec<u8> =
            [base, exponent, modulus].iter().flat_map(|n| U256::from(*n).to_be_bytes::<32>()).collect();
        (5, [&words[..], data].concat())
    };
    cases.push(modexp(1, 1, 1, &[3, 5, 7]));
    cases.push(modexp(1, 1, 0, &[3, 5]));
    cases.push(modexp(0, 0, 0, &[]));
    cases.push(modexp(1_024, 8, 1_024, &[0xfe; 2_056]));
    cases.push(modexp(1, 1, 1_025, &[3, 5, 7]));
    let mut blake = vec![0; 213];
    (blake[3], blake[212]) = (12, 1);
    cases.push((9, blake.clone()));
    blake[212] = 2;
    cases.push((9, blake));
    let mut g1_add = vec![0u8; 128];
    (g1_add[31], g1_add[63]) = (1, 2);
    cases.push((6, g1_add.clone()));
    g1_add[31] = 2;
    cases.push((6, g1_add));
    cases.push((10, hex!(
        "01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306"
        "24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a18f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca2"
        "5f26936857bc3a7c2539ea8ec3a952b7873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a"
    ).to_vec()));
    cases.push((256, hex!(
        "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4da73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac"
        "36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d604aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3"
        "7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e"
    ).to_vec()));
    for number in [2, 3, 4] {
        cases.push((number, b"some message".to_vec()));
        // Longer than a system call of the machine takes.
        cases.push((number, vec![7; 24_577]));
    }
    cases
}

#[test]
fn all_of_them() {
    let mut world = World::new(4, vec![]);
    let mut wallets = Wallets::default();
    let (caller, deploy) = wallets.deploy(&world, 0, code::creation(&code::CALLER));
    world.batch(vec![vec![deploy]], vec![]);
    let cases = cases();
    let mut done = std::collections::BTreeSet::new();
    for chunk in cases.chunks(60) {
        let txs = chunk.iter().map(|(number, bytes)| wallets.call(&world, 1, caller, input(*number, bytes))).collect();
        let report = world.batch(vec![txs], vec![]);
        assert!(successes(&report).iter().all(|success| *success));
        for (receipt, (number, _)) in report.receipts[0].iter().zip(chunk) {
            let log = &receipt.logs[0];
            if !log.topics()[0].is_zero() && !log.data.data.is_empty() {
                done.insert(*number);
            }
        }
    }
    assert!((1..=17).chain([256]).all(|number| done.contains(&number)), "{done:?}");
}

/// `docs/protocol.md`, "Precompiles": longer inputs and higher prices are out of gas.
#[test]
fn bounds() {
    let mut world = World::new(2, vec![]);
    let mut wallets = Wallets::default();
    let (caller, deploy) = wallets.deploy(&world, 0, code::creation(&code::CALLER));
    world.batch(vec![vec![deploy]], vec![]);
    let mut blake = vec![0; 213];
    blake[..4].copy_from_slice(&4_000_000u32.to_be_bytes());
    let mut dear = blake.clone();
    dear[..4].copy_from_slice(&4_000_001u32.to_be_bytes());
    let cases = [
        (1, vec![0; 24_576], true),
        (1, vec![0; 24_577], false),
        (256, vec![0; 24_577], false),
        (9, blake, true),
        (9, dear, false),
    ];
    let send = |wallets: &mut Wallets, (number, bytes, _): &(u64, Vec<u8>, bool)| {
        wallets.send(&world, 1, caller.into(), 0, input(*number, bytes), 16_000_000)
    };
    let txs = cases.iter().map(|case| send(&mut wallets, case)).collect();
    let report = world.batch(vec![txs], vec![]);
    let called: Vec<bool> = report.receipts[0].iter().map(|receipt| !receipt.logs[0].topics()[0].is_zero()).collect();
    assert_eq!(called, cases.map(|(_, _, expected)| expected));
}
