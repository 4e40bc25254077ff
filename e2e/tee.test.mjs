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
  const { code, stderr } = await runToEnd(["tee", ...command]);
  assert.equal(code, 1, `${command.join(" ")} should fail`);
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
      assert.equal(shown.verified, false);
      const found = await succeeds("verify", ...judge, "--development", ...bound(KEY));
      assert.deepEqual([found.verified, found.policyAccepts, found.reportDataChecked], [true, false, true]);
      assert.equal(found.attestation.claims.measurement, shown.claims.measurement);
      await fails(/not among the accepted roots|no accepted trust anchor/, "verify", ...judge);
      await fails(/report data/, "verify", ...judge, "--development", ...bound("0x5678"));
      const later = ["--public-key", KEY, "--timestamp", `${TIME}1`];
      await fails(/report data/, "verify", ...judge, "--development", ...later);
    });

    it(`${kind}: a policy takes the software that it was written for`, async () => {
      const judge = await made(kind, `${kind}-good.bin`);
      const policy = path(`${kind}.toml`);
      await succeeds("policy", "write", judge[0], "--out", policy);
      if (UNRATED.includes(kind)) {
        await fails(/Unrated/, "policy", "test", policy, ...judge, "--development");
        const text = readFileSync(policy, "utf8").replace("[\"UpToDate\"]", "[\"UpToDate\", \"Unrated\"]");
        const chip = "bootloader = 5\ntee = 5\nsnp = 5\nmicrocode = 5\n";
        writeFileSync(policy, kind === "snp" ? text.replace("min-svn]\n", `min-svn]\n${chip}`) : text);
      }
      const found = await succeeds("policy", "test", policy, ...judge, "--development");
      assert.equal(found.policyAccepts, true);
      const other = await made(kind, `${kind}-other.bin`, "--software", "other");
      await fails(/no identity of the policy/, "verify", ...other, "--development", "--policy", policy);
      const debug = await made(kind, `${kind}-debug.bin`, "--debug");
      await fails(/does not tolerate/, "verify", ...debug, "--development", "--policy", policy);
    });
  }

  it("time and state of the platform count", async () => {
    const judge = await made("sgx", "old.bin", "--platform-svn", "3");
    const found = await succeeds("verify", ...judge, "--development");
    assert.equal(found.attestation.tcb.status, "OutOfDate");
    await fails(/is not within/, "verify", ...judge, "--development", "--at", "2020-01-01T00:00:00Z");
    await fails(/needed: Intel's/, "verify", judge[0], "--development");
  });

  it("says what is wrong with files that are none", async () => {
    writeFileSync(path("text"), "no attestation");
    await fails(/no attestation of a known kind/, "inspect", path("text"));
    await fails(/absent/, "inspect", path("absent"));
  });
});
