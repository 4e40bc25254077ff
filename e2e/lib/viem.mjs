// The same chains as viem sees them.
import { createPublicClient, createWalletClient, defineChain, http, publicActions, webSocket } from "viem";
import { privateKeyToAccount } from "viem/accounts";

function chainAt(id, url) {
  return defineChain({
    id,
    name: `chain ${id}`,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [url], webSocket: [url.replace("http", "ws")] } },
  });
}

const POLLING = { pollingInterval: 100, cacheTime: 0 };

/** Reads and waits. */
export const publicClient = (id, url) => createPublicClient({ chain: chainAt(id, url), transport: http(), ...POLLING });

/** Signs, sends, reads and waits. */
export function walletClient(id, url, privateKey) {
  const account = privateKeyToAccount(privateKey);
  return createWalletClient({ account, chain: chainAt(id, url), transport: http(), ...POLLING }).extend(publicActions);
}

/** Listens. */
export const socketClient = (id, url) => createPublicClient({ chain: chainAt(id, url), transport: webSocket(), ...POLLING });
