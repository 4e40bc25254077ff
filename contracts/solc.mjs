#!/usr/bin/env node
// The npm build of solc with the command line that forge expects of a native one.
import { createRequire } from "node:module";
import { existsSync, readFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const solc = createRequire(import.meta.url)("solc");
const ROOT = dirname(fileURLToPath(import.meta.url));

/** forge leaves out what only libraries import. */
function read(path) {
  const file = join(ROOT, path);
  return existsSync(file) ? { contents: readFileSync(file, "utf8") } : { error: `no such file: ${path}` };
}

if (process.argv.includes("--version")) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version().replace(".Emscripten.clang", ".Linux.g++")}`);
} else if (process.argv.includes("--standard-json")) {
  const output = Buffer.from(solc.compile(readFileSync(0, "utf8"), { import: read }));
  // A pipe takes what it can hold: write until everything is gone.
  for (let at = 0; at < output.length; ) {
    try {
      at += writeSync(1, output, at);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
} else {
  console.error("only --version and --standard-json are supported");
  process.exit(1);
}
