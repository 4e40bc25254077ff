use alloy_primitives::B256;
use lux_norm_proof::{Blinding, Proof, Setup, Statement, Terms};
use std::num::NonZero;

pub const WORKERS: u16 = 10;

pub fn terms(length: u32, bound: u32) -> Terms {
    Terms::new::<u32>(length, bound, WORKERS).unwrap()
}

pub fn setup(length: u32, bound: u32) -> Setup {
    Setup::new(terms(length, bound), NonZero::<usize>::MIN)
}

pub fn statement(worker: u16) -> Statement {
    Statement { round: B256::repeat_byte(1), worker, vector: B256::repeat_byte(worker as u8) }
}

pub fn blinding(worker: u16) -> Blinding {
    Blinding::derive(&[worker as u8; 32], B256::repeat_byte(1))
}

pub fn prove(setup: &Setup, worker: u16, update: &[i32]) -> Proof {
    setup.prove(&statement(worker), update, &blinding(worker)).unwrap()
}
