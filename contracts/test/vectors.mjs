#!/usr/bin/env node
// Writes test/vectors.json: values of docs/protocol.md computed with ethers, independently of the contracts and of the node.
// Every integer is a decimal string, everything else 0x-prefixed hex. Usage: node contracts/test/vectors.mjs
import { writeFileSync } from "node:fs";
import { AbiCoder, SigningKey, TypedDataEncoder, computeAddress, concat, getBytes, hexlify, keccak256, toBeHex, toUtf8Bytes } from "ethers";

const coder = AbiCoder.defaultAbiCoder();
const H = (...parts) => keccak256(concat(parts));
const id = (text) => keccak256(toUtf8Bytes(text));
const ZERO = "0x" + "00".repeat(32);
const address = (text) => "0x" + id(text).slice(26);

function merkleRoot(leaves) {
  if (leaves.length === 0) return ZERO;
  let width = 1;
  while (width < leaves.length) width *= 2;
  let level = [...leaves, ...Array(width - leaves.length).fill(ZERO)];
  while (level.length > 1) level = Array.from({ length: level.length / 2 }, (_, i) => H(level[2 * i], level[2 * i + 1]));
  return level[0];
}

function siblings(leaves, index) {
  let width = 1;
  while (width < leaves.length) width *= 2;
  let level = [...leaves, ...Array(width - leaves.length).fill(ZERO)];
  const path = [];
  for (let i = index; level.length > 1; i >>= 1) {
    path.push(level[i ^ 1]);
    level = Array.from({ length: level.length / 2 }, (_, k) => H(level[2 * k], level[2 * k + 1]));
  }
  return path;
}

/** Byte i of a payload is (31 i + 7 floor(i / 4096)) mod 256. */
const payload = (length) => Uint8Array.from({ length }, (_, i) => (31 * i + 7 * Math.floor(i / 4096)) & 255);

function commitment(bytes) {
  const pieces = [];
  for (let i = 0; i < bytes.length; i += 4096) pieces.push(keccak256(bytes.slice(i, i + 4096)));
  return keccak256(coder.encode(["uint256", "bytes32"], [bytes.length, merkleRoot(pieces)]));
}

const domain = { chainId: "31337", rollup: address("rollup"), bridge: address("bridge") };
const key = new SigningKey(id("sequencer"));
const sequencer = computeAddress(key.publicKey).toLowerCase();

const HEADER = {
  BatchHeader: [
    { name: "batchNumber", type: "uint256" },
    { name: "parentBatchHash", type: "bytes32" },
    { name: "stateRoot", type: "bytes32" },
    { name: "transactionRoot", type: "bytes32" },
    { name: "receiptRoot", type: "bytes32" },
    { name: "timestamp", type: "uint256" },
    { name: "l1BlockNumber", type: "uint256" },
    { name: "sequencer", type: "address" },
  ],
};
const SIGNED = { SignedBatch: [{ name: "batchHash", type: "bytes32" }, { name: "transactionsHash", type: "bytes32" }] };
const eip712 = (name, contract) => ({ name, version: "1", chainId: domain.chainId, verifyingContract: contract });

function batch(header, accumulator, checkpoints, length) {
  // One checkpoint every third chunk, of a run that ends two chunks after the last one.
  const [chunks, stride] = [3 * checkpoints.length + 2, 3];
  const trace = checkpoints.length > 0 ? concat([toBeHex(chunks, 4), toBeHex(stride, 4), ...checkpoints]) : "0x";
  const transactions = concat(["0x00", accumulator, toBeHex(getBytes(trace).length, 4), trace, payload(length)]);
  const batchHash = TypedDataEncoder.hashStruct("BatchHeader", HEADER, header);
  const transactionsHash = keccak256(transactions);
  const digest = TypedDataEncoder.hash(eip712("LuxRollup", domain.rollup), SIGNED, { batchHash, transactionsHash });
  const traceCommitment = keccak256(coder.encode(["uint256", "uint256", "bytes32"], checkpoints.length > 0 ? [chunks, stride, merkleRoot(checkpoints)] : [1, 1, ZERO]));
  return { ...header, accumulator, trace, traceCommitment, payloadLength: String(length), batchHash, transactionsHash, digest, signature: key.sign(digest).serialized };
}

const claimed = {
  batchNumber: "7", parentBatchHash: id("parent"), stateRoot: id("state"), transactionRoot: id("transactions"), receiptRoot: id("receipts"),
  timestamp: "1700000000", l1BlockNumber: "12345", sequencer,
};
const unclaimed = { ...claimed, batchNumber: "8", stateRoot: ZERO, transactionRoot: ZERO, receiptRoot: ZERO };

const initCode = coder.encode(
  ["tuple(uint64,uint64,uint64,uint64,bytes32,uint64,uint64,uint64)"],
  [[5003314, 400000000, 1000000, 1700000000, id("block 0"), 7200, 86400, 500000]],
);

let accumulator = ZERO;
const queue = [
  { sender: address("alice"), target: address("bob"), mint: "1000000000000000000", value: "3", data: "0x" },
  { sender: "0x0500000000000000000000000000000000000011", target: "0x0500000000000000000000000000000000000001", mint: "5", value: "5", data: hexlify(payload(300)) },
  { sender: "0x0500000000000000000000000000000000000012", target: "0x0500000000000000000000000000000000000002", mint: "0", value: "0", data: "0x01" },
].map((entry, i) => {
  const full = { ...entry, gasLimit: String(500000 + 40 * getBytes(entry.data).length), nonce: String(i), l1BlockNumber: String(100 + i) };
  const queueHash = keccak256(
    coder.encode(
      ["address", "address", "uint256", "uint256", "uint256", "bytes32", "uint256", "uint256"],
      [full.sender, full.target, full.mint, full.value, full.gasLimit, keccak256(full.data), full.nonce, full.l1BlockNumber],
    ),
  );
  accumulator = H(accumulator, queueHash);
  return { ...full, queueHash, accumulator };
});

const messageHash = (m) =>
  keccak256(
    coder.encode(
      ["address", "address", "uint256", "uint256", "bytes", "uint256"],
      [m.sender, m.target, m.value, m.gasLimit, m.data, m.nonce],
    ),
  );
const messages = Array.from({ length: 5 }, (_, i) => ({
  sender: address("alice"), target: address("bob"), value: String(i), gasLimit: "200000", data: hexlify(payload(17 * i)), nonce: String(i),
})).map((m) => ({ ...m, messageHash: messageHash(m) }));
const leaves = messages.map((m) => m.messageHash);
const receiptsMerkleRoot = merkleRoot([id("r0"), id("r1"), id("r2")]);
const messagesRoot = merkleRoot(leaves);

const claim = { parentStateRoot: id("parent state"), parentTransactionRoot: id("parent transactions"), commitment: commitment(payload(5000)),
  parentAccumulator: queue[0].accumulator, accumulator: queue[2].accumulator, timestamp: "1700000000", l1BlockNumber: "12345", initCode,
  stateRoot: id("state"), transactionRoot: id("transactions"), receiptRoot: id("receipts") };

const genesisTransactionRoot = H(id("block 0"), id("block 0"));
const signedMessage = { sender: sequencer, target: address("bob"), value: "0", gasLimit: "500000", data: "0xc0ffee", nonce: "4" };
const MESSAGE = {
  L2Message: [
    { name: "sender", type: "address" }, { name: "target", type: "address" }, { name: "value", type: "uint256" },
    { name: "gasLimit", type: "uint256" }, { name: "data", type: "bytes" }, { name: "nonce", type: "uint256" },
  ],
};

const vectors = {
  about: "Written by vectors.mjs with ethers; byte i of a payload of payloadLength is (31 i + 7 floor(i / 4096)) mod 256.",
  domain: { ...domain, separator: TypedDataEncoder.hashDomain(eip712("LuxRollup", domain.rollup)) },
  batches: [batch(claimed, ZERO, [1, 2, 3, 4, 5].map((n) => id(`checkpoint ${n}`)), 0), batch(unclaimed, queue[2].accumulator, [], 5000)],
  genesis: {
    initCode, initCodeHash: keccak256(initCode), stateRoot: id("genesis state"), transactionRoot: genesisTransactionRoot, l1BlockNumber: "1000",
    batchHash: TypedDataEncoder.hashStruct("BatchHeader", HEADER, {
      batchNumber: 0, parentBatchHash: ZERO, stateRoot: id("genesis state"), transactionRoot: genesisTransactionRoot, receiptRoot: ZERO,
      timestamp: 1700000000, l1BlockNumber: 1000, sequencer: "0x" + "00".repeat(20),
    }),
  },
  payloads: [0, 1, 4095, 4096, 4097, 8192, 12289, 120000].map((n) => ({ payloadLength: String(n), commitment: commitment(payload(n)) })),
  merkle: [0, 1, 2, 3, 4, 5, 7, 8, 9].map((n) => {
    const values = Array.from({ length: n }, (_, i) => id(`leaf ${i}`));
    return { leaves: values, root: merkleRoot(values) };
  }),
  queue,
  messages,
  messageProofs: {
    receiptsMerkleRoot, messagesRoot, receiptRoot: H(receiptsMerkleRoot, messagesRoot),
    proofs: leaves.map((_, i) => concat([...siblings(leaves, i), receiptsMerkleRoot])),
  },
  signedMessage: { ...signedMessage, digest: TypedDataEncoder.hash(eip712("LuxMessageBridge", domain.bridge), MESSAGE, signedMessage),
    signature: key.sign(TypedDataEncoder.hash(eip712("LuxMessageBridge", domain.bridge), MESSAGE, signedMessage)).serialized },
  claim: { ...claim,
    input: keccak256(coder.encode(
      ["bytes32", "bytes32", "bytes32", "bytes32", "bytes32", "uint256", "uint256", "bytes32"],
      [claim.parentStateRoot, claim.parentTransactionRoot, claim.commitment, claim.parentAccumulator, claim.accumulator, claim.timestamp, claim.l1BlockNumber, keccak256(initCode)],
    )),
    output: keccak256(coder.encode(["bytes32", "bytes32", "bytes32"], [claim.stateRoot, claim.transactionRoot, claim.receiptRoot])) },
};
writeFileSync(new URL("vectors.json", import.meta.url), `${JSON.stringify(vectors, null, 1)}\n`);
