// The way through the rollup with viem: in, around, out.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BaseError, ContractFunctionRevertedError, encodeFunctionData, parseEther, zeroAddress } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import * as bridge from "./lib/bridge.mjs";
import { artifact } from "./lib/contracts.mjs";
import { startDev } from "./lib/rollup.mjs";
import { increaseTime } from "./lib/time.mjs";
import { socketClient, walletClient } from "./lib/viem.mjs";
import { eventually } from "./lib/wait.mjs";

const CHALLENGE_PERIOD_SECONDS = 3600;
const newAddress = () => privateKeyToAddress(generatePrivateKey());

describe("viem", () => {
  let dev, user, visitor, rollup, messageBridge, l2Token;
  const l2MessageBridge = at("L2MessageBridge", bridge.L2_MESSAGE_BRIDGE);
  const l2TokenBridge = at("L2TokenBridge", bridge.L2_TOKEN_BRIDGE);
  const sent = {};

  before(async () => {
    dev = await startDev({ l1BlockTimeMs: 250, challengePeriod: `${CHALLENGE_PERIOD_SECONDS}s`, maxBatchDelay: "1s" });
    user = walletClient(dev.l1ChainId, dev.l1Rpc, dev.accounts[0].privateKey);
    visitor = walletClient(dev.l2ChainId, dev.l2Rpc, generatePrivateKey());
    [rollup, messageBridge] = [at("RollupCore", dev.rollup), at("MessageBridge", dev.messageBridge)];
  });

  after(() => dev?.stop());

  it("deposits ETH", async () => {
    const value = parseEther("10");
    await write(user, { ...rollup, functionName: "depositToL2", args: [zeroAddress, value, visitor.account.address], value });
    await eventually("the deposit is on L2", () => visitor.getBalance(visitor.account));
    assert.equal(await visitor.getBalance(visitor.account), value);
  });

  it("transfers on L2", async () => {
    const [value, to] = [parseEther("1"), newAddress()];
    const balance = await visitor.getBalance(visitor.account);
    const hash = await visitor.sendTransaction({ to, value });
    const receipt = await visitor.waitForTransactionReceipt({ hash });
    assert.equal(await visitor.getBalance({ address: to }), value);
    const fee = receipt.gasUsed * receipt.effectiveGasPrice;
    assert.equal(await visitor.getBalance(visitor.account), balance - value - fee);
  });

  it("deploys and calls a contract, and finds its events", async () => {
    const hash = await visitor.deployContract(artifact("DevToken"));
    const { contractAddress } = await visitor.waitForTransactionReceipt({ hash });
    l2Token = at("DevToken", contractAddress);
    const holder = newAddress();
    const mined = await write(visitor, { ...l2Token, functionName: "mint", args: [holder, 42n] });
    assert.equal(await visitor.readContract({ ...l2Token, functionName: "balanceOf", args: [holder] }), 42n);
    const range = { fromBlock: 0n, toBlock: "latest" };
    const [event] = await visitor.getContractEvents({ ...l2Token, eventName: "Transfer", args: { to: holder }, ...range });
    assert.equal(event.transactionHash, mined.transactionHash);
    assert.equal(event.args.value, 42n);
    await rejectsWith(
      visitor.simulateContract({ ...l2Token, functionName: "transfer", args: [holder, parseEther("1")] }),
      "ERC20InsufficientBalance",
    );
  });

  it("hears of blocks over WebSocket", async () => {
    const socket = socketClient(dev.l2ChainId, dev.l2Rpc);
    const heard = [];
    const stop = socket.watchBlocks({ onBlock: (block) => heard.push(block) });
    await eventually("three blocks are announced", () => heard.length >= 3);
    stop();
    for (const [index, { number, parentHash }] of heard.slice(1).entries()) {
      assert.equal(number, heard[index].number + 1n);
      assert.equal(parentHash, heard[index].hash);
    }
    (await socket.transport.getRpcClient()).close();
  });

  it("sends a message from L1 that is executed on L2", async () => {
    const holder = newAddress();
    const call = encodeFunctionData({ ...l2Token, functionName: "mint", args: [holder, 5n] });
    await write(user, { ...messageBridge, functionName: "sendMessageToL2", args: [l2Token.address, call] });
    await eventually("the message is executed", () =>
      visitor.readContract({ ...l2Token, functionName: "balanceOf", args: [holder] }),
    );
  });

  it("sends a message and withdraws from L2", async () => {
    const value = parseEther("3");
    sent.recipient = newAddress();
    const call = encodeFunctionData({ ...l2Token, functionName: "mint", args: [sent.recipient, 1n] });
    sent.failing = await write(visitor, { ...l2MessageBridge, functionName: "sendMessageToL1", args: [dev.rollup, call] });
    sent.message = await write(visitor, { ...l2MessageBridge, functionName: "sendMessageToL1", args: [newAddress(), "0x"] });
    const withdraw = { ...l2TokenBridge, functionName: "withdraw", args: [zeroAddress, value, sent.recipient], value };
    sent.ether = await write(visitor, withdraw);
  });

  it("proves, finalises, pays and relays", async () => {
    const request = (method, params) => visitor.request({ method, params });
    const ether = await bridge.provenMessage(request, sent.ether.transactionHash);
    const message = await bridge.provenMessage(request, sent.message.transactionHash);
    const failing = await bridge.provenMessage(request, sent.failing.transactionHash);
    const { token, amount } = ether.withdrawal;
    const proof = bridge.withdrawalProof(ether);
    await write(user, { ...rollup, functionName: "initiateWithdrawal", args: [token, BigInt(amount), proof] });

    await increaseTime((method, params) => user.request({ method, params }), CHALLENGE_PERIOD_SECONDS);
    await eventually("the proposer finalises the batch", async () => {
      const last = await user.readContract({ ...rollup, functionName: "lastFinalized" });
      return last >= BigInt(ether.proof.batchNumber);
    });

    await write(user, { ...rollup, functionName: "finalizeWithdrawal", args: [BigInt(ether.messageHash), "0x"] });
    assert.equal(await user.getBalance({ address: sent.recipient }), parseEther("3"));
    await write(user, { ...messageBridge, functionName: "relayMessageFromL2", args: [message, message.proof] });
    const status = { ...messageBridge, functionName: "getMessageStatus" };
    assert.equal(await user.readContract({ ...status, args: [message.messageHash] }), 2);
    // The rollup's own contracts are no targets.
    await rejectsWith(
      user.simulateContract({ ...messageBridge, functionName: "relayMessageFromL2", args: [failing, failing.proof] }),
      "MessageBridge_ForbiddenTarget",
    );
  });
});

function at(name, address) {
  return { address, abi: artifact(name).abi };
}

/** Sends a call and returns its receipt. The margin is the one of `MiningWallet`. */
async function write(client, call) {
  const estimate = await client.estimateContractGas({ ...call, account: client.account });
  const hash = await client.writeContract({ ...call, gas: (estimate * 3n) / 2n });
  const receipt = await client.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, "success");
  return receipt;
}

async function rejectsWith(call, errorName) {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof BaseError);
    const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    assert.equal(reverted.data?.errorName, errorName);
    return true;
  });
}
