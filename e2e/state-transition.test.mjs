// LP-500's IStateTransition: L1 itself tells, in calls without a transaction, what a batch leads to.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { AbiCoder, ZeroHash } from "ethers";
import { createBatch } from "./lib/batch.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { layers, startDispute } from "./lib/dispute.mjs";

const BatchStatus = { Rejected: 4n };
/** What nodes let a call use by default. */
const gasLimit = 50_000_000n;
const abi = AbiCoder.defaultAbiCoder();
const WITNESS = ["bytes32", "bytes32", "bytes32", "bytes32", "uint256", "bytes", "bytes", "bytes[]"];

for (const [layerName, startLayer] of Object.entries(layers)) {
  describe(`IStateTransition on ${layerName}`, () => {
    let scene, judge, batchNumber, claimed, truth;

    before(async () => {
      scene = await startDispute(startLayer);
      judge = contractAt("StateTransition", scene.dev.stateTransition, scene.provider);
      const { header, transactions } = await createBatch(scene.rollup, scene.sequencer, []);
      await (await scene.rollup.submitBatch(header, transactions)).wait();
      batchNumber = header.batchNumber;
      claimed = (await scene.ask("rollup_stateTransition", batchNumber)).transition;
      assert.equal(claimed.postStateRoot, header.stateRoot);
      // The roots of the true run are in the witness, for which nobody has to trust it.
      const [postStateRoot, , receiptRoot] = abi.decode(WITNESS, claimed.witness);
      truth = { ...claimed, postStateRoot, receipts: [receiptRoot] };
    });

    after(() => scene?.stop());

    const fails = (error) => ({ revert }) => {
      assert.equal(revert?.name, error);
      return true;
    };

    it("describes the claim that L1 holds", async () => {
      const { program, input, output, trace } = await scene.rollup.claimOf(batchNumber);
      assert.deepEqual([...(await judge.claimOf(claimed))], [program, input, output, trace]);
    });

    it("tells true transitions from false ones", async () => {
      assert.equal(await judge.verifyStateTransition(claimed, { gasLimit }), false);
      assert.equal(await judge.verifyStateTransition(truth, { gasLimit }), true);
      const elsewhere = { ...truth, preStateRoot: ZeroHash };
      await assert.rejects(judge.verifyStateTransition(elsewhere, { gasLimit }), fails("StateTransition_UnprovenChunk"));
    });

    it("computes the state root", async () => {
      const first = abi.encode(["bytes32", "bytes"], [truth.preStateRoot, truth.witness]);
      assert.equal(await judge.computeStateRoot([first, ...truth.transactions], { gasLimit }), truth.postStateRoot);
    });

    it("makes the fraud proof that ends the false claim", async () => {
      const { chunk, fraudProof } = await scene.ask("rollup_faultProof", batchNumber);
      const { transition } = await scene.ask("rollup_stateTransition", batchNumber, chunk);
      const proof = await judge.generateFraudProof(transition, chunk, { gasLimit });
      assert.equal(proof, fraudProof);
      const challenge = await scene.rollup.connect(scene.deployer).challengeStateRoot(batchNumber, proof);
      await challenge.wait();
      assert.equal(await scene.rollup.getBatchStatus(batchNumber), BatchStatus.Rejected);
    });
  });
}
