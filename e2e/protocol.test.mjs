// docs/protocol.md, implemented a second time: what L1 holds must explain what the L2 node shows.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Wallet, ZeroAddress, ZeroHash, concat, getAddress, keccak256, parseEther, recoverAddress } from "ethers";
import * as batch from "./lib/batch.mjs";
import * as bridge from "./lib/bridge.mjs";
import { MiningWallet, connect, devWallet } from "./lib/chain.mjs";
import { contractAt, deploy } from "./lib/contracts.mjs";
import { extraData, headerHash } from "./lib/header.mjs";
import { readBatches, readQueue } from "./lib/l1.mjs";
import { rootOfPath } from "./lib/merkle.mjs";
import { decodePayload } from "./lib/payload.mjs";
import { startDev } from "./lib/rollup.mjs";
import { eventually } from "./lib/wait.mjs";

const MIN_BASE_FEE = 1_000_000n;
const BASE_FEE_CHANGE_DENOMINATOR = 50n;

describe("docs/protocol.md", () => {
  let dev, l1, l2, rollup, queue, batches;
  const chain = []; // L2 blocks that batches explain, by number, with full transactions
  const proofs = [];

  before(async () => {
    dev = await startDev({ l1BlockTimeMs: 250, maxBatchDelay: "1s" });
    [l1, l2] = [connect(dev.l1Rpc), connect(dev.l2Rpc)];
    rollup = contractAt("RollupCore", getAddress(dev.rollup), devWallet(0, l1));
    const last = await makeTraffic();
    await eventually("batches hold all of it", async () => (await l2.getBlock("safe")).number >= last);
    queue = await readQueue(contractAt("MessageBridge", dev.messageBridge, l1));
    batches = await readBatches(rollup);
    const safe = (await l2.getBlock("safe")).number;
    for (let number = 0; number <= safe; number++) {
      chain.push(await l2.send("eth_getBlockByNumber", [`0x${number.toString(16)}`, true]));
    }
  });

  after(async () => {
    l1?.destroy();
    l2?.destroy();
    await dev?.stop();
  });

  it("genesis: the L1 contract alone describes block 0 and batch 0", async () => {
    const { genesisBlockHash, genesisTimestamp, minBaseFee } = await rollup.params();
    const { genesisStateRoot } = await rollup.config();
    const [genesis] = chain;
    assert.equal(genesis.hash, genesisBlockHash);
    assert.equal(genesis.stateRoot, genesisStateRoot);
    assert.equal(BigInt(genesis.timestamp), genesisTimestamp);
    assert.equal(BigInt(genesis.baseFeePerGas), minBaseFee > 10n ** 9n ? minBaseFee : 10n ** 9n);
    const { batchHash } = await rollup.getBatch(0);
    assert.equal(batchHash, batch.batchHash(await genesisHeader()));
  });

  it("queue: entry hashes, accumulators and deposit transactions", () => {
    assert.ok(queue.length > 3);
    for (const { announced, accumulator } of queue) assert.equal(announced, accumulator);
    const deposits = chain.flatMap((block) => block.transactions.filter(({ type }) => type === "0x7e"));
    const expected = queue.slice(0, deposits.length).map(({ transactionHash }) => transactionHash);
    assert.deepEqual(deposits.map(({ hash }) => hash), expected);
  });

  it("headers: every block hash and every derived field", () => {
    let consumed = 0;
    for (const [number, block] of chain.entries()) {
      assert.equal(headerHash(block), block.hash, `block ${number}`);
      if (number === 0) continue;
      const parent = chain[number - 1];
      assert.equal(block.parentHash, parent.hash);
      assert.equal(block.mixHash, keccak256(block.parentHash));
      assert.equal(block.miner, bridge.FEE_VAULT);
      assert.equal(BigInt(block.baseFeePerGas), nextBaseFee(parent));
      assert.ok(BigInt(block.timestamp) >= BigInt(parent.timestamp));
      consumed += block.transactions.filter(({ type }) => type === "0x7e").length;
      assert.equal(BigInt(`0x${block.extraData.slice(18)}`), BigInt(consumed));
    }
  });

  it("batches: payload, commitment, roots, hashes and signatures", async () => {
    assert.ok(batches.length > 1);
    const genesis = await genesisHeader();
    let [parentHash, consumed, next] = [batch.batchHash(genesis), 0, 1];
    // Differences are to the block before, not to the batch before: block 0 has L1 block number 0.
    let previous = { timestamp: Number(genesis.timestamp), l1BlockNumber: 0 };
    for (const [index, { header, transactions, to, announced }] of batches.entries()) {
      assert.equal(to, rollup.target);
      assert.equal(header.batchNumber, BigInt(index + 1));
      assert.equal(header.parentBatchHash, parentHash);
      assert.equal(batch.batchHash(header), announced);
      const digest = batch.signedDigest(header, transactions, dev.l1ChainId, rollup.target);
      assert.equal(recoverAddress(digest, header.signature), header.sequencer);

      const { daKind, accumulator, payload } = batch.splitTransactions(transactions);
      assert.equal(daKind, 0);
      const blocks = decodePayload(payload, previous);
      for (const [offset, described] of blocks.entries()) {
        consumed += described.messageCount;
        checkBlock(described, chain[next + offset] ?? (await fetchBlock(next + offset)), consumed);
      }
      const due = queue.filter(({ blockNumber }) => blockNumber <= header.l1BlockNumber).length;
      assert.equal(consumed, due, "a batch consumes everything that is due");
      assert.equal(accumulator, due === 0 ? ZeroHash : queue[due - 1].accumulator);

      // The header makes no claim where claims can be disproved: the proposer does, a little later.
      assert.equal(header.stateRoot, ZeroHash);
      const stored = await eventually("the batch is claimed", async () => {
        const record = await rollup.getBatch(header.batchNumber);
        return record.proposedAt !== 0n && record;
      });
      assert.equal(stored.batchHash, announced);
      assert.equal(stored.commitment, batch.commitment(payload));
      await checkClaim(stored, next, blocks.length);
      assert.equal(header.timestamp, BigInt(blocks.at(-1).timestamp));
      assert.ok(blocks.at(-1).l1BlockNumber <= header.l1BlockNumber);
      [parentHash, next, previous] = [announced, next + blocks.length, blocks.at(-1)];
    }
    const types = new Set(chain.flatMap((block) => block.transactions.map(({ type }) => type)));
    assert.deepEqual([...types].sort(), ["0x0", "0x1", "0x2", "0x4", "0x7e"]);
  });

  it("messages: proofs lead to the receipt root of their batch", async () => {
    for (const { hash } of proofs) {
      const [{ proof, messageHash }] = await eventually("the message has a proof", async () => {
        const messages = await l2.send("rollup_getMessages", [hash]);
        return messages[0].proof && messages;
      });
      const words = proof.merkleProof.slice(2).match(/.{64}/g).map((word) => `0x${word}`);
      const messagesRoot = rootOfPath(messageHash, proof.messageIndex, words.slice(0, -1));
      const { receiptRoot } = await rollup.getBatch(proof.batchNumber);
      assert.equal(keccak256(concat([words.at(-1), messagesRoot])), receiptRoot);
    }
  });

  /** Every type of transaction, deposits, and several messages to L1; returns the last L2 block of it. */
  async function makeTraffic() {
    const user = devWallet(0, l1);
    const [alice, bob] = [devWallet(1, l2), devWallet(2, l2)];
    await eventually("the accounts have coins on L2", async () => (await l2.getBalance(bob)) > 0n);
    await rollup.depositToL2(ZeroAddress, 5n, Wallet.createRandom().address, { value: 5n });
    // A forced transaction that fails on L2 is still included.
    await rollup.depositToL2(ZeroAddress, 0, concat([bridge.L2_TOKEN_BRIDGE, "0xdeadbeef"]));
    await contractAt("MessageBridge", dev.messageBridge, user).sendMessageToL2(bob, "0x1234", { value: 1n });

    const token = await deploy("DevToken", alice);
    const to = Wallet.createRandom().address;
    await alice.sendTransaction({ type: 0, to, value: 1n });
    await alice.sendTransaction({ type: 1, to, value: 1n, accessList: [{ address: to, storageKeys: [ZeroHash] }] });
    await alice.sendTransaction({ type: 2, to, value: 1n, data: "0x00ff" });
    const delegate = new MiningWallet(Wallet.createRandom().privateKey, l2);
    const authorization = await delegate.authorize({ address: token.target, nonce: 0, chainId: dev.l2ChainId });
    await alice.sendTransaction({ type: 4, to, value: 1n, authorizationList: [authorization] });
    for (let i = 0; i < 20; i++) await l2.broadcastTransaction(await signedMint(token, bob, i));

    const messages = contractAt("L2MessageBridge", bridge.L2_MESSAGE_BRIDGE, alice);
    for (const data of ["0x", "0x01", "0x0203"]) proofs.push(await messages.sendMessageToL1(to, data));
    const tokens = contractAt("L2TokenBridge", bridge.L2_TOKEN_BRIDGE, alice);
    proofs.push(await tokens.withdraw(ZeroAddress, parseEther("1"), to, { value: parseEther("1") }));
    return (await l2.getTransactionReceipt(proofs.at(-1).hash)).blockNumber;
  }

  async function signedMint(token, wallet, nonce) {
    const data = token.interface.encodeFunctionData("mint", [wallet.address, nonce]);
    const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n, gasLimit: 100_000n };
    return wallet.signTransaction({ type: 2, chainId: dev.l2ChainId, nonce, to: token.target, data, ...fees });
  }

  async function genesisHeader() {
    const { genesisBlockHash, genesisTimestamp } = await rollup.params();
    return {
      batchNumber: 0,
      parentBatchHash: ZeroHash,
      stateRoot: (await rollup.config()).genesisStateRoot,
      transactionRoot: batch.transactionRoot([genesisBlockHash]),
      receiptRoot: ZeroHash,
      timestamp: genesisTimestamp,
      l1BlockNumber: await rollup.genesisL1Block(),
      sequencer: ZeroAddress,
    };
  }

  function checkBlock(described, block, consumed) {
    assert.equal(BigInt(block.timestamp), BigInt(described.timestamp));
    assert.equal(block.extraData, extraData(described.l1BlockNumber, consumed));
    const deposits = queue.slice(consumed - described.messageCount, consumed);
    const expected = [...deposits.map((entry) => entry.transactionHash), ...described.transactions.map(({ hash }) => hash)];
    assert.deepEqual(block.transactions.map(({ hash }) => hash), expected);
  }

  async function checkClaim(header, first, count) {
    const blocks = [];
    for (let number = first; number < first + count; number++) blocks.push(chain[number] ?? (await fetchBlock(number)));
    const last = blocks.at(-1);
    assert.equal(header.stateRoot, last.stateRoot);
    assert.equal(header.timestamp, BigInt(last.timestamp));
    assert.equal(header.transactionRoot, batch.transactionRoot(blocks.map(({ hash }) => hash)));
    const messages = contractAt("L2MessageBridge", bridge.L2_MESSAGE_BRIDGE, l2);
    const sent = await messages.queryFilter(messages.filters.MessageSentToL1(), first, first + count - 1);
    for (const { args } of sent) assert.equal(bridge.messageHash(args), args.messageHash);
    const messageHashes = sent.map(({ args }) => args.messageHash);
    assert.equal(header.receiptRoot, batch.receiptRoot(blocks.map((block) => block.receiptsRoot), messageHashes));
  }

  const fetchBlock = (number) => l2.send("eth_getBlockByNumber", [`0x${number.toString(16)}`, true]);
});

/** EIP-1559 with elasticity 2, denominator 50 and a floor. */
function nextBaseFee(parent) {
  const [fee, used] = [BigInt(parent.baseFeePerGas), BigInt(parent.gasUsed)];
  const target = BigInt(parent.gasLimit) / 2n;
  let next = fee;
  if (used > target) {
    const rise = (fee * (used - target)) / target / BASE_FEE_CHANGE_DENOMINATOR;
    next = fee + (rise > 1n ? rise : 1n);
  } else if (used < target) {
    next = fee - (fee * (target - used)) / target / BASE_FEE_CHANGE_DENOMINATOR;
  }
  return next > MIN_BASE_FEE ? next : MIN_BASE_FEE;
}
