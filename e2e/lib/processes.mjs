// Child processes and folders that never outlive the test process.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const READY_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;
const KEPT_LOG_LINES = 30;

const running = new Set();
const logs = [];
const folders = new Set();

/** Each child leads its own process group, so that what it starts is killed with it. */
function killGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** The runner sets the exit code when a test failed: then what the programs said last may tell why. */
function cleanUp(code) {
  if (code !== 0) for (const { name, log } of logs) console.error(`---- ${name} said last:\n${log.join("\n")}`);
  for (const child of running) killGroup(child, "SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

process.on("exit", cleanUp);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

/** An empty folder that is removed when the test process ends. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "lux-rollup-e2e-"));
  folders.add(folder);
  return folder;
}

/**
 * Starts a program and waits for the first line of its standard output for which `ready` gives a value.
 * Returns `{ ready, ended, stop(), kill(), logs() }`; `ended` is a promise of the exit code, `stop` asks politely and returns the exit code, `kill` is `kill -9`.
 */
export async function start(name, program, args, ready) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  running.add(child);
  const log = [];
  logs.push({ name, log });
  const keep = (line) => {
    log.push(line);
    if (log.length > KEPT_LOG_LINES) log.shift();
    if (process.env.E2E_VERBOSE) console.error(`[${name}] ${line}`);
  };
  const exited = new Promise((resolve) => {
    child.once("error", (error) => resolve(`cannot be started: ${error.message}`));
    child.once("exit", (code, signal) => resolve(code ?? signal));
  }).finally(() => running.delete(child));
  const lines = createInterface({ input: child.stdout });
  createInterface({ input: child.stderr }).on("line", keep);

  const value = new Promise((resolve) => {
    lines.on("line", (line) => {
      keep(line);
      const found = ready(line);
      if (found !== undefined) resolve({ found });
    });
  });
  const outcome = await withDeadline(READY_DEADLINE_MS, [value, exited.then((reason) => ({ reason }))]);
  if (outcome?.found === undefined) {
    killGroup(child, "SIGKILL");
    const why = outcome ? `ended (${outcome.reason})` : `was not ready after ${READY_DEADLINE_MS / 1000} s`;
    throw new Error(`${name} ${why}:\n${log.join("\n")}`);
  }

  const end = async (signal) => {
    killGroup(child, signal);
    const code = await withDeadline(STOP_DEADLINE_MS, [exited]);
    if (code !== undefined) return code;
    killGroup(child, "SIGKILL");
    throw new Error(`${name} ignored ${signal} for ${STOP_DEADLINE_MS / 1000} s:\n${log.join("\n")}`);
  };
  return {
    ready: outcome.found,
    ended: exited,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    logs: () => log.join("\n"),
  };
}

/** The first of the promises, or `undefined` when none is settled in time. */
async function withDeadline(milliseconds, promises) {
  let timer;
  const deadline = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    return await Promise.race([...promises, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
