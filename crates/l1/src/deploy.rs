//! Deploying contracts so that an interrupted run continues where it stopped.

use alloy_primitives::{Address, Bytes, U256};

use crate::{TxError, TxManager, TxOutcome, TxRequest};

/// Sends named steps through a [`TxManager`]. A step whose name is in the journal is not sent again, so running the
/// same program again continues after the last finished step.
#[derive(Debug)]
pub struct Deployer<'a> {
    manager: &'a TxManager,
    prefix: String,
    done: Vec<DeployedStep>,
}

/// A finished step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployedStep {
    pub name: String,
    /// Of the contract that the step created.
    pub address: Option<Address>,
    pub outcome: TxOutcome,
}

/// Why a deployment stopped.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    #[error("step {step}: {source}")]
    Step { step: String, source: TxError },
    #[error("step {step}: there is no code at {address}")]
    NoCode { step: String, address: Address },
}

impl<'a> Deployer<'a> {
    /// `prefix` names the deployment, so that one key can make several: ids are `prefix/step`.
    pub fn new(manager: &'a TxManager, prefix: impl Into<String>) -> Self {
        Self { manager, prefix: prefix.into(), done: Vec::new() }
    }

    /// Deploys `init_code` (creation code followed by the encoded constructor arguments) and returns the address.
    pub async fn create(&mut self, step: &str, init_code: impl Into<Bytes>) -> Result<Address, DeployError> {
        let request = TxRequest::create(self.id(step), init_code);
        let outcome = self.send(step, request).await?;
        // The receipt is the endpoint's word; the address follows from sender and nonce.
        let address = self.manager.address().create(outcome.nonce);
        let code = self.manager.client().code(address).await.map_err(|e| failed(step, e.into()))?;
        if code.is_empty() || outcome.contract_address.is_some_and(|a| a != address) {
            return Err(DeployError::NoCode { step: step.into(), address });
        }
        tracing::info!(step, %address, "contract deployed");
        self.finish(step, Some(address), outcome);
        Ok(address)
    }

    /// The same for several contracts at once: none of the transactions waits for another.
    pub async fn create_all(&mut self, steps: &[(String, Bytes)]) -> Result<Vec<Address>, DeployError> {
        for (step, init_code) in steps {
            let request = TxRequest::create(self.id(step), init_code.clone());
            self.manager.submit(request).await.map_err(|error| failed(step, error))?;
        }
        let mut addresses = Vec::with_capacity(steps.len());
        for (step, init_code) in steps {
            addresses.push(self.create(step, init_code.clone()).await?);
        }
        Ok(addresses)
    }

    /// Calls a contract.
    pub async fn call(
        &mut self,
        step: &str,
        to: Address,
        value: U256,
        data: impl Into<Bytes>,
    ) -> Result<TxOutcome, DeployError> {
        let request = TxRequest { value, ..TxRequest::call(self.id(step), to, data) };
        let outcome = self.send(step, request).await?;
        self.finish(step, None, outcome.clone());
        Ok(outcome)
    }

    /// Finished steps of this run, in order, resumed ones included.
    pub fn steps(&self) -> &[DeployedStep] {
        &self.done
    }

    fn id(&self, step: &str) -> String {
        format!("{}/{step}", self.prefix)
    }

    async fn send(&self, step: &str, request: TxRequest) -> Result<TxOutcome, DeployError> {
        self.manager.send(request).await.map_err(|e| failed(step, e))
    }

    fn finish(&mut self, step: &str, address: Option<Address>, outcome: TxOutcome) {
        self.done.push(DeployedStep { name: step.into(), address, outcome });
    }
}

fn failed(step: &str, source: TxError) -> DeployError {
    DeployError::Step { step: step.into(), source }
}
