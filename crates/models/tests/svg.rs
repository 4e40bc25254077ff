//! Pictures of models: XML with a box for each node and a line for each operand.
#![allow(clippy::unwrap_used)]

use lux_inference::ops::{Add, Gemm, Rescale};
use lux_inference::{DType, Model, ModelBuilder, Output, Requantize, Scale, Shape, Tensor};
use lux_models::{draw, summarize};
use std::collections::HashSet;

/// `nodes` sums of results before, some of them long before.
fn sums(nodes: usize) -> Model {
    let mut builder = ModelBuilder::default();
    let input = builder.input(DType::I8, Shape::new([2]).unwrap(), Scale::ONE);
    let output = Requantize::full(DType::I8, 1);
    let mut results = vec![builder.node(Rescale { x: input, multiplier: 1, output }).unwrap()];
    let mut unused = vec![];
    for index in 0..nodes - 1 {
        let (a, far) = (results[results.len() - 1 - index % 3 % results.len()], results[index * index % results.len()]);
        let sum = builder.node(Add { a, b: far, multipliers: [1, 1], output }).unwrap();
        unused.retain(|value| ![a, far].contains(value));
        unused.push(sum);
        results.push(sum);
    }
    let value = unused.into_iter().reduce(|a, b| builder.node(Add { a, b, multipliers: [1, 1], output }).unwrap());
    builder.finish(vec![Output { value: value.unwrap_or(results[0]), scale: Scale::ONE }]).unwrap().model
}

fn dense() -> Model {
    let mut builder = ModelBuilder::default();
    let x = builder.input(DType::I8, Shape::new([1, 3]).unwrap(), Scale::ONE);
    let weights = builder.constant(Shape::new([2, 3]).unwrap(), &Tensor::I8(vec![1; 6]));
    let bias = builder.constant(Shape::new([2]).unwrap(), &Tensor::I32(vec![1; 2]));
    let multipliers = builder.constant(Shape::new([2]).unwrap(), &Tensor::I16(vec![1; 2]));
    let y = builder.node(Gemm { x, weights, bias, multipliers, output: Requantize::full(DType::I8, 1) }).unwrap();
    builder.finish(vec![Output { value: y, scale: Scale::ONE }]).unwrap().model
}

#[test]
fn every_value_has_a_box_and_every_operand_a_line() {
    for model in [dense(), sums(1), sums(40), sums(400), sums(1_500)] {
        let svg = draw(&model);
        let parsed = roxmltree::Document::parse(&svg).unwrap();
        let ids: HashSet<_> = parsed.descendants().filter_map(|element| element.attribute("id")).collect();
        let summaries = summarize(&model);
        assert_eq!(
            ids,
            summaries
                .iter()
                .map(|summary| format!("value-{}", summary.value))
                .collect::<Vec<_>>()
                .iter()
                .map(|id| &id[..])
                .collect()
        );
        let lines =
            parsed.descendants().filter(|element| element.has_tag_name(("http://www.w3.org/2000/svg", "path"))).count();
        assert_eq!(lines, summaries.iter().map(|summary| summary.operands.len()).sum::<usize>());
    }
}

#[test]
fn a_box_says_what_the_node_is() {
    let model = dense();
    let summaries = summarize(&model);
    let [input, gemm] = &summaries[..] else { panic!("{summaries:?}") };
    assert_eq!((input.name, input.macs, input.is_output), ("Input", 0, false));
    assert_eq!((gemm.name, gemm.macs, gemm.weight_bytes, gemm.is_output), ("Gemm", 6, 6 + 8 + 4, true));
    assert_eq!((&gemm.operands[..], &gemm.constants[..]), (&[0][..], &[1, 2, 3][..]));
    let svg = draw(&model);
    for text in [
        "4 Gemm, output",
        "int8[1, 2]",
        "6 MACs, 18 B weights",
        "constant 1: int8[2, 3] 0x",
        &format!("{:?}", model.hash()),
    ] {
        assert!(svg.contains(text), "{text}: {svg}");
    }
}
