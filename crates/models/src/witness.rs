//! Runs on the machine.

use alloy_primitives::{B256, Bytes, keccak256};
use lux_inference::Bundle;
use lux_inference::blob;
use lux_machine::Program;
use std::collections::HashMap;
use std::sync::LazyLock;

static INFER: &[u8] = include_bytes!("../../../programs/artifacts/infer.elf");

/// The program that claims about inference are about (`programs/infer`).
pub fn infer_program() -> &'static Program {
    static PROGRAM: LazyLock<Program> =
        LazyLock::new(|| Program::from_elf(INFER).expect("the embedded program is an executable for the machine"));
    &PROGRAM
}

/// What a run of [`infer_program`] gets, and what it may ask for.
#[derive(Clone, Debug)]
pub struct Witness {
    /// Claim input: `H(modelHash ‖ commitment(input data))`.
    pub input: B256,
    pub preimages: HashMap<B256, Bytes>,
}

impl Witness {
    /// Of a run of `bundle` on `data`. Takes as much memory as the weights.
    pub fn new(bundle: &Bundle, data: &[u8]) -> Self {
        let mut preimages = HashMap::new();
        let mut add = |bytes: &[u8]| {
            blob::preimages(bytes, |preimage| {
                preimages.insert(keccak256(preimage), Bytes::copy_from_slice(preimage));
            })
        };
        let (model, data) = (add(&bundle.model.encode()), add(data));
        bundle.blobs.values().for_each(|weights| {
            add(weights);
        });
        let claim = [model.0, data.0].concat();
        let input = keccak256(&claim);
        preimages.insert(input, claim.into());
        Self { input, preimages }
    }
}
