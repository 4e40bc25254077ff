//! Inference as a program: 32 bytes in, 32 bytes out, everything else by preimage.

use crate::blob::{BlobError, BlobReader, commitment, read_pair};
use crate::limits::MAX_MODEL_BYTES;
use crate::run::{Backend, RunError, execute};
use crate::{Model, ModelError};
use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};
use core::fmt::{Debug, Display};
use lux_oracle::Oracle;

/// Failure of a claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError<E: Debug + Display> {
    #[error(transparent)]
    Blob(BlobError<E>),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("{0}")]
    Input(RunError<BlobError<E>>),
}

impl<E: Debug + Display> ClaimError<E> {
    /// The missing preimage, if that is what it is.
    fn oracle(self) -> Option<E> {
        match self {
            Self::Blob(BlobError::Oracle(error)) | Self::Input(RunError::Weights(BlobError::Oracle(error))) => {
                Some(error)
            }
            _ => None,
        }
    }
}

/// Input of the claim that a run of `model` on `input` is about: both by their commitments.
pub fn claim_input(model: B256, input: B256) -> B256 {
    keccak256([model.0, input.0].concat())
}

/// Commitment of the output of the claim with this input; zero, which no blob has, when the model is none, or the input is
/// none for it. The only failure is a missing preimage.
pub fn run_inference<O: Oracle>(input: B256, oracle: &O) -> Result<B256, O::Error> {
    match claim_output(input, oracle) {
        Ok(output) => Ok(commitment(&output)),
        Err(error) => error.oracle().map_or(Ok(B256::ZERO), Err),
    }
}

/// The output that [`run_inference`] hashes, or why there is none.
pub fn claim_output<O: Oracle>(input: B256, oracle: &O) -> Result<Vec<u8>, ClaimError<O::Error>> {
    let [model, data] = read_pair(oracle, input).map_err(ClaimError::Blob)?;
    let model = BlobReader::open(oracle, model, MAX_MODEL_BYTES).and_then(|mut reader| reader.read_all());
    let model = Model::decode(&model.map_err(ClaimError::Blob)?)?;
    let input = BlobReader::open(oracle, data, model.input_bytes()).and_then(|mut reader| reader.read_all());
    let mut weights = Streamed { oracle, model: &model, open: None };
    execute(&model, &input.map_err(ClaimError::Blob)?, &mut weights).map_err(ClaimError::Input)
}

/// Weights through preimages, a piece in memory at a time.
struct Streamed<'a, O> {
    oracle: &'a O,
    model: &'a Model,
    open: Option<(usize, BlobReader<'a, O>)>,
}

impl<O: Oracle> Backend for Streamed<'_, O> {
    type Error = BlobError<O::Error>;

    fn read(&mut self, constant: usize, offset: usize, out: &mut [u8]) -> Result<(), Self::Error> {
        let reader = match &mut self.open {
            Some((open, reader)) if *open == constant => reader,
            slot => {
                let committed = self.model.constant(constant).map_or(B256::ZERO, |constant| constant.commitment);
                let length = self.model.types()[constant].bytes();
                let reader = BlobReader::open(self.oracle, committed, length)?;
                if reader.len() != length {
                    return Err(BlobError::Malformed(committed));
                }
                &mut slot.insert((constant, reader)).1
            }
        };
        reader.read(offset, out)
    }
}
