// Transactions that only the sequencer's enclave reads before they are in a block: from wallets that know nothing of it, through the
// proxy. The enclave is one of development: its key is in a file.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Transaction, Wallet, WebSocketProvider, hexlify, randomBytes } from "ethers";
import { connect, devKey, devWallet } from "./lib/chain.mjs";
import { assertSameChain, heightOf } from "./lib/compare.mjs";
import { contractAt } from "./lib/contracts.mjs";
import { keyOf } from "./lib/enclaves.mjs";
import { freePort } from "./lib/ports.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { startRecorder } from "./lib/recorder.mjs";
import { runToEnd, startConfidentialProxy, startDev, startNode } from "./lib/rollup.mjs";
import { eventually } from "./lib/wait.mjs";

const SENDER = 0;
const FORCING = 3;
/** No block comes before the test is done with what is not in one. */
const NO_BLOCKS_MS = 3_600_000;

describe("a confidential rollup", () => {
  let dev, options, node, recorder, proxy, provider, pending, full;
  const heard = [];
  const data = hexlify(randomBytes(64));
  const recipient = Wallet.createRandom().address;
  const amount = 123_456_789_012_345n;
  let sent;

  const startProxy = async () => {
    recorder = await startRecorder(dev.l2Rpc);
    proxy = await startConfidentialProxy({ l1: dev.l1Rpc, l2: recorder.url, rollup: dev.rollup, port: 0 });
    provider = connect(proxy.rpc);
  };

  /** To transactions on their way into a block. */
  const listen = async () => {
    pending = new WebSocketProvider(dev.l2Rpc.replace("http", "ws"));
    await pending.send("eth_subscribe", ["newPendingTransactions", true]);
    pending.websocket.addEventListener("message", ({ data }) => {
      if (data.includes("eth_subscription")) heard.push(data.toLowerCase());
    });
  };

  before(async () => {
    const ports = { l1Port: await freePort(), l2Port: await freePort() };
    options = { preset: "confidential", l1BlockTimeMs: 250, maxBatchDelay: "1s", ...ports };
    dev = await startDev({ ...options, blockTimeMs: NO_BLOCKS_MS });
    options.data = dev.data;
    node = connect(dev.l2Rpc);
    const { address } = devWallet(SENDER, node);
    await eventually("the accounts have coins on L2", async () => (await node.getBalance(address)) > 0n);
    await startProxy();
  });

  after(async () => {
    pending?.destroy();
    provider?.destroy();
    node?.destroy();
    await proxy?.stop();
    await recorder?.stop();
    await full?.stop();
    await dev?.stop();
  });

  it("takes no transaction in plain", async () => {
    const wallet = devWallet(4, node);
    await assert.rejects(wallet.sendTransaction({ to: recipient, value: 1n }), /encrypted transactions only/);
  });

  it("takes one from a wallet, and shows it to nobody before its block", async () => {
    await listen();
    const filter = await node.send("eth_newPendingTransactionFilter", []);

    const wallet = new Wallet(devKey(SENDER), provider);
    sent = await wallet.sendTransaction({ to: recipient, value: amount, data });
    assert.equal(await provider.getTransactionCount(wallet.address, "pending"), sent.nonce + 1);

    assert.equal(await node.getTransactionReceipt(sent.hash), null, "there is no block");
    assert.equal(await node.send("eth_getTransactionByHash", [sent.hash]), null);
    assert.equal(await node.send("eth_getRawTransactionByHash", [sent.hash]), null);
    assert.deepEqual(await node.send("txpool_content", []), { pending: {}, queued: {} });
    assert.deepEqual(await node.send("txpool_inspect", []), { pending: {}, queued: {} });
    assert.deepEqual(await node.send("txpool_status", []), { pending: "0x0", queued: "0x0" });
    assert.deepEqual(await node.send("txpool_contentFrom", [wallet.address]), { pending: {}, queued: {} });
    assert.deepEqual((await node.send("eth_getBlockByNumber", ["pending", true])).transactions, []);
    assert.equal(await node.getTransactionCount(wallet.address, "pending"), sent.nonce);
    assert.deepEqual(await node.send("eth_getFilterChanges", [filter]), []);
    assert.deepEqual(heard, []);

    const raw = Transaction.from(sent).serialized;
    const seen = recorder.bytes();
    assert.ok(seen.includes("rollup_sendencryptedtransaction") && seen.includes("rollup_encryptedcall"));
    for (const secret of [raw, data, recipient, sent.hash, wallet.address, amount.toString(16)]) {
      assert.ok(!seen.includes(secret.toLowerCase().replace("0x", "")), secret);
    }
    assert.ok(!readFileSync(join(dev.data, "sealed.redb")).includes(Buffer.from(data.slice(2), "hex")));
    assert.ok(!dev.logs().includes(data.slice(2)));
  });

  it("has it in a block after kill -9, and a node that knows L1 alone arrives at the same state", async () => {
    await dev.kill();
    pending.destroy();
    pending = undefined;
    dev = await startDev({ ...options, blockTimeMs: 250, plainTransactions: true });
    const receipt = await provider.waitForTransaction(sent.hash);
    assert.equal(receipt.status, 1);
    assert.equal(await node.getBalance(recipient), amount);
    full = await startNode(dev);
    await assertSameChain(dev.l2Rpc, full.l2Rpc, await heightOf(dev.l2Rpc));
  });

  it("takes transactions in plain where its operator allows it: those are heard of", async () => {
    await listen();
    const { hash } = await devWallet(4, node).sendTransaction({ to: recipient, value: 1n });
    await eventually("it is announced", () => heard.some((message) => message.includes(hash)));
  });

  it("takes more by the command line, and from L1", async () => {
    const command = { l1: dev.l1Rpc, l2: dev.l2Rpc, rollup: dev.rollup, keyFile: keyOf(SENDER) };
    const before = await node.getBalance(recipient);
    const { code, stderr } = await runToEnd(["confidential", "send"], { ...command, to: recipient, value: 5 });
    assert.equal(code, 0, stderr);
    assert.equal(await node.getBalance(recipient), before + 5n);
    const wrong = { l1: dev.l1Rpc, l2: dev.l2Rpc, rollup: dev.rollup, measurement: `0x${"11".repeat(32)}` };
    assert.match((await runToEnd(["confidential", "key"], wrong)).stderr, /not asked for/);

    const l1 = connect(dev.l1Rpc);
    const rollup = contractAt("RollupCore", dev.rollup, devWallet(FORCING, l1));
    await rollup.forceTransaction(recipient, 7n, "0x");
    await eventually("it was forced", async () => (await node.getBalance(recipient)) === before + 12n);
    l1.destroy();
  });

  it("is deployed with a registry of enclave keys, and its sequencer needs a key", async () => {
    const folder = temporaryFolder();
    const [config, data] = ["lux-rollup.toml", "deploy"].map((name) => join(folder, name));
    assert.equal((await runToEnd(["init"], { preset: "confidential", l1: dev.l1Rpc, out: config })).code, 0);
    const settings = readFileSync(config, "utf8").replace('timelock_delay = "7d"', 'timelock_delay = "0s"');
    writeFileSync(config, settings);
    const { json, stderr } = await runToEnd(["deploy"], { config, data, keyFile: keyOf(FORCING) });
    assert.equal(json?.enclaves, "registry set", stderr);
    const node = { l1: dev.l1Rpc, rollup: json.rollup, role: "sequencer", data: join(folder, "node"), rpcPort: 0 };
    assert.match((await runToEnd(["node"], node)).stderr, /its sequencer needs --enclave-key/);
    const unknown = await startNode({ l1Rpc: dev.l1Rpc, rollup: json.rollup }, { role: "sequencer", enclaveKey: keyOf(7) });
    const key = await runToEnd(["confidential", "key"], { l1: dev.l1Rpc, l2: unknown.l2Rpc });
    assert.match(key.stderr, /no enclave of it is usable/);
    await unknown.stop();
  });

  it("passes envelopes on where a node does not sequence", async () => {
    const through = await startNode(dev, { sequencerUrl: dev.l2Rpc });
    const command = { l1: dev.l1Rpc, l2: through.l2Rpc, rollup: dev.rollup, keyFile: keyOf(SENDER) };
    const before = await node.getBalance(recipient);
    const { code, stderr } = await runToEnd(["confidential", "send"], { ...command, to: recipient, value: 9 });
    assert.equal(code, 0, stderr);
    assert.equal(await node.getBalance(recipient), before + 9n);
    await through.stop();
  });
});
