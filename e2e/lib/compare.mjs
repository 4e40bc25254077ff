// Two nodes, one chain.
import assert from "node:assert/strict";
import { hex, request } from "./rpc.mjs";
import { eventually } from "./wait.mjs";

export const heightOf = async (url) => Number(await request(url, "eth_blockNumber"));

export const blockOf = (url, number, full = false) => request(url, "eth_getBlockByNumber", [hex(number), full]);

/** Waits until `copy` has block `last`, then compares all blocks up to it. */
export async function assertSameChain(original, copy, last) {
  await eventually(`the copy reaches block ${last}`, async () => (await heightOf(copy)) >= last, 90_000);
  for (let number = 0; number <= last; number++) {
    const [expected, actual] = await Promise.all([blockOf(original, number), blockOf(copy, number)]);
    assert.equal(actual.stateRoot, expected.stateRoot, `state root of block ${number}`);
    assert.equal(actual.hash, expected.hash, `hash of block ${number}`);
  }
}

/** Every account's nonces in the chain are 0, 1, 2, ... without a gap or a repetition; returns the counts. */
export async function countNonces(url, last) {
  const next = new Map();
  for (let number = 0; number <= last; number++) {
    const { transactions } = await blockOf(url, number, true);
    for (const { type, from, nonce } of transactions) {
      if (type === "0x7e") continue;
      assert.equal(Number(nonce), next.get(from) ?? 0, `nonce of ${from} in block ${number}`);
      next.set(from, Number(nonce) + 1);
    }
  }
  return next;
}
