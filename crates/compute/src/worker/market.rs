//! What a worker sends to the market.

use super::batch::Fit;
use super::{HURRY_SECONDS, Job, MAX_BATCH_BYTES, MAX_CLAIMED, MAX_FINALIZED, MAX_RESULTS, Worker, price};
use crate::board::Stage;
use crate::costs::PAYMENT_GAS;
use crate::jobs::retry_seconds;
use crate::records::Record;
use crate::{ComputeError, DataError};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolCall;
use lux_protocol::market::contract::IComputeMarket::{claimTasksCall, finalizeTasksCall, submitComputeResultsCall};
use lux_protocol::market::contract::{ComputeResult, TaskStatus};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A claim locks this part of what a task pays at most.
const BOND_DIVISOR: U256 = U256::from_limbs([10, 0, 0, 0]);

impl Worker {
    fn read(&self) -> u64 {
        self.board.head().map_or(0, |head| head.number)
    }

    /// Claims tasks that are ready.
    pub(super) async fn claim(&mut self) -> Result<(), ComputeError> {
        if !self.claims.is_free(&self.transactions, self.read()) {
            return Ok(());
        }
        self.claiming.clear();
        let held = self.claimed().len();
        if held >= self.config.max_claims {
            return Ok(());
        }
        let now = self.board.now();
        let mut ready: Vec<_> = self
            .board
            .tasks()
            .filter(|task| *task.stage == Stage::Open && task.offer.expires_at > now)
            .filter(|task| self.jobs.get(&task.id).is_some_and(|job| job.is_ready() && job.offer == *task.offer))
            .map(|task| (Reverse(price(task.offer)), self.place(task.id), task.id))
            .collect();
        // Gas may be dearer than when they were prepared.
        ready.retain(|(.., id)| self.config.allow_loss || self.gain(id).is_some());
        // Whoever claims what it cannot sign loses the bond.
        if ready.iter().any(|(.., id)| self.needs_signature(id)) {
            let params = self.shop.market.params().await?;
            let mut until = now + u64::from(params.claimWindow);
            // Nothing else stands behind a sealed result until it is paid.
            if ready.iter().any(|(.., id)| self.is_sealed(id)) {
                until += u64::from(params.challengePeriod);
            }
            let signers = self.enclaves.signers(&self.shop.market, until).await?;
            ready.retain(|(.., id)| self.can_be_signed(id, &signers));
        }
        if ready.is_empty() {
            return Ok(());
        }
        ready.sort_unstable();
        let market = &self.shop.market;
        // What is claimed has to be traced in half of the window. A claim locks a tenth of the price.
        let window = f64::from(market.params().await?.claimWindow) / 2.0 * self.config.parallel as f64;
        let mut seconds: f64 = self.claimed().iter().map(|(_, id)| self.seconds(id)).sum();
        let mut balance = U256::from(market.account(self.account()).await?.balance);
        let mut is_poor = false;
        ready.retain(|(Reverse(price), _, id)| {
            let (bond, more) = (*price / BOND_DIVISOR, self.seconds(id));
            is_poor |= bond > balance;
            if bond > balance || seconds + more > window {
                return false;
            }
            (balance, seconds) = (balance - bond, seconds + more);
            true
        });
        ready.truncate((self.config.max_claims - held).min(MAX_CLAIMED));
        if ready.is_empty() {
            if is_poor {
                tracing::warn!("the balance in the market is too small for the bond of a claim: deposit more");
            }
            return Ok(());
        }
        let tasks: Vec<B256> = ready.into_iter().map(|(_, _, id)| id).collect();
        if held == 0 && !self.pays_for_transactions(&tasks) {
            let reason = format!(
                "{} tasks are ready, and do not pay for claim, result and payment in transactions of their own",
                tasks.len()
            );
            if self.waiting_for_more != tasks.len() {
                self.waiting_for_more = tasks.len();
                self.tell_of_loss(tasks[0], &reason);
            }
            return Ok(());
        }
        let tasks = self.with_data(tasks).await?;
        if tasks.is_empty() {
            return Ok(());
        }
        match self.fit(tasks, |tasks| Ok(claimTasksCall { taskIds: tasks.to_vec() }.abi_encode())).await? {
            Fit::Batch(batch) => {
                tracing::info!(tasks = batch.tasks.len(), "claiming");
                self.claims.send(&self.transactions, self.shop.market.address, batch).await?;
            }
            Fit::Refused(reason) => tracing::warn!(%reason, "the market refuses claims of this worker"),
            Fit::TooLarge => {}
        }
        Ok(())
    }

    /// Those of these tasks whose data are still there, which they stay from now on.
    async fn with_data(&mut self, tasks: Vec<B256>) -> Result<Vec<B256>, ComputeError> {
        self.claiming = tasks.iter().copied().collect();
        self.keep().await;
        let library = &self.shop.library;
        let (mut models, mut there) = (BTreeMap::new(), Vec::new());
        for id in tasks {
            let Some(offer) = self.board.task(id).map(|task| task.offer) else { continue };
            let has_model = match models.get(&offer.model) {
                Some(has_model) => *has_model,
                None => library.has_model(offer.model).await?,
            };
            models.insert(offer.model, has_model);
            if has_model && library.store().has(offer.input.commitment).await.map_err(DataError::Blob)? {
                there.push(id);
            } else {
                tracing::debug!(task = %id, "the data of a task went from the cache before it was claimed");
                self.jobs.remove(&id);
                self.claiming.remove(&id);
            }
        }
        Ok(there)
    }

    /// Whether tasks gain more together than claim, result and payment cost beside them.
    fn pays_for_transactions(&self, tasks: &[B256]) -> bool {
        let Some((_, costs)) = &self.costs else { return self.config.allow_loss };
        let gains = tasks.iter().filter_map(|id| self.gain(id)).fold(U256::ZERO, U256::saturating_add);
        gains >= costs.of_batch()
    }

    /// What a prepared task leaves now; `None` for a loss.
    fn gain(&self, id: &B256) -> Option<U256> {
        let (_, costs) = self.costs.as_ref()?;
        let (job, offer) = (self.jobs.get(id)?.prepared.as_ref()?, self.board.task(*id)?.offer);
        costs.gain(job.work, job.gas, offer.gas_price).ok()
    }

    /// Delivers results of tasks that this worker claimed.
    pub(super) async fn deliver(&mut self) -> Result<(), ComputeError> {
        if !self.results.is_free(&self.transactions, self.read()) {
            return Ok(());
        }
        let now = self.board.now();
        let (mut tasks, mut results, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut due: Vec<_> = self
            .claimed()
            .into_iter()
            .filter(|(until, id)| *until >= now && self.has_record(*id) && !self.waits(id))
            .collect();
        let mut signers = None;
        if due.iter().any(|(_, id)| self.needs_signature(id)) {
            let found = self.enclaves.signers(&self.shop.market, now).await?;
            due.retain(|(_, id)| self.can_be_signed(id, &found));
            signers = Some(found);
        }
        let hurries = due.first().is_some_and(|(until, _)| *until < now + HURRY_SECONDS);
        let most = if self.singly || hurries { 1 } else { MAX_RESULTS };
        for (_, id) in due {
            let Some(record) = self.records.get(&id) else { continue };
            let result = result(id, record, self.proof(&id, record, signers.as_ref())?);
            let size = result.zkProof.len() + 640;
            if results.len() == most || (!results.is_empty() && bytes + size > MAX_BATCH_BYTES) {
                break;
            }
            bytes += size;
            tasks.push(id);
            results.push(result);
        }
        if tasks.is_empty() {
            self.singly = false;
            return Ok(());
        }
        let encode = |tasks: &[B256]| {
            let results = results[..tasks.len()].to_vec();
            Ok(submitComputeResultsCall { results }.abi_encode())
        };
        match self.fit(tasks.clone(), encode).await? {
            Fit::Batch(batch) if self.is_worth(batch.gas, self.worth_of_results(&batch.tasks)) => {
                tracing::info!(
                    tasks = batch.tasks.len(),
                    bytes = batch.data.len(),
                    gas = batch.gas,
                    "delivering results"
                );
                self.results.send(&self.transactions, self.shop.market.address, batch).await
            }
            Fit::Batch(batch) => {
                self.too_dear(&batch.tasks, batch.gas);
                Ok(())
            }
            Fit::Refused(reason) => self.refused(&tasks, &reason.to_string()).await,
            Fit::TooLarge => {
                self.wait(tasks[0], retry_seconds(0));
                Ok(())
            }
        }
    }

    /// Payments of these results, and the bonds that they set free.
    fn worth_of_results(&self, tasks: &[B256]) -> U256 {
        let Some((_, costs)) = &self.costs else { return U256::ZERO };
        let worth = |id: &B256| {
            let (offer, record) = (self.board.task(*id)?.offer, self.records.get(id)?);
            Some(costs.net(record.gas_used, offer.gas_price) + price(offer) / BOND_DIVISOR)
        };
        tasks.iter().filter_map(worth).fold(U256::ZERO, U256::saturating_add)
    }

    /// Gas is dearer now than all that these results bring.
    fn too_dear(&mut self, tasks: &[B256], gas: u64) {
        match tasks {
            [id] => {
                tracing::warn!(task = %id, gas, "to deliver a result costs more now than payment and bond: waiting for cheaper gas");
                self.wait(*id, retry_seconds(0));
            }
            // Some of them may be worth it.
            _ => self.singly = true,
        }
    }

    /// Leaves the result of a task alone for some seconds.
    fn wait(&mut self, id: B256, seconds: u64) {
        let until = self.board.now().saturating_add(seconds);
        if let Some(offer) = self.board.task(id).map(|task| task.offer.clone()) {
            self.jobs.entry(id).or_insert_with(|| Job::new(offer)).refused_until = until;
        }
    }

    /// Whether a result was refused lately.
    fn waits(&self, id: &B256) -> bool {
        self.jobs.get(id).is_some_and(|job| job.refused_until > self.board.now())
    }

    /// The market takes none of these results now. What it says of a single one is believed only if the task is another's:
    /// endpoints lag.
    async fn refused(&mut self, tasks: &[B256], reason: &str) -> Result<(), ComputeError> {
        let [id] = tasks else {
            self.singly = true;
            return Ok(());
        };
        let task = self.shop.market.task(*id).await?;
        let is_ours = task.progress.status == TaskStatus::Claimed && task.progress.worker == self.account();
        tracing::error!(task = %id, reason, is_ours, "the market refuses a result");
        self.wait(*id, if is_ours { retry_seconds(0) } else { u64::MAX });
        if is_ours { Ok(()) } else { self.records.retain(|other| other != id) }
    }

    /// Has results paid that nobody can challenge any more.
    pub(super) async fn collect(&mut self) -> Result<(), ComputeError> {
        if !self.payments.is_free(&self.transactions, self.read()) {
            return Ok(());
        }
        let (own, now) = (self.account(), self.board.now());
        let due = self.board.tasks().filter(|task| match task.stage {
            Stage::Delivered(delivery) => delivery.worker == own && delivery.until <= now,
            _ => false,
        });
        let due = due.map(|task| {
            let used = self.records.get(&task.id).map_or(task.offer.gas_limit, |record| record.gas_used);
            (task.id, self.payment(used, task.offer.gas_price), task.challenges.is_empty())
        });
        let mut due: Vec<_> = due.filter(|(_, payment, _)| self.is_worth(PAYMENT_GAS, *payment)).collect();
        due.sort_unstable_by_key(|(id, payment, _)| (Reverse(*payment), *id));
        let mut payments = self.due_earlier(now).await?;
        for (id, payment, is_undisputed) in due {
            if payments.len() >= MAX_FINALIZED {
                break;
            }
            if is_undisputed || self.shop.market.final_at(id).await?.is_some_and(|until| until <= now) {
                payments.push((id, payment));
            }
        }
        if payments.is_empty() {
            return Ok(());
        }
        let tasks = payments.iter().map(|(id, _)| *id).collect();
        let Fit::Batch(batch) =
            self.fit(tasks, |tasks| Ok(finalizeTasksCall { taskIds: tasks.to_vec() }.abi_encode())).await?
        else {
            return Ok(());
        };
        let sum = payments.iter().take(batch.tasks.len()).fold(U256::ZERO, |sum, (_, wei)| sum.saturating_add(*wei));
        if !self.is_worth(batch.gas, sum) {
            if self.waiting_for_payment != payments.len() {
                self.waiting_for_payment = payments.len();
                tracing::info!(tasks = payments.len(), wei = %sum, gas = batch.gas, "payments wait until they are worth their gas");
            }
            return Ok(());
        }
        self.waiting_for_payment = 0;
        tracing::info!(tasks = batch.tasks.len(), gas = batch.gas, "collecting payment");
        self.payments.send(&self.transactions, self.shop.market.address, batch).await
    }

    /// Wei that a payment leaves after the fee. Nothing while the fee is not known.
    fn payment(&self, gas_used: u64, gas_price: u64) -> U256 {
        self.costs.as_ref().map_or(U256::ZERO, |(_, costs)| costs.net(gas_used, gas_price))
    }

    /// Results from before the blocks that are read, which can be paid now and are worth it.
    async fn due_earlier(&mut self, now: u64) -> Result<Vec<(B256, U256)>, ComputeError> {
        let mut due = Vec::new();
        for id in self.earlier.clone().unwrap_or_default() {
            if due.len() == MAX_FINALIZED {
                break;
            }
            let task = self.shop.market.task(id).await?;
            let payment = self.payment(task.progress.gasUsed.into(), task.offer.gasPrice);
            if task.progress.status != TaskStatus::Submitted {
                if let Some(earlier) = &mut self.earlier {
                    earlier.remove(&id);
                }
            } else if self.is_worth(PAYMENT_GAS, payment)
                && self.shop.market.final_at(id).await?.is_some_and(|until| until <= now)
            {
                due.push((id, payment));
            }
        }
        Ok(due)
    }
}

fn result(task: B256, record: &Record, proof: Bytes) -> ComputeResult {
    ComputeResult {
        taskId: task,
        outputHash: record.output,
        zkProof: proof,
        gasUsed: U256::from(record.gas_used),
        ..Default::default()
    }
}
