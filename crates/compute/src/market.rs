//! The market contract, on L1 or L2.

use crate::ComputeError;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent;
use lux_dispute::Judge;
use lux_l1::{CallError, L1Client, L1Error, Log, LogFilter, ViewError};
use lux_protocol::contracts::{Claim, IFaultProof};
use lux_protocol::market::EvidenceKind;
use lux_protocol::market::contract::IComputeMarket::{self, Account, Model, Params, ProgramSet, Task, TraceRevealed};
use lux_protocol::market::contract::Purpose;

/// Where a market is.
#[derive(Clone, Debug)]
pub struct Market {
    pub chain: L1Client,
    pub address: Address,
}

impl Market {
    /// Whether tasks of this program are taken.
    pub async fn is_open(&self, program: B256) -> Result<bool, ViewError> {
        let call = IComputeMarket::computeProgramCall { purpose: Purpose::Infer };
        Ok(self.chain.view(self.address, call).await?.program == program)
    }

    pub async fn task(&self, id: B256) -> Result<Task, ViewError> {
        self.chain.view(self.address, IComputeMarket::getTaskCall { taskId: id }).await
    }

    pub async fn account(&self, account: Address) -> Result<Account, ViewError> {
        self.chain.view(self.address, IComputeMarket::getAccountCall { account }).await
    }

    pub async fn params(&self) -> Result<Params, ViewError> {
        self.chain.view(self.address, IComputeMarket::marketParamsCall {}).await
    }

    pub async fn model(&self, hash: B256) -> Result<Model, ViewError> {
        self.chain.view(self.address, IComputeMarket::getModelCall { modelHash: hash }).await
    }

    /// The claim that evidence about a result is about, if `input` and `trace` are those of the result.
    pub async fn claim(&self, task: B256, input: B256, trace: B256) -> Result<Claim, ViewError> {
        let call = IComputeMarket::taskClaimCall { taskId: task, input, trace };
        let claim = self.chain.view(self.address, call).await?;
        Ok(Claim {
            program: claim.program,
            input: claim.input,
            output: claim.output,
            trace: claim.trace,
            claimedAt: claim.claimedAt,
        })
    }

    /// Who decides about the result of a task. Without a dispute about it, the module that a new one would begin with.
    pub async fn judge(&self, task: B256, first_block: u64) -> Result<Judge, ComputeError> {
        let dispute = self.chain.view(self.address, IComputeMarket::getDisputeCall { taskId: task }).await?;
        let mut module = dispute.module;
        if module.is_zero() {
            let call = IComputeMarket::computeEvidenceCall { kind: EvidenceKind::Fault as u8 };
            module = self.chain.view(self.address, call).await?;
        }
        if module.is_zero() {
            return Err(ComputeError::Config(format!("the market {} has no fault proofs now", self.address)));
        }
        Ok(Judge {
            chain: self.chain.clone(),
            module,
            holder: self.address,
            revealed_event: TraceRevealed::SIGNATURE_HASH,
            subject: task,
            first_block,
        })
    }

    /// The first block that may hold an event about a task that is not over: what can happen to one takes at most this long,
    /// disputes apart, for which as much again is added.
    pub async fn first_relevant_block(&self) -> Result<u64, ComputeError> {
        let params = self.params().await?;
        let call = IComputeMarket::computeEvidenceCall { kind: EvidenceKind::Fault as u8 };
        let module = self.chain.view(self.address, call).await?;
        let answers = match module.is_zero() {
            true => 0,
            false => self.chain.view(module, IFaultProof::responsePeriodCall {}).await?.saturating_to::<u64>(),
        };
        let seconds = [params.taskTimeout, params.claimWindow, params.challengePeriod].map(u64::from);
        let seconds = seconds.iter().sum::<u64>().saturating_add(answers.saturating_mul(2));
        let head = self.chain.head().await?;
        Ok(self.chain.block_since(0, head.timestamp.saturating_sub(seconds.saturating_mul(2))).await?)
    }

    /// The program of a version, which never changes; `None` if no log has it.
    pub async fn program_of(&self, version: u8) -> Result<Option<B256>, ComputeError> {
        for purpose in [Purpose::Infer, Purpose::Aggregate] {
            let set = self.chain.view(self.address, IComputeMarket::computeProgramCall { purpose }).await?;
            if set.version == version {
                return Ok(Some(set.program));
            }
        }
        let version = B256::from(U256::from(version));
        let program = |log: &Log| {
            let event = ProgramSet::decode_log_data(log.data()).ok()?;
            (log.topics().get(2) == Some(&version)).then_some(event.program)
        };
        Ok(self.find_last(ProgramSet::SIGNATURE_HASH, program).await?)
    }

    /// The newest event with this signature that `find` makes anything of.
    pub async fn find_last<T>(&self, signature: B256, find: impl Fn(&Log) -> Option<T>) -> Result<Option<T>, L1Error> {
        let filter = LogFilter { addresses: vec![self.address], topics: vec![signature] };
        self.chain.find_last_log(&filter, 0, find).await
    }

    /// Time from which a result is paid; `None` while a challenge is unanswered, and where there is no result.
    pub async fn final_at(&self, id: B256) -> Result<Option<u64>, ViewError> {
        match self.chain.view(self.address, IComputeMarket::finalAtCall { taskId: id }).await {
            Ok(until) => Ok(until.try_into().ok()),
            Err(ViewError::Call(CallError::Reverted(_))) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The claim about a disputed result.
    pub async fn disputed_claim(&self, task: B256) -> Result<Claim, ViewError> {
        let dispute = self.chain.view(self.address, IComputeMarket::getDisputeCall { taskId: task }).await?;
        self.claim(task, dispute.input, dispute.trace).await
    }

    pub async fn bond_of(&self, task: B256, challenger: Address) -> Result<U256, ViewError> {
        self.chain.view(self.address, IComputeMarket::bondOfCall { taskId: task, challenger }).await
    }
}
