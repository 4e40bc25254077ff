//! The whole executor.

use crate::{
    asm::{Asm, Label},
    emitter::{self, Routines, handler_stack},
    layout::*,
    lower::Kind,
    pattern::{self, GROUPED, Pattern},
    pattern_text,
};
use lux_machine::Op;
use std::sync::LazyLock;

/// Most bytes of code that a contract has.
#[cfg(any(feature = "tune", test))]
pub(crate) const MAX_CODE_BYTES: usize = 24_576;

/// Handlers worth their bytes, chosen from traces of compiled programs by `examples/tune.rs`.
const FUSED: &str = include_str!("fused.txt");

/// A handler.
#[derive(Debug, Clone)]
pub(crate) struct Handler {
    pub(crate) pattern: Pattern,
    pub(crate) entry: u16,
    /// Gas of its words, if branches are not taken and pages were touched before.
    pub(crate) gas: u64,
    /// Most gas of a way through it for each unit of the weight of its words.
    #[cfg_attr(not(test), expect(dead_code))]
    pub(crate) most: f64,
}

/// The executor's code and where its handlers are.
#[derive(Debug)]
pub(crate) struct Assembled {
    pub(crate) code: Vec<u8>,
    pub(crate) handlers: Vec<Handler>,
    /// Where the parts around the handlers end, for measurements.
    #[cfg_attr(not(feature = "tune"), expect(dead_code))]
    pub(crate) sections: Vec<(&'static str, usize)>,
}

pub(crate) static EXECUTOR: LazyLock<Assembled> = LazyLock::new(|| {
    let fused = FUSED.lines().map(|line| pattern_text::parse(line).expect("fused.txt holds patterns"));
    assemble(&fused.collect::<Vec<_>>())
});

/// Assembles an executor with these handlers besides the generic ones.
pub(crate) fn assemble(fused: &[Pattern]) -> Assembled {
    let mut asm = Asm::default();
    let mut label = || asm.new_label();
    let routines = Routines {
        near: [(); 4].map(|()| label()),
        far: [(); 4].map(|()| label()),
        slow_near: label(),
        slow_target: label(),
        slow_branch: label(),
        slow_jal: label(),
        slow_jr: label(),
        pairs: [(); GROUPED.len()].map(|()| label()),
        touch: label(),
        fault: label(),
        invalid: label(),
        running: label(),
        install: label(),
        swap_bytes: label(),
        gather: label(),
        scatter: label(),
        pieces: label(),
    };
    let next_page = label();
    let mut sections = Vec::new();
    let mut end = |name: &'static str, asm: &Asm| sections.push((name, asm.len()));
    asm.start(&routines);
    end("start: pages into slots", &asm);
    asm.touch(&routines);
    end("first touches of data pages", &asm);
    asm.slow_jumps(&routines);
    asm.install(&routines, next_page);
    asm.next_page(&routines, next_page);
    end("code pages", &asm);
    asm.running(&routines);
    asm.fault_and_invalid(&routines);
    end("end: hashes of pages", &asm);
    asm.swap_bytes(&routines);
    asm.gather(&routines);
    asm.scatter(&routines);
    asm.pieces(&routines);
    end("bytes of ECALLs", &asm);
    let near: Vec<u64> = (0..4).map(|lane| near(&mut asm, &routines, lane)).collect();
    let far: Vec<u64> = (0..4).map(|lane| far(&mut asm, &routines, lane)).collect();

    let patterns = pattern::generic().into_iter().chain(fused.iter().cloned());
    let mut entries: Vec<(Pattern, Label, u64, f64)> = Vec::new();
    // Gas of a generic handler of two words from where groups enter it.
    let mut rest = [0; GROUPED.len()];
    for pattern in patterns {
        // A jump is its own end.
        let (entry, gas, most) = match pattern[0].kind {
            Kind::J => (routines.near[0], near[0], near[0] as f64),
            Kind::FarJ => (routines.far[0], far[0], far[0] as f64 / FAR_WEIGHT as f64),
            _ => {
                let entry = asm.new_label();
                let cost = emitter::emit(&mut asm, &routines, entry, &pattern);
                let last = pattern.last().map(|part| part.kind);
                let links = matches!(last, Some(Kind::Jr | Kind::Op(Op::Jal | Op::Jalr)));
                let weight = pattern::span(&pattern) as u64 + if links { FAR_WEIGHT - 1 } else { 0 };
                let taken = cost.jumps.iter().map(|&(lane, kind, gas)| {
                    let is_far = matches!(kind, Kind::Far(_) | Kind::FarJ);
                    let (taken, weight) = if is_far { (far[lane], FAR_WEIGHT) } else { (near[lane], 1) };
                    (gas + taken) as f64 / (lane as u64 + weight) as f64
                });
                let straight = if last.is_some_and(|kind| matches!(kind, Kind::J | Kind::FarJ)) {
                    0.0
                } else {
                    cost.gas as f64 / weight as f64
                };
                if let Some((pair, gas)) = cost.enters {
                    rest[pair] = cost.gas - gas;
                }
                let crossing = cost.leaves.map_or(0.0, |(pair, gas)| (gas + rest[pair]) as f64 / 2.0);
                (entry, cost.gas, taken.fold(straight.max(crossing), f64::max))
            }
        };
        entries.push((pattern, entry, gas, most));
    }
    let address = |label| asm.address(label).expect("handlers are placed");
    let handlers: Vec<Handler> = entries
        .into_iter()
        .map(|(pattern, label, gas, most)| Handler { pattern, entry: address(label), gas, most })
        .collect();
    Assembled { code: asm.finish(), handlers, sections }
}

fn near(asm: &mut Asm, routines: &Routines, lane: usize) -> u64 {
    let start = asm.gas();
    asm.place_with(routines.near[lane], &handler_stack());
    asm.near(lane, routines.slow_near);
    asm.gas() - start
}

fn far(asm: &mut Asm, routines: &Routines, lane: usize) -> u64 {
    let start = asm.gas();
    asm.place_with(routines.far[lane], &handler_stack());
    asm.taken(lane, BRANCH, routines.slow_branch);
    asm.gas() - start
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAS_PER_WEIGHT: f64 = 146.0;

    #[test]
    fn code_fits_a_contract() {
        assert!(EXECUTOR.code.len() <= MAX_CODE_BYTES, "{} bytes", EXECUTOR.code.len());
        // Nothing jumps to the start, which the words of a missing contract would.
        assert_ne!(EXECUTOR.code[0], crate::opcode::JUMPDEST.byte);
    }

    /// What bounds the gas of every chunk, with the limit on its weight.
    #[test]
    fn no_handler_costs_more_than_its_weight_stands_for() {
        for handler in &EXECUTOR.handlers {
            let text = pattern_text::write(&handler.pattern);
            // An `ECALL` has a weight of its own.
            let is_call = handler.pattern[0].kind == Kind::Op(Op::Ecall);
            assert!(is_call || handler.most <= GAS_PER_WEIGHT, "{} {text}", handler.most);
        }
    }

    #[test]
    fn patterns_read_as_written() {
        for line in FUSED.lines() {
            assert_eq!(pattern_text::write(&pattern_text::parse(line).unwrap()), line);
        }
    }

    /// The code is part of the identity of every program: if this changes, programs are registered anew.
    #[test]
    fn code_is_reproducible() {
        let hash = alloy_primitives::keccak256(&EXECUTOR.code).to_string();
        assert_eq!(hash, include_str!("executor.hash").trim());
    }
}
