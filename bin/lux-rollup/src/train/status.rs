//! `lux-rollup train status`.

use super::checkpoint::last_weights;
use super::place::NamedJob;
use crate::lines::Lines;
use crate::output::{fields, plain};
use alloy_primitives::utils::format_ether;
use alloy_primitives::{Address, B256, U256};
use clap::Args;
use lux_protocol::training::ITraining::{
    Job, attemptOfCall, balanceOfCall, finalAtCall, getMemberCall, getRunCall, workerAtCall,
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
    let (contract, job) = args.named.find().await?;
    let id = args.named.job;
    let (mut value, members) = (of_job(&contract, id, &job).await?, members(&contract, id, &job).await?);
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

async fn of_job(contract: &Contract, id: B256, job: &Job) -> eyre::Result<Value> {
    let (chain, at, round) = (&contract.chain, contract.address, U256::from(job.round));
    let attempt = chain.view(at, attemptOfCall { jobId: id, round }).await?;
    let now = chain.head().await?.timestamp;
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
        "weights": last_weights(contract, id, job).await?.0,
        "terms": job.config.terms,
        "now": now,
    });
    if attempt.is_zero() {
        let missing = usize::from(job.minWorkers).saturating_sub(job.active.count_ones());
        if job.status == JobStatus::Open && job.round <= job.rounds {
            value["waitsFor"] = format!("{missing} more workers").into();
        }
    } else {
        let run = chain.view(at, getRunCall { jobId: id, attempt }).await?;
        value["phase"] = phase_name(run.phase).into();
        value["until"] = run.until.to::<u64>().into();
        value["submitted"] = run.submitted.count_ones().into();
    }
    if job.distributed + 1 < job.round {
        let first = U256::from(job.distributed + 1);
        let attempt = chain.view(at, attemptOfCall { jobId: id, round: first }).await?;
        let final_at = chain.view(at, finalAtCall { jobId: id, attempt }).await?;
        value["nextReward"] = match u64::try_from(final_at) {
            Ok(time) => format!("round {first} is final at {time}").into(),
            Err(_) => format!("round {first} is disputed").into(),
        };
    }
    Ok(value)
}

async fn members(contract: &Contract, id: B256, job: &Job) -> eyre::Result<Vec<Value>> {
    let (chain, at) = (&contract.chain, contract.address);
    let mut members = Vec::new();
    for index in (0..256).filter(|index| job.occupied.bit(*index)) {
        let worker: Address = chain.view(at, workerAtCall { jobId: id, index: U256::from(index) }).await?;
        let member = chain.view(at, getMemberCall { jobId: id, worker }).await?;
        let balance = chain.view(at, balanceOfCall { account: worker }).await?;
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
