//! One encoding for each model, and a reason for whatever is none.

use crate::random::Random;
use lux_inference::ops::*;
use lux_inference::{DType, Definition, Input, Model, ModelError, Output, Problem, Requantize, Scale, Shape};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn models_come_back(seed: u64, flips in proptest::collection::vec((0usize..100_000, 1u8..), 1..4), cut in 0usize..100_000) {
        let (bundle, _) = Random::new(seed).model(10);
        let bytes = bundle.model.encode();
        prop_assert_eq!(&Model::decode(&bytes).unwrap(), &bundle.model);
        prop_assert!(Model::decode(&bytes[..cut % bytes.len()]).is_err());
        prop_assert_eq!(Model::decode(&[&bytes[..], &[0]].concat()), Err(ModelError::TrailingBytes(1)));
        // Whatever decodes is encoded as it was, and nothing panics.
        let mut mutated = bytes;
        let len = mutated.len();
        flips.into_iter().for_each(|(at, flip)| mutated[at % len] ^= flip);
        if let Ok(model) = Model::decode(&mutated) {
            prop_assert_eq!(model.encode(), mutated);
        }
    }

    #[test]
    fn noise_is_no_model(noise in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Model::decode(&noise).is_err());
        let _ = Model::decode(&[&lux_inference::MAGIC[..], &noise].concat());
    }
}

fn input(dims: &[u32], dtype: DType) -> Definition {
    Definition::Input(Input { dtype, shape: Shape::new(dims).unwrap(), scale: Scale::ONE })
}

fn error(definitions: Vec<Definition>, output: u16) -> String {
    Model::new(definitions, vec![Output { value: output, scale: Scale::ONE }]).unwrap_err().to_string()
}

#[test]
fn errors_name_the_node_and_what_is_wrong() {
    let rescale = |x| Definition::Node(Rescale { x, multiplier: 1, output: Requantize::full(DType::I8, 0) }.into());
    let i8s = || input(&[2, 3], DType::I8);
    assert_eq!(
        error(vec![i8s(), rescale(1)], 1),
        "value 1 (Rescale): it refers to value 1, which does not come before it"
    );
    assert_eq!(error(vec![i8s(), rescale(0), rescale(0)], 2), "value 1 is neither used nor an output");
    assert_eq!(error(vec![i8s(), rescale(0)], 0), "output 0: there is no value 0, or it is no result of a node");
    assert_eq!(error(vec![rescale(0)], 0), "0 inputs; 1 to 16 are allowed");
    let gemm = Gemm { x: 0, weights: 0, bias: 0, multipliers: 0, output: Requantize::full(DType::I8, 0) };
    assert_eq!(error(vec![i8s(), Definition::Node(gemm.into())], 1), "value 1 (Gemm): value 0 must be a constant");
    let lookup = Lookup { x: 0, table: Box::new([200; 256]), dtype: DType::I8 };
    let wide = vec![input(&[4], DType::I16), Definition::Node(lookup.clone().into())];
    assert_eq!(error(wide, 1), "value 1 (Lookup): value 0 has elements of type int16, which it does not take");
    assert_eq!(
        error(vec![i8s(), Definition::Node(lookup.into())], 1),
        "value 1 (Lookup): invalid table or type of the result"
    );
    let add = Add { a: 0, b: 1, multipliers: [1, 1], output: Requantize::full(DType::I8, 0) };
    assert_eq!(
        error(vec![i8s(), input(&[2], DType::I8), Definition::Node(add.into())], 2),
        "value 2 (Add): value 1 has the shape [2], which does not broadcast with the left operand"
    );
    let mul = Mul { a: 0, b: 0, multiplier: 1, output: Requantize::full(DType::I32, 0) };
    assert_eq!(
        error(vec![input(&[4], DType::I32), Definition::Node(mul.into())], 1),
        "value 1 (Mul): its sums can exceed 64 bits"
    );
    let shift = Requantize { shift: 62, ..Requantize::full(DType::I8, 0) };
    let node = Definition::Node(Rescale { x: 0, multiplier: 1, output: shift }.into());
    assert_eq!(error(vec![i8s(), node], 1), "value 1 (Rescale): invalid shift");
    let huge = vec![input(&[1 << 14, 1 << 12], DType::I8), rescale(0)];
    assert_eq!(error(huge, 1), "a run takes 201326592 bytes of activations; at most 41943040 are allowed");
    assert!(Shape::new([1 << 20, 1 << 20]).is_none() && Shape::new([0]).is_none() && Shape::new([]).is_none());
}

#[test]
fn too_much_work_is_refused() {
    let matmul = |a, b| {
        let output = Requantize::full(DType::I8, 30);
        Definition::Node(MatMul { a, b, transposed: false, multiplier: 1, output }.into())
    };
    let mut definitions = vec![input(&[2_000, 2_000], DType::I8)];
    definitions.extend((0..200).map(|value| matmul(value, value)));
    assert!(matches!(
        Model::new(definitions, vec![Output { value: 200, scale: Scale::ONE }]),
        Err(ModelError::TooMuchWork(_))
    ));
}

#[test]
fn problems_are_typed() {
    let softmax = Softmax { x: 0, coarse: vec![], fine: Box::new([1; 256]), one: 127, dtype: DType::I8 };
    let model = Model::new(
        vec![input(&[4], DType::I8), Definition::Node(softmax.into())],
        vec![Output { value: 1, scale: Scale::ONE }],
    );
    let problem = Problem::Parameter("table: the largest element must count");
    assert_eq!(model, Err(ModelError::Node { node: 1, operation: "Softmax", problem }));
}

#[test]
fn what_nodes_take_adds_up_to_the_plan() {
    for seed in 0..50 {
        let model = Random::new(seed).model(12).0.model;
        let macs = |node| model.cost(node).map_or(0, |cost| cost.macs);
        assert_eq!((0..model.types().len()).map(macs).sum::<u64>(), model.plan().macs);
        assert_eq!(model.cost(model.types().len()), None);
    }
}
