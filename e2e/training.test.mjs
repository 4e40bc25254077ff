// LP-500, "Distributed Training Tests", with the calls and expectations written there, on a rollup with training. What workers compute off
// chain is not part of this: gradients and shares are stood for by hashes.
import { after, before, describe, it } from "node:test";
import { concat, ethers, id } from "ethers";
import { startAnvil } from "./lib/anvil.mjs";
import { connect, devWallet, timeOf } from "./lib/chain.mjs";
import { expect } from "./lib/expect.mjs";
import { startDev } from "./lib/rollup.mjs";
import { convergenceOf, deployTraining, keyShareOf, maskedGradient, secureTerms, signKeys, signUpdate } from "./lib/training.mjs";

const WORKERS = 5;
const DISTRIBUTED_TRAINING = 2;
const ALL = 2n ** BigInt(WORKERS) - 1n;

/** In LP-500's test texts stand for their bytes. */
const keccak256 = (text) => id(text);

const layers = {
  "the embedded L1": async () => {
    const dev = await startDev({ l1BlockTimeMs: 250 });
    return { stop: dev.stop, url: dev.l1Rpc };
  },
  anvil: () => startAnvil(),
};

for (const [layer, startLayer] of Object.entries(layers)) {
  describe(`Distributed Training Rollup on ${layer}`, () => {
    let l1, provider, rollup, token, workers, time;

    before(async () => {
      l1 = await startLayer();
      provider = connect(l1.url);
      time = timeOf(provider);
      const creator = devWallet(0, provider);
      workers = Array.from({ length: WORKERS }, (_, index) => devWallet(index + 1, provider));
      rollup = await deployTraining(creator, {
        rollupType: 0,
        executionMode: DISTRIBUTED_TRAINING,
        sequencer: creator.address,
        challengePeriod: 7 * 24 * 3600,
        minStake: ethers.parseEther("100"),
      });
      // Rewards are free balances of the rollup, which it tells as a token does.
      token = rollup;
      await rollup.deposit(creator, { value: ethers.parseEther("2001") });
      for (const worker of workers) await rollup.deposit(worker, { value: (await rollup.trainingParams()).stake });
    });

    after(async () => {
      provider?.destroy();
      await l1?.stop();
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
      await time.increase(1); // the beacon is known from the next block on, and wallets estimate in the latest

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
  });
}
