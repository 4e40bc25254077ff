// Merkle trees of docs/protocol.md.
import { ZeroHash, concat, keccak256 } from "ethers";

const PIECE_BYTES = 4096;

/** Binary root: leaves padded with zero words to a power of two; none: zero; one: itself. */
export function merkleRoot(leaves) {
  if (leaves.length === 0) return ZeroHash;
  let row = [...leaves];
  while (row.length & (row.length - 1)) row.push(ZeroHash);
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, i) => keccak256(concat([row[2 * i], row[2 * i + 1]])));
  }
  return row[0];
}

/** Root that a leaf leads to with these siblings, from the leaf up. */
export function rootOfPath(leaf, index, siblings) {
  return siblings.reduce((node, sibling, level) => {
    const isLeft = ((BigInt(index) >> BigInt(level)) & 1n) === 0n;
    return keccak256(concat(isLeft ? [node, sibling] : [sibling, node]));
  }, leaf);
}

/** Root over the hashes of the pieces of a payload. */
export function rootOfPieces(payload) {
  const leaves = [];
  for (let at = 0; at < payload.length; at += PIECE_BYTES) leaves.push(keccak256(payload.subarray(at, at + PIECE_BYTES)));
  return merkleRoot(leaves);
}
