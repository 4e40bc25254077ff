//! Quantises the sentence encoder that `models/minilm.py` writes, and measures it against onnxruntime's float embeddings:
//! `cargo run --release -p lux-inference --features import --example minilm -- FOLDER`.

use lux_inference::fast::Engine;
use lux_inference::import::{Array, Calibration, quantize, read_onnx};
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

const TOKENS: usize = 32;
const WIDTH: usize = 384;
const CALIBRATION: usize = 32;
/// Of each sentence, timed.
const RUNS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name the folder that minilm.py wrote to")?);
    let read = |name: &str| std::fs::read(folder.join(name));
    let numbers = |bytes: Vec<u8>| bytes.as_chunks::<4>().0.to_vec();
    let ids: Vec<f32> = numbers(read("minilm.ids")?).iter().map(|id| i32::from_le_bytes(*id) as f32).collect();
    let expected: Vec<f32> = numbers(read("minilm.expected")?).iter().map(|x| f32::from_le_bytes(*x)).collect();
    let samples = ids.chunks_exact(TOKENS).map(|ids| Array::new([TOKENS], ids).map(|array| vec![array]));
    let samples: Vec<Vec<Array>> = samples.collect::<Option<_>>().ok_or("the ids are cut")?;

    let start = Instant::now();
    let graph = read_onnx(&read("minilm.onnx")?)?;
    let bundle = quantize(&graph, &Calibration::new(&graph, &samples[..CALIBRATION])?)?;
    println!("imported and quantised in {:.1?}: {:?}", start.elapsed(), bundle.model.hash());
    let plan = bundle.model.plan();
    let (macs, peak, constants) = (plan.macs, plan.peak_bytes, plan.constant_bytes);
    println!("{macs} multiply-accumulates, {peak} bytes at the peak, {constants} bytes of weights");

    let engine = Engine::new(&bundle, 2);
    let mut cosines = Vec::new();
    let mut times = Vec::new();
    for (sample, expected) in samples.iter().zip(expected.chunks_exact(WIDTH)).skip(CALIBRATION) {
        let input = bundle.model.quantize_input(&[&sample[0].data]).ok_or("the sample does not fit")?;
        let output = engine.run(&input)?;
        for _ in 0..RUNS {
            let start = Instant::now();
            assert_eq!(engine.run(&input)?, output);
            times.push(start.elapsed());
        }
        let hidden = bundle.model.dequantize_output(&output).remove(0);
        let mean = |column: usize| hidden.iter().skip(column).step_by(WIDTH).sum::<f32>() / TOKENS as f32;
        let found: Vec<f32> = (0..WIDTH).map(mean).collect();
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        cosines.push(dot(&found, expected) / (dot(&found, &found) * dot(expected, expected)).sqrt());
    }
    times.sort_unstable();
    let worst = cosines.iter().copied().fold(1.0, f64::min);
    let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
    println!("{} sentences: cosine {mean:.4} on average, {worst:.4} at worst", cosines.len());
    println!("a run takes {:.2?} (median), {:.2?} at best", times[times.len() / 2], times[0]);
    Ok(())
}
