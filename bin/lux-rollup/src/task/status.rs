//! `lux-rollup task status`.

use super::{StatusArgs, status_name};
use alloy_primitives::U256;
use alloy_primitives::utils::format_ether;
use lux_protocol::market::contract::TaskStatus;
use serde_json::{Value, json};

pub async fn status(args: StatusArgs) -> eyre::Result<Value> {
    let (market, _, task) = args.named.find().await?;
    let (offer, progress) = (&task.offer, &task.progress);
    let status = progress.status;
    let price = U256::from(offer.gasLimit) * U256::from(offer.gasPrice);
    // While a result is disputed, its period goes on.
    let until = match status {
        TaskStatus::Submitted => market.final_at(args.named.task).await?,
        _ => Some(progress.until.to()),
    };
    let meaning = match status {
        TaskStatus::Open => "expires",
        TaskStatus::Claimed => "due",
        TaskStatus::Submitted => "challengeable until",
        _ => "ended",
    };
    let mut value = json!({
        "task": args.named.task,
        "status": status_name(status),
        "requester": offer.requester,
        "worker": Some(progress.worker).filter(|worker| !worker.is_zero()),
        "locked": format!("{} coins", format_ether(price)),
        "output": Some(task.output).filter(|output| !output.is_zero()),
    });
    if meaning != "ended" {
        value[meaning] = until.map_or_else(|| "a challenge waits for an answer".into(), |until: u64| until.into());
    }
    Ok(value)
}
