// State roots that enclaves of two vendors attest, by the command line: final sooner. The enclaves are ones of development; their
// keys are in files.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Wallet, ZeroAddress, parseEther, toBeHex } from "ethers";
import { startAnvil } from "./lib/anvil.mjs";
import * as bridge from "./lib/bridge.mjs";
import { MiningWallet, connect, devWallet, timeOf } from "./lib/chain.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { ATTESTATION, devQuote, keyOf, succeeds } from "./lib/enclaves.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { runToEnd, startDev, startNode } from "./lib/rollup.mjs";
import { eventually } from "./lib/wait.mjs";

const OWNER = 9;
const ATTESTED_SECONDS = 600n;
const PERIOD_SECONDS = 7_200n;
/** Of a registry by default: until a policy and a key of an enclave can be used. */
const POLICY_DELAY_SECONDS = 86_400;
const KEY_DELAY_SECONDS = 600;

/** By the key that the roles of dev send with as well: where one of them was faster, the same command carries on. */
const byOwner = (command, options) =>
  eventually(`the owner's ${command.join(" ")}`, async () => {
    const { code, json, stderr } = await runToEnd(command, { ...options, keyFile: keyOf(OWNER) });
    if (code === 0) return json;
    assert.match(stderr, /was used by another transaction of this key/);
  });

const layers = {
  "the embedded L1": async () => ({ options: { l1BlockTimeMs: 250 }, stop: async () => {} }),
  anvil: async () => {
    const anvil = await startAnvil({ blockTime: 0.25 });
    return { options: { l1: anvil.url }, stop: anvil.stop };
  },
};

for (const [name, startLayer] of Object.entries(layers)) {
  describe(`a quorum for state roots, on ${name}`, () => {
    const files = { sgx: join(temporaryFolder(), "sgx.key"), snp: join(temporaryFolder(), "snp.key") };
    const attesters = [];
    let layer, dev, l1, l2, time, on, rollup, settings, visitor, withdrawal, full, report, claim;

    before(async () => {
      layer = await startLayer();
      // The clock of L1 will leap; nobody is late for that.
      const times = { challengePeriod: `${PERIOD_SECONDS}s`, maxBatchDelay: "1s", fallbackWindow: "10d" };
      dev = await startDev({ ...layer.options, ...times });
      [l1, l2] = [connect(dev.l1Rpc), connect(dev.l2Rpc)];
      time = timeOf(l1);
      on = { l1: dev.l1Rpc, l2: dev.l2Rpc };
      rollup = contractAt("RollupCore", dev.rollup, devWallet(0, l1));
      settings = contractAt("RollupSettings", await rollup.settings(), l1);
      visitor = new MiningWallet(Wallet.createRandom().privateKey, l2);
    });

    after(async () => {
      for (const attester of attesters) await attester.stop();
      l1?.destroy();
      l2?.destroy();
      await dev?.stop();
      await layer?.stop();
    });

    const now = async () => (await l1.getBlock("latest")).timestamp;
    const quote = async (kind) => devQuote(kind, { key: files[kind], timestamp: await now() });
    const accept = ({ out, collateral }) =>
      byOwner(["tee", "accept", out], { ...on, stateRoots: true, collateral });
    const attest = async (kind, payer) => {
      const options = { role: "attester", enclaveKey: files[kind], keyFile: keyOf(payer) };
      attesters.push(await startNode(dev, options));
    };
    const attestedBy = async (batch) => {
      const { claimedAt } = await settings.attestedClaimOf(batch);
      const module = contractAt("IAttestationEvidence", await settings.evidence(ATTESTATION), l1);
      return (await module.attestedBy(settings.target, toBeHex(claimedAt, 32))).keys_.length;
    };

    it("is taken by the rollup's owner, and by nobody else", async () => {
      const options = { ...on, attestedPeriod: `${ATTESTED_SECONDS}s` };
      const stranger = await runToEnd(["tee", "quorum"], { ...options, keyFile: keyOf(5), data: temporaryFolder() });
      assert.equal(stranger.code, 1);
      assert.match(stranger.stderr, /use the key of the rollup's admin/);
      assert.equal(await settings.evidence(ATTESTATION), ZeroAddress);
      const own = { ...options, data: temporaryFolder() };
      assert.equal((await byOwner(["tee", "quorum"], own)).quorum, "taken");
      assert.notEqual(await settings.evidence(ATTESTATION), ZeroAddress);
      assert.equal(await settings.attestedPeriod(), ATTESTED_SECONDS);
    });

    it("accepts software of two vendors, one of which L1 knows by a claim alone", async () => {
      const made = await quote("sgx");
      report = await quote("snp");
      await succeeds(["tee", "collateral", "submit", made.out, made.collateral], { ...on, stateRoots: true, keyFile: keyOf(3) });
      await accept(made);
      await accept(report);
      const options = { ...on, collateral: report.collateral, keyFile: keyOf(3) };
      ({ claim } = await succeeds(["tee", "claim", report.out], options));
      await time.increase(POLICY_DELAY_SECONDS);
      // A day later the first quote is stale.
      const register = { ...on, stateRoots: true, keyFile: keyOf(2) };
      const of = ({ publicKey, timestamp }) => ({ ...register, publicKey, timestamp });
      const stale = await runToEnd(["tee", "register", made.out], of(made));
      assert.equal(stale.code, 1);
      assert.match(stale.stderr, /Stale/);
      const fresh = await quote("sgx");
      await succeeds(["tee", "register", fresh.out], of(fresh));
      await succeeds(["tee", "register", report.out], { ...of(report), claim });
      await time.increase(KEY_DELAY_SECONDS);
    });

    it("shortens nothing by one vendor", async () => {
      await rollup.depositToL2(ZeroAddress, parseEther("2"), visitor.address, { value: parseEther("2") });
      await eventually("the deposit is on L2", () => l2.getBalance(visitor.address));
      const tokens = contractAt("L2TokenBridge", bridge.L2_TOKEN_BRIDGE, visitor);
      const recipient = Wallet.createRandom().address;
      const { hash } = await tokens.withdraw(ZeroAddress, parseEther("1"), recipient, { value: parseEther("1") });
      withdrawal = await bridge.provenMessage((method, params) => l2.send(method, params), hash);
      const { token, amount } = withdrawal.withdrawal;
      await rollup.initiateWithdrawal(token, amount, bridge.withdrawalProof(withdrawal));
      const batch = BigInt(withdrawal.proof.batchNumber);
      await eventually("the batch has a claim", async () => (await rollup.finalAt(batch)) > 0n);
      full = await rollup.finalAt(batch);
      await attest("sgx", 5);
      await eventually("one vendor signs", async () => (await attestedBy(batch)) === 1);
      assert.equal(await rollup.finalAt(batch), full);
      await time.increase(ATTESTED_SECONDS);
      assert.equal(await rollup.finalAt(batch), full);
      assert.ok((await rollup.lastFinalized()) < batch);
    });

    it("pays a withdrawal sooner by two vendors", async () => {
      const batch = BigInt(withdrawal.proof.batchNumber);
      await attest("snp", 6);
      await eventually("both sign", async () => (await rollup.finalAt(batch)) < full);
      const sooner = await rollup.finalAt(batch);
      assert.ok(sooner <= BigInt(await now()) + ATTESTED_SECONDS);
      await time.increase(ATTESTED_SECONDS);
      await eventually("the proposer finalises the batch", async () => (await rollup.lastFinalized()) >= batch);
      assert.ok(BigInt(await now()) < full, "within the challenge period");
      await rollup.finalizeWithdrawal(withdrawal.messageHash, "0x");
      const { recipient, amount } = withdrawal.withdrawal;
      assert.equal(await l1.getBalance(recipient), BigInt(amount));
    });
  });
}
