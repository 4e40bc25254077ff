// LP-500, "AI Compute Tests": the test about tasks with the calls and expectations written there, on the rollups that `dev` and
// `deploy` make, on L1 and on the L2 of one. What happens to the money is checked beside it.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ethers, id } from "ethers";
import { startAnvil } from "./lib/anvil.mjs";
import { connect, devKey, devWallet, timeOf } from "./lib/chain.mjs";
import {
  COMPUTE_MARKET, FAULT, INFER, TaskStatus, claimInput, computeProof, echoProgram, noAttestation, taskDefaults,
} from "./lib/compute.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { expect } from "./lib/expect.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { ask, deployRollup, startDev } from "./lib/rollup.mjs";
import { eventually } from "./lib/wait.mjs";

const PRICE = ethers.parseEther("0.1"); // 10^14 FLOPs at 10^8 per gas, at 100 gwei
const ADMIN = 2;

/** In LP-500's test texts stand for their bytes. */
const keccak256 = (text) => id(text);

/** What each market to test is: its rollup or predeploy, the chain, and how its time passes. */
const markets = {
  "the embedded L1, by dev": async () => {
    const dev = await startDev({ preset: "hip", infer: echoProgram(), l1BlockTimeMs: 250 });
    return { url: dev.l1Rpc, market: dev.rollup, hasClock: true, stop: dev.stop };
  },
  "anvil, by deploy": async () => {
    const anvil = await startAnvil();
    const { rollup, timelock } = await deployOn(anvil.url, echoProgram());
    return { url: anvil.url, market: rollup, timelock, hasClock: true, stop: anvil.stop };
  },
  "the L2 of dev": async () => {
    const dev = await startDev({ preset: "hip", infer: echoProgram(), l1BlockTimeMs: 250 });
    return { url: dev.l2Rpc, market: COMPUTE_MARKET, hasClock: false, stop: dev.stop };
  },
  "an L2 by market open": async () => {
    const dev = await startDev({ preset: "hip", noMarket: true, l1BlockTimeMs: 250 });
    const keyFile = keyOf(9); // runs the roles of dev and owns its rollup
    const options = { l1: dev.l1Rpc, l2: dev.l2Rpc, program: echoProgram(), challengePeriod: "60s", keyFile };
    const open = await ask(["market", "open"], { ...options, data: temporaryFolder() });
    assert.equal(open.l1, "open");
    return { url: dev.l2Rpc, market: COMPUTE_MARKET, hasClock: false, stop: dev.stop };
  },
};

/** A file with the key of a development account. */
function keyOf(index) {
  const path = join(temporaryFolder(), "key");
  writeFileSync(path, devKey(index), { mode: 0o600 });
  return path;
}

function deployOn(l1, program) {
  const admin = devWallet(ADMIN).address;
  const settings = { program, admin, timelock_delay: "7d", min_stake: "100" };
  return deployRollup({ l1, keyFile: keyOf(3), preset: "hip", settings });
}

for (const [name, startMarket] of Object.entries(markets)) {
  describe(`AI Compute Rollup on ${name}`, () => {
    let scene, provider, requester, worker, rollup;
    const as = (wallet) => rollup.connect(wallet);

    before(async () => {
      scene = await startMarket();
      provider = connect(scene.url);
      [requester, worker] = [devWallet(0, provider), devWallet(1, provider)];
      rollup = contractAt("IComputeMarket", scene.market, worker);
      await eventually("the market is open", async () => (await rollup.computeProgram(INFER)).version_ > 0n);
      await as(requester).registerModel(keccak256("gpt-model"), "0x");
      for (const account of [requester, worker]) {
        await as(account).deposit(account, { value: ethers.parseEther("1") });
      }
      await as(worker).stake({ value: ethers.parseEther("1") });
    });

    after(async () => {
      provider?.destroy();
      await scene?.stop();
    });

    const offer = (taskId) => ({
      ...taskDefaults,
      taskId: keccak256(taskId),
      modelHash: keccak256("gpt-model"),
      inputDataHash: keccak256("input"),
      requiredFlops: ethers.parseUnits("100", 12),
      maxGasPrice: ethers.parseUnits("100", "gwei"),
    });

    const statusOf = async ({ taskId }) => (await rollup.getTask(taskId)).progress.status;
    const balanceOf = async (account) => (await rollup.getAccount(account)).balance;

    it("should execute compute task with proof", async () => {
      const teeAttestation = noAttestation;
      const generateComputeProof = (task) => computeProof(task);
      const output = "output";
      const task = {
        ...taskDefaults,
        taskId: keccak256("task1"),
        modelHash: keccak256("gpt-model"),
        inputDataHash: keccak256("input"),
        requiredFlops: ethers.parseUnits("100", 12),
        maxGasPrice: ethers.parseUnits("100", "gwei"),
      };

      await rollup.submitComputeTask(task);

      const result = {
        taskId: task.taskId,
        outputHash: keccak256("output"),
        zkProof: generateComputeProof(task, output),
        attestation: teeAttestation,
        gasUsed: 1000000,
      };

      await rollup.submitComputeResult(result);
      expect(await rollup.getTaskResult(task.taskId)).to.equal(result.outputHash);
    });

    it("a worker that claims and delivers is paid after the challenge period", async () => {
      const task = offer("paid");
      await as(requester).submitComputeTask(task);
      const before = await balanceOf(worker);
      await rollup.claimTask(task.taskId);
      assert.equal(await balanceOf(worker), before - PRICE / 10n);
      // What the program really gives for this input.
      const outputHash = claimInput(task);
      const zkProof = computeProof(task);
      const { taskId } = task;
      await rollup.submitComputeResult({ taskId, outputHash, zkProof, attestation: noAttestation, gasUsed: 500_000 });
      assert.equal(await balanceOf(worker), before);
      await rollup.finalizeTasks([taskId]);
      assert.equal(await statusOf(task), TaskStatus.Submitted);
      if (!scene.hasClock) return;
      const { challengePeriod, feeBps } = await rollup.marketParams();
      await timeOf(provider).increase(challengePeriod);
      const requesterBefore = await balanceOf(requester);
      await rollup.finalizeTasks([taskId]);
      assert.equal(await statusOf(task), TaskStatus.Final);
      assert.equal(await balanceOf(worker), before + (PRICE / 2n / 10_000n) * (10_000n - feeBps));
      assert.equal(await balanceOf(requester), requesterBefore + PRICE / 2n);
    });

    it("a requester gets everything back from a worker that stays silent, and for a task that nobody takes", async () => {
      const before = await balanceOf(requester);
      const [silent, open] = [offer("silent"), offer("open")];
      for (const task of [silent, open]) await as(requester).submitComputeTask(task);
      assert.equal(await balanceOf(requester), before - 2n * PRICE);
      await rollup.claimTask(silent.taskId);
      await as(requester).refundTask(open.taskId);
      assert.equal(await statusOf(open), TaskStatus.Refunded);
      assert.equal(await balanceOf(requester), before - PRICE);
      await assert.rejects(as(requester).refundTask.staticCall(silent.taskId), /ComputeMarket_TooEarly/);
      if (!scene.hasClock) return;
      await timeOf(provider).increase((await rollup.marketParams()).claimWindow + 1n);
      await as(requester).refundTask(silent.taskId);
      assert.equal(await statusOf(silent), TaskStatus.Refunded);
      assert.equal(await balanceOf(requester), before + PRICE / 10n);
    });

    it("has evidence and program, and deploy leaves it to the admin, with the delay", async () => {
      const evidence = contractAt("FaultProof", await rollup.computeEvidence(FAULT), provider);
      assert.equal(await evidence.kind(), BigInt(FAULT));
      const verifier = contractAt("ChunkVerifier", await evidence.verifier(), provider);
      const rom = contractAt("ProgramRom", await verifier.PROGRAM_ROM(), provider);
      const { program_: program } = await rollup.computeProgram(INFER);
      assert.equal((await rom.programOf(program)).textWords, 2n);
      if (!scene.timelock) return;
      const timelock = new ethers.Contract(
        scene.timelock,
        ["function getMinDelay() view returns (uint256)", "function hasRole(bytes32, address) view returns (bool)"],
        provider,
      );
      assert.equal((await rollup.governor()).toLowerCase(), scene.timelock);
      assert.equal(await timelock.getMinDelay(), 7n * 86_400n);
      for (const role of ["PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"]) {
        assert.equal(await timelock.hasRole(id(role), devWallet(ADMIN).address), true);
        assert.equal(await timelock.hasRole(id(role), devWallet(3).address), false);
      }
    });
  });
}

describe("dev with the preset hip", () => {
  it("killed while the market on L2 opens, the next start goes on and opens nothing twice", async () => {
    const infer = echoProgram();
    const first = await startDev({ preset: "hip", infer });
    await first.kill();
    const dev = await startDev({ data: first.data, infer });
    const [l1, l2] = [connect(dev.l1Rpc), connect(dev.l2Rpc)];
    try {
      const onL2 = contractAt("IComputeMarket", COMPUTE_MARKET, l2);
      const version = async (market) => (await market.computeProgram(INFER)).version_;
      await eventually("the market on L2 is open", async () => (await version(onL2)) > 0n);
      assert.equal(await version(onL2), 1n);
      assert.equal(await version(contractAt("IComputeMarket", dev.rollup, l1)), 1n);
    } finally {
      [l1, l2].forEach((provider) => provider.destroy());
      await dev.stop();
    }
    await assert.rejects(startDev({ data: first.data, preset: "general" }), /a rollup with another preset/);
  });
});
