// A rollup whose sequencer lies, and a full node that knows better.
import { ZeroAddress, ethers } from "ethers";
import { startAnvil } from "./anvil.mjs";
import { connect, devWallet } from "./chain.mjs";
import { contractAt, deployImplementation, deployProxy } from "./contracts.mjs";
import { startDev, startNode } from "./rollup.mjs";
import { request } from "./rpc.mjs";
import { eventually } from "./wait.mjs";

const FAULT = 0;

/** L1s to have the dispute on. */
export const layers = {
  "the embedded L1": async () => ({ options: { l1BlockTimeMs: 250 }, stop: async () => {} }),
  anvil: async () => {
    const anvil = await startAnvil({ blockTime: 0.25 });
    return { options: { l1: anvil.url }, stop: anvil.stop };
  },
};

/** A rollup of its own, judged by what `dev` has deployed. `stop` ends what was started, even if that is not all. */
export async function startDispute(startLayer) {
  const scene = { stops: [] };
  const stop = async () => {
    for (const end of scene.stops.reverse()) await end();
  };
  try {
    const layer = await startLayer();
    scene.stops.push(layer.stop);
    const dev = await startDev(layer.options);
    scene.stops.push(dev.stop);
    const provider = connect(dev.l1Rpc);
    scene.stops.push(async () => provider.destroy());
    const [deployer, sequencer] = [devWallet(0, provider), devWallet(1, provider)];
    const rollup = await lyingRollup(dev, deployer, sequencer);
    const node = await startNode({ l1Rpc: dev.l1Rpc, rollup: rollup.target });
    scene.stops.push(node.stop);
    /** What a full node finds out about a batch, from L1 alone. */
    const ask = (method, ...numbers) =>
      eventually("the node has read the batch", () =>
        request(node.l2Rpc, method, numbers.map((number) => ethers.toQuantity(number))).catch(() => undefined),
      );
    return { dev, l2Rpc: node.l2Rpc, provider, deployer, sequencer, rollup, ask, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function lyingRollup(dev, deployer, sequencer) {
  const model = contractAt("RollupCore", dev.rollup, deployer.provider);
  const { genesisStateRoot, initCode } = await model.config();
  const rollup = await deployProxy(await deployImplementation(deployer), deployer);
  await rollup.initialize({
    rollupType: 0,
    executionMode: 0,
    sequencer,
    proposer: ZeroAddress,
    challenger: deployer,
    challengePeriod: 7 * 24 * 3600,
    minStake: ethers.parseEther("100"),
    genesisStateRoot,
    initCode,
  });
  const judged = contractAt("RollupSettings", await model.settings(), deployer.provider);
  const settings = contractAt("RollupSettings", await rollup.settings(), deployer);
  await settings.setEvidence(FAULT, await judged.evidence(FAULT));
  await settings.setProgram(await judged.programs(await judged.programVersion()));
  await contractAt("SequencerRegistry", await rollup.registry(), sequencer).join({ value: ethers.parseEther("100") });
  return rollup;
}
