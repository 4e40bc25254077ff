//! `lux-rollup model register`.

use crate::keys::KeyArgs;
use crate::l2::one_off;
use crate::market_args::MarketArgs;
use crate::output::{Progress, printer};
use alloy_primitives::{Address, B256, Bytes, U64};
use alloy_sol_types::{SolCall, SolEvent};
use clap::{Args, ValueEnum};
use eyre::{WrapErr, eyre};
use lux_compute::Market;
use lux_l1::{L1Client, TxRequest};
use lux_protocol::market::ModelTerms;
use lux_protocol::market::contract::IComputeMarket::{Model, ModelTermsSet, getModelCall, registerModelCall};
use serde_json::{Value, json};

#[derive(Args)]
pub struct RegisterArgs {
    /// Hash of the model.
    model: B256,
    #[command(flatten)]
    market: MarketArgs,
    /// Key of the owner, who pays the transaction.
    #[command(flatten)]
    key: KeyArgs,
    /// What the model accepts and demands.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Flag::Fault, Flag::OwnerUpdates])]
    flags: Vec<Flag>,
    /// Results must be signed by an enclave that the market's policies accept: instead of `fault` among the flags.
    #[arg(long, conflicts_with = "flags")]
    require_tee: bool,
    /// Inputs and outputs are sealed, to enclaves and to the requester; results rest on signatures of enclaves alone, and nobody can
    /// challenge them.
    #[arg(long, conflicts_with = "flags")]
    confidential: bool,
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
enum Flag {
    /// Accepts results with a trace for fault proofs.
    Fault,
    /// Accepts results with a validity proof.
    Validity,
    /// Accepts results with an attestation.
    Attestation,
    /// Results with attestations need enclaves of several vendors.
    Quorum,
    /// Inputs and outputs are sealed: with `attestation` alone.
    Confidential,
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
            Self::Quorum => ModelTerms::QUORUM,
            Self::Confidential => ModelTerms::CONFIDENTIAL,
            Self::InlineOutput => ModelTerms::INLINE_OUTPUT,
            Self::OwnerUpdates => ModelTerms::OWNER_UPDATES,
            Self::AggregateUpdates => ModelTerms::AGGREGATE_UPDATES,
        }
    }
}

pub async fn run(args: RegisterArgs, json: bool) -> eyre::Result<()> {
    let wallet = args.key.require()?;
    let attested = [Flag::Attestation, Flag::OwnerUpdates];
    let sealed = [Flag::Attestation, Flag::OwnerUpdates, Flag::Confidential];
    let flags = match (args.require_tee, args.confidential) {
        (_, true) => &sealed[..],
        (true, false) => &attested[..],
        (false, false) => &args.flags,
    };
    let terms = ModelTerms {
        flags: flags.iter().fold(0, |flags, flag| flags | flag.bit()),
        flops_per_gas: args.flops_per_gas,
        gas_price: args.gas_price,
        location: args.location.clone().into_bytes().into(),
    };
    let metadata = terms.encode()?;
    let (Market { chain, address: market }, from_block) = args.market.find().await?;

    let model = args.model;
    let known = chain.view(market, getModelCall { modelHash: model }).await?;
    let transaction = if known.owner.is_zero() {
        let transactions = one_off(&chain, wallet.clone()).await?;
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
    printer(json)(&value);
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
