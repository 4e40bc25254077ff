// A user's way through the rollup with ethers: in, around, out.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Wallet, WebSocketProvider, ZeroAddress, getAddress, parseEther } from "ethers";
import { startAnvil } from "./lib/anvil.mjs";
import * as bridge from "./lib/bridge.mjs";
import { MiningWallet, connect, devWallet, timeOf } from "./lib/chain.mjs";
import { contractAt, deploy } from "./lib/contracts.mjs";
import { readQueue } from "./lib/l1.mjs";
import { startDev } from "./lib/rollup.mjs";
import { eventually } from "./lib/wait.mjs";

const CHALLENGE_PERIOD_SECONDS = 3600;

const layers = {
  "the embedded L1": async () => ({ options: { l1BlockTimeMs: 250 }, stop: async () => {} }),
  anvil: async () => {
    const anvil = await startAnvil({ blockTime: 0.25 });
    return { options: { l1: anvil.url }, stop: anvil.stop };
  },
};

for (const [name, startLayer] of Object.entries(layers)) {
  describe(`ethers, on ${name}`, () => {
    let layer, dev, l1, l2, time;
    let user; // on L1
    let visitor; // on L2, with nothing but what is deposited
    let rollup, messageBridge, l2MessageBridge, l2TokenBridge;
    let l1Token, l2Token;
    const sent = {}; // L2 transactions that sent something to L1

    before(async () => {
      layer = await startLayer();
      const times = { challengePeriod: `${CHALLENGE_PERIOD_SECONDS}s`, maxBatchDelay: "1s" };
      dev = await startDev({ ...layer.options, ...times });
      [l1, l2] = [connect(dev.l1Rpc), connect(dev.l2Rpc)];
      time = timeOf(l1);
      user = devWallet(0, l1);
      visitor = new MiningWallet(Wallet.createRandom().privateKey, l2);
      rollup = contractAt("RollupCore", dev.rollup, user);
      messageBridge = contractAt("MessageBridge", dev.messageBridge, user);
      l2MessageBridge = contractAt("L2MessageBridge", bridge.L2_MESSAGE_BRIDGE, visitor);
      l2TokenBridge = contractAt("L2TokenBridge", bridge.L2_TOKEN_BRIDGE, visitor);
      l1Token = await deploy("DevToken", user);
      await l1Token.mint(user, parseEther("1000"));
    });

    after(async () => {
      l1?.destroy();
      l2?.destroy();
      await dev?.stop();
      await layer?.stop();
    });

    it("names its chains", async () => {
      assert.equal((await l1.getNetwork()).chainId, BigInt(dev.l1ChainId));
      assert.equal((await l2.getNetwork()).chainId, BigInt(dev.l2ChainId));
      assert.equal(await rollup.tokenBridge(), getAddress(dev.tokenBridge));
    });

    it("deposits ETH", async () => {
      const amount = parseEther("10");
      const escrow = await l1.getBalance(dev.messageBridge);
      await rollup.depositToL2(ZeroAddress, amount, visitor.address, { value: amount });
      assert.equal(await l1.getBalance(dev.messageBridge), escrow + amount);
      await eventually("the deposit is on L2", () => l2.getBalance(visitor.address));
      assert.equal(await l2.getBalance(visitor.address), amount);
    });

    it("transfers on L2, fees going to the vault", async () => {
      const [value, recipient] = [parseEther("1"), Wallet.createRandom().address];
      const [balance, vault] = [await l2.getBalance(visitor.address), await l2.getBalance(bridge.FEE_VAULT)];
      const { hash } = await visitor.sendTransaction({ to: recipient, value });
      const { fee, status } = await l2.getTransactionReceipt(hash);
      assert.equal(status, 1);
      assert.equal(await l2.getBalance(recipient), value);
      assert.equal(await l2.getBalance(visitor.address), balance - value - fee);
      assert.equal(await l2.getBalance(bridge.FEE_VAULT), vault + fee);
    });

    it("deploys and calls a contract, and finds its events", async () => {
      l2Token = await deploy("DevToken", visitor);
      const holder = Wallet.createRandom().address;
      const { hash } = await l2Token.mint(holder, 42n);
      assert.equal(await l2Token.balanceOf(holder), 42n);
      const [event] = await l2Token.queryFilter(l2Token.filters.Transfer(null, holder), 0, "latest");
      assert.equal(event.transactionHash, hash);
      assert.equal(event.args.value, 42n);
      await assert.rejects(l2Token.transfer.staticCall(holder, parseEther("1")), (error) => {
        assert.equal(error.code, "CALL_EXCEPTION");
        assert.equal(error.revert.name, "ERC20InsufficientBalance");
        return true;
      });
    });

    it("hears of blocks and events over WebSocket", async () => {
      const socket = new WebSocketProvider(dev.l2Rpc.replace("http", "ws"));
      try {
        const head = await socket.getBlockNumber();
        const heard = [];
        await socket.on("block", (number) => heard.push(number));
        const holder = Wallet.createRandom().address;
        const minted = new Promise((resolve) => {
          const token = contractAt("DevToken", l2Token.target, socket);
          token.on(token.filters.Transfer(null, holder), (event) => resolve(event.args.value));
        });
        await eventually("the subscription runs", () => heard.length > 0);
        await l2Token.mint(holder, 7n);
        assert.equal(await minted, 7n);
        await eventually("three blocks are announced", () => heard.length >= 3);
        assert.ok(heard[0] > head);
        heard.slice(1).forEach((number, index) => assert.equal(number, heard[index] + 1));
      } finally {
        await socket.destroy();
      }
    });

    it("sends a message from L1 that is executed on L2", async () => {
      const holder = Wallet.createRandom().address;
      const call = l2Token.interface.encodeFunctionData("mint", [holder, 5n]);
      const { hash } = await messageBridge.sendMessageToL2(l2Token, call);
      const { blockNumber } = await l1.getTransactionReceipt(hash);
      const [event] = await messageBridge.queryFilter(messageBridge.filters.MessageSentToL2(), blockNumber, blockNumber);
      assert.equal(bridge.messageHash(event.args), event.args.messageHash);
      assert.equal(await messageBridge.getMessageStatus(event.args.messageHash), 1n);
      await eventually("the message is executed", () => l2MessageBridge.isMessageExecuted(event.args.messageHash));
      assert.equal(await l2Token.balanceOf(holder), 5n);
    });

    it("carries ETH with a message from L1", async () => {
      const recipient = Wallet.createRandom().address;
      await messageBridge.sendMessageToL2(recipient, "0x", { value: 12345n });
      await eventually("the ETH arrives", () => l2.getBalance(recipient));
      assert.equal(await l2.getBalance(recipient), 12345n);
    });

    it("deposits an ERC-20 token", async () => {
      const amount = parseEther("100");
      await l1Token.approve(rollup, amount);
      await rollup.depositToL2(l1Token, amount, visitor.address);
      assert.equal(await l1Token.balanceOf(dev.tokenBridge), amount);
      const token = contractAt("BridgedERC20", await l2TokenBridge.l2TokenOf(l1Token), visitor);
      await eventually("the token is deployed on L2", async () => (await l2.getCode(token)) !== "0x");
      assert.equal(await token.balanceOf(visitor), amount);
      assert.equal(await token.name(), "Dev Token");
      assert.equal(await token.symbol(), "DEV");
      assert.equal(await token.decimals(), 18n);
      assert.equal(await token.l1Token(), l1Token.target);
    });

    it("sends a message and withdraws from L2", async () => {
      const mint = l1Token.interface.encodeFunctionData("mint", [visitor.address, 9n]);
      sent.message = await l2MessageBridge.sendMessageToL1(l1Token, mint);

      const balance = await l2.getBalance(visitor.address);
      const [value, recipient] = [parseEther("3"), Wallet.createRandom().address];
      sent.ether = await l2TokenBridge.withdraw(ZeroAddress, value, recipient, { value });
      const { fee } = await l2.getTransactionReceipt(sent.ether.hash);
      assert.equal(await l2.getBalance(visitor.address), balance - value - fee);

      const token = contractAt("BridgedERC20", await l2TokenBridge.l2TokenOf(l1Token), visitor);
      sent.token = await l2TokenBridge.withdraw(l1Token, parseEther("40"), recipient);
      assert.equal(await token.balanceOf(visitor), parseEther("60"));
      assert.equal(await token.totalSupply(), parseEther("60"));
    });

    it("withdraws through L1, whatever the sequencer wants", async () => {
      const [value, recipient] = [parseEther("2"), Wallet.createRandom().address];
      const balance = await l2.getBalance(user.address);
      const withdraw = l2TokenBridge.interface.encodeFunctionData("withdraw", [ZeroAddress, value, recipient]);
      await rollup.forceTransaction(bridge.L2_TOKEN_BRIDGE, value, withdraw);
      await eventually("L2 runs it", async () => (await l2.getBalance(user.address)) === balance - value);
      sent.forced = { hash: (await readQueue(messageBridge)).at(-1).transactionHash };
    });

    it("proves withdrawals against a batch, and pays none before it is final", async () => {
      for (const kind of ["ether", "token", "forced"]) {
        const message = await bridge.provenMessage((method, params) => l2.send(method, params), sent[kind].hash);
        assert.equal(bridge.messageHash(message), message.messageHash);
        const { token, amount } = message.withdrawal;
        await rollup.initiateWithdrawal(token, amount, bridge.withdrawalProof(message));
        await rejectsWith(rollup.finalizeWithdrawal.staticCall(message.messageHash, "0x"), "L1TokenBridge_NotFinalized");
        sent[kind] = message;
      }
      sent.message = await bridge.provenMessage((method, params) => l2.send(method, params), sent.message.hash);
      const relay = messageBridge.relayMessageFromL2.staticCall(sent.message, sent.message.proof);
      await rejectsWith(relay, "MessageBridge_NotFinalized");
    });

    it("finalises after the challenge period", async () => {
      await time.increase(CHALLENGE_PERIOD_SECONDS);
      const last = BigInt(sent.forced.proof.batchNumber);
      await eventually("the proposer finalises the batch", async () => (await rollup.lastFinalized()) >= last);
    });

    it("pays withdrawals exactly, once", async () => {
      const { recipient, amount } = sent.ether.withdrawal;
      await rollup.finalizeWithdrawal(sent.ether.messageHash, "0x");
      assert.equal(await l1.getBalance(recipient), BigInt(amount));
      await rollup.finalizeWithdrawal(sent.token.messageHash, "0x");
      assert.equal(await l1Token.balanceOf(recipient), parseEther("40"));
      assert.equal(await l1Token.balanceOf(dev.tokenBridge), parseEther("60"));
      await rollup.finalizeWithdrawal(sent.forced.messageHash, "0x");
      assert.equal(await l1.getBalance(sent.forced.withdrawal.recipient), BigInt(sent.forced.withdrawal.amount));
      for (const { messageHash } of [sent.ether, sent.token, sent.forced]) {
        await rejectsWith(rollup.finalizeWithdrawal.staticCall(messageHash, "0x"), "L1TokenBridge_AlreadyPaid");
      }
    });

    it("relays the message to L1, once", async () => {
      const before = await l1Token.balanceOf(visitor);
      await messageBridge.relayMessageFromL2(sent.message, sent.message.proof);
      assert.equal(await l1Token.balanceOf(visitor), before + 9n);
      assert.ok(await messageBridge.isMessageExecuted(sent.message.messageHash));
      const again = messageBridge.relayMessageFromL2.staticCall(sent.message, sent.message.proof);
      await rejectsWith(again, "MessageBridge_AlreadyExecuted");
    });
  });
}

/** Errors of the companions surface through `RollupCore`, whose ABI does not list them: compare selectors. */
async function rejectsWith(call, errorName) {
  await assert.rejects(call, (error) => {
    const known = ["MessageBridge", "L1TokenBridge"].map((name) => contractAt(name, ZeroAddress).interface.parseError(error.data));
    assert.equal(known.find((parsed) => parsed)?.name, errorName);
    return true;
  });
}
