// Training on the L2 of a rollup that has a compute market there, by command: a false aggregate loses to the watcher, the round is done again
// and paid, and the network is served as a model whose lineage the market keeps.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { AbiCoder, ZeroAddress, id } from "ethers";
import { connect, devWallet } from "./lib/chain.mjs";
import { COMPUTE_MARKET, INFER, TaskStatus } from "./lib/compute.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { digits } from "./lib/digits.mjs";
import { ATTESTATION, keyOf } from "./lib/enclaves.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { ask, startBlobs, startDev, startRole, startWorker } from "./lib/rollup.mjs";
import { JobOnChain, LONG_MS, PARAMETERS, examples } from "./lib/trainers.mjs";
import { FAULT, TRAINING } from "./lib/training.mjs";
import { eventually } from "./lib/wait.mjs";

const WORKERS = 3;
const [SHARE, TESTED] = [400, 1437];
const [CREATOR, WATCHER, SERVER, OPERATOR] = [0, 7, 8, 9];
const REWARD = 3;
/** Of a status of the workers' updates: all are accepted. */
const REPORT_BYTES = 7;

describe("Training on L2 by command", { timeout: 10 * LONG_MS }, () => {
  let dev, provider, rollup, market, place, job, chain, blobs, watcher, coordinator, parent, server;
  const workers = [];
  const [files, store, models] = [temporaryFolder(), join(temporaryFolder(), "blobs"), join(temporaryFolder(), "models")];
  const folder = temporaryFolder();
  const status = () => ask(["train", "status", job], place);

  before(async () => {
    // No batches meanwhile: the roles send them with the same key that opens training.
    dev = await startDev({ preset: "hip", l1BlockTimeMs: 250, maxBatchDelay: "10m", challengePeriod: "60s" });
    provider = connect(dev.l2Rpc);
    const chains = { l1: dev.l1Rpc, l2: dev.l2Rpc };
    place = { ...chains, layer: "l2" };
    market = contractAt("IComputeMarket", COMPUTE_MARKET, devWallet(CREATOR, provider));
    const modules = () => Promise.all([FAULT, ATTESTATION].map((kind) => market.computeEvidence(kind)));
    const isOpen = async () => (await market.computeProgram(INFER)).version_ > 0n && !(await modules()).includes(ZeroAddress);
    await eventually("the market is open, which takes transactions of that key", isOpen, LONG_MS);
    await ask(["train", "open"], { ...chains, challengePeriod: "60s", keyFile: keyOf(OPERATOR), data: temporaryFolder() });
    rollup = contractAt("ITraining", TRAINING, devWallet(CREATOR, provider));
    await eventually("training is open", async () => (await rollup.aggregateProgram()).version_ > 0n);
  });

  after(async () => {
    for (const role of [watcher, coordinator, blobs, server, ...workers]) await role?.kill();
    provider?.destroy();
    await dev?.stop();
  });

  /** The network of a checkpoint as a model of integers, in the store that is served. */
  async function modelOf(name) {
    const [checkpoint, network] = [join(files, `${name}.safetensors`), join(files, `${name}.onnx`)];
    await ask(["train", "checkpoint", job], { ...place, store: join(files, "fetched"), from: blobs.location, out: checkpoint });
    await ask(["train", "export", checkpoint], { out: network });
    const { calibration } = digits(files, 1);
    return (await ask(["model", "quantize", network], { calibration, store: models })).model;
  }

  it("a job is created, and the network that it begins with is registered as a model", async () => {
    const periods = { collectPeriod: "1h", aggregatePeriod: "1h" };
    const terms = { name: "on-l2", inputs: 64, classes: 10, minWorkers: WORKERS, rule: "median", rounds: 1, reward: REWARD, stake: 1, ...periods };
    ({ job } = await ask(["train", "create"], { ...place, ...terms, keyFile: keyOf(CREATOR), store }));
    chain = new JobOnChain(rollup, job);
    blobs = await startBlobs({ store });
    server = await startBlobs({ store: models });
    parent = await modelOf("first");
    await ask(["model", "register", parent], { ...place, keyFile: keyOf(CREATOR), flopsPerGas: 1, location: server.location });
  });

  it("a coordinator that claims another aggregate loses its bond to the watcher", async () => {
    for (let worker = 0; worker < WORKERS; worker++) {
      const own = { ...examples(worker * SHARE, SHARE), keyFile: keyOf(1 + worker), folder: temporaryFolder() };
      workers.push(await startRole("run", job, { ...place, ...own, allowPrivate: true, source: blobs.location }));
    }
    const source = blobs.location;
    watcher = await startRole("watch", job, { ...place, keyFile: keyOf(WATCHER), folder: temporaryFolder(), allowPrivate: true, source });
    await chain.submitted(1, WORKERS);
    const submitted = await rollup.queryFilter(rollup.filters.GradientCommitted(job));
    const index = async ({ args }) => (await rollup.getMember(job, args.worker)).index;
    const indices = await Promise.all(submitted.map(index));
    const order = submitted.map((_, at) => at).sort((a, b) => Number(indices[a] - indices[b]));
    const contributions = order.map((at) => {
      const { worker, gradientHash, dataPointsProcessed } = submitted[at].args.contribution;
      return { worker, gradientHash, dataPointsProcessed, dataShardHashes: [], aggregationProof: "0x" };
    });
    const claim = [FAULT, PARAMETERS, id("false weights"), new Uint8Array(REPORT_BYTES * WORKERS), "0x"];
    const convergenceProof = AbiCoder.defaultAbiCoder().encode(["uint8", "uint32", "bytes32", "bytes", "bytes"], claim);
    const bond = (await rollup.trainingParams()).aggregateBond;
    await rollup.deposit(devWallet(CREATOR).address, { value: bond });
    const update = { jobId: job, round: 1, contributions, aggregatedGradientHash: id("false"), convergenceProof };
    await rollup.aggregateGradients(job, update);
    const { args } = await chain.event("AggregateDisproved");
    assert.equal(args.challenger, devWallet(WATCHER).address);
    assert.equal(args.reward, bond / 2n);
    assert.equal((await status()).done, 0);
    assert.ok(watcher.logs().includes("FALSE AGGREGATE"));
  });

  it("the round is done again, with the coordinator of the command, and paid", async () => {
    const own = { ...examples(TESTED), keyFile: keyOf(CREATOR), folder, allowPrivate: true, source: blobs.location };
    coordinator = await startRole("coordinate", job, { ...place, ...own });
    await eventually("the job is over", async () => (await status()).status === "ended", 2 * LONG_MS);
    const { paid, attempts, members } = await status();
    assert.deepEqual([paid, attempts], [1, 2]);
    for (const { balance } of members) assert.ok(Math.abs(parseFloat(balance) - (REWARD * 0.95) / WORKERS) < 1e-6, balance);
    for (const role of [coordinator, watcher, ...workers]) assert.equal(await role.ended, 0);
    const challenged = await rollup.queryFilter(rollup.filters.AggregateChallenged(job));
    assert.ok(challenged.every(({ args }) => args.attempt === 1n), "the true aggregate stands");
  });

  it("the trained network is the successor of the first model, and answers tasks", async () => {
    await blobs.stop();
    blobs = await startBlobs({ store: join(folder, "blobs") });
    const model = await modelOf("trained");
    assert.notEqual(model, parent);
    const { weights } = await status();
    const owner = { ...place, keyFile: keyOf(CREATOR) };
    const lineage = () => ask(["model", "update", parent, model], { ...owner, delta: weights, location: server.location });
    assert.equal((await lineage()).parent, parent);
    assert.match((await lineage()).outcome, /before/);
    assert.equal(await market.parentOf(model), parent);
    const [{ args }] = await market.queryFilter(market.filters.ModelUpdated(parent, model));
    assert.equal(args.deltaCommitment, weights);

    const { images } = digits(files, 1);
    const expected = await ask(["model", "run", model], { store: models, input: images, sample: 0, keep: true });
    const input = { input: images, sample: 0, store: models, location: server.location };
    const { task } = await ask(["task", "submit", model], { ...owner, ...input });
    const own = { keyFile: keyOf(SERVER), folder: temporaryFolder(), threads: 1, allowPrivate: true };
    const worker = await startWorker("run", { ...place, ...own, store: join(own.folder, "blobs") });
    workers.push(worker);
    const isServed = async () => (await market.getTask(task)).progress.status >= TaskStatus.Submitted;
    await eventually("the task has a result", isServed, LONG_MS);
    assert.equal(await market.getTaskResult(task), expected.outputCommitment);
  });
});
