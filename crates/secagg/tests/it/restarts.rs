use crate::world::World;
use lux_secagg::{Client, ClientError, Delivery, WorkerSet};

/// Every step again after a restart from the state that came with it: the same answers, and no others.
#[test]
fn a_restarted_worker_answers_the_same() {
    let mut world = World::new(5);
    let restart = |state: &[u8]| Client::from_bytes(state).unwrap();

    let advertised = world.clients[0].advertise_keys();
    world.clients[0] = restart(&advertised.state);
    assert_eq!(world.clients[0].advertise_keys().message, advertised.message);

    let server = world.shared();
    let shared = world.clients[0].share_keys(world.round.clone()).unwrap();
    world.clients[0] = restart(&shared.state);
    assert_eq!(world.clients[0].share_keys(world.round.clone()).unwrap().message, shared.message);

    let (deliveries, vector) = (server.delivery(0, &world.none()), world.vector(0));
    let (masked, first) = world.clients[0].mask(&deliveries, &vector).unwrap();
    world.clients[0] = restart(&masked.state);
    let (again, second) = world.clients[0].mask(&deliveries, &vector).unwrap();
    assert_eq!((again.message, second), (masked.message, first));
    let other: Vec<_> = vector.iter().map(|word| word ^ 1).collect();
    let refused = ClientError::AlreadyAnswered("the delivery of shares");
    assert_eq!(world.clients[0].mask(&deliveries, &other).unwrap_err(), refused);

    let server = world.mask(server, &[5; 5]).unwrap();
    let list = server.survivors().clone();
    let checked = world.clients[0].check(&list).unwrap();
    world.clients[0] = restart(&checked.state);
    let other = WorkerSet::from_indices(5, 0..4);
    let refused = ClientError::AlreadyAnswered("the list of survivors");
    assert_eq!(world.clients[0].check(&other).unwrap_err(), refused);
    assert_eq!(world.clients[0].check(&list).unwrap().message, checked.message);

    let (quorum, mut server) = world.check(server, &[5; 5]).unwrap();
    let unmasked = world.clients[0].unmask(&quorum).unwrap();
    world.clients[0] = restart(&unmasked.state);
    assert_eq!(world.clients[0].unmask(&quorum).unwrap().message, unmasked.message);
    assert_eq!(world.clients[0].check(&other).unwrap_err(), refused);
    for index in 0..5u16 {
        let message = world.clients[usize::from(index)].unmask(&quorum).unwrap().message;
        server.accept(&world.sign(index, message)).unwrap();
    }
    let aggregate = server.finish().unwrap();
    assert_eq!(aggregate.sum, world.plain_sum(&list));
}

/// What an application asks before it masks a vector again: also after a restart.
#[test]
fn whether_a_vector_may_be_masked_again() {
    let mut world = World::new(4);
    let known = |client: &Client| {
        let restored = Client::from_bytes(&client.to_bytes()).unwrap();
        assert_eq!((restored.masked(), restored.revealed()), (client.masked(), client.revealed()));
        (client.masked(), client.revealed())
    };
    let server = world.shared();
    assert_eq!(known(&world.clients[0]), (false, false));
    let server = world.mask(server, &[5; 4]).unwrap();
    assert_eq!(known(&world.clients[0]), (true, false));
    let (quorum, _) = world.check(server, &[5; 4]).unwrap();
    assert_eq!(known(&world.clients[0]), (true, false));
    let short = lux_secagg::Quorum(quorum.0[1..].to_vec());
    assert!(world.clients[0].unmask(&short).is_err());
    assert_eq!(known(&world.clients[0]), (true, false), "nothing was revealed");
    let step = world.clients[0].unmask(&quorum).unwrap();
    assert!(Client::from_bytes(&step.state).unwrap().revealed(), "known before the answer leaves");
    assert_eq!(known(&world.clients[0]), (true, true));
}

#[test]
fn a_state_that_was_changed_or_cut_is_refused() {
    let mut world = World::new(3);
    let server = world.shared();
    let (deliveries, vector) = (server.delivery(0, &world.none()), world.vector(0));
    let state = world.clients[0].mask(&deliveries, &vector).unwrap().0.state;
    assert_eq!(*Client::from_bytes(&state).unwrap().to_bytes(), *state);
    for byte in 0..state.len() {
        let mut changed = state.to_vec();
        changed[byte] ^= 1;
        assert!(Client::from_bytes(&changed).is_err());
        assert!(Client::from_bytes(&state[..byte]).is_err());
    }
}

/// A new server that is given the same messages gives out and comes to the same.
#[test]
fn the_server_can_be_replaced() {
    let mut world = World::new(4);
    let deliveries: Vec<Vec<Delivery>> = (0..2).map(|_| world.shared().delivery(1, &WorkerSet::empty(4))).collect();
    assert_eq!(deliveries[0], deliveries[1]);
    let first = world.run(&[5, 5, 5, 2]).unwrap();
    let second = world.run(&[5, 5, 5, 2]).unwrap();
    assert_eq!(first, second);
}
