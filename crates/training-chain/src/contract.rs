//! The training contract, on L1 or L2.

use crate::ChainError;
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolEvent, SolValue};
use lux_dispute::Judge;
use lux_l1::{L1Client, Log, LogFilter, ViewError};
use lux_protocol::contracts::Claim;
use lux_protocol::training::ITraining::{
    self, Accusation, AccusationTraceRevealed, Dispute, Job, JobConfig, JobTermsSet, Member, Params, Run, TraceRevealed,
};
use lux_protocol::training::{Misbehaviour, TrainingJob};

/// Evidence of kind `Fault`.
pub const FAULT: u8 = 0;

/// Where training is: a rollup on L1, or the predeploy of an L2.
#[derive(Clone, Debug)]
pub struct Contract {
    pub chain: L1Client,
    pub address: Address,
}

/// A job as it was made.
#[derive(Clone, Debug)]
pub struct Created {
    /// The block with it.
    pub block: u64,
    pub creator: Address,
    pub job: TrainingJob,
    pub config: JobConfig,
}

impl Contract {
    pub async fn job(&self, id: B256) -> Result<Job, ViewError> {
        self.chain.view(self.address, ITraining::getJobCall { jobId: id }).await
    }

    pub async fn run(&self, id: B256, attempt: u64) -> Result<Run, ViewError> {
        self.chain.view(self.address, ITraining::getRunCall { jobId: id, attempt: U256::from(attempt) }).await
    }

    pub async fn member(&self, id: B256, worker: Address) -> Result<Member, ViewError> {
        self.chain.view(self.address, ITraining::getMemberCall { jobId: id, worker }).await
    }

    /// Free balance, wei.
    pub async fn balance_of(&self, account: Address) -> Result<U256, ViewError> {
        self.chain.view(self.address, ITraining::balanceOfCall { account }).await
    }

    pub async fn params(&self) -> Result<Params, ViewError> {
        self.chain.view(self.address, ITraining::trainingParamsCall {}).await
    }

    /// The program of claims from now on; zero while none are taken.
    pub async fn program(&self) -> Result<B256, ViewError> {
        Ok(self.chain.view(self.address, ITraining::aggregateProgramCall {}).await?.program)
    }

    /// Time from which a claimed run is final, seconds.
    pub async fn final_at(&self, id: B256, attempt: u64) -> Result<u64, ViewError> {
        let call = ITraining::finalAtCall { jobId: id, attempt: U256::from(attempt) };
        Ok(self.chain.view(self.address, call).await?.saturating_to())
    }

    /// A job's terms; `None` where no job has the id.
    pub async fn created(&self, id: B256) -> Result<Option<Created>, ChainError> {
        let filter = LogFilter { addresses: vec![self.address], topics: vec![JobTermsSet::SIGNATURE_HASH] };
        let find = |log: &Log| {
            let event = JobTermsSet::decode_log_data(log.data()).ok().filter(|event| event.jobId == id)?;
            let block = log.block_number?;
            Some(Created { block, creator: event.creator, job: event.job, config: event.config })
        };
        Ok(self.chain.find_last_log(&filter, 0, find).await?)
    }

    pub async fn accusation(&self, id: B256) -> Result<Accusation, ViewError> {
        self.chain.view(self.address, ITraining::getAccusationCall { accusation: id }).await
    }

    /// The program that accusations of a kind rest on; zero while none are taken.
    pub async fn accusation_program(&self, kind: Misbehaviour) -> Result<B256, ViewError> {
        self.chain.view(self.address, ITraining::accusationProgramCall { kind }).await
    }

    /// Time from which an open accusation has stood, seconds.
    pub async fn accusation_final_at(&self, id: B256) -> Result<u64, ViewError> {
        let call = ITraining::accusationFinalAtCall { accusation: id };
        Ok(self.chain.view(self.address, call).await?.saturating_to())
    }

    /// Who decides about an accusation.
    pub(crate) fn judge_of(&self, id: B256, accusation: &Accusation, first_block: u64) -> Judge {
        Judge {
            chain: self.chain.clone(),
            module: accusation.module,
            holder: self.address,
            revealed_event: AccusationTraceRevealed::SIGNATURE_HASH,
            subject: id,
            first_block,
        }
    }

    /// The claim that evidence about a run is about.
    pub(crate) fn claim(&self, id: B256, attempt: u64, [program, input, output, trace]: [B256; 4]) -> Claim {
        let run = keccak256((id, U256::from(attempt)).abi_encode());
        Claim { program, input, output, trace, claimedAt: run.into() }
    }

    pub(crate) async fn dispute(&self, id: B256, attempt: u64) -> Result<Dispute, ViewError> {
        self.chain.view(self.address, ITraining::getDisputeCall { jobId: id, attempt: U256::from(attempt) }).await
    }

    /// Who decides about a claim. Without a dispute about it, the module that a new one would begin with.
    pub(crate) async fn judge(&self, id: B256, attempt: u64, first_block: u64) -> Result<Judge, ChainError> {
        let mut module = self.dispute(id, attempt).await?.module;
        if module.is_zero() {
            module = self.chain.view(self.address, ITraining::trainingEvidenceCall { kind: FAULT }).await?;
        }
        if module.is_zero() {
            return Err(ChainError::Config(format!("the contract {} has no fault proofs now", self.address)));
        }
        Ok(Judge {
            chain: self.chain.clone(),
            module,
            holder: self.address,
            revealed_event: TraceRevealed::SIGNATURE_HASH,
            subject: id,
            first_block,
        })
    }
}
