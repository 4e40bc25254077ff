// Enclaves of development, by the command line: their quotes, the policies that accept them, and their keys.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AbiCoder, dataLength, hexlify, sha256 } from "ethers";
import { devKey } from "./chain.mjs";
import { contractAt } from "./contracts.mjs";
import { temporaryFolder } from "./processes.mjs";
import { runToEnd } from "./rollup.mjs";
import { eventually } from "./wait.mjs";

export const ATTESTATION = 2;
const USABLE = 1n;
/** Runs the roles of dev and owns its rollup. */
const OWNER = 9;
/** `IAttestationVerifier.Kind` */
const KINDS = { sgx: 1, tdx: 2, snp: 3, nitro: 4, psa: 5, cca: 6 };

/** A file with the key of a development account. */
export function keyOf(index) {
  const path = join(temporaryFolder(), "key");
  writeFileSync(path, devKey(index), { mode: 0o600 });
  return path;
}

/** What a command that ends by itself printed as JSON. */
export async function succeeds(command, options) {
  const { code, json, stderr } = await runToEnd(command, options);
  assert.equal(code, 0, `${command.join(" ")}: ${stderr}`);
  return json;
}

/** Measurement and signer as LP-500's words. */
const word = (bytes) => (dataLength(bytes) === 32 ? bytes : sha256(bytes));

/** A development quote and what it claims. What binds its key is in `options`, as `tee dev-quote` takes it. */
export async function devQuote(kind, options) {
  const out = join(temporaryFolder(), kind);
  const { collateral, publicKey, timestamp } = await succeeds(["tee", "dev-quote", kind], { out, ...options });
  const { claims } = await succeeds(["tee", "inspect", out]);
  const [mrEnclave, mrSigner] = [claims.measurement, claims.signer].map(word);
  return { kind, out, collateral: collateral ?? undefined, publicKey, timestamp, mrEnclave, mrSigner };
}

/** The market of a rollup that `dev` runs, on a layer, and the registry that it goes by. */
export class EnclaveMarket {
  constructor({ l1Rpc, l2Rpc }, layer, market) {
    [this.chain, this.layer, this.market] = [{ l1: l1Rpc, l2: l2Rpc }, layer, market];
  }

  /** Options of `tee` commands that say which registry. */
  registry = {};

  async module() {
    return contractAt("IAttestationEvidence", await this.market.computeEvidence(ATTESTATION), this.market.runner);
  }

  async keys() {
    return contractAt("IEnclaveKeys", await (await this.module()).keys(), this.market.runner);
  }

  /** `quote` of LP-500's attestation: L1 keeps collateral itself. */
  quote({ out, collateral }) {
    if (this.layer === "l1") return hexlify(readFileSync(out));
    return AbiCoder.defaultAbiCoder().encode(["bytes", "bytes"], [readFileSync(out), readFileSync(collateral)]);
  }

  attestation(made) {
    const { mrEnclave, mrSigner, publicKey, timestamp } = made;
    return { mrEnclave, mrSigner, publicKey, quote: this.quote(made), timestamp };
  }

  /** What L1 needs beside quotes of this kind; nothing on L2. */
  async submitCollateral({ out, collateral }) {
    if (this.layer === "l2") return [];
    const command = ["tee", "collateral", "submit", out, collateral];
    return (await succeeds(command, { ...this.chain, ...this.registry, keyFile: keyOf(3) })).parts;
  }

  /** The owner accepts the software of a quote. */
  async accept({ kind, out, collateral, mrEnclave, mrSigner }) {
    const options = { ...this.chain, ...this.registry, layer: this.layer, collateral, keyFile: keyOf(OWNER) };
    await succeeds(["tee", "accept", out], options);
    const keys = await this.keys();
    const isThere = async () => (await keys.policiesOf(KINDS[kind], mrEnclave, mrSigner)).length === 1;
    await eventually("the policy is there", isThere);
  }

  /** Registers the key of an enclave. */
  async register({ out, collateral, publicKey, timestamp }) {
    const own = { ...this.chain, ...this.registry, layer: this.layer, keyFile: keyOf(2) };
    const options = { ...own, collateral, publicKey, timestamp };
    const { key } = await succeeds(["tee", "register", out], options);
    const keys = await this.keys();
    await eventually("the key is usable", async () => (await keys.statusOf(key)).status_ === USABLE);
    return key;
  }
}

/** The training of a rollup, in the place of the market. */
export class EnclaveTraining extends EnclaveMarket {
  registry = { training: true };

  async keys() {
    return contractAt("IEnclaveKeys", await this.market.enclaveKeys(), this.market.runner);
  }
}
