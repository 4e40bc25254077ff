#!/usr/bin/env node
// Compiles src/ and writes artifacts/ and snapshots/storage/; with --check it only compares.
// Usage: node contracts/compile.mjs [--check]
import { createRequire } from "node:module";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(fileURLToPath(import.meta.url));
const MODULES = join(ROOT, "..", "node_modules");
const MAX_RUNTIME_BYTES = 24_576;
const DEPLOYABLE = ["src/l1", "src/l2", "src/compute", "src/training", "src/dispute", "src/tee", "src/dev"];
const INTERFACES = "src/interfaces";
const SETTINGS = {
  evmVersion: "osaka",
  optimizer: { enabled: true, runs: 200 },
  viaIR: true,
  metadata: { bytecodeHash: "none", appendCBOR: false },
};

function sourcesIn(folder) {
  return readdirSync(join(ROOT, folder), { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith(".sol"))
    .sort();
}

function compile() {
  const solc = createRequire(import.meta.url)("solc");
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(sourcesIn("src").map((path) => [path, { content: readFileSync(join(ROOT, path), "utf8") }])),
    settings: {
      ...SETTINGS,
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode", "storageLayout"] } },
    },
  };
  const read = (path) => {
    const file = path.startsWith("src/") ? join(ROOT, path) : join(MODULES, path.replace(/^solady\//, "solady/src/"));
    return existsSync(file) ? { contents: readFileSync(file, "utf8") } : { error: `no such file: ${path}` };
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read }));
  const errors = (output.errors ?? []).filter((error) => error.severity === "error");
  if (errors.length > 0) {
    console.error(errors.map((error) => error.formattedMessage).join("\n"));
    process.exit(1);
  }
  for (const warning of output.errors ?? []) {
    if (warning.sourceLocation?.file.startsWith("src/")) console.error(warning.formattedMessage);
  }
  return output.contracts;
}

const hex = (code) => `0x${code.object}`;

/** AST ids and struct types are numbered by compilation: keep only what describes the layout. */
function layoutOf({ storage, types }) {
  const name = (type) => types[type].label;
  return storage.map(({ label, slot, offset, type }) => ({
    slot: Number(slot),
    offset,
    bytes: Number(types[type].numberOfBytes),
    label,
    type: name(type),
    ...(types[type].members && {
      members: types[type].members.map((m) => ({ slot: Number(m.slot), offset: m.offset, label: m.label, type: name(m.type) })),
    }),
  }));
}

/** Immutables by offset in the runtime code: [{start, length}], sorted. */
function immutablesOf(references = {}) {
  return Object.values(references).flat().map(({ start, length }) => ({ start, length })).sort((a, b) => a.start - b.start);
}

function filesOf(contracts) {
  const files = new Map();
  const add = (path, value) => files.set(path, `${JSON.stringify(value, null, 1)}\n`);
  for (const [path, units] of Object.entries(contracts)) {
    const isInterface = path.startsWith(INTERFACES);
    if (!isInterface && !DEPLOYABLE.some((folder) => path.startsWith(folder))) continue;
    for (const [name, unit] of Object.entries(units)) {
      const abi = [...unit.abi].sort((a, b) => key(a).localeCompare(key(b), "en"));
      const runtime = unit.evm.deployedBytecode;
      if (isInterface) add(`artifacts/${name}.json`, { abi });
      if (isInterface || runtime.object === "") continue;
      const size = runtime.object.length / 2;
      if (size > MAX_RUNTIME_BYTES) {
        console.error(`${name}: ${size} bytes of runtime code, the limit is ${MAX_RUNTIME_BYTES}`);
        process.exit(1);
      }
      const immutables = immutablesOf(runtime.immutableReferences);
      add(`artifacts/${name}.json`, {
        abi,
        bytecode: hex(unit.evm.bytecode),
        deployedBytecode: hex(runtime),
        ...(immutables.length > 0 && { immutableReferences: immutables }),
      });
      add(`snapshots/storage/${name}.json`, layoutOf(unit.storageLayout));
      add(`snapshots/abi/${name}.json`, abi.map(key));
    }
  }
  return files;
}

/** One line per ABI entry, as a reader would write it. */
function key(entry) {
  const type = (p) => (p.type.startsWith("tuple") ? `(${p.components.map(type).join(",")})${p.type.slice(5)}` : p.type);
  const list = (ps = []) => ps.map((p) => `${type(p)}${p.indexed ? " indexed" : ""}`).join(",");
  const mutability = entry.stateMutability && entry.stateMutability !== "nonpayable" ? ` ${entry.stateMutability}` : "";
  const returns = entry.outputs?.length ? ` returns (${list(entry.outputs)})` : "";
  return `${entry.type} ${entry.name ?? ""}(${list(entry.inputs)})${mutability}${returns}`;
}

function existing() {
  return ["artifacts", "snapshots/storage", "snapshots/abi"].flatMap((folder) =>
    existsSync(join(ROOT, folder)) ? readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`) : [],
  );
}

const files = filesOf(compile());
if (process.argv.includes("--check")) {
  const stale = [...files].filter(([path, text]) => !existsSync(join(ROOT, path)) || readFileSync(join(ROOT, path), "utf8") !== text);
  const extra = existing().filter((path) => !files.has(path));
  for (const [path] of stale) console.error(`differs from its source: contracts/${path}`);
  for (const path of extra) console.error(`has no source: contracts/${path}`);
  if (stale.length + extra.length > 0) {
    console.error("run `node contracts/compile.mjs` and commit the result");
    process.exit(1);
  }
  console.log(`${files.size} files match`);
} else {
  for (const path of existing()) if (!files.has(path)) rmSync(join(ROOT, path));
  for (const [path, text] of files) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
  console.log(`wrote ${files.size} files to ${relative(process.cwd(), ROOT) || "."}`);
}
