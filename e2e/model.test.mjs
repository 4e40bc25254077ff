// From a trained network to a registered model, by the command line alone.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { connect, devKey, devWallet } from "./lib/chain.mjs";
import { COMPUTE_MARKET, echoProgram } from "./lib/compute.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { readNpy, writeNpy } from "./lib/npy.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { ask, runToEnd, startBlobs, startDev } from "./lib/rollup.mjs";
import { eventually } from "./lib/wait.mjs";

const MODELS = fileURLToPath(new URL("../crates/inference/models/", import.meta.url));
const [MLP, CNN] = ["mlp.onnx", "cnn.onnx"].map((name) => join(MODELS, name));
const PIXELS = 64;
const CALIBRATION = 128;
const NOBODYS = `0x${"11".repeat(32)}`;
const INFER = 0;

/** What the trained networks were tested with, as files. */
function digits(folder) {
  const images = Float32Array.from(readFileSync(join(MODELS, "digits.u8")), (pixel) => pixel / 16);
  const labels = new Uint8Array(readFileSync(join(MODELS, "digits.labels"))).subarray(CALIBRATION);
  const tested = images.subarray(CALIBRATION * PIXELS);
  const file = (name, ...array) => writeNpy(join(folder, name), ...array);
  return {
    calibration: file("calibration.npy", "<f4", [CALIBRATION, PIXELS], images.subarray(0, CALIBRATION * PIXELS)),
    tested: file("tested.npy", "<f4", [labels.length, 1, PIXELS], tested),
    labels: file("labels.npy", "<i8", [labels.length], BigInt64Array.from(labels, BigInt)),
    image: file("image.npy", "<f4", [PIXELS], tested.subarray(0, PIXELS)),
    label: labels[0],
  };
}

async function succeeds(command, options) {
  const { code, json, stderr } = await runToEnd(command, options);
  assert.equal(code, 0, stderr);
  return json;
}

async function fails(command, options, reason) {
  const { code, stderr } = await runToEnd(command, options);
  assert.equal(code, 1, `${command.join(" ")} should fail`);
  assert.match(stderr, reason);
}

const folder = temporaryFolder();
const store = join(folder, "blobs");
const files = digits(folder);
let model;

describe("lux-rollup model", () => {
  it("import says what a network is", async () => {
    const network = await succeeds(["model", "import", CNN]);
    assert.deepEqual(network.inputs, [{ name: "x", holds: "numbers", shape: [1, 1, 8, 8] }]);
    assert.deepEqual(network.outputs, ["logits"]);
    assert.equal(network.operations.Conv, 2);
    assert.equal(network.nodes, 8);
  });

  it("import and quantize say what is wrong with files", async () => {
    const cut = join(folder, "cut.onnx");
    writeFileSync(cut, readFileSync(MLP).subarray(0, 3_000));
    const unsupported = join(folder, "lstm.onnx");
    // The name of an operation with as many letters.
    writeFileSync(unsupported, Buffer.from(readFileSync(MLP).toString("latin1").replace("Relu", "LSTM"), "latin1"));
    await fails(["model", "import", join(folder, "none.onnx")], {}, /none\.onnx: No such file/);
    await fails(["model", "import", files.image], {}, /image\.npy: not an ONNX file/);
    await fails(["model", "import", cut], {}, /cut\.onnx: not an ONNX file/);
    await fails(["model", "import", unsupported], {}, /node relu2: the operation LSTM is not supported/);

    const { calibration, labels, tested } = files;
    const quantize = (network, options, reason) => fails(["model", "quantize", network], { store, ...options }, reason);
    await quantize(CNN, { calibration }, /samples of shape \[64\]; the input x takes \[1, 1, 8, 8\]/);
    await quantize(MLP, { calibration: MLP }, /mlp\.onnx: not a \.npy file/);
    await quantize(MLP, { calibration, labels }, /labels\.npy has 360 labels for 128 samples/);
    const empty = writeNpy(join(folder, "empty.npy"), "<f4", [0, PIXELS], new Float32Array(0));
    await quantize(MLP, { calibration: empty }, /empty\.npy has no samples/);
    assert.equal((await runToEnd(["model", "quantize", MLP], { store, evaluate: tested })).code, 2, "no calibration");
  });

  it("quantize keeps a model that is as good as the network", async () => {
    const { calibration, tested: evaluate, labels } = files;
    const made = await succeeds(["model", "quantize", MLP], { calibration, evaluate, labels, store });
    assert.equal(made.evaluatedSamples, 360);
    assert.ok(made.cosine > 0.999 && made.sameLargestOutput > 0.98, JSON.stringify(made));
    assert.ok(made.accuracyOfNetwork > 0.97 && made.accuracyOfModel > 0.97, JSON.stringify(made));
    const again = await succeeds(["model", "quantize", MLP], { calibration, store });
    assert.equal(again.model, made.model, "it follows from network and samples");
    assert.equal(again.evaluatedOn, "the samples of the calibration");
    assert.equal(again.accuracyOfModel, null);
    model = made.model;
  });

  it("inspect shows and draws it, from the store and from a file", async () => {
    const svg = join(folder, "model.svg");
    const shown = await succeeds(["model", "inspect", model], { store, svg });
    assert.equal(shown.model, model);
    // 64 by 32 and 32 by 10 weights.
    assert.equal(shown.requiredFlops, 2 * (2_048 + 320));
    assert.deepEqual(shown.values.map(({ operation }) => operation), ["Input", "Gemm", "Gemm"]);
    assert.equal(shown.weightBytes, shown.constants.reduce((sum, { bytes }) => sum + bytes, 0));
    const drawn = readFileSync(svg, "utf8");
    for (const { value } of shown.values) assert.ok(drawn.includes(`id="value-${value}"`));

    const file = join(folder, "model.luxm");
    await succeeds(["blobs", "get", model], { store, out: file });
    const { picture: _, ...same } = shown;
    assert.deepEqual(await succeeds(["model", "inspect", file]), same);
    assert.equal((await succeeds(["blobs", "put", file], { store: join(folder, "other") })).commitment, model);
    await fails(["model", "inspect", NOBODYS], { store }, /no model 0x1111.* --from/);
    await fails(["model", "inspect", files.image], { store }, /image\.npy: not a model/);
  });

  it("run gives one output, however it is computed", async () => {
    const output = join(folder, "output.npy");
    const run = await succeeds(["model", "run", model], { store, input: files.image, output, verify: true, machine: true });
    assert.equal(run.output0.largest[0].position, files.label);
    assert.equal(run.machine.output, run.outputCommitment);
    assert.ok(run.machine.steps > 2_048 && run.machine.chunks >= 1);
    const numbers = readNpy(output);
    assert.equal(numbers.indexOf(Math.max(...numbers)), files.label);

    const kept = await succeeds(["model", "run", model], { store, input: files.tested, sample: 0, keep: true, threads: 1 });
    assert.equal(kept.outputCommitment, run.outputCommitment);
    const raw = join(folder, "input");
    await succeeds(["blobs", "get", kept.inputCommitment], { store, out: raw });
    assert.equal((await succeeds(["model", "run", model], { store, raw })).outputCommitment, run.outputCommitment);

    await fails(["model", "run", model], { store, input: files.tested }, /360 samples: choose one with --sample/);
    await fails(["model", "run", model], { store, input: files.labels }, /the model takes \[1, 64\]/);
    await fails(["model", "run", model], { store, raw: files.image }, /more than 64 bytes/);
    await fails(["model", "run", NOBODYS], { store, input: files.image }, /no model/);
    await fails(["model", "run", model], { store: join(folder, "none"), input: files.image }, /there is no folder/);
  });

  it("blobs serve gives the model to another store", async () => {
    const server = await startBlobs({ store });
    const elsewhere = join(folder, "elsewhere");
    try {
      const from = server.location;
      const run = await succeeds(["model", "run", model], { store: elsewhere, from, input: files.image });
      assert.equal(run.output0.largest[0].position, files.label);
      await fails(["blobs", "get", NOBODYS], { store: elsewhere, from, out: join(folder, "none") }, /is not here/);
      assert.equal(existsSync(join(folder, "none")), false);
    } finally {
      assert.equal(await server.stop(), 0);
    }
    await succeeds(["model", "run", model], { store: elsewhere, input: files.image });
  });
});

describe("lux-rollup model register", () => {
  let dev, options;
  const keyOf = (index) => {
    const path = join(temporaryFolder(), "key");
    writeFileSync(path, devKey(index), { mode: 0o600 });
    return path;
  };

  before(async () => {
    dev = await startDev({ preset: "hip", noMarket: true, l1BlockTimeMs: 250 });
    options = { l1: dev.l1Rpc, l2: dev.l2Rpc, keyFile: keyOf(1) };
  });

  after(() => dev?.stop());

  it("takes no model before the market is open, nor where there is none", async () => {
    await fails(["model", "register", model], options, /is not open.*market open/);
    const market = devWallet(1).address;
    await fails(["model", "register", model], { ...options, market }, /there is no contract at/);
    await fails(["model", "register", model], { ...options, layer: "l1", market: dev.messageBridge }, /no compute market/);
  });

  for (const layer of ["l2", "l1"]) {
    it(`registers a model on ${layer}, once and with its terms`, async () => {
      const program = echoProgram();
      const open = { program, challengePeriod: "60s", data: temporaryFolder(), ...options, keyFile: keyOf(9) };
      await ask(["market", "open"], open);
      const provider = connect(layer === "l2" ? dev.l2Rpc : dev.l1Rpc);
      const market = contractAt("IComputeMarket", layer === "l2" ? COMPUTE_MARKET : dev.rollup, provider);
      try {
        await eventually("the market is open", async () => (await market.computeProgram(INFER)).version_ > 0n);
        const terms = { flags: "fault,inline-output", flopsPerGas: 1_000, gasPrice: 7, location: "https://models.example" };
        const register = ["model", "register", model];
        const first = await succeeds(register, { ...options, layer, ...terms });
        assert.equal(first.outcome, "registered");
        const known = await market.getModel(model);
        assert.equal(known.owner, devWallet(1).address);
        assert.deepEqual([known.flags, known.flopsPerGas, known.gasPrice], [9n, 1_000n, 7n]);

        const second = await succeeds(register, { ...options, layer, ...terms });
        assert.match(second.outcome, /before, with these terms/);
        assert.equal(second.transaction, null);
        await fails(register, { ...options, layer, ...terms, gasPrice: 8 }, /never change: .*gas price 7/);
        const elsewhere = { ...terms, location: "https://elsewhere.example" };
        await fails(register, { ...options, layer, ...elsewhere }, /never change: location "https:\/\/models\.example"/);
        await fails(register, { ...options, layer, keyFile: keyOf(2), ...terms }, /belongs to 0x7099/);
        await fails(register, { ...options, layer, location: "x".repeat(257) }, /location of 257 bytes/);
      } finally {
        provider.destroy();
      }
    });
  }
});
