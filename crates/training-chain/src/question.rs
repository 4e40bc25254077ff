//! What an accusation asks a program about a worker's contribution, and what the program says.

use crate::ChainError;
use crate::board::ChainBoard;
use crate::claims::{MachineRun, run_program};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolValue;
use lux_dispute::run_blocking;
use lux_federated::{norm_program, read_round};
use lux_norm_proof::{NormQuestion, run_norm};
use lux_oracle::Preimages;
use lux_protocol::training::ITraining::{accusationInputCall, contributionOfCall, secureDomainsCall};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A longer proof than this is not fetched: the longest one has less than 10,000 bytes.
const MAX_PROOF_BYTES: usize = 1 << 16;

/// Identity of the program of norms on the chains.
pub fn norm_program_id() -> B256 {
    static ID: LazyLock<B256> = LazyLock::new(|| lux_executor::program_id(norm_program()));
    *ID
}

/// An accusation's input, and what is known below it.
#[derive(Clone)]
pub(crate) struct Question {
    pub input: B256,
    known: Preimages,
}

impl Question {
    /// What the program says; `None` where it needs what nobody has.
    pub async fn answer(&self) -> Result<Option<B256>, ChainError> {
        let Self { input, known } = self.clone();
        run_blocking(move || Ok(run_norm(input, &known).ok())).await
    }

    pub async fn on_machine(&self) -> Result<MachineRun, ChainError> {
        let known: HashMap<B256, Bytes> = self.known.iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect();
        run_program(norm_program(), self.input, known).await
    }
}

impl ChainBoard {
    /// The question about a worker's contribution to a run, as the contract asks it now.
    pub(crate) async fn question(&self, attempt: u64, worker: Address) -> Result<Question, ChainError> {
        let (chain, at) = (&self.contract.chain, self.contract.address);
        let (id, number) = (self.id, U256::from(attempt));
        let input = chain.view(at, accusationInputCall { jobId: id, attempt: number, worker }).await?;
        let mut known = Preimages::default();
        let config = self.contract.job(id).await?.config.abi_encode();
        let masked = self.run(attempt).and_then(|run| run.masked.get(&worker).cloned());
        let found = match masked {
            Some(masked) => {
                let round = read_round(&self.job(), self, &self.blobs, attempt).await?;
                let [round, roster] = round.preimages();
                let proof = self.named_proof(&masked.message).await;
                let question = NormQuestion {
                    config: &config,
                    round: &round,
                    roster: &roster,
                    worker,
                    vector: masked.vector,
                    points: masked.points.into(),
                    message: &masked.message,
                    proof: &proof,
                };
                question.preimages(|bytes| {
                    known.insert(bytes.to_vec());
                })
            }
            // What is public has no norm proof, and no program looks into it.
            None => {
                let index = U256::from(self.contract.member(id, worker).await?.index);
                let call = contributionOfCall { jobId: id, attempt: number, index };
                let contribution = chain.view(at, call).await?;
                let round = chain.view(at, secureDomainsCall { jobId: id, attempt: number }).await?.round;
                let words = [keccak256(&config), round, worker.into_word(), contribution];
                known.insert(config);
                known.insert(words.map(|word| word.0).concat())
            }
        };
        match found == input {
            true => Ok(Question { input, known }),
            false => Err(ChainError::Config(format!(
                "the contract asks {input} about run {attempt} of worker {worker}, and this version {found}: please report this"
            ))),
        }
    }

    /// The bytes that the end of a message names; none where nobody has them, or they are too long for a proof.
    async fn named_proof(&self, message: &[u8]) -> Bytes {
        let Some((_, commitment)) = message.split_last_chunk::<32>() else { return Bytes::new() };
        match self.blobs.get(commitment.into(), MAX_PROOF_BYTES).await {
            Ok(proof) => proof.into(),
            Err(error) => {
                tracing::debug!(%error, "a norm proof is not there");
                Bytes::new()
            }
        }
    }
}
