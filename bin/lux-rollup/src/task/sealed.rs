//! Inputs that only enclaves read, and outputs that only the requester does.

use crate::model::files::{read_bounded, write_secret};
use alloy_primitives::{Address, B256, hex};
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_blobs::BlobStore;
use lux_compute::{Market, find_recipients, task_context};
use lux_confidential::{ContentKey, Context, Envelope, MAX_RECIPIENTS, open_output};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;
use zeroize::{Zeroize, Zeroizing};

#[derive(Args, Clone)]
pub struct SealArgs {
    /// Seal the input to enclaves, for a model that was registered with --confidential.
    #[arg(long)]
    pub confidential: bool,
    /// Seal it to this enclave only, by the address of its key. May be repeated [default: all that are usable].
    #[arg(long, value_name = "ADDRESS", requires = "confidential")]
    enclave: Vec<Address>,
    /// Seal it only to enclaves whose software has this measurement. May be repeated.
    #[arg(long, value_name = "HEX", requires = "confidential")]
    measurement: Vec<B256>,
    #[command(flatten)]
    secrets: SecretArgs,
}

#[derive(Args, Clone)]
pub struct SecretArgs {
    /// Folder of the keys of confidential tasks: without its key nobody reads an output.
    #[arg(long, value_name = "FOLDER", default_value = "data/secrets")]
    secrets: PathBuf,
}

/// What a requester keeps about a task.
#[derive(Serialize, Deserialize)]
struct Secret {
    /// Content key, in hexadecimal digits.
    key: String,
    model: B256,
    /// Blob commitment of the envelope.
    input: B256,
}

const MAX_SECRET_BYTES: u64 = 1_000;

impl Drop for Secret {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// The task that an input is sealed for.
pub struct SealedTask<'a> {
    pub market: &'a Market,
    pub first_block: u64,
    pub model: B256,
    pub requester: Address,
    pub id: B256,
}

impl SealedTask<'_> {
    async fn context(&self) -> eyre::Result<Context> {
        Ok(task_context(self.market, self.model, self.requester, self.id).await?)
    }
}

impl SecretArgs {
    fn file(&self, task: B256) -> PathBuf {
        self.secrets.join(format!("{task}.json"))
    }

    fn read(&self, task: B256) -> eyre::Result<(Secret, ContentKey)> {
        let file = self.file(task);
        let bytes = Zeroizing::new(read_bounded(&file, MAX_SECRET_BYTES)?);
        let secret: Secret = serde_json::from_slice(&bytes).wrap_err_with(|| file.display().to_string())?;
        let key = Zeroizing::new(hex::decode(&secret.key).unwrap_or_default());
        let key = ContentKey::from_slice(&key).ok_or_else(|| eyre!("{} has no content key", file.display()))?;
        Ok((secret, key))
    }

    /// On disk before anything is sent: an output that nobody can read would be paid for.
    fn write(&self, task: B256, secret: &Secret) -> eyre::Result<()> {
        let file = self.file(task);
        fs::create_dir_all(&self.secrets).wrap_err_with(|| self.secrets.display().to_string())?;
        write_secret(&file, &Zeroizing::new(serde_json::to_string(secret)?))
    }

    /// The output of a confidential task.
    pub async fn open(
        &self,
        market: &Market,
        requester: Address,
        id: B256,
        sealed: &[u8],
    ) -> eyre::Result<Zeroizing<Vec<u8>>> {
        let (secret, key) =
            self.read(id).wrap_err("the output is sealed: --secrets names the requester's folder of keys")?;
        let context = task_context(market, secret.model, requester, id).await?;
        open_output(sealed, &key, &context, &secret.input)
            .wrap_err("the worker's enclave signed an output that is not sealed for this task")
    }
}

impl SealArgs {
    /// Seals an input, keeps its key, and puts the envelope into the store. Repeated, it is the same one.
    pub async fn put(&self, task: &SealedTask<'_>, store: &BlobStore, input: &[u8]) -> eyre::Result<B256> {
        if self.secrets.file(task.id).exists() {
            let (secret, _) = self.secrets.read(task.id)?;
            if secret.model != task.model || !store.has(secret.input).await? {
                return Err(eyre!("the id {} was used for another input: choose another", task.id));
            }
            return Ok(secret.input);
        }
        let market = task.market;
        let params = market.params().await?;
        let now = market.chain.head().await?.timestamp;
        let until = now + u64::from(params.taskTimeout) + u64::from(params.claimWindow);
        let found = find_recipients(market, task.first_block, &self.enclave, &self.measurement, until).await?;
        let (mut recipients, mut refused) = (Vec::new(), Vec::new());
        for (enclave, fit) in found {
            match fit {
                Ok(recipient) => recipients.push(recipient.key),
                // Who names enclaves means each of them.
                Err(reason) if !self.enclave.is_empty() => return Err(eyre!("enclave {enclave}: {reason}")),
                Err(reason) => refused.push(format!("{enclave}: {reason}")),
            }
        }
        if recipients.is_empty() {
            let reasons = if refused.is_empty() { "none has named a key".into() } else { refused.join("; ") };
            return Err(eyre!("there is no enclave to seal the input to: {reasons}"));
        }
        recipients.truncate(MAX_RECIPIENTS);
        let key = ContentKey::random();
        let envelope = Envelope::seal(input, &key, &recipients, &task.context().await?)?;
        let commitment = store.put(envelope.into()).await?;
        let key = hex::encode(key.as_slice());
        self.secrets.write(task.id, &Secret { key, model: task.model, input: commitment })?;
        Ok(commitment)
    }
}
