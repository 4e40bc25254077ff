//! `lux-rollup machine run`.

use super::input::{InputArgs, run_failed};
use crate::lines::Lines;
use crate::output::{Progress, printer};
use alloy_primitives::B256;
use clap::Args;
use lux_machine::{Machine, Statistics, Status};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[derive(Args)]
pub struct RunArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Stop after this many chunks, of at most some 53,000 instructions each.
    #[arg(long, default_value_t = 1_000_000)]
    max_chunks: u64,
    /// Print the hash of the state after each chunk.
    #[arg(long)]
    checkpoints: bool,
}

const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

pub fn run(args: &RunArgs, json: bool) -> eyre::Result<()> {
    let (program, mut preimages) = args.input.load()?;
    let progress = Progress::new(json);
    let mut machine = Machine::new(&program, args.input.input);
    let mut out = Lines::new();
    let (started, mut shown) = (Instant::now(), Instant::now());
    let mut chunk = 0;
    while chunk < args.max_chunks && machine.status() == Status::Running {
        machine.run_chunk(&mut preimages).map_err(|error| {
            progress.finish();
            run_failed(error)
        })?;
        if args.checkpoints {
            let state = machine.state_hash();
            let goes_on = match json {
                true => out.line(json!({ "chunk": chunk, "state": state })),
                false => out.line(format_args!("{chunk:>8}  {state}")),
            };
            if !goes_on? {
                return Ok(());
            }
        }
        chunk += 1;
        if shown.elapsed() >= PROGRESS_INTERVAL {
            shown = Instant::now();
            let instructions = machine.statistics().instructions;
            progress.note(&format!("{chunk} chunks, {instructions} instructions, {} s", started.elapsed().as_secs()));
        }
    }
    progress.finish();
    if !out.finish()? {
        return Ok(());
    }
    let state = machine.state_hash();
    let value = report(machine.status(), machine.statistics(), state);
    printer(json)(&value);
    Ok(())
}

fn report(status: Status, statistics: &Statistics, state: B256) -> Value {
    let (outcome, output) = match status {
        Status::Running => ("stopped by --max-chunks", None),
        Status::Halted(output) => ("halted", Some(output)),
        Status::Faulted => ("faulted", None),
    };
    let Statistics { chunks, instructions, weight, code_pages, data_pages, ecalls } = statistics;
    let [_, preimages, hashes, precompiles, copies] = ecalls;
    json!({
        "outcome": outcome,
        "output": output,
        "state": state,
        "instructions": instructions,
        "chunks": chunks,
        "weight": weight,
        "codePages": code_pages,
        "dataPages": data_pages,
        "preimages": preimages,
        "hashes": hashes,
        "precompiles": precompiles,
        "copies": copies,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lux_machine::Program;

    #[test]
    fn report_says_how_it_ended() {
        // li a7, 0; ecall
        let program = Program::new(vec![0x0000_0893, 0x0000_0073], 0, vec![]).expect("an image");
        let mut machine = Machine::new(&program, B256::repeat_byte(7));
        let of = |machine: &Machine| report(machine.status(), machine.statistics(), B256::ZERO);
        assert_eq!(of(&machine)["outcome"], "stopped by --max-chunks");
        machine.run_chunk(&mut ()).expect("no preimages are needed");
        let value = of(&machine);
        assert_eq!(
            (&value["outcome"], &value["chunks"], &value["instructions"]),
            (&json!("halted"), &json!(1), &json!(2))
        );
        assert_eq!(value["output"], json!(B256::repeat_byte(7)));
    }
}
