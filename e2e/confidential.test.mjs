// A task whose input only an enclave reads, and whose output only its requester does. The enclave is one of development: its key is
// in a file.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { connect, devWallet } from "./lib/chain.mjs";
import { COMPUTE_MARKET, INFER, TaskStatus } from "./lib/compute.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { MODELS, digits } from "./lib/digits.mjs";
import { EnclaveMarket, devQuote, keyOf, succeeds } from "./lib/enclaves.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { runToEnd, startBlobs, startDev, startWorker } from "./lib/rollup.mjs";
import { eventually } from "./lib/wait.mjs";

const REQUESTER = 0;
const WORKER = 4;
const SEALED = 32n;

/** Whether a file below a folder has these bytes. */
function holds(folder, bytes) {
  return readdirSync(folder).some((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? holds(path, bytes) : readFileSync(path).includes(bytes);
  });
}

describe("a confidential task", () => {
  const store = join(temporaryFolder(), "blobs");
  const own = join(temporaryFolder(), "own");
  const [folder, secrets] = [temporaryFolder(), temporaryFolder()];
  const enclaveKey = join(temporaryFolder(), "enclave.key");
  let dev, provider, rollup, market, blobs, images, on, model, expected, input, worker, task;

  before(async () => {
    dev = await startDev({ preset: "hip", l1BlockTimeMs: 250, challengePeriod: "60s" });
    provider = connect(dev.l2Rpc);
    rollup = contractAt("IComputeMarket", COMPUTE_MARKET, devWallet(REQUESTER, provider));
    await eventually("the market is open", async () => (await rollup.computeProgram(INFER)).version_ > 0n);
    market = new EnclaveMarket(dev, "l2", rollup);
    on = { ...market.chain, layer: "l2" };
    blobs = await startBlobs({ store });
    const samples = digits(temporaryFolder(), 1);
    images = samples.images;
    // The store that is served gets no plaintext: the expected output is computed in one of the requester's own.
    for (const place of [store, own]) {
      const options = { calibration: samples.calibration, store: place };
      ({ model } = await succeeds(["model", "quantize", join(MODELS, "mlp.onnx")], options));
    }
    expected = await succeeds(["model", "run", model], { store: own, input: images, sample: 0, keep: true });
    input = join(own, "input");
    await succeeds(["blobs", "get", expected.inputCommitment], { store: own, out: input });
    const terms = { ...on, flopsPerGas: 1, location: blobs.location, keyFile: keyOf(REQUESTER) };
    await succeeds(["model", "register", model], { ...terms, confidential: true });
  });

  after(async () => {
    provider?.destroy();
    await worker?.stop();
    await blobs?.stop();
    await dev?.stop();
  });

  const submit = (options) => {
    const offer = { keyFile: keyOf(REQUESTER), input: images, sample: 0, inline: true, location: blobs.location };
    return runToEnd(["task", "submit", model], { ...on, store, secrets, ...offer, ...options });
  };
  const statusOf = async () => (await rollup.getTask(task)).progress.status;

  it("needs an enclave that the registry believes, and that named a key", async () => {
    const open = await submit({});
    assert.match(open.stderr, /inputs of this model are sealed/);
    const none = await submit({ confidential: true });
    assert.match(none.stderr, /no enclave to seal the input to/);

    const made = await devQuote("sgx", { key: enclaveKey });
    const name = () => runToEnd(["tee", "encryption-key"], { ...on, enclaveKey, keyFile: keyOf(WORKER) });
    assert.match((await name()).stderr, /Unknown/);
    await market.accept(made);
    const key = await market.register(made);
    const unnamed = await submit({ confidential: true, enclave: key });
    assert.match(unnamed.stderr, /has named no key/);
    const named = await name();
    assert.equal(named.code, 0, named.stderr);
    const other = await submit({ confidential: true, measurement: `0x${"11".repeat(32)}` });
    assert.match(other.stderr, /which was not asked for/);
  });

  it("is served by the enclave, and nobody else sees input or output", async () => {
    const { code, json, stderr } = await submit({ confidential: true });
    assert.equal(code, 0, stderr);
    task = json.task;
    assert.equal((await rollup.getTask(task)).progress.flags & SEALED, SEALED);
    const options = { keyFile: keyOf(WORKER), folder, store: join(folder, "blobs"), threads: 1, allowPrivate: true };
    worker = await startWorker("run", { ...on, ...options, enclaveKey });
    await eventually("the task has a result", async () => (await statusOf()) >= TaskStatus.Submitted);

    const out = join(temporaryFolder(), "output");
    const result = ["task", "result", task];
    await succeeds(result, { ...on, store, secrets, out });
    const plain = readFileSync(out);
    const computed = join(temporaryFolder(), "computed");
    await succeeds(["blobs", "get", expected.outputCommitment], { store: own, out: computed });
    assert.deepEqual(plain, readFileSync(computed));
    assert.notEqual(await rollup.getTaskResult(task), expected.outputCommitment);

    const secret = readFileSync(input);
    assert.ok(holds(own, secret), "the search finds what is there");
    for (const place of [store, folder]) assert.ok(!holds(place, secret), place);
    assert.ok(!worker.logs().includes(secret.toString("hex")));

    const stranger = await runToEnd(result, { ...on, store, secrets: temporaryFolder() });
    assert.equal(stranger.code, 1);
    assert.match(stranger.stderr, /the output is sealed/);
  });

  it("stands on its enclave's signature alone, until it is paid", async () => {
    const challenge = { ...on, store, folder: temporaryFolder(), keyFile: keyOf(7) };
    const { code, stderr } = await runToEnd(["task", "challenge", task], challenge);
    assert.equal(code, 1);
    assert.match(stderr, /rests on the signatures of enclaves/);
    await eventually("it is paid", async () => (await statusOf()) === TaskStatus.Final, 180_000);
    rmSync(secrets, { recursive: true });
  });
});
