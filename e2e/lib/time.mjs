// The clock of a development L1.
import { hex } from "./rpc.mjs";

/**
 * As hardhat's `time.increase`: mines a block that is `seconds` later than the latest one. (`evm_increaseTime` counts from
 * the clock on the wall, which a chain that has just mined many blocks is ahead of.)
 * `request` sends one JSON-RPC request.
 */
export async function increaseTime(request, seconds) {
  const { timestamp } = await request("eth_getBlockByNumber", ["latest", false]);
  await request("evm_setNextBlockTimestamp", [hex(Number(timestamp) + Number(seconds))]);
  await request("evm_mine", []);
}
