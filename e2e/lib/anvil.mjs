// A foreign L1.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { start } from "./processes.mjs";

// Where npm has none for this platform, an installed one serves.
const PACKAGED = fileURLToPath(new URL("../../node_modules/.bin/anvil", import.meta.url));
const ANVIL = existsSync(PACKAGED) ? PACKAGED : "anvil";

/** `blockTime` in seconds; without it every transaction makes a block. */
export async function startAnvil({ blockTime } = {}) {
  const args = ["--port", "0", "--hardfork", "osaka", "--slots-in-an-epoch", "1"];
  if (blockTime !== undefined) args.push("--block-time", String(blockTime));
  const anvil = await start("anvil", ANVIL, args, (line) => /^Listening on (\S+)/.exec(line)?.[1]);
  return { ...anvil, url: `http://${anvil.ready}` };
}
