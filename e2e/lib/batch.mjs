// Headers, hashes and signatures of batches: docs/protocol.md, "Header and claim".
import {
  AbiCoder,
  Signature,
  TypedDataEncoder,
  ZeroHash,
  concat,
  dataLength,
  getBytes,
  hexlify,
  keccak256,
  toBeHex,
  toNumber,
} from "ethers";
import { contractAt } from "./contracts.mjs";
import { merkleRoot, rootOfPieces } from "./merkle.mjs";
import { encodePayload } from "./payload.mjs";

export const DA_CALLDATA = "0x00";
/** The trace of a run of one chunk. */
const NO_TRACE = "0x";
const PREFIX_BYTES = 37;
const abi = AbiCoder.defaultAbiCoder();

const BATCH_HEADER = {
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
const SIGNED_BATCH = {
  SignedBatch: [
    { name: "batchHash", type: "bytes32" },
    { name: "transactionsHash", type: "bytes32" },
  ],
};

export const batchHash = (header) => TypedDataEncoder.hashStruct("BatchHeader", BATCH_HEADER, header);

/** What the sequencer signs. */
export function signedDigest(header, transactions, l1ChainId, rollup) {
  const domain = { name: "LuxRollup", version: "1", chainId: l1ChainId, verifyingContract: rollup };
  const message = { batchHash: batchHash(header), transactionsHash: keccak256(transactions) };
  return TypedDataEncoder.hash(domain, SIGNED_BATCH, message);
}

export const commitment = (payload) =>
  keccak256(abi.encode(["uint256", "bytes32"], [payload.length, rootOfPieces(payload)]));

/** `transactionRoot` of a batch with these block hashes. */
export const transactionRoot = (blockHashes) => keccak256(concat([blockHashes.at(-1), merkleRoot(blockHashes)]));

/** `receiptRoot` of a batch whose blocks have these receipts roots and sent these messages. */
export const receiptRoot = (receiptsRoots, messageHashes) =>
  keccak256(concat([merkleRoot(receiptsRoots), merkleRoot(messageHashes)]));

/** The `transactions` argument of `submitBatch`, taken apart. */
export function splitTransactions(transactions) {
  const bytes = getBytes(transactions);
  const payloadStart = PREFIX_BYTES + toNumber(bytes.subarray(33, PREFIX_BYTES));
  const [trace, payload] = [bytes.subarray(PREFIX_BYTES, payloadStart), bytes.subarray(payloadStart)];
  return { daKind: bytes[0], accumulator: hexlify(bytes.subarray(1, 33)), trace, payload };
}

/**
 * The next batch of `rollup` with these signed L2 transactions in one block, signed by `sequencer` and ready for
 * `submitBatch`. The roots are only claims to L1, which has no way to check them before somebody disproves them.
 */
export async function createBatch(rollup, sequencer, transactions, trace = NO_TRACE) {
  const { provider } = sequencer;
  const queue = contractAt("MessageBridge", await rollup.bridge(), provider);
  const { chainId } = await provider.getNetwork();
  // The one before the latest: nodes that estimate gas in the latest block must find the origin in its past.
  const l1Block = await provider.getBlock((await provider.getBlockNumber()) - 1);
  const parentNumber = await rollup.lastBatch();
  const parent = await rollup.getBatch(parentNumber);
  const [messageCount, accumulator] = await queue.queueAt(l1Block.number);

  const block = {
    timestamp: l1Block.timestamp,
    l1BlockNumber: l1Block.number,
    messageCount: Number(messageCount - parent.messageCount),
    transactions,
  };
  // Of the L2 block before: block 0 names no L1 block; later ones, made here, name that of their batch.
  const l1BlockNumber = parentNumber === 0n ? 0 : Number(parent.l1BlockNumber);
  const payload = encodePayload([block], { timestamp: Number(parent.timestamp), l1BlockNumber });
  const data = concat([DA_CALLDATA, accumulator, toBeHex(dataLength(trace), 4), trace, payload]);
  const claim = keccak256(concat([parent.batchHash, keccak256(payload)]));
  const header = {
    batchNumber: parentNumber + 1n,
    parentBatchHash: parent.batchHash,
    stateRoot: claim,
    transactionRoot: transactionRoot([claim]),
    receiptRoot: receiptRoot([ZeroHash], []),
    timestamp: block.timestamp,
    l1BlockNumber: block.l1BlockNumber,
    sequencer: sequencer.address,
  };
  const signature = sequencer.signingKey.sign(signedDigest(header, data, chainId, rollup.target));
  return { header: { ...header, signature: Signature.from(signature).serialized }, transactions: data };
}
