//! A world of one L1, one operator and any number of full nodes, in which every role takes a step when told to.

pub mod contracts;
pub mod dispute;
pub mod enclave;
pub mod evm;
pub mod false_claim;
pub mod faults;
pub mod hostile_payload;
pub mod judge;
pub mod l2;
mod operator;
pub mod world;

pub use faults::{Died, Fault, Faults};
pub use l2::{FullNode, L2};
pub use operator::Operator;
pub use world::{Setup, World};

use alloy_primitives::U256;

/// Deterministic random numbers (SplitMix64).
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

pub fn ether(amount: u64) -> U256 {
    U256::from(amount) * U256::from(1_000_000_000_000_000_000u64)
}
