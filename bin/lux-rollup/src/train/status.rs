//! `lux-rollup train status`.

use super::checkpoint::last_weights;
use super::place::NamedJob;
use crate::lines::Lines;
use crate::output::{fields, plain};
use alloy_primitives::utils::format_ether;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use clap::Args;
use lux_l1::{L1Block, ViewError};
use lux_protocol::training::ITraining::{
    Job, attemptOfCall, balanceOfCall, finalAtCall, getJobCall, getMemberCall, getRunCall, workerAtCall,
};
use lux_protocol::training::{JobStatus, Phase, Rule};
use lux_training_chain::Contract;
use serde_json::{Value, json};

#[derive(Args)]
pub struct StatusArgs {
    #[command(flatten)]
    named: NamedJob,
}

pub async fn run(args: StatusArgs, json: bool) -> eyre::Result<()> {
    let (contract, _) = args.named.find().await?;
    let snapshot = Snapshot { head: contract.chain.head().await?, contract, id: args.named.job };
    let job = snapshot.view(getJobCall { jobId: snapshot.id }).await?;
    let (mut value, members) = (snapshot.of_job(&job).await?, snapshot.members(&job).await?);
    let mut lines = Lines::new();
    if json {
        value["members"] = members.into();
        lines.line(value)?;
    } else {
        fields(&value).into_iter().try_for_each(|line| lines.line(line).map(drop))?;
        for member in members {
            let field = |name: &str| plain(&member[name]);
            let left = if member["active"] == true { "" } else { "  out" };
            lines.line(format!(
                "{:>5}  {}  stake {}  balance {}{left}",
                field("index"),
                field("worker"),
                field("stake"),
                field("balance")
            ))?;
        }
    }
    lines.finish()?;
    Ok(())
}

/// A job as of one block: of several, the chain could go on in between.
struct Snapshot {
    contract: Contract,
    head: L1Block,
    id: B256,
}

impl Snapshot {
    async fn view<C: SolCall>(&self, call: C) -> Result<C::Return, ViewError> {
        self.contract.chain.view_at(self.head.number, self.contract.address, call).await
    }

    async fn of_job(&self, job: &Job) -> eyre::Result<Value> {
        let (id, round) = (self.id, U256::from(job.round));
        let attempt = self.view(attemptOfCall { jobId: id, round }).await?;
        let mut value = json!({
            "job": id,
            "status": status_name(job.status),
            "creator": job.creator,
            "coordinator": job.config.coordinator,
            "rounds": job.rounds,
            "done": job.round - 1,
            "paid": job.distributed,
            "attempts": job.attempts,
            "aggregation": if job.config.wordBits == 0 { rule_name(job.config.rule) } else { "secure" },
            "parameters": job.config.length,
            "minWorkers": job.minWorkers,
            "workers": job.active.count_ones(),
            "roundReward": coins(job.roundReward.to()),
            "remaining": coins(job.remaining.to()),
            "stake": coins(job.config.stake.to()),
            "weights": last_weights(&self.contract, self.head.number.into(), id, job).await?.0,
            "terms": job.config.terms,
            "now": self.head.timestamp,
        });
        if attempt.is_zero() {
            let missing = usize::from(job.minWorkers).saturating_sub(job.active.count_ones());
            if job.status == JobStatus::Open && job.round <= job.rounds {
                value["waitsFor"] = format!("{missing} more workers").into();
            }
        } else {
            let run = self.view(getRunCall { jobId: id, attempt }).await?;
            value["phase"] = phase_name(run.phase).into();
            value["until"] = run.until.to::<u64>().into();
            value["submitted"] = run.submitted.count_ones().into();
        }
        if job.distributed + 1 < job.round {
            let first = U256::from(job.distributed + 1);
            let attempt = self.view(attemptOfCall { jobId: id, round: first }).await?;
            let final_at = self.view(finalAtCall { jobId: id, attempt }).await?;
            value["nextReward"] = match u64::try_from(final_at) {
                Ok(time) => format!("round {first} is final at {time}").into(),
                Err(_) => format!("round {first} is disputed").into(),
            };
        }
        Ok(value)
    }

    async fn members(&self, job: &Job) -> eyre::Result<Vec<Value>> {
        let id = self.id;
        let mut members = Vec::new();
        for index in (0..256).filter(|index| job.occupied.bit(*index)) {
            let worker: Address = self.view(workerAtCall { jobId: id, index: U256::from(index) }).await?;
            let member = self.view(getMemberCall { jobId: id, worker }).await?;
            let balance = self.view(balanceOfCall { account: worker }).await?;
            members.push(json!({
                "index": index,
                "worker": worker,
                "active": job.active.bit(index),
                "slashed": member.isSlashed,
                "stake": coins(member.stake.to()),
                "enclaveKey": Some(member.key).filter(|key| !key.is_zero()),
                "balance": coins(balance),
            }));
        }
        Ok(members)
    }
}

pub fn coins(wei: U256) -> String {
    format!("{} coins", format_ether(wei))
}

fn status_name(status: JobStatus) -> &'static str {
    match status {
        JobStatus::None => "none",
        JobStatus::Open => "open",
        JobStatus::Cancelled => "cancelled",
        JobStatus::Ended => "ended",
        JobStatus::__Invalid => "unknown to this version",
    }
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::None => "none",
        Phase::Collecting => "collecting",
        Phase::Keys => "keys",
        Phase::Masking => "masking",
        Phase::Unmasking => "unmasking",
        Phase::Claimed => "claimed",
        Phase::Final => "final",
        Phase::Disproved => "disproved",
        Phase::Abandoned => "abandoned",
        Phase::__Invalid => "unknown to this version",
    }
}

fn rule_name(rule: Rule) -> &'static str {
    match rule {
        Rule::Mean => "mean",
        Rule::Median => "median",
        Rule::TrimmedMean => "trimmed-mean",
        Rule::Krum => "krum",
        Rule::Bulyan => "bulyan",
        Rule::__Invalid => "unknown to this version",
    }
}
