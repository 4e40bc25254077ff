//! State tests on the machine.

use crate::archive::Folder;
use crate::state::{StateCase, cases};
use crate::workers::for_each;
use lux_machine::{Machine, Program, RunError, Status};
use std::collections::{BTreeMap, HashMap};
use std::env;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../programs/artifacts/statetest.elf");

/// Chunks that a case may take: 2^28 of weight. With `LUX_LONG_TESTS` 2^32.
const MAX_CHUNKS: u64 = 1 << 12;
const MAX_CHUNKS_LONG: u64 = 1 << 16;
/// Of so many cases, one may take more.
const CASES_PER_UNFINISHED: usize = 400;

/// What the machine cannot do: 1,024 calls with a megabyte of memory each, by 250 million gas; and calls of precompiles with
/// more than 24,576 bytes of input or for more than 4,000,000 gas, which a rollup refuses.
const BEYOND: [&str; 6] = [
    "Call1MB1024Calldepth Cancun d0 g1 v0",
    "static_Call1MB1024Calldepth Cancun d1 g0 v0",
    "randomStatetest579 Cancun d0 g0 v0",
    "CALLBlake2f Cancun d9 g0 v0",
    "CALLCODEBlake2f Cancun d9 g0 v0",
    "CALLBlake2f_MaxRounds Cancun d0 g0 v0",
];

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    AsNatively,
    /// Not within the bound.
    Unfinished,
    /// The state has code that is longer than any on a chain, and than a preimage.
    LongCode,
    Beyond,
    Wrong(String),
}

fn run(program: &Program, case: &StateCase, max_chunks: u64) -> End {
    let preimages = case.prepared.preimages.iter();
    let mut host: HashMap<_, _> = preimages.map(|(hash, bytes)| (*hash, bytes.clone())).collect();
    let end = Machine::new(program, case.prepared.input).run(&mut host, max_chunks);
    // Elsewhere the reference is what comes out natively.
    let expected = if case.collides { case.native() } else { case.expected };
    match (end, BEYOND.contains(&case.name.as_str())) {
        (Ok(Status::Halted(output)), false) if output == expected.hash() => End::AsNatively,
        (Ok(Status::Halted(output)), true) if output != expected.hash() => End::Beyond,
        (Ok(Status::Faulted), true) => End::Beyond,
        (Err(RunError::TooLong(_)), _) => End::Unfinished,
        (Err(RunError::PreimageTooLong { .. }), false) => End::LongCode,
        _ => End::Wrong(format!("{}: {end:?}", case.name)),
    }
}

#[test]
fn every_case_that_ends_in_time_comes_to_the_same() {
    let Some(folder) = Folder::open("GeneralStateTests") else { return };
    let program = Program::from_elf(&std::fs::read(PROGRAM).unwrap()).unwrap();
    let max_chunks = if env::var_os("LUX_LONG_TESTS").is_some() { MAX_CHUNKS_LONG } else { MAX_CHUNKS };
    let ends = for_each(&folder.files(), |file| {
        cases(file).iter().map(|case| run(&program, case, max_chunks)).collect::<Vec<_>>()
    });
    let mut counts = BTreeMap::<End, usize>::new();
    ends.into_iter().flatten().for_each(|end| *counts.entry(end).or_default() += 1);
    println!("state tests on the machine, at most {max_chunks} chunks each: {counts:#?}");
    let wrong: Vec<_> = counts.keys().filter(|end| matches!(end, End::Wrong(_))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let unfinished = counts.get(&End::Unfinished).copied().unwrap_or_default();
    assert!(unfinished <= counts.values().sum::<usize>() / CASES_PER_UNFINISHED, "{unfinished} cases take too long");
}
