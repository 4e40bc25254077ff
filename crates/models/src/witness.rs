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
        let model = bundle.model.encode();
        let mut witness = Self::of_claim(blob::commitment(&model), blob::commitment(data));
        witness.add_blob(&model);
        witness.add_blob(data);
        bundle.blobs.values().for_each(|weights| witness.add_blob(weights));
        witness
    }

    /// Of a run about a model and an input with these commitments, of which nothing else is known yet.
    pub fn of_claim(model: B256, data: B256) -> Self {
        let claim = [model.0, data.0].concat();
        let input = keccak256(&claim);
        Self { input, preimages: HashMap::from([(input, claim.into())]) }
    }

    /// Lets the program read a blob.
    pub fn add_blob(&mut self, blob: &[u8]) {
        blob::preimages(blob, |preimage| self.add(preimage));
    }

    /// Lets the program read these bytes, by their hash.
    pub fn add(&mut self, preimage: &[u8]) {
        self.preimages.insert(keccak256(preimage), Bytes::copy_from_slice(preimage));
    }
}
