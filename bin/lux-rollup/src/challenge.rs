//! `lux-rollup challenge`.

use crate::batch::DEFAULT_L2;
use crate::keys::KeyArgs;
use crate::l2;
use crate::output::{Progress, plain, print_fields, print_json};
use alloy_primitives::utils::format_ether;
use alloy_primitives::{Bytes, U64, U256};
use alloy_sol_types::SolCall;
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_l1::{BlockTag, CallError, CallRequest, MemoryJournal, TxConfig, TxManager, TxRequest, system_clock};
use lux_node::{Rollup, view};
use lux_protocol::contracts::ILuxRollup::challengeStateRootCall;
use lux_protocol::contracts::{BatchStatus, IRollupViews, ISequencerRegistry};
use lux_protocol::errors::ContractErrorsErrors;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

#[derive(Args)]
pub struct ChallengeArgs {
    /// Number of the batch.
    batch: u64,
    /// JSON-RPC endpoint of L1.
    #[arg(long, default_value = "http://127.0.0.1:8545")]
    l1: String,
    /// JSON-RPC endpoint of a node: it runs the batch and makes the proof.
    #[arg(long, default_value = DEFAULT_L2)]
    l2: String,
    #[command(flatten)]
    key: KeyArgs,
}

/// Reply of `rollup_faultProof`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FaultProof {
    chunk: U64,
    chunks: U64,
    fraud_proof: Bytes,
}

pub async fn run(args: ChallengeArgs, json: bool) -> eyre::Result<()> {
    // What would end in an error comes first: the proof takes minutes.
    let wallet = args.key.require()?;
    let node = l2::connect_prover(&args.l2).await?;
    let l1 = l2::connect(&args.l1).await?;
    let rollup = l2::rollup(&node, &l1).await?;
    let config = TxConfig { confirmations: 1, poll_interval: Duration::from_millis(250), ..TxConfig::default() };
    let transactions = TxManager::open(l1, wallet, Arc::new(MemoryJournal::default()), config, system_clock()).await?;
    let challenge = Challenge { batch: args.batch, rollup, transactions };
    require_claim(args.batch, challenge.status().await?)?;

    let progress = Progress::new(json);
    let request = node.request::<_, Option<FaultProof>>("rollup_faultProof", (args.batch,));
    let proof = progress.while_waiting("the node runs the batch in the machine", request).await;
    let Some(proof) = proof.map_err(l2::no_proof)? else {
        let value = json!({ "batch": args.batch, "claim": "true", "challenged": false });
        print(&value, json);
        return Ok(());
    };
    if !json {
        eprintln!(
            "the claim is false in chunk {} of {}: {} bytes prove it",
            proof.chunk,
            proof.chunks,
            proof.fraud_proof.len()
        );
    }
    challenge.send(&proof, &progress, json).await
}

/// Claims are challenged between being made and being final.
fn require_claim(batch: u64, status: BatchStatus) -> eyre::Result<()> {
    match status {
        BatchStatus::Proposed | BatchStatus::Challenged => Ok(()),
        BatchStatus::None => Err(eyre!("L1 has no batch {batch}")),
        BatchStatus::Submitted => Err(eyre!("nobody has made a claim about batch {batch} yet")),
        BatchStatus::Rejected => Err(eyre!("batch {batch} has been rejected already")),
        BatchStatus::Finalized => Err(eyre!("batch {batch} is final: its challenge period is over")),
        BatchStatus::__Invalid => Err(eyre!("L1 gives batch {batch} a status that this version does not know")),
    }
}

/// Whether L1 would take a challenge.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Accepted,
    BondMissing,
}

struct Challenge {
    batch: u64,
    rollup: Rollup,
    transactions: TxManager,
}

impl Challenge {
    async fn send(&self, proof: &FaultProof, progress: &Progress, json: bool) -> eyre::Result<()> {
        let call =
            challengeStateRootCall { batchNumber: U256::from(self.batch), fraudProof: proof.fraud_proof.clone() };
        let data = Bytes::from(call.abi_encode());
        // Asked before a bond is posted too: a challenge that comes too late must not cost one.
        if self.simulate(&data).await? == Verdict::BondMissing {
            self.post_bond(progress, json).await?;
            if self.simulate(&data).await? == Verdict::BondMissing {
                return Err(eyre!("L1 does not see the bond yet; call this command again"));
            }
        }
        let request = TxRequest::call("cli/challenge", self.rollup.address, data);
        let sending = self.transactions.send(request);
        let outcome = progress.while_waiting("the challenge goes to L1", sending).await?;
        let cost = U256::from(outcome.gas_used) * U256::from(outcome.effective_gas_price);
        let status = format!("{:?}", self.status().await?).to_lowercase();
        let value = json!({
            "batch": self.batch,
            "claim": "false",
            "challenged": true,
            "chunk": proof.chunk.to::<u64>(),
            "chunks": proof.chunks.to::<u64>(),
            "proofBytes": proof.fraud_proof.len(),
            "l1Transaction": outcome.hash,
            "l1Block": outcome.block.number,
            "gasUsed": outcome.gas_used,
            "fee": cost.to_string(),
            "batchStatus": status,
        });
        print(&value, json);
        Ok(())
    }

    async fn status(&self) -> eyre::Result<BatchStatus> {
        let call = IRollupViews::getBatchStatusCall { batchNumber: U256::from(self.batch) };
        Ok(view(self.transactions.client(), self.rollup.address, call).await?)
    }

    async fn simulate(&self, data: &Bytes) -> eyre::Result<Verdict> {
        let account = self.transactions.address();
        let call = CallRequest {
            from: Some(account),
            to: Some(self.rollup.address),
            data: data.clone(),
            ..CallRequest::default()
        };
        let result = self.transactions.client().call(&call, BlockTag::Latest).await;
        verdict(result.map(drop)).wrap_err_with(|| format!("L1 would refuse the challenge of {account}"))
    }

    async fn post_bond(&self, progress: &Progress, json: bool) -> eyre::Result<()> {
        let registry = self.rollup.registry;
        let bond = view(self.transactions.client(), registry, ISequencerRegistry::requiredBondCall {}).await?;
        if json {
            print_json(&json!({ "bond": bond.to_string(), "sequencerRegistry": registry }));
        } else {
            let coins = format_ether(bond);
            eprintln!("posting a bond of {} coins at {registry}", coins.trim_end_matches('0').trim_end_matches('.'));
        }
        let call = TxRequest::call("cli/challenge-bond", registry, ISequencerRegistry::postBondCall {}.abi_encode());
        let sending = self.transactions.send(TxRequest { value: bond, ..call });
        progress.while_waiting("the bond goes to L1", sending).await.wrap_err("posting the bond")?;
        Ok(())
    }
}

fn verdict(simulated: Result<(), CallError>) -> eyre::Result<Verdict> {
    use alloy_sol_types::SolInterface;
    match simulated {
        Ok(()) => Ok(Verdict::Accepted),
        Err(CallError::Reverted(revert)) => match ContractErrorsErrors::abi_decode(&revert.data) {
            Ok(ContractErrorsErrors::RollupCore_BondRequired(_)) => Ok(Verdict::BondMissing),
            _ => Err(eyre!(revert.reason)),
        },
        Err(error) => Err(error.into()),
    }
}

fn print(value: &Value, json: bool) {
    if json {
        print_json(value);
    } else {
        print_fields(value);
        if value["claim"] == "true" {
            println!(
                "L1's claim about batch {} is true in all its parts: there is nothing to challenge",
                plain(&value["batch"])
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_sol_types::SolError;
    use lux_l1::Revert;
    use lux_protocol::errors::ContractErrors::{RollupCore_BondRequired, RollupCore_ChallengePeriodOver};

    #[test]
    fn only_open_claims_can_be_challenged() {
        for status in [BatchStatus::Proposed, BatchStatus::Challenged] {
            assert!(require_claim(1, status).is_ok());
        }
        for status in [BatchStatus::None, BatchStatus::Submitted, BatchStatus::Rejected, BatchStatus::Finalized] {
            assert!(require_claim(1, status).is_err());
        }
    }

    #[test]
    fn only_a_missing_bond_is_made_up_for() {
        let reverted = |data: Vec<u8>, reason: &str| {
            verdict(Err(CallError::Reverted(Revert { reason: reason.into(), data: data.into() })))
        };
        assert_eq!(verdict(Ok(())).expect("accepted"), Verdict::Accepted);
        let bond = reverted(RollupCore_BondRequired {}.abi_encode(), "").expect("a bond helps");
        assert_eq!(bond, Verdict::BondMissing);
        let over = reverted(RollupCore_ChallengePeriodOver {}.abi_encode(), "too late").expect_err("too late");
        assert_eq!(over.to_string(), "too late");
    }
}
