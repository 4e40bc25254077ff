//! `lux-rollup model update`.

use crate::keys::KeyArgs;
use crate::l2::one_off;
use crate::market_args::MarketArgs;
use crate::output::{Progress, printer};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolStruct, SolValue, eip712_domain, sol};
use clap::Args;
use eyre::eyre;
use lux_compute::Market;
use lux_l1::TxRequest;
use lux_protocol::market::contract::IComputeMarket::{getModelCall, updateModelWeightsCall};
use serde_json::json;

sol! {
    /// What the owner of a model signs about a successor (`docs/ai-compute.md`).
    struct ModelUpdate {
        bytes32 modelHash;
        bytes32 successor;
        bytes32 deltaCommitment;
    }

    interface ILineage {
        function parentOf(bytes32 successor) external view returns (bytes32);
    }
}

/// `Authority.Owner` of the market.
const OWNER: U256 = U256::ZERO;

#[derive(Args)]
pub struct UpdateArgs {
    /// Hash of a registered model of this key.
    model: B256,
    /// Hash of the model that comes after it, with the same terms.
    successor: B256,
    #[command(flatten)]
    market: MarketArgs,
    /// Key of the owner, who pays the transaction.
    #[command(flatten)]
    key: KeyArgs,
    /// Commitment of a blob that says what led from the one to the other: weights that `train status` shows, for one.
    #[arg(long, value_name = "COMMITMENT", default_value_t = B256::ZERO)]
    delta: B256,
    /// Where the successor and its weights may be had: base URL of a server of blobs.
    #[arg(long, value_name = "URL", default_value = "")]
    location: String,
}

pub async fn run(args: UpdateArgs, json: bool) -> eyre::Result<()> {
    let wallet = args.key.require()?;
    let (Market { chain, address: market }, _) = args.market.find().await?;
    let (model, successor) = (args.model, args.successor);
    let owner = chain.view(market, getModelCall { modelHash: model }).await?.owner;
    if owner != wallet.address() {
        return Err(match owner.is_zero() {
            true => eyre!("the market {market} has no model {model}: `model register` adds it"),
            false => eyre!("the model belongs to {owner}, not to {}", wallet.address()),
        });
    }
    let parent = chain.view(market, ILineage::parentOfCall { successor }).await?;
    if !parent.is_zero() && parent != model {
        return Err(eyre!("{successor} is the successor of {parent}, and has one parent only"));
    }
    let transaction = if parent.is_zero() {
        let domain = eip712_domain! {
            name: "LuxComputeMarket",
            version: "1",
            chain_id: chain.chain_id().await?,
            verifying_contract: market,
        };
        let update = ModelUpdate { modelHash: model, successor, deltaCommitment: args.delta };
        let signature = Bytes::from(wallet.sign_hash(&update.eip712_signing_hash(&domain))?.as_bytes());
        let call = updateModelWeightsCall {
            modelHash: model,
            deltaWeights: (successor, args.delta, args.location.clone()).abi_encode_params().into(),
            proof: (OWNER, signature).abi_encode_params().into(),
        };
        let transactions = one_off(&chain, wallet).await?;
        let request = TxRequest::call("cli/update-model", market, call.abi_encode());
        Some(Progress::new(json).while_waiting("registering", transactions.send(request)).await?.hash)
    } else {
        None
    };
    let value = json!({
        "model": successor,
        "parent": model,
        "delta": args.delta,
        "market": market,
        "outcome": if transaction.is_some() { "registered" } else { "it was registered before as successor of this model" },
        "transaction": transaction,
        "location": args.location,
    });
    printer(json)(&value);
    Ok(())
}
