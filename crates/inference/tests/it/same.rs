//! The portable way, the fast way and the program agree.

use crate::random::Random;
use crate::witness::witness;
use lux_inference::blob;
use lux_inference::fast::Engine;
use lux_inference::program::run_inference;
use lux_inference::run::execute;
use lux_oracle::{FnOracle, Oracle};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn outputs_of_random_models(seed: u64, nodes in 1usize..14) {
        let (bundle, input) = Random::new(seed).model(nodes);
        let expected = execute(&bundle.model, &input, &mut bundle.weights()).unwrap();
        prop_assert_eq!(expected.len(), bundle.model.output_bytes());
        prop_assert_eq!(&Engine::new(&bundle, 1).run(&input).unwrap(), &expected);
        for threads in [2, 3] {
            let engine = Engine::new(&bundle, threads).hand_over_all();
            // Again, with the buffers of the run before.
            for _ in 0..2 {
                prop_assert_eq!(&engine.run(&input).unwrap(), &expected);
            }
        }
        let (known, claim) = witness(&bundle, &input);
        prop_assert_eq!(run_inference(claim, &known).unwrap(), blob::commitment(&expected));
    }
}

/// Large enough for several threads, panels and blocks of rows.
#[test]
fn outputs_of_large_products() {
    use lux_inference::ops::{Conv2d, Gemm, Window};
    use lux_inference::{DType, ModelBuilder, Output, Requantize, Scale, Shape};
    let mut random = Random::new(7);
    for (x_dtype, w_dtype) in
        [(DType::I8, DType::I8), (DType::I16, DType::I8), (DType::I8, DType::I16), (DType::I16, DType::I16)]
    {
        let mut builder = ModelBuilder::default();
        let shape = |dims: &[u32]| Shape::new(dims).unwrap();
        let x = builder.input(x_dtype, shape(&[1, 12, 20, 19]), Scale::ONE);
        let mut vectors = |builder: &mut ModelBuilder, n: u32| {
            let bias = builder.constant(shape(&[n]), &random.tensor(DType::I32, n as usize));
            (bias, builder.constant(shape(&[n]), &random.tensor(DType::I16, n as usize)))
        };
        let (bias, multipliers) = vectors(&mut builder, 34);
        let (gemm_bias, gemm_multipliers) = vectors(&mut builder, 150);
        let weights = builder.constant(shape(&[34, 6, 5, 5]), &random.tensor(w_dtype, 34 * 150));
        let window = Window { kernel: [5, 5], stride: [1, 1], dilation: [1, 1], padding: [2, 2, 2, 2] };
        let output = Requantize::full(x_dtype, if w_dtype == x_dtype { 24 } else { 30 });
        let y = builder.node(Conv2d { x, weights, bias, multipliers, window, groups: 2, output }).unwrap();
        let weights = builder.constant(shape(&[150, 19]), &random.tensor(w_dtype, 150 * 19));
        let (bias, multipliers) = (gemm_bias, gemm_multipliers);
        let y = builder.node(Gemm { x: y, weights, bias, multipliers, output }).unwrap();
        let bundle = builder.finish(vec![Output { value: y, scale: Scale::ONE }]).unwrap();
        assert!(bundle.model.plan().macs > 3 << 20);
        let mut input = Vec::new();
        random.tensor(x_dtype, 12 * 20 * 19).write_bytes(&mut input);
        let expected = execute(&bundle.model, &input, &mut bundle.weights()).unwrap();
        for threads in [1, 2, 3] {
            assert_eq!(Engine::new(&bundle, threads).run(&input).unwrap(), expected, "{x_dtype} {w_dtype} {threads}");
        }
    }
}

/// Whatever is missing or wrong, the program ends, and what is wrong is a zero hash.
#[test]
fn the_program_is_total() {
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let (bundle, mut input) = random.model(8);
        let (known, claim) = witness(&bundle, &input);
        let asked = std::cell::Cell::new(0);
        let counting = FnOracle(|hash: &alloy_primitives::B256| {
            asked.set(asked.get() + 1);
            known.preimage(hash, 0)
        });
        assert!(!run_inference(claim, &counting).unwrap().is_zero());
        // Any one preimage missing is an error; any one replaced by other bytes is a zero hash or another output.
        let total = asked.get();
        let failing = random.below(total);
        let at = std::cell::Cell::new(0);
        let broken = |missing: bool| {
            at.set(0);
            let (at, known) = (&at, &known);
            FnOracle(move |hash: &alloy_primitives::B256| {
                at.set(at.get() + 1);
                let bytes = known.preimage(hash, 0)?;
                match at.get() == failing + 1 {
                    true if missing => Err(lux_oracle::MissingPreimage(*hash)),
                    true => Ok(bytes.iter().rev().map(|byte| byte ^ 0x55).collect::<Vec<u8>>().into()),
                    false => Ok(bytes),
                }
            })
        };
        assert!(run_inference(claim, &broken(true)).is_err());
        let _ = run_inference(claim, &broken(false));
        input.push(0);
        let (known, claim) = witness(&bundle, &input);
        assert!(run_inference(claim, &known).unwrap().is_zero(), "input too long");
    }
}
