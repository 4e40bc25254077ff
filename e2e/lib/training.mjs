// Distributed training: what docs/distributed-training.md says is signed and encoded.
import { AbiCoder, ZeroAddress, ZeroHash, concat, getBytes, keccak256, toUtf8Bytes } from "ethers";

export const TRAINING = "0x050000000000000000000000000000000000000a";
export const TRAINING_DISPUTES = "0x050000000000000000000000000000000000000b";
export const FAULT = 0;

const abi = AbiCoder.defaultAbiCoder();
const ACCEPTED = "0x00000000000000";
const LENGTH = 1000;

/** The worker's signature about its update, for the run that is under way. */
export async function signUpdate(rollup, jobId, attempt, contribution, wallet) {
  const { chainId } = await rollup.runner.provider.getNetwork();
  const domain = { name: "LuxTraining", version: "1", chainId, verifyingContract: rollup.target };
  const fields = "bytes32 jobId,uint256 attempt,address worker,bytes32 gradientHash,uint256 dataPointsProcessed,bytes32[] dataShardHashes";
  const types = fields.split(",").map((field) => ({ type: field.split(" ")[0], name: field.split(" ")[1] }));
  return wallet.signTypedData(domain, { GradientUpdate: types }, { jobId, attempt, ...contribution });
}

/** A claim of one chunk that all contributions are accepted. */
export const convergenceOf = (count) =>
  abi.encode(["uint8", "uint32", "bytes32", "bytes", "bytes"], [FAULT, LENGTH, ZeroHash, concat(Array(count).fill(ACCEPTED)), "0x"]);

/** Terms of a job with secure aggregation by so many workers. */
export const secureTerms = (workers) => ({
  coordinator: ZeroAddress,
  stake: 1n,
  weights: ZeroHash,
  terms: ZeroHash,
  rule: 1,
  p1: 0,
  p2: 0,
  clip: 0,
  multiplier: 1,
  shift: 0,
  length: LENGTH,
  pointsCap: 10_000,
  epsilonMicros: 0,
  maxWorkers: workers,
  wordBits: 32,
  keyPeriod: 3600,
  collectPeriod: 3600,
  aggregatePeriod: 3600,
  normBound: 0,
});

/** Signed `AdvertiseKeys` of docs/secure-aggregation.md. */
export function signKeys(context, cipherKey, maskKey, wallet) {
  const body = concat([cipherKey, maskKey]);
  const tag = keccak256(toUtf8Bytes("lux-secagg/1 AdvertiseKeys"));
  const digest = keccak256(concat([tag, context, keccak256(body)]));
  return concat([body, wallet.signingKey.sign(getBytes(digest)).serialized]);
}

export const maskedGradient = (commitment, points, message) =>
  abi.encode(["bytes32", "uint256", "bytes"], [commitment, points, message]);

export const keyShareOf = (message, aggregate, survivors) =>
  abi.encode(["bytes", "bytes32", "bytes32", "uint256"], [message, aggregate, ZeroHash, survivors]);
