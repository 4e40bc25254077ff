//! What is computed for a task, off the chain.

use crate::board::Offer;
use crate::malformed::Malformed;
use crate::records::Record;
use crate::run::{claimed_output, infer_program_id, run_natively, run_own};
use crate::sealed::{Input, erased};
use crate::{ComputeError, Costs, DataError, Library, Loss, Market, Work};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolEvent;
use lux_blobs::BlobError;
use lux_confidential::DecryptionKey;
use lux_inference::ops::Operation;
use lux_inference::{Definition, Model};
use lux_l1::Log;
use lux_protocol::ClaimTrace;
use lux_protocol::constants::MAX_CHECKPOINTS;
use lux_protocol::market::MAX_INLINE_BYTES;
use lux_protocol::market::contract::IComputeMarket::ModelTermsSet;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

/// A market, and models and inputs to serve it.
pub struct Shop {
    pub market: Market,
    pub library: Library,
    /// Programs by their versions, and locations of models: neither ever changes.
    programs: Mutex<BTreeMap<u8, B256>>,
    locations: Mutex<BTreeMap<B256, String>>,
    /// FLOPs per gas of registered models.
    prices: Mutex<BTreeMap<B256, u64>>,
    /// Of the enclaves that this process is.
    pub(crate) decryption_keys: Vec<DecryptionKey>,
}

/// Whether every input of the right length has an output: only an index into a table can be beyond it.
fn has_every_output(model: &Model) -> bool {
    !model.definitions().iter().any(|definition| matches!(definition, Definition::Node(Operation::Gather(_))))
}

/// Longest that fetching for one task goes on at a time: a slow place must not keep others waiting for ever. What is there by then
/// stays, so that large models arrive all the same.
const FETCH_TIME: Duration = Duration::from_secs(600);

async fn in_time<T>(fetch: impl Future<Output = Result<T, ComputeError>>) -> Result<T, ComputeError> {
    let late =
        || DataError::Blob(BlobError::TimedOut { url: "the places of its data".into(), what: "fetching for a task" });
    tokio::time::timeout(FETCH_TIME, fetch).await.unwrap_or_else(|_| Err(late().into()))
}

/// Models whose location and terms are remembered.
const MAX_REMEMBERED: usize = 10_000;

/// A task that has an output.
#[derive(Clone)]
pub struct Prepared {
    /// What the run takes, as the model's terms count it.
    pub gas: u64,
    pub work: Work,
    /// `None`: it has one whatever the input is, and is not computed before it is claimed.
    output: Option<Bytes>,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("gas", &self.gas).field("work", &self.work).finish_non_exhaustive()
    }
}

impl Prepared {
    /// Whether the output was computed already.
    pub const fn is_computed(&self) -> bool {
        self.output.is_some()
    }
}

/// Evidence for an output, and what it took.
#[derive(Debug)]
pub struct Recorded {
    pub record: Record,
    pub seconds: f64,
}

/// What a worker takes on.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub max_flops: u64,
    /// `None`: whatever a task pays.
    pub costs: Option<Costs>,
}

impl Bounds {
    fn gain(&self, work: Work, gas_used: u64, gas_price: u64) -> Result<U256, Loss> {
        self.costs.map_or(Ok(U256::ZERO), |costs| costs.gain(work, gas_used, gas_price))
    }
}

/// Why a worker leaves a task to others.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("it runs another program than this version's inference")]
    OtherProgram,
    #[error("the model is not registered")]
    UnknownModel,
    #[error("the model takes {flops} FLOPs, more than this worker's limit of {limit}")]
    TooLarge { flops: u64, limit: u64 },
    #[error("it pays for {offered} gas, and the model takes {needed}: requiredFlops is too small")]
    PaysTooLittle { offered: u64, needed: u64 },
    #[error(transparent)]
    AtALoss(#[from] Loss),
    #[error("its input has no output under this model")]
    NoOutput,
    #[error("its output of {0} bytes must come inline, which takes at most {MAX_INLINE_BYTES}")]
    OutputTooLong(usize),
}

impl Refusal {
    /// Whether the task may be served later.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Data(error) => error.may_pass(),
            // Gas gets cheaper.
            Self::AtALoss(_) => true,
            _ => false,
        }
    }
}

impl Shop {
    pub const fn new(market: Market, library: Library) -> Self {
        Self {
            market,
            library,
            programs: Mutex::new(BTreeMap::new()),
            locations: Mutex::new(BTreeMap::new()),
            prices: Mutex::new(BTreeMap::new()),
            decryption_keys: Vec::new(),
        }
    }

    /// Whether tasks of this version are inferences by the program that this binary has.
    pub async fn is_inference(&self, version: u8) -> Result<bool, ComputeError> {
        let known = self.programs.lock().get(&version).copied();
        let program = match known {
            Some(program) => Some(program),
            None => self.market.program_of(version).await?,
        };
        if let Some(program) = program {
            self.programs.lock().insert(version, program);
        }
        Ok(program == Some(infer_program_id()))
    }

    /// Fetches what the store lacks for a task. What a task of a stranger does not pay for is not fetched: with bounds, its price
    /// is looked at before its weights.
    pub async fn fetch(&self, offer: &Offer, bounds: Option<Bounds>) -> Result<Result<(), Refusal>, ComputeError> {
        if !self.is_inference(offer.program_version).await? {
            return Ok(Err(Refusal::OtherProgram));
        }
        match in_time(self.fetch_data(offer, bounds)).await {
            Err(ComputeError::Data(error)) => Ok(Err(error.into())),
            fetched => fetched,
        }
    }

    async fn fetch_data(&self, offer: &Offer, bounds: Option<Bounds>) -> Result<Result<(), Refusal>, ComputeError> {
        let library = &self.library;
        let mut location = String::new();
        if !library.has_model(offer.model).await? {
            // Even the graph of a model is not fetched for what pays for nothing.
            if let Some(bounds) = bounds
                && let Err(loss) = bounds.gain(Work::default(), offer.gas_limit, offer.gas_price)
            {
                return Ok(Err(loss.into()));
            }
            location = self.model_location(offer.model).await?;
            if !library.store().has(offer.model).await.map_err(DataError::Blob)? {
                library.fetch_graph(offer.model, &location).await?;
            }
        }
        let graph = library.graph(offer.model).await?;
        if let Some(bounds) = bounds {
            let fetched_bytes = library.missing_bytes(&graph, offer.input.commitment).await?;
            let work = Work { fetched_bytes, ..Work::of_fetched(&graph, offer.flags).sealed(offer.is_sealed()) };
            if let Err(refusal) = self.gas(offer, work, bounds).await? {
                return Ok(Err(refusal));
            }
        }
        // The input first: where it is none for this model, the weights are not needed.
        library.fetch_input(&graph, offer).await?;
        if !library.has_model(offer.model).await? {
            library.fetch_weights(offer.model, &location).await?;
        }
        Ok(Ok(()))
    }

    /// What there is of the data of a task that seem to be none; `None` if they are all right.
    pub async fn malformed(&self, offer: &Offer) -> Result<Option<Malformed>, ComputeError> {
        in_time(async {
            let location = self.model_location(offer.model).await?;
            Ok(self.library.malformed(offer, &location).await?)
        })
        .await
    }

    /// What a run costs by the model's terms, if the task pays for it.
    async fn gas(&self, offer: &Offer, work: Work, bounds: Bounds) -> Result<Result<u64, Refusal>, ComputeError> {
        let flops = work.flops;
        let Some(flops_per_gas) = self.flops_per_gas(offer.model).await? else { return Ok(Err(Refusal::UnknownModel)) };
        let (needed, limit) = (flops.div_ceil(flops_per_gas).max(1), bounds.max_flops);
        Ok(match offer.gas_limit {
            _ if flops > limit => Err(Refusal::TooLarge { flops, limit }),
            offered if offered < needed => Err(Refusal::PaysTooLittle { offered, needed }),
            _ => bounds.gain(work, needed, offer.gas_price).map(|_| needed).map_err(Refusal::AtALoss),
        })
    }

    /// `None` for a model that is not registered.
    async fn flops_per_gas(&self, model: B256) -> Result<Option<u64>, ComputeError> {
        let known = self.prices.lock().get(&model).copied();
        if known.is_some() {
            return Ok(known);
        }
        let flops_per_gas = Some(self.market.model(model).await?.flopsPerGas.to()).filter(|flops: &u64| *flops > 0);
        let mut prices = self.prices.lock();
        if let Some(flops) = flops_per_gas
            && prices.len() < MAX_REMEMBERED
        {
            prices.insert(model, flops);
        }
        Ok(flops_per_gas)
    }

    /// Makes sure that a task has an output, whose data were fetched. Others may be at the same task: what can wait until it is
    /// claimed is not computed.
    pub async fn prepare(&self, offer: &Offer, bounds: Bounds) -> Result<Result<Prepared, Refusal>, ComputeError> {
        let (model, input) = match self.load(offer).await {
            Err(ComputeError::Data(error)) => return Ok(Err(error.into())),
            loaded => loaded?,
        };
        let graph = &model.bundle.model;
        let work = Work::of_fetched(graph, offer.flags).sealed(offer.is_sealed());
        let gas = match self.gas(offer, work, bounds).await? {
            Err(refusal) => return Ok(Err(refusal)),
            Ok(gas) => gas,
        };
        if offer.wants_output() && work.output_bytes > MAX_INLINE_BYTES {
            return Ok(Err(Refusal::OutputTooLong(work.output_bytes)));
        }
        if has_every_output(graph) {
            return Ok(Ok(Prepared { gas, work, output: None }));
        }
        let Some(output) = run_natively(model, input.data).await? else { return Ok(Err(Refusal::NoOutput)) };
        Ok(Ok(Prepared { gas, work, output: Some(erased(output).into()) }))
    }

    /// The output, kept in the store, and the evidence for it.
    pub async fn record(&self, offer: &Offer, prepared: &Prepared) -> Result<Recorded, ComputeError> {
        let started = Instant::now();
        let (model, Input { data: input, seal }) = self.load(offer).await?;
        let output = match &prepared.output {
            Some(output) => output.clone(),
            None => {
                let output = run_natively(model.clone(), input.clone()).await?;
                erased(output.ok_or_else(|| {
                    ComputeError::Config(format!("model {} has no output after all: please report this", offer.model))
                })?)
                .into()
            }
        };
        // From here on there is nothing but what everybody may see.
        let output = seal.as_ref().map_or(output.clone(), |seal| seal.output(&output, offer));
        let commitment = claimed_output(Some(&output));
        if let Err(error) = self.library.store().put(output.clone().into()).await {
            // The evidence does not need it, and it can be computed again.
            tracing::warn!(output = %commitment, %error, "an output is not kept");
        }
        // Nobody can check a trace of a sealed run.
        let trace = match seal {
            Some(_) => Bytes::new(),
            None => {
                let run = run_own(model, input, commitment).await?;
                ClaimTrace::of_run(&run.checkpoints, MAX_CHECKPOINTS).encode()
            }
        };
        let record = Record {
            input: offer.claim_input(),
            output: commitment,
            gas_used: prepared.gas,
            inline: if output.len() <= MAX_INLINE_BYTES { output } else { Bytes::new() },
            trace,
        };
        Ok(Recorded { record, seconds: started.elapsed().as_secs_f64() })
    }

    /// Where the owner of a model says that it is; empty if nobody said.
    async fn model_location(&self, model: B256) -> Result<String, ComputeError> {
        if let Some(location) = self.locations.lock().get(&model) {
            return Ok(location.clone());
        }
        let location = |log: &Log| {
            let event = ModelTermsSet::decode_log_data(log.data()).ok()?;
            (event.modelHash == model).then_some(event.location)
        };
        let location = self.market.find_last(ModelTermsSet::SIGNATURE_HASH, location).await?.unwrap_or_default();
        let mut locations = self.locations.lock();
        if locations.len() < MAX_REMEMBERED {
            locations.insert(model, location.clone());
        }
        Ok(location)
    }
}
