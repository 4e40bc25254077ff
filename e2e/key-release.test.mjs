// A holder of secrets gives one to an enclave whose attestation it has verified itself, over HTTP. Enclaves are ones of development.
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SigningKey, Wallet, concat, hexlify, id, keccak256, randomBytes, toBeHex, toUtf8Bytes } from "ethers";
import { devQuote, succeeds } from "./lib/enclaves.mjs";
import { temporaryFolder } from "./lib/processes.mjs";
import { runToEnd, startKeyHolder } from "./lib/rollup.mjs";
import { request } from "./lib/rpc.mjs";

const NAME = "models at rest";

describe("a holder of keys", () => {
  const folder = temporaryFolder();
  const [policy, secret, enclaveKey] = ["policy.toml", "secret", "enclave.key"].map((name) => join(folder, name));
  let holder, made;

  before(async () => {
    made = await devQuote("sgx", { key: enclaveKey });
    await succeeds(["tee", "policy", "write", made.out], { out: policy });
    holder = await startKeyHolder({ policy, secret: `${NAME}=${secret}`, development: true });
  });

  after(async () => {
    await holder?.stop();
  });

  const fetch = (quote, options) => {
    const { out: attestation, collateral, timestamp } = quote;
    const command = { from: holder.location, name: NAME, attestation, collateral, timestamp, enclaveKey };
    return runToEnd(["tee", "keys", "fetch"], { ...command, out: join(temporaryFolder(), "fetched"), ...options });
  };

  it("gives the secret to the software that its policy names", async () => {
    const out = join(folder, "fetched");
    const { code, stderr } = await fetch(made, { out });
    assert.equal(code, 0, stderr);
    assert.equal(readFileSync(out, "utf8"), readFileSync(secret, "utf8"));
    assert.equal(statSync(out).mode & 0o77, 0);
    assert.match(holder.logs(), /gave a key/);
  });

  it("gives nothing to other software, other keys, or for other names, and says why to its owner", async () => {
    const other = await devQuote("sgx", { key: enclaveKey, software: "software that logs" });
    const refused = [
      [await fetch(other), /attestation not accepted/],
      [await fetch(made, { name: "another" }), /unknown name/],
      [await fetch({ ...made, timestamp: made.timestamp - 7_200 }), /too old/],
      [await fetch({ ...made, timestamp: made.timestamp - 1 }), /attestation not accepted/],
    ];
    for (const [{ code, stderr }, reason] of refused) {
      assert.equal(code, 1);
      assert.match(stderr, reason);
    }
    assert.match(holder.logs(), /policy|measurement|identity/i);
    assert.ok(!holder.logs().includes(readFileSync(secret, "utf8")));
  });

  it("answers a request once, and none that was changed", async () => {
    const enclave = new SigningKey(`0x${readFileSync(enclaveKey, "utf8").trim().replace("0x", "")}`);
    const collateral = hexlify(readFileSync(made.collateral));
    const own = randomBytes(32);
    const sign = (nonce, change = (bytes) => bytes) => {
      const digest = keccak256(concat([toUtf8Bytes("LUX_KEY_REQUEST_V1"), id(NAME), nonce, own]));
      const signature = change(Buffer.from(enclave.sign(digest).serialized.slice(2), "hex"));
      const key = `0x${enclave.publicKey.slice(4)}`;
      const head = concat([toUtf8Bytes("LUXKREQ"), "0x01", id(NAME), nonce, own, toBeHex(made.timestamp, 8), key]);
      return hexlify(concat([head, signature, readFileSync(made.out)]));
    };
    const release = (bytes) => request(holder.location, "keys_release", [bytes, collateral]);
    const nonce = () => request(holder.location, "keys_nonce", []);

    const good = sign(await nonce());
    assert.equal((await release(good)).length, 2 + 2 * 80);
    await assert.rejects(release(good), /unknown nonce/);
    const flipped = sign(await nonce(), (bytes) => {
      bytes[7] ^= 1;
      return bytes;
    });
    await assert.rejects(release(flipped), /signature/);
    await assert.rejects(release(sign(Wallet.createRandom().privateKey)), /unknown nonce/);
    await assert.rejects(release("0x00"), /malformed/);
    assert.ok(existsSync(secret));
  });

  it("does not read what is longer than a request", async () => {
    const body = "00".repeat(3 << 20);
    await assert.rejects(request(holder.location, "keys_release", [`0x${body}`, "0x"]));
    assert.equal((await fetch(made)).code, 0, "and goes on");
  });
});
