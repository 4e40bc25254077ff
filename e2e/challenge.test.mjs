// `lux-rollup challenge` against claims whose trace has no states inside: it asks for them, waits, and ends the claim.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { AbiCoder, ZeroHash, concat, toBeHex } from "ethers";
import { createBatch } from "./lib/batch.mjs";
import { devWallet } from "./lib/chain.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { layers, startDispute } from "./lib/dispute.mjs";
import { startChallenge } from "./lib/rollup.mjs";
import { request } from "./lib/rpc.mjs";
import { increaseTime } from "./lib/time.mjs";
import { eventually } from "./lib/wait.mjs";

const REJECTED = 4n;
const CHALLENGER = 2;
const RESPONSE_PERIOD = 300;
const CHUNKS = 4;
/** All chunks lie between two checkpoints, of which there are none then. */
const TRACE = concat([toBeHex(CHUNKS, 4), toBeHex(CHUNKS, 4)]);

let scene, registry, challenger;

before(async () => {
  scene = await startDispute(layers["the embedded L1"]);
  registry = contractAt("SequencerRegistry", await scene.rollup.registry(), scene.sequencer);
  challenger = devWallet(CHALLENGER, scene.provider);
});

after(() => scene?.stop());

/** A false claim, and the command that has asked about it. */
async function challengedClaim() {
  const { header, transactions } = await createBatch(scene.rollup, scene.sequencer, [], TRACE);
  await scene.rollup.submitBatch(header, transactions);
  const { move } = await scene.ask("rollup_faultProof", header.batchNumber);
  assert.equal(move, "request");
  const endpoints = { l1Rpc: scene.dev.l1Rpc, l2Rpc: scene.l2Rpc };
  const challenge = await startChallenge(header.batchNumber, endpoints, challenger.privateKey);
  assert.equal(challenge.ready.askedForSegment, 0);
  return { batch: header.batchNumber, challenge };
}

/** The command goes on by itself. It may still wait for its transaction to be buried, when the test has seen enough. */
async function claimEnds({ batch, challenge }) {
  await eventually("the claim ends", async () => (await scene.rollup.getBatchStatus(batch)) === REJECTED);
  assert.equal(await registry.stakeOf(scene.sequencer), 0n);
  assert.equal(await registry.hasBond(challenger), true);
  await challenge.stop();
}

it("disproves what the claimant reveals", async () => {
  const asked = await challengedClaim();
  const states = concat(Array.from({ length: CHUNKS - 1 }, (_, index) => toBeHex(index + 1, 32)));
  const answer = AbiCoder.defaultAbiCoder().encode(
    ["uint256", "uint256", "bytes32", "bytes"],
    [CHUNKS, CHUNKS, ZeroHash, states],
  );
  await scene.rollup.connect(scene.sequencer).revealTrace(asked.batch, 0, answer);
  await claimEnds(asked);
});

it("ends the claim of who does not answer", async () => {
  await registry.join({ value: await registry.minStake() });
  const asked = await challengedClaim();
  await increaseTime((method, params) => request(scene.dev.l1Rpc, method, params), RESPONSE_PERIOD + 1);
  await claimEnds(asked);
});
