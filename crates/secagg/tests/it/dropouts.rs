use crate::world::{LastPhase, World, staying};
use lux_secagg::ServerError;
use proptest::collection::vec;
use proptest::prelude::*;

fn enough(last: &[LastPhase], phase: u8) -> bool {
    staying(last, phase).count() > last.len() * 2 / 3
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// In a complete graph: exactly while more than two thirds stay to the end.
    #[test]
    fn any_pattern_within_the_threshold_gives_the_plain_sum(
        last in vec(prop_oneof![6 => Just(5u8), 1 => 1u8..5], 3..16),
    ) {
        let mut world = World::new(last.len() as u16);
        match world.run(&last) {
            Ok(aggregate) => {
                prop_assert!(enough(&last, 5));
                prop_assert_eq!(aggregate.survivors.iter().collect::<Vec<_>>(), staying(&last, 3).collect::<Vec<_>>());
                prop_assert_eq!(&aggregate.sum, &world.plain_sum(&aggregate.survivors));
            }
            Err(ServerError::TooFew { .. } | ServerError::TooFewShares { .. }) => prop_assert!(!enough(&last, 5)),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

#[test]
fn two_hundred_workers_in_a_sparse_graph() {
    let mut world = World::new(200);
    let parameters = world.round.parameters();
    assert!(parameters.degree < 150, "{parameters:?}");
    // 24 of 200 drop out, six in each phase.
    let last: Vec<_> = (0..200u16).map(|index| if index % 8 == 3 { 1 + (index / 8 % 4) as u8 } else { 5 }).collect();
    let aggregate = world.run(&last).unwrap();
    assert_eq!(aggregate.survivors.iter().collect::<Vec<_>>(), staying(&last, 3).collect::<Vec<_>>());
    assert_eq!(aggregate.sum, world.plain_sum(&aggregate.survivors));
}

#[test]
fn a_sparse_graph_fails_closed_beyond_the_threshold() {
    let mut world = World::new(120);
    let last: Vec<_> = (0..120u16).map(|index| if index % 3 == 0 { 4 } else { 5 }).collect();
    assert!(matches!(world.run(&last), Err(ServerError::TooFewShares { .. })));
    let last: Vec<_> = (0..120u16).map(|index| if index % 2 == 0 { 2 } else { 5 }).collect();
    assert!(matches!(World::new(120).run(&last), Err(ServerError::TooFew { .. })));
}

/// Shares may come after the first attempt to finish would have failed.
#[test]
fn missing_names_those_whose_shares_are_awaited() {
    let mut world = World::new(4);
    let all = [5, 5, 5, 2];
    let server = world.share(&all).unwrap();
    let server = world.mask(server, &all).unwrap();
    let (quorum, mut server) = world.check(server, &all).unwrap();
    assert_eq!(server.missing(), [0, 1, 2, 3]);
    for index in 0..3 {
        let message = world.clients[usize::from(index)].unmask(&quorum).unwrap().message;
        server.accept(&world.sign(index, message)).unwrap();
    }
    assert!(server.missing().is_empty());
    assert_eq!(
        server.finish().unwrap().sum,
        world.plain_sum(&[0, 1, 2].into_iter().fold(world.none(), |mut set, index| {
            set.insert(index);
            set
        }))
    );
}
