// Attestations by the command line alone: made for development, shown, judged, and refused.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { temporaryFolder } from "./lib/processes.mjs";
import { runToEnd } from "./lib/rollup.mjs";

const KINDS = ["sgx", "tdx", "snp", "nitro", "psa", "cca"];
const UNRATED = ["snp", "nitro", "psa", "cca"];
const KEY = "0x1234";
const TIME = "1700000000000";
const bound = (key) => ["--public-key", key, "--timestamp", TIME];

async function succeeds(...command) {
  const { code, json, stderr } = await runToEnd(["tee", ...command]);
  assert.equal(code, 0, stderr);
  return json;
}

async function fails(reason, ...command) {
  await failsWith(1, reason, ...command);
}

async function failsWith(expected, reason, ...command) {
  const { code, stderr } = await runToEnd(["tee", ...command]);
  assert.equal(code, expected, `${command.join(" ")} should fail`);
  assert.match(stderr, reason);
}

const folder = temporaryFolder();
const path = (name) => join(folder, name);

/** An attestation, and the arguments that judge it. */
async function made(kind, name, ...options) {
  const { attestation, collateral } = await succeeds("dev-quote", kind, "--out", path(name), ...options);
  return [attestation, ...(collateral ? ["--collateral", collateral] : [])];
}

describe("lux-rollup tee", () => {
  for (const kind of KINDS) {
    it(`${kind}: only the development roots accept what was made for development`, async () => {
      const judge = await made(kind, `${kind}.bin`, ...bound(KEY));
      const shown = await succeeds("inspect", judge[0]);
      assert.equal(shown.authentic, false);
      const authentic = ["verify", ...judge, "--authentic-only"];
      const found = await succeeds(...authentic, "--development", ...bound(KEY));
      assert.deepEqual([found.authentic, found.policyAccepts, found.reportDataChecked], [true, false, true]);
      assert.equal(found.attestation.claims.measurement, shown.claims.measurement);
      await fails(/not among the accepted roots|no accepted trust anchor/, ...authentic);
      await fails(/report data/, ...authentic, "--development", ...bound("0x5678"));
      const later = ["--public-key", KEY, "--timestamp", `${TIME}1`];
      await fails(/report data/, ...authentic, "--development", ...later);
      // Whoever names no policy has to say that nothing is to be judged.
      await failsWith(2, /--policy|--authentic-only/, "verify", ...judge, "--development");
    });

    it(`${kind}: a policy takes the software that it was written for`, async () => {
      const judge = await made(kind, `${kind}-good.bin`);
      const policy = path(`${kind}.toml`);
      await succeeds("policy", "write", judge[0], "--out", policy);
      if (UNRATED.includes(kind)) {
        await fails(/Unrated/, "policy", "test", policy, ...judge, "--development");
        const text = readFileSync(policy, "utf8").replace("[\"UpToDate\"]", "[\"UpToDate\", \"Unrated\"]");
        writeFileSync(policy, text);
      }
      const found = await succeeds("policy", "test", policy, ...judge, "--development");
      assert.equal(found.policyAccepts, true);
      assert.equal(found.attestation.development, true);
      const denied = readFileSync(policy, "utf8").replace("deny-platforms = []", `deny-platforms = ["${found.attestation.platform}"]`);
      writeFileSync(path("denied.toml"), denied);
      await fails(/denies the platform/, "policy", "test", path("denied.toml"), ...judge, "--development");
      const other = await made(kind, `${kind}-other.bin`, "--software", "other");
      await fails(/no identity of the policy/, "verify", ...other, "--development", "--policy", policy);
      const debug = await made(kind, `${kind}-debug.bin`, "--debug");
      // Of a Nitro enclave in debug mode nothing is measured.
      const reason = kind === "nitro" ? /no identity of the policy/ : /does not tolerate/;
      await fails(reason, "verify", ...debug, "--development", "--policy", policy);
    });
  }

  it("time and state of the platform count", async () => {
    const judge = await made("sgx", "old.bin", "--platform-svn", "3");
    const options = ["--development", "--authentic-only"];
    const found = await succeeds("verify", ...judge, ...options);
    assert.equal(found.attestation.tcb.status, "OutOfDate");
    await fails(/is not within/, "verify", ...judge, ...options, "--at", "2020-01-01T00:00:00Z");
    await fails(/needed: Intel's/, "verify", judge[0], ...options);
    const revoked = await made("sgx", "revoked.bin", "--platform-svn", "1");
    await fails(/revoked/, "verify", ...revoked, ...options);
  });

  it("says what is wrong with files that are none", async () => {
    writeFileSync(path("text"), "no attestation");
    await fails(/no attestation of a known kind/, "inspect", path("text"));
    await fails(/absent/, "inspect", path("absent"));
  });
});
