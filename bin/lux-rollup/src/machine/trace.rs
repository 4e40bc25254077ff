//! `lux-rollup machine trace`.

use super::input::{InputArgs, run_failed};
use crate::lines::Lines;
use crate::output::Progress;
use clap::Args;
use eyre::eyre;
use lux_machine::{Host, Machine, RunError, Status, Step, TEXT_BASE};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

#[derive(Args)]
pub struct TraceArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Instructions of the run to pass over.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Instructions to show.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=MAX_COUNT))]
    count: u64,
}

/// A hundred megabytes of lines: more helps nobody.
const MAX_COUNT: u64 = 1_000_000;
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

pub fn run(args: &TraceArgs, json: bool) -> eyre::Result<()> {
    let (program, mut preimages) = args.input.load()?;
    let progress = Progress::new(json);
    let machine = Machine::new(&program, args.input.input);
    let mut shown = Instant::now();
    let passed = pass_over(machine, &mut preimages, args.from, |done| {
        if shown.elapsed() >= PROGRESS_INTERVAL {
            shown = Instant::now();
            progress.note(&format!("{done} of {} instructions", args.from));
        }
    });
    progress.finish();
    let mut machine = passed.map_err(run_failed)?;
    if machine.status() != Status::Running {
        return Err(eyre!("the run ends after {} instructions", machine.statistics().instructions));
    }
    let mut out = Lines::new();
    for _ in 0..args.count {
        let step = match machine.step(&mut preimages) {
            Ok(Some(step)) => step,
            Ok(None) => break,
            Err(error) => {
                // What led there is what is looked for.
                out.finish()?;
                return Err(run_failed(error));
            }
        };
        let goes_on = match json {
            true => out.line(step_json(&step)),
            false => out.line(step.to_string().trim_end()),
        };
        if !goes_on? {
            break;
        }
    }
    out.finish()?;
    Ok(())
}

/// Runs so many instructions: whole chunks as long as they are no more, single steps then.
fn pass_over(
    mut machine: Machine,
    host: &mut dyn Host,
    instructions: u64,
    mut note: impl FnMut(u64),
) -> Result<Machine, RunError> {
    let mut passed = 0;
    while passed < instructions && machine.status() == Status::Running {
        let before = machine.clone();
        // A chunk that lacks a preimage may do so only after the instruction that is looked for.
        let run = machine.run_chunk(host);
        let after = machine.statistics().instructions;
        if run.is_err() || after > instructions {
            machine = before;
            break;
        }
        passed = after;
        note(passed);
    }
    for _ in passed..instructions {
        if machine.step(host)?.is_none() {
            break;
        }
    }
    Ok(machine)
}

fn step_json(step: &Step) -> Value {
    let changes = step.changes.iter().map(|(register, value)| (format!("x{register}"), json!(format!("{value:#x}"))));
    let (status, output) = match step.status {
        Status::Running => ("running", None),
        Status::Halted(output) => ("halted", Some(output)),
        Status::Faulted => ("faulted", None),
    };
    json!({
        "chunk": step.chunk,
        "pc": step.pc,
        "address": format!("{:#010x}", TEXT_BASE + 4 * u64::from(step.pc)),
        "instruction": step.instruction.to_string(),
        "changes": changes.collect::<Map<_, _>>(),
        "status": status,
        "output": output,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::B256;
    use lux_machine::Program;

    #[test]
    fn passing_over_is_stepping() {
        // addi x5, x5, 1; j -4: chunks without end.
        let program = Program::new(vec![0x0012_8293, 0xffdf_f06f], 0, vec![]).expect("an image");
        for instructions in [0, 1, 7, 70_001, 140_000] {
            let start = Machine::new(&program, B256::ZERO);
            let machine = pass_over(start, &mut (), instructions, |_| ()).expect("no preimages are needed");
            assert_eq!(machine.registers()[4], instructions.div_ceil(2));
            assert_eq!(u64::from(machine.pc()), instructions % 2);
        }
    }

    #[test]
    fn passing_over_ends_with_the_run() {
        // li a7, 0; ecall
        let program = Program::new(vec![0x0000_0893, 0x0000_0073], 0, vec![]).expect("an image");
        let passed = |instructions| {
            let start = Machine::new(&program, B256::ZERO);
            pass_over(start, &mut (), instructions, |_| ()).expect("no preimages are needed").status()
        };
        assert_eq!(passed(1), Status::Running);
        assert_eq!(passed(9), Status::Halted(B256::ZERO));
    }

    #[test]
    fn passing_over_stops_before_a_missing_preimage() {
        // li a7, 1; ecall
        let program = Program::new(vec![0x0010_0893, 0x0000_0073], 0, vec![]).expect("an image");
        let passed = |count| pass_over(Machine::new(&program, B256::ZERO), &mut (), count, |_| ());
        assert_eq!(passed(1).expect("before the preimage").pc(), 1);
        assert!(matches!(passed(2), Err(RunError::MissingPreimage(_))));
    }
}
