//! A JSON-RPC endpoint for wallets that know nothing of encryption: what tells of a transaction goes to the sequencer sealed, all else
//! to the node as it is.

use crate::module::passed;
use crate::sender::Sender;
use crate::{ENCRYPTED_CALLS, Reply, SendError};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, Bytes, U64};
use jsonrpsee::types::{ErrorObjectOwned, Params};
use lux_rpc::decode_transaction;
use lux_stf::recover_sender;
use parking_lot::Mutex;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::time::{Duration, Instant};

const SEND: &str = "eth_sendRawTransaction";
const NONCE: &str = "eth_getTransactionCount";
/// Methods with one of these in their names would show a transaction to the node.
const TELLING: [&str; 7] = ["send", "sign", "call", "simulate", "estimate", "bundle", "fill"];
/// How long a sent transaction counts that no block has.
const NONCE_LIFETIME: Duration = Duration::from_secs(600);
const MAX_SENDERS: usize = 10_000;

/// Answers the methods of a wallet's endpoint.
pub struct Proxy {
    sender: Sender,
    /// Nonces after what was sent: nobody else can tell a wallet of its own pending transactions.
    nonces: Mutex<HashMap<Address, (u64, Instant)>>,
}

impl Proxy {
    pub fn new(sender: Sender) -> Self {
        Self { sender, nonces: Mutex::default() }
    }

    pub const fn sender(&self) -> &Sender {
        &self.sender
    }

    pub async fn answer(&self, method: &str, params: Option<&RawValue>) -> Result<Box<RawValue>, ErrorObjectOwned> {
        match method {
            SEND => self.send(params).await,
            NONCE => self.nonce(params).await,
            secret if ENCRYPTED_CALLS.contains(&secret) => opened(self.sender.call(secret, params).await),
            telling if TELLING.iter().any(|word| telling.to_lowercase().contains(word)) => {
                let reason = format!("{telling} would show a transaction to the node, and is not answered in secret");
                Err(ErrorObjectOwned::owned(-32601, reason, None::<()>))
            }
            plain => self.pass(plain, params).await,
        }
    }

    async fn pass(&self, method: &str, params: Option<&RawValue>) -> Result<Box<RawValue>, ErrorObjectOwned> {
        match params {
            Some(params) => self.sender.node().request(method, params).await,
            None => self.sender.node().request(method, [(); 0]).await,
        }
        .map_err(passed)
    }

    async fn send(&self, params: Option<&RawValue>) -> Result<Box<RawValue>, ErrorObjectOwned> {
        let raw: Bytes = Params::new(params.map(RawValue::get)).one()?;
        let tx = decode_transaction(&raw)?;
        let result = opened(self.sender.send(&raw).await)?;
        if let Some(sender) = recover_sender(&tx) {
            let mut nonces = self.nonces.lock();
            if nonces.len() >= MAX_SENDERS {
                nonces.retain(|_, (_, at)| at.elapsed() < NONCE_LIFETIME);
            }
            let next = nonces.get(&sender).map_or(0, |(next, _)| *next).max(tx.nonce().saturating_add(1));
            nonces.insert(sender, (next, Instant::now()));
        }
        Ok(result)
    }

    async fn nonce(&self, params: Option<&RawValue>) -> Result<Box<RawValue>, ErrorObjectOwned> {
        let found = opened(self.sender.call(NONCE, params).await)?;
        let parsed = Params::new(params.map(RawValue::get)).parse::<(Address, String)>();
        let Ok((account, tag)) = parsed else { return Ok(found) };
        let (Ok(known), "pending") = (serde_json::from_str::<U64>(found.get()), tag.as_str()) else {
            return Ok(found);
        };
        let mut nonces = self.nonces.lock();
        let sent = nonces.get(&account).filter(|(next, at)| *next > known.to::<u64>() && at.elapsed() < NONCE_LIFETIME);
        match sent {
            Some((next, _)) => Reply::of(Ok(U64::from(*next))).into_result(),
            None => {
                nonces.remove(&account);
                Ok(found)
            }
        }
    }
}

fn opened(reply: Result<Reply, SendError>) -> Result<Box<RawValue>, ErrorObjectOwned> {
    match reply {
        Ok(reply) => reply.into_result(),
        Err(SendError::Node(error)) => Err(passed(error)),
        Err(error) => Err(ErrorObjectOwned::owned(-32000, error.to_string(), None::<()>)),
    }
}
