// LP-500, "AI Compute Tests": attestations on the L2 of dev. Enclaves are ones of development: their quotes are made and signed
// by `lux-rollup tee dev-quote`, and judged on chain as those of vendors are.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { AbiCoder, Wallet, ethers, id } from "ethers";
import { connect, devKey, devWallet } from "./lib/chain.mjs";
import { COMPUTE_MARKET, INFER, claimInput, echoProgram, taskDefaults } from "./lib/compute.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { expect } from "./lib/expect.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { runToEnd, startDev } from "./lib/rollup.mjs";
import { eventually } from "./lib/wait.mjs";

const ATTESTATION = 2;
const USABLE = 1n;
/** Runs the roles of dev and owns its rollup. */
const OWNER = 9;
const PERIOD_SECONDS = 604_800n;
const abi = AbiCoder.defaultAbiCoder();

/** In LP-500's test texts stand for their bytes. */
const keccak256 = (text) => id(text);

function keyOf(index) {
  const path = join(temporaryFolder(), "key");
  writeFileSync(path, devKey(index), { mode: 0o600 });
  return path;
}

async function succeeds(command, options) {
  const { code, json, stderr } = await runToEnd(command, options);
  assert.equal(code, 0, `${command.join(" ")}: ${stderr}`);
  return json;
}

describe("AI Compute Rollup with enclaves, on the L2 of dev", () => {
  const folder = temporaryFolder();
  const enclave = Wallet.createRandom();
  let dev, provider, rollup, keys, chain, mrEnclave, mrSigner;

  /** A development quote that binds a key at a time: where it is, and how LP-500's `quote` has it. */
  async function madeQuote(kind, wallet, timestamp, options = {}) {
    const out = join(folder, `${kind}-${timestamp}`);
    const publicKey = wallet.signingKey.publicKey;
    const { collateral } = await succeeds(["tee", "dev-quote", kind], { out, publicKey, timestamp, ...options });
    const { claims } = await succeeds(["tee", "inspect", out]);
    const quote = abi.encode(["bytes", "bytes"], [readFileSync(out), readFileSync(collateral)]);
    return { file: { out, collateral }, claims, quote };
  }

  before(async () => {
    dev = await startDev({ preset: "hip", infer: echoProgram(), l1BlockTimeMs: 250, challengePeriod: "7d" });
    chain = { l1: dev.l1Rpc, l2: dev.l2Rpc };
    provider = connect(dev.l2Rpc);
    rollup = contractAt("IComputeMarket", COMPUTE_MARKET, devWallet(0, provider));
    await eventually("the market is open", async () => (await rollup.computeProgram(INFER)).version_ > 0n);
    const module = contractAt("IAttestationEvidence", await rollup.computeEvidence(ATTESTATION), rollup.runner);
    keys = contractAt("IEnclaveKeys", await module.keys(), rollup.runner);
    await rollup.deposit(rollup.runner.address, { value: ethers.parseEther("1") });
    await rollup.stake({ value: ethers.parseEther("1") });
  });

  after(async () => {
    provider?.destroy();
    await dev?.stop();
  });

  /** The owner accepts the software of the quote. */
  async function accept(kind, { file }, measurement, signer) {
    const { out, collateral } = file;
    await succeeds(["tee", "accept", out], { ...chain, collateral, keyFile: keyOf(OWNER) });
    const isThere = async () => (await keys.policiesOf(kind, measurement, signer)).length === 1;
    await eventually("the policy is on L2", isThere);
  }

  it("should verify TEE attestation", async () => {
    const timestamp = Date.now();
    const made = await madeQuote("sgx", enclave, timestamp);
    ({ measurement: mrEnclave, signer: mrSigner } = made.claims);
    const teePublicKey = enclave.signingKey.publicKey;
    const generateQuote = () => made.quote;
    const attestation = {
      mrEnclave,
      mrSigner,
      publicKey: teePublicKey,
      quote: generateQuote(mrEnclave, mrSigner),
      timestamp,
    };
    expect(await rollup.verifyTEEAttestation(attestation)).to.be.false;
    await accept(1, made, mrEnclave, mrSigner);

    expect(await rollup.verifyTEEAttestation(attestation)).to.be.true;

    const tampered = ethers.getBytes(made.quote);
    tampered[96 + 400] ^= 1;
    const wrong = [
      { mrEnclave: keccak256("other") },
      { mrSigner: keccak256("other") },
      { publicKey: Wallet.createRandom().signingKey.publicKey },
      { timestamp: timestamp + 1 },
      { quote: tampered },
      { quote: "0x" },
    ];
    for (const change of wrong) {
      expect(await rollup.verifyTEEAttestation({ ...attestation, ...change })).to.be.false;
    }
    const old = timestamp - 3_700_000;
    const stale = await madeQuote("sgx", enclave, old);
    expect(await rollup.verifyTEEAttestation({ ...attestation, quote: stale.quote, timestamp: old })).to.be.false;
    const other = await madeQuote("sgx", enclave, timestamp + 2, { software: "other" });
    const { measurement } = other.claims;
    const unknown = { ...attestation, mrEnclave: measurement, quote: other.quote, timestamp: timestamp + 2 };
    expect(await rollup.verifyTEEAttestation(unknown)).to.be.false;
    const debug = await madeQuote("sgx", enclave, timestamp + 3, { debug: true });
    expect(await rollup.verifyTEEAttestation({ ...attestation, quote: debug.quote, timestamp: timestamp + 3 })).to.be.false;
  });

  /** Registers the key of an enclave by the command line. */
  async function register(wallet, { file }, timestamp) {
    const { out, collateral } = file;
    const options = { ...chain, collateral, publicKey: wallet.signingKey.publicKey, timestamp, keyFile: keyOf(2) };
    const { key } = await succeeds(["tee", "register", out], options);
    assert.equal(key.toLowerCase(), wallet.address.toLowerCase());
    await eventually("the key is usable", async () => (await keys.statusOf(key)).status_ === USABLE);
  }

  it("should execute compute task with proof", async () => {
    const modelHash = keccak256("gpt-model");
    await succeeds(["model", "register", modelHash], { ...chain, requireTee: true, keyFile: keyOf(0) });
    const timestamp = Date.now();
    const made = await madeQuote("sgx", enclave, timestamp);
    await register(enclave, made, timestamp);
    const teeAttestation = {
      mrEnclave, mrSigner, publicKey: enclave.signingKey.publicKey, quote: made.quote, timestamp,
    };
    const { chainId } = await provider.getNetwork();
    const domain = { name: "LuxComputeMarket", version: "1", chainId, verifyingContract: COMPUTE_MARKET };
    const fields = ["taskId", "program", "input", "output"].map((name) => ({ name, type: "bytes32" }));
    const { program_: program } = await rollup.computeProgram(INFER);
    const signedBy = (wallet, task, output) => {
      const statement = { taskId: task.taskId, program, input: claimInput(task), output };
      return wallet.signTypedData(domain, { AttestedResult: fields }, statement);
    };
    const computeProof = (task, signatures) =>
      abi.encode(
        ["uint8", "bytes32", "bytes", "bytes", "bytes[]"],
        [ATTESTATION, claimInput(task), "0x", "0x", signatures],
      );
    const task = {
      ...taskDefaults,
      taskId: keccak256("task1"),
      modelHash,
      inputDataHash: keccak256("input"),
      requiredFlops: ethers.parseUnits("100", 12),
      maxGasPrice: ethers.parseUnits("100", "gwei"),
    };
    // What the program really gives for this input.
    const output = claimInput(task);

    await rollup.submitComputeTask(task);

    const result = {
      taskId: task.taskId,
      outputHash: output,
      zkProof: computeProof(task, [await signedBy(enclave, task, output)]),
      attestation: teeAttestation,
      gasUsed: 1000000,
    };
    const forged = computeProof(task, [await signedBy(Wallet.createRandom(), task, output)]);
    await assert.rejects(
      rollup.submitComputeResult.staticCall({ ...result, zkProof: forged }),
      /AttestationEvidence_NotUsable|unknown custom error/,
    );

    await rollup.submitComputeResult(result);
    expect(await rollup.getTaskResult(task.taskId)).to.equal(result.outputHash);

    // One vendor shortens nothing; a second one does.
    const submitted = (await rollup.finalAt(task.taskId)) - PERIOD_SECONDS;
    const second = Wallet.createRandom();
    const time = Date.now();
    const report = await madeQuote("snp", second, time);
    const { claims } = report;
    const words = [claims.measurement, claims.signer].map((bytes) => (ethers.dataLength(bytes) === 32 ? bytes : ethers.sha256(bytes)));
    await accept(3, report, ...words);
    await register(second, report, time);
    const module = contractAt("IAttestationEvidence", await rollup.computeEvidence(ATTESTATION), rollup.runner);
    await module.attest(COMPUTE_MARKET, task.taskId, [await signedBy(second, task, output)]);
    const { attestedPeriod } = await keys.settings();
    const { quorumAt_ } = await module.attestedBy(COMPUTE_MARKET, task.taskId);
    assert.equal(await rollup.finalAt(task.taskId), quorumAt_ + attestedPeriod);
    assert.ok(quorumAt_ + attestedPeriod < submitted + PERIOD_SECONDS);
  });
});
