// A worker that signs results with the key of an enclave, for a model that asks for that. The enclave is one of development: its
// key is in a file.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { AbiCoder } from "ethers";
import { connect, devWallet } from "./lib/chain.mjs";
import { COMPUTE_MARKET, INFER, TaskStatus } from "./lib/compute.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { MODELS, digits } from "./lib/digits.mjs";
import { ATTESTATION, EnclaveMarket, devQuote, keyOf, succeeds } from "./lib/enclaves.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { runToEnd, startBlobs, startDev, startWorker } from "./lib/rollup.mjs";
import { eventually } from "./lib/wait.mjs";

const REQUESTER = 0;
const WORKER = 4;
const PERIOD_MS = 60_000;

for (const layer of ["l1", "l2"]) {
  describe(`a worker with an enclave, on ${layer === "l1" ? "L1" : "L2"}`, () => {
    const store = join(temporaryFolder(), "blobs");
    const folder = temporaryFolder();
    const enclaveKey = join(temporaryFolder(), "enclave.key");
    let dev, provider, rollup, market, blobs, images, on, attested, plain, expected, worker;

    before(async () => {
      dev = await startDev({ preset: "hip", l1BlockTimeMs: 250, challengePeriod: "60s" });
      provider = connect(layer === "l1" ? dev.l1Rpc : dev.l2Rpc);
      const address = layer === "l1" ? dev.rollup : COMPUTE_MARKET;
      rollup = contractAt("IComputeMarket", address, devWallet(REQUESTER, provider));
      await eventually("the market is open", async () => (await rollup.computeProgram(INFER)).version_ > 0n);
      market = new EnclaveMarket(dev, layer, rollup);
      on = { ...market.chain, layer };
      blobs = await startBlobs({ store });
      const [first, second] = [digits(temporaryFolder(), 1), digits(temporaryFolder(), 1, 64)];
      images = first.images;
      const quantized = async ({ calibration }) => {
        const { model } = await succeeds(["model", "quantize", join(MODELS, "mlp.onnx")], { calibration, store });
        return model;
      };
      [attested, plain] = [await quantized(first), await quantized(second)];
      assert.notEqual(attested, plain);
      const terms = { ...on, flopsPerGas: 1, location: blobs.location, keyFile: keyOf(REQUESTER) };
      await succeeds(["model", "register", attested], { ...terms, requireTee: true });
      await succeeds(["model", "register", plain], terms);
      expected = await succeeds(["model", "run", attested], { store, input: images, sample: 0, keep: true });
    });

    after(async () => {
      provider?.destroy();
      await worker?.stop();
      await blobs?.stop();
      await dev?.stop();
    });

    const start = (options = {}) => {
      const own = { keyFile: keyOf(WORKER), folder, store: join(folder, "blobs"), threads: 1, allowPrivate: true };
      return startWorker("run", { ...on, ...own, ...options });
    };
    const submit = async (model) => {
      const input = { input: images, sample: 0, location: blobs.location };
      return (await succeeds(["task", "submit", model], { ...on, store, keyFile: keyOf(REQUESTER), ...input })).task;
    };
    const statusOf = async (task) => (await rollup.getTask(task)).progress.status;
    const delivered = async (task) => (await statusOf(task)) >= TaskStatus.Submitted;

    it("serves a model of which only enclaves may, once its key is registered", async () => {
      const task = await submit(attested);
      const other = await submit(plain);
      worker = await start();
      await eventually("a worker without an enclave serves the other model", () => delivered(other));
      assert.equal(await statusOf(task), TaskStatus.Open);
      await worker.stop();

      const made = await devQuote("sgx", { key: enclaveKey });
      assert.ok(existsSync(enclaveKey));
      worker = await start({ enclaveKey });
      const unregistered = await submit(plain);
      await eventually("it serves what needs no enclave", () => delivered(unregistered));
      assert.equal(await statusOf(task), TaskStatus.Open, "a claim without a usable key would cost the bond");
      await eventually("it says why", () => worker.logs().includes("keys of enclaves are not usable now"));

      await market.submitCollateral(made);
      await market.accept(made);
      const key = await market.register(made);
      await eventually("the task has a result", () => delivered(task));
      assert.equal(await rollup.getTaskResult(task), expected.outputCommitment);
      const [evidence] = await rollup.queryFilter(rollup.filters.ResultEvidence(task));
      const types = ["uint8", "bytes32", "bytes", "bytes", "bytes[]"];
      const [kind, , trace, , signatures] = AbiCoder.defaultAbiCoder().decode(types, evidence.args.zkProof);
      assert.equal(kind, BigInt(ATTESTATION));
      assert.ok(trace.length > 2 && signatures.length === 1);
      const gasOf = async (id) => {
        const [event] = await rollup.queryFilter(rollup.filters.ResultEvidence(id));
        return (await provider.getTransactionReceipt(event.transactionHash)).gasUsed;
      };
      const signature = (await gasOf(task)) - (await gasOf(other));
      // What workers reckon with (`crates/compute/src/costs.rs`).
      assert.ok(signature > 130_000n && signature < 140_000n, `${signature} gas`);
      const { keys_ } = await (await market.module()).attestedBy(rollup.target, task);
      assert.deepEqual([...keys_].map((signer) => signer.toLowerCase()), [key.toLowerCase()]);

      const challenge = { ...on, store, folder: temporaryFolder(), keyFile: keyOf(7) };
      const { code, stderr } = await runToEnd(["task", "challenge", task], challenge);
      assert.equal(code, 1);
      assert.match(stderr, /is true: nothing disproves it/);
      await eventually("it is paid", async () => (await statusOf(task)) === TaskStatus.Final, 3 * PERIOD_MS);
    });
  });
}
