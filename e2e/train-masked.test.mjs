// A masked job by command: seven workers, of whom one is gone before it shared its secrets and one after its vector is in the sum; a worker
// and the coordinator are killed, and another account goes on in the coordinator's place.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ethers } from "ethers";
import { connect, devWallet, timeOf } from "./lib/chain.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { EnclaveTraining, devQuote, keyOf } from "./lib/enclaves.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { ask, runToEnd, startDev, startRole } from "./lib/rollup.mjs";
import { JobOnChain, LONG_MS, PARAMETERS, Step, commitmentOf, examples, meanBlob, noted } from "./lib/trainers.mjs";
import { eventually } from "./lib/wait.mjs";

const WORKERS = 7;
/** The worker that shows an enclave's signature. */
const ATTESTED = 3;
const [SHARE, TESTED] = [200, 1437];
const REWARD = 12;
/** Of phases, in seconds; time passes only where the test says so. */
const PERIOD = 3 * 3_600;

describe("Masked training by command", { timeout: 10 * LONG_MS }, () => {
  let dev, provider, rollup, place, job, chain, coordinator, replacement;
  const workers = [];
  const [folder, files] = [temporaryFolder(), temporaryFolder()];
  const [svg, checkpoint] = [join(files, "curve.svg"), join(files, "digits.safetensors")];
  const account = (worker) => devWallet(1 + worker, provider).address;
  const status = () => ask(["train", "status", job], place);

  before(async () => {
    // Batches are taken although time passes on L1 alone.
    dev = await startDev({ preset: "zip", l1BlockTimeMs: 250, fallbackWindow: "7d" });
    provider = connect(dev.l1Rpc);
    rollup = contractAt("ITraining", dev.rollup, provider);
    place = { l1: dev.l1Rpc, l2: dev.l2Rpc, layer: "l1" };
  });

  after(async () => {
    for (const role of [coordinator, replacement, ...workers]) await role?.kill();
    provider?.destroy();
    await dev?.stop();
  });

  const options = [];
  const startWorker = async (worker) => {
    workers[worker] = await startRole("run", job, options[worker]);
  };
  const startCoordinator = () =>
    startRole("coordinate", job, { ...place, ...examples(TESTED), allowPrivate: true, keyFile: keyOf(0), folder, svg, checkpoint });
  /** What a role's server says of a blob; undefined when it does not answer. */
  const found = async (role, blob) => {
    const answer = fetch(`${role.location}/blobs/${blob}`, { headers: { connection: "close" } });
    return (await answer.catch(() => undefined))?.status;
  };
  const serves = (role, blob) =>
    eventually("the coordinator has fetched a blob", async () => (await found(role, blob)) === 200, LONG_MS);
  const passes = (seconds) => timeOf(provider).increase(seconds);

  it("a job is created, whose updates are proven to be short, and all join: one by its enclave, without a stake", async () => {
    const periods = { keyPeriod: `${PERIOD}s`, collectPeriod: `${PERIOD}s`, aggregatePeriod: `${PERIOD}s` };
    const terms = { name: "masked", inputs: 64, classes: 10, secure: true, clip: 2, rounds: 2, reward: REWARD, stake: 1, ...periods };
    const created = await ask(["train", "create"], {
      ...place, ...terms, minWorkers: WORKERS, maxWorkers: WORKERS, keyFile: keyOf(0), store: join(folder, "blobs"),
    });
    job = created.job;
    assert.equal(created.parameters, PARAMETERS);
    chain = new JobOnChain(rollup, job);
    assert.ok((await rollup.getJob(job)).config.normBound > 0n);
    const enclaveKey = join(temporaryFolder(), "enclave.key");
    const [enclaves, quote] = [new EnclaveTraining(dev, "l1", rollup), await devQuote("sgx", { key: enclaveKey })];
    const attested = { ...place, keyFile: keyOf(1 + ATTESTED), enclaveKey };
    const early = await runToEnd(["train", "join", job], attested);
    assert.match(early.stderr, /Training_KeyNotUsable/);
    await enclaves.submitCollateral(quote);
    await enclaves.accept(quote);
    const key = await enclaves.register(quote);
    for (let worker = 0; worker < WORKERS; worker++) {
      const options = worker === ATTESTED ? attested : { ...place, keyFile: keyOf(1 + worker) };
      await ask(["train", "join", job], options);
    }
    const { phase, members } = await status();
    assert.equal(phase, "keys");
    for (const { index, stake, enclaveKey } of members) {
      assert.deepEqual([parseFloat(stake), enclaveKey], index === ATTESTED ? [0, key.toLowerCase()] : [1, null]);
    }
  });

  it("two workers drop out in different phases, the coordinator is killed and replaced: the aggregate is the plain sum", async () => {
    coordinator = await startCoordinator();
    for (let worker = 0; worker < WORKERS; worker++) {
      const own = { ...examples(worker * SHARE, SHARE), keyFile: keyOf(1 + worker), folder: temporaryFolder() };
      options.push({ ...place, ...own, allowPrivate: true, source: coordinator.location });
    }
    const [gone, half, killed] = [0, 1, 2];
    await startWorker(gone);
    const { [account(gone)]: message } = await chain.announced(1, Step.Keys);
    await serves(coordinator, message);
    await workers[gone].kill();
    for (let worker = 1; worker < WORKERS; worker++) await startWorker(worker);
    await chain.announced(1, Step.Shares, WORKERS - 1);

    await coordinator.kill();
    // The account of the worker that is gone takes over, when the coordinator has had its time.
    const source = workers[killed].location;
    replacement = await startRole("coordinate", job, { ...place, allowPrivate: true, keyFile: keyOf(1 + gone), folder: temporaryFolder(), source });
    await passes(PERIOD / 2 + 1);
    assert.ok(account(gone) in (await chain.announced(1, Step.CloseShares)));
    await chain.submitted(1, WORKERS - 1);
    const masked = await rollup.queryFilter(rollup.filters.MaskedGradientCommitted(job, account(half)));
    await serves(replacement, masked[0].args.commitment);
    await workers[half].kill();
    await passes((2 * PERIOD) / 3);
    assert.ok(account(gone) in (await chain.announced(1, Step.CloseMasked)));
    await chain.announced(1, Step.Survivors, WORKERS - 2);
    await workers[killed].kill();
    await startWorker(killed);
    await passes(PERIOD / 3 + 1);
    assert.ok(account(gone) in (await chain.announced(1, Step.CloseSurvivors)));
    await chain.event("AggregateClaimed");

    // Any vote may have been the one that ends the run, which takes the most gas.
    const votes = await rollup.queryFilter(rollup.filters.AggregateVoted(job));
    const used = await Promise.all(votes.map(async (vote) => (await vote.getTransactionReceipt()).gasUsed));
    const limits = await Promise.all(votes.map(async (vote) => (await vote.getTransaction()).gasLimit));
    assert.ok(limits.every((limit) => used.every((gas) => gas < limit)), `${limits}: ${used}`);

    const survivors = options.slice(1).map((worker) => noted(worker.folder));
    const blob = meanBlob(survivors);
    assert.equal(await rollup.getAggregatedGradient(job, 1), commitmentOf(blob));
    assert.notEqual(await rollup.getAggregatedGradient(job, 1), commitmentOf(meanBlob(survivors.slice(1))));
    const revealed = await rollup.queryFilter(rollup.filters.SharesRevealed(job));
    assert.ok(revealed.some(({ args }) => args.worker === account(killed)), "it goes on from its notes");
    // What was masked lies open nowhere.
    const update = meanBlob([noted(options[killed].folder)]);
    assert.equal(await found(workers[killed], commitmentOf(update)), 404);
  });

  it("who dropped out comes back, the first coordinator goes on, and everybody is paid for what is in the sums", async () => {
    await replacement.stop();
    coordinator = await startCoordinator();
    await startWorker(0);
    await startWorker(1);
    await eventually("the job is over", async () => (await status()).status === "ended", LONG_MS);
    const { paid, members } = await status();
    assert.equal(paid, 2);
    const perRound = (REWARD * 0.95) / 2;
    for (const { worker, balance } of members) {
      const first = worker === account(0).toLowerCase() ? 0 : perRound / (WORKERS - 1);
      assert.ok(Math.abs(parseFloat(balance) - first - perRound / WORKERS) < 1e-6, `${worker}: ${balance}`);
    }
    const run = await rollup.getRun(job, await rollup.attemptOf(job, 2));
    assert.equal(run.accepted, 2n ** BigInt(WORKERS) - 1n);
  });

  it("the coordinator ends with the network, which is that of the second aggregate", { timeout: LONG_MS }, async () => {
    assert.equal(await coordinator.ended, 0);
    for (const worker of workers) assert.equal(await worker.ended, 0);
    const exported = await ask(["train", "export", checkpoint], { out: join(files, "digits.onnx") });
    assert.deepEqual([exported.rounds, exported.parameters], [2, PARAMETERS]);
    const { weights } = await status();
    const lp500 = contractAt("IDistributedTrainingRollup", dev.rollup, provider);
    const { args } = (await lp500.queryFilter(lp500.filters.ModelUpdated(job))).at(-1);
    assert.deepEqual([args.round, args.newWeightsHash], [2n, weights]);
    assert.notEqual(weights, ethers.ZeroHash);
  });
});
