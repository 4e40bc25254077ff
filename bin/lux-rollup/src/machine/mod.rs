//! `lux-rollup machine`.

mod disasm;
mod input;
mod run;
mod trace;

pub use input::load_program;

use clap::Subcommand;

#[derive(Subcommand)]
pub enum MachineCommand {
    /// Run a program to its end.
    Run(run::RunArgs),
    /// Show the instructions that a run executes.
    Trace(trace::TraceArgs),
    /// Show the instructions of a program.
    Disasm(disasm::DisasmArgs),
}

pub async fn run(command: MachineCommand, json: bool) -> eyre::Result<()> {
    // Minutes of computing, which must not sit on a thread of the runtime.
    let done = tokio::task::spawn_blocking(move || match command {
        MachineCommand::Run(args) => run::run(&args, json),
        MachineCommand::Trace(args) => trace::run(&args, json),
        MachineCommand::Disasm(args) => disasm::run(&args, json),
    });
    done.await?
}
