// LP-500, "AI Compute Tests": attestations on L1 and L2. Enclaves are ones of development: their quotes are made and signed
// by `lux-rollup tee dev-quote`, and judged on chain as those of vendors are.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { AbiCoder, Wallet, ethers, id } from "ethers";
import { startAnvil } from "./lib/anvil.mjs";
import { connect, devWallet } from "./lib/chain.mjs";
import { COMPUTE_MARKET, INFER, claimInput, echoProgram, taskDefaults } from "./lib/compute.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { ATTESTATION, EnclaveMarket, devQuote, keyOf, succeeds } from "./lib/enclaves.mjs";
import { expect } from "./lib/expect.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { deployRollup, runToEnd, startDev } from "./lib/rollup.mjs";
import { eventually } from "./lib/wait.mjs";

const PERIOD_SECONDS = 604_800n;
const abi = AbiCoder.defaultAbiCoder();

/** In LP-500's test texts stand for their bytes. */
const keccak256 = (text) => id(text);

const startHip = (options) =>
  startDev({ preset: "hip", infer: echoProgram(), l1BlockTimeMs: 250, challengePeriod: "7d", ...options });

/** Layer of the market, and who runs it. */
const scenes = {
  "the embedded L1 of dev": ["l1", () => startHip()],
  "anvil, by dev": [
    "l1",
    async () => {
      const anvil = await startAnvil({ blockTime: 0.25 });
      const dev = await startHip({ l1: anvil.url });
      const stop = async () => {
        await dev.stop();
        await anvil.stop();
      };
      return { ...dev, stop };
    },
  ],
  "the L2 of dev": ["l2", () => startHip()],
};

for (const [name, [layer, start]] of Object.entries(scenes)) {
  describe(`AI Compute Rollup with enclaves, on ${name}`, () => {
    const enclave = Wallet.createRandom();
    let dev, provider, rollup, market, keys;

    const quoteOf = (kind, wallet, timestamp, options = {}) =>
      devQuote(kind, { publicKey: wallet.signingKey.publicKey, timestamp, ...options });

    before(async () => {
      dev = await start();
      provider = connect(layer === "l1" ? dev.l1Rpc : dev.l2Rpc);
      const address = layer === "l1" ? dev.rollup : COMPUTE_MARKET;
      rollup = contractAt("IComputeMarket", address, devWallet(0, provider));
      await eventually("the market is open", async () => (await rollup.computeProgram(INFER)).version_ > 0n);
      market = new EnclaveMarket(dev, layer, rollup);
      keys = await market.keys();
      await rollup.deposit(rollup.runner.address, { value: ethers.parseEther("1") });
      await rollup.stake({ value: ethers.parseEther("1") });
    });

    after(async () => {
      provider?.destroy();
      await dev?.stop();
    });

    it("should verify TEE attestation", async () => {
      const timestamp = Date.now();
      const made = await quoteOf("sgx", enclave, timestamp);
      const { mrEnclave, mrSigner } = made;
      const teePublicKey = enclave.signingKey.publicKey;
      const generateQuote = () => market.quote(made);
      const attestation = {
        mrEnclave,
        mrSigner,
        publicKey: teePublicKey,
        quote: generateQuote(mrEnclave, mrSigner),
        timestamp,
      };
      expect(await rollup.verifyTEEAttestation(attestation)).to.be.false;
      await market.submitCollateral(made);
      expect(await rollup.verifyTEEAttestation(attestation)).to.be.false;
      await market.accept(made);

      expect(await rollup.verifyTEEAttestation(attestation)).to.be.true;

      const tampered = ethers.getBytes(attestation.quote);
      tampered[(layer === "l1" ? 0 : 96) + 400] ^= 1;
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
      const refused = [
        await quoteOf("sgx", enclave, timestamp - 3_700_000),
        await quoteOf("sgx", enclave, timestamp + 2, { software: "other" }),
        await quoteOf("sgx", enclave, timestamp + 3, { debug: true }),
      ];
      for (const other of refused) {
        expect(await rollup.verifyTEEAttestation(market.attestation(other))).to.be.false;
      }
    });

    it("should execute compute task with proof", async () => {
      const modelHash = keccak256("gpt-model");
      const options = { ...market.chain, layer: layer, requireTee: true, keyFile: keyOf(0) };
      await succeeds(["model", "register", modelHash], options);
      const made = await quoteOf("sgx", enclave, Date.now());
      await market.register(made);
      const teeAttestation = market.attestation(made);
      const { chainId } = await provider.getNetwork();
      const domain = { name: "LuxComputeMarket", version: "1", chainId, verifyingContract: rollup.target };
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

      // One vendor shortens nothing; a second one does. L1 knows one only.
      const submitted = (await rollup.finalAt(task.taskId)) - PERIOD_SECONDS;
      const second = Wallet.createRandom();
      const report = await quoteOf(layer === "l1" ? "tdx" : "snp", second, Date.now());
      await market.submitCollateral(report);
      await market.accept(report);
      await market.register(report);
      const module = await market.module();
      await module.attest(rollup.target, task.taskId, [await signedBy(second, task, output)]);
      const { quorumAt_, keys_ } = await module.attestedBy(rollup.target, task.taskId);
      if (layer === "l1") {
        assert.equal(keys_.length, 1);
        assert.equal(await rollup.finalAt(task.taskId), submitted + PERIOD_SECONDS);
        return;
      }
      const { attestedPeriod } = await keys.settings();
      assert.equal(await rollup.finalAt(task.taskId), quorumAt_ + attestedPeriod);
      assert.ok(quorumAt_ + attestedPeriod < submitted + PERIOD_SECONDS);
    });

    // L2 takes collateral along with quotes.
    if (layer === "l2") return;

    it("collateral is stored once, in whatever files it comes", async () => {
      const made = await quoteOf("tdx", enclave, Date.now(), { platformSvn: 4 });
      const files = { ...market.chain, keyFile: keyOf(3) };
      const stored = async (...paths) => {
        const { parts } = await succeeds(["tee", "collateral", "submit", ...paths], files);
        return parts.filter(({ transaction }) => transaction !== null).length;
      };
      // Its PCK certificate is another one than those before; what Intel says of it may be newer, by a second or more.
      assert.ok((await stored(made.out, made.collateral)) >= 1);
      assert.equal(await stored(made.collateral, made.out), 0);
      const { code, stderr } = await runToEnd(["tee", "collateral", "submit", made.collateral], files);
      assert.equal(code, 1);
      assert.match(stderr, /the certificate of its issuer, which quotes have in them, is missing/);
      const text = join(temporaryFolder(), "text");
      writeFileSync(text, "no collateral");
      const refused = await runToEnd(["tee", "collateral", "submit", text], files);
      assert.match(refused.stderr, /quotes, certificates, revocation lists, TCB infos and QE identities belong here/);
    });
  });
}

describe("dev without a market", () => {
  let dev;
  before(async () => {
    dev = await startDev({ preset: "hip", noMarket: true, l1BlockTimeMs: 250 });
  });
  after(() => dev?.stop());

  it("market open has both layers take attestations, and again changes nothing", async () => {
    const keyFile = keyOf(9);
    const chain = { l1: dev.l1Rpc, l2: dev.l2Rpc };
    const options = { ...chain, program: echoProgram(), challengePeriod: "2h", keyFile, data: temporaryFolder() };
    const provider = connect(dev.l1Rpc);
    try {
      assert.equal((await succeeds(["market", "open"], options)).l1, "open");
      const onL1 = contractAt("IComputeMarket", dev.rollup, provider);
      const module = await onL1.computeEvidence(ATTESTATION);
      const market = new EnclaveMarket(dev, "l1", onL1);
      const made = await devQuote("sgx", { publicKey: Wallet.createRandom().signingKey.publicKey, timestamp: Date.now() });
      assert.equal((await market.submitCollateral(made)).filter(({ transaction }) => transaction).length, 5);
      await market.accept(made);
      // Outside of dev's own market a policy has to wait for a day.
      assert.equal(await onL1.verifyTEEAttestation(market.attestation(made)), false);
      await succeeds(["market", "open"], { ...options, data: temporaryFolder() });
      assert.equal(await onL1.computeEvidence(ATTESTATION), module);
    } finally {
      provider.destroy();
    }
  });
});

describe("a rollup that deploy made", () => {
  let anvil;
  before(async () => {
    anvil = await startAnvil();
  });
  after(() => anvil?.stop());

  it("believes Intel alone: what is made for development is refused by L1", async () => {
    const settings = { program: echoProgram(), admin: devWallet(2).address, min_stake: "100" };
    const { rollup } = await deployRollup({ l1: anvil.url, keyFile: keyOf(3), preset: "hip", settings });
    const provider = connect(anvil.url);
    try {
      const market = contractAt("IComputeMarket", rollup, provider);
      const module = contractAt("IAttestationEvidence", await market.computeEvidence(ATTESTATION), provider);
      const keys = contractAt("EnclaveKeysL1", await module.keys(), provider);
      assert.equal(await keys.rollup(), ethers.getAddress(rollup));
      assert.equal(await keys.governor(), await market.governor());
      const { policyDelay } = await keys.settings();
      assert.equal(policyDelay, 86_400n);
      const verifier = contractAt("DcapVerifier", await keys.verifier(), provider);
      const certificates = contractAt("IntelCertificates", await verifier.CERTIFICATES(), provider);
      // SHA-256 of the public key of the Intel SGX Root CA.
      const intel = "0xa0af031289f5d5d4132f9186068a7fc13628633ba235777472e29b6b6c67a49e";
      assert.equal(await certificates.ROOT(), intel);
      assert.equal(await contractAt("IntelTcb", await verifier.TCB(), provider).CERTIFICATES(), certificates.target);
      const { out, collateral } = await devQuote("sgx", {});
      const options = { l1: anvil.url, market: rollup, keyFile: keyOf(3) };
      const { code, stderr } = await runToEnd(["tee", "collateral", "submit", out, collateral], options);
      assert.equal(code, 1);
      assert.equal(stderr.match(/reverted: Tee_Root/g)?.length, 5, stderr);
    } finally {
      provider.destroy();
    }
  });
});
