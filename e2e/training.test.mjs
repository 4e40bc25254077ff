// LP-500, "Distributed Training Tests", with the calls and expectations written there, on the rollups that `dev` and `deploy` make, on L1 and on
// L2s. What workers compute off chain is not part of this: gradients and shares are stood for by hashes (train.test.mjs has the rest).
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ZeroAddress, concat, ethers, id } from "ethers";
import { startAnvil } from "./lib/anvil.mjs";
import { connect, devKey, devWallet, timeOf } from "./lib/chain.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { expect } from "./lib/expect.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { ask, deployRollup, startDev } from "./lib/rollup.mjs";
import { FAULT, TRAINING, convergenceOf, keyShareOf, maskedGradient, secureTerms, signKeys, signUpdate } from "./lib/training.mjs";
import { eventually } from "./lib/wait.mjs";

const WORKERS = 5;
const ALL = 2n ** BigInt(WORKERS) - 1n;
const ADMIN = 6;

/** In LP-500's test texts stand for their bytes. */
const keccak256 = (text) => id(text);

/** A file with the key of a development account. */
function keyOf(index) {
  const path = join(temporaryFolder(), "key");
  writeFileSync(path, devKey(index), { mode: 0o600 });
  return path;
}

/** Coins for LP-500's reward pools, on an L2 whose accounts begin with less. */
async function fundOnL2({ l1Rpc, rollup }) {
  const provider = connect(l1Rpc);
  const creator = devWallet(0, provider);
  const value = ethers.parseEther("2100");
  await contractAt("RollupCore", rollup, creator).depositToL2(ZeroAddress, value, creator.address, { value });
  provider.destroy();
}

/** Where training is, the chain, and how its time passes. */
const layers = {
  "the embedded L1, by dev": async () => {
    const dev = await startDev({ preset: "zip", l1BlockTimeMs: 250 });
    return { url: dev.l1Rpc, address: dev.rollup, hasClock: true, stop: dev.stop };
  },
  "anvil, by deploy": async () => {
    const anvil = await startAnvil();
    const settings = { admin: devWallet(ADMIN).address, timelock_delay: "7d", min_stake: "100" };
    const { rollup, timelock } = await deployRollup({ l1: anvil.url, keyFile: keyOf(7), preset: "zip", settings });
    return { url: anvil.url, address: rollup, timelock, hasClock: true, stop: anvil.stop };
  },
  "the L2 of dev": async () => {
    const dev = await startDev({ preset: "zip", l1BlockTimeMs: 250 });
    await fundOnL2(dev);
    return { url: dev.l2Rpc, address: TRAINING, hasClock: false, stop: dev.stop };
  },
  "an L2 by train open, beside a compute market": async () => {
    // No batches meanwhile: the roles send them with the same key.
    const dev = await startDev({ preset: "hip", noMarket: true, l1BlockTimeMs: 250, maxBatchDelay: "10m" });
    const keyFile = keyOf(9); // runs the roles of dev and owns its rollup
    const options = { l1: dev.l1Rpc, l2: dev.l2Rpc, challengePeriod: "60s", keyFile };
    const open = await ask(["train", "open"], { ...options, data: temporaryFolder() });
    assert.match(open.l1, /no training/);
    await fundOnL2(dev);
    return { url: dev.l2Rpc, address: TRAINING, hasClock: false, stop: dev.stop };
  },
};

for (const [layer, startLayer] of Object.entries(layers)) {
  describe(`Distributed Training Rollup on ${layer}`, () => {
    let scene, provider, rollup, token, workers, time;

    before(async () => {
      scene = await startLayer();
      provider = connect(scene.url);
      time = timeOf(provider);
      const creator = devWallet(0, provider);
      workers = Array.from({ length: WORKERS }, (_, index) => devWallet(index + 1, provider));
      rollup = contractAt("ITraining", scene.address, creator);
      await eventually("training is open", async () => (await rollup.aggregateProgram()).version_ > 0n);
      const value = ethers.parseEther("2001");
      await eventually("the creator has its coins", async () => (await provider.getBalance(creator)) > value);
      // Rewards are free balances of the rollup, which it tells as a token does.
      token = rollup;
      await rollup.deposit(creator, { value });
      // Where time does not pass, no reward pays for the second job's stake.
      const stake = (await rollup.trainingParams()).stake + (scene.hasClock ? 0n : 1n);
      for (const worker of workers) await rollup.deposit(worker, { value: stake });
    });

    after(async () => {
      provider?.destroy();
      await scene?.stop();
    });

    it("should coordinate federated learning round", async () => {
      const attestations = workers.map(() => "0x"); // by stake
      const job = {
        jobId: keccak256("training1"),
        modelArchitectureHash: keccak256("transformer"),
        datasetHash: keccak256("dataset"),
        numEpochs: 10,
        batchSize: 32,
        learningRate: ethers.parseUnits("0.001", 18),
        minWorkers: 5,
        rewardPool: ethers.parseEther("1000"),
      };

      await rollup.createTrainingJob(job);

      // Workers join
      for (let i = 0; i < 5; i++) {
        await rollup.connect(workers[i]).joinTrainingJob(job.jobId, attestations[i]);
      }

      // Submit gradients
      const attempt = await rollup.attemptOf(job.jobId, 1);
      const contributions = await Promise.all(
        workers.map(async (worker, i) => {
          const contribution = {
            worker: worker.address,
            gradientHash: keccak256(`gradient${i}`),
            dataPointsProcessed: 1000,
            dataShardHashes: [keccak256(`shard${i}`)],
          };
          return { ...contribution, aggregationProof: await signUpdate(rollup, job.jobId, attempt, contribution, worker) };
        }),
      );

      const update = {
        jobId: job.jobId,
        round: 1,
        contributions,
        aggregatedGradientHash: keccak256("aggregated"),
        convergenceProof: convergenceOf(contributions.length),
      };

      await rollup.aggregateGradients(job.jobId, update);
      expect(await rollup.getAggregatedGradient(job.jobId, 1)).to.equal(update.aggregatedGradientHash);

      // Verify rewards distributed
      if (!scene.hasClock) return;
      await time.increase((await rollup.trainingParams()).challengePeriod);
      await rollup.distributeRewards(job.jobId, 1);
      for (let worker of workers) {
        expect(await token.balanceOf(worker.address)).to.be.gt(0);
        expect(await token.balanceOf(worker.address)).to.equal(ethers.parseEther("19"));
      }
    });

    it("should implement secure aggregation", async () => {
      const jobId = keccak256("secure-training");
      const job = {
        jobId,
        modelArchitectureHash: keccak256("transformer"),
        datasetHash: keccak256("dataset"),
        numEpochs: 2,
        batchSize: 32,
        learningRate: 1,
        minWorkers: WORKERS,
        rewardPool: ethers.parseEther("1000"),
      };
      await rollup.createTrainingJobWith(job, secureTerms(WORKERS));
      for (const worker of workers) await rollup.connect(worker).joinTrainingJob(jobId, "0x");
      const [context] = await rollup.secureDomains(jobId, await rollup.attemptOf(jobId, 1));
      const sorted = [...workers].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
      const generatePublicKey = (worker) => signKeys(context, keccak256(`cipher${worker.address}`), keccak256(`mask${worker.address}`), worker);
      const encrypt = (gradient) => maskedGradient(keccak256(gradient), 1000, "0x");
      const generateKeyShare = (worker) => keyShareOf(keccak256(`share${worker.address}`), keccak256("sum"), ALL);
      const publicKeys = concat(sorted.map((w) => generatePublicKey(w)));

      await rollup.initSecureAggregation(jobId, publicKeys);
      // The beacon is known from the next block on, and wallets estimate in the latest.
      const { rosterBlock } = await rollup.getRun(jobId, await rollup.attemptOf(jobId, 1));
      if (scene.hasClock) await time.increase(1);
      await eventually("another block", async () => BigInt(await provider.getBlockNumber()) > rosterBlock);

      // Each worker submits encrypted gradient
      for (let i = 0; i < workers.length; i++) {
        const encryptedGradient = encrypt(`gradient${i}`, publicKeys);
        await rollup.connect(workers[i]).submitEncryptedGradient(jobId, encryptedGradient);
      }

      // Reveal aggregation keys
      for (let i = 0; i < workers.length; i++) {
        const keyShare = generateKeyShare(workers[i], i);
        await rollup.connect(workers[i]).revealAggregationKey(jobId, keyShare);
      }

      // Verify aggregated result
      const aggregatedGradient = await rollup.getAggregatedGradient(jobId, 1);
      expect(aggregatedGradient).to.not.be.null;
      expect(aggregatedGradient).to.equal(keccak256("sum"));
    });

    it("has evidence, program and a registry of enclave keys, and deploy leaves it to the admin, with the delay", async () => {
      const evidence = contractAt("FaultProof", await rollup.trainingEvidence(FAULT), provider);
      assert.equal(await evidence.kind(), BigInt(FAULT));
      const verifier = contractAt("ChunkVerifier", await evidence.verifier(), provider);
      const rom = contractAt("ProgramRom", await verifier.PROGRAM_ROM(), provider);
      const { version_: version, program_: program } = await rollup.aggregateProgram();
      assert.equal(version, 1n);
      assert.ok((await rom.programOf(program)).textWords > 1_000n);
      assert.notEqual(await rollup.enclaveKeys(), ZeroAddress);
      if (!scene.timelock) return;
      const timelock = new ethers.Contract(
        scene.timelock,
        ["function getMinDelay() view returns (uint256)", "function hasRole(bytes32, address) view returns (bool)"],
        provider,
      );
      assert.equal((await rollup.governor()).toLowerCase(), scene.timelock);
      assert.equal(await timelock.getMinDelay(), 7n * 86_400n);
      assert.equal(await timelock.hasRole(id("PROPOSER_ROLE"), devWallet(ADMIN).address), true);
      assert.equal(await timelock.hasRole(id("PROPOSER_ROLE"), devWallet(7).address), false);
    });
  });
}

describe("dev with the preset zip", () => {
  it("killed while training on L2 opens, the next start goes on and opens nothing twice", async () => {
    const first = await startDev({ preset: "zip" });
    await first.kill();
    const dev = await startDev({ data: first.data });
    const [l1, l2] = [connect(dev.l1Rpc), connect(dev.l2Rpc)];
    try {
      const version = async (address, provider) => (await contractAt("ITraining", address, provider).aggregateProgram()).version_;
      await eventually("training on L2 is open", async () => (await version(TRAINING, l2)) > 0n);
      assert.equal(await version(TRAINING, l2), 1n);
      assert.equal(await version(dev.rollup, l1), 1n);
    } finally {
      [l1, l2].forEach((provider) => provider.destroy());
      await dev.stop();
    }
  });
});
