// Buying and selling inference by the command line: a worker that is killed, liars, and many tasks at a time.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { AbiCoder, ZeroHash, concat, id, keccak256, parseEther } from "ethers";
import { connect, devKey, devWallet } from "./lib/chain.mjs";
import { COMPUTE_MARKET, FAULT, INFER, TaskStatus, noAttestation, taskDefaults } from "./lib/compute.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { MODELS, digits } from "./lib/digits.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { runToEnd, startBlobs, startDev, startWorker } from "./lib/rollup.mjs";
import { eventually } from "./lib/wait.mjs";

const IMAGES = 20;
const [REQUESTER, LIAR, WATCHER] = [0, 1, 2];
const WORKERS = [3, 4, 5, 6];
const MANY = 1_000;
/** Wei per gas of the market: it pays for the gas that serving a task costs. */
const PRICE = 100_000_000_000n;
const PERIOD_MS = 60_000;

const keyOf = (index) => {
  const path = join(temporaryFolder(), "key");
  writeFileSync(path, devKey(index), { mode: 0o600 });
  return path;
};

async function succeeds(command, options) {
  const { code, json, stderr } = await runToEnd(command, options);
  assert.equal(code, 0, `${command.join(" ")}: ${stderr}`);
  return json;
}

describe("inference on the L2 of dev", () => {
  const store = join(temporaryFolder(), "blobs");
  const workFolders = WORKERS.map(() => temporaryFolder());
  let dev, provider, market, blobs, model, files, chain, flops, inputs;
  const running = [];

  before(async () => {
    dev = await startDev({ preset: "hip", l1BlockTimeMs: 250, challengePeriod: "60s" });
    chain = { l1: dev.l1Rpc, l2: dev.l2Rpc };
    provider = connect(dev.l2Rpc);
    market = contractAt("IComputeMarket", COMPUTE_MARKET, devWallet(REQUESTER, provider));
    files = digits(temporaryFolder(), IMAGES);
    model = (await succeeds(["model", "quantize", join(MODELS, "mlp.onnx")], { calibration: files.calibration, store })).model;
    flops = (await succeeds(["model", "inspect", model], { store })).requiredFlops;
    blobs = await startBlobs({ store });
    await eventually("the market is open", async () => (await market.computeProgram(INFER)).version_ > 0n);
    const terms = { flopsPerGas: 1, location: blobs.location };
    await succeeds(["model", "register", model], { ...chain, ...terms, keyFile: keyOf(REQUESTER) });
    inputs = [];
    for (let sample = 0; sample < IMAGES; sample++) {
      inputs.push(await succeeds(["model", "run", model], { store, input: files.images, sample, keep: true }));
    }
  });

  after(async () => {
    provider?.destroy();
    for (const process of running) await process.stop();
    await blobs?.stop();
    await dev?.stop();
  });

  /** A worker that has nothing but what the market and its requesters tell. */
  const startOne = async (number, options = {}) => {
    const folder = workFolders[number];
    const fetches = { store: join(folder, "blobs"), threads: 1, allowPrivate: true };
    const own = { keyFile: keyOf(WORKERS[number]), folder, ...fetches };
    const worker = await startWorker("run", { ...chain, ...own, ...options });
    running.push(worker);
    return worker;
  };

  const statusOf = async (task) => (await market.getTask(task)).progress.status;
  const submit = (sample, options = {}) =>
    succeeds(["task", "submit", model], {
      ...chain, store, keyFile: keyOf(REQUESTER), input: files.images, sample, location: blobs.location, ...options,
    });

  it("a worker that is killed goes on, and the requester gets the output", async () => {
    let worker = await startOne(0);
    const tasks = [];
    for (const sample of [0, 1, 2, 3]) {
      tasks.push((await submit(sample)).task);
      await worker.kill();
      worker = await startOne(0);
    }
    for (const [sample, task] of tasks.entries()) {
      const result = await succeeds(["task", "result", task], { ...chain, store: temporaryFolder(), wait: true });
      assert.equal(result.commitment, inputs[sample].outputCommitment);
      assert.equal(result.status, "submitted");
      const output = join(temporaryFolder(), "output");
      await succeeds(["task", "result", task], { ...chain, store: temporaryFolder(), out: output });
      assert.ok(readFileSync(output).length > 0);
    }
    const again = await submit(0, { id: tasks[0] });
    assert.equal(again.status, "submitted", "an id is offered once");
    const delivered = await market.queryFilter(market.filters.ResultEvidence());
    assert.equal(delivered.length, tasks.length);
  });

  it("refuses what makes no sense, and says why", async () => {
    const options = { ...chain, store, keyFile: keyOf(REQUESTER) };
    const fails = async (command, more, reason) => {
      const { code, stderr } = await runToEnd(command, { ...options, ...more });
      assert.equal(code, 1);
      assert.match(stderr, reason);
    };
    await fails(["task", "status", ZeroHash], { store: undefined, keyFile: undefined }, /has no task 0x0000/);
    await fails(["task", "submit", id("none")], { input: files.images, sample: 0 }, /no model/);
    await fails(["task", "submit", model], { input: files.images }, /choose one with --sample/);
    await fails(["worker", "run"], { keyFile: undefined }, /needs a key/);
  });

  /** Delivers a lie about a new task. */
  const lie = async (sample) => {
    const liar = market.connect(devWallet(LIAR, provider));
    await liar.stake({ value: parseEther("1") });
    const task = { ...taskDefaults, taskId: id(`lie ${sample}`), modelHash: model, inputDataHash: inputs[sample].inputCommitment };
    await market.deposit(devWallet(REQUESTER).address, { value: parseEther("1") });
    await market.submitComputeTask({ ...task, requiredFlops: flops, maxGasPrice: 1_000_000_000 });
    const input = keccak256(concat([model, task.inputDataHash]));
    const zkProof = AbiCoder.defaultAbiCoder().encode(["uint8", "bytes32", "bytes", "bytes"], [FAULT, input, "0x", "0x"]);
    const result = { taskId: task.taskId, outputHash: id("a lie"), zkProof, attestation: noAttestation, gasUsed: 1 };
    await liar.submitComputeResult(result);
    return task.taskId;
  };

  it("a watcher has a false result rejected in one L2 transaction; a true one stands", async () => {
    // No worker is quicker than the liar: this task has no location.
    const task = await lie(7);
    const before = (await market.getAccount(devWallet(REQUESTER).address)).balance;
    const watcher = await startWorker("watch", { ...chain, store, folder: temporaryFolder(), keyFile: keyOf(WATCHER) });
    running.push(watcher);
    await eventually("the false result is rejected", async () => (await statusOf(task)) === TaskStatus.Disproved);
    const account = await market.getAccount(devWallet(LIAR).address);
    assert.deepEqual([account.stake, account.isSlashed], [0n, true]);
    assert.ok((await market.getAccount(devWallet(REQUESTER).address)).balance > before, "refunded");
    const [event] = await market.queryFilter(market.filters.ResultDisproved(task));
    const receipt = await provider.getTransactionReceipt(event.transactionHash);
    assert.ok(receipt.gasUsed < 10_000_000n, `${receipt.gasUsed} gas`);

    const honest = (await submit(8)).task;
    await succeeds(["task", "result", honest], { ...chain, store: temporaryFolder(), wait: true });
    const challenge = { ...chain, store, folder: temporaryFolder(), keyFile: keyOf(7) };
    const { code, stderr } = await runToEnd(["task", "challenge", honest], challenge);
    assert.equal(code, 1);
    assert.match(stderr, /is true: nothing disproves it/);
    assert.equal(await statusOf(honest), TaskStatus.Submitted);
  });

  it("four workers serve a thousand tasks: none is lost, none is paid twice", async () => {
    for (const number of [1, 2, 3]) await startOne(number, { maxClaims: 128 });
    const requester = devWallet(REQUESTER).address;
    await market.deposit(requester, { value: parseEther("10") });
    const tasks = [...Array(MANY).keys()].map((number) => ({
      ...taskDefaults,
      taskId: id(`task ${number}`),
      modelHash: model,
      inputDataHash: concat(["0x1b20", inputs[number % IMAGES].inputCommitment, Buffer.from(blobs.location)]),
      requiredFlops: flops,
      maxGasPrice: PRICE,
    }));
    for (let first = 0; first < MANY; first += 100) await market.submitComputeTasks(tasks.slice(first, first + 100));

    const ids = new Set(tasks.map(({ taskId }) => taskId));
    const seen = async (filter) => {
      const events = await market.queryFilter(filter);
      return events.map(({ args }) => args).filter(({ taskId }) => ids.has(taskId));
    };
    const all = async (filter) => (await seen(filter)).length >= MANY;
    await eventually("all have results", () => all(market.filters.ResultEvidence()), 4 * PERIOD_MS);
    await eventually("all are paid", () => all(market.filters.TaskFinalized()), 3 * PERIOD_MS);
    const paid = await seen(market.filters.TaskFinalized());
    assert.equal(paid.length, MANY);
    assert.equal(new Set(paid.map(({ taskId }) => taskId)).size, MANY);
    const workers = new Set(paid.map(({ worker }) => worker));
    assert.equal(workers.size, WORKERS.length, "everyone worked");
    for (const { taskId, inputDataHash } of tasks) {
      const input = inputs.find(({ inputCommitment }) => inputDataHash.includes(inputCommitment.slice(2)));
      assert.equal(await market.getTaskResult(taskId), input.outputCommitment);
    }
    const locked = BigInt(flops) * PRICE;
    assert.ok(paid.every(({ payment, fee }) => payment + 0n <= locked && fee === (payment * 15n) / 100n));
  });
});
