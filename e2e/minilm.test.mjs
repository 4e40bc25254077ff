// A sentence encoder through the market: MiniLM, from its ONNX file to the embedding that a requester paid for.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { AbiCoder, dataLength, dataSlice, toNumber } from "ethers";
import { connect, devKey, devWallet } from "./lib/chain.mjs";
import { COMPUTE_MARKET, INFER, TaskStatus } from "./lib/compute.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { writeNpy } from "./lib/npy.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { runToEnd, startBlobs, startDev, startWorker } from "./lib/rollup.mjs";
import { eventually } from "./lib/wait.mjs";

const SCRIPT = fileURLToPath(new URL("../crates/inference/models/minilm.py", import.meta.url));
const [TOKENS, WIDTH] = [32, 384];
/** Of the sentences that the script writes; those after the first 32 are not for calibration. */
const [CALIBRATION, SENTENCES, SENTENCE] = [8, 64, 40];
const [REQUESTER, WORKER, WATCHER] = [0, 3, 2];
const RUN_MS = 240_000;

/** Why there is no MiniLM here, or nothing. */
function makeNetwork(folder) {
  const made = spawnSync(process.env.PYTHON ?? "python3", [SCRIPT, folder], { encoding: "utf8" });
  if (made.status === 0) return undefined;
  const reason = made.error?.message ?? made.stderr.trim().split("\n").at(-1);
  return `no MiniLM (${reason}): make a virtual environment as ${SCRIPT} says, and set PYTHON to its python`;
}

async function succeeds(command, options) {
  const { code, json, stderr } = await runToEnd(command, options);
  assert.equal(code, 0, `${command.join(" ")}: ${stderr}`);
  return json;
}

const keyFile = (index) => {
  const path = join(temporaryFolder(), "key");
  writeFileSync(path, devKey(index), { mode: 0o600 });
  return path;
};

/** Mean over the tokens of the output of a model, whose zero is zero: a factor makes no difference to a cosine. */
function embedding(bytes) {
  const size = bytes.length / (TOKENS * WIDTH);
  assert.ok(size === 1 || size === 2, `${bytes.length} bytes of output`);
  const mean = new Float64Array(WIDTH);
  for (let index = 0; index < TOKENS * WIDTH; index++) {
    mean[index % WIDTH] += size === 1 ? bytes.readInt8(index) : bytes.readInt16LE(2 * index);
  }
  return mean;
}

function cosine(a, b) {
  const dot = (x, y) => x.reduce((sum, value, index) => sum + value * y[index], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

const folder = temporaryFolder();
const skip = makeNetwork(folder);

describe("MiniLM on the L2 of dev", { skip }, () => {
  const store = join(temporaryFolder(), "blobs");
  let dev, provider, market, blobs, worker, model, chain, sentences;

  before(async () => {
    dev = await startDev({ preset: "hip", l1BlockTimeMs: 250, challengePeriod: "1h" });
    chain = { l1: dev.l1Rpc, l2: dev.l2Rpc };
    provider = connect(dev.l2Rpc);
    market = contractAt("IComputeMarket", COMPUTE_MARKET, devWallet(REQUESTER, provider));
    const bytes = readFileSync(join(folder, "minilm.ids"));
    const ids = Int32Array.from({ length: SENTENCES * TOKENS }, (_, index) => bytes.readInt32LE(4 * index));
    sentences = writeNpy(join(folder, "sentences.npy"), "<i4", [SENTENCES, TOKENS], ids);
    const calibration = writeNpy(join(folder, "calibration.npy"), "<i4", [CALIBRATION, TOKENS], ids.slice(0, CALIBRATION * TOKENS));
    model = (await succeeds(["model", "quantize", join(folder, "minilm.onnx")], { calibration, store })).model;
    blobs = await startBlobs({ store });
    await eventually("the market is open", async () => (await market.computeProgram(INFER)).version_ > 0n);
    await succeeds(["model", "register", model], { ...chain, location: blobs.location, keyFile: keyFile(REQUESTER) });
    const own = temporaryFolder();
    const options = { folder: own, store: join(own, "blobs"), serve: "127.0.0.1:0", allowPrivate: true };
    worker = await startWorker("run", { ...chain, ...options, keyFile: keyFile(WORKER) });
  });

  after(async () => {
    provider?.destroy();
    await worker?.stop();
    await blobs?.stop();
    await dev?.stop();
  });

  it("a requester gets the embedding of a sentence, with evidence that others come to as well", async (t) => {
    const started = Date.now();
    const input = { input: sentences, sample: SENTENCE };
    const offer = { ...input, store, location: blobs.location, keyFile: keyFile(REQUESTER) };
    const { task } = await succeeds(["task", "submit", model], { ...chain, ...offer });
    const statusOf = async () => (await market.getTask(task)).progress.status;
    await eventually("there is a result", async () => (await statusOf()) === TaskStatus.Submitted, RUN_MS);
    t.diagnostic(`${((Date.now() - started) / 1000).toFixed(1)} s from the task to its result`);

    // Nothing but the chain and the worker's server.
    const out = join(temporaryFolder(), "output");
    await succeeds(["task", "result", task], { ...chain, store: temporaryFolder(), from: worker.location, out });
    const expected = readFileSync(join(folder, "minilm.expected")).subarray(4 * WIDTH * SENTENCE, 4 * WIDTH * (SENTENCE + 1));
    const float = Float64Array.from({ length: WIDTH }, (_, index) => expected.readFloatLE(4 * index));
    const similarity = cosine(embedding(readFileSync(out)), float);
    t.diagnostic(`cosine ${similarity.toFixed(4)} to the embedding of the float network`);
    assert.ok(similarity >= 0.97, `${similarity}`);

    const [event] = await market.queryFilter(market.filters.ResultEvidence(task));
    const [, , trace] = AbiCoder.defaultAbiCoder().decode(["uint8", "bytes32", "bytes", "bytes"], event.args.zkProof);
    const [chunks, stride] = [0, 4].map((at) => toNumber(dataSlice(trace, at, at + 4)));
    t.diagnostic(`${chunks} chunks, one checkpoint for ${stride}: ${dataLength(trace)} bytes`);
    assert.ok(chunks > 2_049 && stride === Math.ceil(chunks / 2_049), `${chunks} chunks, ${stride}`);

    // Who does not trust the worker computes it again.
    const watcher = { ...chain, store, folder: temporaryFolder(), keyFile: keyFile(WATCHER) };
    const { code, stderr } = await runToEnd(["task", "challenge", task], watcher);
    assert.equal(code, 1);
    assert.match(stderr, /is true: nothing disproves it/);
    assert.equal(await statusOf(), TaskStatus.Submitted);
  });
});
