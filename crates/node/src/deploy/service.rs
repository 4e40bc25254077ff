//! The kinds of work that a rollup offers besides blocks, and how opening them differs.

use super::disputes::Disputes;
use super::enclaves::{attestation_steps, deploy_evidence};
use crate::NodeError;
use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::SolCall;
use lux_l1::{L1Client, TxManager};
use lux_protocol::constants::{ATTESTATION_EVIDENCE, COMPUTE_MARKET, TRAINING};
use lux_protocol::contracts::ExecutionMode;
use lux_protocol::market::EvidenceKind;
use lux_protocol::market::contract::IAIComputeRollup::callComputeMarketL2Call;
use lux_protocol::market::contract::{IComputeMarket, Purpose};
use lux_protocol::market::enclaves::IAttestationEvidence;
use lux_protocol::training::IExtendedRollup::callTrainingL2Call;
use lux_protocol::training::{ITraining, Misbehaviour};

/// Work whose results are claims of a program: on L1 by the rollup's contract, on L2 by a predeploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Compute tasks (`docs/ai-compute.md`).
    Market,
    /// Rounds of distributed training (`docs/distributed-training.md`).
    Training,
}

impl Service {
    /// What the contract of a rollup in this mode has on L1.
    pub const fn of(mode: ExecutionMode) -> Option<Self> {
        match mode {
            ExecutionMode::AICompute => Some(Self::Market),
            ExecutionMode::DistributedTraining => Some(Self::Training),
            _ => None,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::Training => "training",
        }
    }

    /// Where it is on L2.
    pub const fn predeploy(self) -> Address {
        match self {
            Self::Market => COMPUTE_MARKET,
            Self::Training => TRAINING,
        }
    }

    /// The owner's call of the rollup that calls the predeploy.
    pub(super) fn through_l1(self, data: Bytes) -> Bytes {
        match self {
            Self::Market => callComputeMarketL2Call { data }.abi_encode().into(),
            Self::Training => callTrainingL2Call { data }.abi_encode().into(),
        }
    }

    /// The program in force, and how many times one was set.
    pub(super) async fn program(self, chain: &L1Client, at: Address) -> Result<(u8, B256), NodeError> {
        Ok(match self {
            Self::Market => {
                let set = chain.view(at, IComputeMarket::computeProgramCall { purpose: Purpose::Infer }).await?;
                (set.version, set.program)
            }
            Self::Training => {
                let set = chain.view(at, ITraining::aggregateProgramCall {}).await?;
                (set.version, set.program)
            }
        })
    }

    /// The program of accusations of a violated norm bound; zero where there is none.
    pub(super) async fn norm_program(self, chain: &L1Client, at: Address) -> Result<B256, NodeError> {
        Ok(match self {
            Self::Market => B256::ZERO,
            Self::Training => {
                chain.view(at, ITraining::accusationProgramCall { kind: Misbehaviour::NormBound }).await?
            }
        })
    }

    /// Seconds.
    pub(super) async fn challenge_period(self, chain: &L1Client, at: Address) -> Result<u64, NodeError> {
        Ok(u64::from(match self {
            Self::Market => chain.view(at, IComputeMarket::marketParamsCall {}).await?.challengePeriod,
            Self::Training => chain.view(at, ITraining::trainingParamsCall {}).await?.challengePeriod,
        }))
    }

    /// What the governor calls. The program last: without it there is no work.
    pub(super) async fn opening_calls(
        self,
        chain: &L1Client,
        at: Address,
        &Disputes { fault_proof, program }: &Disputes,
        norm: Option<B256>,
        challenge_period: u32,
    ) -> Result<Vec<Bytes>, NodeError> {
        let kind = EvidenceKind::Fault as u8;
        Ok(match self {
            Self::Market => {
                let mut params = chain.view(at, IComputeMarket::marketParamsCall {}).await?;
                params.challengePeriod = challenge_period;
                vec![
                    IComputeMarket::setParamsCall { params }.abi_encode().into(),
                    IComputeMarket::setEvidenceCall { kind, module: fault_proof }.abi_encode().into(),
                    IComputeMarket::setProgramCall { purpose: Purpose::Infer, program }.abi_encode().into(),
                ]
            }
            Self::Training => {
                let mut params = chain.view(at, ITraining::trainingParamsCall {}).await?;
                params.challengePeriod = challenge_period;
                let accusations = norm.map(|program| {
                    ITraining::setAccusationProgramCall { kind: Misbehaviour::NormBound, program }.abi_encode().into()
                });
                let mut calls = vec![
                    ITraining::setParamsCall { params }.abi_encode().into(),
                    ITraining::setEvidenceCall { kind, module: fault_proof }.abi_encode().into(),
                ];
                calls.extend(accusations);
                calls.push(ITraining::setProgramCall { program }.abi_encode().into());
                calls
            }
        })
    }

    /// The registry of enclave keys that it goes by.
    pub(super) async fn keys(self, chain: &L1Client, at: Address) -> Result<Option<Address>, NodeError> {
        let keys = match self {
            Self::Market => {
                let kind = EvidenceKind::Attestation as u8;
                let module = chain.view(at, IComputeMarket::computeEvidenceCall { kind }).await?;
                if module.is_zero() {
                    return Ok(None);
                }
                chain.view(module, IAttestationEvidence::keysCall {}).await?
            }
            Self::Training => chain.view(at, ITraining::enclaveKeysCall {}).await?,
        };
        Ok((!keys.is_zero()).then_some(keys))
    }

    /// The governor's call by which it goes by a registry on L1.
    pub(super) async fn use_keys(
        self,
        transactions: &TxManager,
        rollup: Address,
        keys: Address,
        report: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Bytes, NodeError> {
        Ok(match self {
            Self::Market => {
                let deployer = &mut attestation_steps(transactions, rollup);
                attestation_call(deploy_evidence(deployer, keys, report).await?)
            }
            Self::Training => ITraining::setEnclaveKeysCall { registry: keys }.abi_encode().into(),
        })
    }

    /// The governor's call by which it goes by the registry on L2, where it does not by itself.
    pub(super) fn use_l2_keys(self) -> Option<Bytes> {
        (self == Self::Market).then(|| attestation_call(ATTESTATION_EVIDENCE))
    }
}

/// Has a market take attestations, by the policies of the registry that the module goes by.
fn attestation_call(module: Address) -> Bytes {
    let kind = EvidenceKind::Attestation as u8;
    IComputeMarket::setEvidenceCall { kind, module }.abi_encode().into()
}
