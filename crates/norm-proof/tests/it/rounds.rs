//! Rounds of secure aggregation with proofs: ten workers, of whom one may lie.

use crate::scene::{WORKERS, setup};
use crate::world::World;
use lux_norm_proof::{OpenError, Proof, Setup, Statement, VerifyError};
use lux_secagg::{MaskedInput, Masking, Signed, WorkerSet, words_to_bytes};
use lux_training::Clip;

const LENGTH: u32 = 40;
const BOUND: u32 = 1_000_000;
const LIAR: u16 = 3;
/// A worker that signs nothing after it masked.
const SILENT: u16 = 8;

/// Who was refused, and what came out.
type Outcome = (Vec<(usize, VerifyError)>, Result<Vec<i64>, OpenError>);

/// What a worker sends in the third phase.
struct Sent {
    message: Signed<MaskedInput>,
    vector: Vec<u8>,
    proof: Vec<u8>,
}

fn the_setup() -> Setup {
    setup(LENGTH, BOUND)
}

/// As an honest worker's, after clipping.
fn update(worker: u16) -> Vec<i32> {
    let mut update: Vec<i32> =
        (0..LENGTH as i32).map(|entry| (entry * 7_919 + i32::from(worker) * 104_729) % 400_001 - 200_000).collect();
    Clip::new(BOUND.into()).unwrap().apply(&mut update);
    update
}

fn too_long() -> Vec<i32> {
    vec![BOUND as i32; LENGTH as usize]
}

impl World {
    /// Masks `masked` and proves `proven`.
    fn send(&mut self, server: &Masking<u32>, worker: u16, setup: &Setup, masked: &[u32], proven: &[i32]) -> Sent {
        let deliveries = server.delivery(worker, &WorkerSet::empty(WORKERS));
        let (step, vector) = self.clients[usize::from(worker)].mask(&deliveries, masked).unwrap();
        let statement = Statement { round: self.round.digest(), worker, vector: step.message.vector_digest };
        let proof = setup.prove(&statement, proven, &self.blinding(worker)).unwrap().encode();
        Sent { message: self.sign(worker, step.message), vector: words_to_bytes(&vector), proof }
    }

    fn honest(&mut self, server: &Masking<u32>, worker: u16, setup: &Setup) -> Sent {
        let entries = self.blinding(worker).entries(&update(worker));
        self.send(server, worker, setup, &entries, &update(worker))
    }
}

/// What the server does with what ten workers sent: it verifies all proofs at once, adds those vectors whose proofs hold, and opens the sum.
fn aggregate(world: &mut World, mut server: Masking<u32>, setup: &Setup, sent: &[Sent]) -> Outcome {
    let proofs: Vec<Proof> = sent.iter().map(|sent| Proof::decode(&sent.proof, setup.terms()).unwrap()).collect();
    let statement = |worker: u16| {
        let vector = sent[usize::from(worker)].message.message.vector_digest;
        Statement { round: world.round.digest(), worker, vector }
    };
    let claims: Vec<_> = (0..WORKERS).map(statement).zip(&proofs).collect();
    let refused = setup.verify_batch(&claims).err().map_or(Vec::new(), |refused| refused.0);
    for (worker, sent) in sent.iter().enumerate() {
        if refused.iter().all(|(place, _)| *place != worker) {
            server.accept(&sent.message, &sent.vector).unwrap();
        }
    }
    let aggregate = world.finish(server, SILENT);
    let commitments = aggregate.survivors.iter().map(|worker| proofs[usize::from(worker)].commitment());
    (refused, setup.open(commitments, &aggregate.sum))
}

fn plain_sum(workers: impl Iterator<Item = u16>) -> Vec<i64> {
    let mut sum = vec![0; LENGTH as usize];
    for worker in workers {
        sum.iter_mut().zip(update(worker)).for_each(|(sum, x)| *sum += i64::from(x));
    }
    sum
}

/// Workers 0 to 9, of whom the liar sends what it likes.
fn round(lie: impl FnOnce(&mut World, &Masking<u32>, &Setup) -> Sent) -> Outcome {
    let setup = the_setup();
    let mut world = World::new(WORKERS, setup.terms(), 2);
    let server = world.share();
    let mut lie = Some(lie);
    let sent: Vec<_> = (0..WORKERS)
        .map(|worker| match lie.take_if(|_| worker == LIAR) {
            Some(lie) => lie(&mut world, &server, &setup),
            None => world.honest(&server, worker, &setup),
        })
        .collect();
    aggregate(&mut world, server, &setup, &sent)
}

#[test]
fn ten_honest_workers() {
    let (refused, sum) = round(|world, server, setup| world.honest(server, LIAR, setup));
    assert_eq!(refused, []);
    assert_eq!(sum, Ok(plain_sum(0..WORKERS)));
}

/// It proves what it should have sent, and masks what it wants: the sum does not open.
#[test]
fn a_long_update_behind_the_proof_of_a_short_one() {
    let (refused, sum) = round(|world, server, setup| {
        let entries = world.blinding(LIAR).entries(&too_long());
        world.send(server, LIAR, setup, &entries, &update(LIAR))
    });
    assert_eq!(refused, []);
    assert_eq!(sum, Err(OpenError::Mismatch));
}

/// By one unit in one coordinate, or in one limb.
#[test]
fn a_vector_that_is_hardly_another() {
    for entry in [0, LENGTH as usize - 1, LENGTH as usize] {
        let (refused, sum) = round(|world, server, setup| {
            let mut entries: Vec<u32> = world.blinding(LIAR).entries(&update(LIAR));
            entries[entry] = entries[entry].wrapping_add(1);
            world.send(server, LIAR, setup, &entries, &update(LIAR))
        });
        assert_eq!((refused, sum), (vec![], Err(OpenError::Mismatch)));
    }
}

/// It masks a long update and sends a proof that was made under another bound: it is named, and the round goes on without it.
#[test]
fn a_long_update_with_a_proof_under_other_terms() {
    let (refused, sum) = round(|world, server, _| {
        let entries = world.blinding(LIAR).entries(&too_long());
        world.send(server, LIAR, &setup(LENGTH, 10 * BOUND), &entries, &too_long())
    });
    assert_eq!(refused, [(usize::from(LIAR), VerifyError::Equations)]);
    assert_eq!(sum, Ok(plain_sum((0..WORKERS).filter(|worker| *worker != LIAR))));
}

/// Its own of another round, and another worker's of this one.
#[test]
fn replayed_proofs() {
    for other_round in [true, false] {
        let (refused, sum) = round(|world, server, setup| {
            let mut sent = world.honest(server, LIAR, setup);
            sent.proof = if other_round {
                let mut earlier = World::new(WORKERS, setup.terms(), 1);
                let server = earlier.share();
                earlier.honest(&server, LIAR, setup).proof
            } else {
                world.honest(server, LIAR + 1, setup).proof
            };
            sent
        });
        assert_eq!(refused, [(usize::from(LIAR), VerifyError::Equations)]);
        assert_eq!(sum, Ok(plain_sum((0..WORKERS).filter(|worker| *worker != LIAR))));
    }
}
