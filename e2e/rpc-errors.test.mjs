// Bad requests get the codes and the words of geth, which wallets and tools match on.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { after, before, describe, it } from "node:test";
import { Wallet, ZeroAddress, parseEther } from "ethers";
import { connect, devWallet } from "./lib/chain.mjs";
import { contractAt, deploy } from "./lib/contracts.mjs";
import { startDev } from "./lib/rollup.mjs";
import { eventually } from "./lib/wait.mjs";

const SERVER_ERROR = -32000;
const MAX_BODY_BYTES = 10 * 1024 * 1024;

describe("JSON-RPC errors", () => {
  let dev, l2, alice, bob;

  before(async () => {
    dev = await startDev();
    l2 = connect(dev.l2Rpc);
    [alice, bob] = [devWallet(0, l2), devWallet(1, l2)];
    await eventually("the accounts have coins on L2", async () => (await l2.getBalance(bob)) > 0n);
  });

  after(async () => {
    l2?.destroy();
    await dev?.stop();
  });

  const post = (body) => fetch(dev.l2Rpc, { method: "POST", headers: { "content-type": "application/json" }, body });

  /** The error of one request. */
  async function errorOf(method, params) {
    const response = await post(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
    const { error } = await response.json();
    assert.ok(error, `${method} did not fail`);
    return error;
  }

  /** The error of sending a transaction; the defaults are those of a good one. */
  async function refusal(wallet, fields) {
    const nonce = await l2.getTransactionCount(wallet);
    const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n, gasLimit: 21_000n };
    const good = { type: 2, chainId: dev.l2ChainId, nonce, to: ZeroAddress, value: 1n, ...fees };
    return errorOf("eth_sendRawTransaction", [await wallet.signTransaction({ ...good, ...fields })]);
  }

  it("malformed JSON", async () => {
    for (const body of ["{", "not json", '{"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", ', "\u0000\u0001"]) {
      const { error, id } = await (await post(body)).json();
      assert.equal(error.code, -32700, body);
      assert.equal(id, null);
    }
  });

  it("not a request", async () => {
    for (const body of ["[]", "{}", '{"jsonrpc": "2.0", "id": 1}', '"eth_chainId"', "7"]) {
      const { error } = await (await post(body)).json();
      assert.ok([-32600, -32700].includes(error.code), `${body}: ${JSON.stringify(error)}`);
    }
  });

  it("an oversized body", async () => {
    // Announced, but not sent: the answer must not wait for it.
    const headers = { "content-type": "application/json", "content-length": MAX_BODY_BYTES + 1 };
    const call = httpRequest(dev.l2Rpc, { method: "POST", headers }).on("error", () => {});
    call.flushHeaders();
    const [response] = await once(call, "response");
    assert.equal(response.statusCode, 413);
    call.destroy();
  });

  it("an unknown method", async () => {
    const error = await errorOf("eth_noSuchMethod", []);
    assert.equal(error.code, -32601);
    assert.match(error.message, /the method eth_noSuchMethod does not exist\/is not available|Method not found/);
  });

  it("missing and malformed arguments", async () => {
    assert.equal((await errorOf("eth_getBalance", [])).code, -32602);
    assert.equal((await errorOf("eth_getBalance", ["0x12", "latest"])).code, -32602);
    assert.equal((await errorOf("eth_getBlockByNumber", ["tomorrow", false])).code, -32602);
    assert.equal((await errorOf("eth_getTransactionByHash", ["0x"])).code, -32602);
  });

  it("bytes that are no transaction", async () => {
    for (const bytes of ["0x", "0x02", "0xdeadbeef", `0x02${"ff".repeat(100)}`, "0x7ec0"]) {
      const error = await errorOf("eth_sendRawTransaction", [bytes]);
      assert.ok([SERVER_ERROR, -32602].includes(error.code), `${bytes}: ${JSON.stringify(error)}`);
    }
  });

  it("the wrong chain id", async () => {
    const error = await refusal(alice, { chainId: 1 });
    assert.equal(error.code, SERVER_ERROR);
    assert.match(error.message, /invalid chain id for signer: have 1 want 5003314/);
  });

  it("underpriced", async () => {
    const error = await refusal(alice, { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n });
    assert.equal(error.code, SERVER_ERROR);
    assert.match(error.message, /transaction underpriced/);
  });

  it("an underpriced replacement, and the same transaction twice", async () => {
    // A gap keeps both in the pool, whatever the block builder does meanwhile.
    const nonce = (await l2.getTransactionCount(bob)) + 5;
    const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n, gasLimit: 21_000n };
    const transaction = { type: 2, chainId: dev.l2ChainId, nonce, to: ZeroAddress, value: 1n, ...fees };
    await l2.broadcastTransaction(await bob.signTransaction(transaction));
    assert.equal((await refusal(bob, transaction)).message, "already known");
    const replacement = await refusal(bob, { ...transaction, value: 2n });
    assert.deepEqual(replacement, { code: SERVER_ERROR, message: "replacement transaction underpriced" });
  });

  it("a nonce gap waits in the pool until it is closed", async () => {
    const sender = devWallet(2, l2);
    const nonce = await l2.getTransactionCount(sender);
    const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n, gasLimit: 21_000n };
    const transaction = { type: 2, chainId: dev.l2ChainId, to: ZeroAddress, value: 1n, ...fees };
    const later = await l2.broadcastTransaction(await sender.signTransaction({ ...transaction, nonce: nonce + 1 }));
    const { queued } = await l2.send("txpool_status", []);
    assert.ok(BigInt(queued) >= 1n);
    await sender.sendTransaction({ ...transaction, nonce });
    assert.equal((await later.wait()).status, 1);
  });

  it("a nonce too low", async () => {
    await alice.sendTransaction({ to: ZeroAddress, value: 1n });
    const next = await l2.getTransactionCount(alice);
    const error = await refusal(alice, { nonce: next - 1, value: 3n });
    assert.deepEqual(error, { code: SERVER_ERROR, message: `nonce too low: next nonce ${next}, tx nonce ${next - 1}` });
  });

  it("insufficient funds", async () => {
    const error = await refusal(new Wallet(Wallet.createRandom().privateKey), { nonce: 0 });
    assert.equal(error.code, SERVER_ERROR);
    assert.match(error.message, /^insufficient funds for gas \* price \+ value: balance 0, tx cost \d+, overshot \d+$/);
  });

  it("too little and too much gas", async () => {
    assert.match((await refusal(alice, { gasLimit: 20_999n })).message, /intrinsic gas too low/);
    assert.match((await refusal(alice, { gasLimit: 500_000_000n })).message, /exceeds block gas limit|gas limit too high/);
  });

  it("a call that reverts", async () => {
    const token = await deploy("DevToken", alice);
    const data = token.interface.encodeFunctionData("transfer", [bob.address, parseEther("1")]);
    for (const method of ["eth_call", "eth_estimateGas"]) {
      const error = await errorOf(method, [{ from: bob.address, to: token.target, data }]);
      assert.equal(error.code, 3);
      assert.match(error.message, /^execution reverted/);
      assert.equal(contractAt("DevToken", token.target).interface.parseError(error.data).name, "ERC20InsufficientBalance");
    }
  });

  it("an unknown block", async () => {
    const error = await errorOf("eth_getBalance", [ZeroAddress, "0xffffffff"]);
    assert.equal(error.code, SERVER_ERROR);
    assert.match(error.message, /header not found|block not found/);
  });

  it("good requests still work after all that", async () => {
    assert.equal(await l2.send("eth_chainId", []), `0x${dev.l2ChainId.toString(16)}`);
  });
});
