// A chain as ethers sees it.
import { HDNodeWallet, JsonRpcProvider, Mnemonic, Wallet } from "ethers";
import { increaseTime } from "./time.mjs";

const MNEMONIC = Mnemonic.fromPhrase("test test test test test test test test test test test junk");

const MINING_DEADLINE_MS = 60_000;

/** Private key of the `index`-th well-known development account. */
export const devKey = (index) => HDNodeWallet.fromMnemonic(MNEMONIC, `m/44'/60'/0'/0/${index}`).privateKey;

/** Provider without caches and long pauses: the chains here are local. */
export function connect(url) {
  const provider = new JsonRpcProvider(url, undefined, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1 });
  provider.pollingInterval = 100;
  return provider;
}

/** Sends like any wallet, but returns when the transaction is in a block, and throws when it failed there. */
export class MiningWallet extends Wallet {
  /**
   * With a margin, as wallets do: nodes estimate in the latest block, and what has been stored in it already (the
   * checkpoint of the queue, for one) costs more in the next.
   */
  async estimateGas(transaction) {
    return ((await super.estimateGas(transaction)) * 3n) / 2n;
  }

  async sendTransaction(transaction) {
    const response = await super.sendTransaction(transaction);
    await response.wait(1, MINING_DEADLINE_MS);
    return response;
  }
}

/** The `index`-th development account on that chain. */
export const devWallet = (index, provider) => new MiningWallet(devKey(index), provider);

/** The clock of a development L1, as hardhat's `time`. */
export const timeOf = (provider) => ({
  increase: (seconds) => increaseTime((method, params) => provider.send(method, params), seconds),
});
