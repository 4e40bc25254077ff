//! What a program may ask for.

use lux_inference::program::claim_input;
use lux_inference::{Bundle, blob};
use lux_oracle::Preimages;

/// What a program may ask for in a run of `bundle` on `input`, and the claim's input.
pub fn witness(bundle: &Bundle, input: &[u8]) -> (Preimages, alloy_primitives::B256) {
    let mut known = Preimages::default();
    let mut add = |bytes: &[u8]| {
        blob::preimages(bytes, |preimage| {
            known.insert(preimage.to_vec());
        })
    };
    let (model, data) = (add(&bundle.model.encode()), add(input));
    bundle.blobs.values().for_each(|weights| {
        add(weights);
    });
    assert_eq!(model, bundle.model.hash());
    let claim = known.insert([model.0, data.0].concat());
    assert_eq!(claim, claim_input(model, data));
    (known, claim)
}
