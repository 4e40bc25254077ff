//! What is computed for a task, off the chain.

use crate::board::Offer;
use crate::records::Record;
use crate::run::{claimed_output, run_natively, run_on_machine};
use crate::{ComputeError, DataError, Library, LoadedModel, Market};
use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolEvent;
use lux_l1::{L1Error, LogFilter};
use lux_protocol::ClaimTrace;
use lux_protocol::constants::MAX_CHECKPOINTS;
use lux_protocol::market::MAX_INLINE_BYTES;
use lux_protocol::market::contract::IComputeMarket::ModelTermsSet;
use std::sync::Arc;

/// Blocks per query for a model's location.
const BLOCKS_PER_QUERY: u64 = 10_000;

/// A market, and models and inputs to serve it.
pub struct Shop {
    pub market: Market,
    pub library: Library,
}

/// A task whose output is known.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What the run takes, as the model's terms count it.
    pub gas: u64,
    pub output: Bytes,
}

/// Why a worker leaves a task to others.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("the model is not registered")]
    UnknownModel,
    #[error("the model takes {flops} FLOPs, more than this worker's limit of {limit}")]
    TooLarge { flops: u64, limit: u64 },
    #[error("it pays for {offered} gas, and the model takes {needed}: requiredFlops is too small")]
    PaysTooLittle { offered: u64, needed: u64 },
    #[error("its input has no output under this model")]
    NoOutput,
    #[error("its output of {0} bytes must come inline, which takes at most {MAX_INLINE_BYTES}")]
    OutputTooLong(usize),
}

impl Shop {
    /// Model and input of a task, fetched where the store lacks them.
    pub async fn data(&self, offer: &Offer) -> Result<(Arc<LoadedModel>, bytes::Bytes), ComputeError> {
        let model = match self.library.model(offer.model, "").await {
            Err(error) if error.may_pass() => {
                let location = self.model_location(offer.model).await?;
                self.library.model(offer.model, &location).await?
            }
            found => found?,
        };
        let input = self.library.input(&model, offer).await?;
        Ok((model, input))
    }

    /// The output of a task that pays for its run; kept in the store.
    pub async fn prepare(&self, offer: &Offer, max_flops: u64) -> Result<Result<Prepared, Refusal>, ComputeError> {
        let terms = self.market.model(offer.model).await?;
        let flops_per_gas: u64 = terms.flopsPerGas.to();
        if flops_per_gas == 0 {
            return Ok(Err(Refusal::UnknownModel));
        }
        let (model, input) = match self.data(offer).await {
            Err(ComputeError::Data(error)) => return Ok(Err(error.into())),
            found => found?,
        };
        let flops = model.flops();
        if flops > max_flops {
            return Ok(Err(Refusal::TooLarge { flops, limit: max_flops }));
        }
        let gas = flops.div_ceil(flops_per_gas).max(1);
        if gas > offer.gas_limit {
            return Ok(Err(Refusal::PaysTooLittle { offered: offer.gas_limit, needed: gas }));
        }
        let Some(output) = run_natively(model, input).await? else { return Ok(Err(Refusal::NoOutput)) };
        if offer.wants_output() && output.len() > MAX_INLINE_BYTES {
            return Ok(Err(Refusal::OutputTooLong(output.len())));
        }
        let output = bytes::Bytes::from(output);
        self.library.store().put(output.clone()).await.map_err(DataError::Input)?;
        Ok(Ok(Prepared { gas, output: output.into() }))
    }

    /// The evidence for an output.
    pub async fn record(&self, offer: &Offer, prepared: &Prepared) -> Result<Record, ComputeError> {
        let (model, input) = self.data(offer).await?;
        let output = claimed_output(Some(&prepared.output));
        let (_, run) = run_on_machine(model, input, output).await?;
        let inline = if prepared.output.len() <= MAX_INLINE_BYTES { prepared.output.clone() } else { Bytes::new() };
        Ok(Record {
            input: offer.claim_input(),
            output,
            gas_used: prepared.gas,
            inline,
            trace: ClaimTrace::of_run(&run.checkpoints, MAX_CHECKPOINTS).encode(),
        })
    }

    /// Where the owner of a model says that it is; empty if nobody said.
    async fn model_location(&self, model: B256) -> Result<String, L1Error> {
        let filter = LogFilter { addresses: vec![self.market.address], topics: vec![ModelTermsSet::SIGNATURE_HASH] };
        let mut end = self.market.chain.block_number().await?;
        loop {
            let start = end.saturating_sub(BLOCKS_PER_QUERY - 1);
            for log in self.market.chain.logs(&filter, start, end).await?.iter().rev() {
                if log.topics().get(1) == Some(&model)
                    && let Ok(event) = ModelTermsSet::decode_log_data(log.data())
                {
                    return Ok(event.location);
                }
            }
            if start == 0 {
                return Ok(String::new());
            }
            end = start - 1;
        }
    }
}
