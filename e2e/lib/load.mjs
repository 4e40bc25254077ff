// Transfers from several accounts, through any outage of the node.
import { Transaction, Wallet, ZeroAddress } from "ethers";
import { request } from "./rpc.mjs";
import { eventually } from "./wait.mjs";

const BURST = 5;
const FEES = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n, gasLimit: 21_000n };

/**
 * Starts sending. `stop()` returns, per account, its first nonce and the receipts from there on:
 * everything that the node accepted.
 * A transaction without a receipt is sent again, the same bytes, until it has one.
 */
export function startLoad(url, chainId, keys) {
  let stopped = false;
  const send = async (key) => {
    const wallet = new Wallet(key);
    const count = () => request(url, "eth_getTransactionCount", [wallet.address, "latest"]);
    const first = Number(await eventually("the node answers", () => unlessDown(count)));
    const accepted = [];
    while (!stopped) {
      const signed = Array.from({ length: BURST }, (_, index) => {
        const nonce = first + accepted.length + index;
        return wallet.signTransaction({ type: 2, chainId, nonce, to: ZeroAddress, value: 1n, ...FEES });
      });
      accepted.push(...(await Promise.all(signed.map(async (bytes) => untilAccepted(url, await bytes)))));
    }
    return { address: wallet.address, first, accepted };
  };
  const senders = Promise.all(keys.map(send));
  // Whoever stops the load hears of a failure; until then it must not end the process.
  senders.catch(() => {});
  return {
    stop() {
      stopped = true;
      return senders;
    },
  };
}

/** Only this sender uses the account: a nonce that is taken was taken by this very transaction. */
const HARMLESS = /^already known$|^nonce too low/;

function untilAccepted(url, bytes) {
  const { hash } = Transaction.from(bytes);
  return eventually(`transaction ${hash} is accepted`, () =>
    unlessDown(async () => {
      await request(url, "eth_sendRawTransaction", [bytes]).catch((error) => {
        if (!HARMLESS.test(error.message)) throw error;
      });
      return request(url, "eth_getTransactionReceipt", [hash]);
    }),
  );
}

/** Nothing when the node cannot be reached; what it refuses is an error. */
async function unlessDown(call) {
  try {
    return await call();
  } catch (error) {
    if (Number.isInteger(error.code)) throw error;
    return undefined;
  }
}
