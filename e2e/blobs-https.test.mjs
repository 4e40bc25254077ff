// Blobs over HTTPS, from behind a proxy: `e2e/tls` has the certificate of an authority that nobody else believes, and a server's for 127.0.0.1.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./lib/processes.mjs";
import { runToEnd, startBlobs } from "./lib/rollup.mjs";

const tls = (name) => fileURLToPath(new URL(`./tls/${name}`, import.meta.url));
const AUTHORITY = { SSL_CERT_FILE: tls("authority.pem") };
/** Some windows of what is checked at a time. */
const blob = Buffer.from(Array.from({ length: 700_000 }, (_, index) => (index * 31 + (index >> 9)) & 0xff));

let blobs, proxy, port, commitment;

before(async () => {
  const [folder, store] = [temporaryFolder(), join(temporaryFolder(), "blobs")];
  writeFileSync(join(folder, "blob"), blob);
  ({ json: { commitment } } = await runToEnd(["blobs", "put", join(folder, "blob")], { store }));
  blobs = await startBlobs({ store });
  proxy = createServer({ key: readFileSync(tls("server.key")), cert: readFileSync(tls("server.pem")) }, (asked, answer) => {
    const { method, headers, url } = asked;
    const passed = request(new URL(url, blobs.location), { method, headers }, (answered) => {
      answer.writeHead(answered.statusCode, answered.headers);
      answered.pipe(answer);
    });
    asked.pipe(passed);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  port = proxy.address().port;
});

after(async () => {
  proxy?.closeAllConnections();
  proxy?.close();
  await blobs?.stop();
});

const get = (host, env) => {
  const [store, out] = [join(temporaryFolder(), "blobs"), join(temporaryFolder(), "out")];
  return runToEnd(["blobs", "get", commitment], { store, from: `https://${host}:${port}`, out }, env).then((ended) => ({ ...ended, out }));
};

it("a server whose authority is trusted is read from", async () => {
  const { code, stderr, out } = await get("127.0.0.1", AUTHORITY);
  assert.equal(code, 0, stderr);
  assert.deepEqual(readFileSync(out), blob);
});

it("one of an unknown authority is not", async () => {
  const { code, stderr } = await get("127.0.0.1");
  assert.equal(code, 1);
  assert.match(stderr, /invalid peer certificate: UnknownIssuer/);
});

it("nor is one under another name", async () => {
  const { code, stderr } = await get("localhost", AUTHORITY);
  assert.equal(code, 1);
  assert.match(stderr, /certificate not valid for name/);
});
