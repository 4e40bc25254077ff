//! `lux-rollup model register`.

use crate::keys::KeyArgs;
use crate::l2::{self, Endpoints};
use crate::output::{Progress, print_fields, print_json};
use alloy_primitives::{Address, B256, Bytes, U64};
use alloy_sol_types::{SolCall, SolEvent};
use clap::{Args, ValueEnum};
use eyre::{WrapErr, eyre};
use lux_l1::{L1Client, MemoryJournal, TxConfig, TxManager, TxRequest, system_clock};
use lux_protocol::constants::COMPUTE_MARKET;
use lux_protocol::market::ModelTerms;
use lux_protocol::market::contract::IComputeMarket::{
    Model, ModelTermsSet, computeProgramCall, getModelCall, registerModelCall,
};
use lux_protocol::market::contract::Purpose;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

#[derive(Args)]
pub struct RegisterArgs {
    /// Hash of the model.
    model: B256,
    #[command(flatten)]
    endpoints: Endpoints,
    /// Key of the owner, who pays the transaction.
    #[command(flatten)]
    key: KeyArgs,
    /// Layer whose market gets the model.
    #[arg(long, value_enum, default_value_t = Layer::L2)]
    layer: Layer,
    /// Address of the market [default: the predeploy on L2, the rollup on L1].
    #[arg(long)]
    market: Option<Address>,
    /// What the model accepts and demands.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Flag::Fault, Flag::OwnerUpdates])]
    flags: Vec<Flag>,
    /// FLOPs that one gas pays for.
    #[arg(long, default_value_t = ModelTerms::default().flops_per_gas)]
    flops_per_gas: u64,
    /// Price of a gas in wei; 0 leaves it to what the requester offers.
    #[arg(long, default_value_t = 0)]
    gas_price: u64,
    /// Where the model and its weights may be had: base URL of a server of blobs.
    #[arg(long, value_name = "URL", default_value = "")]
    location: String,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layer {
    L1,
    L2,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Flag {
    /// Accepts results with a trace for fault proofs.
    Fault,
    /// Accepts results with a validity proof.
    Validity,
    /// Accepts results with an attestation.
    Attestation,
    /// The output must come with the result.
    InlineOutput,
    /// The owner's signature registers a successor.
    OwnerUpdates,
    /// A final aggregate task registers a successor.
    AggregateUpdates,
}

impl Flag {
    const fn bit(self) -> u8 {
        match self {
            Self::Fault => ModelTerms::FAULT,
            Self::Validity => ModelTerms::VALIDITY,
            Self::Attestation => ModelTerms::ATTESTATION,
            Self::InlineOutput => ModelTerms::INLINE_OUTPUT,
            Self::OwnerUpdates => ModelTerms::OWNER_UPDATES,
            Self::AggregateUpdates => ModelTerms::AGGREGATE_UPDATES,
        }
    }
}

pub async fn run(args: RegisterArgs, json: bool) -> eyre::Result<()> {
    let wallet = args.key.require()?;
    let terms = ModelTerms {
        flags: args.flags.iter().fold(0, |flags, flag| flags | flag.bit()),
        flops_per_gas: args.flops_per_gas,
        gas_price: args.gas_price,
        location: args.location.clone().into_bytes().into(),
    };
    let metadata = terms.encode()?;
    let (chain, market, from_block) = find_market(&args).await?;
    require_open(&chain, market).await?;

    let model = args.model;
    let known = chain.view(market, getModelCall { modelHash: model }).await?;
    let transaction = if known.owner.is_zero() {
        let config = TxConfig { confirmations: 1, poll_interval: Duration::from_millis(250), ..TxConfig::default() };
        // Nothing is repeated by a later command, so the journal may end with this one.
        let journal = Arc::new(MemoryJournal::default());
        let transactions = TxManager::open(chain.clone(), wallet.clone(), journal, config, system_clock()).await?;
        let call = registerModelCall { modelHash: model, modelMetadata: metadata };
        let request = TxRequest::call("cli/register", market, call.abi_encode());
        Some(Progress::new(json).while_waiting("registering", transactions.send(request)).await?.hash)
    } else {
        require_same(&known, wallet.address(), &terms)?;
        let location = location(&chain, market, model, from_block).await?;
        if location.as_ref().is_some_and(|location| *location != args.location) {
            return Err(other_terms(&format!("location {:?}", location.unwrap_or_default())));
        }
        None
    };
    let value = json!({
        "model": model,
        "market": market,
        "owner": wallet.address(),
        "outcome": if transaction.is_some() { "registered" } else { "it was registered before, with these terms" },
        "transaction": transaction,
        "flags": terms.flags,
        "flopsPerGas": terms.flops_per_gas,
        "gasPrice": terms.gas_price,
        "location": args.location,
    });
    if json {
        print_json(&value)
    } else {
        print_fields(&value)
    }
    Ok(())
}

/// The chain of the market, its address, and the first block that may know of it.
async fn find_market(args: &RegisterArgs) -> eyre::Result<(L1Client, Address, u64)> {
    if args.layer == Layer::L2 {
        return Ok((l2::connect(&args.endpoints.l2).await?, args.market.unwrap_or(COMPUTE_MARKET), 0));
    }
    let l1 = l2::connect(&args.endpoints.l1).await?;
    if let Some(market) = args.market {
        return Ok((l1, market, 0));
    }
    let rollup = l2::rollup(&l2::connect(&args.endpoints.l2).await?, &l1).await?;
    Ok((l1, rollup.address, rollup.genesis_l1_block))
}

async fn require_open(chain: &L1Client, market: Address) -> eyre::Result<()> {
    if chain.code(market).await?.is_empty() {
        return Err(eyre!("there is no contract at {market} on this chain; --market names the market"));
    }
    let program = chain.view(market, computeProgramCall { purpose: Purpose::Infer }).await;
    let program = program.wrap_err_with(|| format!("{market} is no compute market: it needs the preset hip"))?;
    if program.version == 0 {
        return Err(eyre!("the market {market} is not open: its owner opens it with `lux-rollup market open`"));
    }
    Ok(())
}

fn require_same(known: &Model, owner: Address, terms: &ModelTerms) -> eyre::Result<()> {
    if known.owner != owner {
        return Err(eyre!(
            "the model belongs to {}, who registered it before; a model that differs by a byte can be registered",
            known.owner
        ));
    }
    let (flops, price) = (known.flopsPerGas.to::<u64>(), known.gasPrice.to::<u64>());
    if (known.flags, flops, price) != (terms.flags, terms.flops_per_gas, terms.gas_price) {
        return Err(other_terms(&format!("flags {}, {flops} FLOPs per gas, gas price {price}", known.flags)));
    }
    Ok(())
}

fn other_terms(terms: &str) -> eyre::Report {
    eyre!("you registered the model before with other terms, which never change: {terms}")
}

/// Where the market says that a registered model is, if the chain still has its log, as text.
async fn location(chain: &L1Client, market: Address, model: B256, from: u64) -> eyre::Result<Option<String>> {
    let filter = json!({
        "address": market,
        "topics": [ModelTermsSet::SIGNATURE_HASH, model],
        "fromBlock": U64::from(from),
        "toBlock": "latest",
    });
    let logs: Vec<Value> = chain
        .request("eth_getLogs", [filter])
        .await
        .wrap_err("whether it is registered with this location cannot be told")?;
    let data: Option<Bytes> = logs.first().and_then(|log| serde_json::from_value(log["data"].clone()).ok());
    Ok(data.and_then(|data| ModelTermsSet::abi_decode_data(&data).ok()).map(|(_, _, _, location)| location))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::aliases::{U40, U48};

    #[test]
    fn only_the_owner_with_the_same_terms_has_registered_it() {
        let (owner, terms) = (Address::repeat_byte(1), ModelTerms::default());
        let flops = terms.flops_per_gas;
        let known = Model { owner, flopsPerGas: U40::from(flops), gasPrice: U48::ZERO, flags: terms.flags };
        assert!(require_same(&known, owner, &terms).is_ok());
        let foreign = require_same(&known, Address::repeat_byte(2), &terms).expect_err("another owner");
        assert!(foreign.to_string().contains("belongs to 0x0101"), "{foreign}");
        let dearer = ModelTerms { gas_price: 1, ..terms };
        let changed = require_same(&known, owner, &dearer).expect_err("another price");
        assert!(changed.to_string().contains("never change"), "{changed}");
    }
}
