// Training by command, from an empty chain to a network: what docs/training.md ("Commands") tells users to do.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ethers } from "ethers";
import { connect, devWallet, timeOf } from "./lib/chain.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { digits } from "./lib/digits.mjs";
import { keyOf } from "./lib/enclaves.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { ask, runToEnd, startBlobs, startDev, startRole } from "./lib/rollup.mjs";
import { LONG_MS, PARAMETERS, examples } from "./lib/trainers.mjs";
import { eventually } from "./lib/wait.mjs";

const [WORKERS, SHARE, TESTED] = [4, 350, 1437];
const ROUNDS = 3;

describe("Training by command", () => {
  let dev, provider, rollup, place, job, coordinator, workers;
  const [folder, files] = [temporaryFolder(), temporaryFolder()];
  const creator = { keyFile: keyOf(0) };
  const [svg, checkpoint] = [join(files, "curve.svg"), join(files, "digits.safetensors")];
  const options = [];

  before(async () => {
    dev = await startDev({ preset: "zip", l1BlockTimeMs: 250 });
    provider = connect(dev.l1Rpc);
    rollup = contractAt("ITraining", dev.rollup, provider);
    place = { l1: dev.l1Rpc, l2: dev.l2Rpc, layer: "l1" };
  });

  after(async () => {
    for (const role of [coordinator, ...(workers ?? [])]) await role?.kill();
    provider?.destroy();
    await dev?.stop();
  });

  const terms = {
    name: "digits", inputs: 64, classes: 10, minWorkers: WORKERS, rule: "median", rounds: ROUNDS, reward: 12, stake: 1,
    collectPeriod: "10m", aggregatePeriod: "10m", store: join(folder, "blobs"),
  };
  const status = () => ask(["train", "status", job], place);

  it("a job that cannot work is refused before anything is paid", async () => {
    const refused = await runToEnd(["train", "create"], { ...place, ...creator, ...terms, rule: "krum" });
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /7 workers are needed and 4 are there/);
    assert.equal(await rollup.balanceOf(devWallet(0, provider)), 0n);
  });

  it("a job is created once", async () => {
    const create = () => ask(["train", "create"], { ...place, ...creator, ...terms });
    ({ job } = await create());
    assert.equal((await create()).job, job);
    const { remaining, config } = await rollup.getJob(job);
    assert.equal(remaining, ethers.parseEther("12"));
    assert.equal(config.stake, ethers.parseEther("1"));
    assert.equal((await status()).waitsFor, `${WORKERS} more workers`);
  });

  it("workers join, train and are paid; one is killed in between and goes on", async () => {
    const role = { ...place, allowPrivate: true };
    const evaluated = examples(TESTED);
    coordinator = await startRole("coordinate", job, { ...role, ...creator, ...evaluated, folder, svg, checkpoint });
    for (let index = 0; index < WORKERS; index++) {
      const data = examples(index * SHARE, SHARE);
      options.push({ ...role, ...data, keyFile: keyOf(1 + index), folder: temporaryFolder(), source: coordinator.location });
    }
    workers = await Promise.all(options.map((worker) => startRole("run", job, worker)));
    await eventually("a round is done", async () => (await status()).done >= 1, LONG_MS);
    await workers[0].kill();
    workers[0] = await startRole("run", job, options[0]);
    await eventually("all rounds are done", async () => (await status()).done === ROUNDS, LONG_MS);
    const { challengePeriod } = await rollup.trainingParams();
    await timeOf(provider).increase(challengePeriod);
    await eventually("the rewards are paid", async () => (await status()).status === "ended", LONG_MS);
    const ended = await status();
    assert.equal(ended.paid, ROUNDS);
    const rewards = ended.members.map(({ balance }) => parseFloat(balance));
    assert.equal(rewards.length, WORKERS);
    assert.ok(rewards.every((reward) => reward > 0), `${rewards}`);
    const all = rewards.reduce((sum, reward) => sum + reward, 0);
    assert.ok(Math.abs(all - 12 * 0.95) < 1e-6, `${all}`); // 5 % are the fee
  });

  it("the coordinator ends with a network that has learned something, and a curve", { timeout: LONG_MS }, async () => {
    assert.equal(await coordinator.ended, 0);
    assert.match(readFileSync(svg, "utf8"), /^<svg/);
    const out = join(files, "digits.onnx");
    const exported = await ask(["train", "export", checkpoint], { out });
    assert.deepEqual([exported.rounds, exported.parameters], [ROUNDS, PARAMETERS]);
    const store = join(files, "models");
    const { calibration } = digits(files, 1);
    const quantized = await ask(["model", "quantize", out], { calibration, store });
    assert.match(quantized.model, /^0x[0-9a-f]{64}$/);
  });

  it("whoever reaches the coordinator's blobs gets the same network", async () => {
    const blobs = await startBlobs({ store: terms.store });
    const out = join(files, "copy.safetensors");
    await ask(["train", "checkpoint", job], { ...place, store: join(files, "blobs"), from: blobs.location, out });
    // Fields of the files' heads are in any order.
    const [copied, written] = [out, checkpoint].map((file) => readFileSync(file).subarray(-4 * PARAMETERS));
    assert.ok(copied.equals(written));
    await blobs.stop();
  });

  it("rewards and stakes are paid out", async () => {
    const worker = { ...place, keyFile: options[1].keyFile };
    const account = devWallet(2, provider);
    await timeOf(provider).increase((await rollup.trainingParams()).challengePeriod);
    await ask(["train", "release", job], worker);
    const balance = await rollup.balanceOf(account);
    assert.ok(balance > ethers.parseEther("1"));
    await ask(["train", "withdraw"], worker);
    assert.equal(await rollup.balanceOf(account), 0n);
  });
});
