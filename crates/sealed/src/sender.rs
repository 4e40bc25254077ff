//! The sender's side: finds the sequencer's key, asks L1 whether it is to be believed, and seals to it.

use crate::call::Question;
use crate::limits::MAX_CALL_BYTES;
use crate::methods::{CALL, ENCRYPTION_KEY, SEND};
use crate::{Announced, Reply, SendError};
use alloy_primitives::{Address, B256, Bytes};
use lux_confidential::{
    ContentKey, Context, Envelope, Recipient, RollupContext, judge_recipient, open_reply, state_root_registry,
};
use lux_l1::{Clock, L1Client, Transport};
use lux_protocol::contracts::IRollupViews;
use serde_json::value::RawValue;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

/// How long an answer of L1 about a key is good for: about what a block of L1 takes.
const CHECKED_FOR: Duration = Duration::from_secs(12);
/// Time that an envelope may take on its way.
const TRANSIT_SECONDS: u64 = 60;

/// Sends in secret to the sequencer of one rollup.
pub struct Sender {
    l1: L1Client,
    node: Transport,
    rollup: RollupContext,
    registry: Address,
    measurements: Vec<B256>,
    clock: Clock,
    checked: Mutex<Option<(Instant, Recipient)>>,
}

impl Sender {
    /// For the rollup at an address on L1. Only enclaves whose software has one of the `measurements` are sealed to, if there are any.
    pub async fn open(
        l1: L1Client,
        node: Transport,
        rollup: Address,
        measurements: Vec<B256>,
        clock: Clock,
    ) -> Result<Self, SendError> {
        let params = l1.view(rollup, IRollupViews::paramsCall {}).await?;
        let l1_chain_id = l1.chain_id().await.map_err(SendError::L1)?;
        let none = || SendError::NoEnclave(format!("the rollup {rollup} has no registry of enclave keys on L1"));
        let registry = state_root_registry(&l1, rollup).await?.ok_or_else(none)?;
        let rollup = RollupContext { l1_chain_id, rollup, l2_chain_id: params.l2ChainId };
        Ok(Self { l1, node, rollup, registry, measurements, clock, checked: Mutex::default() })
    }

    /// The enclave that is sealed to, as L1 has it now. The node only says which of the registered ones is its own.
    pub async fn recipient(&self) -> Result<Recipient, SendError> {
        let mut checked = self.checked.lock().await;
        if let Some((at, recipient)) = &*checked
            && at.elapsed() < CHECKED_FOR
        {
            return Ok(*recipient);
        }
        let none: [(); 0] = [];
        let announced: Announced =
            self.node.request(ENCRYPTION_KEY, none).await.map_err(|error| match error.as_rpc() {
                Some(rpc) => SendError::NoEnclave(rpc.message.clone()),
                None => SendError::NoEnclave(error.to_string()),
            })?;
        let until = (self.clock)() / 1000 + TRANSIT_SECONDS;
        let mut reasons = Vec::new();
        for key in announced.enclaves {
            let enclave = key.enclave;
            match judge_recipient(&self.l1, self.registry, enclave, &self.measurements, until).await? {
                Ok(recipient) => {
                    *checked = Some((Instant::now(), recipient));
                    return Ok(recipient);
                }
                Err(reason) => reasons.push(format!("enclave {enclave}: {reason}")),
            }
        }
        match reasons.is_empty() {
            true => Err(SendError::NoEnclave("no enclave of it is usable".into())),
            false => Err(SendError::Unfit(reasons.join("; "))),
        }
    }

    pub const fn rollup(&self) -> &RollupContext {
        &self.rollup
    }

    pub(crate) const fn node(&self) -> &Transport {
        &self.node
    }

    /// Sends a signed transaction in EIP-2718 form; the result is its hash.
    pub async fn send(&self, raw: &[u8]) -> Result<Reply, SendError> {
        self.ask(SEND, &Context::transaction(&self.rollup), raw).await
    }

    /// Asks one of [`crate::ENCRYPTED_CALLS`].
    pub async fn call(&self, method: &str, params: Option<&RawValue>) -> Result<Reply, SendError> {
        let question = Question { method: method.into(), params };
        let question = serde_json::to_vec(&question).map_err(|error| SendError::Answer(error.to_string()))?;
        let question = Zeroizing::new(question);
        if question.len() > MAX_CALL_BYTES {
            return Err(SendError::TooLarge(question.len()));
        }
        self.ask(CALL, &Context::call(&self.rollup), &question).await
    }

    async fn ask(&self, method: &str, context: &Context, plaintext: &[u8]) -> Result<Reply, SendError> {
        let recipient = self.recipient().await?;
        let key = ContentKey::random();
        let envelope: Bytes = Envelope::seal(plaintext, &key, &[recipient.key], context)?.into();
        let sealed: Bytes = self.node.request(method, (&envelope,)).await.map_err(SendError::Node)?;
        let reply = open_reply(&sealed, &key, context, &envelope)?;
        serde_json::from_slice(&reply).map_err(|error| SendError::Answer(error.to_string()))
    }
}
