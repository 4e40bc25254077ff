//! Gas prices.

use crate::args::Args;
use crate::error::{self, RpcResult};
use crate::evm::pending_attributes;
use crate::register::Registrar;
use crate::rpc::Rpc;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{U64, U256};
use lux_chain::Block;
use lux_protocol::Receipt;
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// Most blocks of one `eth_feeHistory`.
const MAX_HISTORY: u64 = 1_024;
/// Most percentiles of one `eth_feeHistory`: geth's.
const MAX_PERCENTILES: usize = 100;
/// Blocks that the suggested tip looks back.
const TIP_BLOCKS: u64 = 20;
/// How many of the lowest tips of a block count for the suggestion.
const TIPS_PER_BLOCK: usize = 3;

pub(crate) fn register(methods: &mut Registrar) {
    methods.read("eth_gasPrice", 0, |rpc, _| {
        let next = pending_attributes(rpc).base_fee;
        // Room for the base fee to rise while the client signs.
        Ok(U256::from(u128::from(next) + u128::from(next / 8) + suggested_tip(rpc)?))
    });
    methods.read("eth_maxPriorityFeePerGas", 0, |rpc, _| Ok(U256::from(suggested_tip(rpc)?)));
    methods.light("eth_blobBaseFee", 0, |_, _| Ok(U64::from(1)));
    methods.read("eth_feeHistory", 3, history);
}

/// What it takes to get ahead of others: the least the pool accepts, unless recent blocks were crowded; then the 60th
/// percentile of the lowest tips that made it into those.
fn suggested_tip(rpc: &Rpc) -> RpcResult<u128> {
    let head = rpc.chain().head();
    if let Some((hash, tip)) = *rpc.tip.lock()
        && hash == head.hash
    {
        return Ok(tip);
    }
    let mut tips = Vec::new();
    for number in head.number().saturating_sub(TIP_BLOCKS - 1)..=head.number() {
        let Some(header) = rpc.header(BlockId::number(number))? else { continue };
        if header.header.gas_used > header.header.gas_limit / 2
            && let Some(block) = rpc.block_by_hash(header.hash)?
        {
            let mut of_block: Vec<u128> = paid_tips(&block).map(|(_, tip)| tip).collect();
            of_block.sort_unstable();
            tips.extend(of_block.into_iter().take(TIPS_PER_BLOCK));
        }
    }
    tips.sort_unstable();
    let least = rpc.chain().pool().config().min_tip;
    let tip = tips.get(tips.len().saturating_sub(1) * 60 / 100).copied().unwrap_or(least).max(least);
    *rpc.tip.lock() = Some((head.hash, tip));
    Ok(tip)
}

/// Index and tip per gas of every transaction that pays for gas.
fn paid_tips(block: &Block) -> impl Iterator<Item = (usize, u128)> + '_ {
    let base_fee = block.header.base_fee_per_gas.unwrap_or_default();
    block
        .transactions
        .iter()
        .enumerate()
        .filter(|(_, tx)| tx.as_ethereum().is_some())
        .map(move |(index, tx)| (index, tx.effective_gas_price(base_fee).saturating_sub(base_fee.into())))
}

/// A number as clients write it: a hex quantity, or plain.
#[derive(Deserialize)]
#[serde(untagged)]
enum Count {
    Plain(u64),
    Quantity(U64),
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct History {
    oldest_block: U64,
    base_fee_per_gas: Vec<U256>,
    gas_used_ratio: Vec<f64>,
    base_fee_per_blob_gas: Vec<U64>,
    blob_gas_used_ratio: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reward: Option<Vec<Vec<U256>>>,
}

fn history(rpc: &Rpc, args: &Args<'_>) -> RpcResult<History> {
    let count = match args.required::<Count>(0)? {
        Count::Plain(count) => count,
        Count::Quantity(count) => count.to(),
    };
    let newest = args.required::<BlockNumberOrTag>(1)?;
    let percentiles = args.optional::<Vec<f64>>(2)?.unwrap_or_default();
    check_percentiles(&percentiles)?;
    let (newest, head) = (rpc.number(newest), rpc.chain().head().number());
    if newest > head {
        return Err(error::server(format!("request beyond head block: requested {newest}, head {head}")));
    }
    let count = count.min(MAX_HISTORY).min(newest + 1);
    let mut history = History {
        oldest_block: U64::from(if count == 0 { 0 } else { newest + 1 - count }),
        base_fee_per_gas: Vec::new(),
        gas_used_ratio: Vec::new(),
        base_fee_per_blob_gas: Vec::new(),
        blob_gas_used_ratio: Vec::new(),
        reward: (!percentiles.is_empty()).then(Vec::new),
    };
    if count == 0 {
        return Ok(history);
    }
    let deadline = Instant::now() + rpc.limits.execution_timeout;
    let mut next_base_fee = 0;
    for number in newest + 1 - count..=newest {
        let located = rpc.require_header(BlockId::number(number))?;
        let header = &located.header;
        history.base_fee_per_gas.push(U256::from(header.base_fee_per_gas.unwrap_or_default()));
        history.gas_used_ratio.push(header.gas_used as f64 / header.gas_limit.max(1) as f64);
        next_base_fee = rpc.chain().rules().next_block(header, located.hash, header.timestamp, None).base_fee;
        if let Some(reward) = &mut history.reward {
            if Instant::now() >= deadline {
                return Err(error::timeout());
            }
            let block = rpc.block_by_hash(located.hash)?.ok_or_else(error::header_not_found)?;
            reward.push(rewards(&block, &rpc.receipts(block.hash)?, &percentiles));
        }
    }
    history.base_fee_per_gas.push(U256::from(next_base_fee));
    history.base_fee_per_blob_gas = vec![U64::from(1); count as usize + 1];
    history.blob_gas_used_ratio = vec![0.0; count as usize];
    Ok(history)
}

fn check_percentiles(percentiles: &[f64]) -> RpcResult<()> {
    if percentiles.len() > MAX_PERCENTILES {
        return Err(error::server(format!("invalid reward percentile: over the query limit {MAX_PERCENTILES}")));
    }
    for (index, &percentile) in percentiles.iter().enumerate() {
        if !(0.0..=100.0).contains(&percentile) {
            return Err(error::server(format!("invalid reward percentile: {percentile:.6}")));
        }
        if let Some(&before) = index.checked_sub(1).and_then(|before| percentiles.get(before))
            && percentile <= before
        {
            let at = index - 1;
            return Err(error::server(format!(
                "invalid reward percentile: #{at}:{before:.6} >= #{index}:{percentile:.6}"
            )));
        }
    }
    Ok(())
}

/// Tips at percentiles of the gas that was paid for.
fn rewards(block: &Block, receipts: &[Receipt], percentiles: &[f64]) -> Vec<U256> {
    let gas_of = |index: usize| {
        let until = receipts.get(index).map_or(0, |receipt| receipt.cumulative_gas_used);
        until - index.checked_sub(1).and_then(|i| receipts.get(i)).map_or(0, |receipt| receipt.cumulative_gas_used)
    };
    let mut tips: Vec<(u128, u64)> = paid_tips(block).map(|(index, tip)| (tip, gas_of(index))).collect();
    tips.sort_unstable();
    let paid: u64 = tips.iter().map(|(_, gas)| gas).sum();
    let (mut at, mut sum) = (0, tips.first().map_or(0, |(_, gas)| *gas));
    let reward = |percentile: &f64| {
        let threshold = (paid as f64 * percentile / 100.0) as u64;
        while sum < threshold && at + 1 < tips.len() {
            at += 1;
            sum += tips[at].1;
        }
        U256::from(tips.get(at).map_or(0, |(tip, _)| *tip))
    };
    percentiles.iter().map(reward).collect()
}
