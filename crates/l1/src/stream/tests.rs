#![allow(clippy::unwrap_used)]

use alloy_primitives::{Address, B256};
use proptest::prelude::*;

use super::*;
use crate::{ResetError, TemporaryError, fake::FakeL1};

const WATCHED: Address = Address::repeat_byte(0xaa);
const OTHER: Address = Address::repeat_byte(0xbb);

fn filter() -> LogFilter {
    LogFilter::addresses([WATCHED])
}

fn stream(fake: &FakeL1, start: u64) -> L1Stream {
    L1Stream::new(fake.client(), filter(), start).with_config(StreamConfig {
        bulk_blocks: 50,
        tip_blocks: 16,
        remembered_blocks: 128,
    })
}

/// Runs futures that never wait for anything outside.
fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn emit(fake: &FakeL1, count: usize) {
    fake.with(|s| {
        for i in 0..count {
            s.emit(WATCHED, B256::repeat_byte(i as u8));
            s.emit(OTHER, B256::ZERO);
        }
    });
}

/// What a consumer keeps.
#[derive(Default)]
struct Consumer {
    blocks: Vec<L1BlockLogs>,
    reorgs: Vec<u64>,
}

impl Consumer {
    fn apply(&mut self, event: L1Event) {
        match event {
            L1Event::Block(block) => {
                if let Some(last) = self.blocks.last() {
                    assert!(last.block.number < block.block.number);
                }
                self.blocks.push(block);
            }
            L1Event::Reorg { to, depth } => {
                assert!(depth > 0);
                self.blocks.retain(|b| b.block.number <= to.number);
                self.reorgs.push(depth);
            }
        }
    }

    /// Polls until nothing is new; temporary errors are retried.
    fn drain(&mut self, stream: &mut L1Stream) {
        loop {
            match run(stream.poll()) {
                Ok(Some(event)) => self.apply(event),
                Ok(None) => break,
                Err(e) => assert!(e.is_temporary(), "{e}"),
            }
        }
    }

    fn logs(&self) -> Vec<Log> {
        self.blocks.iter().flat_map(|b| b.logs.clone()).collect()
    }

    /// The logs are exactly the canonical ones, and the blocks are canonical.
    fn check(&self, fake: &FakeL1, start: u64) {
        fake.with(|s| {
            let canonical: Vec<Log> = s
                .blocks
                .iter()
                .filter(|b| b.header.number >= start)
                .flat_map(|b| b.logs.clone())
                .filter(|l| l.address() == WATCHED)
                .collect();
            assert_eq!(self.logs(), canonical);
            for b in &self.blocks {
                assert_eq!(b.block, s.blocks[b.block.number as usize].header);
            }
            assert_eq!(self.blocks.last().map(|b| b.block.id()), Some(s.head().id()));
        });
    }
}

#[test]
fn follows_block_by_block_from_genesis_and_from_the_middle() {
    let fake = FakeL1::new();
    for i in 0..10 {
        emit(&fake, i % 3);
        fake.mine();
    }
    for start in [0, 1, 7] {
        let mut consumer = Consumer::default();
        let mut stream = stream(&fake, start);
        consumer.drain(&mut stream);
        consumer.check(&fake, start);
        assert_eq!(consumer.blocks.len() as u64, 11 - start);
        fake.with(|s| assert_eq!(stream.position(), Some(s.head().id())));
    }
}

#[test]
fn starts_in_the_future() {
    let fake = FakeL1::new();
    let mut stream = stream(&fake, 5);
    let mut consumer = Consumer::default();
    fake.mine_many(2);
    assert_eq!(run(stream.poll()), Ok(None));
    fake.mine_many(2);
    assert_eq!(run(stream.poll()), Ok(None));
    fake.mine();
    consumer.drain(&mut stream);
    consumer.check(&fake, 5);
}

#[test]
fn bulk_sync_is_cheap_and_complete() {
    let fake = FakeL1::new();
    for i in 0..5_000 {
        if i % 400 == 7 {
            emit(&fake, 2);
        }
        fake.mine();
    }
    let before = fake.with(|s| s.requests);
    let mut consumer = Consumer::default();
    let mut stream = stream(&fake, 1);
    consumer.drain(&mut stream);
    consumer.check(&fake, 1);
    let spent = fake.with(|s| s.requests) - before;
    // 100 ranges of three requests, 13 headers, 16 blocks at the tip.
    assert!(spent < 500, "{spent} requests");
    assert!(stream.recent().len() <= 128);
}

#[test]
fn splits_ranges_that_the_endpoint_refuses() {
    let fake = FakeL1::new();
    for _ in 0..300 {
        emit(&fake, 3);
        fake.mine();
    }
    fake.with(|s| {
        s.max_log_range = 17;
        s.max_log_results = 20;
    });
    let mut consumer = Consumer::default();
    consumer.drain(&mut stream(&fake, 0));
    consumer.check(&fake, 0);
}

#[test]
fn a_lagging_endpoint_is_no_reorg() {
    let fake = FakeL1::new();
    fake.mine_many(30);
    let mut stream = stream(&fake, 0);
    let mut consumer = Consumer::default();
    consumer.drain(&mut stream);
    let reported = consumer.blocks.clone();
    for lag in [1, 3, 20, 31] {
        fake.with(|s| s.lag = lag);
        consumer.drain(&mut stream);
        assert_eq!(consumer.blocks, reported);
    }
    fake.with(|s| s.lag = 0);
    emit(&fake, 1);
    fake.mine();
    // The endpoint changes between any two requests.
    fake.with(|s| {
        let mut flip = 0;
        s.hook = Some(Box::new(move |s, _| {
            flip += 1;
            s.lag = [0, 4, 0, 0, 1][flip % 5];
            Ok(())
        }));
    });
    for _ in 0..20 {
        consumer.drain(&mut stream);
    }
    assert!(consumer.reorgs.is_empty());
    consumer.check(&fake, 0);
}

#[test]
fn a_shorter_fork_is_a_reorg() {
    let fake = FakeL1::new();
    fake.mine_many(30);
    let mut stream = stream(&fake, 0);
    let mut consumer = Consumer::default();
    consumer.drain(&mut stream);
    fake.with(|s| {
        s.rollback(10, false);
        s.mine();
        s.mine();
    });
    consumer.drain(&mut stream);
    consumer.check(&fake, 0);
    assert_eq!(consumer.reorgs, [10]);
}

#[test]
fn logs_that_lag_behind_their_block_are_found() {
    let fake = FakeL1::new();
    fake.mine_many(3);
    let mut stream = stream(&fake, 0);
    let mut consumer = Consumer::default();
    consumer.drain(&mut stream);
    emit(&fake, 2);
    fake.mine();
    fake.with(|s| s.index_behind = true);
    consumer.drain(&mut stream);
    consumer.check(&fake, 0);
}

#[test]
fn hostile_answers_are_temporary_errors() {
    type Spoil = fn(&mut Log);
    let spoils: [Spoil; 5] = [
        |l| l.block_hash = None,
        |l| l.block_hash = Some(B256::ZERO),
        |l| l.block_number = Some(1),
        |l| l.removed = true,
        |l| l.log_index = Some(0),
    ];
    for spoil in spoils {
        for extra in [0, 100] {
            let fake = FakeL1::new();
            fake.mine_many(4);
            emit(&fake, 3);
            fake.mine();
            fake.with(|s| s.blocks[5].logs.iter_mut().filter(|l| l.address() == WATCHED).for_each(spoil));
            fake.mine_many(extra);
            let mut stream = stream(&fake, 5);
            let error = run(stream.poll()).unwrap_err();
            assert!(matches!(error, L1Error::Temporary(TemporaryError::Inconsistent(_))), "{error}");
        }
    }
}

#[test]
fn the_last_log_of_a_range_must_be_of_the_block_that_ends_it() {
    let fake = FakeL1::new();
    fake.mine_many(49);
    emit(&fake, 1);
    fake.mine_many(100);
    let mut stream = stream(&fake, 1);
    fake.with(|s| s.blocks[50].logs[0].block_hash = Some(B256::ZERO));
    assert!(run(stream.poll()).unwrap_err().is_temporary());
    fake.with(|s| s.blocks[50].logs[0].block_hash = Some(s.blocks[50].header.hash));
    assert!(run(stream.poll()).is_ok());
}

#[test]
fn a_reorg_below_everything_remembered_resets() {
    let fake = FakeL1::new();
    let mut stream = stream(&fake, 1);
    for _ in 0..40 {
        fake.mine_many(5);
        Consumer::default().drain(&mut stream);
    }
    let oldest = stream.recent()[0].number;
    fake.with(|s| {
        s.rollback(200 - oldest as usize + 1, false);
        (0..250).for_each(|_| s.mine());
    });
    let error = loop {
        match run(stream.poll()) {
            Ok(_) => {}
            Err(e) => break e,
        }
    };
    assert!(matches!(error, L1Error::Reset(ResetError::ReorgTooDeep { .. })), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Reorgs of depth 1 to 64 between any two requests, restarts from the stored ids, faults: in the end the consumer
    /// holds exactly the canonical logs.
    #[test]
    fn ends_with_the_canonical_chain(
        initial in 0usize..400,
        script in prop::collection::vec((1u64..40, 0usize..65, 0usize..70, 0u8..8), 1..12),
        seed in any::<u64>(),
    ) {
        let fake = FakeL1::new();
        let mut random = seed;
        let mut next = move |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let mut grow = move |s: &mut crate::fake::FakeState, count: usize| {
            for _ in 0..count {
                for _ in 0..next(3).saturating_sub(1) {
                    s.emit(WATCHED, B256::ZERO);
                }
                s.mine();
            }
        };
        fake.with(|s| grow(s, initial));
        let grow = std::sync::Arc::new(parking_lot::Mutex::new(grow));
        let mut consumer = Consumer::default();
        let mut stream = stream(&fake, 1);
        for (at_request, depth, growth, fault) in script {
            let grow = grow.clone();
            fake.with(|s| {
                let mut left = at_request;
                s.hook = Some(Box::new(move |s, _| {
                    left = left.saturating_sub(1);
                    if left == 0 {
                        left = u64::MAX;
                        // Block 0 precedes the start and stays: deeper ones reset.
                        let depth = depth.min(s.blocks.len() - 1);
                        s.rollback(depth, false);
                        (*grow.lock())(s, growth);
                    }
                    if fault == 0 && left % 5 == 0 {
                        return Err(jsonrpsee::types::ErrorObjectOwned::owned::<()>(-32000, "down", None));
                    }
                    Ok(())
                }));
            });
            for _ in 0..at_request {
                if let Ok(Some(event)) = run(stream.poll()) {
                    consumer.apply(event);
                }
            }
            if fault == 1 && !stream.recent().is_empty() {
                stream = L1Stream::resume(fake.client(), filter(), stream.recent()).unwrap().with_config(stream.config);
            }
        }
        // A chain that became shorter looks like a lagging endpoint until it grows past the old head.
        fake.with(|s| {
            s.hook = None;
            (*grow.lock())(s, 500);
        });
        consumer.drain(&mut stream);
        consumer.check(&fake, 1);
    }
}
