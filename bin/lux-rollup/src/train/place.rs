//! Which job a command is about, and where.

use crate::layer::LayerArgs;
use alloy_primitives::{Address, B256};
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_protocol::constants::TRAINING;
use lux_protocol::training::ITraining::{Job, trainingParamsCall};
use lux_protocol::training::JobStatus;
use lux_training_chain::Contract;

#[derive(Args, Clone)]
pub struct TrainingArgs {
    #[command(flatten)]
    layer: LayerArgs,
    /// Address of the contract with the training jobs [default: the predeploy on L2, the rollup on L1].
    #[arg(long, value_name = "ADDRESS")]
    contract: Option<Address>,
}

impl TrainingArgs {
    pub async fn find(&self) -> eyre::Result<Contract> {
        let (chain, address, _) = self.layer.place(self.contract, TRAINING).await?;
        if chain.code(address).await?.is_empty() {
            return Err(eyre!("there is no contract at {address} on this chain; --contract names it"));
        }
        let params = chain.view(address, trainingParamsCall {}).await;
        params.wrap_err_with(|| format!("{address} has no training: on L1 it needs the preset zip"))?;
        Ok(Contract { chain, address })
    }
}

/// A training job.
#[derive(Args, Clone)]
pub struct NamedJob {
    /// Id of the job.
    pub job: B256,
    #[command(flatten)]
    training: TrainingArgs,
}

impl NamedJob {
    pub async fn find(&self) -> eyre::Result<(Contract, Job)> {
        let contract = self.training.find().await?;
        let job = contract.job(self.job).await?;
        if job.status == JobStatus::None {
            return Err(eyre!("the contract {} has no job {}", contract.address, self.job));
        }
        Ok((contract, job))
    }
}
