// What anybody on the way to an endpoint reads.
import { createServer } from "node:http";

/** Passes HTTP requests on to `url`; `bytes()` is everything that went either way. */
export async function startRecorder(url) {
  const seen = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    seen.push(body);
    const answer = await fetch(url, { method: request.method, headers: { "content-type": "application/json" }, body });
    const text = Buffer.from(await answer.arrayBuffer());
    seen.push(text);
    response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    bytes: () => Buffer.concat(seen).toString("latin1").toLowerCase(),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
