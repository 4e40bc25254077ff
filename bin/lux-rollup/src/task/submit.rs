//! `lux-rollup task submit` and `refund`.

use super::sealed::{SealArgs, SealedTask};
use super::{NamedTask, status_name};
use crate::keys::KeyArgs;
use crate::l2::one_off;
use crate::market_args::MarketArgs;
use crate::model::input::InputArgs;
use crate::model::store::SourceArgs;
use crate::output::Progress;
use alloy_primitives::utils::format_ether;
use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_compute::{Costs, Work, flops_of};
use lux_confidential::ContentKey;
use lux_l1::TxRequest;
use lux_protocol::market::contract::IComputeMarket::{
    depositCall, finalizeTasksCall, quoteCall, refundTaskCall, submitComputeTaskCall,
};
use lux_protocol::market::contract::{ComputeTask, TaskStatus};
use lux_protocol::market::{InputData, ModelTerms};
use serde_json::{Value, json};
use std::time::SystemTime;
use zeroize::Zeroizing;

#[derive(Args)]
pub struct SubmitArgs {
    /// Hash of the model.
    model: B256,
    #[command(flatten)]
    market: MarketArgs,
    /// Key of the requester, who pays.
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    input: InputArgs,
    /// Highest price, in wei per gas of the market [default: that of the model, or what pays for a worker's gas now].
    #[arg(long)]
    max_gas_price: Option<u64>,
    /// FLOPs that the model is expected to take, which are what a task pays for: with another number nothing is offered.
    #[arg(long)]
    flops: Option<u64>,
    /// Where workers get the input: base URL of a server of blobs.
    #[arg(long, value_name = "URL", default_value = "")]
    location: String,
    /// Pay only for an output that comes with the result; it has at most 4,096 bytes.
    #[arg(long)]
    inline: bool,
    #[command(flatten)]
    seal: SealArgs,
    /// Id of the task: repeating a command with it offers nothing twice [default: a new one].
    #[arg(long)]
    id: Option<B256>,
}

#[derive(Args)]
pub struct RefundArgs {
    #[command(flatten)]
    named: NamedTask,
    #[command(flatten)]
    key: KeyArgs,
}

const REFUSED: &str = "the market refuses such a task: its model must be registered, and --max-gas-price not zero or below the model's price";

pub async fn submit(args: SubmitArgs, json: bool) -> eyre::Result<Value> {
    let wallet = args.key.require()?;
    let (market, first_block) = args.market.find().await?;
    let flags = market.model(args.model).await?.flags;
    require_seal(flags, args.seal.confidential)?;
    let model = args.source.model(args.model).await?;
    let flops = U256::from(checked_flops(args.flops, flops_of(&model).max(1))?);
    let input = Zeroizing::new(args.input.read(&model)?);
    let (chain, requester) = (&market.chain, wallet.address());
    let store = args.source.store()?;
    let (id, commitment) = if args.seal.confidential {
        let random = || B256::from_slice(ContentKey::random().as_slice());
        let id = args.id.unwrap_or_else(|| new_id(requester, random()));
        let task = SealedTask { market: &market, first_block, model: args.model, requester, id };
        (id, args.seal.put(&task, &store, &input).await?)
    } else {
        let commitment = store.put(input.to_vec().into()).await?;
        (args.id.unwrap_or_else(|| new_id(requester, commitment)), commitment)
    };

    let quote = async |price: u64| {
        let call = quoteCall { modelHash: args.model, requiredFlops: flops, maxGasPrice: U256::from(price) };
        chain.view(market.address, call).await.wrap_err(REFUSED)
    };
    let mut max_gas_price = args.max_gas_price.unwrap_or(u64::MAX);
    let mut quote = quote(max_gas_price).await?;
    // Asked without a limit, a model without a price of its own has none.
    if args.max_gas_price.is_none() && quote.gasPrice == U256::from(u64::MAX) {
        let costs = Costs::read(&market).await?;
        let work = Work::of(&model, flags).sealed(args.seal.confidential);
        max_gas_price = costs.price_that_pays(work, quote.gasLimit.saturating_to());
        quote.gasPrice = U256::from(max_gas_price);
    }
    let price = quote.gasLimit * quote.gasPrice;
    let location = if args.inline { format!("inline:{}", args.location) } else { args.location.clone() };
    let data = InputData { commitment, location: location.into_bytes().into() }.encode()?;
    let task = ComputeTask {
        taskId: id,
        modelHash: args.model,
        inputDataHash: data,
        requiredFlops: flops,
        maxGasPrice: U256::from(max_gas_price),
        ..Default::default()
    };
    let known = market.task(id).await?;
    if !known.offer.requester.is_zero() {
        return match known.offer.requester == requester {
            true => Ok(json!({ "task": id, "status": status_name(known.progress.status) })),
            false => Err(eyre!("another requester took the id {id}: choose another")),
        };
    }
    let transactions = one_off(chain, wallet).await?;
    let progress = Progress::new(json);
    let missing = price.saturating_sub(U256::from(market.account(requester).await?.balance));
    if !missing.is_zero() {
        let call = depositCall { account: requester }.abi_encode();
        let deposit = TxRequest { value: missing, ..TxRequest::call("cli/deposit", market.address, call) };
        progress.while_waiting("depositing", transactions.send(deposit)).await.wrap_err("deposit")?;
    }
    let call = TxRequest::call("cli/submit", market.address, submitComputeTaskCall { task }.abi_encode());
    let outcome = progress.while_waiting("submitting", transactions.send(call)).await?;
    Ok(json!({
        "task": id,
        "input": commitment,
        "locked": format!("{} coins", format_ether(price)),
        "deposited": format!("{} coins", format_ether(missing)),
        "transaction": outcome.hash,
    }))
}

/// A plaintext must not be offered for a model whose requesters expect that nobody sees one; nor can other models open an envelope.
fn require_seal(flags: u8, confidential: bool) -> eyre::Result<()> {
    match (flags & ModelTerms::CONFIDENTIAL != 0, confidential) {
        (true, false) => Err(eyre!("inputs of this model are sealed to enclaves: --confidential does that")),
        (false, true) => Err(eyre!("this model takes plain inputs, which everybody sees: leave --confidential away")),
        _ => Ok(()),
    }
}

/// What the model takes, which is what a task pays for: a worker may bill all that is offered, and none serves for less.
fn checked_flops(asked: Option<u64>, takes: u64) -> eyre::Result<u64> {
    match asked {
        Some(asked) if asked > takes => Err(eyre!(
            "--flops {asked} is more than the {takes} that the model takes, and a worker may bill all of it: leave --flops away"
        )),
        Some(asked) if asked < takes => Err(eyre!(
            "--flops {asked} is less than the {takes} that the model takes: no worker serves such a task; leave --flops away"
        )),
        _ => Ok(takes),
    }
}

/// Ids are taken by whoever is first: nobody else can know this one before.
fn new_id(requester: alloy_primitives::Address, input: B256) -> B256 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    keccak256((requester, input, U256::from(now), U256::from(std::process::id())).abi_encode())
}

pub async fn refund(args: RefundArgs, json: bool) -> eyre::Result<Value> {
    let wallet = args.key.require()?;
    let (market, _, task) = args.named.find().await?;
    let transactions = one_off(&market.chain, wallet).await?;
    // A result of a worker who was slashed is void; what ends it pays for all others that are due.
    let call = match task.progress.status {
        TaskStatus::Submitted => finalizeTasksCall { taskIds: vec![args.named.task] }.abi_encode(),
        _ => refundTaskCall { taskId: args.named.task }.abi_encode(),
    };
    let refund = transactions.send(TxRequest::call("cli/refund", market.address, call));
    let outcome = Progress::new(json).while_waiting("refunding", refund).await?;
    let status = market.task(args.named.task).await?.progress.status;
    if status == TaskStatus::Submitted {
        return Err(eyre!(
            "task {} has a result that can still be challenged, and a worker who was not slashed",
            args.named.task
        ));
    }
    Ok(json!({ "task": args.named.task, "status": status_name(status), "transaction": outcome.hash }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_for_the_flops_of_its_model() {
        assert_eq!(checked_flops(None, 7).unwrap(), 7);
        assert_eq!(checked_flops(Some(7), 7).unwrap(), 7);
        assert!(checked_flops(Some(8), 7).unwrap_err().to_string().contains("more than the 7"));
        assert!(checked_flops(Some(6), 7).unwrap_err().to_string().contains("less than the 7"));
    }
}
