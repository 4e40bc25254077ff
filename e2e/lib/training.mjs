// Distributed training: a rollup with it, and what docs/distributed-training.md says is signed and encoded.
import { AbiCoder, ZeroAddress, ZeroHash, concat, getBytes, id, keccak256, toUtf8Bytes } from "ethers";
import { contractAt, deploy, deployProxy } from "./contracts.mjs";

const abi = AbiCoder.defaultAbiCoder();
const FAULT = 0;
const ACCEPTED = "0x00000000000000";
const LENGTH = 1000;

/** A rollup with training of `owner`; takes aggregates with fault evidence of a program. */
export async function deployTraining(owner, config) {
  const companions = [];
  for (const name of ["MessageBridge", "L1TokenBridge", "SequencerRegistry"]) companions.push(await deploy(name, owner));
  const settings = await deploy("RollupSettings", owner, ...companions);
  const training = await deploy("TrainingL1", owner, await deploy("TrainingDisputesL1", owner));
  const implementation = await deploy("DistributedTrainingRollup", owner, settings, training);
  const rollup = await deployProxy(implementation, owner);
  await rollup.initialize({ ...config, proposer: ZeroAddress, challenger: ZeroAddress, genesisStateRoot: ZeroHash, initCode: "0x" });
  const deployed = contractAt("DistributedTrainingRollup", rollup.target, owner);
  // Nobody disputes here: no machine is behind the module.
  await deployed.setEvidence(FAULT, await deploy("FaultProof", owner, ZeroAddress, 3600));
  await deployed.setProgram(id("aggregate"));
  return deployed;
}

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
