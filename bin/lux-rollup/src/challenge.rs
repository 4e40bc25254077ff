//! `lux-rollup challenge`.

use crate::keys::KeyArgs;
use crate::l2::{self, Endpoints};
use crate::output::{Progress, plain, print_fields, print_json};
use alloy_primitives::utils::format_ether;
use alloy_primitives::{Bytes, U64, U256};
use alloy_sol_types::SolCall;
use clap::Args;
use eyre::{OptionExt, WrapErr, eyre};
use lux_l1::{BlockTag, CallError, CallRequest, L1Client, TxManager, TxOutcome, TxRequest};
use lux_node::Rollup;
use lux_protocol::contracts::ILuxRollup::challengeStateRootCall;
use lux_protocol::contracts::{BatchStatus, IRollupViews, ISequencerRegistry};
use lux_protocol::errors::ContractErrorsErrors;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// How often to look whether the claimant answered.
const POLL: Duration = Duration::from_secs(2);

#[derive(Args)]
pub struct ChallengeArgs {
    /// Number of the batch. The node given with --l2 runs it and makes the proof.
    batch: u64,
    #[command(flatten)]
    endpoints: Endpoints,
    #[command(flatten)]
    key: KeyArgs,
}

/// What a challenge is (docs/protocol.md, "Header and claim").
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Move {
    Disprove,
    Request,
    Wait,
    Timeout,
}

/// Reply of `rollup_faultProof`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    #[serde(rename = "move")]
    kind: Move,
    chunks: U64,
    chunk: Option<U64>,
    segment: Option<U64>,
    deadline: Option<U64>,
    fraud_proof: Option<Bytes>,
}

pub async fn run(args: ChallengeArgs, json: bool) -> eyre::Result<()> {
    // What would end in an error comes first: the proof takes minutes.
    let wallet = args.key.require()?;
    let node = l2::connect_prover(&args.endpoints.l2).await?;
    let l1 = l2::connect(&args.endpoints.l1).await?;
    let rollup = l2::rollup(&node, &l1).await?;
    let transactions = l2::one_off(&l1, wallet).await?;
    let challenge = Challenge { batch: args.batch, node, rollup, transactions, progress: Progress::new(json), json };
    require_claim(args.batch, challenge.status().await?)?;
    challenge.run().await
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
    node: L1Client,
    rollup: Rollup,
    transactions: TxManager,
    progress: Progress,
    json: bool,
}

impl Challenge {
    /// Goes on until the claim is gone. Where it stands is on L1: the command may be stopped and called again.
    async fn run(&self) -> eyre::Result<()> {
        let mut waits_for = None;
        loop {
            let Some(step) = self.next().await? else {
                print(&json!({ "batch": self.batch, "claim": "true", "challenged": false }), self.json);
                return Ok(());
            };
            match step.kind {
                Move::Disprove | Move::Timeout => return self.end(&step).await,
                // The node's L1 may be behind ours.
                Move::Request if waits_for != step.segment => {
                    self.ask(&step).await?;
                    waits_for = step.segment;
                }
                Move::Request => {}
                Move::Wait if waits_for == step.segment => {}
                Move::Wait => {
                    self.say(&format!("somebody asked for {} already", segment(&step)));
                    waits_for = step.segment;
                }
            }
            let until = step.deadline.map_or_else(String::new, |deadline| format!(" until {deadline}"));
            let waiting = format!("the claimant has to show {}{until}", segment(&step));
            self.progress.while_waiting(&waiting, tokio::time::sleep(POLL)).await;
            if self.status().await? == BatchStatus::Rejected {
                print(&json!({ "batch": self.batch, "claim": "false", "batchStatus": "rejected" }), self.json);
                return Ok(());
            }
        }
    }

    /// What the node says is next.
    async fn next(&self) -> eyre::Result<Option<Step>> {
        loop {
            let request = self.node.request::<_, Option<Step>>("rollup_faultProof", (self.batch,));
            match self.progress.while_waiting("the node runs the batch in the machine", request).await {
                Err(error) if l2::is_busy(&error) => {
                    let waiting = tokio::time::sleep(POLL);
                    self.progress.while_waiting("the node is busy with another proof", waiting).await;
                }
                reply => return reply.map_err(l2::no_proof),
            }
        }
    }

    fn say(&self, text: &str) {
        if !self.json {
            eprintln!("{text}");
        }
    }

    /// Asks for a segment.
    async fn ask(&self, step: &Step) -> eyre::Result<()> {
        self.say(&format!("the claim is false in {}: the claimant has to show what is inside first", segment(step)));
        let outcome = self.send(step, "the question goes to L1").await?;
        let index = step.segment.map(|segment| segment.to::<u64>());
        if self.json {
            print_json(&json!({ "batch": self.batch, "askedForSegment": index, "l1Transaction": outcome.hash }));
        }
        self.say(&format!("asked for {} in L1 block {}", segment(step), outcome.block.number));
        Ok(())
    }

    /// Ends the claim.
    async fn end(&self, step: &Step) -> eyre::Result<()> {
        let bytes = step.fraud_proof.as_ref().map_or(0, |proof| proof.len());
        self.say(&match step.chunk {
            Some(chunk) => format!("the claim is false in chunk {chunk} of {}: {bytes} bytes prove it", step.chunks),
            None => format!("the claimant did not show {} in time", segment(step)),
        });
        let outcome = self.send(step, "the challenge goes to L1").await?;
        let cost = U256::from(outcome.gas_used) * U256::from(outcome.effective_gas_price);
        let status = format!("{:?}", self.status().await?).to_lowercase();
        let mut value = json!({
            "batch": self.batch,
            "claim": "false",
            "challenged": true,
            "chunks": step.chunks.to::<u64>(),
            "proofBytes": bytes,
            "l1Transaction": outcome.hash,
            "l1Block": outcome.block.number,
            "gasUsed": outcome.gas_used,
            "fee": cost.to_string(),
            "batchStatus": status,
        });
        match (step.chunk, step.segment) {
            (Some(chunk), _) => value["chunk"] = json!(chunk.to::<u64>()),
            (None, segment) => value["unansweredSegment"] = json!(segment.map(|segment| segment.to::<u64>())),
        }
        print(&value, self.json);
        Ok(())
    }

    async fn send(&self, step: &Step, what: &str) -> eyre::Result<TxOutcome> {
        let proof = step.fraud_proof.clone().ok_or_eyre("the node names a challenge without its proof")?;
        let call = challengeStateRootCall { batchNumber: U256::from(self.batch), fraudProof: proof };
        let data = Bytes::from(call.abi_encode());
        // Asked before a bond is posted too: a challenge that comes too late must not cost one.
        if self.simulate(&data).await? == Verdict::BondMissing {
            self.post_bond().await?;
            if self.simulate(&data).await? == Verdict::BondMissing {
                return Err(eyre!("L1 does not see the bond yet; call this command again"));
            }
        }
        let request = TxRequest::call(format!("cli/challenge/{:?}", step.kind), self.rollup.address, data);
        Ok(self.progress.while_waiting(what, self.transactions.send(request)).await?)
    }

    async fn status(&self) -> eyre::Result<BatchStatus> {
        let call = IRollupViews::getBatchStatusCall { batchNumber: U256::from(self.batch) };
        Ok(self.transactions.client().view(self.rollup.address, call).await?)
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

    async fn post_bond(&self) -> eyre::Result<()> {
        let registry = self.rollup.registry;
        let bond = self.transactions.client().view(registry, ISequencerRegistry::requiredBondCall {}).await?;
        if self.json {
            print_json(&json!({ "bond": bond.to_string(), "sequencerRegistry": registry }));
        }
        let coins = format_ether(bond);
        let coins = coins.trim_end_matches('0').trim_end_matches('.');
        self.say(&format!("posting a bond of {coins} coins at {registry}"));
        let call = TxRequest::call("cli/challenge-bond", registry, ISequencerRegistry::postBondCall {}.abi_encode());
        let sending = self.transactions.send(TxRequest { value: bond, ..call });
        self.progress.while_waiting("the bond goes to L1", sending).await.wrap_err("posting the bond")?;
        Ok(())
    }
}

fn segment(step: &Step) -> String {
    step.segment.map_or_else(|| "a segment".into(), |segment| format!("segment {segment}"))
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
