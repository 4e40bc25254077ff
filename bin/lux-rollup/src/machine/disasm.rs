//! `lux-rollup machine disasm`.

use super::input::ImageArgs;
use crate::lines::Lines;
use clap::Args;
use lux_machine::{Instruction, Op, Program, TEXT_BASE};
use serde_json::json;

#[derive(Args)]
pub struct DisasmArgs {
    #[command(flatten)]
    image: ImageArgs,
    /// First instruction: its index like 12, or its address like 0x8000030 [default: the entry].
    #[arg(long, value_name = "WHERE", value_parser = parse_position)]
    from: Option<u32>,
    /// How many.
    #[arg(long, default_value_t = 64)]
    count: usize,
}

/// Index of a word, from itself or from its address.
fn parse_position(text: &str) -> Result<u32, String> {
    let Some(hex) = text.strip_prefix("0x") else {
        return text.parse().map_err(|_| format!("{text:?} is neither an index like 12 nor an address like 0x8000030"));
    };
    let address = u64::from_str_radix(hex, 16).map_err(|_| format!("{text:?} is not an address"))?;
    let offset = address.checked_sub(TEXT_BASE).filter(|offset| offset.is_multiple_of(4));
    offset.and_then(|offset| u32::try_from(offset / 4).ok()).ok_or_else(|| {
        format!("{text} is no address of an instruction: they start at {TEXT_BASE:#x}, every four bytes")
    })
}

/// An instruction and where it is.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    index: u32,
    word: u32,
}

impl Line {
    fn address(&self) -> u64 {
        TEXT_BASE + 4 * u64::from(self.index)
    }

    /// Address that a jump with a fixed target goes to.
    fn target(&self) -> Option<u64> {
        let Instruction { op, imm, .. } = Instruction::decode(self.word);
        let jumps = matches!(op, Op::Jal | Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu);
        jumps.then(|| self.address().wrapping_add_signed(imm.into()))
    }
}

fn lines(program: &Program, from: u32, count: usize) -> impl Iterator<Item = Line> {
    let words = program.text().iter().zip(0..);
    words.skip(from as usize).take(count).map(|(&word, index)| Line { index, word })
}

pub fn run(args: &DisasmArgs, json: bool) -> eyre::Result<()> {
    let program = args.image.load()?;
    let from = args.from.unwrap_or(program.entry());
    if from as usize >= program.text().len() {
        return Err(eyre::eyre!("the program has only {} instructions", program.text().len()));
    }
    let mut out = Lines::new();
    for line in lines(&program, from, args.count) {
        let (address, instruction) = (line.address(), Instruction::decode(line.word).to_string());
        let goes_on = if json {
            out.line(json!({
                "index": line.index,
                "address": format!("{address:#010x}"),
                "word": format!("{:#010x}", line.word),
                "instruction": instruction,
                "target": line.target().map(|target| format!("{target:#010x}")),
            }))
        } else {
            let target = line.target().map(|target| format!("# {target:08x}")).unwrap_or_default();
            let text = format!("{:>6}  {address:08x}  {:08x}  {instruction:<28} {target}", line.index, line.word);
            out.line(text.trim_end())
        };
        if !goes_on? {
            break;
        }
    }
    out.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions() {
        assert_eq!(parse_position("12"), Ok(12));
        assert_eq!(parse_position("0x8000030"), Ok(12));
        for wrong in ["0x8000031", "0x10", "-1", "x", "0x", "0xffffffffffffffff"] {
            assert!(parse_position(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lines_stay_inside_the_text_and_know_their_targets() {
        // li a7, 0; ecall; j -4
        let program = Program::new(vec![0x0000_0893, 0x0000_0073, 0xffdf_f06f], 0, vec![]).expect("an image");
        let all: Vec<_> = lines(&program, 1, 10).collect();
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].address(), all[0].target()), (TEXT_BASE + 4, None));
        assert_eq!((all[1].address(), all[1].target()), (TEXT_BASE + 8, Some(TEXT_BASE + 4)));
        assert_eq!(lines(&program, 3, 10).count(), 0);
    }
}
