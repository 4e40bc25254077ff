// LP-500, "Basic Rollup Operations", test 3: a false batch falls to one transaction, made from public data by a full node.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ZeroAddress, ethers } from "ethers";
import { startAnvil } from "./lib/anvil.mjs";
import { createBatch } from "./lib/batch.mjs";
import { connect, devWallet } from "./lib/chain.mjs";
import { contractAt, deployImplementation, deployProxy } from "./lib/contracts.mjs";
import { expect } from "./lib/expect.mjs";
import { startDev, startNode } from "./lib/rollup.mjs";
import { request } from "./lib/rpc.mjs";
import { eventually } from "./lib/wait.mjs";

const BatchStatus = { Rejected: 4n };
const FAULT = 0;
const MAX_TRANSACTION_GAS = 10_000_000n;
const MAX_TRANSACTION_BYTES = 128 * 1024;

const layers = {
  "the embedded L1": async () => ({ options: { l1BlockTimeMs: 250 }, stop: async () => {} }),
  anvil: async () => {
    const anvil = await startAnvil({ blockTime: 0.25 });
    return { options: { l1: anvil.url }, stop: anvil.stop };
  },
};

for (const [layerName, startLayer] of Object.entries(layers)) {
  describe(`on ${layerName}`, () => {
    let layer, dev, provider, deployer, sequencer, rollup, node;

    // A rollup of its own, whose sequencer lies, judged by what `dev` has deployed.
    before(async () => {
      layer = await startLayer();
      dev = await startDev(layer.options);
      provider = connect(dev.l1Rpc);
      [deployer, sequencer] = [devWallet(0, provider), devWallet(1, provider)];
      const model = contractAt("RollupCore", dev.rollup, provider);
      const { genesisStateRoot, initCode } = await model.config();
      rollup = await deployProxy(await deployImplementation(deployer), deployer);
      await rollup.initialize({
        rollupType: 0,
        executionMode: 0,
        sequencer,
        proposer: ZeroAddress,
        challenger: deployer,
        challengePeriod: 7 * 24 * 3600,
        minStake: ethers.parseEther("100"),
        genesisStateRoot,
        initCode,
      });
      const judged = contractAt("RollupSettings", await model.settings(), provider);
      const settings = contractAt("RollupSettings", await rollup.settings(), deployer);
      await settings.setEvidence(FAULT, await judged.evidence(FAULT));
      await settings.setProgram(await judged.programs(await judged.programVersion()));
      await contractAt("SequencerRegistry", await rollup.registry(), sequencer).join({ value: ethers.parseEther("100") });
      node = await startNode({ l1Rpc: dev.l1Rpc, rollup: rollup.target });
    });

    after(async () => {
      provider?.destroy();
      await node?.stop();
      await dev?.stop();
      await layer?.stop();
    });

    /** Well-formed and signed; its roots are made up. */
    const createInvalidBatch = () => createBatch(rollup, sequencer, []);

    /** What a full node finds when it runs the batch, from L1 alone. */
    const generateFraudProof = async ({ header }) => {
      const find = () => request(node.l2Rpc, "rollup_faultProof", [ethers.toQuantity(header.batchNumber)]).catch(() => undefined);
      const { fraudProof } = await eventually("the node has read the batch", find);
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
      const registry = contractAt("SequencerRegistry", await rollup.registry(), provider);
      assert.equal(await registry.stakeOf(sequencer), 0n);
    });
  });
}
