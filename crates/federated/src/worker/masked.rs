//! The phases of secure aggregation. What `lux-secagg` says is written to the notes before it is signed.

use super::{Silence, Worker, addresses};
use crate::proofs::{MaskedPost, setup};
use crate::secure::{read_deliveries, read_quorum, read_round, read_survivors};
use crate::{FederatedError, Phase, State};
use alloy_primitives::B256;
use alloy_signer::SignerSync;
use lux_norm_proof::{Blinding, Setup, Statement, Terms};
use lux_secagg::{Client, ClientError, Delivery, Message, Step, words_to_bytes};
use std::sync::Arc;

const DELIVERY_BYTES: usize = 2 + 144;

impl Worker {
    pub(super) async fn advertise(&mut self, state: &State) -> Result<B256, Silence> {
        let context = self.job.context(state.round);
        if self.client.is_none() {
            let mut seed = zeroize::Zeroizing::new([0; 32]);
            getrandom::fill(seed.as_mut_slice()).map_err(FederatedError::Random)?;
            self.client = Some(Client::new(context, self.address(), *seed));
        }
        let step = self.client()?.advertise_keys();
        let message = self.sign(step, context.digest())?;
        Ok(self.blobs.put(message).await?)
    }

    pub(super) async fn answer_masked(&mut self, state: &State) -> Result<B256, Silence> {
        let round = read_round(&self.job, self.board.as_ref(), &self.blobs, state.round).await?;
        let (domain, number) = (round.digest(), state.round);
        let message = match state.phase {
            Phase::Shares => {
                let step = self.client()?.share_keys(round)?;
                self.sign(step, domain)?
            }
            Phase::Masked => {
                let deliveries = read_deliveries(&round, self.board.as_ref(), &self.blobs, number).await?;
                let index = round.roster().index_of(self.address()).ok_or(ClientError::NotInRoster)?;
                let degree = round.parameters().degree;
                let mine = deliveries.commitments[usize::from(index)];
                let bytes = self.blobs.get(mine, DELIVERY_BYTES * usize::from(degree)).await?;
                let mut delivered = Delivery::decode_all(&bytes, degree)?;
                let update = self.update(state).await?;
                let norm = match self.job.norm_terms()? {
                    Some(terms) => {
                        let seed = self.client()?.secret("the blinding of a norm proof");
                        Some((self.setup(terms), Blinding::derive(&seed, domain)))
                    }
                    None => None,
                };
                let words: Vec<u32> = match &norm {
                    Some((_, blinding)) => blinding.entries(&update.coordinates),
                    None => update.coordinates.iter().map(|x| *x as u32).collect(),
                };
                let (step, masked) = loop {
                    match self.client()?.mask(&delivered, &words) {
                        // Whoever made these shares wrong is left out, as if it had dropped out.
                        Err(ClientError::BadShares { worker }) => {
                            tracing::warn!(%worker, round = number, "its shares do not open: going on without it");
                            delivered.retain(|delivery| round.roster().address(delivery.owner) != worker);
                        }
                        masked => break masked?,
                    }
                };
                let statement = Statement { round: domain, worker: index, vector: step.message.vector_digest };
                let proof = match norm {
                    Some((setup, blinding)) => {
                        let proof =
                            setup.prove(&statement, &update.coordinates, &blinding).map_err(FederatedError::from)?;
                        Some(self.blobs.put(proof.encode()).await?)
                    }
                    None => None,
                };
                let signed = self.sign(step, domain)?;
                let vector = self.blobs.put(words_to_bytes(&masked)).await?;
                MaskedPost { signed: &signed, proof, vector }.encode()
            }
            Phase::Survivors => {
                let survivors = read_survivors(&round, self.board.as_ref(), &self.blobs, number).await?;
                let step = self.client()?.check(&survivors)?;
                self.sign(step, domain)?
            }
            Phase::Unmask => {
                let survivors = read_survivors(&round, self.board.as_ref(), &self.blobs, number).await?;
                // The list that it signed, or an error.
                self.client()?.check(&survivors)?;
                let opened = addresses(&round, &survivors);
                if self.notes.revealed == Some(state.weights) && self.notes.survivors != opened {
                    let reason =
                        "others survived than when it revealed shares for these weights: two sums tell too much";
                    return Err(Silence::Round(reason.to_owned()));
                }
                let quorum = read_quorum(&round, self.board.as_ref(), &self.blobs, number).await?;
                let step = self.client()?.unmask(&quorum)?;
                (self.notes.revealed, self.notes.survivors) = (Some(state.weights), opened);
                self.sign(step, domain)?
            }
            Phase::Updates | Phase::Keys | Phase::Over => return Err(ClientError::TooEarly("this phase").into()),
        };
        Ok(self.blobs.put(message).await?)
    }

    fn setup(&mut self, terms: Terms) -> Arc<Setup> {
        self.setup.get_or_insert_with(|| setup(terms)).clone()
    }

    fn client(&mut self) -> Result<&mut Client, Silence> {
        self.client.as_mut().ok_or_else(|| Silence::Round("its secrets of this round are gone".to_owned()))
    }

    /// Notes first, then the signature.
    fn sign<M: Message>(&mut self, step: Step<M>, domain: B256) -> Result<Vec<u8>, Silence> {
        self.notes.client = Some(step.state.to_vec().into());
        self.notebook.write(&self.notes)?;
        let signature = self.account.sign_hash_sync(&step.message.digest(domain));
        let signature = signature.map_err(|error| FederatedError::Signing(error.to_string()))?;
        Ok(step.message.sign(signature).encode())
    }
}
