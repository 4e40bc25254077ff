// The program under test.
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start, temporaryFolder } from "./processes.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BINARY = process.env.LUX_ROLLUP_BIN ?? join(ROOT, "target", "debug", "lux-rollup");

/** With --json one line says where everything is; logs go to standard error. */
const readyLine = (line) => (line.startsWith("{") ? JSON.parse(line) : undefined);

/** Options in the words of the command line: `{ blockTimeMs: 250 }` is `--block-time-ms 250`. */
function flags(options) {
  return Object.entries(options).flatMap(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === true) return [flag];
    return value === false || value === undefined ? [] : [flag, String(value)];
  });
}

/** `lux-rollup dev`: `ready` is the JSON line with endpoints, addresses and funded accounts. */
export async function startDev({ data = temporaryFolder(), ...options } = {}) {
  const args = ["dev", "--json", ...flags({ data, l1Port: 0, l2Port: 0, blockTimeMs: 250, ...options })];
  const dev = await start("dev", BINARY, args, readyLine);
  return { ...dev, ...dev.ready, data };
}

/** A command that prints one JSON object and ends. */
export async function ask(command, options) {
  const process = await start(command[0], BINARY, [...command, "--json", ...flags(options)], readyLine);
  return process.ready;
}

/** A command that ends by itself, with everything it printed; `json` is its last line where that is an object. `env` is added to the environment. */
export function runToEnd(command, options = {}, env = {}) {
  return new Promise((resolve) => {
    const settings = { env: { ...process.env, ...env } };
    execFile(BINARY, [...command, "--json", ...flags(options)], settings, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, json: readyLine(stdout.trim().split("\n").at(-1)), stderr });
    });
  });
}

/** `lux-rollup init` and `deploy`: what `deploy` printed. Settings are lines of the configuration file by their names. */
export async function deployRollup({ l1, keyFile, preset, settings }) {
  const folder = temporaryFolder();
  const out = join(folder, "lux-rollup.toml");
  const init = await start("init", BINARY, ["init", ...flags({ preset, l1, out })], (line) => line || undefined);
  await init.ended;
  let text = readFileSync(out, "utf8");
  for (const [name, value] of Object.entries(settings)) {
    const line = new RegExp(`^(# )?${name} = .*$`, "m");
    if (!line.test(text)) throw new Error(`the configuration has no ${name}`);
    text = text.replace(line, `${name} = ${JSON.stringify(value)}`);
  }
  writeFileSync(out, text);
  return ask(["deploy"], { config: out, keyFile, data: join(folder, "deploy") });
}

/** `lux-rollup node` for the rollup that `dev` describes. */
export async function startNode({ l1Rpc, rollup }, { data = temporaryFolder(), ...options } = {}) {
  const args = ["node", "--json", ...flags({ l1: l1Rpc, rollup, data, rpcPort: 0, role: "full", ...options })];
  const node = await start("node", BINARY, args, readyLine);
  return { ...node, ...node.ready, data };
}

/** `lux-rollup tee keys serve`: `location` is where enclaves ask. */
export async function startKeyHolder(options) {
  const args = ["tee", "keys", "serve", "--json", ...flags({ listen: "127.0.0.1:0", ...options })];
  const holder = await start("tee keys serve", BINARY, args, readyLine);
  return { ...holder, ...holder.ready };
}

/** `lux-rollup confidential proxy`: `rpc` is for wallets. */
export async function startConfidentialProxy(options) {
  const args = ["confidential", "proxy", "--json", ...flags(options)];
  const proxy = await start("confidential proxy", BINARY, args, readyLine);
  return { ...proxy, ...proxy.ready };
}

/** `lux-rollup blobs serve`: `location` is where clients ask. */
export async function startBlobs(options) {
  const args = ["blobs", "serve", "--json", ...flags({ listen: "127.0.0.1:0", ...options })];
  const blobs = await start("blobs", BINARY, args, readyLine);
  return { ...blobs, ...blobs.ready };
}

/** `lux-rollup worker run` or `worker watch`, once it is at work. */
export async function startWorker(kind, options) {
  const worker = await start(`worker ${kind}`, BINARY, ["worker", kind, "--json", "-v", ...flags(options)], readyLine);
  return { ...worker, ...worker.ready };
}

/** `lux-rollup train run`, `coordinate` or `watch` for a job, once it is at work. */
export async function startRole(kind, job, options) {
  const role = await start(`train ${kind}`, BINARY, ["train", kind, job, "--json", "-v", ...flags(options)], readyLine);
  return { ...role, ...role.ready };
}

/** `lux-rollup challenge`, once it has asked for a segment: `ready` says for which. It goes on by itself. */
export async function startChallenge(batch, { l1Rpc, l2Rpc }, key) {
  const keyFile = join(temporaryFolder(), "key");
  writeFileSync(keyFile, key, { mode: 0o600 });
  const args = ["challenge", String(batch), "--json", ...flags({ l1: l1Rpc, l2: l2Rpc, keyFile })];
  const hasAsked = (line) => {
    const said = readyLine(line);
    return said?.askedForSegment === undefined ? undefined : said;
  };
  return start("challenge", BINARY, args, hasAsked);
}
