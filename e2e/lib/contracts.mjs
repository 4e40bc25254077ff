// The committed artifacts, and a rollup that is deployed but not initialised.
import { readFileSync } from "node:fs";
import { Contract, ContractFactory, concat } from "ethers";

const ARTIFACTS = new URL("../../contracts/artifacts/", import.meta.url);

/** `{ abi, bytecode }` of a contract or interface. */
export const artifact = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, ARTIFACTS), "utf8"));

/** The contract at an address, called by `runner`. */
export const contractAt = (name, address, runner) => new Contract(address, artifact(name).abi, runner);

/** Deploys and waits. */
export async function deploy(name, signer, ...args) {
  const { abi, bytecode } = artifact(name);
  const contract = await new ContractFactory(abi, bytecode, signer).deploy(...args);
  await contract.waitForDeployment();
  return new Contract(await contract.getAddress(), abi, signer);
}

/** A `RollupCore` and everything that it deploys on `initialize`. */
export async function deployImplementation(signer) {
  const companions = [];
  for (const name of ["MessageBridge", "L1TokenBridge", "SequencerRegistry"]) companions.push(await deploy(name, signer));
  const settings = await deploy("RollupSettings", signer, ...companions);
  return deploy("RollupCore", signer, settings);
}

// Solady's minimal ERC-1967 proxy, which the factory deploys too, around the address of the implementation.
const PROXY_HEAD = "0x603d3d8160223d3973";
const PROXY_TAIL =
  "0x60095155f3363d3d373d3d363d7f360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc545af43d6000803e6038573d6000fd5b3d6000f3";

/** An uninitialised rollup: a proxy to `implementation`. */
export async function deployProxy(implementation, signer) {
  const response = await signer.sendTransaction({ data: concat([PROXY_HEAD, implementation.target, PROXY_TAIL]) });
  const { contractAddress } = await response.wait();
  return contractAt("RollupCore", contractAddress, signer);
}
