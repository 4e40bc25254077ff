// What L1 holds about a rollup: the queue and the batches, read from logs and calldata alone.
import { AbiCoder, ZeroHash, concat, encodeRlp, hexlify, keccak256, toBeArray } from "ethers";
import { contractAt } from "./contracts.mjs";

const abi = AbiCoder.defaultAbiCoder();
const rlpInteger = (value) => hexlify(toBeArray(value));

/** Queue entries in order, each with its hash, the accumulator after it (recomputed) and the hash of its L2 transaction. */
export async function readQueue(bridge) {
  let accumulator = ZeroHash;
  const events = await bridge.queryFilter(bridge.filters.MessageEnqueued(), 0, "latest");
  return events.map(({ args, blockNumber }, nonce) => {
    const { sender, target, mint, value, gasLimit, data } = args;
    const types = ["address", "address", "uint256", "uint256", "uint256", "bytes32", "uint256", "uint256"];
    const queueHash = keccak256(abi.encode(types, [sender, target, mint, value, gasLimit, keccak256(data), nonce, blockNumber]));
    accumulator = keccak256(concat([accumulator, queueHash]));
    const deposit = encodeRlp([queueHash, sender, target, rlpInteger(mint), rlpInteger(value), rlpInteger(gasLimit), data]);
    const transactionHash = keccak256(concat(["0x7e", deposit]));
    return { blockNumber, announced: args.accumulator, accumulator, transactionHash };
  });
}

/** Batches in order: `{ header, transactions, calldata }` as the L1 transaction carried them. */
export async function readBatches(rollup) {
  const { provider } = rollup.runner;
  const reader = contractAt("RollupCore", rollup.target, provider);
  const events = await reader.queryFilter(reader.filters.BatchSubmitted(), 0, "latest");
  return Promise.all(
    events.map(async ({ transactionHash, args }) => {
      const { data, to } = await provider.getTransaction(transactionHash);
      const call = reader.interface.parseTransaction({ data });
      const header = call.args.header ?? call.args[0];
      return { header: header.toObject(), transactions: call.args[1], to, announced: args.batchHash };
    }),
  );
}
