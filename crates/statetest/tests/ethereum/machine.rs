//! State tests on the machine.

use crate::archive::Folder;
use crate::state::{StateCase, cases};
use crate::workers::for_each;
use lux_machine::{Machine, Program, RunError, Status};
use std::collections::HashMap;

/// A case may take about 2^16 times as much weight.
const MAX_CHUNKS: u64 = 4_096;

const ELF: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../programs/artifacts/statetest.elf");

#[test]
fn every_case_comes_to_the_same_on_the_machine() {
    let Some(folder) = Folder::open("GeneralStateTests") else { return };
    let program = Program::from_elf(&std::fs::read(ELF).unwrap()).unwrap();
    let files = folder.files();
    let results = for_each(&files, |file| {
        cases(file)
            .iter()
            .map(|case| {
                let start = std::time::Instant::now();
                let mut machine = Machine::new(&program, case.prepared.input);
                let mut host: HashMap<_, _> = case.prepared.preimages.iter().map(|(h, b)| (*h, b.clone())).collect();
                let r = machine.run(&mut host, MAX_CHUNKS);
                let s = machine.statistics();
                let verdict = match r {
                    Ok(Status::Halted(h)) if h == case.expected.hash() => "ok".to_string(),
                    Ok(Status::Halted(_)) => "wrong".into(),
                    other => format!("{other:?}"),
                };
                println!("{} | {verdict} | {} | {} | {:?}", case.name, s.chunks, s.instructions, start.elapsed());
            })
            .count()
    });
    println!("{}", results.len());
}
