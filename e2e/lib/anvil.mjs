// A foreign L1.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { start } from "./processes.mjs";

const ARCHITECTURES = { x64: "amd64", arm64: "arm64" };

/** The program itself: its npm wrapper would survive a kill -9 of the group leader. */
function anvilBinary() {
  const name = `@foundry-rs/anvil-${process.platform}-${ARCHITECTURES[process.arch]}`;
  return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "bin", "anvil");
}

/** `blockTime` in seconds; without it every transaction makes a block. */
export async function startAnvil({ blockTime } = {}) {
  const args = ["--port", "0", "--hardfork", "osaka", "--slots-in-an-epoch", "1"];
  if (blockTime !== undefined) args.push("--block-time", String(blockTime));
  const anvil = await start("anvil", anvilBinary(), args, (line) => /^Listening on (\S+)/.exec(line)?.[1]);
  return { ...anvil, url: `http://${anvil.ready}` };
}
