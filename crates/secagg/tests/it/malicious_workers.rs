//! What the server refuses, and whom it names.

use crate::world::{CONTEXT, World, job, sign};
use alloy_primitives::B256;
use lux_secagg::{
    Advertising, ClientError, Quorum, ServerError, ShareKeys, ShareKind, Sharing, SignatureError, Survivors, Unmasking,
    WorkerSet, words_to_bytes,
};

fn unmasking(workers: u16) -> (World, Quorum, Unmasking<u32>) {
    let mut world = World::new(workers);
    // The last worker drops out after it shared.
    let mut last = vec![5; workers.into()];
    last[usize::from(workers) - 1] = 2;
    let server = world.share(&last).unwrap();
    let server = world.mask(server, &last).unwrap();
    let (quorum, server) = world.check(server, &last).unwrap();
    (world, quorum, server)
}

#[test]
fn two_pairs_of_keys() {
    let world = World::new(3);
    let mut server = Advertising::new(CONTEXT, job(&world.accounts));
    let keys = world.clients[0].advertise_keys().message;
    server.accept(sign(&world.accounts[0], keys, CONTEXT.digest())).unwrap();
    server.accept(sign(&world.accounts[0], keys, CONTEXT.digest())).unwrap();
    let other = world.clients[1].advertise_keys().message;
    let refused = server.accept(sign(&world.accounts[0], other, CONTEXT.digest())).unwrap_err();
    assert_eq!(refused, ServerError::Equivocation { worker: world.address(0), what: "pairs of keys" });
    assert!(matches!(server.close(), Err(ServerError::TooFew { found: 1, .. })));
}

#[test]
fn strangers_and_other_rounds() {
    let mut world = World::new(3);
    let mut server = Sharing::new(world.round.clone());
    let message = world.clients[0].share_keys(world.round.clone()).unwrap().message;
    let stranger = crate::world::account(99);
    let refused = server.accept(sign(&stranger, message.clone(), world.round.digest())).unwrap_err();
    let expected = SignatureError::Stranger { what: "ShareKeys", signer: stranger.address() };
    assert_eq!(refused, ServerError::Signature(expected));
    let replayed = sign(&world.accounts[0], message.clone(), B256::ZERO);
    assert!(matches!(server.accept(replayed), Err(ServerError::Signature(_))));
    let mut fewer = message.clone();
    fewer.sealed.pop();
    assert!(matches!(server.accept(world.sign(0, fewer)), Err(ServerError::ShareCount { found: 1, expected: 2, .. })));
    server.accept(world.sign(0, message.clone())).unwrap();
    let other = lux_secagg::ShareKeys { self_mask_commitment: B256::ZERO, ..message };
    assert!(matches!(server.accept(world.sign(0, other)), Err(ServerError::Equivocation { .. })));
}

#[test]
fn masked_vectors_that_do_not_fit() {
    let mut world = World::new(4);
    let mut server = world.share(&[5, 5, 5, 1]).unwrap();
    let (deliveries, vector) = (server.delivery(0, &world.none()), world.vector(0));
    let (step, masked) = world.clients[0].mask(&deliveries, &vector).unwrap();
    let bytes = words_to_bytes(&masked);
    let signed = world.sign(0, step.message.clone());

    assert!(matches!(server.accept(&signed, &bytes[4..]), Err(ServerError::VectorLength { .. })));
    let mut changed = bytes.clone();
    changed[9] ^= 1;
    assert!(matches!(server.accept(&signed, &changed), Err(ServerError::VectorDigest { .. })));
    let late = server.accept(&world.sign(3, step.message.clone()), &bytes).unwrap_err();
    assert_eq!(late, ServerError::Late { worker: world.address(3), what: "a masked vector" });
    let with = |peers: &[u16]| {
        let peers = WorkerSet::from_indices(4, peers.iter().copied());
        world.sign(0, lux_secagg::MaskedInput { peers, ..step.message.clone() })
    };
    let (worker, peer) = (world.address(0), world.address(3));
    assert_eq!(server.accept(&with(&[1, 2, 3]), &bytes), Err(ServerError::NotNeighbour { worker, peer }));
    assert_eq!(server.accept(&with(&[0, 1, 2]), &bytes), Err(ServerError::NotNeighbour { worker, peer: worker }));
    let wide = lux_secagg::MaskedInput { peers: WorkerSet::from_indices(900, [1, 2, 800]), ..step.message.clone() };
    let refused = ServerError::SetSize { worker, found: 900, workers: 4 };
    assert_eq!(server.accept(&world.sign(0, wide), &bytes), Err(refused));
    let refused = ServerError::TooFewNeighbours { worker, found: 1, needed: 2 };
    assert_eq!(server.accept(&with(&[1]), &bytes), Err(refused));
    server.accept(&signed, &bytes).unwrap();
    // Once, however often it comes.
    server.accept(&signed, &bytes).unwrap();
    let refused = ServerError::Equivocation { worker, what: "masked vectors" };
    assert_eq!(server.accept(&with(&[1, 2, 3]), &bytes), Err(refused));
}

/// A round of ten, some of whom mask without others; vectors come in this order. Who is left out, and that the others' sum comes out.
fn one_sided(sharing: Sharing, world: &mut World, without: &[(u16, &[u16])], order: [u16; 10]) -> Vec<u16> {
    let mut server = sharing.close::<u32>().unwrap();
    let mut sent = vec![None; 10];
    for index in order {
        let without = without.iter().filter(|(worker, _)| *worker == index).flat_map(|(_, peers)| *peers);
        let deliveries = server.delivery(index, &WorkerSet::from_indices(10, without.copied()));
        let vector = world.vector(index);
        let (step, masked) = world.clients[usize::from(index)].mask(&deliveries, &vector).unwrap();
        let (signed, bytes) = (world.sign(index, step.message), words_to_bytes(&masked));
        assert_eq!(server.accept(&signed, &bytes), Ok(index), "whoever comes first");
        sent[usize::from(index)] = Some((signed, bytes));
    }
    let left_out = server.one_sided();
    for index in left_out.iter() {
        let (signed, bytes) = sent[usize::from(index)].as_ref().unwrap();
        let worker = world.address(index);
        assert!(matches!(server.withdraw(index, &bytes[4..]), Err(ServerError::VectorLength { .. })));
        assert!(matches!(server.withdraw(index, &vec![0; bytes.len()]), Err(ServerError::VectorDigest { .. })));
        server.withdraw(index, bytes).unwrap();
        assert_eq!(server.withdraw(index, bytes), Err(ServerError::NotMasked { worker }));
        assert_eq!(server.accept(signed, bytes), Err(ServerError::Withdrawn { worker }));
    }
    let (quorum, mut server) = world.check(server.close().unwrap(), &[5; 10]).unwrap();
    for index in (0..10).filter(|index| !left_out.contains(*index)) {
        let message = world.clients[usize::from(index)].unmask(&quorum).unwrap().message;
        server.accept(&world.sign(index, message)).unwrap();
    }
    let aggregate = server.finish().unwrap();
    assert_eq!(aggregate.survivors, WorkerSet::from_indices(10, (0..10).filter(|index| !left_out.contains(*index))));
    assert_eq!(aggregate.sum, world.plain_sum(&aggregate.survivors));
    left_out.iter().collect()
}

const ORDERS: [[u16; 10]; 3] =
    [[2, 0, 1, 3, 4, 5, 6, 7, 8, 9], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [9, 8, 7, 6, 5, 4, 3, 1, 0, 2]];

fn shared(world: &mut World, change: impl Fn(u16, &mut ShareKeys)) -> Sharing {
    let mut sharing = Sharing::new(world.round.clone());
    for index in 0..world.clients.len() as u16 {
        let mut message = world.clients[usize::from(index)].share_keys(world.round.clone()).unwrap().message;
        change(index, &mut message);
        sharing.accept(world.sign(index, message)).unwrap();
    }
    sharing
}

/// A dealer whose shares do not open is left out, and the others' sum comes out, whether they masked with it or not.
#[test]
fn shares_that_do_not_open() {
    for order in ORDERS {
        let mut world = World::new(10);
        let sharing = shared(&mut world, |index, message| {
            if index == 2 {
                message.sealed[..2].iter_mut().for_each(|sealed| sealed.ciphertext[5] ^= 1);
            }
        });
        let server = shared(&mut world, |_, _| {}).close::<u32>().unwrap();
        let mut deliveries = server.delivery(0, &world.none());
        deliveries[1].sealed.ciphertext[5] ^= 1;
        let vector = world.vector(0);
        let refused = world.clients[0].mask(&deliveries, &vector).unwrap_err();
        assert_eq!(refused, ClientError::BadShares { worker: world.address(2) });
        assert_eq!(one_sided(sharing, &mut world, &[(0, &[2]), (1, &[2])], order), [2]);
    }
}

/// One that says so of honest dealers is left out itself, also when its vector comes first.
#[test]
fn shares_that_are_said_not_to_open() {
    for order in ORDERS {
        let mut world = World::new(10);
        let sharing = shared(&mut world, |_, _| {});
        assert_eq!(one_sided(sharing, &mut world, &[(2, &[0, 1])], order), [2]);
    }
}

/// Of one dealer: nobody can tell who lies. One of both is left out.
#[test]
fn one_word_against_another() {
    for (without, order) in [(&[(2, &[0][..])], ORDERS[0]), (&[(0, &[2][..])], ORDERS[2])] {
        let mut world = World::new(10);
        let sharing = shared(&mut world, |_, _| {});
        let left_out = one_sided(sharing, &mut world, without, order);
        assert!(left_out == [0] || left_out == [2], "{left_out:?}");
    }
}

#[test]
fn masks_that_do_not_cancel_end_in_no_sum() {
    let mut world = World::new(7);
    let mut server = shared(&mut world, |_, _| {}).close::<u32>().unwrap();
    for index in 0..7u16 {
        let without = WorkerSet::from_indices(7, (index == 3).then_some(5));
        let (deliveries, vector) = (server.delivery(index, &without), world.vector(index));
        let (step, masked) = world.clients[usize::from(index)].mask(&deliveries, &vector).unwrap();
        server.accept(&world.sign(index, step.message), &words_to_bytes(&masked)).unwrap();
    }
    let expected = ServerError::OneSided { worker: world.address(3), peer: world.address(5) };
    assert_eq!(server.close().err(), Some(expected));
}

#[test]
fn lists_of_survivors_that_nobody_asked_for() {
    let mut world = World::new(4);
    let last = [5, 5, 5, 2];
    let server = world.share(&last).unwrap();
    let mut server = world.mask(server, &last).unwrap();
    let list = Survivors(server.survivors().clone());
    let refused = server.accept(&world.sign(3, list)).unwrap_err();
    assert_eq!(refused, ServerError::Late { worker: world.address(3), what: "a list of survivors" });
    let other = Survivors(WorkerSet::from_indices(4, 0..4));
    let refused = server.accept(&world.sign(0, other)).unwrap_err();
    assert_eq!(refused, ServerError::OtherSurvivors { worker: world.address(0) });
    assert!(matches!(server.close(), Err(ServerError::TooFew { found: 0, .. })));
}

#[test]
fn shares_that_are_wrong() {
    let (mut world, quorum, mut server) = unmasking(5);
    let honest = world.clients[0].unmask(&quorum).unwrap().message;
    let mut refuse = |change: &dyn Fn(&mut Vec<lux_secagg::Share>)| {
        let mut message = honest.clone();
        change(&mut message.shares);
        server.accept(&world.sign(0, message)).unwrap_err()
    };
    let (worker, owner) = (world.address(0), world.address(2));
    assert_eq!(refuse(&|shares| shares[2].value[0] ^= 1), ServerError::WrongShare { worker, owner });
    assert_eq!(refuse(&|shares| shares[2].value = [0xff; 32]), ServerError::WrongShare { worker, owner });
    assert_eq!(refuse(&|shares| shares[0].value[0] ^= 1), ServerError::WrongShare { worker, owner: worker });
    assert_eq!(refuse(&|shares| shares[2].kind = ShareKind::MaskKey), ServerError::WrongKind { worker, owner });
    let dropout = world.address(4);
    assert_eq!(
        refuse(&|shares| shares[4].kind = ShareKind::SelfMask),
        ServerError::WrongKind { worker, owner: dropout }
    );
    assert!(matches!(refuse(&|shares| shares[4].owner = 999), ServerError::WrongKind { .. }));
    assert!(matches!(refuse(&|shares| shares.swap(0, 1)), ServerError::ShareCount { .. }));
    assert!(matches!(refuse(&|shares| shares[1] = shares[0]), ServerError::ShareCount { .. }));
    assert!(matches!(refuse(&|shares| shares.truncate(4)), ServerError::ShareCount { .. }));
    let late = server.accept(&world.sign(4, honest)).unwrap_err();
    assert_eq!(late, ServerError::Late { worker: dropout, what: "shares" });

    // The others are enough.
    for index in 0..4u16 {
        let message = world.clients[usize::from(index)].unmask(&quorum).unwrap().message;
        server.accept(&world.sign(index, message)).unwrap();
    }
    let aggregate = server.finish().unwrap();
    assert_eq!(aggregate.sum, world.plain_sum(&aggregate.survivors));
}

#[test]
fn a_dealer_whose_shares_are_of_another_secret() {
    let mut world = World::new(4);
    let mut sharing = Sharing::new(world.round.clone());
    for index in 0..4u16 {
        let mut message = world.clients[usize::from(index)].share_keys(world.round.clone()).unwrap().message;
        if index == 1 {
            message.self_mask_commitment = B256::repeat_byte(1);
        }
        sharing.accept(world.sign(index, message)).unwrap();
    }
    let server = world.mask(sharing.close().unwrap(), &[5; 4]).unwrap();
    let (quorum, mut server) = world.check(server, &[5; 4]).unwrap();
    for index in 0..4u16 {
        let message = world.clients[usize::from(index)].unmask(&quorum).unwrap().message;
        server.accept(&world.sign(index, message)).unwrap();
    }
    assert_eq!(server.finish(), Err(ServerError::BadDealer { owner: world.address(1) }));
}
