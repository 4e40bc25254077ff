//! What L1's contracts make of challenges, without a transaction each.

use super::{World, evm};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use lux_dispute::{ClaimedRun, fraud_proof};
use lux_node::{stf_program, stf_program_id};
use lux_protocol::ClaimTrace;
use lux_protocol::contracts::Disproof;
use lux_stf::program::BatchWitness;
use revm::context::result::ExecutionResult;
use std::collections::HashMap;

sol! {
    #[derive(Debug, PartialEq, Eq)]
    enum Verdict { Stands, Open, Disproved }

    #[derive(Debug)]
    struct Claim {
        bytes32 program;
        bytes32 input;
        bytes32 output;
        bytes32 trace;
        uint256 claimedAt;
    }

    interface IJudge {
        function challenge(Claim claim, bytes proof, address challenger) external returns (Verdict verdict);
    }
}

/// The true run of a batch, to lie about.
pub struct TrueRun {
    pub witness: BatchWitness,
    pub states: Vec<B256>,
    pub output: B256,
}

impl TrueRun {
    pub async fn of(world: &World, batch: u64) -> Self {
        let provable = world.op.node.prover().batch(batch).await.unwrap();
        let states = world.op.node.prover().trace(&provable).await.unwrap().checkpoints;
        Self { output: provable.record.output().hash(), witness: provable.witness, states }
    }

    /// The claim that the run has these states between its chunks.
    pub fn claim(&self, states: &[B256], output: B256) -> ClaimedRun {
        ClaimedRun::new(ClaimTrace::with_stride(states, 1), output)
    }

    pub fn true_claim(&self) -> ClaimedRun {
        self.claim(&self.states, self.output)
    }

    /// A challenge by a chunk, which may be right.
    pub fn disproof(&self, claimed: &ClaimedRun, chunk: usize) -> Disproof {
        let witness = &self.witness;
        let mut host: HashMap<B256, Bytes> =
            witness.preimages.iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect();
        claimed.disprove(stf_program(), witness.input, &mut host, chunk).unwrap()
    }

    pub fn proof(&self, claimed: &ClaimedRun, chunk: usize) -> Bytes {
        fraud_proof(&self.disproof(claimed, chunk))
    }

    /// As L1 would hold it.
    pub fn on_l1(&self, claimed: &ClaimedRun) -> Claim {
        Claim {
            program: stf_program_id(),
            input: self.witness.input,
            output: claimed.output,
            trace: claimed.trace.commitment(),
            claimedAt: U256::ONE,
        }
    }
}

/// L1's verdict; `None` when it refuses the challenge. More gas than a transaction can have changes nothing here: what the
/// verdict rests on is bounded by calldata.
pub fn verdict(world: &World, claim: &Claim, proof: &Bytes) -> Option<Verdict> {
    let call = IJudge::challengeCall { claim: claim.clone(), proof: proof.clone(), challenger: world.account(0) };
    let call = evm::Call {
        from: world.rollup.address,
        to: Some(world.fault_module()),
        data: call.abi_encode().into(),
        ..Default::default()
    };
    match evm::run(&world.devnet.chain(), &call, 16_000_000) {
        ExecutionResult::Success { output, .. } => {
            Some(IJudge::challengeCall::abi_decode_returns(output.data()).unwrap())
        }
        _ => None,
    }
}
