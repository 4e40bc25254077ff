//! Weights as safetensors files.

use crate::{Architecture, FederatedError};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;

const ARCHITECTURE: &str = "architecture";
const ROUND: &str = "round";

/// Weights after a round, as tensors `layer0.weight`, `layer0.bias` and so on, in float32.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    pub architecture: Architecture,
    pub parameters: Vec<f32>,
    /// Rounds behind it.
    pub round: u64,
}

impl Checkpoint {
    pub fn encode(&self) -> Result<Vec<u8>, FederatedError> {
        let bytes: Vec<u8> = self.parameters.iter().flat_map(|x| x.to_le_bytes()).collect();
        let mut tensors = Vec::new();
        for (index, layer) in self.architecture.layers().into_iter().enumerate() {
            let part = |from: usize, to: usize| &bytes[4 * from..4 * to];
            let weights = part(layer.weights, layer.biases);
            let biases = part(layer.biases, layer.biases + layer.outputs);
            tensors.push((format!("layer{index}.weight"), view(vec![layer.outputs, layer.inputs], weights)?));
            tensors.push((format!("layer{index}.bias"), view(vec![layer.outputs], biases)?));
        }
        let architecture = serde_json::to_string(&self.architecture).map_err(problem)?;
        let metadata =
            HashMap::from([(ARCHITECTURE.to_owned(), architecture), (ROUND.to_owned(), self.round.to_string())]);
        safetensors::serialize(tensors, Some(metadata)).map_err(problem)
    }

    pub fn decode(file: &[u8]) -> Result<Self, FederatedError> {
        let (_, metadata) = SafeTensors::read_metadata(file).map_err(problem)?;
        let field = |name: &str| metadata.metadata().as_ref().and_then(|fields| fields.get(name).cloned());
        let missing = || problem("its metadata lack architecture and round: it was not written by this program");
        let architecture: Architecture =
            serde_json::from_str(&field(ARCHITECTURE).ok_or_else(missing)?).map_err(problem)?;
        architecture.check()?;
        let round = field(ROUND).and_then(|round| round.parse().ok()).ok_or_else(missing)?;
        let tensors = SafeTensors::deserialize(file).map_err(problem)?;
        let mut parameters = Vec::with_capacity(file.len() / 4);
        for (index, layer) in architecture.layers().into_iter().enumerate() {
            for (name, shape) in [("weight", vec![layer.outputs, layer.inputs]), ("bias", vec![layer.outputs])] {
                let name = format!("layer{index}.{name}");
                let tensor = tensors.tensor(&name).map_err(problem)?;
                if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
                    return Err(problem(format!("{name} is no float32 tensor of shape {shape:?}")));
                }
                parameters.extend(tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
            }
        }
        let finite = parameters.iter().all(|x| x.is_finite());
        finite.then_some(Self { architecture, parameters, round }).ok_or_else(|| problem("a weight is not finite"))
    }
}

fn view(shape: Vec<usize>, bytes: &[u8]) -> Result<TensorView<'_>, FederatedError> {
    TensorView::new(Dtype::F32, shape, bytes).map_err(problem)
}

fn problem(problem: impl ToString) -> FederatedError {
    FederatedError::Checkpoint(problem.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let architecture = Architecture { inputs: 3, hidden: vec![4], classes: 2 };
        Checkpoint { parameters: architecture.initial([2; 32]), architecture, round: 7 }
    }

    #[test]
    fn round_trip() {
        assert_eq!(Checkpoint::decode(&checkpoint().encode().unwrap()).unwrap(), checkpoint());
    }

    /// Never a panic, and never other weights than float32 hold.
    #[test]
    fn changed_bytes() {
        let file = checkpoint().encode().unwrap();
        for at in 0..file.len() {
            assert!(Checkpoint::decode(&file[..at]).is_err());
            for change in [0x01, 0x80, 0xff] {
                let mut changed = file.clone();
                changed[at] ^= change;
                if let Ok(found) = Checkpoint::decode(&changed) {
                    assert_eq!(found.parameters.len(), found.architecture.parameters());
                    assert!(found.parameters.iter().all(|x| x.is_finite()));
                }
            }
        }
    }
}
