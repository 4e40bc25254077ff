// L1 alone is enough to rebuild the L2, and kill -9 of the sequencer loses nothing that anybody saw.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startAnvil } from "./lib/anvil.mjs";
import { devKey } from "./lib/chain.mjs";
import { assertSameChain, countNonces, heightOf } from "./lib/compare.mjs";
import { startLoad } from "./lib/load.mjs";
import { freePort } from "./lib/ports.mjs";
import { startDev, startNode } from "./lib/rollup.mjs";
import { request } from "./lib/rpc.mjs";
import { eventually, sleep } from "./lib/wait.mjs";

const LOAD_KEYS = [0, 1, 2, 3].map(devKey);
const KILLS = 3;
const LONGEST_LIFE_MS = 3_000;

const layers = {
  // The embedded L1 dies with the sequencer.
  "the embedded L1": async () => ({ options: { l1BlockTimeMs: 250 }, stop: async () => {} }),
  anvil: async () => {
    const anvil = await startAnvil({ blockTime: 0.25 });
    return { options: { l1: anvil.url }, stop: anvil.stop };
  },
};

for (const [name, startLayer] of Object.entries(layers)) {
  describe(`on ${name}`, () => {
    let layer, options, dev, full;

    before(async () => {
      layer = await startLayer();
      const ports = { l1Port: await freePort(), l2Port: await freePort() };
      options = { ...layer.options, ...ports, maxBatchDelay: "1s" };
      dev = await startDev(options);
      options.data = dev.data;
      const balance = () => request(dev.l2Rpc, "eth_getBalance", [dev.accounts[3].address, "latest"]);
      await eventually("the accounts have coins on L2", async () => BigInt(await balance()) > 0n);
    });

    after(async () => {
      await full?.stop();
      await dev?.stop();
      await layer?.stop();
    });

    it("a full node rebuilds every block from L1", async () => {
      const load = startLoad(dev.l2Rpc, dev.l2ChainId, LOAD_KEYS);
      await sleep(2_000);
      const senders = await load.stop();
      assertAllSucceeded(senders);
      full = await startNode(dev);
      await assertSameChain(dev.l2Rpc, full.l2Rpc, await heightOf(dev.l2Rpc));
    });

    it("kill -9 under load loses nothing", async (t) => {
      const load = startLoad(dev.l2Rpc, dev.l2ChainId, LOAD_KEYS);
      for (let kill = 0; kill < KILLS; kill++) {
        const life = Math.round(Math.random() * LONGEST_LIFE_MS);
        t.diagnostic(`killed after ${life} ms`);
        await sleep(life);
        await dev.kill();
        dev = await startDev(options);
      }
      await sleep(1_000);
      const senders = await load.stop();
      assertAllSucceeded(senders);

      const last = await heightOf(dev.l2Rpc);
      const counts = await countNonces(dev.l2Rpc, last);
      for (const { address, first, accepted } of senders) {
        assert.equal(counts.get(address.toLowerCase()), first + accepted.length);
        for (const { transactionHash, blockHash } of accepted) {
          const receipt = await request(dev.l2Rpc, "eth_getTransactionReceipt", [transactionHash]);
          assert.equal(receipt?.blockHash, blockHash, `transaction ${transactionHash} moved`);
        }
      }
    });

    it("batches go on, and the full node, which saw all of it, agrees", async () => {
      const last = await heightOf(dev.l2Rpc);
      await eventually("a batch holds the newest block", async () => {
        const { safeBlock } = await request(dev.l2Rpc, "rollup_syncStatus");
        return Number(safeBlock) >= last;
      });
      await assertSameChain(dev.l2Rpc, full.l2Rpc, last);
    });

    it("a new full node agrees too", async () => {
      const fresh = await startNode(dev);
      try {
        const safe = Number((await request(dev.l2Rpc, "eth_getBlockByNumber", ["safe", false])).number);
        await assertSameChain(dev.l2Rpc, fresh.l2Rpc, safe);
      } finally {
        await fresh.stop();
      }
    });
  });
}

function assertAllSucceeded(senders) {
  for (const { accepted } of senders) {
    assert.ok(accepted.length > 0);
    for (const { status } of accepted) assert.equal(status, "0x1");
  }
}
