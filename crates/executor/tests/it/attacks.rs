//! Proofs that are not what they should be: the right end state, or none.

use crate::common::{L1, program};
use alloy_primitives::{B256, Bytes, keccak256};
use lux_executor::encode_proof;
use lux_machine::{
    ChunkProof, Machine, Op, Program, Status,
    asm::{ECALL, b, halt, i, li, r, s},
};
use std::collections::BTreeMap;

struct Case {
    l1: L1,
    id: B256,
    proof: ChunkProof,
    status: u8,
}

/// A chunk with scattered pages, zero and not, and calls of each kind.
fn cases() -> Vec<Case> {
    let data: Bytes = (0..700u64).map(|k| (k * 7) as u8).collect();
    let mut host = BTreeMap::from([(keccak256(&data), data.clone())]);
    let mut words = li(20, 0x8000);
    words.extend(li(21, 0x1_2340));
    words.extend(li(22, 45));
    let top = words.len() as i32;
    words.extend([s(Op::Sd, 21, 20, 0), i(Op::Ld, 9, 20, 8), r(Op::Add, 8, 8, 9), i(Op::Addi, 12, 20, 0)]);
    words.extend([i(Op::Addi, 10, 20, 0), i(Op::Addi, 11, 0, 600), i(Op::Addi, 17, 0, 2), ECALL]);
    for (k, word) in keccak256(&data).chunks(8).enumerate() {
        words.extend(li(10 + k as u8, u64::from_le_bytes(word.try_into().unwrap())));
    }
    words.extend([i(Op::Addi, 14, 20, 0), i(Op::Addi, 15, 0, 800), i(Op::Addi, 17, 0, 1), ECALL]);
    words.extend([i(Op::Addi, 10, 0, 2), i(Op::Addi, 11, 20, 0), i(Op::Addi, 12, 0, 100)]);
    words.extend([i(Op::Addi, 13, 20, 64), i(Op::Addi, 17, 0, 3)]);
    words.extend(li(14, 50_000));
    words.push(ECALL);
    words.extend([i(Op::Addi, 10, 20, 507), i(Op::Addi, 11, 20, 5), i(Op::Addi, 12, 0, 700), i(Op::Addi, 17, 0, 4)]);
    words.extend([ECALL, r(Op::Add, 20, 20, 21), i(Op::Addi, 22, 22, -1)]);
    let back = top - words.len() as i32;
    words.push(b(Op::Bne, 22, 0, back));
    words.extend(halt());
    let mut page = Box::new([0; 512]);
    page[8] = 3;
    let program = Program::new(words, 0, vec![(0x40, page.clone()), (0x80, page)]).unwrap();
    let mut cases = Vec::new();
    let mut machine = Machine::new(&program, B256::ZERO);
    while machine.status() == Status::Running {
        let proof = machine.prove_chunk(&mut host).unwrap();
        machine.run_chunk(&mut host).unwrap();
        let mut l1 = L1::new();
        let id = l1.register(&program);
        let status = matches!(machine.status(), Status::Halted(_)).into();
        cases.push(Case { l1, id, proof, status });
    }
    assert!(cases.len() > 1);
    cases
}

impl Case {
    /// Whether the bytes were accepted: then they gave the right state.
    fn check(&mut self, proof: Bytes) -> bool {
        let Some(verdict) = self.l1.run(self.id, self.proof.pre, proof) else { return false };
        assert_eq!((verdict.end, verdict.status), (self.proof.post, self.status));
        true
    }

    /// Where the room is in the bytes of the proof.
    fn room_at(&self) -> std::ops::Range<usize> {
        let counts = 3 + 31 * 8 + 2 + 32 * self.proof.siblings.len();
        counts + 2..counts + 4
    }

    fn check_proof(&mut self, change: impl FnOnce(&mut ChunkProof)) -> bool {
        let mut proof = self.proof.clone();
        change(&mut proof);
        self.check(encode_proof(&proof))
    }
}

#[test]
fn changed_parts() {
    for mut case in cases() {
        assert!(case.check_proof(|_| ()));
        for page in 0..case.proof.pages.len() {
            assert!(!case.check_proof(|proof| {
                let (index, _) = proof.pages.remove(page);
                proof.touch_order.retain(|&touched| touched != index);
            }));
            for byte in [0, 8, 9, 255, 511] {
                assert!(!case.check_proof(|proof| proof.pages[page].1[byte] ^= 1));
            }
            // The data of a page as another one's.
            let index = case.proof.pages[page].0;
            for other in [index ^ 1, index + 2] {
                if !case.proof.touch_order.contains(&other) {
                    assert!(!case.check_proof(|proof| {
                        proof.pages[page].0 = other;
                        proof.pages.sort_by_key(|page| page.0);
                        proof.touch_order.iter_mut().filter(|touched| **touched == index).for_each(|t| *t = other);
                    }));
                }
            }
        }
        for sibling in 0..case.proof.siblings.len() {
            assert!(!case.check_proof(|proof| _ = proof.siblings.remove(sibling)));
            assert!(!case.check_proof(|proof| proof.siblings[sibling].0[31] ^= 1));
            assert!(!case.check_proof(|proof| proof.siblings.insert(sibling, B256::ZERO)));
        }
        assert!(!case.check_proof(|proof| proof.siblings.push(B256::ZERO)));
        for k in 0..case.proof.preimages.len() {
            assert!(!case.check_proof(|proof| _ = proof.preimages.remove(k)));
            assert!(!case.check_proof(|proof| proof.preimages.insert(k, Bytes::new())));
            assert!(!case.check_proof(|proof| proof.preimages[k] = proof.preimages[k].slice(1..)));
        }
        for k in 0..case.proof.touch_order.len() {
            assert!(!case.check_proof(|proof| _ = proof.touch_order.remove(k)));
            assert!(!case.check_proof(|proof| proof.touch_order.insert(k, proof.pages[0].0)));
            assert!(!case.check_proof(|proof| {
                let n = proof.touch_order.len();
                proof.touch_order.swap(k, (k + 1) % n);
            }));
        }
        assert!(!case.check_proof(|proof| proof.pc ^= 1));
        for register in 0..31 {
            assert!(!case.check_proof(|proof| proof.registers[register] ^= 1 << 63));
        }
    }
}

#[test]
fn pages_that_are_not_touched_are_harmless() {
    let program = program([vec![s(Op::Sd, 5, 0, 8)], halt()].concat());
    let machine = Machine::new(&program, B256::ZERO);
    let mut proof = machine.prove_chunk(&mut ()).unwrap();
    let mut l1 = L1::new();
    let id = l1.register(&program);
    // Of an empty tree each sibling is a known hash: with both leaves of the lowest node, the first goes.
    proof.pages.push((1, Box::new([0; 512])));
    proof.siblings.remove(0);
    let verdict = l1.run(id, proof.pre, encode_proof(&proof)).unwrap();
    assert_eq!(verdict.end, proof.post);
}

#[test]
fn changed_bytes() {
    for mut case in cases() {
        let bytes = encode_proof(&case.proof);
        for length in (0..bytes.len()).step_by(97).chain(bytes.len() - 5..bytes.len()).chain(0..300) {
            assert!(!case.check(bytes.slice(..length)));
        }
        for extra in [1, 2, 31, 32, 512] {
            assert!(!case.check([&bytes[..], &vec![0; extra]].concat().into()));
        }
        let room = case.room_at();
        for at in (0..bytes.len()).step_by(61).chain(0..300).filter(|at| !room.contains(at)) {
            for flip in [1, 0x80] {
                let mut changed = bytes.to_vec();
                changed[at] ^= flip;
                assert!(!case.check(changed.into()), "byte {at}");
            }
        }
        assert!(!case.check(Bytes::new()));
        assert!(!case.check(vec![0xff; 5000].into()));
    }
}

/// Room for code pages and buffers only costs gas: too little gives no state, and more the same.
#[test]
fn room_is_a_hint() {
    for mut case in cases() {
        let bytes = encode_proof(&case.proof);
        let at = case.room_at();
        let needed = u16::from_be_bytes(bytes[at.clone()].try_into().unwrap());
        let mut accepted = |room: u16| {
            let mut changed = bytes.to_vec();
            changed[at.clone()].copy_from_slice(&room.to_be_bytes());
            case.check(changed.into())
        };
        for room in (0..needed).step_by(3).chain(needed.saturating_sub(100)..needed) {
            accepted(room);
        }
        assert!(
            !accepted(0) && !accepted(needed - 66) && accepted(needed) && accepted(needed + 1) && accepted(u16::MAX)
        );
    }
}

/// Every amount of gas below what is needed: no state, and never another one.
#[test]
fn low_gas() {
    for mut case in cases() {
        let bytes = encode_proof(&case.proof);
        let needed = case.l1.run(case.id, case.proof.pre, bytes.clone()).unwrap().gas;
        for part in 1..200 {
            let gas = needed * part / 180;
            let verdict = case.l1.run_with(case.id, case.proof.pre, bytes.clone(), gas);
            if let Some(verdict) = verdict {
                assert_eq!((verdict.end, verdict.status), (case.proof.post, case.status));
            }
        }
    }
}

#[test]
fn other_states_and_programs() {
    let mut case = cases().remove(0);
    let bytes = encode_proof(&case.proof);
    assert!(case.l1.run(B256::ZERO, case.proof.pre, bytes.clone()).is_none());
    assert!(case.l1.run(case.id, B256::ZERO, bytes.clone()).is_none());
    assert!(case.l1.run(case.id, case.proof.post, bytes).is_none());
}
