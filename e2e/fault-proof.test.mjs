// LP-500, "Basic Rollup Operations", test 3: a false batch falls to one transaction, made from public data by a full node.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ethers } from "ethers";
import { createBatch } from "./lib/batch.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { layers, startDispute } from "./lib/dispute.mjs";
import { expect } from "./lib/expect.mjs";

const BatchStatus = { Rejected: 4n };
const MAX_TRANSACTION_GAS = 10_000_000n;
const MAX_TRANSACTION_BYTES = 128 * 1024;

for (const [layerName, startLayer] of Object.entries(layers)) {
  describe(`on ${layerName}`, () => {
    let scene, rollup;

    before(async () => {
      scene = await startDispute(startLayer);
      ({ rollup } = scene);
    });

    after(() => scene?.stop());

    /** Well-formed and signed; its roots are made up. */
    const createInvalidBatch = () => createBatch(rollup, scene.sequencer, []);

    /** What a full node finds when it runs the batch. */
    const generateFraudProof = async ({ header }) => {
      const { fraudProof } = await scene.ask("rollup_faultProof", header.batchNumber);
      return fraudProof;
    };

    it("should handle fraud proof challenge", async () => {
      const invalidBatch = await createInvalidBatch();
      await rollup.submitBatch(invalidBatch.header, invalidBatch.transactions);

      const fraudProof = await generateFraudProof(invalidBatch);
      const challenge = await rollup.challengeStateRoot(invalidBatch.header.batchNumber, fraudProof);

      expect(await rollup.getBatchStatus(invalidBatch.header.batchNumber)).to.equal(BatchStatus.Rejected);

      const { gasUsed } = await challenge.wait();
      assert.ok(gasUsed < MAX_TRANSACTION_GAS, `${gasUsed} gas`);
      assert.ok(ethers.dataLength(challenge.data) < MAX_TRANSACTION_BYTES, `${ethers.dataLength(challenge.data)} bytes`);
      const registry = contractAt("SequencerRegistry", await rollup.registry(), scene.provider);
      assert.equal(await registry.stakeOf(scene.sequencer), 0n);
    });
  });
}
