//! What honest workers refuse.

use crate::world::{CONTEXT, SETTINGS, World, job, recorded, sign};
use alloy_primitives::B256;
use lux_secagg::{
    AdvertiseKeys, ClientError, Context, Delivery, Message, ParameterError, Quorum, Recorded, Roster, RosterError,
    Round, Signed, Survivors, WorkerSet,
};
use std::sync::Arc;

fn all(workers: u16) -> WorkerSet {
    WorkerSet::from_indices(workers, 0..workers)
}

fn without(workers: u16, dropped: u16) -> WorkerSet {
    WorkerSet::from_indices(workers, (0..workers).filter(|index| *index != dropped))
}

/// Everyone masked; the lists of survivors are still to come.
fn masked(workers: u16) -> World {
    let mut world = World::new(workers);
    let stay = vec![5; workers.into()];
    let server = world.share(&stay).unwrap();
    world.mask(server, &stay).unwrap();
    world
}

fn signatures(world: &World, list: &WorkerSet, signers: impl IntoIterator<Item = u16>) -> Quorum {
    let signature = |index| world.sign(index, Survivors(list.clone())).signature;
    Quorum(signers.into_iter().map(|index| (index, signature(index))).collect())
}

#[test]
fn two_lists_of_survivors() {
    let mut world = masked(7);
    let (with, less) = (all(7), without(7, 6));
    for index in 0..3 {
        world.clients[index].check(&with).unwrap();
    }
    for index in 3..6 {
        world.clients[index].check(&less).unwrap();
    }
    let mut quorum = signatures(&world, &with, 0..3);
    assert_eq!(world.clients[0].unmask(&quorum).unwrap_err(), ClientError::NoQuorum { found: 3, needed: 5 });
    quorum.0.extend(signatures(&world, &less, 3..6).0);
    let worker = world.address(3);
    assert_eq!(world.clients[0].unmask(&quorum).unwrap_err(), ClientError::OtherSurvivors { worker });
    quorum.0.truncate(3);
    quorum.0.extend_from_within(..);
    assert_eq!(world.clients[0].unmask(&quorum).unwrap_err(), ClientError::NotSigner { signer: 0 });
}

#[test]
fn both_kinds_of_shares() {
    let mut world = masked(7);
    let client = &mut world.clients[0];
    client.check(&all(7)).unwrap();
    let refused = ClientError::AlreadyAnswered("the list of survivors");
    assert_eq!(client.check(&without(7, 3)).unwrap_err(), refused);
    let quorum = signatures(&world, &all(7), 0..7);
    let first = world.clients[0].unmask(&quorum).unwrap().message;
    assert_eq!(world.clients[0].check(&without(7, 3)).unwrap_err(), refused);
    let other = signatures(&world, &without(7, 3), (0..7).filter(|index| *index != 3));
    assert!(matches!(world.clients[0].unmask(&other).unwrap_err(), ClientError::OtherSurvivors { .. }));
    // Other signers of the same list: the same answer.
    assert_eq!(world.clients[0].unmask(&Quorum(quorum.0[2..].to_vec())).unwrap().message, first);
}

#[test]
fn lists_that_uncover_a_worker() {
    let mut world = masked(7);
    let too_few = WorkerSet::from_indices(7, 0..4);
    let refused = ClientError::TooFewSurvivors { found: 4, needed: 5 };
    assert_eq!(world.clients[0].check(&too_few).unwrap_err(), refused);
    assert_eq!(world.clients[0].check(&without(7, 0)).unwrap_err(), ClientError::NotSurvivor);

    // In a sparse graph: a quorum, but without one worker's neighbours.
    let mut world = masked(160);
    let neighbours = world.round.graph().neighbours(5).to_vec();
    let dropped = &neighbours[..53];
    let list = WorkerSet::from_indices(160, (0..160).filter(|index| !dropped.contains(index)));
    assert!(list.len() >= world.round.parameters().quorum.into());
    assert!(matches!(world.clients[5].check(&list).unwrap_err(), ClientError::TooFewSurvivors { .. }));
}

/// Workers in the order of the ring: next to each other stand those that share the most neighbours.
fn ring(world: &World) -> Vec<u16> {
    let graph = world.round.graph();
    let shared = |one: u16, other: u16| {
        graph.neighbours(one).iter().filter(|peer| graph.neighbours(other).contains(peer)).count()
    };
    let mut ring = vec![0];
    while let Some(next) = graph
        .neighbours(ring[ring.len() - 1])
        .iter()
        .filter(|next| !ring.contains(next))
        .max_by_key(|next| shared(ring[ring.len() - 1], **next))
    {
        ring.push(*next);
    }
    assert_eq!(ring.len(), world.clients.len());
    ring
}

/// Two stretches of the ring without honest workers would show the sums of the two parts between them.
#[test]
fn lists_that_cut_the_ring() {
    const LIARS: usize = 12;
    let mut world = masked(200);
    let (ring, half) = (ring(&world), usize::from(world.round.parameters().degree / 2));
    let stretches = [0, 100].map(|start| &ring[start..start + half]);
    let mut list = all(200);
    for stretch in stretches {
        let honest = &stretch[LIARS..];
        list = WorkerSet::from_indices(200, list.iter().filter(|index| !honest.contains(index)));
    }
    assert!(list.len() >= world.round.parameters().quorum.into());
    let needed = world.round.parameters().threshold.into();
    for beside in [ring[199], ring[half], ring[99], ring[100 + half]] {
        let refused = ClientError::TooFewSurvivors { found: half + LIARS + 1, needed };
        assert_eq!(world.clients[usize::from(beside)].check(&list).unwrap_err(), refused);
    }
}

/// Bits beyond the roster must not count towards the quorum.
#[test]
fn a_list_of_another_size() {
    let mut world = masked(7);
    let padded = WorkerSet::from_indices(9, [0, 1, 2, 7, 8]);
    let refused = ClientError::SetSize { found: 9, workers: 7 };
    assert_eq!(world.clients[0].check(&padded).unwrap_err(), refused);
    world.clients[0].check(&all(7)).unwrap();
}

#[test]
fn a_roster_that_was_not_recorded() {
    let world = World::new(9);
    let honest = advertised(&world);
    let of = |keys| Roster::verify(&CONTEXT, &job(&world.accounts), keys).unwrap();
    let (first, second) = (of(&honest), of(&honest[..8]));
    let refused = Round::new(CONTEXT, SETTINGS, second.clone(), recorded(&first)).unwrap_err();
    assert_eq!(refused, ParameterError::OtherRoster { recorded: first.digest(), found: second.digest() });
}

#[test]
fn phases_out_of_order() {
    let mut world = World::new(3);
    assert!(matches!(world.clients[0].mask(&[], &[0u32]), Err(ClientError::TooEarly(_))));
    assert!(matches!(world.clients[0].check(&all(3)), Err(ClientError::TooEarly(_))));
    assert!(matches!(world.clients[0].unmask(&Quorum(Vec::new())), Err(ClientError::TooEarly(_))));
    world.shared();
    assert!(matches!(world.clients[0].check(&all(3)), Err(ClientError::TooEarly(_))));
    assert!(matches!(world.clients[0].unmask(&Quorum(Vec::new())), Err(ClientError::TooEarly(_))));
}

#[test]
fn another_round_or_roster() {
    let mut world = World::new(4);
    let later = World::with(4, SETTINGS, Context { round: 4, ..CONTEXT });
    assert_eq!(world.clients[0].share_keys(later.round).unwrap_err(), ClientError::OtherRound);
    world.shared();
    let roster = world.round.roster().clone();
    let later = Recorded { beacon: B256::ZERO, ..recorded(&roster) };
    let round = Round::new(CONTEXT, SETTINGS, roster, later).unwrap();
    let refused = ClientError::AlreadyAnswered("the roster");
    assert_eq!(world.clients[0].share_keys(Arc::new(round)).unwrap_err(), refused);
}

#[test]
fn a_second_vector_or_delivery() {
    let mut world = World::new(4);
    let server = world.shared();
    let (deliveries, vector) = (server.delivery(0, &world.none()), world.vector(0));
    let client = &mut world.clients[0];
    let (_, first) = client.mask(&deliveries, &vector).unwrap();
    assert_eq!(client.mask(&deliveries, &vector).unwrap().1, first);
    let refused = ClientError::AlreadyAnswered("the delivery of shares");
    assert_eq!(client.mask(&deliveries[1..], &vector).unwrap_err(), refused);
    assert_eq!(client.mask(&deliveries, &vec![0u32; vector.len()]).unwrap_err(), refused);
    assert!(matches!(client.mask(&deliveries, &vector[1..]), Err(ClientError::Shape { .. })));
    assert!(matches!(client.mask(&deliveries, &vec![0u64; vector.len()]), Err(ClientError::Shape { .. })));
}

#[test]
fn deliveries_that_were_changed() {
    let mut world = World::new(4);
    let server = world.shared();
    let deliveries = server.delivery(0, &world.none());
    let vector = world.vector(0);
    let worker = world.address(1);
    let mut refuse = |change: &dyn Fn(&mut Vec<Delivery>), expected: ClientError| {
        let mut changed = deliveries.clone();
        change(&mut changed);
        assert_eq!(world.clients[0].mask(&changed, &vector).unwrap_err(), expected);
    };
    for byte in 0..80 {
        refuse(&|changed| changed[0].sealed.ciphertext[byte] ^= 1, ClientError::BadShares { worker });
    }
    for byte in 0..32 {
        refuse(&|changed| changed[0].sealed.commitments[0][byte] ^= 1, ClientError::BadShares { worker });
        refuse(&|changed| changed[0].sealed.commitments[1][byte] ^= 1, ClientError::BadShares { worker });
    }
    // What was sealed for another worker, or by another one.
    let other = server.delivery(2, &WorkerSet::empty(4));
    refuse(&|changed| changed[0].sealed = other[1].sealed.clone(), ClientError::BadShares { worker });
    refuse(&|changed| changed[0].sealed = changed[1].sealed.clone(), ClientError::BadShares { worker });
    refuse(&|changed| changed.swap(0, 1), ClientError::DeliveryOrder(1));
    refuse(&|changed| changed[1] = changed[0].clone(), ClientError::DeliveryOrder(1));
    refuse(&|changed| changed[0].owner = 0, ClientError::DeliveryOrder(0));
    refuse(&|changed| changed[2].owner = 4, ClientError::DeliveryOrder(4));
    refuse(&|changed| changed.truncate(1), ClientError::TooFewNeighbours { found: 1, needed: 2 });
    // Nothing of that did harm.
    world.clients[0].mask(&deliveries, &vector).unwrap();
}

#[test]
fn a_survivor_whose_shares_were_withheld() {
    let mut world = World::new(4);
    let server = world.shared();
    let (deliveries, vector) = (server.delivery(0, &WorkerSet::from_indices(4, [2])), world.vector(0));
    world.clients[0].mask(&deliveries, &vector).unwrap();
    let worker = world.address(2);
    assert_eq!(world.clients[0].check(&all(4)).unwrap_err(), ClientError::UnknownSurvivor { worker });
    world.clients[0].check(&without(4, 2)).unwrap();
}

fn advertised(world: &World) -> Vec<Signed<AdvertiseKeys>> {
    let keys = world.clients.iter().map(|client| client.advertise_keys().message);
    keys.zip(&world.accounts).map(|(keys, account)| sign(account, keys, CONTEXT.digest())).collect()
}

#[test]
fn rosters_that_were_changed() {
    let world = World::new(4);
    let job = job(&world.accounts);
    let honest = advertised(&world);
    assert!(Roster::verify(&CONTEXT, &job, &honest).is_ok());

    let mut keys = honest.clone();
    keys[2].message.mask[0] ^= 1;
    assert!(matches!(
        Roster::verify(&CONTEXT, &job, &keys),
        Err(RosterError::NotMember(_) | RosterError::Signature(_))
    ));
    let replayed = Context { round: CONTEXT.round + 1, ..CONTEXT };
    assert!(matches!(
        Roster::verify(&replayed, &job, &honest),
        Err(RosterError::NotMember(_) | RosterError::Signature(_))
    ));
    let mut order = honest.clone();
    order.swap(1, 2);
    assert_eq!(Roster::verify(&CONTEXT, &job, &order), Err(RosterError::Order(2)));
    let mut twice = honest.clone();
    twice[1] = twice[0].clone();
    assert_eq!(Roster::verify(&CONTEXT, &job, &twice), Err(RosterError::Order(1)));
    let mut fewer = job.clone();
    fewer.remove(&world.address(3));
    assert_eq!(Roster::verify(&CONTEXT, &fewer, &honest), Err(RosterError::NotMember(world.address(3))));
    assert!(matches!(Roster::verify(&CONTEXT, &job, &honest[..2]), Err(RosterError::Parameters(_))));
}

/// Or it would take those of whom it holds most, and count a quorum among them.
#[test]
fn a_server_cannot_choose_who_takes_part() {
    let world = World::new(9);
    let (all, honest) = (job(&world.accounts), advertised(&world));
    let few = Roster::verify(&CONTEXT, &all, &honest[..6]);
    assert_eq!(few, Err(RosterError::TooFew { found: 6, needed: 7 }));
    let roster = Roster::verify(&CONTEXT, &all, &honest[..7]).unwrap();
    assert_eq!(roster.job(), 9);
    let recorded = recorded(&roster);
    let round = Round::new(CONTEXT, SETTINGS, roster, recorded).unwrap();
    assert_eq!((round.parameters().quorum, round.parameters().threshold), (7, 5));
}

#[test]
fn the_second_form_of_a_signature() {
    let world = World::new(3);
    let mut signed = advertised(&world);
    let signature = signed[0].signature;
    let order = alloy_primitives::U256::from_be_slice(&alloy_primitives::hex!(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    ));
    signed[0].signature = alloy_primitives::Signature::new(signature.r(), order - signature.s(), !signature.v());
    assert!(matches!(Roster::verify(&CONTEXT, &job(&world.accounts), &signed), Err(RosterError::Signature(_))));
}

#[test]
fn keys_of_small_order() {
    let world = World::new(4);
    for change in [|keys: &mut AdvertiseKeys| keys.cipher = [0; 32], |keys: &mut AdvertiseKeys| keys.mask = [0; 32]] {
        let mut signed = advertised(&world);
        let mut keys = signed[1].message;
        change(&mut keys);
        signed[1] = sign(&world.accounts[1], keys, CONTEXT.digest());
        let refused = RosterError::SmallOrder(world.address(1));
        assert_eq!(Roster::verify(&CONTEXT, &job(&world.accounts), &signed), Err(refused));
    }
}

#[test]
fn a_roster_with_other_keys_of_this_worker() {
    let mut world = World::new(4);
    let mut signed = advertised(&world);
    let keys = AdvertiseKeys { cipher: signed[1].message.cipher, ..signed[0].message };
    signed[0] = keys.sign(sign(&world.accounts[0], keys, CONTEXT.digest()).signature);
    let roster = Roster::verify(&CONTEXT, &job(&world.accounts), &signed).unwrap();
    let recorded = recorded(&roster);
    let round = Arc::new(Round::new(CONTEXT, SETTINGS, roster, recorded).unwrap());
    assert_eq!(world.clients[0].share_keys(round).unwrap_err(), ClientError::NotInRoster);
}
