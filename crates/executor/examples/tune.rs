//! Chooses handlers: `tune <fused.txt> <elf> [<elf>…]`. The first program is traced, on an input of zeros; of others, which
//! may need preimages, each word counts the same, and all of them a third of what the first does.
#![allow(clippy::unwrap_used)]

use lux_machine::{Machine, Program};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let program = Program::from_elf(&std::fs::read(&args[2]).unwrap()).unwrap();
    let mut machine = Machine::new(&program, Default::default());
    let mut counts = vec![0; program.text().len()];
    let mut steps = 0u64;
    while let Some(step) = machine.step(&mut ()).unwrap() {
        if let Some(count) = counts.get_mut(step.pc as usize) {
            *count += 1;
        }
        steps += 1;
    }
    eprintln!("{steps} steps, {:?}", machine.status());
    let mut text = program.text().to_vec();
    let others: Vec<Program> =
        args[3..].iter().map(|path| Program::from_elf(&std::fs::read(path).unwrap()).unwrap()).collect();
    let words: usize = others.iter().map(|other| other.text().len()).sum();
    for other in &others {
        text.resize(text.len().next_multiple_of(256), 0);
        counts.resize(text.len(), 0);
        text.extend(other.text());
        counts.resize(text.len(), (steps / 3).div_ceil(words as u64));
    }
    let lines = lux_executor::tune(&text, &counts, &mut |line| eprintln!("{line}"));
    std::fs::write(&args[1], lines.join("\n") + "\n").unwrap();
}
