// Jobs of training by command: their data, what of them is on chain, and sums of what workers computed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AbiCoder, keccak256 } from "ethers";
import { rootOfPieces } from "./merkle.mjs";
import { eventually } from "./wait.mjs";

const DIGITS = fileURLToPath(new URL("../../crates/federated/data/digits.npy", import.meta.url));
const LABELS = fileURLToPath(new URL("../../crates/federated/data/labels.npy", import.meta.url));

/** Rounds have to end, and jobs with them, as long as processes are slow. */
export const LONG_MS = 120_000;
/** Of the network that `train create` makes for digits by default. */
export const PARAMETERS = 64 * 32 + 32 + 32 * 10 + 10;

/** What is announced of a run. */
export const Step = { Keys: 1, Shares: 2, Survivors: 3, CloseShares: 4, CloseMasked: 5, CloseSurvivors: 6 };

/** Options of a role: so many of the digits, from this one on. */
export const examples = (from, count) => ({ data: DIGITS, labels: LABELS, divideBy: 16, from, count });

const count = (bits) => bits.toString(2).replaceAll("0", "").length;

/** A job in its contract. */
export class JobOnChain {
  constructor(contract, job) {
    [this.contract, this.job] = [contract, job];
  }

  run(attempt) {
    return this.contract.getRun(this.job, attempt);
  }

  /** Waits until so many workers have submitted, publicly or masked. */
  async submitted(attempt, workers) {
    const all = async () => count((await this.run(attempt)).submitted) === workers;
    await eventually(`${workers} workers have submitted in run ${attempt}`, all, LONG_MS);
  }

  /** Waits until so many accounts announced a step of a run; what each said. */
  async announced(attempt, step, accounts = 1) {
    const filter = this.contract.filters.Announced(this.job);
    const isOfStep = ({ args }) => args.attempt === BigInt(attempt) && args.step === BigInt(step);
    const isThere = async () => {
      const events = (await this.contract.queryFilter(filter)).filter(isOfStep);
      const said = Object.fromEntries(events.map(({ args }) => [args.sender, args.content]));
      return Object.keys(said).length >= accounts && said;
    };
    return eventually(`run ${attempt}: step ${step} by ${accounts}`, isThere, LONG_MS);
  }

  /** Waits until something is in the log of events. */
  async event(name) {
    const filter = this.contract.filters[name](this.job);
    const first = async () => (await this.contract.queryFilter(filter)).at(0);
    return eventually(`there is a ${name}`, first, LONG_MS);
  }
}

/** The update that a worker with this folder computed last, before anything hid it. */
export function noted(folder) {
  const bytes = readFileSync(join(folder, "notes", "update"));
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readInt32LE(4 * index));
}

/** The blob of the mean of updates, as docs/training.md has it: `q(sum, n)`, halves up. */
export function meanBlob(updates) {
  const bytes = Buffer.alloc(4 * updates[0].length);
  for (let index = 0; index < updates[0].length; index++) {
    const sum = updates.reduce((sum, update) => sum + update[index], 0);
    bytes.writeInt32LE(Math.floor((2 * sum + updates.length) / (2 * updates.length)), 4 * index);
  }
  return bytes;
}

/** The commitment of a blob. */
export function commitmentOf(blob) {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["uint256", "bytes32"], [blob.length, rootOfPieces(blob)]));
}
