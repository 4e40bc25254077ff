// A job with differential privacy by command: workers count what every begun round costs, and stop when their budget is spent, whether or not the
// job has all its rounds.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ethers } from "ethers";
import { connect, devWallet, timeOf } from "./lib/chain.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { keyOf } from "./lib/enclaves.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { ask, runToEnd, startBlobs, startDev, startRole } from "./lib/rollup.mjs";
import { JobOnChain, LONG_MS, examples } from "./lib/trainers.mjs";
import { eventually } from "./lib/wait.mjs";

const WORKERS = 3;
const [SHARE, TESTED] = [400, 1437];
const REWARD = 4;
/** The budget of 1.0 lasts for this many. */
const ROUNDS = 2;
/** Of phases, in seconds; time passes only where the test says so. */
const PERIOD = 3 * 3_600;

describe("Private training by command", { timeout: 10 * LONG_MS }, () => {
  let dev, provider, rollup, place, job, chain, blobs, coordinator;
  const [workers, options] = [[], []];
  const store = join(temporaryFolder(), "blobs");
  const account = (worker) => devWallet(1 + worker, provider).address;
  const status = () => ask(["train", "status", job], place);
  const startWorker = async (worker) => {
    workers[worker] = await startRole("run", job, options[worker]);
  };
  const passes = (seconds) => timeOf(provider).increase(seconds);

  before(async () => {
    // Batches are taken although time passes on L1 alone.
    dev = await startDev({ preset: "zip", l1BlockTimeMs: 250, fallbackWindow: "7d" });
    provider = connect(dev.l1Rpc);
    rollup = contractAt("ITraining", dev.rollup, provider);
    place = { l1: dev.l1Rpc, l2: dev.l2Rpc, layer: "l1" };
  });

  after(async () => {
    for (const role of [coordinator, blobs, ...workers]) await role?.kill();
    provider?.destroy();
    await dev?.stop();
  });

  it("a job that would cost more than its budget is refused, one that costs less is created", async () => {
    const privacy = { noise: 2, steps: 30, samplingRate: 0.05, epsilon: 1 };
    const periods = { collectPeriod: `${PERIOD}s`, aggregatePeriod: `${PERIOD}s` };
    const terms = { name: "private", inputs: 64, classes: 10, minWorkers: WORKERS, rule: "median", reward: REWARD, stake: 1, ...privacy, ...periods };
    const create = { ...place, ...terms, keyFile: keyOf(0), store };
    const refused = await runToEnd(["train", "create"], { ...create, rounds: ROUNDS + 1 });
    assert.match(refused.stderr, /the privacy budget lasts for 2 of 3 rounds/);
    ({ job } = await ask(["train", "create"], { ...create, rounds: ROUNDS }));
    chain = new JobOnChain(rollup, job);
    assert.equal((await rollup.getJob(job)).config.epsilonMicros, 1_000_000n);
  });

  it("a round without a result costs as much as one with a result: who has spent its budget leaves", async () => {
    blobs = await startBlobs({ store });
    for (let worker = 0; worker < WORKERS; worker++) {
      const own = { ...examples(worker * SHARE, SHARE), keyFile: keyOf(1 + worker), folder: temporaryFolder() };
      options.push({ ...place, ...own, allowPrivate: true, source: blobs.location });
      await startWorker(worker);
    }
    await chain.submitted(1, WORKERS);
    const silent = WORKERS - 1;
    // It takes no part in the second run; of the first, somebody else serves its update.
    const evaluated = { ...examples(TESTED), keyFile: keyOf(0), folder: temporaryFolder(), allowPrivate: true, source: blobs.location };
    await workers[silent].kill();
    const relay = await startBlobs({ store: join(options[silent].folder, "blobs") });
    coordinator = await startRole("coordinate", job, { ...place, ...evaluated, source: relay.location });
    await chain.event("AggregateClaimed");
    await relay.stop();
    await chain.submitted(2, WORKERS - 1);
    await passes(3 * PERIOD + 1);
    await chain.event("RoundAbandoned");
    await startWorker(silent);
    const left = async () => (await rollup.queryFilter(rollup.filters.WorkerLeft(job))).map(({ args }) => args.worker);
    await eventually("two workers leave", async () => (await left()).length === WORKERS - 1, LONG_MS);
    assert.deepEqual(new Set(await left()), new Set([account(0), account(1)]));
    await chain.submitted(3, 1);
    for (const worker of [0, 1]) {
      await eventually("it says why", () => workers[worker].logs().includes('"kind":"budgetSpent"'));
    }
    const said = coordinator.logs().split("\n").find((line) => line.includes('"kind":"claimed"'));
    const { epsilon, evaluation } = JSON.parse(said);
    assert.ok(epsilon > 0.5 && epsilon < 1, `${epsilon}`);
    assert.ok(evaluation.loss > 0);
  });

  it("its creator cancels it, gets back what was not paid, and everybody comes to an end", async () => {
    await ask(["train", "cancel", job], { ...place, keyFile: keyOf(0) });
    await passes(3 * PERIOD + 1);
    const { args } = await chain.event("JobEnded");
    // What does not divide among the workers, too.
    const dust = args.refund - ethers.parseEther(`${REWARD / ROUNDS}`);
    assert.ok(dust >= 0n && dust < BigInt(WORKERS), `${dust}`);
    const { paid, members } = await status();
    assert.equal(paid, 1);
    for (const { balance } of members) {
      assert.ok(Math.abs(parseFloat(balance) - (REWARD / ROUNDS) * (0.95 / WORKERS)) < 1e-6, balance);
    }
    for (const role of [coordinator, ...workers]) assert.equal(await role.ended, 0);
  });
});
