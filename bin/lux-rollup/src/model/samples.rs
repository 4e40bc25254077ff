//! Samples of what a network will meet: a file for each input, whose first axis counts the samples.

use super::files::read_npy;
use eyre::eyre;
use lux_inference::import::{Array, FloatOp, Graph};
use lux_models::NpyArray;
use std::path::PathBuf;

/// Sizes that the network's file gives; those without a number may vary.
pub type Dims = [Option<usize>];

pub struct Samples {
    /// For each input, the shape of a sample, and all of them.
    inputs: Vec<(Vec<usize>, NpyArray)>,
    count: usize,
}

impl Samples {
    /// A file for each input, in order.
    pub fn read(graph: &Graph, files: &[PathBuf]) -> eyre::Result<Self> {
        if files.len() != graph.inputs.len() {
            let names: Vec<_> = graph.inputs.iter().map(|id| &graph.values[*id].name[..]).collect();
            return Err(eyre!(
                "{} files of samples for {} inputs: repeat the option for {}, in this order",
                files.len(),
                names.len(),
                names.join(", ")
            ));
        }
        let mut inputs = Vec::new();
        for (id, file) in graph.inputs.iter().zip(files) {
            let (array, name) = (read_npy(file)?, file.display());
            let Some((_, sample)) = array.shape.split_first().filter(|_| !array.data.is_empty()) else {
                return Err(eyre!("{name} has no samples: its first axis counts them"));
            };
            let value = &graph.values[*id];
            let FloatOp::Input { dims, .. } = &value.op else { continue };
            let shape = fitted(sample, dims.as_deref()).ok_or_else(|| {
                let (dims, input) = (shown(dims.as_deref()), &value.name);
                eyre!("{name} has samples of shape {sample:?}; the input {input} takes {dims}")
            })?;
            inputs.push((shape, array));
        }
        let count = inputs[0].1.shape[0];
        match inputs.iter().zip(files).find(|((_, array), _)| array.shape[0] != count) {
            Some(((_, array), file)) => {
                let (name, first) = (file.display(), files[0].display());
                Err(eyre!("{name} has {} samples, and {first} has {count}", array.shape[0]))
            }
            None => Ok(Self { inputs, count }),
        }
    }

    pub const fn count(&self) -> usize {
        self.count
    }

    /// An array for each input, sample by sample.
    pub fn iter(&self) -> impl Iterator<Item = Vec<Array>> {
        (0..self.count).map(|sample| {
            let array = |(shape, all): &(Vec<usize>, NpyArray)| {
                let len = all.data.len() / self.count;
                Array { shape: shape.clone(), data: all.data[sample * len..][..len].to_vec() }
            };
            self.inputs.iter().map(array).collect()
        })
    }
}

/// The shape under which a network takes a sample: as it is, or with another number of leading ones.
fn fitted(sample: &[usize], dims: Option<&Dims>) -> Option<Vec<usize>> {
    let Some(dims) = dims else { return Some(sample.to_vec()) };
    let fits = |shape: &[usize]| {
        shape.len() == dims.len() && shape.iter().zip(dims).all(|(size, dim)| dim.is_none_or(|dim| dim == *size))
    };
    let longer = [&[1], sample].concat();
    let shorter = sample.strip_prefix(&[1]).unwrap_or(sample);
    [sample, &longer, shorter].into_iter().find(|shape| fits(shape)).map(<[usize]>::to_vec)
}

/// `[?, 64]`
pub fn shown(dims: Option<&Dims>) -> String {
    let Some(dims) = dims else { return "any shape".into() };
    let sizes: Vec<_> = dims.iter().map(|dim| dim.map_or("?".into(), |dim| dim.to_string())).collect();
    format!("[{}]", sizes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lux_inference::import::Float;

    #[test]
    fn samples_fit_with_and_without_a_batch_of_one() {
        let dims = [None, Some(64)];
        assert_eq!(fitted(&[64], Some(&dims)), Some(vec![1, 64]));
        assert_eq!(fitted(&[1, 64], Some(&dims)), Some(vec![1, 64]));
        assert_eq!(fitted(&[3, 64], Some(&dims)), Some(vec![3, 64]));
        assert_eq!(fitted(&[1, 64], Some(&dims[1..])), Some(vec![64]));
        for other in [&[65][..], &[8, 8], &[2, 1, 64], &[]] {
            assert_eq!(fitted(other, Some(&dims)), None, "{other:?}");
        }
        assert_eq!(fitted(&[8, 8], None), Some(vec![8, 8]));
        assert_eq!((shown(Some(&dims)), shown(None)), ("[?, 64]".into(), "any shape".into()));
    }

    #[test]
    fn a_file_for_each_input() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = |name: &str, shape: &[usize]| {
            let data = (0..shape.iter().product::<usize>()).map(|x| x as f32).collect();
            let path = folder.path().join(name);
            std::fs::write(&path, NpyArray { shape: shape.to_vec(), data }.encode()).expect("writable");
            path
        };
        let value = |name: &str, dims: Option<Vec<Option<usize>>>| Float {
            name: name.into(),
            op: FloatOp::Input { indices: false, dims },
        };
        let values = vec![value("a", Some(vec![Some(1), Some(2)])), value("b", None)];
        let graph = Graph { values, inputs: vec![0, 1], outputs: vec![] };
        let (a, b) = (file("a.npy", &[3, 2]), file("b.npy", &[3, 1, 1]));
        let samples = Samples::read(&graph, &[a.clone(), b]).expect("they fit");
        let last = samples.iter().last().expect("three samples");
        assert_eq!((samples.count(), &last[0].shape[..], &last[0].data[..]), (3, &[1, 2][..], &[4.0, 5.0][..]));
        assert_eq!((&last[1].shape[..], &last[1].data[..]), (&[1, 1][..], &[2.0][..]));

        let refused = |files: &[PathBuf]| Samples::read(&graph, files).err().map(|error| error.to_string());
        let lacks = refused(std::slice::from_ref(&a)).expect("one of two");
        assert!(lacks.contains("repeat the option for a, b"), "{lacks}");
        let fewer = refused(&[a.clone(), file("c.npy", &[2])]).expect("another number of samples");
        assert!(fewer.contains("c.npy has 2 samples"), "{fewer}");
        let none = refused(&[a, file("d.npy", &[])]).expect("no axis of samples");
        assert!(none.contains("d.npy has no samples"), "{none}");
    }
}
