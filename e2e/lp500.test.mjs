// LP-500, "Test Cases", "Basic Rollup Operations": tests 1 and 2, with the calls and expectations written there.
import { after, before, describe, it } from "node:test";
import { ZeroAddress, ZeroHash, ethers } from "ethers";
import { startAnvil } from "./lib/anvil.mjs";
import { createBatch as createBatchOf } from "./lib/batch.mjs";
import { connect, devWallet, timeOf } from "./lib/chain.mjs";
import { contractAt, deployImplementation, deployProxy } from "./lib/contracts.mjs";
import { expect } from "./lib/expect.mjs";
import { startDev } from "./lib/rollup.mjs";

const RollupType = { Optimistic: 0, ZKRollup: 1, Hybrid: 2, Sovereign: 3 };
const ExecutionMode = { General: 0, AICompute: 1, DistributedTraining: 2, Confidential: 3 };
const L2_CHAIN_ID = 0x4c5832;

/** ethers encodes a struct only when every field is named; LP-500's test leaves these to their defaults. */
const defaults = { proposer: ZeroAddress, challenger: ZeroAddress, genesisStateRoot: ZeroHash, initCode: "0x" };

const layers = {
  "the embedded L1": async () => {
    const dev = await startDev({ l1BlockTimeMs: 250 });
    return { stop: dev.stop, url: dev.l1Rpc };
  },
  anvil: () => startAnvil(),
};

for (const [layer, startLayer] of Object.entries(layers)) {
  describe(`on ${layer}`, () => {
    let l1, provider, deployer, sequencer, implementation, time;

    before(async () => {
      l1 = await startLayer();
      provider = connect(l1.url);
      [deployer, sequencer] = [devWallet(0, provider), devWallet(1, provider)];
      implementation = await deployImplementation(deployer);
      time = timeOf(provider);
    });

    after(async () => {
      provider?.destroy();
      await l1?.stop();
    });

    describe("L2 Rollup Framework", () => {
      it("should initialize rollup with correct parameters", async () => {
        const sequencerAddress = sequencer.address;
        const rollup = await deployProxy(implementation, deployer);
        const config = {
          ...defaults,
          rollupType: RollupType.ZKRollup,
          executionMode: ExecutionMode.AICompute,
          sequencer: sequencerAddress,
          challengePeriod: 7 * 24 * 3600, // 7 days
          minStake: ethers.parseEther("100"),
        };
        await rollup.initialize(config);
        expect(await rollup.config()).to.deep.equal(config);
      });

      it("should submit and finalize batch", async () => {
        const challengePeriod = 7 * 24 * 3600;
        const rollup = await deployProxy(implementation, deployer);
        const rollupType = RollupType.Optimistic; // the type that has a challenge period
        const minStake = ethers.parseEther("100");
        const executionMode = ExecutionMode.General;
        await rollup.initialize({ ...defaults, rollupType, executionMode, sequencer, challengePeriod, minStake });
        const registry = contractAt("SequencerRegistry", await rollup.registry(), sequencer);
        await registry.join({ value: minStake });
        const createBatch = (transactions) => createBatchOf(rollup, sequencer, transactions);
        const transactions = [await transfer(0), await transfer(1)];

        const batch = await createBatch(transactions);
        await rollup.submitBatch(batch.header, batch.transactions);

        // Wait for challenge period
        await time.increase(challengePeriod);

        await rollup.finalizeStateRoot(batch.header.batchNumber);
        expect(await rollup.finalizedStateRoot()).to.equal(batch.header.stateRoot);
      });
    });
  });
}

/** A signed L2 transaction. */
function transfer(nonce) {
  const fees = { maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 0n, gasLimit: 21_000n };
  return devWallet(0).signTransaction({ type: 2, chainId: L2_CHAIN_ID, nonce, to: ZeroAddress, value: 1n, ...fees });
}
