//! Inputs of a model out of files.

use super::files::{read_bounded, read_npy};
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_inference::{Model, Shape};
use lux_models::NpyArray;
use std::path::PathBuf;

#[derive(Args, Clone)]
pub struct InputArgs {
    /// Input in real numbers, as .npy. Repeat it for further inputs, in order.
    #[arg(long, value_name = "FILE", required_unless_present = "raw")]
    input: Vec<PathBuf>,
    /// Take this sample, from 0, of files whose first axis counts samples.
    #[arg(long)]
    sample: Option<usize>,
    /// Input as the model reads it: the integers of all inputs, as a task names them.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["input", "sample"])]
    raw: Option<PathBuf>,
}

impl InputArgs {
    /// The integers that the model reads.
    pub fn read(&self, model: &Model) -> eyre::Result<Vec<u8>> {
        match &self.raw {
            Some(file) => read_bounded(file, model.input_bytes() as u64),
            None => quantized(self, model),
        }
    }
}

fn quantized(args: &InputArgs, model: &Model) -> eyre::Result<Vec<u8>> {
    let shapes: Vec<_> = model.inputs().map(|(_, input)| &input.shape).collect();
    if args.input.len() != shapes.len() {
        return Err(eyre!(
            "{} files for {} inputs: repeat --input in the order of the inputs",
            args.input.len(),
            shapes.len()
        ));
    }
    let mut numbers = Vec::new();
    for (file, shape) in args.input.iter().zip(shapes) {
        let chosen = chosen(read_npy(file)?, shape, args.sample);
        numbers.push(chosen.wrap_err_with(|| file.display().to_string())?);
    }
    let slices: Vec<&[f32]> = numbers.iter().map(Vec::as_slice).collect();
    model.quantize_input(&slices).ok_or_else(|| eyre!("the input does not fit the model"))
}

/// The elements that are an input of this shape: all, or those of a sample. Dimensions of one make no difference.
fn chosen(array: NpyArray, shape: &Shape, sample: Option<usize>) -> eyre::Result<Vec<f32>> {
    let bare = |dims: &[usize]| dims.iter().copied().filter(|dim| *dim != 1).collect::<Vec<_>>();
    let wanted = bare(&shape.dims().iter().map(|dim| *dim as usize).collect::<Vec<_>>());
    let is_one = bare(&array.shape) == wanted;
    let count = array.shape.split_first().filter(|(_, rest)| bare(rest) == wanted).map(|(count, _)| *count);
    match (sample, count) {
        (None, _) if is_one => Ok(array.data),
        (Some(sample), Some(count)) if sample < count => {
            let len = shape.elements();
            Ok(array.data[sample * len..][..len].to_vec())
        }
        (Some(sample), Some(count)) => Err(eyre!("there is no sample {sample}: it has {count}, counted from 0")),
        (None, Some(count)) => Err(eyre!("it has {count} samples: choose one with --sample")),
        _ => Err(eyre!("it has the shape {:?}, the model takes {shape}", array.shape)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(dims: &[usize], sample: Option<usize>) -> Result<Vec<f32>, String> {
        let data = (0..dims.iter().product::<usize>()).map(|x| x as f32).collect();
        let shape = Shape::new([1, 2, 2]).expect("a shape");
        chosen(NpyArray { shape: dims.to_vec(), data }, &shape, sample).map_err(|error| error.to_string())
    }

    #[test]
    fn one_input_or_a_sample_of_many() {
        let first = Ok(vec![0.0, 1.0, 2.0, 3.0]);
        for dims in [&[2, 2][..], &[1, 2, 2], &[2, 1, 2], &[1, 1, 2, 2]] {
            assert_eq!(take(dims, None), first, "{dims:?}");
        }
        assert_eq!(take(&[3, 2, 2], Some(0)), first);
        assert_eq!(take(&[3, 1, 2, 2], Some(2)), Ok(vec![8.0, 9.0, 10.0, 11.0]));
        assert_eq!(take(&[1, 2, 2], Some(0)), first);
        assert!(take(&[3, 2, 2], None).is_err_and(|error| error.contains("--sample")));
        assert!(take(&[3, 2, 2], Some(3)).is_err_and(|error| error.contains("no sample 3")));
        for (dims, sample) in [(&[4][..], None), (&[2, 2], Some(0)), (&[], None), (&[2, 3], None)] {
            assert!(take(dims, sample).is_err_and(|error| error.contains("takes [1, 2, 2]")), "{dims:?}");
        }
    }
}
