//! Tasks whose model or input is none. The program halts on them without an output, so every result is false; here is what it
//! reads before it does.

use crate::board::Offer;
use crate::library::flops_of;
use crate::{DataError, Library};
use alloy_primitives::B256;
use lux_blobs::{BlobError, BlobHead};
use lux_inference::limits::MAX_MODEL_BYTES;
use lux_models::{ModelsError, Witness};
use std::collections::BTreeMap;

/// The data of such a task.
#[derive(Clone, Debug)]
pub struct Malformed {
    model: B256,
    input: B256,
    /// Blobs that are longer than what the program takes: it reads their length only.
    heads: Vec<BlobHead>,
    /// Blobs in the store, with their lengths.
    whole: Vec<(B256, u64)>,
    /// The run takes no more.
    pub flops: u64,
    /// Why other data are not there. The program may halt without them.
    pub lacks: Option<DataError>,
}

enum Found {
    Whole(u64),
    Longer(BlobHead),
}

impl Library {
    /// What can be had of the data of a task, in the order in which the program reads them; `None` if nothing is wrong with them.
    pub async fn malformed(&self, offer: &Offer, location: &str) -> Result<Option<Malformed>, DataError> {
        let (model, input) = (offer.model, offer.input.commitment);
        let mut data = Malformed { model, input, heads: Vec::new(), whole: Vec::new(), flops: 0, lacks: None };
        let found = self.find(model, MAX_MODEL_BYTES as u64, location).await?;
        if data.take(model, found).is_none() {
            return Ok(Some(data));
        }
        let graph = match self.graph(model).await {
            Err(DataError::Model(ModelsError::Model { .. })) => return Ok(Some(data)),
            graph => graph?,
        };
        let expected = graph.input_bytes() as u64;
        let found = self.find(input, expected, &offer.location()).await?;
        if data.take(input, found) != Some(expected) {
            return Ok(Some(data));
        }
        self.check_weight_bytes(model, &graph)?;
        data.flops = flops_of(&graph);
        // One blob may be weights of several types, one of which it has the length of.
        let mut lengths: BTreeMap<B256, Vec<u64>> = BTreeMap::new();
        for (value, constant) in graph.constants() {
            lengths.entry(constant.commitment).or_default().push(graph.types()[value].bytes() as u64);
        }
        let mut is_malformed = false;
        for (weights, lengths) in lengths {
            let most = lengths.iter().copied().max().unwrap_or_default();
            match self.find(weights, most, location).await {
                Ok(found) => {
                    let length = data.take(weights, found);
                    is_malformed |= lengths.iter().any(|expected| length != Some(*expected));
                }
                Err(error) => data.lacks = Some(error),
            }
        }
        match (is_malformed, data.lacks.take()) {
            (true, lacks) => Ok(Some(Malformed { lacks, ..data })),
            (false, None) => Ok(None),
            (false, Some(error)) => Err(error),
        }
    }

    /// A blob of at most `limit` bytes, in the store when this returns, or the head of a longer one.
    async fn find(&self, blob: B256, limit: u64, location: &str) -> Result<Found, DataError> {
        if self.store().has(blob).await.map_err(DataError::Blob)? {
            let head = self.store().index(blob).await.map_err(DataError::Blob)?.head();
            return Ok(if head.length > limit { Found::Longer(head) } else { Found::Whole(head.length) });
        }
        let mut failure = DataError::NoPlace("the data");
        for (client, place) in self.places(location) {
            let error = match client.fetch_into(self.store(), place, blob, limit).await {
                Ok(length) => return Ok(Found::Whole(length)),
                // So far this is what the place says.
                Err(error @ BlobError::TooLarge { .. }) => match client.head(place, blob).await {
                    Ok(head) if head.length > limit => return Ok(Found::Longer(head)),
                    Ok(_) => error,
                    Err(error) => error,
                },
                Err(error) => error,
            };
            failure = DataError::Blob(error);
        }
        Err(failure)
    }

    /// A witness of the run about these data.
    pub async fn witness(&self, data: &Malformed) -> Result<Witness, DataError> {
        let mut witness = Witness::of_claim(data.model, data.input);
        data.heads.iter().for_each(|head| witness.add(&head.encode()));
        for (blob, length) in &data.whole {
            witness.add_blob(&self.store().get(*blob, *length).await.map_err(DataError::Blob)?);
        }
        Ok(witness)
    }
}

impl Malformed {
    /// The length of a blob that the program reads; `None` if it is too long for that.
    fn take(&mut self, blob: B256, found: Found) -> Option<u64> {
        match found {
            Found::Whole(length) => {
                self.whole.push((blob, length));
                Some(length)
            }
            Found::Longer(head) => {
                self.heads.push(head);
                None
            }
        }
    }
}
