//! `lux-rollup bridge`.

use crate::duration::parse_coins;
use crate::keys::KeyArgs;
use crate::l2::{self, Endpoints};
use crate::output::{Progress, plain, printer, program};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use clap::{Args, Subcommand};
use eyre::eyre;
use lux_l1::{L1Client, TxConfig, TxManager, TxRequest};
use lux_node::{BridgeClient, DepositRequest, Rollup, SentMessage, withdrawal_calls};
use lux_protocol::constants::L2_TOKEN_BRIDGE;
use lux_protocol::contracts::IMessageBridge::{L2Message, MessageProof};
use lux_protocol::contracts::{BatchStatus, IL1TokenBridge, IL2TokenBridge, IRollupViews};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

#[derive(Subcommand)]
pub enum BridgeCommand {
    /// L1 -> L2: ETH or an ERC-20 token.
    Deposit(TransferArgs),
    /// L2 -> L1, first step: burns on L2.
    Withdraw(WithdrawArgs),
    /// Second step, once a batch holds the withdrawal: proves it on L1.
    Prove(WithdrawalArgs),
    /// Last step, once that batch is final: pays on L1.
    Finalize(WithdrawalArgs),
    /// Where a withdrawal stands.
    Status(StatusArgs),
}

#[derive(Args)]
pub struct TransferArgs {
    #[command(flatten)]
    endpoints: Endpoints,
    #[command(flatten)]
    key: KeyArgs,
    /// Whole coins (18 decimals), for example 0.5.
    #[arg(long, value_parser = parse_coins)]
    amount: U256,
    /// L1 address of an ERC-20 token [default: ETH].
    #[arg(long)]
    token: Option<Address>,
    /// Receiver on the other layer [default: the sender].
    #[arg(long)]
    to: Option<Address>,
}

#[derive(Args)]
pub struct WithdrawArgs {
    #[command(flatten)]
    transfer: TransferArgs,
    /// Send the withdrawal through L1, so that no sequencer can refuse it.
    #[arg(long)]
    via_l1: bool,
}

#[derive(Args)]
pub struct WithdrawalArgs {
    /// L2 transaction of the withdrawal.
    transaction: B256,
    #[command(flatten)]
    endpoints: Endpoints,
    #[command(flatten)]
    key: KeyArgs,
}

#[derive(Args)]
pub struct StatusArgs {
    /// L2 transaction of the withdrawal.
    transaction: B256,
    #[command(flatten)]
    endpoints: Endpoints,
}

pub async fn run(command: BridgeCommand, json: bool) -> eyre::Result<()> {
    let value = match command {
        BridgeCommand::Deposit(args) => deposit(args, json).await?,
        BridgeCommand::Withdraw(args) => withdraw(args, json).await?,
        BridgeCommand::Prove(args) => settle(args, true).await?,
        BridgeCommand::Finalize(args) => settle(args, false).await?,
        BridgeCommand::Status(args) => status(args).await?,
    };
    printer(json)(&value);
    Ok(())
}

async fn manager(chain: &L1Client, key: &KeyArgs) -> eyre::Result<TxManager> {
    // A deposit costs more in another block than the last one, whose queue checkpoint an estimate finds written.
    let config = TxConfig { gas_margin_percent: 150, ..l2::tx_config() };
    l2::one_off_with(chain, key.require()?, config).await
}

async fn connect(endpoints: &Endpoints) -> eyre::Result<(L1Client, L1Client, Rollup)> {
    let node = l2::connect(&endpoints.l2).await?;
    let l1 = l2::connect(&endpoints.l1).await?;
    let rollup = l2::rollup(&node, &l1).await?;
    Ok((l1, node, rollup))
}

async fn deposit(args: TransferArgs, json: bool) -> eyre::Result<Value> {
    let (l1, node, rollup) = connect(&args.endpoints).await?;
    let transactions = manager(&l1, &args.key).await?;
    let request = DepositRequest {
        token: args.token.unwrap_or_default(),
        amount: args.amount,
        recipient: args.to.unwrap_or(transactions.address()),
        data: Bytes::new(),
    };
    let progress = Progress::new(json);
    progress.step("on L1", 1, 2);
    let client = BridgeClient { rollup: &rollup, transactions: &transactions };
    let outcome = client.deposit("cli", &request).await?;
    progress.step("waiting for L2", 2, 2);
    let arrived = wait_until_read(&node, outcome.block.number).await?;
    progress.finish();
    Ok(json!({
        "l1Transaction": outcome.hash,
        "l1Block": outcome.block.number,
        "recipient": request.recipient,
        "arrivedOnL2": arrived,
    }))
}

/// How long a deposit is waited for, polls of half a second.
const ARRIVAL_POLLS: usize = 240;

/// Waits until the L2 head has read L1 up to `l1_block`.
async fn wait_until_read(node: &L1Client, l1_block: u64) -> eyre::Result<bool> {
    for _ in 0..ARRIVAL_POLLS {
        let sync: Map<String, Value> = node.request("rollup_syncStatus", ()).await?;
        let number =
            |name: &str| sync.get(name).map(plain).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
        if number("l1Block") >= l1_block && number("queueConsumed") >= number("queueLength") {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(false)
}

async fn withdraw(args: WithdrawArgs, json: bool) -> eyre::Result<Value> {
    let WithdrawArgs { transfer: args, via_l1 } = args;
    let sender = args.key.require()?.address();
    let token = args.token.unwrap_or_default();
    let call =
        IL2TokenBridge::withdrawCall { l1Token: token, amount: args.amount, recipient: args.to.unwrap_or(sender) };
    let value = if token.is_zero() { args.amount } else { U256::ZERO };
    let progress = Progress::new(json);
    let (mut report, l2_transaction) = if via_l1 {
        // A node is only asked for the rollup's address: it need not be the sequencer.
        let (l1, _, rollup) = connect(&args.endpoints).await?;
        let transactions = manager(&l1, &args.key).await?;
        progress.step("on L1", 1, 1);
        let client = BridgeClient { rollup: &rollup, transactions: &transactions };
        let (outcome, hash) = client.force("cli/withdraw", L2_TOKEN_BRIDGE, value, call.abi_encode()).await?;
        (json!({ "l1Transaction": outcome.hash, "l1Block": outcome.block.number }), hash)
    } else {
        let node = l2::connect(&args.endpoints.l2).await?;
        let transactions = manager(&node, &args.key).await?;
        progress.step("on L2", 1, 1);
        let request = TxRequest { value, ..TxRequest::call("cli/withdraw", L2_TOKEN_BRIDGE, call.abi_encode()) };
        let outcome = transactions.send(request).await?;
        (json!({ "l2Block": outcome.block.number }), outcome.hash)
    };
    progress.finish();
    report["l2Transaction"] = json!(l2_transaction);
    report["next"] = json!(format!("{} bridge prove {l2_transaction}", program()));
    Ok(report)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    message_hash: B256,
    sender: Address,
    target: Address,
    value: U256,
    gas_limit: U256,
    data: Bytes,
    nonce: U256,
    withdrawal: Option<Withdrawal>,
    proof: Option<Proof>,
}

#[derive(Deserialize)]
struct Withdrawal {
    token: Address,
    recipient: Address,
    amount: U256,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Proof {
    batch_number: U256,
    batch_hash: B256,
    merkle_proof: Bytes,
    message_index: U256,
}

/// The withdrawal that an L2 transaction made.
async fn find_withdrawal(node: &L1Client, transaction: B256) -> eyre::Result<(Sent, Withdrawal)> {
    let sent: Option<Vec<Sent>> = node.request("rollup_getMessages", (transaction,)).await?;
    let sent = sent.ok_or_else(|| eyre!("transaction {transaction} is not on this L2"))?;
    sent.into_iter()
        .find_map(|mut sent| sent.withdrawal.take().map(|withdrawal| (sent, withdrawal)))
        .ok_or_else(|| eyre!("transaction {transaction} made no withdrawal"))
}

async fn settle(args: WithdrawalArgs, prove: bool) -> eyre::Result<Value> {
    let (l1, node, rollup) = connect(&args.endpoints).await?;
    let (sent, withdrawal) = find_withdrawal(&node, args.transaction).await?;
    let proof = sent.proof.ok_or_else(|| {
        eyre!("no batch on L1 holds this withdrawal yet; try again when `lux-rollup batch list` shows it")
    })?;
    let proof = MessageProof {
        batchHash: proof.batch_hash,
        messageHash: sent.message_hash,
        merkleProof: proof.merkle_proof,
        messageIndex: proof.message_index,
    };
    let message = L2Message {
        sender: sent.sender,
        target: sent.target,
        value: sent.value,
        gasLimit: sent.gas_limit,
        data: sent.data,
        nonce: sent.nonce,
    };
    let sent = SentMessage { hash: sent.message_hash, message, block: 0 };
    let (prove_call, pay_call) = withdrawal_calls(&sent, proof, withdrawal.token, withdrawal.amount);
    let (name, call) = if prove { ("prove", prove_call) } else { ("finalize", pay_call) };
    let transactions = manager(&l1, &args.key).await?;
    let client = BridgeClient { rollup: &rollup, transactions: &transactions };
    let outcome = client.send(format!("cli/{name}"), rollup.address, U256::ZERO, call).await?;
    let mut value = json!({ "l1Transaction": outcome.hash, "withdrawalId": sent.hash });
    if prove {
        value["next"] = json!(format!("{} bridge finalize {}", program(), args.transaction));
    } else {
        value["paid"] = json!(withdrawal.recipient);
    }
    Ok(value)
}

async fn status(args: StatusArgs) -> eyre::Result<Value> {
    let (l1, node, rollup) = connect(&args.endpoints).await?;
    let (sent, withdrawal) = find_withdrawal(&node, args.transaction).await?;
    let call = IL1TokenBridge::withdrawalsCall { withdrawalId: sent.message_hash.into() };
    let state = l1.view(rollup.token_bridge, call).await?;
    let batch = sent.proof.as_ref().map(|proof| proof.batch_number);
    let mut final_at = None;
    let step = match batch {
        _ if state.paid => "paid",
        None => "waiting for a batch",
        Some(number) => {
            let call = IRollupViews::getBatchStatusCall { batchNumber: number };
            let status = l1.view(rollup.address, call).await?;
            let is_final = status == BatchStatus::Finalized;
            if !is_final && status != BatchStatus::Submitted {
                let call = IRollupViews::finalAtCall { batchNumber: number };
                final_at = u64::try_from(l1.view(rollup.address, call).await?).ok();
            }
            match (state.batchNumber != 0, is_final) {
                (false, _) => "ready to prove",
                (true, false) => "proven, waiting for the batch to be final",
                (true, true) => "ready to finalize",
            }
        }
    };
    Ok(json!({
        "step": step,
        "withdrawalId": sent.message_hash,
        "token": withdrawal.token,
        "amount": withdrawal.amount.to_string(),
        "recipient": withdrawal.recipient,
        "batch": batch.map(|number| number.to_string()),
        "finalAt": final_at,
    }))
}
