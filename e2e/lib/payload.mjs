// The payload codec of docs/protocol.md, written from that page alone.
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { Signature, Transaction, concat, decodeRlp, encodeRlp, getBytes, hexlify, toBeArray, toBigInt } from "ethers";

const VERSION = 1;
const MAX_CONTENT_BYTES = 2_097_152;

const encodeInteger = (value) => hexlify(toBeArray(value));
const decodeInteger = (hex) => (hex === "0x" ? 0 : Number(toBigInt(hex)));

/**
 * Payload of blocks `{ timestamp, l1BlockNumber, messageCount, transactions }` (transactions: signed and serialized)
 * that follow a block with the timestamp and L1 block number of `parent`.
 */
export function encodePayload(blocks, parent) {
  const signatures = [];
  let previous = parent;
  const rows = blocks.map((block) => {
    const transactions = block.transactions.map((serialized) => {
      const transaction = Transaction.from(serialized);
      signatures.push(transaction.signature);
      return transaction.unsignedSerialized;
    });
    const deltas = [block.timestamp - previous.timestamp, block.l1BlockNumber - previous.l1BlockNumber];
    previous = block;
    return [...deltas.map(encodeInteger), encodeInteger(block.messageCount), transactions];
  });
  const parity = new Uint8Array(Math.ceil(signatures.length / 8));
  signatures.forEach(({ yParity }, index) => {
    parity[index >> 3] |= yParity << (index & 7);
  });
  const column = concat(signatures.flatMap(({ r, s }) => [r, s]));
  const content = encodeRlp([rows, hexlify(parity), column]);
  return Uint8Array.of(VERSION, ...deflateRawSync(getBytes(content)));
}

/** The inverse; transactions come back signed and serialized, with their hashes. */
export function decodePayload(payload, parent) {
  if (payload[0] !== VERSION) throw new Error(`payload version ${payload[0]}`);
  const content = inflateRawSync(payload.subarray(1), { maxOutputLength: MAX_CONTENT_BYTES });
  const [rows, parityHex, columnHex] = decodeRlp(content);
  const [parity, column] = [getBytes(parityHex), getBytes(columnHex)];
  let { timestamp, l1BlockNumber } = parent;
  let count = 0;
  const sign = (unsigned) => {
    const transaction = Transaction.from(unsigned);
    const [r, s] = [column.subarray(64 * count, 64 * count + 32), column.subarray(64 * count + 32, 64 * count + 64)];
    const yParity = (parity[count >> 3] >> (count & 7)) & 1;
    transaction.signature = Signature.from({ r: hexlify(r), s: hexlify(s), yParity });
    count += 1;
    return { hash: transaction.hash, serialized: transaction.serialized };
  };
  const blocks = rows.map(([timestampDelta, l1Delta, messageCount, unsigned]) => {
    timestamp += decodeInteger(timestampDelta);
    l1BlockNumber += decodeInteger(l1Delta);
    return { timestamp, l1BlockNumber, messageCount: decodeInteger(messageCount), transactions: unsigned.map(sign) };
  });
  if (column.length !== 64 * count || parity.length !== Math.ceil(count / 8)) throw new Error("signature columns");
  return blocks;
}
