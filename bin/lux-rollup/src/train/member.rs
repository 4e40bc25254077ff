//! `lux-rollup train join`, `leave`, `release`, `withdraw` and `cancel`.

use super::place::{NamedJob, TrainingArgs};
use super::status::coins;
use crate::duration::parse_coins;
use crate::keys::KeyArgs;
use crate::l2::one_off;
use crate::output::Progress;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolStruct, SolValue, eip712_domain, sol};
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_l1::{TxManager, TxRequest, Wallet};
use lux_protocol::training::ITraining::{
    Job, balanceOfCall, cancelTrainingJobCall, depositCall, getMemberCall, joinTrainingJobCall, leaveTrainingJobCall,
    releaseStakeCall, withdrawCall,
};
use lux_training_chain::Contract;
use serde_json::{Value, json};
use std::path::PathBuf;

sol! {
    /// What an enclave signs for a worker (`docs/distributed-training.md`).
    struct Membership {
        bytes32 jobId;
        address worker;
    }
}

#[derive(Args)]
pub struct JoinArgs {
    #[command(flatten)]
    named: NamedJob,
    /// Key of the worker, with coins for stake and gas.
    #[command(flatten)]
    key: KeyArgs,
    /// File with the private key in hex of an enclave that this worker runs in: it stands for the stake.
    #[arg(long, value_name = "FILE")]
    enclave_key: Option<PathBuf>,
}

#[derive(Args)]
pub struct JobCallArgs {
    #[command(flatten)]
    named: NamedJob,
    #[command(flatten)]
    key: KeyArgs,
}

#[derive(Args)]
pub struct WithdrawArgs {
    #[command(flatten)]
    training: TrainingArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// Whole coins [default: all].
    #[arg(long, value_parser = parse_coins)]
    amount: Option<U256>,
}

pub async fn join(args: JoinArgs, json: bool) -> eyre::Result<Value> {
    let wallet = args.key.require()?;
    let (contract, job) = args.named.find().await?;
    let (id, worker) = (args.named.job, wallet.address());
    let member = contract.chain.view(contract.address, getMemberCall { jobId: id, worker }).await?;
    if member.isMember && !member.isSlashed && job.active.bit(usize::from(member.index)) {
        return Ok(json!({ "job": id, "worker": worker, "outcome": "it is a worker of this job already" }));
    }
    let transactions = one_off(&contract.chain, wallet).await?;
    let progress = Progress::new(json);
    let (attestation, stake) = match &args.enclave_key {
        Some(file) => (membership(&contract, id, worker, &Wallet::from_file(file)?).await?, U256::ZERO),
        // Who comes back has its stake there.
        None if member.isMember => (Bytes::new(), U256::ZERO),
        None => (Bytes::new(), U256::from(job.config.stake)),
    };
    deposit_missing(&contract, &transactions, stake, &progress).await?;
    let call = joinTrainingJobCall { jobId: id, workerAttestation: attestation };
    let sent =
        send(&contract, &transactions, "join", call.abi_encode(), &progress).await.wrap_err("joining the job")?;
    Ok(json!({ "job": id, "worker": worker, "stake": coins(stake), "outcome": "joined", "transaction": sent }))
}

/// Brings the free balance up to what a call locks; what was missing.
pub async fn deposit_missing(
    contract: &Contract,
    transactions: &TxManager,
    needed: U256,
    progress: &Progress,
) -> eyre::Result<U256> {
    let account = transactions.address();
    let balance = contract.chain.view(contract.address, balanceOfCall { account }).await?;
    let missing = needed.saturating_sub(balance);
    if !missing.is_zero() {
        let call = TxRequest::call("cli/deposit", contract.address, depositCall { account }.abi_encode());
        let deposit = transactions.send(TxRequest { value: missing, ..call });
        progress
            .while_waiting("depositing", deposit)
            .await
            .wrap_err_with(|| format!("a deposit of {}", coins(missing)))?;
    }
    Ok(missing)
}

/// An enclave's signature about a worker, as the contract takes it.
async fn membership(contract: &Contract, id: B256, worker: Address, enclave: &Wallet) -> eyre::Result<Bytes> {
    let domain = eip712_domain! {
        name: "LuxTraining",
        version: "1",
        chain_id: contract.chain.chain_id().await?,
        verifying_contract: contract.address,
    };
    let digest = Membership { jobId: id, worker }.eip712_signing_hash(&domain);
    let signature = Bytes::from(enclave.sign_hash(&digest)?.as_bytes());
    Ok((enclave.address(), signature).abi_encode_params().into())
}

pub async fn leave(args: JobCallArgs, json: bool) -> eyre::Result<Value> {
    let id = args.named.job;
    let sent = of_job(&args, leaveTrainingJobCall { jobId: id }, json).await?;
    let next = "a challenge period from now, `train release` moves the stake to the balance";
    Ok(json!({ "job": id, "outcome": "left", "next": next, "transaction": sent }))
}

pub async fn release(args: JobCallArgs, json: bool) -> eyre::Result<Value> {
    let id = args.named.job;
    let sent = of_job(&args, releaseStakeCall { jobId: id }, json).await?;
    Ok(
        json!({ "job": id, "outcome": "the stake is in the balance: `train withdraw` pays it out", "transaction": sent }),
    )
}

pub async fn cancel(args: JobCallArgs, json: bool) -> eyre::Result<Value> {
    let id = args.named.job;
    let sent = of_job(&args, cancelTrainingJobCall { jobId: id }, json).await?;
    Ok(json!({ "job": id, "outcome": "no further round begins", "transaction": sent }))
}

async fn of_job(args: &JobCallArgs, call: impl SolCall, json: bool) -> eyre::Result<B256> {
    let wallet = args.key.require()?;
    let (contract, _): (Contract, Job) = args.named.find().await?;
    let transactions = one_off(&contract.chain, wallet).await?;
    send(&contract, &transactions, "job", call.abi_encode(), &Progress::new(json)).await
}

async fn send(
    contract: &Contract,
    transactions: &TxManager,
    id: &str,
    data: Vec<u8>,
    progress: &Progress,
) -> eyre::Result<B256> {
    let call = TxRequest::call(format!("cli/{id}"), contract.address, data);
    Ok(progress.while_waiting("sending", transactions.send(call)).await?.hash)
}

pub async fn withdraw(args: WithdrawArgs, json: bool) -> eyre::Result<Value> {
    let wallet = args.key.require()?;
    let contract = args.training.find().await?;
    let balance = contract.chain.view(contract.address, balanceOfCall { account: wallet.address() }).await?;
    let amount = args.amount.unwrap_or(balance);
    if amount.is_zero() || amount > balance {
        return Err(eyre!("the balance is {}", coins(balance)));
    }
    let transactions = one_off(&contract.chain, wallet).await?;
    let data = withdrawCall { amount }.abi_encode();
    let sent = send(&contract, &transactions, "withdraw", data, &Progress::new(json)).await?;
    Ok(json!({ "withdrawn": coins(amount), "transaction": sent }))
}
