// The L2 block header, from the fields that JSON-RPC shows.
import { concat, encodeRlp, keccak256, toBeArray, toBeHex, hexlify } from "ethers";

const quantity = (hex) => hexlify(toBeArray(hex));

/** Hash of a block as `eth_getBlockByNumber` returns it. */
export function headerHash(block) {
  return keccak256(
    encodeRlp([
      block.parentHash,
      block.sha3Uncles,
      block.miner,
      block.stateRoot,
      block.transactionsRoot,
      block.receiptsRoot,
      block.logsBloom,
      quantity(block.difficulty),
      quantity(block.number),
      quantity(block.gasLimit),
      quantity(block.gasUsed),
      quantity(block.timestamp),
      block.extraData,
      block.mixHash,
      block.nonce,
      quantity(block.baseFeePerGas),
      block.withdrawalsRoot,
      quantity(block.blobGasUsed),
      quantity(block.excessBlobGas),
      block.parentBeaconBlockRoot,
      block.requestsHash,
    ]),
  );
}

/** `extraData` of an L2 block. */
export const extraData = (l1BlockNumber, messageCount) => concat([toBeHex(l1BlockNumber, 8), toBeHex(messageCount, 8)]);
