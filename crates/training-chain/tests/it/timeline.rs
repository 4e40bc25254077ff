//! Which phase a run is in, from what is on the chain alone.

use alloy_primitives::{Address, B256, U256};
use lux_federated::{Entry, Phase};
use lux_protocol::payload_commitment;
use lux_training_chain::{Periods, RunView, step};

const COORDINATOR: Address = Address::repeat_byte(0xc0);

const PERIODS: Periods = Periods { keys: 600, collect: 600, aggregate: 600 };

fn worker(number: u8) -> Address {
    Address::repeat_byte(number)
}

/// A run of four workers that began at 0, with all of them in a roster of 100.
fn shares() -> RunView {
    let members = (0..4).map(|number| (number, worker(number))).collect();
    let mut run = RunView::new(1, 1, B256::ZERO, members, Phase::Keys, 0, 600);
    run.keys(U256::from(15), b"roster", 100);
    assert_eq!(run.phase, Phase::Keys, "nobody can go on without the beacon");
    run.beacon(B256::repeat_byte(1), 101);
    assert_eq!((run.phase, run.closings[&Phase::Keys]), (Phase::Shares, payload_commitment(b"roster")));
    run
}

fn say(run: &mut RunView, from: Address, step: u8, content: u8, at: u64) {
    run.announced(&PERIODS, COORDINATOR, from, step, B256::repeat_byte(content), at);
}

#[test]
fn a_worker_says_one_thing_in_time() {
    let mut run = shares();
    say(&mut run, worker(0), step::SHARES, 1, 110);
    say(&mut run, worker(0), step::SHARES, 2, 111);
    say(&mut run, worker(1), step::SURVIVORS, 3, 112);
    say(&mut run, Address::repeat_byte(9), step::SHARES, 4, 113);
    say(&mut run, worker(2), step::SHARES, 5, 300);
    say(&mut run, worker(3), step::SHARES, 6, 301);
    let posts: Vec<_> = run.posts(Phase::Shares).map(|(from, post)| (from, post.content.0[0])).collect();
    assert_eq!(posts, [(worker(0), 1), (worker(2), 5)]);
    assert!(matches!(run.entries.last(), Some(Entry::Late { from, .. }) if *from == worker(3)));
}

#[test]
fn who_ends_a_phase_and_when() {
    let mut run = shares();
    for (from, at) in [(COORDINATOR, 300), (worker(0), 400), (Address::repeat_byte(9), 500)] {
        say(&mut run, from, step::CLOSE_SHARES, 1, at);
        assert_eq!(run.phase, Phase::Shares, "{from} at {at}");
    }
    let mut other = run.clone();
    say(&mut other, worker(0), step::CLOSE_SHARES, 2, 401);
    assert_eq!((other.phase, other.closings[&Phase::Shares]), (Phase::Masked, B256::repeat_byte(2)));
    say(&mut run, COORDINATOR, step::CLOSE_MASKED, 1, 301);
    assert_eq!(run.phase, Phase::Shares, "one after the other");
    say(&mut run, COORDINATOR, step::CLOSE_SHARES, 3, 301);
    say(&mut run, COORDINATOR, step::CLOSE_SHARES, 4, 302);
    assert_eq!((run.phase, run.closings[&Phase::Shares]), (Phase::Masked, B256::repeat_byte(3)));
}

#[test]
fn phases_end_early_when_all_have_answered() {
    let mut run = shares();
    (0..4).for_each(|number| say(&mut run, worker(number), step::SHARES, 1, 110));
    say(&mut run, COORDINATOR, step::CLOSE_SHARES, 1, 111);
    for number in 0..3 {
        run.masked(worker(number), 1, &[number; 32], 120);
    }
    say(&mut run, COORDINATOR, step::CLOSE_MASKED, 1, 121);
    assert_eq!(run.phase, Phase::Masked, "one is missing, and has time until 700");
    assert_eq!(run.expires(&PERIODS), 1_300);
    run.masked(worker(3), 1, &[3; 32], 130);
    say(&mut run, COORDINATOR, step::CLOSE_MASKED, 1, 131);
    assert_eq!(run.phase, Phase::Survivors);
    assert_eq!(run.expires(&PERIODS), 730);
    (0..4).for_each(|number| say(&mut run, worker(number), step::SURVIVORS, 1, 140));
    say(&mut run, COORDINATOR, step::CLOSE_SURVIVORS, 1, 141);
    assert_eq!(run.phase, Phase::Unmask);
    run.shares(worker(0), b"shares", 150);
    assert_eq!(run.posted(worker(0), Phase::Unmask).unwrap().content, payload_commitment(b"shares"));
}
