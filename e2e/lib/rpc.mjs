// JSON-RPC without a client library: no retries, no caches.

/** The result of one request; an `Error` with `code` when the node refuses it, another when it cannot be reached. */
export async function request(url, method, params = []) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    signal: AbortSignal.timeout(10_000),
  });
  const { result, error } = await response.json();
  if (error) throw Object.assign(new Error(error.message), { code: error.code });
  return result;
}

export const hex = (number) => `0x${number.toString(16)}`;
